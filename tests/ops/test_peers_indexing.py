"""Indexing, matrices and linear algebra against PyTorch: values, dtypes and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew

pytestmark = pytest.mark.peers

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 4, 5))
V = rng.standard_normal(4)
M = rng.standard_normal((4, 4))
SRC = rng.standard_normal((2, 4, 5))
INDEX = rng.integers(0, 3, (2, 4, 5))

CASES = {
    "gather": (lambda t, x, i: t.gather(x, 0, i), [X, INDEX]),
    "gather from the back": (lambda t, x, i: t.gather(x, -1, i), [X, INDEX]),
    "scatter": (lambda t, x, i, s: t.scatter(x, 1, i * 0 + t.arange(4).reshape(1, 4, 1), s), [X, INDEX, SRC]),
    "scatter_add": (lambda t, x, i, s: t.scatter_add(x, 0, i, s), [X, INDEX, SRC]),
    "take_along_dim": (lambda t, x, i: t.take_along_dim(x, i[:, :1], 0), [X, INDEX]),
    "take_along_dim, flat": (lambda t, x, i: t.take_along_dim(x, i.reshape(-1)), [X, INDEX]),
    "take": (lambda t, x, i: t.take(x, i), [X, INDEX]),
    "index_select": (lambda t, x, i: t.index_select(x, 1, i), [X, np.array([3, 0, 0])]),
    "index_add": (lambda t, x, i, s: t.index_add(x, 0, i, s, alpha=2), [X, np.array([2, 2]), SRC]),
    "index_copy": (lambda t, x, i, s: t.index_copy(x, 0, i, s), [X, np.array([2, 0]), SRC]),
    "index_fill": (lambda t, x, i: t.index_fill(x, 1, i, 7.0), [X, np.array([2, 0])]),
    "masked_select": (lambda t, x: t.masked_select(x, x > 0), [X]),
    "masked_fill": (lambda t, x: t.masked_fill(x, x[0] > 0, -1.0), [X]),
    "nonzero": (lambda t, x: t.nonzero(x > 0), [X]),
    "bincount": (lambda t, i: t.bincount(i.reshape(-1), minlength=7), [INDEX]),
    "bincount with weights": (lambda t, i, s: t.bincount(i.reshape(-1), s.detach().reshape(-1)), [INDEX, SRC]),
    "tril_indices": (lambda t, _: t.tril_indices(3, 4, -1), [X]),
    "triu_indices": (lambda t, _: t.triu_indices(3, 4, 1), [X]),
    "indexed by two tensors": (lambda _, x, i: x[i[0, :, 0], :, i[1, :, 0]], [X, INDEX]),
    "indexed by a tensor and a slice": (lambda _, x, i: x[1:, i[0, 0], ::2], [X, INDEX]),
    "indexed by a mask and None": (lambda _, x: x[x[..., 0] > 0, None, 1:], [X]),
    "kron": (lambda t, a, b: t.kron(a, b), [X[0], V]),
    "kron of three axes and two": (lambda t, a, b: t.kron(a, b), [X, M]),
    "outer": (lambda t, a, b: t.outer(a, b), [V, V]),
    "inner": (lambda t, a, b: t.inner(a, b), [M, V]),
    "tensordot": (lambda t, a, b: t.tensordot(a, b, dims=([1], [0])), [X, M]),
    "tensordot of no axes": (lambda t, a, b: t.tensordot(a, b, dims=0), [V, M]),
    "cross": (lambda t, a, b: t.linalg.cross(a, b, dim=0), [X, X[:, :1]]),
    "vecdot": (lambda t, a, b: t.linalg.vecdot(a, b), [M, V]),
    "vecdot of rows": (lambda t, a, b: t.linalg.vecdot(a, b, dim=0), [M, M]),
    "addmm": (lambda t, a, b, c: t.addmm(a, b, c, beta=0.5, alpha=2), [V, M, M]),
    "trace": (lambda t, a: t.trace(a), [M]),
    "arange": (lambda t, _: t.arange(0, 1, 0.1), [X]),
    "arange downwards": (lambda t, _: t.arange(10, 0, -3), [X]),
    "linspace": (lambda t, _: t.linspace(-1, 2, 7), [X]),
    "logspace": (lambda t, _: t.logspace(0, 2, 5), [X]),
    "eye": (lambda t, _: t.eye(2, 3), [X]),
    "full of a bool": (lambda t, _: t.full((2,), True), [X]),
    "full of an integer": (lambda t, _: t.full((2,), 3), [X]),
    "full of a float": (lambda t, _: t.full((2,), 3.0), [X]),
    "zeros_like": (lambda t, x: t.zeros_like(x, dtype=t.int64), [X]),
    "where": (lambda t, x: t.where(x > 0, x, t.zeros_like(x)), [X]),
    "inv": (lambda t, a: t.linalg.inv(a), [M]),
    "det": (lambda t, a: t.linalg.det(a), [M]),
    "pinv": (lambda t, a: t.linalg.pinv(a), [X]),
    "logabsdet": (lambda t, a: t.linalg.slogdet(a)[1], [M]),
    "solve": (lambda t, a, b: t.linalg.solve(a, b), [M, V]),
    "cholesky": (lambda t, a: t.linalg.cholesky(a @ a.mT), [M]),
    "qr": (lambda t, a: t.linalg.qr(a).R, [X.transpose(0, 2, 1)]),
    "eigvalsh": (lambda t, a: t.linalg.eigvalsh(a + a.mT), [M]),
    "eigenvectors": (lambda t, a: t.linalg.eigh(a + a.mT)[1] ** 2, [M]),
    "svdvals": (lambda t, a: t.linalg.svdvals(a), [X]),
    "svd": (lambda t, a: t.linalg.svd(a, full_matrices=False)[2] ** 2, [X]),
    "matrix_power": (lambda t, a: t.linalg.matrix_power(a, -3), [M]),
    "matrix_norm": (lambda t, a: t.linalg.matrix_norm(a, "nuc"), [X]),
    "linalg.norm": (lambda t, a: t.linalg.norm(a, 3, dim=1), [X]),
    "matrix_rank": (lambda t, a: t.linalg.matrix_rank(a), [X]),
    "multi_dot": (lambda t, a, b: t.linalg.multi_dot([a, a, b]), [M, V]),
}
for name in ("diagonal", "tril", "triu"):
    for offset in (-2, -1, 0, 1, 3):
        CASES[f"{name} {offset}"] = (lambda t, x, name=name, offset=offset: getattr(t, name)(x, offset), [M])
for equation, operands in {
    "ij,jk->ik": [M, M],
    "bij,jk": [X.transpose(0, 2, 1), M],
    "ii": [M],
    "ij->": [M],
    "...ij,jk->...ik": [X.transpose(0, 2, 1), M],
    "bij,ki,j->bk": [X, M, rng.standard_normal(5)],
    "i,ij,j": [V, M, V],
}.items():
    CASES[f"einsum {equation}"] = (lambda t, *x, equation=equation: t.einsum(equation, *x), operands)


@pytest.mark.parametrize(("function", "arrays"), CASES.values(), ids=CASES.keys())
def test_it_agrees_with_pytorch(function, arrays):
    torch = pytest.importorskip("torch")
    ours = [ew.tensor(array) for array in arrays]
    theirs = [torch.tensor(array) for array in arrays]
    for x, z in zip(ours, theirs, strict=True):
        if z.is_floating_point():
            x.requires_grad_()
            z.requires_grad_()
    got, want = function(ew, *ours), function(torch, *theirs)
    assert str(got.dtype) == str(want.dtype).removeprefix("torch.")
    np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), rtol=1e-6, atol=1e-12)
    if not want.requires_grad:
        return
    weights = rng.standard_normal(tuple(want.shape))
    (got * ew.tensor(weights)).sum().backward()
    (want * torch.tensor(weights)).sum().backward()
    for x, z in zip(ours, theirs, strict=True):
        if z.is_floating_point():
            np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy(), rtol=1e-8, atol=1e-10)


def random_key(rng, shape):
    """The parts of a key that fits a shape, of any kinds."""
    common = tuple(rng.integers(1, 4, rng.integers(0, 3)))
    parts, axis = [], 0
    while axis < len(shape) and rng.random() < 0.93:
        size = shape[axis]
        kind = rng.choice(["int", "slice", "None", "True", "...", "mask", "0-d", "list", "array"])
        if kind == "int":
            parts.append(int(rng.integers(-size, size)))
        elif kind == "slice":
            ends = ((None, 0, 1, -2), (None, size, -1), (None, 1, 2))
            parts.append(slice(*(choices[rng.integers(len(choices))] for choices in ends)))
        elif kind in ("None", "True"):
            parts.append(None if kind == "None" else True)
            continue
        elif kind == "...":
            if Ellipsis in [part for part in parts if not isinstance(part, (np.ndarray, list))]:
                continue
            parts.append(...)
            axis += rng.integers(0, 2) - 1
        elif kind == "mask":
            parts.append(rng.random(shape[axis : axis + rng.integers(1, 3)]) < 0.5)
            axis += parts[-1].ndim - 1
        elif kind == "list":
            parts.append(rng.integers(0, size, common[0] if common else 2).tolist())
        else:
            parts.append(rng.integers(-size, size, () if kind == "0-d" else common))
        axis += 1
    return parts


@pytest.mark.parametrize("seed", range(300))
def test_any_key_reads_and_writes_as_in_pytorch(seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    shape = tuple(int(size) for size in rng.integers(2, 5, rng.integers(1, 6)))
    parts, array = random_key(rng, shape), rng.standard_normal(shape)

    def key(convert):
        return tuple(convert(part) if isinstance(part, np.ndarray) else part for part in parts)

    def made(convert):
        """What is read, the gradient of what is written, and what the writing leaves."""
        x = convert(array)
        read = x[key(convert)]
        weights = np.random.default_rng(1).standard_normal(tuple(read.shape))
        first = int(np.random.default_rng(2).integers(0, read.ndim + 1))
        value = convert(np.random.default_rng(3).standard_normal(tuple(read.shape)[first:])).requires_grad_()
        x.requires_grad_()
        (x[key(convert)] * convert(weights)).sum().backward()
        y = convert(array) * 1.0
        y[key(convert)] = value
        (y * convert(np.arange(1.0, array.size + 1).reshape(shape))).sum().backward()
        picks = convert(np.arange(array.size).reshape(shape))[key(convert)].reshape(-1).tolist()
        # Which of several values for one place stays is left open.
        return read.detach(), x.grad, *((y.detach(), value.grad) if len(set(picks)) == len(picks) else ())

    try:
        expected = made(torch.tensor)
    except (IndexError, RuntimeError):
        with pytest.raises(ew.EdgewiseError):
            made(ew.tensor)
        return
    for ours, theirs in zip(made(ew.tensor), expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12, strict=True)
