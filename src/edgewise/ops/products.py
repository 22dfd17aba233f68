"""Products of matrices and vectors with something added: PyTorch's names for common sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .linear_algebra import added, matmul, operands, outer
from .reductions import sum

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def addmv(x: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * (mat @ vec), for a matrix and a vector."""
    return added("addmv", x, matmul(*operands("addmv", (mat, 2), (vec, 1), called=("mat", "vec"))), beta, alpha)


def addr(x: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha times the outer product of two vectors."""
    return added("addr", x, outer(*operands("addr", (vec1, 1), (vec2, 1))), beta, alpha)


def baddbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * (batch1 @ batch2), for two batches of matrices."""
    product = matmul(*operands("baddbmm", (batch1, 3), (batch2, 3), called=("batch1", "batch2")))
    return added("baddbmm", x, product, beta, alpha)


def addbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha times the sum of the products of two batches of matrices."""
    products = matmul(*operands("addbmm", (batch1, 3), (batch2, 3), called=("batch1", "batch2")))
    return added("addbmm", x, sum(products, dim=0, dtype=products.dtype), beta, alpha)
