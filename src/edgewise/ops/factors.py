"""Matrices as products: by rows and columns that are orthogonal, and by singular values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..graph.arrays import Array, namespace
from ..graph.errors import ShapeError
from ..graph.operation import Operation, edge_of
from ..graph.traits import Example
from .comparison import greater
from .decompositions import _over_differences, _solve, demand_finite, eigvalsh
from .linear_algebra import matmul
from .reductions import amax, sum
from .selection import maximum, where
from .shape import adjoint, concat, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


# QR: S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum
# experimental design" (2010).


def _mirrored(xp: Any, x: Array) -> Array:
    """The symmetric matrix that has the lower triangle of `x`."""
    return xp.tril(x) + xp.tril(x, k=-1).mT


def _over_r(xp: Any, x: Array, r: Array) -> Array:
    """x @ inverse(r).mT"""
    return _solve.on(xp, r, x.mT).mT


_q: Operation = Operation(
    "qr_q",
    lambda xp, x: xp.linalg.qr(x, mode="reduced")[0],
    lambda xp, g, y, x: _over_r(xp, g - xp.matmul(y, _mirrored(xp, xp.matmul(g.mT, y))), _r.on(xp, x)),
    floats=True,
    singular=True,
)
_r: Operation = Operation(
    "qr_r",
    lambda xp, x: xp.linalg.qr(x, mode="reduced")[1],
    lambda xp, g, y, x: _over_r(xp, xp.matmul(_q.on(xp, x), _mirrored(xp, xp.matmul(y, g.mT))), y),
    floats=True,
    singular=True,
)


class QR(NamedTuple):
    """Orthonormal columns, and an upper triangle."""

    Q: Tensor
    R: Tensor


def qr(x: TensorLike, mode: str = "reduced") -> QR:
    """``q @ r == x``, with orthonormal columns in `q` and `r` upper triangular.

    (..., m, n) gives (..., m, k) and (..., k, n) with k = min(m, n). The derivative is for matrices of full rank.

    Raises ShapeError for less than two axes, and ValueError for a `mode` other than "reduced".
    """
    x = matrices("qr", x)
    if mode != "reduced":
        raise ValueError(f"qr: mode must be 'reduced', not {mode!r}: other modes have no derivative")
    rows, columns = x.shape[-2:]
    if columns <= rows:
        return QR(_q(x), _r(x))
    square = x[..., :rows]
    q = _q(square)
    return QR(q, concat([_r(square), matmul(adjoint(q), x[..., rows:])], axis=-1))


# Singular values: J. Townsend, "Differentiating the singular value decomposition" (2016).


def _svd(xp: Any, x: Array, full: bool = False) -> Any:
    demand_finite(xp, "svd", x)
    return xp.linalg.svd(x, full_matrices=full)


def _values_x(xp: Any, g: Array, y: Array, x: Array) -> Array:
    u, vh = _left.on(xp, x, full=False), _right.on(xp, x, full=False)
    return xp.matmul(u * xp.expand_dims(g, axis=-2), vh)


def _turned(xp: Any, g: Array, vectors: Array, s: Array) -> tuple[Array, Array]:
    """What turning the singular vectors among themselves contributes, and what leaving their span does, over s."""
    projected = xp.matmul(vectors.mT, g)
    within = _over_differences(xp, s * s) * (projected - projected.mT)
    return within, _over(xp, g - xp.matmul(vectors, projected), s)


def _over(xp: Any, x: Array, s: Array) -> Array:
    """The columns of `x` divided by `s`; 0 where `s` is 0."""
    none = xp.expand_dims(s == 0, axis=-2)
    s = xp.expand_dims(s, axis=-2)
    return xp.where(none, xp.zeros_like(x), x / xp.where(none, xp.ones_like(s), s))


def _left_x(xp: Any, g: Array, y: Array, x: Array, *, full: bool) -> Array:
    k = min(x.shape[-2:])
    y, g = y[..., :k], g[..., :k]
    s, vh = _values.on(xp, x), _right.on(xp, x, full=False)
    within, beyond = _turned(xp, g, y, s)
    return xp.matmul(xp.matmul(y, within * xp.expand_dims(s, axis=-2)) + beyond, vh)


def _right_x(xp: Any, g: Array, y: Array, x: Array, *, full: bool) -> Array:
    k = min(x.shape[-2:])
    v, g = y[..., :k, :].mT, g[..., :k, :].mT
    s, u = _values.on(xp, x), _left.on(xp, x, full=False)
    within, beyond = _turned(xp, g, v, s)
    return xp.matmul(u, xp.matmul(v, within * xp.expand_dims(s, axis=-2)).mT + beyond.mT)


_values: Operation = Operation("singular_values", lambda xp, x: _svd(xp, x)[1], _values_x, floats=True)
_left: Operation = Operation(
    "left_singular",
    lambda xp, x, *, full: _svd(xp, x, full)[0],
    _left_x,
    floats=True,
    example=Example((4, 3), full=False),
)
_right: Operation = Operation(
    "right_singular",
    lambda xp, x, *, full: _svd(xp, x, full)[2],
    _right_x,
    floats=True,
    example=Example((4, 3), full=False),
)


class SVD(NamedTuple):
    """Singular vectors in the columns of `U` and the rows of `Vh`, and the singular values, largest first."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def svdvals(x: TensorLike) -> Tensor:
    """Singular values of matrices, largest first: (..., m, n) gives (..., min(m, n))."""
    return _values(matrices("svdvals", x))


def svd(x: TensorLike, full_matrices: bool = True) -> SVD:
    """``u @ diag(s) @ vh == x``, with orthonormal columns in `u` and rows in `vh`.

    With k = min(m, n), (..., m, n) gives (..., m, k), (..., k) and (..., k, n); with `full_matrices` the vectors are
    filled up to (..., m, m) and (..., n, n), and no gradient flows through those that fill up. The signs of singular
    vectors are left open, and so are those of equal singular values: what is computed should not depend on them.
    """
    x = matrices("svd", x)
    return SVD(_left(x, full=full_matrices), _values(x), _right(x, full=full_matrices))


def matrix_rank(
    x: TensorLike, *, atol: TensorLike | None = None, rtol: TensorLike | None = None, hermitian: bool = False
) -> Tensor:
    """How many singular values are above `atol` and above `rtol` times the largest.

    They are numbers, or tensors with one for each matrix. Without either, `rtol` is max(m, n) times the dtype's eps;
    without one of them, that one is 0. With `hermitian`
    the sizes of eigenvalues are counted, of which only the lower triangle is read.
    """
    x = matrices("matrix_rank", x).detach()
    values = eigvalsh(x).abs() if hermitian else svdvals(x)
    if values.shape[-1] == 0:
        return sum(values, dim=-1).long()
    least = edge_of(0.0 if atol is None else atol).to(values.dtype)
    if rtol is None:
        eps = float(namespace(values.array).finfo(values.dtype).eps)
        rtol = where(greater(least, 0), 0.0, max(x.shape[-2:]) * eps)
    part = edge_of(rtol).to(values.dtype)
    least, part = (t if t.ndim == 0 else unsqueeze(t, -1) for t in (least, part))
    return sum(values > maximum(part * amax(values, dim=-1, keepdim=True), least), dim=-1)


def multi_dot(tensors: list[TensorLike] | tuple[TensorLike, ...]) -> Tensor:
    """The product of two or more matrices, multiplied in the order that takes the fewest multiplications.

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


def matrices(name: str, x: TensorLike) -> Tensor:
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} is for matrices, not for shape {tuple(x.shape)}")
    return x
