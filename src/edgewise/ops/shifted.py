"""Convolution at stride 1 as a sum of shifted products, where channels and rows are many enough for it.

Where strided.py copies the images once for each of the kernel's columns, this multiplies padded images, as they are,
by all columns of the kernel at once, and adds the products, each shifted by its column. That is fewer bytes to copy,
and a product whose two small sides are both large enough for BLAS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from .accurate import is_numpy
from .matrix_kernels import in_blocks
from .windows import Padding, Pair

_IMAGE_BYTES = 32 << 20
_ROW_BYTES = 2 << 20
_PRODUCT_BYTES = 1 << 20
MANY_PLACES = 1 << 14
"""Of so many places of the output, products are added up in float64."""

_IN_BLOCKS = 1 << 19  # Of so many, the products themselves are made in blocks.


def suits(w: Any, counts: Pair, stride: Pair, dilation: Pair, groups: int) -> bool:
    """Returns whether this way is faster: `w` is the shape of the kernels, (O, C, height, width).

    A padded row has products that belong to no place of the output: one for each column of the kernel but the first.
    """
    o, c, tall, wide = map(int, w)
    if groups > 1 or stride != (1, 1) or wide == 1 or (dilation[0] > 1 and tall > 1):
        return False
    return c * tall >= 24 and o * wide >= 24 and counts[1] >= 5 * dilation[1] * (wide - 1)


def product_of(xp: Namespace, places: int) -> Any:
    """Returns the function that multiplies matrices, where a gradient is a sum over so many places of the output."""
    return in_blocks if places >= _IN_BLOCKS and is_numpy(xp) else xp.matmul


def convolve(xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, padding: Padding, dilation: Pair) -> Array:
    """Returns the convolution of (N, C, H, W) with (O, C, kernel) into (N, O, *counts)."""
    o, c, tall, wide = w.shape
    matrix = xp.ascontiguousarray(w.transpose(3, 0, 2, 1)).reshape(wide * o, tall * c)
    result = xp.empty((counts[0], o, x.shape[0], counts[1]), dtype=x.dtype)
    bias = None if b is None else b.reshape(1, o, 1, 1)
    for images, rows, width in _padded(xp, x, tall, wide * o, counts, padding):
        out = result[:, :, images]
        step = _rows_at_once(rows, wide * o)
        buffer = xp.empty((step, wide * o, rows.shape[2]), dtype=x.dtype)
        for first in range(0, counts[0], step):
            some = rows[first : first + step]
            products = xp.matmul(matrix, some, out=buffer[: len(some)]).reshape(len(some), wide, -1)
            total = products[:, 0]
            for j in range(1, wide):
                total[:, : -j * dilation[1]] += products[:, j, j * dilation[1] :]
            places = total.reshape(len(some), o, -1, width)[..., : counts[1]]
            if bias is None:
                out[first : first + step] = places
            else:
                xp.add(places, bias, out=out[first : first + step])
    return result.transpose(2, 1, 0, 3)


def weight_gradient(xp: Namespace, x: Array, g: Array, kernel: Pair, padding: Padding, dilation: Pair) -> Array:
    """Returns what `convolve` sends back to its weights."""
    o, counts, c, (tall, wide) = g.shape[1], (g.shape[2], g.shape[3]), x.shape[1], kernel
    many = x.shape[0] * counts[0] * counts[1]
    multiply = product_of(xp, many)
    total = xp.zeros((tall * c, wide * o), dtype=xp.float64 if many >= MANY_PLACES else x.dtype)
    for images, rows, width in _padded(xp, x, tall, wide * o, counts, padding):
        part = g[images].transpose(2, 1, 0, 3)
        step = _rows_at_once(rows, wide * o)
        buffer = xp.zeros((step, wide, o, part.shape[2], width), dtype=x.dtype)
        for first in range(0, counts[0], step):
            some = rows[first : first + step]
            for j in range(wide):
                shift = j * dilation[1]
                buffer[: len(some), j, ..., shift : shift + counts[1]] = part[first : first + step]
            products = multiply(some, buffer[: len(some)].reshape(len(some), wide * o, -1).mT)
            total += xp.sum(products, axis=0)
    return total.reshape(tall, c, wide, o).transpose(3, 1, 0, 2).astype(x.dtype, order="C")


def _padded(
    xp: Namespace, x: Array, tall: int, columns: int, counts: Pair, padding: Padding
) -> Iterator[tuple[slice, Array, int]]:
    """Returns some images at a time, padded, and the padded width.

    They hold, for each row of the output, the rows of the images that it needs as one matrix: (rows of the output,
    kernel height * C, images * padded width).
    """
    n, c, h, w = x.shape
    (top, bottom), (left, right) = padding
    height, width = h + top + bottom, w + left + right
    item = x.dtype.itemsize
    step = min(n, _IMAGE_BYTES // (height * c * width * item), _ROW_BYTES // (columns * width * item))
    step = max(1, step)
    buffer = xp.zeros((height, c, step, width), dtype=x.dtype)
    for first in range(0, n, step):
        images = slice(first, min(first + step, n))
        if images.stop - first < step:
            buffer = xp.zeros((height, c, images.stop - first, width), dtype=x.dtype)
        buffer[top : top + h, ..., left : left + w] = x[images].transpose(2, 1, 0, 3)
        s = buffer.strides
        rows = xp.lib.stride_tricks.as_strided(
            buffer, (counts[0], tall * c, buffer.shape[2] * width), (s[0], s[1], s[3]), writeable=False
        )
        yield images, rows, width


def _rows_at_once(rows: Array, columns: int) -> int:
    """Returns how many rows of the output to multiply at a time, so that their products stay in the cache."""
    count, _, places = rows.shape
    return max(1, min(int(count), int(_PRODUCT_BYTES // (columns * places * rows.dtype.itemsize))))
