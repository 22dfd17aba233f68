"""Matrices taken apart into factors: Cholesky, QR, singular values, eigenvalues; and pseudo-inverses made of these.

Everything is for one matrix or a batch of them in the leading axes, and runs on the `linalg` of the array's own
library. The derivatives are those of M. Giles, "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), unless another source is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..graph.arrays import Array, is_float, namespace
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .comparison import greater
from .inverses import _not_square, _solve
from .joining import concat
from .linear_algebra import matmul
from .reductions import amax, sum
from .selection import maximum, where
from .shape import adjoint, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def demand_finite(xp: Any, name: str, x: Array) -> None:
    """Raises ArgumentError for infinity and NaN: on infinities LAPACK's singular value decomposition may never end."""
    if not bool(xp.all(xp.isfinite(x))):
        raise ArgumentError(f"{name}: the matrix of shape {tuple(x.shape)} holds infinity or NaN, and has no answer")


def _cholesky_fault(x: Array) -> str:
    return _not_square(x) or "a matrix is not positive definite: its eigenvalues must all be above 0"


def _cholesky_x(xp: Any, g: Array, y: Array, x: Array) -> Array:
    """Follows I. Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    inner = xp.matmul(y.mT, g)
    half = 0.5 * (xp.tril(inner) + xp.tril(inner, k=-1))
    left = _solve.on(xp, y.mT, half)
    whole = _solve.on(xp, y.mT, left.mT)
    return 0.5 * (whole + whole.mT)


_cholesky = Operation(
    "cholesky",
    lambda xp, x: xp.linalg.cholesky(x),
    _cholesky_x,
    floats=True,
    diagnose=_cholesky_fault,
    singular=True,
    words={"y": "the lower triangular matrix y with y · yᵀ = x", "x": "tril keeps the lower triangle of a matrix"},
)


def cholesky(x: TensorLike, *, upper: bool = False) -> Tensor:
    """Returns the lower triangular `l` with ``l @ l.mT == x`` for positive definite `x`; or `l.mT` if `upper`.

    Only the lower triangle of `x` is read, but the gradient is that of a symmetric matrix.
    Raises ShapeError if a matrix is not positive definite.
    """
    lower = _cholesky(x)
    return adjoint(lower) if upper else lower


def _pinv_x(xp: Any, g: Array, y: Array, x: Array, *, rtol: float | None) -> Array:
    """Follows G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (1973)."""
    # The remainders of projections come first: their size is that of g, where x⁻³ may overflow or underflow.
    turned = g.mT
    left = turned - _product(xp, x, y, turned)
    right = turned - _product(xp, turned, y, x)
    return -_product(xp, y.mT, g, y.mT) + _product(xp, left, y, y.mT) + _product(xp, y.mT, y, right)


def _product(xp: Any, a: Array, b: Array, c: Array) -> Array:
    """Returns ``a @ b @ c``, by the smaller of the two matrices that may come first."""
    if a.shape[-2] * b.shape[-1] <= b.shape[-2] * c.shape[-1]:
        return xp.matmul(xp.matmul(a, b), c)
    return xp.matmul(a, xp.matmul(b, c))


def _pseudo_inverse(xp: Any, x: Array, *, rtol: float | None) -> Array:
    demand_finite(xp, "pinv", x)
    return xp.linalg.pinv(x, rtol=rtol)


_pinv = Operation(
    "pinv",
    _pseudo_inverse,
    _pinv_x,
    floats=True,
    notation="pseudo-inverse",
    words={"y": "the pseudo-inverse: y · b is the shortest of the solutions of least squares for x · s = b"},
    example=Example((4, 3), rtol=1e-6),
    word="pseudo-inverse",
)


def pinv(x: TensorLike, *, rtol: float | None = None) -> Tensor:
    """Returns the pseudo-inverses (Moore-Penrose) of matrices: (..., m, n) gives (..., n, m).

    Singular values below `rtol` times the largest count as 0; by default that is max(m, n) times the dtype's eps.
    The derivative is for matrices whose rank does not change nearby.
    """
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"pinv is for matrices, not for shape {tuple(x.shape)}")
    if rtol is None and is_float(x.array):
        rtol = max(x.shape[-2:]) * float(namespace(x.array).finfo(x.dtype).eps)
    return _pinv(x, rtol=rtol)


def _over_differences(xp: Any, values: Array) -> Array:
    """Returns 1 / (v_j - v_i), and 0 where the two are equal."""
    apart = xp.expand_dims(values, axis=-2) - xp.expand_dims(values, axis=-1)
    same = apart == 0
    return xp.where(same, xp.zeros_like(apart), 1 / xp.where(same, xp.ones_like(apart), apart))


def _eigenvalues_x(xp: Any, g: Array, y: Array, x: Array) -> Array:
    vectors = _eigenvectors.on(xp, x)
    return xp.matmul(vectors * xp.expand_dims(g, axis=-2), vectors.mT)


def _eigenvectors_x(xp: Any, g: Array, y: Array, x: Array) -> Array:
    inner = _over_differences(xp, _eigenvalues.on(xp, x)) * xp.matmul(y.mT, g)
    whole = xp.matmul(xp.matmul(y, inner), y.mT)
    return 0.5 * (whole + whole.mT)


_eigenvalues: Operation = Operation(
    "eigenvalues",
    lambda xp, x: xp.linalg.eigvalsh(x),
    _eigenvalues_x,
    floats=True,
    diagnose=lambda x: _not_square(x),
    singular=True,
)
_eigenvectors: Operation = Operation(
    "eigenvectors",
    lambda xp, x: xp.linalg.eigh(x)[1],
    _eigenvectors_x,
    floats=True,
    diagnose=lambda x: _not_square(x),
    singular=True,
)


class Eigh(NamedTuple):
    """Holds eigenvalues in ascending order, and the eigenvectors in the columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def _lower(name: str, x: TensorLike, uplo: str) -> Tensor:
    """Returns the matrices whose lower triangle is to be read. Raises ArgumentError for anything but "L" and "U"."""
    if uplo not in ("L", "U", "l", "u"):
        raise ArgumentError(f"{name}: UPLO is {uplo!r}; it must be 'L', for the lower triangle, or 'U'")
    x = edge_of(x)
    return adjoint(x) if uplo in "Uu" and x.ndim > 1 else x


