"""Distances: of two tensors, of pairs of rows, and of every row to every row.

The last are computed without the differences of all pairs at once.

All differences of P rows to R rows of M numbers take P·R·M numbers, M times as many as the distances. They are made
a block at a time, forward and backward, and thrown away; or, for Euclidean distances of float32, not at all, as
products of matrices of float64 lose no digit that float32 has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, Namespace
from ..graph.edge import Edge, edge_of
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import is_numpy
from .arithmetic import subtract
from .composed import computed_in_single, scoped
from .naming import broadcasts
from .norms import _euclidean, _power, vector_norm
from .reductions import _amax, _amin, demand_floats, ratio_or_zero

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

_BLOCK = 65536  # numbers: few enough to stay in the cache


def _length(xp: Any, d: Array, p: float, axis: int) -> Array:
    """Returns the p-norms of differences along an axis."""
    if p == 2:
        return _euclidean.forward(xp, d, axis=axis, keepdims=False)
    if p == 0:
        return xp.sum(xp.astype(d != 0, d.dtype), axis=axis)
    size = xp.abs(d)
    if p == 1:
        return xp.sum(size, axis=axis)
    if math.isinf(p):
        return (_amax if p > 0 else _amin).forward(xp, size, axis=axis, keepdims=False)
    return _power.forward(xp, d, p=p, axis=axis, keepdims=False)


def _length_x(xp: Any, g: Array, y: Array, d: Array, p: float, axis: int) -> Array:
    """Returns the gradient of differences from that of their p-norms."""
    if p == 0:
        return xp.expand_dims(g, axis=axis) * xp.zeros_like(d)
    if p == 1:
        return xp.expand_dims(g, axis=axis) * xp.sign(d)
    if math.isinf(p):
        (share,) = _amax.derivatives
        return share(xp, g, y, xp.abs(d), axis=axis, keepdims=False) * xp.sign(d)  # type: ignore[misc]
    (derivative,) = _power.derivatives
    return derivative(xp, g, y, d, p=p, axis=axis, keepdims=False)  # type: ignore[misc]


def _apart(xp: Any, a: Array, b: Array) -> Array:
    return xp.expand_dims(a, axis=-2) - xp.expand_dims(b, axis=-3)


def _written_out(operation: Operation, xp: Any, *arrays: Array) -> Array:
    """Runs ``operation.on`` so that formulas have its terms instead of its name."""
    return operation(*arrays) if any(isinstance(x, Edge) for x in arrays) else operation.forward(xp, *arrays)


def _in_blocks(
    xp: Any, a: Array, b: Array, kernel: Callable[..., Array], parts: tuple[Array, ...], pairs: bool
) -> Array:
    """Runs a kernel on the differences of some rows of `a` to all rows of `b` at a time, for NumPy's arrays.

    ``kernel(d, axis, *parts)`` has the differences with the axis of their numbers first or last, whichever leaves
    longer rows, and the same rows of `parts`. It gives a number for each of the `pairs` of rows, or a row for each of
    `a`, its numbers where those of the differences are.
    """
    batch = xp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if math.prod(batch) * a.shape[-2] * b.shape[-2] * b.shape[-1] <= _BLOCK:
        return kernel(_apart(xp, a, b), -1, *parts)
    a, b, *rest = (
        xp.broadcast_to(x, (*batch, *x.shape[-2:])).reshape(math.prod(batch), *x.shape[-2:]) for x in (a, b, *parts)
    )
    rows, columns, numbers = a.shape[1], b.shape[1], b.shape[2]
    first = columns >= numbers
    result = xp.empty((len(a), rows, columns if pairs else numbers), dtype=a.dtype)
    if first:
        a, b = xp.ascontiguousarray(a.transpose(2, 0, 1)), xp.ascontiguousarray(b.transpose(2, 0, 1))
    here = (slice(None),) if first else ()
    height = min(max(_BLOCK // max(columns * numbers, 1), 1), max(rows, 1))
    depth = max(_BLOCK // max(columns * numbers * rows, 1), 1)
    for layer in range(0, len(result), depth):
        batches = slice(layer, layer + depth)
        for row in range(0, rows, height):
            at = (batches, slice(row, row + height))
            if first:
                d = a[(*here, *at, None)] - b[:, batches, None, :]
            else:
                d = a[at][:, :, None, :] - b[batches, None]
            block = kernel(d, 0 if first else -1, *(x[at] for x in rest))
            result[at] = block.transpose(1, 2, 0) if first and not pairs else block
    return result.reshape(*batch, *result.shape[1:])


def _as_products(xp: Namespace, a: Array, b: Array) -> tuple[Array, Array] | None:
    """Returns both operands in float64, less the mean, if products of them are exact and pay; else None."""
    if not is_numpy(xp) or a.dtype != xp.float32 or a.shape[-2] * b.shape[-2] * b.shape[-1] < _BLOCK:
        return None
    a, b = xp.astype(a, xp.float64), xp.astype(b, xp.float64)
    middle = xp.mean(b, axis=tuple(range(b.ndim - 1)), keepdims=True)
    a, b = a - middle[(0,) * (b.ndim - 2)], b - middle
    return (a, b) if xp.isfinite(a.sum()) and xp.isfinite(b.sum()) else None


def _by_products(xp: Any, a: Array, b: Array) -> Array | None:
    """Returns √(|a|² + |b|² - 2a·b) of pairs; None if many are so near that the terms cancel."""
    squares, other = xp.sum(a * a, axis=-1)[..., :, None], xp.sum(b * b, axis=-1)[..., None, :]
    y = xp.matmul(a, b.mT)
    y *= -2
    y += squares
    y += other
    # Of 16 digits, 9 are left above this; the differences themselves have all.
    near = xp.nonzero(y <= 1e-7 * (squares.max(initial=0) + other.max(initial=0)))
    if len(near[0]) > 4 * (math.prod(y.shape[:-1]) + y.shape[-1]):
        return None
    *batch, i, j = near
    a, b = (xp.broadcast_to(x, (*y.shape[:-2], *x.shape[-2:])) for x in (a, b))
    apart = a[(*batch, i)] - b[(*batch, j)]
    y[near] = xp.sum(apart * apart, axis=-1)
    return xp.astype(xp.sqrt(y, out=y), xp.float32)


def _cdist_forward(xp: Any, a: Array, b: Array, *, p: float) -> Array:
    if not is_numpy(xp):
        return _length(xp, _apart(xp, a, b), p, -1)
    wide = _as_products(xp, a, b) if p == 2 else None
    y = None if wide is None else _by_products(xp, *wide)
    return _in_blocks(xp, a, b, lambda d, axis: _length(xp, d, p, axis), (), True) if y is None else y


def _cdist_rows(xp: Any, g: Array, y: Array, a: Array, b: Array, p: float) -> Array:
    """Returns the gradient of the rows `a`."""
    if p == 2:
        return _written_out(_weighted, xp, ratio_or_zero(xp, g, y), a, b)
    if not is_numpy(xp):
        return xp.sum(_length_x(xp, g, y, _apart(xp, a, b), p, -1), axis=-2)

    def kernel(d: Array, axis: int, g: Array, y: Array) -> Array:
        return xp.sum(_length_x(xp, g, y, d, p, axis), axis=-1 if axis == 0 else -2)

    return _in_blocks(xp, a, b, kernel, (g, y), False)


def _fault(a: Array, b: Array, **params: Any) -> str | None:
    batches = tuple(a.shape[:-2]), tuple(b.shape[:-2])
    if all(i == j or 1 in (i, j) for i, j in zip(batches[0][::-1], batches[1][::-1], strict=False)):
        return None
    return f"the batches {batches[0]} and {batches[1]} can't be broadcast"


_cdist = Operation(
    "cdist",
    _cdist_forward,
    lambda xp, g, y, a, b, *, p: _cdist_rows(xp, g, y, a, b, p),
    lambda xp, g, y, a, b, *, p: _cdist_rows(xp, g.mT, y.mT, b, a, p),
    promotes=True,
    broadcasts=True,
    singular=True,
    wide=True,
    diagnose=_fault,
    example=Example((3, 2), (4, 2), p=2.0),
    word="distances",
)


def _weighted_forward(xp: Any, w: Array, a: Array, b: Array) -> Array:
    if not is_numpy(xp):
        return xp.sum(xp.expand_dims(w, axis=-1) * _apart(xp, a, b), axis=-2)
    wide = _as_products(xp, a, b)
    if wide is not None:
        w = xp.astype(w, xp.float64)
        total = wide[0] * xp.sum(w, axis=-1, keepdims=True) - xp.matmul(w, wide[1])
        return xp.astype(total, xp.float32)

    def kernel(d: Array, axis: int, w: Array) -> Array:
        return xp.sum(w * d, axis=-1) if axis == 0 else xp.sum(w[..., None] * d, axis=-2)

    return _in_blocks(xp, a, b, kernel, (w,), False)


def _projected_forward(xp: Any, h: Array, a: Array, b: Array) -> Array:
    if not is_numpy(xp):
        return xp.sum(xp.expand_dims(h, axis=-2) * _apart(xp, a, b), axis=-1)
    wide = _as_products(xp, a, b)
    if wide is not None:
        h = xp.astype(h, xp.float64)
        products = xp.matmul(h, wide[1].mT)
        return xp.astype(xp.sum(h * wide[0], axis=-1, keepdims=True) - products, xp.float32)

    def kernel(d: Array, axis: int, h: Array) -> Array:
        if axis == 0:
            return xp.sum(h.transpose(2, 0, 1)[..., None] * d, axis=0)
        return xp.sum(xp.expand_dims(h, axis=-2) * d, axis=-1)

    return _in_blocks(xp, a, b, kernel, (h,), True)


# Σⱼ wᵢⱼ (aᵢ - bⱼ), the gradient of rows from the distances', and hᵢ·(aᵢ - bⱼ): each is a derivative of the other.
_weighted: Operation = Operation(
    "weighted_differences",
    _weighted_forward,
    lambda xp, g, y, w, a, b: _written_out(_projected, xp, g, a, b),
    lambda xp, g, y, w, a, b: g * xp.sum(w, axis=-1, keepdims=True),
    lambda xp, g, y, w, a, b: -xp.matmul(w.mT, g),
    promotes=True,
    broadcasts=True,
    singular=True,
    wide=True,
    word="weighted differences",
)
_projected: Operation = Operation(
    "projected_differences",
    _projected_forward,
    lambda xp, g, y, h, a, b: _written_out(_weighted, xp, g, a, b),
    lambda xp, g, y, h, a, b: h * xp.sum(g, axis=-1, keepdims=True),
    lambda xp, g, y, h, a, b: -xp.matmul(g.mT, h),
    promotes=True,
    broadcasts=True,
    singular=True,
    wide=True,
    word="projected differences",
)


def cdist(x1: TensorLike, x2: TensorLike, p: float = 2.0) -> Tensor:
    """Returns the `p`-norms of all differences of a row of (..., P, M) and a row of (..., R, M), as (..., P, R).

    Where two rows are equal the derivative is 0. Memory is that of the rows and of the distances.
    """
    a, b = edge_of(x1), edge_of(x2)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"cdist: shapes {tuple(a.shape)} and {tuple(b.shape)} must be (..., P, M) and (..., R, M) with the same M"
        )
    for x in (a, b):
        demand_floats("cdist", x)
    if not p >= 0:
        raise ArgumentError(f"cdist: p is {p}; it must be 0 or more")
    if math.isinf(p) and a.shape[-1] == 0:
        p = 1  # of no numbers, all of which are as far apart as those of no others
    return _cdist(a, b, p=p)


@broadcasts("a", "b")
@computed_in_single
def dist(a: TensorLike, b: TensorLike, p: float = 2) -> Tensor:
    """Returns the `p`-norm of the difference of two tensors, which are broadcast."""
    return vector_norm(subtract(a, b), ord=p)


@scoped
@broadcasts("x1", "x2")
@computed_in_single
def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Returns the `p`-norms of the differences of rows, along the last axis; adds `eps` to each difference."""
    return vector_norm(subtract(x1, x2) + eps, ord=p, dim=-1, keepdim=keepdim)
