"""Convolution for libraries that have strided views, and which of the ways of computing it is taken.

Images are kept in memory as (H, C, N, W) behind their (N, C, H, W) shape. Elementwise operations keep this layout, so
it lasts from layer to layer. The ways, first the one that is taken first where it can be:

- depthwise.py and bands.py, where each channel has a kernel of its own: no product of matrices sums over channels.
- pointwise.py, for kernels of 1×1: the images are the matrices, as they lie in memory.
- shifted.py, for large kernels at stride 1: it copies images once, and adds up products instead. Where rows are long it
  also shares padded images between forward and backward, for small kernels too (shifted_both.py).
- copied.py, for all others: windows are copied, and multiplied in pieces (small_products.py). The way back through a
  stride is such a convolution for each phase of rows and columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..graph.arrays import Array, Namespace
from . import depthwise, pointwise, shifted, shifted_both
from .copied import MOST, SMALL_BYTES, parts
from .small_products import NARROW, are_small, multiply
from .sums import FEW
from .windows import Padding, Pair, cropped, places

_PRODUCT_BYTES = 4 << 20
_COLUMNS = 128
"""The gradient of weights is a product of matrices with so many columns at least."""

_LONG_ROWS = 10
"""In rows of so many times the kernel's reach, padding that all ways share outweighs what it adds to products."""


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
    result = shifted.images_in_rows(xp, (n, o, *counts), x.dtype)
    by_group = _by_group(xp, result, groups)
    bias = None if b is None else b.reshape(groups, 1, -1, 1)
    for some, images, columns, taps, rows in parts(xp, x, o, kernel, counts, stride, padding, dilation, groups, NARROW):
        out = by_group[some, :, :, images, columns]
        if out.shape[-1] == counts[1] and taps == slice(0, kernel[1]):
            out = out.reshape(len(out), counts[0], o // groups, -1)
            multiply(xp, matrix[some], rows, out)
            if bias is not None:
                out += bias[some]
            continue
        product = xp.matmul(_matrix(w[..., taps], groups)[some], rows)
        if bias is not None and taps.start == 0:
            product += bias[some]
        if taps.start == 0:
            out[...] = product.reshape(out.shape)
        else:
            out += product.reshape(out.shape)
    return result


def convolve_both_ways(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Returns the convolution and the function that goes back, where they can share their work; else None."""
    if depthwise.suits(xp, w.shape, x.shape[0] * math.prod(counts), groups):
        return depthwise.convolve_both_ways(xp, x, w, b, counts, stride, padding, dilation)
    o, c, *kernel = w.shape
    size = x.shape[2], x.shape[3]
    if (
        (not are_small(o, c * math.prod(kernel)) or counts[1] >= _LONG_ROWS * dilation[1] * (kernel[1] - 1))
        and _can_shift(x, w.shape, counts, stride, dilation, groups)
        and _can_shift(x, (c, o, *kernel), size, stride, dilation, groups)
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
    room = min(_PRODUCT_BYTES, max(SMALL_BYTES, 2 * (x.nbytes + g.nbytes + bytes_per_row)))
    at_once = max(1, min(counts[0], room // bytes_per_row))
    many = x.shape[0] * math.prod(counts)
    product_of = shifted.product_of(xp, many)
    total = xp.zeros(shape, dtype=xp.float64 if many >= shifted.MANY_PLACES else x.dtype)
    for some, images, columns, taps, rows in parts(
        xp, x, o, kernel, counts, stride, padding, dilation, groups, _COLUMNS
    ):
        part = out[some, :, :, images, columns]
        part = part.reshape(len(part), counts[0], o // groups, -1)
        place = total[some, :, taps]
        for first in range(0, counts[0], at_once):
            down = slice(first, first + at_once)
            product = product_of(rows[:, down], part[:, down].mT)
            product = xp.sum(product, axis=1) if product.shape[1] > 1 else product[:, 0]
            place += product.reshape(place.shape)
    result = xp.empty((o, c // groups, *kernel), dtype=x.dtype)
    result.reshape(groups, o // groups, c // groups, *kernel)[...] = total.transpose(0, 4, 3, 1, 2)
    return result


def input_gradient(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Returns what `convolve` sends back to its images of `size`."""
    n, o, c, kernel, counts = g.shape[0], w.shape[0], w.shape[1] * groups, tuple(w.shape[2:]), tuple(g.shape[2:])
    if pointwise.suits(g, size, kernel, stride, padding, groups):
        return pointwise.convolve(xp, g, w.swapaxes(0, 1), None)
    if depthwise.suits(xp, w.shape, n * math.prod(counts), groups):
        return depthwise.input_gradient(xp, g, w, size, stride, padding, dilation)
    if stride == dilation == (1, 1) and groups == 1 and math.prod(kernel) > 4 * math.prod(counts):
        # Where kernels are larger than outputs, these slide over the kernel.
        sent = xp.ascontiguousarray(g[..., ::-1, ::-1])
        before = [counts[k] - 1 - padding[k][0] for k in (0, 1)]
        return _laid(xp, w.transpose(1, 0, 2, 3), sent, size, before, dilation, 1).transpose(1, 0, 2, 3)
    if stride == (1, 1) or math.prod(stride) < math.prod(kernel):
        return _in_phases(xp, g, w, size, stride, padding, dilation, groups)
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
    if at_once * bytes_per_tap > max(SMALL_BYTES, MOST * (g.nbytes + w.nbytes + total.nbytes)):
        at_once = max(1, max(SMALL_BYTES, g.nbytes + w.nbytes + total.nbytes) // bytes_per_tap)
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


def _in_phases(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Returns the same for kernels that reach over more than a stride, as convolutions at stride 1 again.

    In these the kernel is turned around, and inputs and outputs are exchanged. Rows and columns that are a stride apart
    are one image, on which some rows and columns of the kernel lie.
    """
    o, c, *kernel = w.shape
    turned = w.reshape(groups, o // groups, *w.shape[1:])[..., ::-1, ::-1].swapaxes(1, 2)
    turned = turned.reshape(c * groups, o // groups, *kernel)
    common = [math.gcd(stride[k], dilation[k]) for k in (0, 1)]
    apart = dilation[0] // common[0], dilation[1] // common[1]
    phases = [
        [_phase(size[k], kernel[k], stride[k], padding[k][0], dilation[k], p) for p in range(stride[k])] for k in (0, 1)
    ]
    result: Any = None
    for rows, down, above in phases[0]:
        for columns, along, before in phases[1]:
            some = xp.ascontiguousarray(turned[:, :, down, along])  # BLAS takes no matrix that is read backwards
            wanted = len(range(size[0])[rows]), len(range(size[1])[columns])
            if stride == (1, 1):
                return _laid(xp, g, some, size, [above, before], dilation, groups)
            if result is None:
                result = shifted.images_in_rows(xp, (g.shape[0], c * groups, *size), g.dtype)
            place = result[:, :, rows, columns]
            if some.size == 0:
                place[...] = 0
            elif place.size > 0:
                place[...] = _laid(xp, g, some, wanted, [above, before], apart, groups)
    return result


def _phase(size: int, kernel: int, stride: int, padding: int, dilation: int, phase: int) -> tuple[slice, slice, int]:
    """Returns the rows of images in a phase, those of the turned kernel that lie on them, and the padding before."""
    first = (phase - padding) % stride
    on = [i for i in range(kernel) if i * dilation % stride == phase]
    if not on:
        return slice(first, size, stride), slice(0), 0
    last = kernel - 1 - on[-1]
    return (
        slice(first, size, stride),
        slice(last, kernel - on[0], max(1, on[1] - on[0]) if on[1:] else 1),
        (on[-1] * dilation - first - padding) // stride,
    )


def _laid(xp: Namespace, g: Array, turned: Array, size: Pair, before: Any, dilation: Pair, groups: int) -> Array:
    """Returns a kernel, turned around, laid at each place of `g` in images of `size`, with zeros `before` it."""
    around, cut = [], []
    for i in (0, 1):
        high = g.shape[2 + i]
        length = size[i] + dilation[i] * (turned.shape[2 + i] - 1)
        last = length - before[i]  # Images need `g` from -before to here.
        around.append((min(max(0, before[i]), length), min(max(0, last - high), length)))
        cut.append((min(max(0, -before[i]), high), max(0, high - max(0, last))))
    g = cropped(g, (cut[0], cut[1]))
    return convolve(xp, g, turned, None, size, (1, 1), (around[0], around[1]), dilation, groups)


def _matrix(w: Array, groups: int) -> Array:
    """Returns weights as matrices (groups, 1, O / groups, elements of a window), in the order of the buffer."""
    o, c, *kernel = w.shape
    return w.reshape(groups, o // groups, c, *kernel).transpose(0, 1, 3, 4, 2).reshape(groups, 1, o // groups, -1)


def _by_group(xp: Namespace, g: Array, groups: int) -> Array:
    """Returns an output (N, O, H, W) as (groups, H, O / groups, N, W), without a copy if it lies so in memory."""
    n, o, h, w = g.shape
    rows = g.transpose(2, 1, 0, 3)
    if not rows.flags.c_contiguous:
        rows = xp.empty(rows.shape, dtype=g.dtype)
        shifted.copy_rows(g.transpose(2, 1, 0, 3), rows)
    return rows.reshape(h, groups, o // groups, n, w).transpose(1, 0, 2, 3, 4)


def _shifts(x: Array, w: Any, counts: Pair, stride: Pair, dilation: Pair, groups: int) -> bool:
    """Returns whether shifted products are faster than copied windows, for kernels of the shape `w`."""
    return not are_small(w[0], math.prod(w[1:])) and _can_shift(x, w, counts, stride, dilation, groups)


def _can_shift(x: Array, w: Any, counts: Pair, stride: Pair, dilation: Pair, groups: int) -> bool:
    """Returns whether products can be shifted, and need not much more memory."""
    if not shifted.suits(w, counts, stride, dilation, groups):
        return False
    o, wide = w[0], w[3]
    row = wide * o * (counts[1] + dilation[1] * (wide - 1))
    size = x.size + math.prod(w) + x.shape[0] * o * math.prod(counts)
    return bool(row * x.dtype.itemsize <= max(SMALL_BYTES, 4 * size * x.dtype.itemsize))
