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
    result = images_in_rows(xp, (x.shape[0], w.shape[0], *counts), x.dtype)
    for images, buffer in _padded_parts(xp, x, (w.shape[2], w.shape[3]), w.shape[0], padding):
        products(xp, buffer, w, b, counts, dilation, result[images])
    return result


def products(xp: Namespace, images: Array, w: Array, b: Any, counts: Pair, dilation: Pair, result: Any = None) -> Array:
    """Returns the convolution of padded images (H, C, N, W), in `result` (N, O, *counts) if that is given."""
    (o, c, tall, wide), (_, _, n, width) = w.shape, images.shape
    if result is None:
        result = images_in_rows(xp, (n, o, *counts), images.dtype)
    out = result.transpose(2, 1, 0, 3)
    matrix = xp.ascontiguousarray(w.transpose(3, 0, 2, 1)).reshape(wide * o, tall * c)
    bias = None if b is None else b.reshape(1, o, 1)
    rows = rows_of(xp, images, tall, counts[0])
    step = rows_at_once(rows, wide * o)
    buffer = xp.empty((step, wide * o, n * width), dtype=images.dtype)
    for first in range(0, counts[0], step):
        some = rows[first : first + step]
        made = xp.matmul(matrix, some, out=buffer[: len(some)]).reshape(len(some), wide, -1)
        total = made[:, 0]
        for j in range(1, wide):
            total[:, : -j * dilation[1]] += made[:, j, j * dilation[1] :]
        total = total.reshape(len(some), o, n * width)
        if bias is not None:
            total += bias
        copy_rows(total.reshape(len(some), o, n, width)[..., : counts[1]], out[first : first + step])
    return result


def copy_rows(source: Array, target: Array) -> None:
    """Copies numbers where only those along the last axis lie side by side in memory.

    NumPy copies a row as one item in a third of the time that it takes for a short row of numbers.
    """
    if source.strides[-1] == target.strides[-1] == source.itemsize and source.dtype == target.dtype:
        row = f"V{source.shape[-1] * source.itemsize}"
        source, target = source.view(row), target.view(row)
    target[...] = source


def images_in_rows(xp: Namespace, shape: tuple[int, ...], dtype: Any) -> Array:
    """Returns an array (N, C, H, W) that lies in memory as (H, C, N, W), and owns this memory."""
    n, c, h, w = shape
    return xp.empty_like(xp.empty((h, c, n, w), dtype=dtype).transpose(2, 1, 0, 3))


def weight_gradient(xp: Namespace, x: Array, g: Array, kernel: Pair, padding: Padding, dilation: Pair) -> Array:
    """Returns what `convolve` sends back to its weights."""
    o, counts, c, (tall, wide) = g.shape[1], (g.shape[2], g.shape[3]), x.shape[1], kernel
    many = x.shape[0] * counts[0] * counts[1]
    multiply = product_of(xp, many)
    total = xp.zeros((tall * c, wide * o), dtype=xp.float64 if many >= MANY_PLACES else x.dtype)
    for images, padded_images in _padded_parts(xp, x, kernel, o, padding):
        part = g[images].transpose(2, 1, 0, 3)
        rows, width = rows_of(xp, padded_images, tall, counts[0]), padded_images.shape[3]
        step = rows_at_once(rows, wide * o)
        buffer = xp.zeros((step, wide, o, part.shape[2], width), dtype=x.dtype)
        for first in range(0, counts[0], step):
            some = rows[first : first + step]
            for j in range(wide):
                shift = j * dilation[1]
                buffer[: len(some), j, ..., shift : shift + counts[1]] = part[first : first + step]
            products = multiply(some, buffer[: len(some)].reshape(len(some), wide * o, -1).mT)
            total += xp.sum(products, axis=0)
    return total.reshape(tall, c, wide, o).transpose(3, 1, 0, 2).astype(x.dtype, order="C")


def padded(xp: Namespace, x: Array, padding: Padding) -> Array:
    """Returns images (N, C, H, W) with zeros around them, as (H, C, N, W)."""
    n, c, h, w = x.shape
    (top, bottom), (left, right) = padding
    buffer = xp.empty((h + top + bottom, c, n, w + left + right), dtype=x.dtype)
    buffer[:top] = 0
    buffer[top + h :] = 0
    buffer[top : top + h, ..., :left] = 0
    buffer[top : top + h, ..., left + w :] = 0
    copy_rows(x.transpose(2, 1, 0, 3), buffer[top : top + h, ..., left : left + w])
    return buffer


def images_at_once(x: Array, kernel: Any, o: int, padding: Padding) -> int:
    """Returns how many images to multiply at a time, so that they and the products of a row stay in the cache."""
    _, c, h, w = x.shape
    height, width, item = h + sum(padding[0]), w + sum(padding[1]), x.dtype.itemsize
    return int(max(1, min(_IMAGE_BYTES // (height * c * width * item), _ROW_BYTES // (kernel[1] * o * width * item))))


def _padded_parts(xp: Namespace, x: Array, kernel: Pair, o: int, padding: Padding) -> Iterator[tuple[slice, Array]]:
    """Yields some images at a time, padded, in one buffer."""
    n, _, h, w = x.shape
    (top, _), (left, _) = padding
    step = max(1, min(n, images_at_once(x, kernel, o, padding)))
    buffer: Any = None
    for first in range(0, n, step):
        images = slice(first, min(first + step, n))
        if buffer is None or images.stop - first < step:
            buffer = padded(xp, x[images], padding)
        else:
            copy_rows(x[images].transpose(2, 1, 0, 3), buffer[top : top + h, ..., left : left + w])
        yield images, buffer


def rows_of(xp: Namespace, images: Array, tall: int, count: int) -> Array:
    """Returns for each of `count` rows of the output the rows of padded images that it needs, as one matrix.

    The result has the shape (rows of the output, kernel height * C, images * padded width).
    """
    _, c, n, width = images.shape
    s = images.strides
    return xp.lib.stride_tricks.as_strided(images, (count, tall * c, n * width), (s[0], s[1], s[3]), writeable=False)


def rows_at_once(rows: Array, columns: int) -> int:
    """Returns how many rows of the output to multiply at a time, so that their products stay in the cache."""
    count, _, places = rows.shape
    return max(1, min(int(count), int(_PRODUCT_BYTES // (columns * places * rows.dtype.itemsize))))
