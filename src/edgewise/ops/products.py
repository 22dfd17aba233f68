"""Products of several matrices, and of matrices and vectors with something added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.edge import edge_of
from ..graph.errors import ShapeError
from .linear_algebra import add_scaled, matmul, operands, outer
from .reductions import sum

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def addmv(x: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Computes beta * x + alpha * (mat @ vec), for a matrix and a vector."""
    return add_scaled("addmv", x, matmul(*operands("addmv", (mat, 2), (vec, 1), called=("mat", "vec"))), beta, alpha)


def addr(x: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Computes beta * x + alpha times the outer product of two vectors."""
    return add_scaled("addr", x, outer(*operands("addr", (vec1, 1), (vec2, 1))), beta, alpha)


def baddbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Computes beta * x + alpha * (batch1 @ batch2), for two batches of matrices."""
    product = matmul(*operands("baddbmm", (batch1, 3), (batch2, 3), called=("batch1", "batch2")))
    return add_scaled("baddbmm", x, product, beta, alpha)


def addbmm(x: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Computes beta * x + alpha times the sum of the products of two batches of matrices."""
    products = matmul(*operands("addbmm", (batch1, 3), (batch2, 3), called=("batch1", "batch2")))
    return add_scaled("addbmm", x, sum(products, dim=0, dtype=products.dtype), beta, alpha)


def multi_dot(tensors: list[TensorLike] | tuple[TensorLike, ...]) -> Tensor:
    """Multiplies two or more matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors. Raises ShapeError for less than two factors.
    """
    factors = [edge_of(x) for x in tensors]
    if len(factors) < 2:
        raise ShapeError(f"multi_dot: needs two factors or more, not {len(factors)}")
    sizes = [1 if factors[0].ndim == 1 else factors[0].shape[0], *(x.shape[-1] for x in factors)]
    if factors[-1].ndim == 1:
        sizes[-2:] = [factors[-1].shape[0], 1]
    count = len(factors)
    least = {(i, i): (0, i) for i in range(count)}
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            least[i, j] = min(
                (least[i, cut][0] + least[cut + 1, j][0] + sizes[i] * sizes[cut + 1] * sizes[j + 1], cut)
                for cut in range(i, j)
            )

    def product(i: int, j: int) -> Tensor:
        if i == j:
            return factors[i]
        cut = least[i, j][1]
        return matmul(product(i, cut), product(cut + 1, j))

    return product(0, count - 1)
