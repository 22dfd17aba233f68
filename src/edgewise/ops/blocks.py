"""Elementwise kernels in blocks that stay in the cache, for libraries that write results into given arrays.

NumPy does one operation on a whole array before the next, so a long formula sends the array through memory once for
each. A kernel that is given a block at a time, and writes into buffers that are used again, leaves it in the cache.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..graph.arrays import Array, Namespace

_BLOCK = 65536


def available(xp: Namespace, x: Any) -> bool:
    """Returns whether kernels in blocks are for this array: one of NumPy's, of float32."""
    return hasattr(getattr(xp, "lib", None), "stride_tricks") and x.dtype == xp.float32


@functools.cache
def constants(xp: Namespace, numbers: tuple[float, ...]) -> tuple[Any, ...]:
    """Returns numbers as float32 arrays without axes: NumPy converts a scalar at each use."""
    return tuple(xp.asarray(number, dtype=xp.float32) for number in numbers)


def in_blocks(xp: Namespace, kernel: Callable[..., None], x: Array, results: int, buffers: int) -> Sequence[Array]:
    """Returns what a kernel writes into `results` arrays of the shape of `x`, laid out in memory as `x` is.

    ``kernel(xp, block, *parts of the results, *buffers)`` is called for one block after another, all of one length.
    """
    axes = sorted(range(x.ndim), key=lambda axis: -x.strides[axis])
    moved = x.transpose(axes)
    dense = xp.ascontiguousarray(moved).reshape(-1)
    count = math.prod(x.shape)
    found = [xp.empty(count, dtype=x.dtype) for _ in range(results)]
    spare = [xp.empty(min(count, _BLOCK), dtype=x.dtype) for _ in range(buffers)]
    for first in range(0, count, _BLOCK):
        block = dense[first : first + _BLOCK]
        if len(block) < _BLOCK:
            spare = [buffer[: len(block)] for buffer in spare]
        kernel(xp, block, *[part[first : first + _BLOCK] for part in found], *spare)
    back = sorted(range(x.ndim), key=axes.__getitem__)
    return [part.reshape(moved.shape).transpose(back) for part in found]


def with_slope(kernel: Callable[[Namespace, Array], Sequence[Array]]) -> Callable[..., Any]:
    """Returns the `fused` of an elementwise operation of one input, from what gives its values and their slopes."""

    def fused(xp: Namespace, x: Array) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
        if not available(xp, x):
            return None
        y, slope = kernel(xp, x)
        return y, lambda g: lambda _: g * slope

    return fused
