"""Tensors taken apart, repeated, mirrored and turned."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import namespace
from ..graph.edge import Edge
from ..graph.errors import ArgumentError, IndexingError, ShapeError
from ..graph.operation import Operation, edge_of, wrap
from ..graph.traits import Example
from .axes import Axis, along, many_axes, named, one_axis, sizes
from .indexing import getitem
from .shape import broadcast_to, clone, concat, reshape, transpose

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def split(
    x: TensorLike, split_size_or_sections: int | Sequence[int], dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Pieces along an axis: of one size, the last one perhaps smaller, or of the sizes listed.

    Raises ArgumentError if the size is not positive, ShapeError if those listed don't add up to the axis.
    """
    x = edge_of(x)
    at = one_axis("split", dim if axis is None else axis, x.shape)
    whole = _size("split", x, at)
    if isinstance(split_size_or_sections, (list, tuple)):
        parts = [operator.index(size) for size in split_size_or_sections]
        if sum(parts) != whole or any(size < 0 for size in parts):
            raise ShapeError(
                f"split: the sizes {parts} must add up to {whole}, the size of axis {at} of shape {tuple(x.shape)}"
            )
    else:
        part = operator.index(split_size_or_sections)  # type: ignore[arg-type]
        if part <= 0:
            raise ArgumentError(f"split: the size of a piece must be positive, not {part}")
        parts = [min(part, whole - start) for start in range(0, whole, part)] or [0]
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return tuple(getitem(x, along(at, slice(end - size, end))) for size, end in zip(parts, ends, strict=True))


def _size(name: str, x: Tensor, axis: int) -> int:
    if x.ndim == 0:
        raise ShapeError(f"{name}: a 0-d tensor has no axis to take apart")
    return int(x.shape[axis])


