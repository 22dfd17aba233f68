"""Convolution of each channel by a kernel of its own: shifted images, each times one weight of its channel, added up.

Padded images lie in memory as (C, phases, H * N * W), all images of a row side by side. A window that moves by
`stride` finds each element of the kernel in one phase, at one distance. So each product is one of long rows, and NumPy
adds those of a kernel's column up in one go, for a few channels at a time that stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from . import bands
from .accurate import is_numpy
from .shifted import copy_rows, images_in_rows
from .windows import Padding, Pair

_BLOCK = 1 << 16
"""Of about so many elements are the channels computed at a time."""

_LONG = 1 << 10
"""So many products are added up in the dtype of the images at most."""

_CHANNEL = 1 << 16
"""Images of about so many elements in each channel are padded at a time."""

_FEW = 3 << 14
"""Fewer elements of the output are made faster by products of matrices."""

_FEW_CHANNELS = 32
"""So are those of fewer channels."""

_MOST_WEIGHTS = 64
"""Larger kernels are multiplied as matrices."""

Term = tuple[Array, Array]
"""Rows (C, elements of the kernel, places), and the weights (C, elements of the kernel) that they are multiplied by."""


def suits(xp: Namespace, w: Any, places: int, groups: int) -> bool:
    """Returns whether each channel, of so many places, has one small kernel. `w` is the shape of the kernels."""
    alone = w[0] == groups >= _FEW_CHANNELS and w[1] == 1
    return bool(alone and w[2] * w[3] <= _MOST_WEIGHTS and w[0] * places >= _FEW and is_numpy(xp))


def convolve_both_ways(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Returns the convolution, and the function that goes back from its gradient to images, weights and bias.

    Returns None where products with band matrices are faster, which have nothing to share.
    """
    if bands.suits(x.shape, w.shape, dilation):
        return None
    kernel = _Kernel(w.shape[2:], stride, padding, dilation, (x.shape[2], x.shape[3]))
    parts = [(some, _in_phases(xp, x[some], kernel)) for some in _images_at_a_time(x)]
    result = images_in_rows(xp, (*x.shape[:2], *counts), x.dtype)
    for some, images in parts:
        _write_products(xp, images, w, b, kernel, result[some])

    def back(g: Array) -> Callable[[int], Array]:
        arrived = [(some, _arrived(xp, g[some], kernel)) for some, _ in parts]

        def gradient(i: int) -> Array:
            if i == 0:
                return _sent_back(xp, arrived, w, kernel, g)
            if i == 1:
                total = xp.zeros(w.shape, dtype=xp.float64)
                for (_, images), (_, part) in zip(parts, arrived, strict=True):
                    _add_weight_gradient(xp, images, part, counts[0], kernel, total)
                return total.astype(g.dtype)
            return xp.sum(g, axis=(0, 2, 3))

        return gradient

    return result, back