def eigvalsh(x: TensorLike, UPLO: str = "L") -> Tensor:
    """Returns the eigenvalues of symmetric matrices (..., n, n) in ascending order, as (..., n). See :func:`eigh`."""
    return _eigenvalues(_lower("eigvalsh", x, UPLO))


def eigh(x: TensorLike, UPLO: str = "L") -> Eigh:
    """Returns eigenvalues and eigenvectors of symmetric matrices, from the lower triangle only, or the upper one.

    The sign of an eigenvector is left open, and so are those of equal eigenvalues, between which no gradient flows:
    what is computed from them should not depend on it.
    """
    x = _lower("eigh", x, UPLO)
    return Eigh(_eigenvalues(x), _eigenvectors(x))


# QR: S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum
# experimental design" (2010).


def _symmetric_from_lower(xp: Any, x: Array) -> Array:
    """Returns the symmetric matrix that has the lower triangle of `x`."""
    return xp.tril(x) + xp.tril(x, k=-1).mT


def _over_r(xp: Any, x: Array, r: Array) -> Array:
    """Computes x @ inverse(r).mT"""
    return _solve.on(xp, r, x.mT).mT


_q: Operation = Operation(
    "qr_q",
    lambda xp, x: xp.linalg.qr(x, mode="reduced")[0],
    lambda xp, g, y, x: _over_r(xp, g - xp.matmul(y, _symmetric_from_lower(xp, xp.matmul(g.mT, y))), _r.on(xp, x)),
    floats=True,
    singular=True,
    word="Q of QR",
)
_r: Operation = Operation(
    "qr_r",
    lambda xp, x: xp.linalg.qr(x, mode="reduced")[1],
    lambda xp, g, y, x: _over_r(xp, xp.matmul(_q.on(xp, x), _symmetric_from_lower(xp, xp.matmul(y, g.mT))), y),
    floats=True,
    singular=True,
    word="R of QR",
)


