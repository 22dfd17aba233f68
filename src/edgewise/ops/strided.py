"""Convolution by strided views, for libraries that have them: what windows.py does, several times as fast.

Images are kept in memory as (H, C, N, W) behind their (N, C, H, W) shape. Copied once for each of the kernel's
columns, shifted by that column, into a buffer (H, kernel width, C, N, W), the rows that one row of the output needs
are then one matrix with evenly spaced rows, without copying them for each row of the kernel: as many matrix products
as the output has rows, each over all images. Elementwise operations keep this layout, so it lasts from layer to layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from . import shifted
from .windows import Padding, Pair, cropped, places

_BUFFER_BYTES = 16 << 20
_FEW = 4 << 20


def available(xp: Namespace) -> bool:
    """Whether the library has strided views, as NumPy has."""
    return hasattr(getattr(xp, "lib", None), "stride_tricks")


def convolve(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Convolution of (N, C, H, W) with (O, C / groups, kernel) into (N, O, *counts)."""
    if shifted.suits(w.shape, counts, stride, dilation, groups):
        return shifted.convolve(xp, x, w, b, counts, padding, dilation)
    n, o, kernel = x.shape[0], w.shape[0], tuple(w.shape[2:])
    matrix = _matrix(w, groups)
    result = xp.empty((counts[0], groups, o // groups, n, counts[1]), dtype=x.dtype)
    by_group = result.transpose(1, 0, 2, 3, 4)
    for first, last, rows in _chunks(xp, x, kernel, counts, stride, padding, dilation, groups):
        out = by_group[:, :, :, first:last].reshape(groups, counts[0], o // groups, -1)
        xp.matmul(matrix, rows, out=out)
        if b is not None:
            out += b.reshape(groups, 1, -1, 1)
    return result.reshape(counts[0], o, n, counts[1]).transpose(2, 1, 0, 3)


def weight_gradient(
    xp: Namespace, x: Array, g: Array, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """What `convolve` sends back to its weights."""
    o, c, counts = g.shape[1], x.shape[1], tuple(g.shape[2:])
    if shifted.suits((o, c // groups, *kernel), counts, stride, dilation, groups):
        return shifted.weight_gradient(xp, x, g, kernel, padding, dilation)
    out = _by_group(xp, g, groups)
    # The elements of a window as rows, the outputs as columns: this way round BLAS takes two thirds of the time.
    total = xp.zeros((groups, kernel[0] * kernel[1] * (c // groups), o // groups), dtype=x.dtype)
    for first, last, rows in _chunks(xp, x, kernel, counts, stride, padding, dilation, groups):
        part = out[:, :, :, first:last].reshape(groups, counts[0], o // groups, -1)
        if counts[0] * o * rows.shape[2] * x.dtype.itemsize <= _FEW:
            total += xp.sum(xp.matmul(rows, part.mT), axis=1)
        else:
            for row in range(counts[0]):
                total += xp.matmul(rows[:, row], part[:, row].mT)
    result = total.reshape(groups, *kernel, c // groups, o // groups).transpose(0, 4, 3, 1, 2)
    return xp.ascontiguousarray(result).reshape(o, c // groups, *kernel)


def input_gradient(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """What `convolve` sends back to its images of `size`."""
    n, o, c, kernel, counts = g.shape[0], w.shape[0], w.shape[1] * groups, tuple(w.shape[2:]), tuple(g.shape[2:])
    if stride == (1, 1):
        # A convolution again, with the kernel turned around and inputs and outputs exchanged.
        turned = w.reshape(groups, o // groups, *w.shape[1:])[..., ::-1, ::-1].swapaxes(1, 2)
        before = [dilation[i] * (kernel[i] - 1) - padding[i][0] for i in (0, 1)]
        after = [size[i] - counts[i] - before[i] + dilation[i] * (kernel[i] - 1) for i in (0, 1)]
        g = cropped(g, _pairs([max(0, -p) for p in before], [max(0, -p) for p in after]))
        around = _pairs([max(0, p) for p in before], [max(0, p) for p in after])
        return convolve(xp, g, turned.reshape(c, o // groups, *kernel), None, size, stride, around, dilation, groups)
    parts = xp.matmul(_matrix(w, groups).mT, _by_group(xp, g, groups).reshape(groups, counts[0], o // groups, -1))
    parts = parts.reshape(groups, counts[0], *kernel, c // groups, n, counts[1])
    (top, bottom), (left, right) = padding
    total = xp.zeros((groups, size[0] + top + bottom, c // groups, n, size[1] + left + right), dtype=g.dtype)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows = places(i * dilation[0], counts[0], stride[0])
            total[:, rows, ..., places(j * dilation[1], counts[1], stride[1])] += parts[:, :, i, j]
    inside = total[:, top : top + size[0], ..., left : left + size[1]].transpose(3, 0, 2, 1, 4)
    return inside.reshape(n, c, *size)


def unpooled(xp: Namespace, g: Array, y: Array, x: Array, kernel: Pair) -> Array:
    """What max pooling over windows side by side sends back: to each window's largest elements, in equal shares."""
    rows, wide = y.shape[2], y.shape[3] * kernel[1]
    x, y, g = (array.transpose(2, 1, 0, 3) for array in (x, y, g))
    result = xp.empty(x.shape, dtype=g.dtype)
    result[rows * kernel[0] :] = 0
    result[..., wide:] = 0
    largest = _widened(xp, y, kernel[1])
    inside = x[..., :wide]
    won = [inside[i : rows * kernel[0] : kernel[0]] == largest for i in range(kernel[0])]
    count = sum((each.astype(xp.int16) for each in won[1:]), won[0].astype(xp.int16)).reshape(*y.shape, kernel[1])
    count = sum((count[..., j] for j in range(1, kernel[1])), count[..., 0])
    share = _widened(xp, g / count.astype(g.dtype), kernel[1])
    for i in range(kernel[0]):
        xp.multiply(share, won[i].astype(g.dtype), out=result[i : rows * kernel[0] : kernel[0], ..., :wide])
    return result.transpose(2, 1, 0, 3)


def _widened(xp: Namespace, x: Array, times: int) -> Array:
    """Each element `times` times along the last axis."""
    result = xp.empty((*x.shape, times), dtype=x.dtype)
    for j in range(times):
        result[..., j] = x
    return result.reshape(*x.shape[:-1], -1)


def _pairs(before: list[int], after: list[int]) -> Padding:
    return (before[0], after[0]), (before[1], after[1])


def _matrix(w: Array, groups: int) -> Array:
    """Weights as matrices (groups, 1, O / groups, elements of a window), in the order of the buffer."""
    o, c, *kernel = w.shape
    return w.reshape(groups, o // groups, c, *kernel).transpose(0, 1, 3, 4, 2).reshape(groups, 1, o // groups, -1)


def _by_group(xp: Namespace, g: Array, groups: int) -> Array:
    """An output (N, O, H, W) as (groups, H, O / groups, N, W)."""
    n, o, h, w = g.shape
    rows = xp.ascontiguousarray(g.transpose(2, 1, 0, 3))
    return rows.reshape(h, groups, o // groups, n, w).transpose(1, 0, 2, 3, 4)


def _chunks(
    xp: Namespace, x: Array, kernel: Pair, counts: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Iterator[tuple[int, int, Array]]:
    """For a few images at a time, so that the buffer stays in the cache: the first, the one behind the last, and their
    windows as matrices (groups, rows of the output, elements of a window, images * columns of the output)."""
    n, c, h, w = x.shape
    if kernel[0] == 1 and padding[0] == (0, 0) and stride[0] > 1:
        x, stride = x[:, :, :: stride[0]], (1, stride[1])
        h = x.shape[2]
    top, left = padding[0][0], padding[1][0]
    tall = h + sum(padding[0])
    bytes_per_image = max(1, tall * kernel[1] * c * counts[1] * x.dtype.itemsize)
    at_once = max(1, min(n, max(_BUFFER_BYTES // bytes_per_image, -(-512 // counts[1]))))
    buffer: Any = None
    for first in range(0, n, at_once):
        images = x[first : first + at_once].transpose(2, 1, 0, 3)
        m = images.shape[2]
        shape = (groups, tall, kernel[1], c // groups, m, counts[1])
        if buffer is None or buffer.shape != shape:
            buffer = xp.empty(shape, dtype=x.dtype)
            buffer[:, :top] = 0
            buffer[:, top + h :] = 0
        source = images.reshape(h, groups, c // groups, m, w).swapaxes(0, 1)
        for j in range(kernel[1]):
            shift = left - j * dilation[1]
            low = min(counts[1], max(0, -(-shift // stride[1])))
            high = max(low, min(counts[1], (w - 1 + shift) // stride[1] + 1))
            column = buffer[:, top : top + h, j]
            column[..., :low] = 0
            column[..., high:] = 0
            if high > low:
                column[..., low:high] = source[..., places(low * stride[1] - shift, high - low, stride[1])]
        s = buffer.strides
        rows = xp.lib.stride_tricks.as_strided(
            buffer,
            (groups, counts[0], kernel[0], kernel[1] * (c // groups), m * counts[1]),
            (s[0], stride[0] * s[1], dilation[0] * s[1], s[3], s[5]),
            writeable=False,
        )
        yield first, first + m, rows.reshape(groups, counts[0], -1, m * counts[1])
