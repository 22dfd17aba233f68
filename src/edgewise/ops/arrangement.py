"""Tensors repeated, mirrored, turned, and laid out in windows and on diagonals."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import kind, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, IndexingError, InPlaceError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from ..graph.views import note_view
from .axes import Axis, key_along, many_axes, one_axis, one_axis_argument, sizes
from .indexing import _setitem, getitem, parse_key
from .linear_algebra import diag
from .shape import clone, flatten, movedim, reshape, transpose

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _tile_x(xp: Any, g: Any, y: Any, x: Any, *, repeats: tuple[int, ...]) -> Any:
    shape = (1,) * (len(repeats) - x.ndim) + tuple(x.shape)
    apart = tuple(size for pair in zip(repeats, shape, strict=True) for size in pair)
    total = xp.sum(xp.reshape(g, apart), axis=tuple(range(0, 2 * len(repeats), 2)))
    return xp.reshape(total, tuple(x.shape))


_tile = Operation(
    "tile", lambda xp, x, *, repeats: xp.tile(x, repeats), _tile_x, linear="each", example=Example((6,), repeats=(2,))
)


def tile(x: TensorLike, *dims: int | Sequence[int]) -> Tensor:
    """Returns `x` laid out several times along each axis. Fewer numbers than axes are for the last axes."""
    x = edge_of(x)
    repeats = sizes("tile", dims)
    return _tile_by("tile", x, (1,) * (x.ndim - len(repeats)) + repeats)


def repeat(x: TensorLike, *sizes_: int | Sequence[int]) -> Tensor:
    """Returns `x` laid out several times along each axis, as PyTorch's method does: it needs a number for every axis.

    :func:`repeat_interleave` repeats element by element instead.
    """
    x = edge_of(x)
    repeats = sizes("repeat", sizes_)
    if len(repeats) < x.ndim:
        raise ShapeError(f"repeat: {len(repeats)} numbers {repeats} for the {x.ndim} axes of shape {tuple(x.shape)}")
    return _tile_by("repeat", x, repeats)


def _tile_by(name: str, x: Tensor, repeats: tuple[int, ...]) -> Tensor:
    if any(times < 0 for times in repeats):
        raise ShapeError(f"{name}: can't lay a tensor out {repeats} times")
    return _tile(x, repeats=repeats)


def _repeat_x(xp: Any, g: Any, y: Any, x: Any, *, times: int, axis: int) -> Any:
    shape = tuple(x.shape)
    return xp.sum(xp.reshape(g, (*shape[: axis + 1], times, *shape[axis + 1 :])), axis=axis + 1)


_repeat = Operation(
    "repeat_interleave",
    lambda xp, x, *, times, axis: xp.repeat(x, times, axis=axis),
    _repeat_x,
    linear="each",
    example=Example((6,), times=2, axis=0),
    word="repeat",
)


def repeat_interleave(
    x: TensorLike,
    repeats: TensorLike,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """Repeats each element of an axis in place; without an axis, each element of `x` laid out in a row.

    `repeats` is one number, or one for each element of the axis. Raises ShapeError if their number is another, or if
    the axis of the result is not of the `output_size` that PyTorch lets one promise.
    """
    x = edge_of(x)
    wanted = one_axis_argument("repeat_interleave", dim, axis)
    row = reshape(x, -1 if 0 not in x.shape else 0) if wanted is None or x.ndim == 0 else x
    at = 0 if wanted is None else one_axis("repeat_interleave", wanted, x.shape)
    times = edge_of(repeats)
    total = times.sum().item() * (row.shape[at] if math.prod(times.shape) == 1 else 1)
    if output_size is not None and output_size != total:
        raise ShapeError(f"repeat_interleave: output_size is {output_size}, but {total} elements come out")
    if any(size != 1 for size in times.shape):
        if tuple(times.shape) != (row.shape[at],):
            raise ShapeError(
                f"repeat_interleave: repeats has shape {tuple(times.shape)}, axis {at} of shape {tuple(row.shape)} "
                f"needs one number or {row.shape[at]}"
            )
        xp = namespace(row.array)
        places = xp.repeat(xp.arange(row.shape[at], dtype=xp.int64), times.array)
        return getitem(row, key_along(at, wrap(places)))
    number = int(times.item())
    if number < 0:
        raise ArgumentError(f"repeat_interleave: can't repeat {number} times")
    return _repeat(row, times=number, axis=at)


_flip = Operation(
    "flip",
    lambda xp, x, *, axis: xp.asarray(xp.flip(x, axis=axis), copy=True),
    lambda xp, g, y, x, *, axis: xp.flip(g, axis=axis),
    linear="each",
)


def flip(x: TensorLike, *axes: int | Sequence[int], dims: Axis = None, axis: Axis = None) -> Tensor:
    """Returns a copy with the elements in reverse order along axes; along all if none is named."""
    x = edge_of(x)
    wanted = one_axis_argument("flip", sizes("flip", axes) if axes else dims, axis)
    return _flip(x, axis=many_axes("flip", wanted, x.shape))


def fliplr(x: TensorLike) -> Tensor:
    """Mirrors left to right: the second axis in reverse order."""
    return flip(x, 1)


def flipud(x: TensorLike) -> Tensor:
    """Mirrors upside down: the first axis in reverse order."""
    return flip(x, 0)


_roll = Operation(
    "roll",
    lambda xp, x, *, shift, axis: xp.roll(x, shift, axis=axis),
    lambda xp, g, y, x, *, shift, axis: xp.roll(g, tuple(-s for s in shift), axis=axis),
    linear="each",
    example=Example((6,), shift=(1,), axis=(0,)),
)


def roll(
    x: TensorLike, shifts: int | Sequence[int], dims: Axis = None, *, dim: Axis = None, axis: Axis = None
) -> Tensor:
    """Moves elements on along axes; what leaves at the end comes in at the front.

    Without axes, `x` is rolled as if laid out in one row. Raises ShapeError if shifts and axes differ in number.
    """
    x = edge_of(x)
    wanted = one_axis_argument("roll", one_axis_argument("roll", dims, dim), axis)
    amounts = tuple(shifts) if isinstance(shifts, (tuple, list)) else (operator.index(shifts),)  # type: ignore[arg-type]
    if wanted is None:
        row = reshape(x, -1 if 0 not in x.shape else 0)
        return reshape(_roll(row, shift=(sum(amounts),), axis=(0,)), tuple(x.shape))
    listed = tuple(wanted) if isinstance(wanted, (tuple, list)) else (wanted,)
    if len(listed) != len(amounts):
        raise ShapeError(f"roll: {len(amounts)} shifts {amounts} for the {len(listed)} axes {listed}")
    return x if x.ndim == 0 else _roll(x, shift=amounts, axis=tuple(one_axis("roll", a, x.shape) for a in listed))


def rot90(x: TensorLike, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turns by 90 degrees `k` times, from the first axis of `dims` towards the second."""
    x = edge_of(x)
    plane = many_axes("rot90", tuple(dims), x.shape)
    if len(plane) != 2:
        raise ShapeError(f"rot90: turns in a plane of two axes, not dims={tuple(dims)}")
    first, second = plane
    quarter = k % 4
    if quarter == 0:
        return clone(x)
    if quarter == 2:
        return flip(x, first, second)
    return flip(transpose(x, first, second), first if quarter == 1 else second)


