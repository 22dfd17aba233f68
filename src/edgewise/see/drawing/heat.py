"""Heat maps: samples of arrays as tiny PNG images."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..numbers import Numbers

POSITIVE, NEGATIVE = (16, 150, 105), (146, 68, 205)
POWER = 0.4
NAN, INFINITE = (255, 214, 10), (230, 30, 50)


def scale_of(arrays: Sequence[Numbers]) -> float:
    """The size of number that is drawn in full colour: the largest finite one; 1 if all are 0."""
    largest = 0.0
    for numbers in arrays:
        whole = numbers.whole
        size = math.inf if whole is None or not whole.size else float(np.abs(whole).max())
        if not math.isfinite(size):
            found = numbers.statistics
            size = max(abs(found.smallest), abs(found.largest)) if found.finite else 0.0
        largest = max(largest, size)
    return largest or 1.0


def heat_map(numbers: Numbers, scale: float) -> str:
    """A data URI with one pixel for each number of the sample.

    Positive numbers are green and negative ones violet, the more opaque the larger they are beside `scale`, raised to
    a power so that small ones show. What is not finite is opaque, in colours of its own.
    """
    return image_of(colours(numbers.sample, scale))


def ramp() -> str:
    """The colours of numbers from −1 to 1 at a scale of 1."""
    return image_of(colours(np.linspace(-1, 1, 41), 1.0))


def map_size(numbers: Numbers, width: float, height: float) -> tuple[float, float]:
    """How large a map is drawn within a box: cells are square, unless the map became too thin to be seen."""
    rows, columns = numbers.sample.shape
    if not rows or not columns:
        return width, 10.0
    cell = min(width / columns, height / rows)
    return max(columns * cell, 10.0), max(rows * cell, 10.0)


def colours(sample: np.ndarray[Any, Any], scale: float) -> np.ndarray[Any, Any]:
    """Red, green, blue and opacity of each number, as bytes along a new last axis."""
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
    """An image of 8-bit RGBA pixels as data URI (Portable Network Graphics, W3C Recommendation of 2003)."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