def convolve(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """Returns the convolution of (N, C, H, W) with (C, 1, kernel) into (N, C, *counts)."""
    if bands.suits(x.shape, w.shape, dilation):
        made = bands.convolve(xp, x, w, b, counts, stride, padding, dilation)
        if made is not None:
            return made
    kernel = _Kernel(w.shape[2:], stride, padding, dilation, (x.shape[2], x.shape[3]))
    result = images_in_rows(xp, (*x.shape[:2], *counts), x.dtype)
    for some in _images_at_a_time(x):
        _write_products(xp, _in_phases(xp, x[some], kernel), w, b, kernel, result[some])
    return result


def weight_gradient(
    xp: Namespace, x: Array, g: Array, shape: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """Returns what `convolve` sends back to kernels of this `shape`."""
    kernel = _Kernel(shape, stride, padding, dilation, (x.shape[2], x.shape[3]))
    total = xp.zeros((x.shape[1], 1, *shape), dtype=xp.float64)
    for some in _images_at_a_time(x):
        images, arrived = _in_phases(xp, x[some], kernel), _arrived(xp, g[some], kernel)
        _add_weight_gradient(xp, images, arrived, g.shape[2], kernel, total)
    return total.astype(x.dtype)


def input_gradient(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """Returns what `convolve` sends back to its images of `size`."""
    if bands.suits(g.shape, w.shape, dilation):
        made = bands.input_gradient(xp, g, w, size, stride, padding, dilation)
        if made is not None:
            return made
    kernel = _Kernel(w.shape[2:], stride, padding, dilation, size)
    arrived = ((some, _arrived(xp, g[some], kernel)) for some in _images_at_a_time(g))
    return _sent_back(xp, arrived, w, kernel, g)


class _Kernel:
    """Where the elements of a kernel lie in images of `size`: element (i, j) in a phase, some rows and columns on."""

    def __init__(self, shape: Any, stride: Pair, padding: Padding, dilation: Pair, size: Pair) -> None:
        self.tall, self.wide = shape
        self.stride, self.padding, self.dilation, self.size = stride, padding, dilation, size
        self.rows, self.columns = (-(-(size[k] + sum(padding[k])) // stride[k]) for k in (0, 1))
        common = math.gcd(stride[0], dilation[0]), math.gcd(stride[1], dilation[1])
        self.period = stride[0] // common[0], stride[1] // common[1]
        """So many rows and columns of the kernel on, there are some in the same phase."""
        self.apart = dilation[0] // common[0], dilation[1] // common[1]
        """These are so many rows and columns of the phase on."""

    def place(self, i: int, j: int) -> tuple[Pair, Pair]:
        """Returns the phase of an element, and the rows and columns on."""
        down, row = divmod(i * self.dilation[0], self.stride[0])
        along, column = divmod(j * self.dilation[1], self.stride[1])
        return (row, column), (down, along)

    @property
    def reach(self) -> Pair:
        """Returns the most rows and columns on."""
        return self.place(self.tall - 1, self.wide - 1)[1]

    @property
    def runs(self) -> Iterator[tuple[int, int]]:
        """Yields the first of all elements of a column, in one phase."""
        for j in range(self.wide):
            for i in range(min(self.period[0], self.tall)):
                yield i, j


def _images_at_a_time(x: Array) -> Iterator[slice]:
    step = max(1, _CHANNEL // max(1, x.shape[2] * x.shape[3]))
    for first in range(0, x.shape[0], step):
        yield slice(first, min(first + step, x.shape[0]))


def _flat(xp: Namespace, c: int, phases: int, row: int, rows: int, tail: int, dtype: Any) -> tuple[Array, Array]:
    """Returns zeros (C, phases, rows * row + tail), and the same as (C, phases, rows, row)."""
    flat = xp.zeros((c, phases, rows * row + tail), dtype=dtype)
    return flat, flat[..., : rows * row].reshape(c, phases, rows, row)


def _in_phases(xp: Namespace, x: Array, kernel: _Kernel) -> Array:
    """Returns padded images (C, phases, H * N * W and a few zeros)."""
    (n, c, _, _), (down, along) = x.shape, kernel.stride
    top, left = kernel.padding[0][0], kernel.padding[1][0]
    flat, rows = _flat(xp, c, down * along, n * kernel.columns, kernel.rows, kernel.reach[1], x.dtype)
    images = rows.reshape(c, down, along, kernel.rows, n, kernel.columns)
    for i in range(down):
        for j in range(along):
            row, column = -(-max(0, top - i) // down), -(-max(0, left - j) // along)  # the first without padding
            source = x.transpose(1, 2, 0, 3)[:, row * down + i - top :: down, :, column * along + j - left :: along]
            place = images[:, i, j, row : row + source.shape[1], :, column : column + source.shape[3]]
            copy_rows(source, place)
    return flat


def _arrived(xp: Namespace, g: Array, kernel: _Kernel) -> Array:
    """Returns a gradient (C, 1, H * N * W), in rows as long as those of the images, with zeros before and after it."""
    n, c, h, w = g.shape
    down, along = kernel.reach
    flat, rows = _flat(xp, c, 1, n * kernel.columns, kernel.rows + down, along, g.dtype)
    images = rows.reshape(c, kernel.rows + down, n, kernel.columns)
    copy_rows(g.transpose(1, 2, 0, 3), images[:, down : down + h, :, along : along + w])
    return flat


def _term(xp: Namespace, flat: Array, start: int, step: int, length: int, weights: Array) -> Term:
    """Returns rows of `length` in each channel, from `start` on and `step` apart, one for each of the weights."""
    strides = (flat.strides[0], step * flat.itemsize, flat.itemsize)
    rows = xp.lib.stride_tricks.as_strided(
        flat[:, start:], (len(flat), weights.shape[1], length), strides, writeable=False
    )
    return rows, weights


def _sums(xp: Namespace, terms: list[Term]) -> Iterator[tuple[slice, Array]]:
    """Yields for some channels at a time the sums (C, places) of all rows times their weights, in a buffer."""
    channels, _, length = terms[0][0].shape
    at_once = max(1, min(channels, _BLOCK // max(1, length)))
    buffers = xp.empty((2, at_once, length), dtype=terms[0][0].dtype)
    for first in range(0, channels, at_once):
        some = slice(first, min(first + at_once, channels))
        total, product = buffers[:, : some.stop - first]
        for k, (rows, weights) in enumerate(terms):
            xp.einsum("cip,ci->cp", rows[some], weights[some], out=product if k else total)
            if k:
                total += product
        yield some, total


def _write_products(xp: Namespace, images: Array, w: Array, b: Any, kernel: _Kernel, result: Array) -> None:
    """Writes the convolution of padded images into `result` (N, C, H, W)."""
    n, _, count, wide = result.shape
    row = n * kernel.columns
    terms = []
    for i, j in kernel.runs:
        (down, along), (below, right) = kernel.place(i, j)
        step = kernel.apart[0] * row
        flat = images[:, down * kernel.stride[1] + along]
        terms.append(_term(xp, flat, below * row + right, step, count * row, w[:, 0, i :: kernel.period[0], j]))
    out = result.transpose(1, 2, 0, 3)
    for some, total in _sums(xp, terms):
        if b is not None:
            total += b[some, None]
        copy_rows(total.reshape(-1, count, n, kernel.columns)[..., :wide], out[some])


def _sent_back(xp: Namespace, arrived: Any, w: Array, kernel: _Kernel, g: Array) -> Array:
    """Returns what a gradient, padded a few images at a time, sends back to images."""
    sent = images_in_rows(xp, (*g.shape[:2], *kernel.size), g.dtype)
    for some, part in arrived:
        for down in range(kernel.stride[0]):
            for along in range(kernel.stride[1]):
                _write_sent_back(xp, part[:, 0], w, kernel, (down, along), sent[some])
    return sent


def _write_sent_back(xp: Namespace, arrived: Array, w: Array, kernel: _Kernel, phase: Pair, sent: Array) -> None:
    """Writes what a padded gradient sends back into those rows and columns of `sent` (N, C, H, W) of one phase."""
    before = kernel.padding[0][0], kernel.padding[1][0]
    first = [-(-max(0, before[k] - phase[k]) // kernel.stride[k]) for k in (0, 1)]
    places = [slice(first[k] * kernel.stride[k] + phase[k] - before[k], None, kernel.stride[k]) for k in (0, 1)]
    out = sent.transpose(1, 2, 0, 3)[:, places[0], :, places[1]]
    _, count, n, wide = out.shape
    row = n * kernel.columns
    terms = []
    for i, j in kernel.runs:
        there, (below, right) = kernel.place(i, j)
        if there == phase:
            start = (kernel.reach[0] - below + first[0]) * row + kernel.reach[1] - right
            step = -kernel.apart[0] * row
            terms.append(_term(xp, arrived, start, step, count * row, w[:, 0, i :: kernel.period[0], j]))
    if not terms:
        out[...] = 0
        return
    for some, total in _sums(xp, terms):
        copy_rows(total.reshape(-1, count, n, kernel.columns)[..., first[1] : first[1] + wide], out[some])


def _add_weight_gradient(
    xp: Namespace, images: Array, arrived: Array, count: int, kernel: _Kernel, total: Array
) -> None:
    """Adds to `total` (C, 1, kernel) the products of padded images and the `count` rows of their padded gradient."""
    row = (arrived.shape[2] - kernel.reach[1]) // (kernel.rows + kernel.reach[0])
    sent = arrived[:, 0, kernel.reach[0] * row + kernel.reach[1] :][:, : count * row]
    # All elements of a kernel in the same phase go through the same numbers, while these are in the cache.
    (tall, wide), (down, along) = kernel.period, kernel.apart
    for i in range(min(tall, kernel.tall)):
        for j in range(min(wide, kernel.wide)):
            (above, before), (below, right) = kernel.place(i, j)
            images_there = images[:, above * kernel.stride[1] + before, below * row + right :]
            place = total[:, 0, i::tall, j::wide]
            steps = down * row, along
            for g, x in _side_by_side(xp, sent, images_there, place.shape[1:], steps):
                place += xp.sum(xp.vecdot(x, g[..., None, None, :]), axis=1, dtype=total.dtype)


def _side_by_side(xp: Namespace, g: Array, x: Array, shape: Any, steps: Pair) -> Iterator[tuple[Array, Array]]:
    """Yields rows (C, rows, places) of `g`, and as long rows (C, rows, *shape, places) of `x`, `steps` apart."""
    c, length = g.shape
    whole = length - length % _LONG
    for first, last, many in ((0, whole, _LONG), (whole, length, length - whole)):
        if first < last:
            rows = g[:, first:last].reshape(c, -1, many)
            strides = (x.strides[0], many * x.itemsize, steps[0] * x.itemsize, steps[1] * x.itemsize, x.itemsize)
            shifted = xp.lib.stride_tricks.as_strided(
                x[:, first:], (c, rows.shape[1], *shape, many), strides, writeable=False
            )
            yield rows, shifted
