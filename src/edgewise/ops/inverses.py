"""Inverses, determinants, powers of matrices, and solutions of linear equations.

Everything is for one matrix or a batch of them in the leading axes, and runs on the `linalg` of the array's own
library. The derivatives are those of M. Giles, "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), unless another source is named.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..graph.arrays import Array, namespace, without_warnings
from ..graph.edge import Edge, edge_of, wrap
from ..graph.errors import ShapeError
from ..graph.identity import without_slope
from ..graph.operation import Operation
from .accurate import is_numpy
from .linear_algebra import matmul
from .shape import _reshape, broadcast_to

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _not_square(x: Array) -> str | None:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        return f"is for square matrices, not for shape {tuple(x.shape)}"
    return None


def _singular(x: Array, *_: Any, **__: Any) -> str | None:
    """Returns why a matrix has no inverse; which one of a batch."""
    fault = _not_square(x)
    if fault:
        return fault
    xp = namespace(x)
    with without_warnings(x):
        zero = xp.nonzero(xp.reshape(xp.linalg.slogdet(x)[0] == 0, (-1,)))[0]
    if zero.shape[0] == 0:
        return None
    which = "the matrix" if x.ndim == 2 else f"matrix number {int(zero[0])} of the batch"
    return f"{which} is singular, so it has no inverse: see pinv, or add a small multiple of the identity"


_inv = Operation(
    "inv",
    lambda xp, x: xp.linalg.inv(x),
    lambda xp, g, y, x: -xp.matmul(xp.matmul(y.mT, g), y.mT),
    floats=True,
    diagnose=_singular,
    singular=True,
    word="inverse",
)


def inv(x: TensorLike) -> Tensor:
    """Returns the inverses of square matrices, (..., n, n). Raises ShapeError if one is singular."""
    return _inv(x)


def _cofactor(xp: Any, x: Array) -> Array:
    """Computes the cofactors from singular values, which singular matrices have too. NaN for infinity or NaN."""
    finite = xp.all(xp.isfinite(x), axis=(-2, -1), keepdims=True)
    # LAPACK may never end on a matrix with infinities.
    u, s, vh = xp.linalg.svd(xp.where(finite, x, xp.zeros_like(x)), full_matrices=False)
    n = x.shape[-1]
    others = xp.broadcast_to(xp.expand_dims(s, axis=-2), x.shape)
    others = xp.where(xp.eye(n, dtype=xp.bool), xp.ones_like(others), others)
    without = xp.prod(others, axis=-1) * xp.expand_dims(xp.linalg.det(u) * xp.linalg.det(vh), axis=-1)
    return xp.where(finite, (u * xp.expand_dims(without, axis=-2)) @ vh, xp.asarray(math.nan, dtype=x.dtype))


def _cofactor_x(xp: Any, g: Array, y: Array, x: Array) -> Array:
    if _some_singular(x.array if isinstance(x, Edge) else x):
        return _singular_cofactor_x(xp, g, x)
    inverse = _inv.on(xp, x).mT
    along = xp.sum(g * inverse, axis=(-2, -1), keepdims=True)
    return along * y - xp.matmul(xp.matmul(inverse, g.mT), y)


def _some_singular(x: Array) -> bool:
    """Returns whether an array of NumPy's holds a matrix that is singular to its precision."""
    xp = namespace(x)
    if not is_numpy(xp) or not x.size or not xp.isfinite(x).all():
        return False
    sizes = xp.linalg.svd(x, compute_uv=False)
    return bool((sizes[..., -1] <= x.shape[-1] * xp.finfo(x.dtype).eps * sizes[..., 0]).any())


def _singular_cofactor_x(xp: Any, g: Array, x: Array) -> Array:
    """Computes the derivative of the cofactors without an inverse.

    In the bases of the singular vectors the matrix is diagonal, and the derivative consists of the products of all
    singular values but two.
    """
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    n = x.shape[-1]
    eye = xp.eye(n, dtype=xp.bool)
    two = eye[:, None, :] | eye[None, :, :]  # the numbers i and j, for each pair of them
    products = xp.prod(xp.where(two, 1, s[..., None, None, :]), axis=-1)
    products = xp.where(eye, 0, products) * (xp.linalg.det(u) * xp.linalg.det(vh))[..., None, None]
    turned = u.mT @ g @ vh.mT
    along = products @ xp.linalg.diagonal(turned)[..., None]
    return u @ (xp.where(eye, along, 0) - products * turned.mT) @ vh


