"""The parts of drawings: widths of texts, heat maps, rows."""

from __future__ import annotations

import base64
import math
import zlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise.capture.capture import capture
from edgewise.capture.summary import WHOLE, Numbers
from edgewise.picture.chips import Scales, tensor_chip
from edgewise.picture.heat import (
    BETWEEN,
    FINEST,
    INFINITE,
    MAP_HEIGHT,
    MAP_WIDTH,
    NAN,
    NEGATIVE,
    POSITIVE,
    POWER,
    colours,
    heat_map,
    map_size,
    scale_of,
    tiling,
)
from edgewise.picture.lines import line_beside
from edgewise.picture.metrics import fitted, text_width
from edgewise.picture.scene import Arrow, Text


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


def test_colours_show_sign_and_size_and_missing_numbers():
    pixels = colours(np.array([[1.0, -4.0, 0.0], [math.nan, math.inf, -math.inf]]), 4.0)
    assert tuple(pixels[0, 0]) == (*POSITIVE, round(255 * 0.25**POWER))
    assert tuple(pixels[0, 1]) == (*NEGATIVE, 255)
    assert pixels[0, 2, 3] == 0
    assert tuple(pixels[1, 0]) == (*NAN, 255)
    assert tuple(pixels[1, 1]) == tuple(pixels[1, 2]) == (*INFINITE, 255)


def test_a_heat_map_is_a_png_with_a_pixel_for_each_number():
    pixels = decoded(heat_map(Numbers(np.array([[0.25, -1.0]])), 1.0))
    assert pixels.tolist() == [[[*POSITIVE, round(255 * 0.25**POWER)], [*NEGATIVE, 255]]]


def test_matrices_stand_side_by_side_each_with_its_own_numbers():
    kernel = np.arange(-18.0, 18.0).reshape(4, 1, 3, 3)
    kernel[2, 0, 1, 1] = math.nan
    pixels = decoded(heat_map(Numbers(kernel), 18.0))
    tiles = tiling(kernel.shape)
    assert (tiles.down, tiles.across) == (2, 2)
    lines = [place for place in range(len(pixels)) if (pixels[place] == BETWEEN).all()]
    fine = lines[0] // 3
    step = lines[-1] + 1
    assert 3 * fine + len(lines) == step
    for place, matrix in enumerate(kernel[:, 0]):
        i, j = divmod(place, 2)
        tile = pixels[i * step : i * step + 3 * fine : fine, j * step : j * step + 3 * fine : fine]
        assert (tile == colours(matrix, 18.0)).all()


def test_one_map_below_the_other_is_drawn_of_arrays_too_large_to_be_kept():
    large = np.ones((80, 8, 8))
    assert decoded(heat_map(Numbers(large), 1.0)).shape == (32, 8, 4)


@given(st.lists(st.integers(1, 70), min_size=3, max_size=5).map(tuple).filter(lambda shape: math.prod(shape) <= WHOLE))
def test_all_matrices_of_an_array_that_is_kept_have_a_place_in_the_box(shape):
    tiles = tiling(shape)
    count = math.prod(shape[:-2])
    if count < 2:
        assert tiles is None
        return
    assert (tiles.down - 1) * tiles.across < count <= tiles.down * tiles.across
    assert tiles.across * tiles.columns * FINEST <= MAP_WIDTH
    assert tiles.down * tiles.rows * FINEST <= MAP_HEIGHT


def test_what_belongs_together_stays_in_one_line():
    assert [(t.down, t.across) for t in map(tiling, [(8, 3, 5, 5), (6, 4, 3, 3), (5, 6, 6)])] == [
        (4, 6),
        (3, 8),
        (2, 3),
    ]


def test_there_are_no_tiles_without_matrices():
    assert tiling((3, 4)) is tiling((1, 3, 4)) is tiling((2, 0, 4)) is None


def decoded(address):
    """The pixels of an image as it is written here: one chunk of data, rows without filters."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    length = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(height, 1 + 4 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 4)


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
    assert line_beside(corners, -2) == [(0, -2), (12, -2), (12, 12), (-3, 12), (-3, 18), (0, 18)]
    assert line_beside(corners, 2) == [(0, 2), (8, 2), (8, 8), (-7, 8), (-7, 22), (0, 22)]


BOLD = {"−": 838, ".": 380, "e": 678, "N": 837, "a": 675} | dict.fromkeys("0123456789", 696)
"""Widths of DejaVu Sans Bold, in thousandths of the font size."""


@pytest.mark.parametrize("number", [-0.1177, -1.2e-5, -54.321, 1.5])
@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_between_numbers_of_a_row_there_is_room_for_a_digit(number: float, columns: int) -> None:
    w = ew.tensor([[number] * columns, [1.0] + [number] * (columns - 1)], requires_grad=True)
    loss = (w * w).sum() + w.mean()
    loss.backward()
    taken = capture([loss])
    tensor = next(tensor for tensor in taken.snapshot.tensors if tensor.kind == "parameter")
    chip = tensor_chip(tensor, "w", Scales(1, 1), (), summed=True, plain=False)
    rows: dict[float, list[tuple[float, float]]] = {}
    for shape in chip.shapes:
        if isinstance(shape, Text) and "grid" in shape.role:
            width = sum(BOLD[character] for character in shape.text) * 11 / 1000
            rows.setdefault(shape.y, []).append((shape.x - width, shape.x))
    assert len(rows) == 4
    digit = BOLD["0"] * 11 / 1000
    before = [shape.x + 5 for shape in chip.shapes if isinstance(shape, Arrow)]
    for row in rows.values():
        row.sort()
        assert min(left for left, _ in row) - max(before) > digit / 2
        assert all(after[0] - one[1] >= digit for one, after in pairwise(row))
