"""Convolution by strided views, for libraries that have them: what windows.py does, several times as fast.

Images are kept in memory as (H, C, N, W) behind their (N, C, H, W) shape. Copied once for each of the kernel's
columns, shifted by that column, into a buffer (H, kernel width, C, N, W), the rows that one row of the output needs
are then one matrix with evenly spaced rows, without copying them for each row of the kernel: as many matrix products
as the output has rows, each over all images. Elementwise operations keep this layout, so it lasts from layer to layer.
Where the buffer would take up many times the memory of images, kernels and output, it holds a part of it at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from . import depthwise, pointwise, shifted, shifted_both
from .sums import FEW
from .windows import Padding, Pair, cropped, places

_BUFFER_BYTES = 16 << 20
_PRODUCT_BYTES = 4 << 20
_SMALL_BYTES = 256 << 10  # So much memory is used whatever the sizes of images and kernels.
_MOST = 6  # A buffer of all windows may take up so many times the memory of images, kernels and output.
_NARROW = 7  # A buffer for so many columns of the kernel is small enough.
_FEW_COLUMNS = 16  # So many columns of the output are multiplied at least.
_COLUMNS = 128  # BLAS multiplies matrices of so many columns about as fast as wider ones.
_TAPS = 64  # A kernel's columns are divided into so many parts at most.


def available(xp: Namespace) -> bool:
    """Returns whether the library has strided views, as NumPy has."""
    return hasattr(getattr(xp, "lib", None), "stride_tricks")


def convolve(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Returns the convolution of (N, C, H, W) with (O, C / groups, kernel) into (N, O, *counts)."""
    if _shifts(x, w.shape, counts, stride, dilation, groups):
        return shifted.convolve(xp, x, w, b, counts, padding, dilation)
    if depthwise.suits(xp, w.shape, x.shape[0] * math.prod(counts), groups):
        return depthwise.convolve(xp, x, w, b, counts, stride, padding, dilation)
    if pointwise.suits(x, counts, tuple(w.shape[2:]), stride, padding, groups):
        return pointwise.convolve(xp, x, w, b)
    n, o, kernel = x.shape[0], w.shape[0], tuple(w.shape[2:])
    matrix = _matrix(w, groups)
    result = xp.empty((counts[0], groups, o // groups, n, counts[1]), dtype=x.dtype)
    by_group = result.transpose(1, 0, 2, 3, 4)
    bias = None if b is None else b.reshape(groups, 1, -1, 1)
    for images, columns, taps, rows in _parts(xp, x, o, kernel, counts, stride, padding, dilation, groups):
        out = by_group[:, :, :, images, columns]
        if out.shape[-1] == counts[1] and taps == slice(0, kernel[1]):
            out = out.reshape(groups, counts[0], o // groups, -1)
            xp.matmul(matrix, rows, out=out)
            if bias is not None:
                out += bias
            continue
        product = xp.matmul(_matrix(w[..., taps], groups), rows)
        if bias is not None and taps.start == 0:
            product += bias
        if taps.start == 0:
            out[...] = product.reshape(out.shape)
        else:
            out += product.reshape(out.shape)
    return result.reshape(counts[0], o, n, counts[1]).transpose(2, 1, 0, 3)


def convolve_both_ways(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Returns the convolution and the function that goes back, where they can share their work; else None."""
    if depthwise.suits(xp, w.shape, x.shape[0] * math.prod(counts), groups):
        return depthwise.convolve_both_ways(xp, x, w, b, counts, stride, padding, dilation)
    o, c, *kernel = w.shape
    size = x.shape[2], x.shape[3]
    if (
        _shifts(x, w.shape, counts, stride, dilation, groups)
        and _shifts(x, (c, o, *kernel), size, stride, dilation, groups)
        and shifted_both.suits(x, w, counts, padding, dilation)
    ):
        return shifted_both.convolve(xp, x, w, b, counts, padding, dilation)
    return None


def weight_gradient(
    xp: Namespace, x: Array, g: Array, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Returns what `convolve` sends back to its weights."""
    o, c, counts = g.shape[1], x.shape[1], (g.shape[2], g.shape[3])
    if _shifts(x, (o, c // groups, *kernel), counts, stride, dilation, groups):
        return shifted.weight_gradient(xp, x, g, kernel, padding, dilation)
    if depthwise.suits(xp, (o, c // groups, *kernel), x.shape[0] * math.prod(counts), groups):
        return depthwise.weight_gradient(xp, x, g, kernel, stride, padding, dilation)
    if pointwise.suits(x, counts, kernel, stride, padding, groups):
        return pointwise.weight_gradient(xp, x, g)
    out = _by_group(xp, g, groups)
    # The elements of a window as rows, the outputs as columns: this way round BLAS takes two thirds of the time.
    shape = (groups, kernel[0], kernel[1], c // groups, o // groups)
    bytes_per_row = math.prod(shape) * x.dtype.itemsize
    room = min(_PRODUCT_BYTES, max(_SMALL_BYTES, 2 * (x.nbytes + g.nbytes + bytes_per_row)))
    at_once = max(1, min(counts[0], room // bytes_per_row))
    many = x.shape[0] * math.prod(counts)
    multiply = shifted.product_of(xp, many)
    total = xp.zeros(shape, dtype=xp.float64 if many >= shifted.MANY_PLACES else x.dtype)
    for images, columns, taps, rows in _parts(xp, x, o, kernel, counts, stride, padding, dilation, groups):
        part = out[:, :, :, images, columns].reshape(groups, counts[0], o // groups, -1)
        place = total[:, :, taps]
        for first in range(0, counts[0], at_once):
            some = slice(first, first + at_once)
            product = multiply(rows[:, some], part[:, some].mT)
            product = xp.sum(product, axis=1) if product.shape[1] > 1 else product[:, 0]
            place += product.reshape(place.shape)
    result = total.transpose(0, 4, 3, 1, 2).astype(x.dtype, order="C")
    return result.reshape(o, c // groups, *kernel)


def input_gradient(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Returns what `convolve` sends back to its images of `size`."""
    n, o, c, kernel, counts = g.shape[0], w.shape[0], w.shape[1] * groups, tuple(w.shape[2:]), tuple(g.shape[2:])
    if pointwise.suits(g, size, kernel, stride, padding, groups):
        return pointwise.convolve(xp, g, w.swapaxes(0, 1), None)
    if depthwise.suits(xp, w.shape, n * math.prod(counts), groups):
        return depthwise.input_gradient(xp, g, w, size, stride, padding, dilation)
    if stride == (1, 1):
        # A convolution again, with the kernel turned around and inputs and outputs exchanged.
        if groups == 1 and dilation == (1, 1) and math.prod(kernel) > 4 * math.prod(counts):
            # Where kernels are larger than outputs, the other way round: they are the images.
            sent = xp.ascontiguousarray(g[..., ::-1, ::-1])
            return _laid(xp, w.transpose(1, 0, 2, 3), sent, size, padding, dilation, 1).transpose(1, 0, 2, 3)
        turned = w.reshape(groups, o // groups, *w.shape[1:])[..., ::-1, ::-1].swapaxes(1, 2)
        turned = xp.ascontiguousarray(turned)  # BLAS takes no matrix that is read backwards
        return _laid(xp, g, turned.reshape(c, o // groups, *kernel), size, padding, dilation, groups)
    sent = _by_group(xp, g, groups).reshape(groups, counts[0], o // groups, -1)
    matrix = _matrix(w, groups).mT
    (top, bottom), (left, right) = padding
    shape = (groups, size[0] + top + bottom, c // groups, n, size[1] + left + right)
    # What one element of a kernel lays is added to the rest, one after the other.
    many = -(-kernel[0] // stride[0]) * -(-kernel[1] // stride[1]) > 4 * FEW
    total = xp.zeros(shape, dtype=xp.float64 if many else g.dtype)
    taps = [(i, j) for i in range(kernel[0]) for j in range(kernel[1])]
    bytes_per_tap = max(1, counts[0] * c * n * counts[1] * g.dtype.itemsize)
    at_once = len(taps)
    if at_once * bytes_per_tap > max(_SMALL_BYTES, _MOST * (g.nbytes + w.nbytes + total.nbytes)):
        at_once = max(1, max(_SMALL_BYTES, g.nbytes + w.nbytes + total.nbytes) // bytes_per_tap)
    for first in range(0, len(taps), at_once):
        some = taps[first : first + at_once]
        rows = slice(first * (c // groups), (first + len(some)) * (c // groups))
        parts = xp.matmul(matrix[:, :, rows], sent)
        parts = parts.reshape(groups, counts[0], len(some), c // groups, n, counts[1])
        for k, (i, j) in enumerate(some):
            down = places(i * dilation[0], counts[0], stride[0])
            total[:, down, ..., places(j * dilation[1], counts[1], stride[1])] += parts[:, :, k]
    inside = total[:, top : top + size[0], ..., left : left + size[1]].transpose(3, 0, 2, 1, 4)
    return inside.reshape(n, c, *size).astype(g.dtype, copy=False)


def _laid(xp: Namespace, g: Array, turned: Array, size: Pair, padding: Padding, dilation: Pair, groups: int) -> Array:
    """Returns a kernel, turned around, laid at each place of `g` in images of `size` with `padding` around them."""
    reach = [dilation[i] * (turned.shape[2 + i] - 1) for i in (0, 1)]
    before = [reach[i] - padding[i][0] for i in (0, 1)]
    after = [size[i] - g.shape[2 + i] - before[i] + reach[i] for i in (0, 1)]
    g = cropped(g, _pairs([max(0, -p) for p in before], [max(0, -p) for p in after]))
    around = _pairs([max(0, p) for p in before], [max(0, p) for p in after])
    return convolve(xp, g, turned, None, size, (1, 1), around, dilation, groups)


def unpooled(xp: Namespace, g: Array, y: Array, x: Array, kernel: Pair) -> Array:
    """Returns what max pooling over windows side by side sends back to the largest elements, in equal shares."""
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
    """Returns each element `times` times along the last axis."""
    result = xp.empty((*x.shape, times), dtype=x.dtype)
    for j in range(times):
        result[..., j] = x
    return result.reshape(*x.shape[:-1], -1)


def _pairs(before: list[int], after: list[int]) -> Padding:
    return (before[0], after[0]), (before[1], after[1])


def _matrix(w: Array, groups: int) -> Array:
    """Returns weights as matrices (groups, 1, O / groups, elements of a window), in the order of the buffer."""
    o, c, *kernel = w.shape
    return w.reshape(groups, o // groups, c, *kernel).transpose(0, 1, 3, 4, 2).reshape(groups, 1, o // groups, -1)


def _by_group(xp: Namespace, g: Array, groups: int) -> Array:
    """Returns an output (N, O, H, W) as (groups, H, O / groups, N, W)."""
    n, o, h, w = g.shape
    rows = xp.ascontiguousarray(g.transpose(2, 1, 0, 3))
    return rows.reshape(h, groups, o // groups, n, w).transpose(1, 0, 2, 3, 4)


def _shifts(x: Array, w: Any, counts: Pair, stride: Pair, dilation: Pair, groups: int) -> bool:
    """Returns whether shifted products are faster, and need not much more memory, for kernels of the shape `w`."""
    if not shifted.suits(w, counts, stride, dilation, groups):
        return False
    o, wide = w[0], w[3]
    row = wide * o * (counts[1] + dilation[1] * (wide - 1))
    size = x.size + math.prod(w) + x.shape[0] * o * math.prod(counts)
    return bool(row * x.dtype.itemsize <= max(_SMALL_BYTES, 4 * size * x.dtype.itemsize))


Part = tuple[slice, slice, slice, Array]
"""Which images, columns of the output and columns of the kernel, and what they need as matrices (groups, rows of the
output, elements of a window, images * columns of the output)."""


def _parts(
    xp: Namespace,
    x: Array,
    o: int,
    kernel: Pair,
    counts: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Iterator[Part]:
    """Returns the windows of images for `o` outputs, a part at a time, so that the buffer stays in the cache."""
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
    limit = max(_SMALL_BYTES, _MOST * operands)
    at_once = max(1, min(n, max(min(_BUFFER_BYTES, limit) // bytes_per_image, -(-512 // counts[1]))))
    narrow = kernel[1] <= _NARROW
    if (narrow and not copied) or (at_once * bytes_per_image <= limit and (narrow or kernel[1] <= counts[1])):
        yield from _images(xp, x, kernel, counts, stride, padding, dilation, groups, at_once)
        return
    room = max(_SMALL_BYTES, min(_BUFFER_BYTES, 2 * operands)) // bytes_per_column
    many = min(_COLUMNS, n * counts[1])
    taps = kernel[1] if kernel[1] * many <= room else max(-(-kernel[1] // _TAPS), room // many, 1)
    columns = max(min(_FEW_COLUMNS, many), room // taps)
    yield from _pieces(xp, x, kernel, counts, stride, padding, dilation, groups, columns, taps)


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
) -> Iterator[Part]:
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
        rows = _rows(xp, buffer, kernel[0], counts[0], stride[0], dilation[0])
        yield slice(first, first + m), slice(0, counts[1]), slice(0, kernel[1]), rows


def _pieces(
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
) -> Iterator[Part]:
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
