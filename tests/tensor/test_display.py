"""How tensors are printed, as the options say."""

from __future__ import annotations

import pytest

import edgewise as ew


@pytest.fixture(autouse=True)
def options_as_they_were():
    yield
    ew.set_printoptions(profile="default")


def test_precision_and_scientific_numbers():
    x = ew.tensor([1.23456, 0.0])
    assert repr(x) == "tensor([1.2346, 0.    ])"
    ew.set_printoptions(precision=2)
    assert repr(x) == "tensor([1.23, 0.  ])"
    ew.set_printoptions(sci_mode=True)
    assert repr(x) == "tensor([1.23e+00, 0.00e+00])"
    ew.set_printoptions(sci_mode=False)
    assert "e" not in repr(ew.tensor([1e-9, 100.0])).removeprefix("tensor")


def test_large_tensors_are_cut_short_from_the_threshold_on():
    x = ew.arange(20)
    assert "..." not in repr(x)
    ew.set_printoptions(threshold=10, edgeitems=2)
    assert repr(x) == "tensor([ 0,  1, ..., 18, 19])"
    ew.set_printoptions(profile="full")
    assert "..." not in repr(ew.zeros(2000))


def test_lines_are_no_longer_than_asked_for():
    ew.set_printoptions(linewidth=40)
    assert max(len(line) for line in repr(ew.arange(100)).splitlines()) <= 40


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="profile is 'long'"):
        ew.set_printoptions(profile="long")


def test_a_format_is_for_scalars():
    assert f"{ew.tensor(1.5):.2f} {ew.tensor(3):04d} {ew.tensor(True)}" == "1.50 0003 True"
    assert f"{ew.ones(2)}" == "tensor([1., 1.])"
    for x in (ew.ones(2), ew.ones(1)):
        with pytest.raises(TypeError, match=r"'\.2f' is for one number, and this tensor has shape \(\d,\): pick"):
            f"{x:.2f}"
