"""The standard's linear algebra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.arrays import common_dtype
from ..graph.edge import edge_of
from ..ops import decompositions, linear_algebra, matrix_norms, norms, reductions
from ..ops.decompositions import QR, SVD
from ..ops.decompositions import cholesky as cholesky
from ..ops.decompositions import eigh as eigh
from ..ops.decompositions import eigvalsh as eigvalsh
from ..ops.decompositions import pinv as pinv
from ..ops.decompositions import svdvals as svdvals
from ..ops.inverses import _solve
from ..ops.inverses import det as det
from ..ops.inverses import inv as inv
from ..ops.inverses import matrix_power as matrix_power
from ..ops.inverses import slogdet as slogdet
from ..ops.linear_algebra import matmul as matmul
from ..ops.linear_algebra import outer as outer
from ..tensor import Tensor, TensorLike
from ._manipulation import matrix_transpose as matrix_transpose


def solve(x1: TensorLike, x2: TensorLike, /) -> Tensor:
    """Returns the `x` with ``x1 @ x == x2``: an `x2` of one axis is a vector, one of more holds matrices."""
    return _solve(x1, x2)


def vecdot(x1: TensorLike, x2: TensorLike, /, *, axis: int = -1) -> Tensor:
    """Returns the inner products along an axis, the others broadcast, in the dtype that the two meet in."""
    a, b = edge_of(x1), edge_of(x2)
    dtype = common_dtype([a.array, b.array])
    return linear_algebra.vecdot(a, b, axis=axis).to(a.dtype if dtype is None else dtype)


def tensordot(x1: TensorLike, x2: TensorLike, /, *, axes: int | Sequence[Sequence[int]] = 2) -> Tensor:
    """Returns sums of products over pairs of axes."""
    return linear_algebra.tensordot(x1, x2, axes)


def diagonal(x: TensorLike, /, *, offset: int = 0) -> Tensor:
    """Returns the elements on a diagonal of the matrices in the last two axes."""
    return linear_algebra.diagonal(x, offset, -2, -1)


def trace(x: TensorLike, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """Returns the sum along a diagonal of the matrices in the last two axes."""
    return reductions.sum(diagonal(x, offset=offset), dim=-1, dtype=dtype)


def cross(x1: TensorLike, x2: TensorLike, /, *, axis: int = -1) -> Tensor:
    """Returns the cross product of vectors of three elements along an axis."""
    return linear_algebra.cross(x1, x2, axis=axis)


def vector_norm(
    x: TensorLike, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, ord: float = 2
) -> Tensor:
    """Returns the length of vectors along axes, all if None: (Σ|x|^ord)^(1/ord)."""
    return norms.vector_norm(x, ord, axis=axis, keepdims=keepdims)


def matrix_norm(x: TensorLike, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """Returns a norm of the matrices in the last two axes: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, inf or -inf."""
    return matrix_norms.matrix_norm(x, ord, keepdim=keepdims)


def matrix_rank(x: TensorLike, /, *, rtol: float | None = None) -> Tensor:
    """Returns the number of singular values above `rtol` times the largest."""
    return decompositions.matrix_rank(x, rtol=rtol)


def svd(x: TensorLike, /, *, full_matrices: bool = True) -> SVD:
    """Returns singular vectors in columns, singular values, and singular vectors in rows."""
    return decompositions.svd(x, full_matrices)


def qr(x: TensorLike, /, *, mode: str = "reduced") -> QR:
    """Returns orthonormal columns and an upper triangle whose product is `x`."""
    return decompositions.qr(x, mode)
