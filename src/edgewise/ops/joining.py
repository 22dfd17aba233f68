"""Tensors joined: along an axis, stacked along a new one, in blocks, and in all combinations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .axes import key_along, one_axis
from .indexing import getitem
from .padding import _pad
from .shape import atleast_1d, atleast_2d, atleast_3d, broadcast_to, flatten, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _concat_part(xp: Any, g: Any, y: Any, *tensors: Any, i: int, axis: int) -> Any:
    start = sum(x.shape[axis] for x in tensors[:i])
    return g[key_along(axis, slice(start, start + tensors[i].shape[axis]))]


_concat = Operation(
    "concat",
    lambda xp, *tensors, axis: xp.concat(tensors, axis=axis),
    _concat_part,
    linear="jointly",
    promotes=True,
    example=Example((3, 2), (3, 4), axis=1),
    word="concatenate",
)


def concat(tensors: Sequence[TensorLike], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Joins tensors along an axis that they have; all other sizes must agree.

    Empty vectors, as ``tensor([])`` is, add nothing to tensors of any shape. Raises ShapeError if the sizes don't
    agree, and IndexingError if there is no such axis.
    """
    listed = _tensors_to_join("concat", tensors)
    if any(x.array.ndim != 1 for x in listed):
        listed = [x for x in listed if tuple(x.shape) != (0,)] or listed
    shapes = [tuple(x.shape) for x in listed]
    at = one_axis("concat", dim if axis is None else axis, shapes[0])
    for number, shape in enumerate(shapes):
        if not shape:
            raise ShapeError(f"concat: tensor {number} is 0-d and has no axis to lie along: use stack")
        if len(shape) != len(shapes[0]) or any(
            a != b for i, (a, b) in enumerate(zip(shape, shapes[0], strict=True)) if i != at
        ):
            raise ShapeError(
                f"concat: tensor 0 has shape {shapes[0]} and tensor {number} has shape {shape}: "
                f"all sizes but that of axis {at} must agree"
            )
    return _concat(*listed, axis=at)


_stack = Operation(
    "stack",
    lambda xp, *tensors, axis: xp.stack(tensors, axis=axis),
    lambda xp, g, y, *, i, axis: g[key_along(axis, i)],
    linear="jointly",
    promotes=True,
    example=Example((3,), (3,), axis=0),
)


def stack(tensors: Sequence[TensorLike], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Joins tensors of one shape along a new axis. Raises ShapeError if the shapes differ."""
    listed = _tensors_to_join("stack", tensors)
    shape = tuple(listed[0].shape)
    at = one_axis("stack", dim if axis is None else axis, (*shape, len(listed)))
    for number, x in enumerate(listed):
        if tuple(x.shape) != shape:
            raise ShapeError(
                f"stack: tensor 0 has shape {shape} and tensor {number} has shape {tuple(x.shape)}: they must agree"
            )
    return _stack(*listed, axis=at)


def _tensors_to_join(name: str, tensors: Sequence[TensorLike]) -> list[Tensor]:
    listed = [edge_of(x) for x in tensors]
    if not listed:
        raise ShapeError(f"{name}: needs at least one tensor")
    return listed


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Joins tensors along the second axis, or along the first if they have one only."""
    listed = [atleast_1d(x) for x in tensors]
    return concat(listed, 0 if listed and listed[0].ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Joins tensors along the first axis; a row counts as a matrix of one row."""
    return concat([atleast_2d(x) for x in tensors])


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """Joins tensors side by side; a row counts as a column."""
    return hstack([x if edge_of(x).ndim > 1 else reshape(x, -1, 1) for x in tensors])


def meshgrid(*tensors: TensorLike, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Returns the coordinates of every point of the grid of rows of coordinates.

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


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Joins tensors along the third axis."""
    return concat([atleast_3d(x) for x in tensors], 2)


def block_diag(*tensors: TensorLike) -> Tensor:
    """Returns the matrix with matrices along its diagonal and zeros elsewhere; a row counts as a matrix of one row."""
    blocks = [atleast_2d(x) for x in tensors]
    if any(block.ndim > 2 for block in blocks):
        raise ShapeError(f"block_diag: takes matrices, not shapes {', '.join(str(tuple(b.shape)) for b in blocks)}")
    width = 0
    for block in blocks:
        width += block.shape[1]
    rows, before = [], 0
    for block in blocks:
        after = width - before - block.shape[1]
        rows.append(_pad(block, 0, widths=((0, 0), (before, after))))
        before += block.shape[1]
    return concat(rows)


def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """Returns every way to take one element of each row, each as a row of the result; of one row, that row."""
    if len(tensors) == 1:
        row: Tensor = atleast_1d(tensors[0])
        return row
    return stack([flatten(grid) for grid in meshgrid(*tensors)], -1)


def combinations(x: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Returns every way to take `r` elements of a row, in order, each as a row of the result.

    With `with_replacement` an element may be taken more than once.
    """
    x = edge_of(x)
    if x.ndim != 1 or r < 0:
        raise ShapeError(f"combinations: takes r ≥ 0 elements of a row, not {r} of shape {tuple(x.shape)}")
    if r == 0:
        return getitem(x, slice(0, 0))
    ways = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    xp = namespace(x.array)
    places = xp.reshape(xp.asarray(list(ways(range(x.shape[0]), r)), dtype=xp.int64), (-1, r))
    return getitem(x, wrap(places))
