"""Weighted sums of the elements along an axis, as resizing and averaging need them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import namespace
from ..graph.edge import wrap
from .arithmetic import multiply
from .axes import key_along
from .indexing import getitem
from .linear_algebra import matmul
from .reductions import sum
from .shape import cast, movedim

if TYPE_CHECKING:
    from ..tensor import Tensor

Rows = list[dict[int, float]]
"""For each element of the result, the weights of the elements that it is a sum of, by their places."""

_LONG = 256
"""Products that sum over more elements are made in double precision: BLAS adds them up in the order that suits it."""

_MOST = 4
"""A matrix of all weights may have so many times the elements of the larger of input and result."""


def weighted_sums(x: Tensor, axis: int, rows: Rows) -> Tensor:
    """Returns the weighted sums along an axis, by a matrix, or element by element where most weights are zeros."""
    if str(x.dtype) == "float32" and max(len(row) for row in rows) > _LONG:
        return cast(weighted_sums(cast(x, dtype="float64"), axis, rows), dtype=x.dtype)
    largest = math.prod(x.shape) // max(x.shape[axis], 1) * max(x.shape[axis], len(rows))
    width = max(max(row) for row in rows) + 1
    if width * len(rows) <= _MOST * largest:
        part = getitem(x, key_along(axis, slice(0, width))) if width < x.shape[axis] else x
        return movedim(matmul(movedim(part, axis, -1), wrap(_matrix(x.array, rows, width)).mT), -1, axis)
    most = max(len(row) for row in rows)
    filled = [[*row.items(), *[(next(iter(row)), 0.0)] * (most - len(row))] for row in rows]
    xp = namespace(x.array)
    places = xp.asarray([[place for place, _ in row] for row in filled], dtype=xp.int64)
    weights = xp.asarray([[weight for _, weight in row] for row in filled], dtype=x.dtype)
    weights = xp.reshape(weights, (len(rows), most) + (1,) * (x.ndim - axis - 1))
    return sum(multiply(getitem(x, key_along(axis, wrap(places))), wrap(weights)), dim=axis + 1)


def _matrix(like: Any, rows: Rows, width: int) -> Any:
    return namespace(like).asarray([[row.get(k, 0.0) for k in range(width)] for row in rows], dtype=like.dtype)


def averaging(size: int, count: int) -> Rows:
    """Returns the weights by which each of `count` windows over an axis takes its mean; neighbours may overlap."""
    windows = [range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    return [dict.fromkeys(window, 1 / len(window)) for window in windows]
