"""The standard's linear algebra, as far as there are operations for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.errors import ShapeError
from ..ops import linear_algebra, norms, reductions
from ..ops.axes import as_tensor
from ..ops.linear_algebra import matmul as matmul
from ..ops.linear_algebra import outer as outer
from ..tensor import Tensor, TensorLike
from ._manipulation import matrix_transpose as matrix_transpose


def vecdot(x1: TensorLike, x2: TensorLike, /, *, axis: int = -1) -> Tensor:
    """Inner products along an axis, the others broadcast."""
    return linear_algebra.vecdot(x1, x2, axis=axis)


def tensordot(x1: TensorLike, x2: TensorLike, /, *, axes: int | Sequence[Sequence[int]] = 2) -> Tensor:
    """Sums of products over pairs of axes."""
    return linear_algebra.tensordot(x1, x2, axes)


def diagonal(x: TensorLike, /, *, offset: int = 0) -> Tensor:
    """The elements on a diagonal of the matrices in the last two axes."""
    return linear_algebra.diagonal(x, offset, -2, -1)


def trace(x: TensorLike, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """Sum along a diagonal of the matrices in the last two axes."""
    return reductions.sum(diagonal(x, offset=offset), dim=-1, dtype=dtype)


def cross(x1: TensorLike, x2: TensorLike, /, *, axis: int = -1) -> Tensor:
    """Cross product of vectors of three elements along an axis."""
    return linear_algebra.cross(x1, x2, axis=axis)


def vector_norm(
    x: TensorLike, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, ord: float = 2
) -> Tensor:
    """The length of vectors along axes, all if None: (Σ|x|^ord)^(1/ord)."""
    return norms.vector_norm(x, ord, axis=axis, keepdims=keepdims)


def matrix_norm(x: TensorLike, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """A norm of the matrices in the last two axes: ``"fro"``, 1, -1, inf or -inf.

    Raises ShapeError for another `ord`: those that need singular values are not there.
    """
    x = as_tensor(x)
    if ord == "fro":
        return norms.vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord not in (1, -1, float("inf"), float("-inf")):
        raise ShapeError(f"matrix_norm: ord must be 'fro', 1, -1, inf or -inf, not {ord!r}")
    summed = -2 if abs(ord) == 1 else -1
    lines = abs(x).sum(dim=summed, keepdim=True)
    other = -3 - summed
    result = lines.amax(dim=other, keepdim=True) if ord > 0 else lines.amin(dim=other, keepdim=True)
    return result if keepdims else result[..., 0, 0]
