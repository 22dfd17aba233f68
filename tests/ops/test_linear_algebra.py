from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck

rng = np.random.default_rng(0)


def inputs(*shapes):
    return tuple(ew.tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes)


def held(function, oracle, tensors):
    """The value is the oracle's, and derivatives of two orders are right."""
    y = function(*tensors)
    want = oracle(*[x.detach().numpy() for x in tensors])
    assert y.shape == np.shape(want)
    np.testing.assert_allclose(y.detach().numpy(), want, atol=1e-12)
    assert gradcheck(function, tensors)
    assert gradgradcheck(function, tensors)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 2)),
        ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((1, 2, 3), (5, 3, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_matmul(a, b):
    held(ew.matmul, np.matmul, inputs(a, b))


@pytest.mark.parametrize(("a", "b"), [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2))])
def test_matmul_without_elements(a, b):
    x, y = inputs(a, b)
    z = x @ y
    np.testing.assert_array_equal(z.detach().numpy(), np.zeros(a) @ np.zeros(b))
    z.sum().backward()
    assert (x.grad.shape, y.grad.shape) == (a, b)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((2, 3), (2, 3), r"matmul: the 3 columns of a must equal the 2 rows of b: did you mean a @ b.mT\?"),
        ((3, 2), (3, 4), r"matmul: the 2 columns of a must equal the 3 rows of b: did you mean a.mT @ b\?"),
        ((2, 3), (4, 5), "matmul: the 3 columns of a must equal the 4 rows of b"),
        ((3,), (2,), "matmul: the 3 columns of a must equal the 2 rows of b"),
        ((), (2, 2), r"matmul: a number has no rows and columns: multiply by it with \*"),
        ((2, 2, 3), (3, 3, 4), r"matmul: the batches \(2,\) and \(3,\) can't be broadcast together"),
    ],
)
def test_matmul_explains_shapes_that_do_not_fit(a, b, message):
    with pytest.raises(ew.ShapeError, match=message):
        ew.ones(a) @ ew.ones(b)


def test_matmul_promotes():
    assert (ew.ones(2, 2) @ ew.ones(2, 2, dtype="float64")).dtype == ew.float64
    assert (ew.eye(2, dtype="int64") @ ew.ones(2)).dtype == ew.float32


@pytest.mark.parametrize(
    ("function", "oracle", "shapes"),
    [
        (ew.mm, np.matmul, [(2, 3), (3, 4)]),
        (ew.bmm, np.matmul, [(5, 2, 3), (5, 3, 4)]),
        (ew.mv, np.matmul, [(2, 3), (3,)]),
        (ew.dot, np.dot, [(3,), (3,)]),
        (ew.vdot, np.dot, [(3,), (3,)]),
        (ew.inner, np.inner, [(2, 3), (4, 3)]),
        (ew.inner, np.inner, [(2, 3), (3,)]),
        (ew.inner, np.inner, [(), (3,)]),
        (ew.outer, np.outer, [(2,), (3,)]),
        (ew.kron, np.kron, [(2, 3), (3, 2)]),
        (ew.kron, np.kron, [(2, 2, 3), (3,)]),
        (ew.kron, np.kron, [(), (3,)]),
        (ew.vecdot, lambda a, b: (a * b).sum(-1), [(2, 3), (3,)]),
        (lambda a, b: ew.vecdot(a, b, dim=0), lambda a, b: (a * b).sum(0), [(2, 3), (2, 3)]),
        (lambda a, b: ew.vecdot(a, b, dim=1), lambda a, b: (a * b).sum(1), [(2, 3, 4), (3, 4)]),
        (lambda a, b: ew.cross(a, b), np.cross, [(2, 3), (3,)]),
        (lambda a, b: ew.cross(a, b, dim=0), lambda a, b: np.cross(a, b, axis=0), [(3, 2), (3, 2)]),
        (
            lambda x, a, b: ew.addmm(x, a, b, beta=0.5, alpha=2),
            lambda x, a, b: 0.5 * x + 2 * a @ b,
            [(4,), (2, 3), (3, 4)],
        ),
        (lambda a, b: ew.tensordot(a, b), np.tensordot, [(2, 3, 4), (3, 4, 2)]),
        (lambda a, b: ew.tensordot(a, b, dims=0), lambda a, b: np.tensordot(a, b, 0), [(2,), (3, 2)]),
        (
            lambda a, b: ew.tensordot(a, b, dims=([0, -1], [1, 0])),
            lambda a, b: np.tensordot(a, b, ([0, -1], [1, 0])),
            [(2, 3, 4), (4, 2)],
        ),
        (lambda a, b: ew.tensordot(a, b, dims=(1, 0)), lambda a, b: np.tensordot(a, b, (1, 0)), [(2, 3), (3, 2)]),
        (ew.trace, np.trace, [(3, 4)]),
        (lambda x: ew.diagonal(x, 1, 2, 0), lambda x: np.diagonal(x, 1, 2, 0), [(3, 2, 4)]),
    ],
)
def test_products_agree_with_numpy(function, oracle, shapes):
    held(function, oracle, inputs(*shapes))