_cofactors = Operation(
    "cofactors",
    _cofactor,
    _cofactor_x,
    wide=True,
    notation="cofactors",
    words={"y": "the determinants of what is left without a row and a column, with signs: also where x has no inverse"},
)
_det = Operation(
    "det",
    lambda xp, x: xp.linalg.det(x),
    lambda xp, g, y, x: xp.expand_dims(g, axis=(-2, -1)) * _cofactors.on(xp, x),
    floats=True,
    diagnose=lambda x: _not_square(x),
    singular=True,
    words={"x": "det(x) · (x⁻¹)ᵀ is the matrix of cofactors, which x has also without an inverse"},
)


def det(x: TensorLike) -> Tensor:
    """Returns the determinants of square matrices: (..., n, n) gives (...).

    Singular matrices have a gradient, the matrix of cofactors, and a second derivative; a third one needs the inverse.
    """
    return _det(x)


_logabsdet = Operation(
    "logabsdet",
    lambda xp, x: xp.linalg.slogdet(x)[1],
    lambda xp, g, y, x: xp.expand_dims(g, axis=(-2, -1)) * _inv.on(xp, x).mT,
    floats=True,
    diagnose=lambda x: _not_square(x),
    singular=True,
    notation="log of determinant",
    word="log of det",
)
_sign_of_det = Operation(
    "sign_of_det",
    lambda xp, x: xp.linalg.slogdet(x)[0],
    lambda xp, g, y, x: xp.expand_dims(g, axis=(-2, -1)) * xp.zeros_like(x),
    floats=True,
    singular=True,
    notation="sign of determinant",
    word="sign of det",
)


class Slogdet(NamedTuple):
    """Holds the sign of a determinant, and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor


def slogdet(x: TensorLike) -> Slogdet:
    """Returns the sign and logarithm of determinants, which may be too large or small to be numbers themselves.

    A singular matrix has the sign 0 and the logarithm -inf.
    """
    x = edge_of(x)
    logarithm = _logabsdet(x)
    return Slogdet(_sign_of_det(x), logarithm)


def _solve_fault(a: Array, b: Array) -> str | None:
    fault = _not_square(a)
    if fault:
        return fault
    if b.ndim == 0 or a.shape[-1] != b.shape[-1 if b.ndim == 1 else -2]:
        return f"b, of shape {tuple(b.shape)}, must have {a.shape[-1]} rows, as many as a, of shape {tuple(a.shape)}"
    return _singular(a)


def _solve_b(xp: Any, g: Array, y: Array, a: Array, b: Array) -> Array:
    if b.ndim == 1:
        return _solve.on(xp, a.mT, xp.expand_dims(g, axis=-1))[..., 0]
    return _solve.on(xp, a.mT, g)


def _solve_a(xp: Any, g: Array, y: Array, a: Array, b: Array) -> Array:
    back = _solve_b(xp, g, y, a, b)
    if b.ndim == 1:
        return -xp.expand_dims(back, axis=-1) * xp.expand_dims(y, axis=-2)
    return -xp.matmul(back, y.mT)


_solve: Operation = Operation(
    "solve",
    lambda xp, a, b: xp.linalg.solve(a, b),
    _solve_a,
    _solve_b,
    floats=True,
    promotes=True,
    broadcasts=True,
    diagnose=_solve_fault,
    singular=True,
)


def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Solves ``a @ x == b``: (..., n, n) and (n,) or (..., n, k) give (..., n) or (..., n, k).

    A `b` with the shape of `a` without its last axis is a vector for each matrix: (..., n, n) and (..., n) give
    (..., n). More precise and faster than ``inv(a) @ b``. Raises ShapeError if a matrix is singular.
    """
    a, b = edge_of(a), edge_of(b)
    if a.ndim > 2 and tuple(b.shape) == tuple(a.shape[:-1]):
        return _reshape(_solve(a, _reshape(b, shape=(*b.shape, 1))), shape=tuple(b.shape))
    return _solve(a, b)


def matrix_power(x: TensorLike, n: int) -> Tensor:
    """Raises square matrices to the power of an integer: the identity for 0, powers of the inverse below."""
    x = edge_of(x)
    fault = _not_square(x.array)
    if fault:
        raise ShapeError(f"matrix_power: {fault}")
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        xp = namespace(x.array)
        return without_slope(broadcast_to(wrap(xp.eye(x.shape[-1], dtype=x.dtype)), x.shape), x)
    result: Tensor | None = None
    while n:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if n:
            x = matmul(x, x)
    assert result is not None
    return result
