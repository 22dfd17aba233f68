"""Windows that slide over images: their sizes, and their elements as strided views, for any Array API library.

An image batch is (N, C, H, W). A window of `kernel` elements, `dilation` apart, moves in steps of `stride` over the
image after `padding` ((top, bottom), (left, right)).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

from ..graph.arrays import Array, Namespace
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from . import axes

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def pair(value: Any, argument: str, name: str, least: int = 1) -> Pair:
    """Returns `value` for both axes of an image, given as one integer or two."""
    try:
        numbers = (operator.index(value),) * 2
    except TypeError:
        if not isinstance(value, (tuple, list)) or len(value) not in (1, 2):
            raise DTypeError(f"{name}: {argument} is {value!r}; it must be an integer or a pair of integers") from None
        try:
            numbers = (operator.index(value[0]), operator.index(value[-1]))
        except TypeError:
            raise DTypeError(f"{name}: {argument} is {value!r}; it must be an integer or a pair of integers") from None
    if min(numbers) < least:
        raise ArgumentError(f"{name}: {argument} is {value!r}; it must be at least {least}")
    return numbers


def span(kernel: int, dilation: int) -> int:
    """Returns how many elements of the image a window reaches over along one axis."""
    return dilation * (kernel - 1) + 1


def demand_room(name: str, length: int, kernel: int, dilation: int, before: int) -> None:
    """Raises ShapeError if a window does not fit into a sequence with so much padding on either side."""
    if length + 2 * before < span(kernel, dilation):
        raise ShapeError(
            f"{name}: a window of {span(kernel, dilation)} (kernel {kernel}, dilation {dilation}) does not fit into "
            f"the length {length} with padding {before}: use a smaller kernel or more padding"
        )


def output_size(size: Sequence[int], kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, name: str) -> Pair:
    """Returns how many windows fit along each axis. Raises ShapeError if not even one does."""
    counts = []
    for i, axis in enumerate(("height", "width")):
        room = size[i] + sum(padding[i]) - span(kernel[i], dilation[i])
        if room < 0:
            raise ShapeError(
                f"{name}: a window of {span(kernel[i], dilation[i])} (kernel {kernel[i]}, dilation {dilation[i]}) does "
                f"not fit into the {axis} {size[i]} with padding {padding[i]}: use a smaller kernel or more padding"
            )
        counts.append(room // stride[i] + 1)
    return counts[0], counts[1]


def padded(xp: Namespace, x: Array, padding: Padding, value: float = 0) -> Array:
    """Returns the image with `value` around it."""
    if padding == ((0, 0), (0, 0)):
        return x
    n, c, h, w = x.shape
    (top, bottom), (left, right) = padding
    result = xp.full((h + top + bottom, c, n, w + left + right), value, dtype=x.dtype)
    return added(xp.permute_dims(result, (2, 1, 0, 3)), (..., slice(top, top + h), slice(left, left + w)), x, put=True)


def cropped(x: Array, padding: Padding) -> Array:
    """Returns the image without the `padding` around it."""
    (top, bottom), (left, right) = padding
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]


def added(x: Array, key: Any, values: Array, *, put: bool = False) -> Array:
    """Returns `x` with `values` added at ``[key]``, or with `put` written there; in place if possible."""
    if hasattr(x, "at"):
        return x.at[key].set(values) if put else x.at[key].add(values)
    x[key] = values if put else x[key] + values
    return x


def places(start: int, count: int, step: int) -> slice:
    """Returns `count` places from `start` on, `step` apart."""
    return slice(start, start + (count - 1) * step + 1, step)


def offsets(kernel: Pair, stride: Pair, dilation: Pair, counts: Pair) -> Iterator[tuple[Any, ...]]:
    """Returns for each element of the window, where the windows have it in the padded image: a key for ``x[...]``."""
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows = places(i * dilation[0], counts[0], stride[0])
            yield ..., rows, places(j * dilation[1], counts[1], stride[1])


def along(kernel: int, stride: int, dilation: int, count: int) -> list[slice]:
    """Returns the same along one axis only."""
    return [places(i * dilation, count, stride) for i in range(kernel)]


def columns(xp: Namespace, x: Array, kernel: Pair, stride: Pair, dilation: Pair, counts: Pair, groups: int) -> Array:
    """Returns the windows of a padded image as columns: (N, groups, C / groups * kernel elements, windows)."""
    n, c = x.shape[:2]
    views = [x[key] for key in offsets(kernel, stride, dilation, counts)]
    stacked = xp.stack(views, axis=2)
    return xp.reshape(stacked, (n, groups, c // groups * kernel[0] * kernel[1], counts[0] * counts[1]))


WIDE = 32
"""Windows of more elements along an axis are added up so."""


def window_sums(xp: Namespace, x: Array, axis: int, kernel: int, stride: int, count: int) -> Array:
    """Returns the sums over `count` windows of `kernel` elements, `stride` apart, along an axis."""
    if stride == kernel or count == 1:
        inside = x[axes.key_along(axis, slice(0, count * kernel))]
        shape = (*x.shape[:axis], count, kernel, *x.shape[axis + 1 :])
        return xp.sum(xp.reshape(inside, shape), axis=axis + 1)
    total: Any = None
    start, size, sums = 0, 1, x  # sums over windows of so many elements, at each place
    while True:
        if kernel & size:
            part = sums[axes.key_along(axis, places(start, count, stride))]
            total = part if total is None else total + part
            start += size
        if start == kernel:
            return total
        sums = sums[axes.key_along(axis, slice(0, -size))] + sums[axes.key_along(axis, slice(size, None))]
        size *= 2


def spread_over_windows(xp: Namespace, g: Array, axis: int, kernel: int, stride: int, size: int) -> Array:
    """Returns for each of `size` places along an axis the sum of the elements of `g` whose windows hold it."""
    count = g.shape[axis]
    shape = list(g.shape)
    shape[axis] = size
    if stride == kernel or count == 1:
        wide = [*g.shape[: axis + 1], kernel, *g.shape[axis + 1 :]]
        filled = xp.broadcast_to(xp.expand_dims(g, axis=axis + 1), tuple(wide))
        filled = xp.reshape(filled, (*g.shape[:axis], count * kernel, *g.shape[axis + 1 :]))
        zeros = xp.zeros(tuple(shape), dtype=g.dtype)
        return added(zeros, axes.key_along(axis, slice(0, count * kernel)), filled, put=True)
    shape[axis] = size + kernel - 1
    zeros = xp.zeros(tuple(shape), dtype=g.dtype)
    apart = added(zeros, axes.key_along(axis, places(kernel - 1, count, stride)), g, put=True)
    return window_sums(xp, apart, axis, kernel, 1, size)
