"""Numbers as pictures write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.printers.figures import figure, figures


@given(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_has_four_digits_and_few_characters(value):
    text = figure(value)
    assert len(text) <= 11
    assert text not in ("-0", "−0")
    if math.isfinite(value):
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=5.1e-4)


@given(st.lists(st.floats(width=32, allow_subnormal=False), min_size=1, max_size=16))
def test_numbers_in_a_grid_have_at_most_seven_characters_and_keep_their_sign(values):
    for value, text in zip(values, figures(values), strict=True):
        assert len(text) <= 7
        assert text.startswith("−") == (value < 0)
        assert ("∞" in text) == math.isinf(value)
        assert ("NaN" in text) == math.isnan(value)
        if math.isfinite(value) and value != 0:
            assert float(text.replace("−", "-")) != 0


def test_a_single_number_is_written_as_people_write_it():
    shown = [figure(x) for x in (-0.0, 0.7000000476837158, 123456.0, -1e-5, True, 10**6, math.nan, -math.inf)]
    assert shown == ["0", "0.7", "1.235e5", "−1e−5", "true", "1000000", "NaN", "−∞"]


@given(st.lists(st.floats(1, 999), min_size=2, max_size=9))
def test_numbers_of_ordinary_size_have_their_points_below_each_other(values):
    assert len({len(text.partition(".")[2]) for text in figures(values)}) == 1
