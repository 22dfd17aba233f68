"""Draws heat maps: samples of arrays as tiny PNG images."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..capture.summary import SAMPLE, Numbers, sample_of

MAP_WIDTH, MAP_HEIGHT = 58.0, 42.0  # the box that a map fills as far as its shape allows
FINEST = 0.5  # the smallest cells of maps side by side
MARK = 4.0  # the smallest size of a mark for NaN or infinity,
MOST_MARKS = 12  # unless there are more than this, which are visible anyway
BETWEEN = (120, 134, 160, 150)  # the lines between maps, on light and on dark paper

POSITIVE, NEGATIVE = (16, 150, 105), (146, 68, 205)
POWER = 0.4
NAN, INFINITE = (255, 214, 10), (230, 30, 50)


def scale_of(arrays: Sequence[Numbers]) -> float:
    """Returns the absolute value that gets the full colour: the largest finite one; 1 if all are 0."""
    largest = 0.0
    for numbers in arrays:
        whole = numbers.whole
        size = math.inf if whole is None or not whole.size else float(np.abs(whole).max())
        if not math.isfinite(size):
            found = numbers.statistics
            size = max(abs(found.smallest), abs(found.largest)) if found.finite else 0.0
        largest = max(largest, size)
    return largest or 1.0


@dataclass(frozen=True, slots=True)
class Tiling:
    """An arrangement of maps, one for each matrix of an array: rows and columns of a map, and maps down and across."""

    rows: int
    columns: int
    down: int
    across: int


@cache
def tiling(shape: tuple[int, ...]) -> Tiling | None:
    """Arranges the matrices of an array of three or more axes, so that they are as large as possible.

    The matrices along the axis before them stay in one line, unless all became too small. None if there is only one
    matrix.
    """
    count = math.prod(shape[:-2])
    if len(shape) < 3 or count < 2 or not math.prod(shape):
        return None
    rows, columns = min(shape[-2], SAMPLE), min(shape[-1], SAMPLE)

    def cell(across: int) -> float:
        return min(MAP_WIDTH / (across * columns), MAP_HEIGHT / (math.ceil(count / across) * rows))

    across = max(range(shape[-3], count + 1, shape[-3]), key=cell)
    if cell(across) < FINEST or count == shape[-3]:
        across = max(range(1, count + 1), key=cell)
    return Tiling(rows, columns, math.ceil(count / across), across)


def tiles_of(numbers: Numbers) -> Tiling | None:
    """Returns the arrangement of an array's matrices; None if the array is not whole."""
    return tiling(numbers.shape) if numbers.whole is not None else None


def heat_map(numbers: Numbers, scale: float) -> str:
    """Returns a data URI with one pixel per number of the sample, or with all matrices of an array side by side.

    Positive numbers are green and negative ones violet. Their opacity grows with a power of their size relative to
    `scale`, so that small ones show. NaN and infinities are opaque, in their own colours.
    """
    tiles = tiles_of(numbers)
    if tiles is None:
        return image_of(colours(numbers.sample, scale))
    assert numbers.whole is not None
    matrices = numbers.whole.reshape(-1, *numbers.shape[-2:])
    fine, line = _pixels(tiles)
    height, width = tiles.rows * fine, tiles.columns * fine
    sheet = np.empty((tiles.down * (height + line) - line, tiles.across * (width + line) - line, 4), np.uint8)
    sheet[:] = BETWEEN
    sheet[-height:, (tiles.across - (tiles.down * tiles.across - len(matrices))) * (width + line) :] = 0
    for place, matrix in enumerate(matrices):
        i, j = divmod(place, tiles.across)
        pixels = colours(sample_of(matrix), scale).repeat(fine, 0).repeat(fine, 1)
        top, left = i * (height + line), j * (width + line)
        sheet[top : top + height, left : left + width] = pixels
    return image_of(sheet)


def _pixels(tiles: Tiling) -> tuple[int, int]:
    """Returns the pixels of a cell, and of the thin lines between maps."""
    cell = min(MAP_WIDTH / (tiles.across * tiles.columns), MAP_HEIGHT / (tiles.down * tiles.rows))
    fine = max(1, min(8, math.floor(cell + 0.5)))
    return fine, 1 + fine // 4


def marks(numbers: Numbers) -> list[tuple[float, float, str]]:
    """Returns marks for the NaN and infinities of a map whose cells are too small to see: positions and roles.

    Positions are from 0 to 1, from the left and from the top. None are returned if there are many.
    """
    found = numbers.statistics
    if found.finite == found.size:
        return []
    tiles = tiles_of(numbers)
    width, height = map_size(numbers)
    sheets = [(0, 0, numbers.sample)]
    rows, columns = (float(size) for size in numbers.sample.shape)
    if tiles is not None:
        assert numbers.whole is not None
        fine, line = _pixels(tiles)
        matrices = numbers.whole.reshape(-1, *numbers.shape[-2:])
        sheets = [(*divmod(place, tiles.across), sample_of(matrix)) for place, matrix in enumerate(matrices)]
        between = line / fine
        rows = tiles.down * (tiles.rows + between) - between
        columns = tiles.across * (tiles.columns + between) - between
    if min(width / columns, height / rows) >= MARK:
        return []
    places: list[tuple[float, float, str]] = []
    for down, across, sample in sheets:
        for i, j in np.argwhere(~np.isfinite(sample.astype(np.float64))).tolist():
            if len(places) == MOST_MARKS:
                return []
            y, x = i + 0.5, j + 0.5
            if tiles is not None:
                y, x = y + down * (tiles.rows + between), x + across * (tiles.columns + between)
            places.append((x / columns, y / rows, "nan" if np.isnan(sample[i, j]) else "infinite"))
    return places


def ramp() -> str:
    """Returns an image of the colours from −1 to 1."""
    return image_of(colours(np.linspace(-1, 1, 41), 1.0))


def map_size(numbers: Numbers) -> tuple[float, float]:
    """Returns the size of a map: cells are square, unless the map became too thin to see."""
    tiles = tiles_of(numbers)
    if tiles is not None:
        fine, line = _pixels(tiles)
        rows = tiles.down * (tiles.rows * fine + line) - line
        columns = tiles.across * (tiles.columns * fine + line) - line
    else:
        rows, columns = numbers.sample.shape
    if not rows or not columns:
        return MAP_WIDTH, 10.0
    cell = min(MAP_WIDTH / columns, MAP_HEIGHT / rows)
    return max(columns * cell, 10.0), max(rows * cell, 10.0)


def colours(sample: np.ndarray[Any, Any], scale: float) -> np.ndarray[Any, Any]:
    """Returns red, green, blue and opacity of each number, as bytes along a new last axis."""
    values = np.atleast_2d(sample.astype(np.float64))
    pixels = np.zeros((*values.shape, 4), np.uint8)
    finite = np.isfinite(values)
    size = np.minimum(np.abs(np.where(finite, values, 0)) / scale, 1) ** POWER
    pixels[..., :3] = np.where((values > 0)[..., None], POSITIVE, NEGATIVE)
    pixels[..., 3] = np.round(size * 255)
    pixels[np.isnan(values)] = (*NAN, 255)
    pixels[np.isinf(values)] = (*INFINITE, 255)
    return pixels


def image_of(pixels: np.ndarray[Any, Any]) -> str:
    """Encodes 8-bit RGBA pixels as a data URI (Portable Network Graphics, W3C Recommendation of 2003)."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
