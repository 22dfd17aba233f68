"""Linear algebra under the names of ``torch.linalg``: matrices or batches of them, with derivatives of every order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ops import linear_algebra
from .ops.decompositions import cholesky as cholesky
from .ops.decompositions import eigh as eigh
from .ops.decompositions import eigvalsh as eigvalsh
from .ops.decompositions import matrix_rank as matrix_rank
from .ops.decompositions import pinv as pinv
from .ops.decompositions import qr as qr
from .ops.decompositions import svd as svd
from .ops.decompositions import svdvals as svdvals
from .ops.inverses import det as det
from .ops.inverses import inv as inv
from .ops.inverses import matrix_power as matrix_power
from .ops.inverses import slogdet as slogdet
from .ops.inverses import solve as solve
from .ops.linear_algebra import matmul as matmul
from .ops.linear_algebra import vecdot as vecdot
from .ops.matrix_norms import matrix_norm as matrix_norm
from .ops.matrix_norms import norm as norm
from .ops.norms import vector_norm as vector_norm
from .ops.products import multi_dot as multi_dot

if TYPE_CHECKING:
    from .tensor import Tensor, TensorLike


def cross(a: TensorLike, b: TensorLike, *, dim: int = -1) -> Tensor:
    """Returns the cross product of vectors of three elements along an axis, by default the last."""
    return linear_algebra.cross(a, b, dim)


def diagonal(x: TensorLike, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Returns the diagonals of matrices in two axes, the last two by default, along a new last axis."""
    return linear_algebra.diagonal(x, offset, dim1, dim2)
