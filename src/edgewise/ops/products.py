"""Products of matrices and vectors with something added: PyTorch's names for common sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arithmetic import add, multiply
from .linear_algebra import bmm, mv, outer
from .reductions import sum

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _added(x: TensorLike, product: Tensor, beta: float, alpha: float) -> Tensor:
    """beta * x + alpha * product; with beta = 0 not even a NaN of `x` counts."""
    product = product if alpha == 1 else multiply(product, alpha)
    return product if beta == 0 else add(x if beta == 1 else multiply(x, beta), product)


def addmv(x: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * (mat @ vec), for a matrix and a vector."""
    return _added(x, mv(mat, vec), beta, alpha)


def addr(x: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha times the outer product of two vectors."""
    return _added(x, outer(vec1, vec2), beta, alpha)


def baddbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * (batch1 @ batch2), for two batches of matrices."""
    return _added(x, bmm(batch1, batch2), beta, alpha)


def addbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha times the sum of the products of two batches of matrices."""
    products = bmm(batch1, batch2)
    return _added(x, sum(products, dim=0, dtype=products.dtype), beta, alpha)