class QR(NamedTuple):
    """Holds orthonormal columns, and an upper triangle."""

    Q: Tensor
    R: Tensor


def qr(x: TensorLike, mode: str = "reduced") -> QR:
    """Splits `x` into ``q @ r``, with orthonormal columns in `q` and `r` upper triangular.

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


def _gradients_of_turned_vectors(xp: Any, g: Array, vectors: Array, s: Array) -> tuple[Array, Array]:
    """Returns what turning the singular vectors among themselves and leaving their span contribute, over s."""
    projected = xp.matmul(vectors.mT, g)
    within = _over_differences(xp, s * s) * (projected - projected.mT)
    return within, _divide_columns(xp, g - xp.matmul(vectors, projected), s)


def _divide_columns(xp: Any, x: Array, s: Array) -> Array:
    """Returns the columns of `x` divided by `s`; 0 where `s` is 0."""
    none = xp.expand_dims(s == 0, axis=-2)
    s = xp.expand_dims(s, axis=-2)
    return xp.where(none, xp.zeros_like(x), x / xp.where(none, xp.ones_like(s), s))


def _left_x(xp: Any, g: Array, y: Array, x: Array, *, full: bool) -> Array:
    k = min(x.shape[-2:])
    y, g = y[..., :k], g[..., :k]
    s, vh = _values.on(xp, x), _right.on(xp, x, full=False)
    within, beyond = _gradients_of_turned_vectors(xp, g, y, s)
    return xp.matmul(xp.matmul(y, within * xp.expand_dims(s, axis=-2)) + beyond, vh)


def _right_x(xp: Any, g: Array, y: Array, x: Array, *, full: bool) -> Array:
    k = min(x.shape[-2:])
    v, g = y[..., :k, :].mT, g[..., :k, :].mT
    s, u = _values.on(xp, x), _left.on(xp, x, full=False)
    within, beyond = _gradients_of_turned_vectors(xp, g, v, s)
    return xp.matmul(u, xp.matmul(v, within * xp.expand_dims(s, axis=-2)).mT + beyond.mT)


_values: Operation = Operation(
    "singular_values",
    lambda xp, x: _svd(xp, x)[1],
    _values_x,
    floats=True,
    word="singular values",
)
_left: Operation = Operation(
    "left_singular",
    lambda xp, x, *, full: _svd(xp, x, full)[0],
    _left_x,
    floats=True,
    example=Example((4, 3), full=False),
    word="singular vectors",
)
_right: Operation = Operation(
    "right_singular",
    lambda xp, x, *, full: _svd(xp, x, full)[2],
    _right_x,
    floats=True,
    example=Example((4, 3), full=False),
    word="singular vectors",
)


class SVD(NamedTuple):
    """Holds singular vectors in the columns of `U` and the rows of `Vh`, and the singular values, largest first."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def svdvals(x: TensorLike) -> Tensor:
    """Returns the singular values of matrices, largest first: (..., m, n) gives (..., min(m, n))."""
    return _values(matrices("svdvals", x))


def svd(x: TensorLike, full_matrices: bool = True) -> SVD:
    """Splits `x` into ``u @ diag(s) @ vh``, with orthonormal columns in `u` and rows in `vh`.

    With k = min(m, n), (..., m, n) gives (..., m, k), (..., k) and (..., k, n); with `full_matrices` the vectors are
    filled up to (..., m, m) and (..., n, n), and no gradient flows through those that fill up. The signs of singular
    vectors are left open, and so are those of equal singular values: what is computed should not depend on them.
    """
    x = matrices("svd", x)
    return SVD(_left(x, full=full_matrices), _values(x), _right(x, full=full_matrices))


def matrix_rank(
    x: TensorLike, *, atol: TensorLike | None = None, rtol: TensorLike | None = None, hermitian: bool = False
) -> Tensor:
    """Returns how many singular values are above `atol` and above `rtol` times the largest.

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


def matrices(name: str, x: TensorLike) -> Tensor:
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} is for matrices, not for shape {tuple(x.shape)}")
    return x
