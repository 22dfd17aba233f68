"""Sums over wide windows that slide along an axis, and their transpose, in few operations on whole arrays.

A window of k elements is the sum of windows of 1, 2, 4, … elements that follow each other, each twice as wide as the
one before: some 2 log2(k) additions of arrays, and as many roundings of an element, instead of k.
"""

from __future__ import annotations

from typing import Any

from ..graph.arrays import Array, Namespace
from .axes import along
from .windows import added, places

WIDE = 32
"""Windows of more elements along an axis are added up so."""


def window_sums(xp: Namespace, x: Array, axis: int, kernel: int, stride: int, count: int) -> Array:
    """The sums over `count` windows of `kernel` elements, `stride` apart, along an axis counted from the front."""
    if stride == kernel or count == 1:
        inside = x[along(axis, slice(0, count * kernel))]
        shape = (*x.shape[:axis], count, kernel, *x.shape[axis + 1 :])
        return xp.sum(xp.reshape(inside, shape), axis=axis + 1)
    total: Any = None
    start, size, sums = 0, 1, x  # sums over windows of so many elements, at each place
    while True:
        if kernel & size:
            part = sums[along(axis, places(start, count, stride))]
            total = part if total is None else total + part
            start += size
        if start == kernel:
            return total
        sums = sums[along(axis, slice(0, -size))] + sums[along(axis, slice(size, None))]
        size *= 2


def spread_over_windows(xp: Namespace, g: Array, axis: int, kernel: int, stride: int, size: int) -> Array:
    """For each of `size` places along an axis the sum of the elements of `g` whose windows hold it."""
    count = g.shape[axis]
    shape = list(g.shape)
    shape[axis] = size
    if stride == kernel or count == 1:
        wide = [*g.shape[: axis + 1], kernel, *g.shape[axis + 1 :]]
        filled = xp.broadcast_to(xp.expand_dims(g, axis=axis + 1), tuple(wide))
        filled = xp.reshape(filled, (*g.shape[:axis], count * kernel, *g.shape[axis + 1 :]))
        zeros = xp.zeros(tuple(shape), dtype=g.dtype)
        return added(zeros, along(axis, slice(0, count * kernel)), filled, put=True)
    shape[axis] = size + kernel - 1
    zeros = xp.zeros(tuple(shape), dtype=g.dtype)
    apart = added(zeros, along(axis, places(kernel - 1, count, stride)), g, put=True)
    return window_sums(xp, apart, axis, kernel, 1, size)