def diagflat(x: TensorLike, offset: int = 0) -> Tensor:
    """Returns the matrix that has all elements of `x`, laid out in a row, on a diagonal."""
    return diag(flatten(x), offset)


def unravel_index(indices: TensorLike, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Returns the index along each axis of elements that are numbered in a flat row. No gradient flows."""
    places = edge_of(indices)
    xp = namespace(places.array)
    if kind(xp, places.dtype) != 1:
        raise DTypeError(f"unravel_index: the indices must hold integers, not {places.dtype}")
    wanted = sizes("unravel_index", (shape,))
    whole = math.prod(wanted)
    array = xp.astype(places.array, xp.int64)
    if math.prod(array.shape) and (int(xp.min(array)) < -whole or int(xp.max(array)) >= whole):
        raise IndexingError(f"unravel_index: an index is out of range for shape {wanted} with {whole} elements")
    array = xp.where(array < 0, array + whole, array)
    return tuple(
        wrap(array // math.prod(wanted[i + 1 :]) % size) if size else wrap(array) for i, size in enumerate(wanted)
    )


def unfold_axis(x: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """Returns the windows of `size` elements along an axis, `step` apart; their elements lie along a new last axis."""
    x = edge_of(x)
    at = one_axis("unfold", dimension, x.shape)
    length = x.shape[at] if x.ndim else 1
    if not 0 <= size <= length or step < 1:
        raise ShapeError(
            f"unfold: windows of {size} elements, {step} apart, don't fit into axis {at} of shape {tuple(x.shape)}"
        )
    if x.ndim == 0:
        return reshape(x, (1,))[:size]
    how = {"axis": at, "size": size, "step": step}
    y = _show_windows(x, **how)
    note_view(y, x, _show_windows, _put_windows, how)
    return y


def _along_windows(x: Tensor, axis: int, size: int, step: int) -> tuple[Any, ...]:
    """Returns the key that gives the elements of each window along an axis, in an axis of their own behind it."""
    xp = namespace(x.array)
    starts = xp.reshape(xp.arange(0, x.shape[axis] - size + 1, step, dtype=xp.int64), (-1, 1))
    return key_along(axis, wrap(starts + xp.arange(size, dtype=xp.int64)))


def _show_windows(x: Tensor, *, axis: int, size: int, step: int) -> Tensor:
    y = movedim(getitem(x, _along_windows(x, axis, size, step)), axis + 1, -1)
    array = x.array
    if hasattr(array, "flags") and size:
        # In NumPy's memory they are a view, as in PyTorch, where index arrays would give a copy.
        sliding = namespace(array).lib.stride_tricks.sliding_window_view(array, size, axis, writeable=True)
        y.array = sliding[key_along(axis, slice(None, None, step))]
        y.array.flags.writeable = bool(array.flags.writeable and (step >= size or y.shape[axis] < 2))
    return y


def _put_windows(x: Tensor, part: Tensor, *, axis: int, size: int, step: int) -> Tensor:
    if step < size and part.shape[axis] > 1:
        raise InPlaceError(
            f"unfold: windows of {size} elements, {step} apart, show the same elements several times, so they can't be "
            "changed in place: take a copy first, x.clone()"
        )
    form, indices = parse_key(_along_windows(x, axis, size, step), x)
    return _setitem(x, movedim(part, -1, axis + 1), *indices, form=form)
