"""Products that sum up a million terms lose no digits: right values are the number of terms times the term."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F
from edgewise.ops.accurate import NUMPY

TERMS = 1_000_000
FACTORS = (0.1, 0.7)
TERM = float(np.float32(0.1)) * float(np.float32(0.7))


def of(factor, *shape, dtype="float32"):
    return ew.full(shape, factor, dtype=dtype, requires_grad=True)


def off(found, right):
    return np.abs(np.asarray(found.detach().numpy(), "float64") / right - 1).max()


PRODUCTS = {
    "matrix and column": lambda x, z: x(3, TERMS) @ z(TERMS, 1),
    "row and matrix": lambda x, z: x(1, TERMS) @ z(TERMS, 5),
    "vector and matrix": lambda x, z: x(TERMS) @ z(TERMS, 2),
    "matrix and vector": lambda x, z: x(2, TERMS) @ z(TERMS),
    "transposed matrix and vector": lambda x, z: x(TERMS, 5).T @ z(TERMS),
    "vector and transposed matrix": lambda x, z: x(TERMS) @ z(5, TERMS).T,
    "matrices": lambda x, z: x(4, TERMS) @ z(TERMS, 6),
    "transposed matrices": lambda x, z: x(TERMS, 5).T @ z(4, TERMS).T,
    "thin matrices": lambda x, z: x(TERMS, 2).T @ z(TERMS, 3),
    "every second column": lambda x, z: x(2, 2 * TERMS)[:, ::2] @ z(TERMS, 2),
    "batches": lambda x, z: x(2, 1, 2, TERMS) @ z(3, TERMS, 2),
    "dot": lambda x, z: ew.dot(x(TERMS), z(TERMS)),
    "vdot": lambda x, z: ew.vdot(x(TERMS), z(TERMS)),
    "inner": lambda x, z: ew.inner(x(2, TERMS), z(3, TERMS)),
    "vecdot": lambda x, z: ew.vecdot(x(2, TERMS), z(2, TERMS)),
    "vecdot of pairs": lambda x, z: ew.vecdot(x(2, 1, TERMS), z(1, 2, TERMS)),
    "mv": lambda x, z: ew.mv(x(2, TERMS), z(TERMS)),
    "bmm": lambda x, z: ew.bmm(x(2, 3, TERMS), z(2, TERMS, 1)),
    "addmm": lambda x, z: ew.addmm(ew.zeros(2, 2), x(2, TERMS), z(TERMS, 2)),
    "tensordot": lambda x, z: ew.tensordot(x(2, 1000, 1000), z(1000, 1000), dims=([1, 2], [1, 0])),
    "einsum of vectors": lambda x, z: ew.einsum("i,i->", x(TERMS), z(TERMS)),
    "einsum of columns": lambda x, z: ew.einsum("ij,ik->jk", x(TERMS, 2), z(TERMS, 2)),
    "einsum over two letters": lambda x, z: ew.einsum("abi,bak->ik", x(1000, 1000, 2), z(1000, 1000, 2)),
    "linear": lambda x, z: F.linear(x(2, TERMS), z(3, TERMS)),
    "linear with a bias": lambda x, z: F.linear(x(TERMS), z(1, TERMS), ew.zeros(1)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_over_a_long_axis(name):
    product = PRODUCTS[name](*(lambda *shape, factor=factor: of(factor, *shape) for factor in FACTORS))
    assert off(product, TERMS * TERM) <= 1e-6


def sent_back(function, *operands):
    y = function(*operands)
    y.backward(ew.full(tuple(y.shape), 0.7))
    return [operand.grad for operand in operands]


GRADIENTS = {
    "a row for each term": lambda: sent_back(lambda b: ew.full((TERMS, 1), 0.1) @ b, of(1, 1, 2)),
    "a number for each term": lambda: sent_back(lambda b: ew.full((TERMS, 1), 0.1) @ b, of(1, 1, 1)),
    "a matrix": lambda: sent_back(lambda b: ew.full((TERMS, 4), 0.1) @ b, of(1, 4, 5)),
    "a vector": lambda: sent_back(lambda b: ew.full((TERMS, 4), 0.1) @ b, of(1, 4)),
    "a matrix of a batch": lambda: sent_back(lambda b: ew.full((1000, 1000, 2), 0.1) @ b, of(1, 2, 3)),
    "the weight of a layer": lambda: sent_back(lambda w: F.linear(ew.full((TERMS, 2), 0.1), w), of(1, 3, 2)),
    "the weight of one output": lambda: sent_back(lambda w: F.linear(ew.full((TERMS, 2), 0.1), w), of(1, 1, 2)),
    "the input of a layer": lambda: sent_back(lambda x: F.linear(x, ew.full((TERMS, 2), 0.1)), of(1, 3, 2)),
    "outer": lambda: sent_back(lambda b: ew.outer(ew.full((TERMS,), 0.1), b), of(1, 3)),
    "einsum": lambda: sent_back(lambda b: ew.einsum("i,j->ij", ew.full((TERMS,), 0.1), b), of(1, 3)),
    "a tensordot": lambda: sent_back(lambda b: ew.tensordot(ew.full((TERMS, 2), 0.1), b, 1), of(1, 2, 2)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_that_products_sum(name):
    for gradient in GRADIENTS[name]():
        assert off(gradient, TERMS * TERM) <= 1e-6


def test_the_gradient_through_a_product_that_is_scaled():
    b, c = of(0.1, 1, 1), of(0.7, 1)
    (ew.ones(TERMS, 1) @ b * c).sum().backward()
    assert off(b.grad, TERMS * float(np.float32(0.7))) <= 1e-6
    assert off(c.grad, TERMS * float(np.float32(0.1))) <= 1e-6


@pytest.mark.parametrize("shape", [(TERMS, 1), (TERMS, 5)])
def test_half_precision_sums_products_in_float32(shape):
    x = ew.full(shape, 0.001, dtype="float16")
    z = of(0.1, TERMS, 1, dtype="float16")
    right = TERMS * float(np.float16(0.001)) * float(np.float16(0.1))
    assert off(x.T @ z, right) <= 2e-3
    w = of(0.1, 1, shape[1], dtype="float16")
    F.linear(x, w).backward(ew.full((TERMS, 1), 0.1, dtype="float16"))
    assert off(w.grad, right) <= 2e-3


@pytest.mark.parametrize("terms", [2**14 - 1, 2**14, 2**14 + 1, 2**16 - 1, 2**16, 2**16 + 47, 2**16 + 512])
@pytest.mark.parametrize(
    "shapes", [((), ()), ((2,), ()), ((), (5,)), ((2,), (3,)), ((5,), (4,)), ((3, 2), (3, 6))], ids=str
)
@pytest.mark.parametrize("turned", [False, True])
def test_products_of_random_numbers_are_those_in_float64(terms, shapes, turned):
    generator = np.random.default_rng(terms)
    a = generator.random((*shapes[0], terms), "float32")
    b = generator.random((*shapes[1][:-1], terms, *shapes[1][-1:]), "float32")
    if turned:
        a = np.asfortranarray(a)
        b = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2) if b.ndim > 1 else b[::-1].copy()[::-1]
    found = NUMPY.matmul(a, b)
    assert found.dtype == np.float32
    assert found.shape == np.matmul(a[..., :1], b[:1] if b.ndim == 1 else b[..., :1, :]).shape
    exact, tolerance = np.matmul(a.astype(float), b.astype(float)), 1e-6 if terms >= 2**16 else 5e-5
    np.testing.assert_allclose(found, exact, rtol=tolerance)
    if np.ndim(found):
        # BLAS may write such a place by another way, whose last bits differ on some processors.
        place = np.empty(found.shape[::-1], "float32").T
        assert NUMPY.matmul(a, b, out=place) is place
        np.testing.assert_allclose(place, exact, rtol=tolerance)


def test_infinities_and_nan_in_long_products_are_those_of_the_sum():
    a = np.ones((2, 2**16), "float32")
    a[0, 5], a[1, 7] = np.inf, np.nan
    found = ew.tensor(a) @ ew.ones(2**16, 5)
    np.testing.assert_array_equal(found.numpy(), [[np.inf] * 5, [np.nan] * 5])
    assert (ew.tensor(a[0]) @ ew.ones(2**16)).item() == np.inf


def test_long_axes_that_differ_are_refused():
    for a, b in (((70_000,), (70_001,)), ((3, 70_000), (70_001, 3)), ((3, 70_000), (70_001,))):
        with pytest.raises(ew.ShapeError, match="the 70000 columns of a must equal the 70001 rows of b"):
            ew.ones(*a) @ ew.ones(*b)


def test_the_norm_that_clips_many_gradients():
    parameter = nn.Parameter(ew.zeros(TERMS))
    parameter.grad = ew.full((TERMS,), 0.1)
    total = nn.utils.clip_grad_norm_([parameter], 1.0)
    assert float(total) == pytest.approx(1000 * float(np.float32(0.1)), rel=1e-6)


def test_a_program_multiplies_as_accurately():
    from edgewise.program import record

    x, z = ew.full((TERMS, 2), 0.1), ew.full((TERMS,), 0.7)
    found = record(lambda x, z: z @ x, x, z).run(x.numpy(), z.numpy())
    assert off(ew.from_numpy(found), TERMS * TERM) <= 1e-6