def chunk(x: TensorLike, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """At most `chunks` pieces along an axis, of one size but for the last."""
    x = edge_of(x)
    at = one_axis("chunk", dim if axis is None else axis, x.shape)
    if chunks <= 0:
        raise ArgumentError(f"chunk: the number of pieces must be positive, not {chunks}")
    whole = _size("chunk", x, at)
    if whole == 0:
        return split(x, [0] * chunks, at)
    return split(x, -(-whole // chunks), at)


def unbind(x: TensorLike, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """The slices along an axis, each without that axis."""
    x = edge_of(x)
    at = one_axis("unbind", dim if axis is None else axis, x.shape)
    return tuple(getitem(x, along(at, i)) for i in range(_size("unbind", x, at)))


def select(x: TensorLike, dim: int, index: int) -> Tensor:
    """The slice at one index of an axis, without that axis. Raises IndexingError if there is no such index."""
    x = edge_of(x)
    at = one_axis("select", dim, x.shape)
    size = _size("select", x, at)
    if not -size <= index < size:
        raise IndexingError(f"select: index {index} is out of range for axis {at} of shape {tuple(x.shape)}")
    return getitem(x, along(at, operator.index(index)))


def narrow(x: TensorLike, dim: int, start: int, length: int) -> Tensor:
    """`length` elements of an axis from `start` on. Raises IndexingError if they are not all there."""
    x = edge_of(x)
    at = one_axis("narrow", dim, x.shape)
    size = _size("narrow", x, at)
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise IndexingError(f"narrow: {length} elements from {start} on are not in axis {at} of shape {tuple(x.shape)}")
    return getitem(x, along(at, slice(first, first + length)))


def tensors_among(x: Any, others: Sequence[Any]) -> Sequence[Any] | None:
    """What several arguments, or one tuple or list of tensors, stand for; None for a single tensor."""
    if others:
        return (x, *others)
    return x if isinstance(x, (tuple, list)) and x and all(isinstance(part, Edge) for part in x) else None


def atleast_1d(x: TensorLike, *others: TensorLike) -> Any:
    """`x` with at least one axis. Of several tensors, or of a tuple of them, a tuple."""
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_1d(part) for part in several)
    x = edge_of(x)
    return x if x.ndim else reshape(x, 1)


def atleast_2d(x: TensorLike, *others: TensorLike) -> Any:
    """`x` with at least two axes, new ones in front. Of several tensors, or of a tuple of them, a tuple."""
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_2d(part) for part in several)
    x = atleast_1d(x)
    return x if x.ndim > 1 else reshape(x, (1, -1) if x.shape[0] else (1, 0))


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors side by side: along the second axis, or along the first if they have one only."""
    listed = [atleast_1d(x) for x in tensors]
    return concat(listed, 0 if listed and listed[0].ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors one under another: along the first axis, rows counting as matrices of one row."""
    return concat([atleast_2d(x) for x in tensors])


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors side by side, rows counting as columns."""
    return hstack([x if edge_of(x).ndim > 1 else reshape(x, -1, 1) for x in tensors])


def _tile_x(xp: Any, g: Any, y: Any, x: Any, *, repeats: tuple[int, ...]) -> Any:
    shape = (1,) * (len(repeats) - x.ndim) + tuple(x.shape)
    apart = tuple(size for pair in zip(repeats, shape, strict=True) for size in pair)
    total = xp.sum(xp.reshape(g, apart), axis=tuple(range(0, 2 * len(repeats), 2)))
    return xp.reshape(total, tuple(x.shape))


_tile = Operation(
    "tile", lambda xp, x, *, repeats: xp.tile(x, repeats), _tile_x, linear="each", example=Example((6,), repeats=(2,))
)


def tile(x: TensorLike, *dims: int | Sequence[int]) -> Tensor:
    """`x` laid out several times along each axis. Fewer numbers than axes are for the last axes."""
    x = edge_of(x)
    repeats = sizes("tile", dims)
    return _tiled("tile", x, (1,) * (x.ndim - len(repeats)) + repeats)


def repeat(x: TensorLike, *sizes_: int | Sequence[int]) -> Tensor:
    """`x` laid out several times along each axis, PyTorch's method: needs a number for every axis.

    :func:`repeat_interleave` repeats element by element instead.
    """
    x = edge_of(x)
    repeats = sizes("repeat", sizes_)
    if len(repeats) < x.ndim:
        raise ShapeError(f"repeat: {len(repeats)} numbers {repeats} for the {x.ndim} axes of shape {tuple(x.shape)}")
    return _tiled("repeat", x, repeats)


def _tiled(name: str, x: Tensor, repeats: tuple[int, ...]) -> Tensor:
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
)


def repeat_interleave(
    x: TensorLike,
    repeats: TensorLike,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """Each element of an axis (without one, of `x` laid out in a row) repeated in place.

    `repeats` is one number, or one for each element of the axis. Raises ShapeError if their number is another, or if
    the axis of the result is not of the `output_size` that PyTorch lets one promise.
    """
    x = edge_of(x)
    wanted = named("repeat_interleave", dim, axis)
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
        return getitem(row, along(at, wrap(places)))
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
    """A copy with the elements in reverse order along axes; along all if none is named."""
    x = edge_of(x)
    wanted = named("flip", sizes("flip", axes) if axes else dims, axis)
    return _flip(x, axis=many_axes("flip", wanted, x.shape))


def fliplr(x: TensorLike) -> Tensor:
    """Mirrored left to right: the second axis in reverse order."""
    return flip(x, 1)


def flipud(x: TensorLike) -> Tensor:
    """Mirrored upside down: the first axis in reverse order."""
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
    """Elements moved on along axes; what leaves at the end comes in at the front.

    Without axes, `x` is rolled as if laid out in one row. Raises ShapeError if shifts and axes differ in number.
    """
    x = edge_of(x)
    wanted = named("roll", named("roll", dims, dim), axis)
    amounts = tuple(shifts) if isinstance(shifts, (tuple, list)) else (operator.index(shifts),)  # type: ignore[arg-type]
    if wanted is None:
        row = reshape(x, -1 if 0 not in x.shape else 0)
        return reshape(_roll(row, shift=(sum(amounts),), axis=(0,)), tuple(x.shape))
    listed = tuple(wanted) if isinstance(wanted, (tuple, list)) else (wanted,)
    if len(listed) != len(amounts):
        raise ShapeError(f"roll: {len(amounts)} shifts {amounts} for the {len(listed)} axes {listed}")
    return x if x.ndim == 0 else _roll(x, shift=amounts, axis=tuple(one_axis("roll", a, x.shape) for a in listed))


def rot90(x: TensorLike, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees `k` times, from the first axis of `dims` towards the second."""
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


def meshgrid(*tensors: TensorLike, indexing: str = "ij") -> tuple[Tensor, ...]:
    """For rows of coordinates, the coordinates of every point of their grid.

    Axis i of the results belongs to row i; with ``indexing="xy"`` the first two are exchanged.
    """
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing is {indexing!r}; it must be 'ij' or 'xy'")
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    rows = [atleast_1d(x) for x in given]
    for number, row in enumerate(rows):
        if row.ndim > 1:
            raise ShapeError(f"meshgrid: tensor {number} has shape {tuple(row.shape)}; it must have one axis")
    order = [1, 0, *range(2, len(rows))] if indexing == "xy" and len(rows) > 1 else list(range(len(rows)))
    shape = tuple(rows[i].shape[0] for i in order)
    return tuple(
        broadcast_to(reshape(row, tuple(row.shape[0] if order[a] == i else 1 for a in range(len(rows)))), shape)
        for i, row in enumerate(rows)
    )
