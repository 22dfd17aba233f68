"""Products of matrices and vectors, distances, norms and factors, from their definitions."""

from __future__ import annotations

import math

import numpy as np

import edgewise as ew

from ..entries import Case, normal, positive, some
from .composition import DEFAULT, Composition, sampled, uses, varied


def _plus(product):
    return lambda x, a, b, beta=1, alpha=1: beta * x + alpha * product(a, b)


def _added(function, product, *shapes):
    """A product added to something: with and without factors, of the full shape and broadcast."""
    how = ({}, {"beta": 0.3}, {"alpha": -0.7}, {"beta": 2, "alpha": 0.4}, {"beta": 0})
    return Composition(function, _plus(product), [sampled(*each, **h) for each in shapes for h in how])


def _of_shapes(function, formula, *shapes, samples=normal, **more):
    return Composition(function, formula, [sampled(*each, samples=samples) for each in shapes], **more)


def _cross(a, b, dim=None):
    a, b = np.broadcast_arrays(a, b)
    at = a.shape.index(3) if dim is None else dim
    return np.cross(a, b, axis=at)


def _cov(x, correction=1, fweights=None, aweights=None):
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def _p_norm(d, p, axis=None, keepdims=False):
    size = np.abs(d)
    if p == 0:
        return np.sum(size != 0, axis=axis, keepdims=keepdims).astype(d.dtype)
    if abs(p) == math.inf:
        return (np.max if p > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    return np.sum(size**p, axis=axis, keepdims=keepdims) ** (1 / p)


def _vector_norm(x, ord=2, dim=None, keepdim=False):
    dims = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    return _p_norm(x, ord, dims, keepdim)


def _matrix_norm(x, ord="fro", dim=(-2, -1), keepdim=False):
    return np.linalg.norm(x, ord, axis=dim, keepdims=keepdim)


def _norm(x, ord=None, dim=None, keepdim=False):
    if ord is None:
        return _vector_norm(x, 2, dim, keepdim)
    return np.linalg.norm(x, ord, axis=dim, keepdims=keepdim)


def _has_norm(shape, ord=None, dim=None, **_):
    if (ord is not None and (len(shape) == 3 and not isinstance(dim, int))) or (
        isinstance(ord, str) and isinstance(dim, int)
    ):
        return False
    if ord is not None and len(shape) == 1 and isinstance(ord, str):
        return False
    return dim is None or np.max(dim) < len(shape)


def _renormed(x, p, dim, maxnorm):
    y = x.copy()
    for part in np.moveaxis(y, dim, 0):
        norm = np.linalg.norm(part.ravel(), p)
        part *= maxnorm / (norm + 1e-7) if norm > maxnorm else 1  # as PyTorch has it
    return y


def _cdist(a, b, p=2.0):
    return _p_norm(a[..., :, None, :] - b[..., None, :, :], p, -1)


def _area(y, x=None, dx=1.0, dim=-1):
    x = x if x is None or x.ndim == 1 else np.broadcast_to(x, y.shape)
    return np.trapezoid(y, x=x, dx=dx, axis=dim)


def _areas(y, x=None, dx=1.0, dim=-1):
    """Along each axis the sums of the trapezoids so far."""
    y = np.moveaxis(y, dim, -1)
    if x is not None:
        x = x if x.ndim == 1 else np.moveaxis(np.broadcast_to(x, np.moveaxis(y, -1, dim).shape), dim, -1)
    widths = dx if x is None else np.diff(x, axis=-1)
    return np.moveaxis(np.cumsum(widths * (y[..., 1:] + y[..., :-1]) / 2, axis=-1), -1, dim)


def _under(shape, x=None, **params):
    if x == "one for all":
        dim = params.get("dim", -1)
        params["x"] = np.cumsum(some(shape[dim], sample=positive, seed=5))
    elif x == "of its own":
        params["x"] = some(*shape, seed=5)
    elif x == "broadcast":
        params["x"] = some(*shape[1:], seed=5)
    return Case((some(*shape),), params)


def _lies_under(shape, x=None, dx=None, dim=-1):
    if x == "broadcast" and (len(shape) < 3 or dim == 0):
        return False
    return x is None or dx is None


OFTEN, MUCH = np.array([1, 3, 2, 1]), some(4, sample=positive, seed=3)

AREAS = {
    "shape": ((4, 5), (2, 3, 4), (4, 4)),
    "x": (DEFAULT, "one for all", "of its own", "broadcast"),
    "dx": (DEFAULT, 0.3),
    "dim": (DEFAULT, 0, 1, -1),
}


def _chained(*operands):
    return np.linalg.multi_dot(operands)


def _multi_dot(*tensors):
    return ew.linalg.multi_dot(list(tensors))


_multi_dot.of = ew.linalg.multi_dot


def _tensordot(a, b, dims=2):
    pairs = (range(a.ndim - dims, a.ndim), range(dims)) if isinstance(dims, int) else dims
    for i, j in zip(*pairs, strict=True):  # an axis of size 1 fits one of any size
        if a.shape[i] == 1:
            b = b.sum(axis=j, keepdims=True)
        elif b.shape[j] == 1:
            a = a.sum(axis=i, keepdims=True)
    return np.tensordot(a, b, axes=dims if isinstance(dims, int) else tuple(map(tuple, dims)))


def _symmetric(n, seed=0):
    a = some(n, n, seed=seed)
    return a + a.T


def _eigvalsh(x, UPLO="L"):
    # Only one triangle is read, so that differences along the other are none.
    return np.linalg.eigvalsh(x, UPLO)


def _halved(g, x, UPLO="L"):
    """The gradient as if the matrix stayed symmetric: v g vᵀ."""
    _, v = np.linalg.eigh(x, UPLO)
    return ((v * g) @ v.T,)


def _no_gradient(_, x, *__):
    return (np.zeros_like(x),)


def _qr(x):
    q, r = np.linalg.qr(x)
    return q, r


def _slogdet(x):
    return tuple(np.linalg.slogdet(x))


def _diagonals(function, formula, *shapes, **choices):
    return Composition(
        function, formula, varied(lambda shape, **params: sampled(shape, **params), shape=shapes, **choices)
    )


def _diag_embed(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    y = np.zeros((*x.shape[:-1], n, n))
    rows = np.arange(x.shape[-1]) + max(-offset, 0)
    y[..., rows, rows + offset] = x
    ndim = y.ndim
    dim1, dim2 = dim1 % ndim, dim2 % ndim
    return np.moveaxis(y, (-2, -1), (dim1, dim2))


def _rank(x, atol=None, rtol=None, hermitian=False):
    x = np.tril(x) + np.swapaxes(np.tril(x, -1), -1, -2) if hermitian else x
    sizes = np.linalg.svd(x, compute_uv=False)
    least = np.asarray(0.0 if atol is None else atol)
    part = rtol if rtol is not None else 0.0 if np.any(least > 0) else max(x.shape[-2:]) * np.finfo("float32").eps
    limits = np.maximum(least[..., None], np.asarray(part) * sizes.max(axis=-1, keepdims=True))
    return np.sum(sizes > limits, axis=-1)


COMPOSITIONS = [
    _added(ew.addmm, np.matmul, ((3, 5), (3, 4), (4, 5)), ((5,), (3, 4), (4, 5))),
    _added(ew.addmv, np.matmul, ((3,), (3, 4), (4,)), ((), (3, 4), (4,))),
    _added(ew.addr, np.outer, ((3, 4), (3,), (4,)), ((4,), (3,), (4,))),
    _added(ew.baddbmm, np.matmul, ((2, 3, 5), (2, 3, 4), (2, 4, 5)), ((3, 1), (2, 3, 4), (2, 4, 5))),
    _added(
        ew.addbmm, lambda a, b: np.matmul(a, b).sum(0), ((3, 5), (2, 3, 4), (2, 4, 5)), ((5,), (2, 3, 4), (2, 4, 5))
    ),
    _of_shapes(ew.mm, np.matmul, ((3, 4), (4, 2))),
    _of_shapes(ew.bmm, np.matmul, ((2, 3, 4), (2, 4, 5))),
    _of_shapes(ew.mv, np.matmul, ((3, 4), (4,))),
    _of_shapes(ew.dot, np.dot, ((4,), (4,))),
    _of_shapes(ew.vdot, np.vdot, ((4,), (4,))),
    _of_shapes(ew.outer, np.outer, ((3,), (4,))),
    _of_shapes(ew.inner, np.inner, ((3,), (3,)), ((2, 3), (4, 3)), ((2, 5, 3), (4, 3)), ((), (2, 3)), ((2, 3), ())),
    _of_shapes(ew.kron, np.kron, ((2, 3), (4, 2)), ((3,), (2, 4)), ((2, 1, 3), (2,)), ((), (2,))),
    _of_shapes(ew.vecdot, lambda a, b: np.sum(a * b, -1), ((4, 3), (4, 3)), ((2, 1, 3), (4, 3)), ((3,), (4, 3))),
    Composition(
        ew.vecdot,
        lambda a, b, dim: np.sum(a * b, dim),
        [sampled((4, 3), (4, 3), dim=0), sampled((2, 4, 3), (2, 4, 3), dim=1)],
    ),
    _of_shapes(ew.linalg.cross, lambda a, b: np.cross(a, b, axis=-1), ((4, 3), (4, 3)), ((2, 1, 3), (4, 3))),
    Composition(
        ew.cross,
        _cross,
        [
            sampled((3, 4), (3, 4)),
            sampled((3, 3), (3, 3)),
            sampled((2, 3), (1, 3), dim=1),
            sampled((3, 4, 3), (3, 4, 3), dim=-1),
        ],
    ),
    Composition(
        ew.tensordot,
        _tensordot,
        [
            sampled((2, 3, 4), (3, 4, 5)),
            sampled((2, 3), (3, 5), dims=1),
            sampled((2, 3), (4,), dims=0),
            sampled((2, 3, 4), (4, 2, 5), dims=((0, 2), (1, 0))),
            sampled((2, 3, 4), (5, 3), dims=([-2], [-1])),
            sampled((2, 1), (3, 5), dims=1),
            sampled((2, 3), (1, 5), dims=1),
            sampled((2, 1, 4), (3, 1, 5)),
            sampled((4, 1, 2), (1, 3, 5), dims=((0, 1), (0, 1))),
        ],
    ),
    _of_shapes(ew.trace, np.trace, ((3, 4),), ((4, 3),)),
    _diagonals(ew.diag, lambda x, diagonal=0: np.diag(x, diagonal), (4,), (3, 5), (4, 2), diagonal=(DEFAULT, 1, -1)),
    _diagonals(
        ew.diagonal,
        lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
        (3, 5),
        (2, 3, 4),
        offset=(DEFAULT, 1, -1),
        dim2=(DEFAULT, -1),
    ),
    Composition(
        ew.linalg.diagonal,
        lambda x, offset=0, dim1=-2, dim2=-1: np.diagonal(x, offset, dim1, dim2),
        [sampled((2, 3, 4)), sampled((2, 3, 4), offset=1), sampled((2, 3, 4), dim1=0)],
    ),
    _diagonals(ew.diag_embed, _diag_embed, (3,), (2, 3), offset=(DEFAULT, 1, -2), dim1=(DEFAULT, 0)),
    _diagonals(ew.diagflat, lambda x, offset=0: np.diagflat(x, offset), (3,), (2, 3), (), offset=(DEFAULT, 1, -2)),
    Composition(
        ew.cov,
        _cov,
        [
            sampled((3, 5)),
            sampled((5,)),
            sampled((3, 5), correction=0),
            Case((some(3, 4),), {"fweights": OFTEN}),
            Case((some(2, 4),), {"aweights": MUCH}),
            Case((some(3, 4),), {"fweights": OFTEN, "aweights": MUCH}),
            Case((some(3, 4),), {"correction": 0, "aweights": MUCH}),
        ],
    ),
    _of_shapes(ew.corrcoef, np.corrcoef, ((3, 5),), ((2, 4),)),
    Composition(
        ew.dist,
        lambda a, b, p=2: _p_norm(a - b, p),
        [
            sampled((3, 4), (4,)),
            sampled((2, 3), (2, 3), p=1),
            sampled((3,), (3,), p=3.5),
            sampled((4,), (4,), p=math.inf),
        ],
    ),
    Composition(
        ew.renorm,
        _renormed,
        varied(
            lambda shape, **params: sampled(shape, **params),
            shape=((3, 4), (2, 3, 4)),
            p=(2, 1, 3.5, math.inf),
            dim=(0, 1, -1),
            maxnorm=(0.8, 2.5, 100),
        ),
    ),
    Composition(
        ew.cdist,
        _cdist,
        varied(
            lambda shapes, **params: sampled(*shapes, **params),
            shapes=(((4, 3), (5, 3)), ((2, 4, 3), (5, 3)), ((2, 1, 4, 3), (3, 2, 3))),
            p=(DEFAULT, 1.0, 3.0, math.inf),
        ),
    ),
    Composition(ew.trapezoid, _area, varied(_under, _lies_under, **AREAS)),
    Composition(ew.cumulative_trapezoid, _areas, varied(_under, _lies_under, **AREAS)),
    Composition(
        ew.linalg.vector_norm,
        _vector_norm,
        varied(
            lambda shape, **params: sampled(shape, **params),
            shape=((2, 3, 4), (3, 2, 5)),
            ord=(DEFAULT, 1, 3.5, math.inf, -math.inf, -2, 0.5),
            dim=(DEFAULT, 0, -1, (0, 2)),
            keepdim=(DEFAULT, True),
        ),
    ),
    Composition(
        ew.linalg.matrix_norm,
        _matrix_norm,
        varied(
            lambda shape, **params: sampled(shape, **params),
            shape=((3, 4), (4, 3, 2)),
            ord=(DEFAULT, "nuc", 1, -1, 2, -2, math.inf, -math.inf),
            dim=(DEFAULT, (0, 1), (1, 0)),
            keepdim=(DEFAULT, True),
        ),
    ),
    Composition(
        ew.linalg.norm,
        _norm,
        varied(
            lambda shape, **params: sampled(shape, **params),
            _has_norm,
            shape=((3, 4), (2, 3, 4), (5,)),
            ord=(DEFAULT, "fro", "nuc", 1, 2, math.inf),
            dim=(DEFAULT, 0, (0, 1), -1),
            keepdim=(DEFAULT, True),
        ),
    ),
    Composition(
        _multi_dot,
        _chained,
        [
            sampled((3, 4), (4, 2)),
            sampled((3, 4), (4, 2), (2, 5)),
            sampled((4,), (4, 2), (2, 5), (5, 3)),
            sampled((3, 4), (4, 2), (2,)),
            sampled((10, 2), (2, 9), (9, 3)),
            sampled((2, 9), (9, 2), (2, 8), (8, 3)),
        ],
    ),
    Composition(
        ew.linalg.matrix_power,
        np.linalg.matrix_power,
        [Case((some(3, 3) + 2 * np.eye(3), n), {}) for n in (1, 2, 3, 5, -1, -3)] + [Case((some(2, 3, 3), 3), {})],
    ),
    Composition(
        ew.linalg.matrix_power,
        np.linalg.matrix_power,
        [Case((some(3, 3), 0), {})],
        gradients=_no_gradient,
    ),
    _of_shapes(ew.linalg.svdvals, lambda x: np.linalg.svd(x, compute_uv=False), ((3, 4),), ((2, 4, 3),)),
    Composition(
        ew.linalg.eigvalsh,
        _eigvalsh,
        [Case((_symmetric(4),), {}), Case((some(3, 3),), {"UPLO": "U"}), Case((some(4, 4),), {})],
        gradients=_halved,
    ),
    _of_shapes(ew.linalg.qr, _qr, ((4, 3),), ((3, 3),), ((3, 5),)),
    _of_shapes(ew.linalg.slogdet, _slogdet, ((3, 3),), ((2, 3, 3),), flowing=None),
    Composition(
        ew.linalg.matrix_rank,
        _rank,
        uses(
            ((some(3, 4),), {}),
            ((np.outer([1.0, 2.0, 3.0], [1.0, -1.0]),), {}),
            ((np.diag([5.0, 1.0, 0.1]),), {"atol": 0.5}),
            ((np.diag([5.0, 1.0, 0.1]),), {"rtol": 0.1}),
            ((np.diag([5.0, 1.0, 0.1]),), {"rtol": 0.1, "atol": 2.0}),
            ((np.stack([np.diag([5.0, 1.0]), np.diag([5.0, 3.0])]),), {"atol": np.array([2.0, 2.0])}),
            ((np.array([[1.0, 9.0], [1.0, 1.0]]),), {"hermitian": True}),
            # What is small beside another matrix of the batch may be large in its own.
            ((np.stack([np.diag([1e9, 1e8]), np.diag([1e-9, 1e-8])]),), {}),
            ((np.stack([np.diag([1e9, 1e8]), np.diag([1e-9, 1e-8])]),), {"rtol": 0.01}),
        ),
        still=(0, "atol"),
    ),
]
