"""Windows of images as matrices: copied once for each column of the kernel, into a buffer that stays in the cache.

The buffer has the shape (groups, H, kernel width, C / groups, N, W) with W columns of the output. The rows of a window
follow each other in it, so what a row of the output needs is one matrix with evenly spaced rows, which overlaps the
next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from .shifted import copy_rows
from .small_products import NARROW
from .windows import Padding, Pair, places

BUFFER_BYTES = 1 << 20
"""A buffer of about so many bytes stays in the cache."""

_EVEN_BYTES = 8 << 20  # A larger one may be worth it.
_PIECE_BYTES = 16 << 20
SMALL_BYTES = 256 << 10
"""So much memory is used whatever the sizes of images and kernels."""

MOST = 6
"""A buffer of all windows may take up so many times the memory of images, kernels and output."""

_NARROW = 7  # A buffer for so many columns of the kernel is small enough.
_FEW_COLUMNS = 16  # So many columns of the output are multiplied at least.
_ENOUGH_COLUMNS = 512  # BLAS is as fast as it gets with so many.
_COLUMNS = 128  # BLAS multiplies matrices of so many columns about as fast as wider ones.
_TAPS = 64  # A kernel's columns are divided into so many parts at most.

Part = tuple[slice, slice, slice, slice, Array]
"""Which groups, images, columns of the output and columns of the kernel, and what they need as matrices (groups, rows
of the output, elements of a window, images * columns of the output)."""


def parts(
    xp: Namespace,
    x: Array,
    o: int,
    kernel: Pair,
    counts: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    least: int,
) -> Iterator[Part]:
    """Returns the windows of images for `o` outputs, a part at a time, so that the buffer stays in the cache.

    The matrices have as many columns as this allows, and `least` if there are as many.
    """
    n, c, h, _ = x.shape
    if kernel[0] == 1 and padding[0] == (0, 0) and stride[0] > 1:
        x, stride = x[:, :, :: stride[0]], (1, stride[1])
        h = x.shape[2]
    item, tall = x.dtype.itemsize, h + sum(padding[0])
    # Rows that don't follow each other are copied for each row of the kernel.
    copied = counts[0] * kernel[0] if dilation[0] > 1 and kernel[0] > 1 else 0
    bytes_per_column = max(1, (tall + copied) * c * item)
    bytes_per_image = bytes_per_column * kernel[1] * counts[1]
    operands = x.nbytes + (o * (c // groups) * math.prod(kernel) + n * o * math.prod(counts)) * item
    limit = max(SMALL_BYTES, MOST * operands)
    # Matrices with many columns of one group are multiplied faster than those with few columns of all groups.
    enough = max(1, min(n, _ENOUGH_COLUMNS // counts[1]))
    together = max(1, min(groups, BUFFER_BYTES * groups // (bytes_per_image * enough)))
    bytes_per_image = -(-bytes_per_image * together // groups)
    even = NARROW // math.gcd(NARROW, counts[1])  # So many images have columns that make up whole pieces.
    at_once = max(min(BUFFER_BYTES, limit) // bytes_per_image, -(-least // counts[1]))
    if at_once >= even or even * bytes_per_image <= min(_EVEN_BYTES, limit):
        at_once = max(1, at_once // even) * even
    at_once = max(1, min(n, at_once))
    narrow = kernel[1] <= _NARROW
    if (narrow and not copied) or (at_once * bytes_per_image <= limit and (narrow or kernel[1] <= counts[1])):
        for first in range(0, groups, together):
            some = slice(first, min(first + together, groups))
            channels = x[:, some.start * c // groups : some.stop * c // groups]
            for part in _images(xp, channels, kernel, counts, stride, padding, dilation, some.stop - first, at_once):
                yield some, *part
        return
    room = max(SMALL_BYTES, min(_PIECE_BYTES, 2 * operands)) // bytes_per_column
    many = min(_COLUMNS, n * counts[1])
    taps = kernel[1] if kernel[1] * many <= room else max(-(-kernel[1] // _TAPS), room // many, 1)
    wide = max(min(_FEW_COLUMNS, many), room // taps)
    for part in pieces(xp, x, kernel, counts, stride, padding, dilation, groups, wide, taps):
        yield slice(0, groups), *part


def _images(
    xp: Namespace,
    x: Array,
    kernel: Pair,
    counts: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    at_once: int,
) -> Iterator[tuple[slice, slice, slice, Array]]:
    """Yields all windows of some images at a time."""
    n, c, h, w = x.shape
    top, left = padding[0][0], padding[1][0]
    tall = h + sum(padding[0])
    buffer: Any = None
    for first in range(0, n, at_once):
        images = x[first : first + at_once].transpose(2, 1, 0, 3)
        m = images.shape[2]
        shape = (groups, tall, kernel[1], c // groups, m, counts[1])
        if buffer is None or buffer.shape != shape:
            buffer = xp.zeros(shape, dtype=x.dtype)  # what lies outside of the images stays so
            rows = xp.empty(images.shape, dtype=x.dtype)
        if kernel[1] > 1 and images.strides[0] < images.strides[2]:
            # Rows that lie far apart are read once.
            copy_rows(images, rows)
            images = rows
        source = images.reshape(h, groups, c // groups, m, w).swapaxes(0, 1)
        columns = [buffer[:, top : top + h, j] for j in range(kernel[1])]
        _copy_columns(source, columns, left, stride[1], dilation[1])
        windows = _rows(xp, buffer, kernel[0], counts[0], stride[0], dilation[0])
        yield slice(first, first + m), slice(0, counts[1]), slice(0, kernel[1]), windows


def _copy_columns(images: Array, columns: list[Array], left: int, stride: int, dilation: int) -> None:
    """Copies from images (..., W), for each column of the kernel, the pixels that it lies on, between zeros."""
    wide, count = images.shape[-1], columns[0].shape[-1]
    for j, column in enumerate(columns):
        shift = left - j * dilation
        low = min(count, max(0, -(-shift // stride)))
        high = max(low, min(count, (wide - 1 + shift) // stride + 1))
        for before in range(j - 1, -1, -1):
            # Pixels that lie apart are copied once: the column before that lies on others of these is further on.
            on, rest = divmod((j - before) * dilation, stride)
            if stride > 1 and rest == 0 and on < count:
                copy_rows(columns[before][..., on:], column[..., :-on])
                low = max(low, count - on)
                break
        if high > low:
            copy_rows(images[..., places(low * stride - shift, high - low, stride)], column[..., low:high])


def pieces(
    xp: Namespace,
    x: Array,
    kernel: Pair,
    counts: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    columns: int,
    taps: int,
) -> Iterator[tuple[slice, slice, slice, Array]]:
    """Yields some columns of the output, of one image or several, and some columns of the kernel at a time."""
    n, c, h, w = x.shape
    (top, bottom), (left, right) = padding
    at_once, columns = max(1, min(n, columns // counts[1])), min(columns, counts[1])
    columns = -(-counts[1] // -(-counts[1] // columns))  # parts of about the same size
    tall = h + top + bottom
    buffer = xp.empty(groups * tall * taps * (c // groups) * at_once * columns, dtype=x.dtype)
    for first in range(0, n, at_once):
        images = x[first : first + at_once].transpose(2, 1, 0, 3)
        m = images.shape[2]
        padded = xp.zeros((groups, tall, c // groups, m, w + left + right), dtype=x.dtype)
        source = images.reshape(h, groups, c // groups, m, w).swapaxes(0, 1)
        padded[:, top : top + h, ..., left : left + w] = source
        s = padded.strides
        strides = (s[0], s[1], dilation[1] * s[4], s[2], s[3], stride[1] * s[4])
        for column in range(0, counts[1], columns):
            wide = min(columns, counts[1] - column)
            for tap in range(0, kernel[1], taps):
                many = min(taps, kernel[1] - tap)
                start = padded[..., column * stride[1] + tap * dilation[1] :]
                shape = (groups, tall, many, c // groups, m, wide)
                part = buffer[: math.prod(shape)].reshape(shape)
                part[...] = xp.lib.stride_tricks.as_strided(start, shape, strides, writeable=False)
                rows = _rows(xp, part, kernel[0], counts[0], stride[0], dilation[0])
                yield slice(first, first + m), slice(column, column + wide), slice(tap, tap + many), rows


def _rows(xp: Namespace, buffer: Array, tall: int, count: int, stride: int, dilation: int) -> Array:
    """Returns from a buffer (groups, H, kernel width, C / groups, N, W) the matrix for each row of the output."""
    groups, _, wide, c, m, columns = buffer.shape
    s = buffer.strides
    rows = xp.lib.stride_tricks.as_strided(
        buffer,
        (groups, count, tall, wide * c, m * columns),
        (s[0], stride * s[1], dilation * s[1], s[3], s[5]),
        writeable=False,
    )
    return rows.reshape(groups, count, tall * wide * c, m * columns)