@pytest.mark.parametrize("offset", [-4, -2, -1, 0, 1, 3, 5])
def test_diagonals_and_triangles(offset):
    held(lambda x: ew.diagonal(x, offset), lambda x: np.diagonal(x, offset), inputs((3, 4)))
    held(lambda x: ew.diag(x, offset), lambda x: np.diag(x, offset), inputs((3, 4)))
    held(lambda x: ew.diag(x, offset), lambda x: np.diag(x, offset), inputs((3,)))
    held(lambda x: ew.tril(x, offset), lambda x: np.tril(x, offset), inputs((2, 3, 4)))
    held(lambda x: ew.triu(x, offset), lambda x: np.triu(x, offset), inputs((2, 3, 4)))
    held(
        lambda x: ew.diag_embed(x, offset),
        lambda x: np.stack([np.diag(row, offset) for row in x]),
        inputs((2, 3)),
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ew.mm(ew.ones(2, 2), ew.ones(2)),
            r"mm is for 2-d and 2-d tensors; these have shapes \(2, 2\) and \(2,\)",
        ),
        (lambda: ew.bmm(ew.ones(2, 2, 2), ew.ones(3, 2, 2)), "bmm: batches of 2 and 3 matrices"),
        (lambda: ew.outer(ew.ones(2, 2), ew.ones(2)), "outer is for 1-d and 1-d tensors"),
        (lambda: ew.vecdot(ew.ones(2), ew.ones(3)), r"vecdot: axis -1 has 2 and 3 elements, of \(2,\) and \(3,\)"),
        (lambda: ew.cross(ew.ones(2), ew.ones(2)), r"cross: axis 0 of shape \(2,\) must have 3 elements"),
        (lambda: ew.tensordot(ew.ones(2, 3), ew.ones(2, 3), dims=1), r"axes \[1\] of \(2, 3\) and \[0\] of \(2, 3\)"),
        (lambda: ew.tensordot(ew.ones(2), ew.ones(2), dims=2), "don't both have 2 axes"),
        (lambda: ew.tril(ew.ones(3)), r"tril is for matrices, not for shape \(3,\)"),
        (lambda: ew.diag(ew.ones(2, 2, 2)), "diag is for vectors and matrices, .* see diagonal, diag_embed"),
        (lambda: ew.diag_embed(ew.tensor(1.0)), "diag_embed: a 0-d tensor"),
        (lambda: ew.trace(ew.ones(3)), "trace is for 2-d tensors"),
    ],
)
def test_what_does_not_fit_is_explained(call, message):
    with pytest.raises(ew.ShapeError, match=message):
        call()


def test_axes_that_are_not_there_are_explained():
    with pytest.raises(ew.IndexingError, match="diagonal: dim1 and dim2 are both axis 1"):
        ew.diagonal(ew.ones(2, 2), 0, 1, -1)
    with pytest.raises(ew.IndexingError, match="diagonal: axis 2 is out of range"):
        ew.diagonal(ew.ones(2, 2), 0, 0, 2)
    with pytest.raises(ew.IndexingError, match="vecdot: axis -2 is out of range"):
        ew.vecdot(ew.ones(2), ew.ones(2), dim=-2)


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3, 0), (0, 4)), ((2, 0, 3), (3, 4)), ((0, 3), (3, 0)), ((0,), (0,)), ((2, 0, 3), (2, 3, 4))]
)
def test_products_of_empty_matrices_have_gradients(a, b):
    x, y = ew.ones(a, requires_grad=True), ew.ones(b, requires_grad=True)
    product = x @ y
    np.testing.assert_array_equal(product.detach().numpy(), np.ones(a) @ np.ones(b))
    product.sum().backward()
    assert (x.grad.shape, y.grad.shape) == (a, b)


@pytest.mark.parametrize(("offset", "dim1", "dim2"), [(0, 0, 1), (1, 2, 0), (-1, 0, -1), (2, 1, 2)])
def test_diag_embed_makes_what_diagonal_takes_back(offset, dim1, dim2):
    x = ew.tensor(np.random.default_rng(0).standard_normal((2, 3)), requires_grad=True)
    made = ew.diag_embed(x, offset, dim1, dim2)
    np.testing.assert_array_equal(ew.diagonal(made, offset, dim1, dim2).detach().numpy(), x.detach().numpy())
    assert made.abs().sum().item() == pytest.approx(x.abs().sum().item())
    assert gradcheck(lambda x: ew.diag_embed(x, offset, dim1, dim2), (x,))
    with pytest.raises(ew.IndexingError, match="diag_embed: dim1 and dim2 are both axis 2"):
        ew.diag_embed(x, 0, 2, -1)


def test_tensordot_takes_a_number_or_two_lists():
    with pytest.raises(ew.ArgumentError, match="must be a number, or two lists of axes"):
        ew.tensordot(ew.ones(2), ew.ones(2), dims=([0],))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
@pytest.mark.parametrize("share", [1e-6, 1e-2, 1.0])
def test_products_of_many_integers_are_exact_and_wrap_around(dtype, share):
    random, limits = np.random.default_rng(0), np.iinfo(dtype)
    a = random.integers(int(limits.min * share), max(int(limits.max * share), 2), (3, 40, 50), dtype)
    b = random.integers(int(limits.min * share), max(int(limits.max * share), 2), (50, 60), dtype)
    bits = limits.bits
    product = a.astype(object) @ b.astype(object) % 2**bits
    wanted = np.where(product > limits.max, product - 2**bits, product).astype(dtype)
    found = ew.tensor(a, dtype=dtype) @ ew.tensor(b, dtype=dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), wanted)


def test_a_long_sum_of_large_integers_is_exact():
    a = np.full((4, 100_000), 2**22 + 1)
    assert (ew.tensor(a) @ ew.tensor(a.T)).numpy().tolist() == [[100_000 * (2**22 + 1) ** 2] * 4] * 4
