"""What max pooling sends back: the kernels of its derivative and of that one's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph.arrays import Array, Namespace
from . import strided
from .windows import Padding, Pair, added, cropped, offsets, padded


def lowest(xp: Any, x: Array) -> Any:
    """Returns what is not greater than any number of the dtype: what maxima are padded with."""
    return -float("inf") if xp.isdtype(x.dtype, "real floating") else xp.iinfo(x.dtype).min


_FEW = 9
"""For so many elements of a window it is noted all at once where the largest lies; for more, place by place."""


def _shares(xp: Any, x: Array, y: Array, keys: list[Any], dtype: Any) -> tuple[Iterable[Array], Array]:
    """Returns which windows have their maximum at each of their places, and how often each window has it."""
    won: Iterable[Array] = (xp.astype(x[key] == y, dtype) for key in keys)
    if len(keys) <= _FEW:
        won = list(won)
    count: Any = None
    for each in won:
        count = each if count is None else count + each
    return (won if len(keys) <= _FEW else (xp.astype(x[key] == y, dtype) for key in keys)), count


def unpool_forward(
    xp: Any, g: Array, y: Array, x: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    if strided.available(xp) and kernel == stride and dilation == (1, 1) and padding == ((0, 0), (0, 0)):
        return _side_by_side(xp, g, y, x, kernel)
    x = padded(xp, x, padding, lowest(xp, x))
    keys = list(offsets(kernel, stride, dilation, (y.shape[2], y.shape[3])))
    won, count = _shares(xp, x, y, keys, g.dtype)
    share = g / count
    total = xp.zeros_like(x)
    for key, each in zip(keys, won, strict=True):
        total = added(total, key, each * share)
    return cropped(total, padding)


def pool_at_forward(
    xp: Any, h: Array, y: Array, x: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """Returns, from an image `h`, what lies at the maxima of `x`'s windows; their mean where a window has several."""
    x, h = padded(xp, x, padding, lowest(xp, x)), padded(xp, h, padding)
    keys = list(offsets(kernel, stride, dilation, (y.shape[2], y.shape[3])))
    won, count = _shares(xp, x, y, keys, h.dtype)
    total: Any = None
    for key, each in zip(keys, won, strict=True):
        part = each * h[key]
        total = part if total is None else total + part
    return total / count


def _side_by_side(xp: Namespace, g: Array, y: Array, x: Array, kernel: Pair) -> Array:
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
