"""Remainders are exact, as the math module has them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew

PAIRS = [
    (1.0, 0.1),
    (-1.0, 0.1),
    (1e20, 3.0),
    (-1e20, 3.0),
    (1e300, 1e-300),
    (5.0, math.inf),
    (-5.0, -math.inf),
    (-1e-20, 3.0),
    (5.0, -3.0),
    (-5.5, 3.0),
    (2.0**53, 3.0),
    (0.0, 3.0),
]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_fmod_is_that_of_the_math_module(a, b):
    x, y = ew.tensor(a, dtype="float64"), ew.tensor(b, dtype="float64")
    assert ew.fmod(x, y).item() == math.fmod(a, b)
    assert ew.fmod(x, b).item() == math.fmod(a, b)
    assert ew.fmod(a, y).item() == math.fmod(a, b)
    assert x.clone().fmod_(y).item() == math.fmod(a, b)


def test_fmod_of_float32_is_exact_beyond_its_whole_numbers():
    a, b = np.float32(2**24 + 2), np.float32(0.7)
    assert ew.fmod(ew.tensor(a), ew.tensor(b)).item() == math.fmod(float(a), float(b))


@pytest.mark.parametrize(("a", "b"), [(math.inf, 3.0), (-math.inf, 3.0), (5.0, 0.0), (math.nan, 3.0), (3.0, math.nan)])
def test_fmod_without_an_answer_is_nan(a, b):
    assert math.isnan(ew.fmod(ew.tensor(a), ew.tensor(b)).item())


def test_fmod_of_integers():
    for dtype in ("int8", "int32", "int64", "uint8"):
        low = max(np.iinfo(dtype).min, -20)
        a, b = np.meshgrid(np.arange(low, 20, dtype=dtype), np.array([-7, -1, 1, 3, 7]).astype(dtype))
        found = ew.fmod(ew.tensor(a, dtype=dtype), ew.tensor(b, dtype=dtype))
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.numpy(), np.fmod(a, b))
    smallest = np.iinfo("int64").min
    assert ew.fmod(ew.tensor(smallest), 7).item() == -(-smallest % 7)
    assert ew.fmod(ew.tensor(2**62 + 1), 2).item() == 1


def test_fmod_of_integers_by_zero_is_refused():
    with pytest.raises(ew.ArgumentError, match="fmod: integers can't be divided by 0"):
        ew.fmod(ew.tensor([1, 2]), 0)


@pytest.mark.parametrize(
    ("function", "a", "b", "slope"),
    [
        (ew.fmod, 1.0, 0.1, -9),
        (ew.fmod, -1.0, 0.1, 9),
        (ew.fmod, 5.5, 2.0, -2),
        (ew.fmod, 5.0, math.inf, 0),
        (ew.remainder, 1.0, 0.1, -9),
        (ew.remainder, -5.5, 2.0, 3),
        (ew.remainder, 5.0, math.inf, 0),
    ],
)
def test_remainders_fall_as_often_as_the_divisor_goes_in(function, a, b, slope):
    x, y = (ew.tensor(value, dtype="float64", requires_grad=True) for value in (a, b))
    function(x, y).backward()
    assert (x.grad.item(), y.grad.item()) == (1, slope)
