"""Norms of matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..graph.edge import edge_of
from ..graph.errors import ArgumentError
from .decompositions import matrices, svdvals
from .norms import nuclear_norm, vector_norm
from .reductions import amax, amin, sum

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def matrix_norm(
    x: TensorLike, ord: float | str = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False
) -> Tensor:
    """Computes a norm of the matrices in two axes.

    ``"fro"`` is the length of all elements, ``"nuc"`` the sum of the singular values, 2 and -2 the largest and the
    smallest of them, 1 and -1 the largest and the smallest sum of sizes in a column, inf and -inf in a row.
    """
    x = matrices("matrix_norm", x)
    if ord == "fro":
        return vector_norm(x, dim=dim, keepdim=keepdim)
    if ord not in ("nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise ArgumentError(f"matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, not {ord!r}")
    if isinstance(ord, str):
        return nuclear_norm(x, dim, keepdim)
    x = x.movedim(dim, (-2, -1))
    lengths = svdvals(x) if abs(ord) == 2 else sum(x.abs(), dim=-2 if abs(ord) == 1 else -1)
    result = (amax if ord > 0 else amin)(lengths, dim=-1)
    if keepdim:
        for axis in sorted(axis % x.ndim for axis in dim):
            result = result.unsqueeze(axis)
    return result


def norm(
    x: TensorLike, ord: float | str | None = None, dim: int | tuple[int, ...] | None = None, keepdim: bool = False
) -> Tensor:
    """Returns a norm of vectors or of matrices, as ``torch.linalg.norm`` chooses.

    Without `ord`, the length of all elements over `dim`. With it, a matrix norm if `dim` names two axes, or names none
    and `x` is a matrix; otherwise a vector norm.
    """
    x = edge_of(x)
    if ord is None:
        return vector_norm(x, dim=dim, keepdim=keepdim)
    if dim is None and x.ndim == 2:
        dim = (0, 1)
    if isinstance(dim, tuple) and len(dim) == 2:
        return matrix_norm(x, ord, (dim[0], dim[1]), keepdim)
    if isinstance(ord, str) or (dim is None and x.ndim != 1):
        raise ArgumentError(f"norm: ord={ord!r} with dim={dim} is no norm for shape {tuple(x.shape)}")
    return vector_norm(x, ord, dim=dim, keepdim=keepdim)
