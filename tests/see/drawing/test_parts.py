"""The parts of drawings: widths of texts, heat maps, numbers, rows."""

from __future__ import annotations

import base64
import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.see.drawing.heat import INFINITE, NAN, NEGATIVE, POSITIVE, POWER, colours, heat_map, map_size, scale_of
from edgewise.see.drawing.metrics import fitted, text_width
from edgewise.see.drawing.rows import beside
from edgewise.see.figures import figure, figures
from edgewise.see.numbers import Numbers


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


@given(st.text(max_size=200), st.floats(20, 300), st.booleans())
def test_a_fitted_text_is_no_wider_than_asked(text, width, middle):
    shown = fitted(text, width, 12, middle=middle)
    assert text_width(shown, 12) <= width
    assert shown == text or "…" in shown


def test_shortening_keeps_the_end_or_both_ends():
    assert fitted("layers.0.weight", 60, 12) == "layers.…"
    shown = fitted("layers.0.weight", 60, 12, middle=True)
    assert shown.startswith("lay")
    assert shown.endswith("ght")


def test_wide_letters_are_wider():
    assert text_width("W" * 10, 12) > 2 * text_width("i" * 10, 12)
    assert text_width("0.5", 12) == text_width("8.7", 12)
    assert text_width("abc", 12, bold=True) > text_width("abc", 12)
    assert text_width("a\u0301", 12) == text_width("a", 12)


def test_colours_tell_sign_and_size_and_what_is_no_number():
    pixels = colours(np.array([[1.0, -4.0, 0.0], [math.nan, math.inf, -math.inf]]), 4.0)
    assert tuple(pixels[0, 0]) == (*POSITIVE, round(255 * 0.25**POWER))
    assert tuple(pixels[0, 1]) == (*NEGATIVE, 255)
    assert pixels[0, 2, 3] == 0
    assert tuple(pixels[1, 0]) == (*NAN, 255)
    assert tuple(pixels[1, 1]) == tuple(pixels[1, 2]) == (*INFINITE, 255)


def test_a_heat_map_is_a_png_with_a_pixel_for_each_number():
    data = base64.b64decode(heat_map(Numbers(np.array([[0.25, -1.0]])), 1.0).removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data[16:24] == (2).to_bytes(4, "big") + (1).to_bytes(4, "big")
    length = int.from_bytes(data[33:37], "big")
    assert zlib.decompress(data[41 : 41 + length]) == bytes([0, *POSITIVE, round(255 * 0.25**POWER), *NEGATIVE, 255])


def test_the_scale_is_the_largest_finite_size():
    arrays = [Numbers(np.array([1.0, -3.0])), Numbers(np.array([math.inf, math.nan, 2.0]))]
    assert scale_of(arrays) == 3.0
    assert scale_of([*arrays, Numbers(np.full((80, 80), -5.0))]) == 5.0
    assert scale_of([]) == scale_of([Numbers(np.zeros(3))]) == 1.0


def test_maps_have_square_cells_and_can_be_seen():
    assert map_size(Numbers(np.zeros((16, 32)))) == (58, 29)
    assert map_size(Numbers(np.zeros(100))) == (58, 10)
    assert map_size(Numbers(np.zeros((20, 5)))) == (10.5, 42)


def test_a_line_beside_another_keeps_to_one_side():
    corners = [(0, 0), (10, 0), (10, 10), (-5, 10), (-5, 20), (0, 20)]
    assert beside(corners, -2) == [(0, -2), (12, -2), (12, 12), (-3, 12), (-3, 18), (0, 18)]
    assert beside(corners, 2) == [(0, 2), (8, 2), (8, 8), (-7, 8), (-7, 22), (0, 22)]
