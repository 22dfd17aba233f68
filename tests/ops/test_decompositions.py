from __future__ import annotations

import itertools

import array_api_strict as strict
import numpy as np
import pytest

import edgewise as ew
from edgewise import linalg
from edgewise.autograd import gradcheck, gradgradcheck

rng = np.random.default_rng(0)
SQUARE = rng.standard_normal((2, 3, 3))
TALL = rng.standard_normal((4, 3))
WIDE = rng.standard_normal((2, 3, 4))
LOW = rng.standard_normal((4, 2))
IDENTITY = np.eye(3)
inf = float("inf")


def positive(x):
    return x @ x.mT + ew.tensor(IDENTITY)


def symmetric(x):
    return x + x.mT


# What each function computes, in NumPy's words; the arguments.
CASES = {
    "inv": (linalg.inv, np.linalg.inv, [SQUARE]),
    "det": (linalg.det, np.linalg.det, [SQUARE]),
    "logabsdet": (lambda x: linalg.slogdet(x).logabsdet, lambda x: np.linalg.slogdet(x)[1], [SQUARE]),
    "solve": (linalg.solve, np.linalg.solve, [SQUARE[0], TALL[:3]]),
    "solve a vector": (linalg.solve, np.linalg.solve, [SQUARE[0], TALL[:3, 0]]),
    "solve one vector for a batch": (linalg.solve, np.linalg.solve, [SQUARE, TALL[:3, 0]]),
    "solve a batch": (linalg.solve, np.linalg.solve, [SQUARE[0], WIDE]),
    "cholesky": (
        lambda x: linalg.cholesky(positive(x)),
        lambda x: np.linalg.cholesky(x @ x.mT + IDENTITY),
        [SQUARE],
    ),
    "upper cholesky": (
        lambda x: linalg.cholesky(positive(x), upper=True),
        lambda x: np.linalg.cholesky(x @ x.mT + IDENTITY).mT,
        [SQUARE],
    ),
    "pinv of a tall matrix": (linalg.pinv, np.linalg.pinv, [TALL]),
    "pinv of wide matrices": (linalg.pinv, np.linalg.pinv, [WIDE]),
    "pinv of lower rank": (
        lambda x: linalg.pinv(x @ x.mT, rtol=1e-9),
        lambda x: np.linalg.pinv(x @ x.mT, rtol=1e-9),
        [LOW],
    ),
    "eigvalsh": (
        lambda x: linalg.eigvalsh(symmetric(x)),
        lambda x: np.linalg.eigvalsh(x + x.mT),
        [SQUARE],
    ),
    "eigenvectors": (
        lambda x: linalg.eigh(symmetric(x)).eigenvectors ** 2,
        lambda x: np.linalg.eigh(x + x.mT)[1] ** 2,
        [SQUARE],
    ),
    "q of a tall matrix": (lambda x: linalg.qr(x).Q, lambda x: np.linalg.qr(x)[0], [TALL]),
    "r of a tall matrix": (lambda x: linalg.qr(x).R, lambda x: np.linalg.qr(x)[1], [TALL]),
    "q of wide matrices": (lambda x: linalg.qr(x).Q, lambda x: np.linalg.qr(x)[0], [WIDE]),
    "r of wide matrices": (lambda x: linalg.qr(x).R, lambda x: np.linalg.qr(x)[1], [WIDE]),
    "matrix_power 1": (lambda x: linalg.matrix_power(x, 1), lambda x: np.linalg.matrix_power(x, 1), [SQUARE]),
    "matrix_power 5": (lambda x: linalg.matrix_power(x, 5), lambda x: np.linalg.matrix_power(x, 5), [SQUARE]),
    "matrix_power -2": (lambda x: linalg.matrix_power(x, -2), lambda x: np.linalg.matrix_power(x, -2), [SQUARE]),
    "multi_dot": (
        lambda *x: linalg.multi_dot(x),
        lambda *x: np.linalg.multi_dot(x),
        [TALL, SQUARE[0], WIDE[0], TALL[:, 0]],
    ),
    "multi_dot from a vector": (
        lambda *x: linalg.multi_dot(x),
        lambda *x: np.linalg.multi_dot(x),
        [TALL[:, 0], TALL, SQUARE[1]],
    ),
}
for shape_name, matrix in (("tall", TALL), ("wide", WIDE), ("square", SQUARE)):
    CASES[f"svdvals, {shape_name}"] = (linalg.svdvals, lambda x: np.linalg.svd(x, compute_uv=False), [matrix])
    for full, part in itertools.product((True, False), (0, 2)):
        k = min(matrix.shape[-2:])
        chosen = (..., slice(k)) if part == 0 else (..., slice(k), slice(None))
        CASES[f"svd {part}, full_matrices={full}, {shape_name}"] = (
            lambda x, full=full, part=part, chosen=chosen: linalg.svd(x, full)[part][chosen] ** 2,
            lambda x, full=full, part=part, chosen=chosen: np.linalg.svd(x, full)[part][chosen] ** 2,
            [matrix],
        )
for order in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
    CASES[f"matrix_norm {order}"] = (
        lambda x, order=order: linalg.matrix_norm(x, order),
        lambda x, order=order: np.linalg.matrix_norm(x, ord=order),
        [WIDE],
    )
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@each_case
def test_values_agree_with_numpy(case):
    function, oracle, arrays = case
    y = function(*[ew.tensor(array) for array in arrays])
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.numpy(), oracle(*arrays), atol=1e-12)


@each_case
def test_derivatives_of_two_orders(case):
    function, _, arrays = case
    inputs = tuple(ew.tensor(array, requires_grad=True) for array in arrays)
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@each_case
def test_float32_stays(case):
    function, _, arrays = case
    inputs = [ew.tensor(array, dtype="float32", requires_grad=True) for array in arrays]
    y = function(*inputs)
    y.sum().backward()
    assert all(x.grad.dtype == np.float32 for x in inputs)


def test_they_run_on_another_library():
    a = ew.as_tensor(strict.asarray(SQUARE[0])).requires_grad_()
    b = ew.as_tensor(strict.asarray(TALL[:3])).requires_grad_()
    y = (
        linalg.solve(a, b).sum()
        + linalg.det(a)
        + linalg.inv(a).sum()
        + linalg.slogdet(a).logabsdet
        + linalg.cholesky(a @ a.mT).sum()
        + linalg.pinv(a, rtol=1e-15).sum()
        + linalg.eigvalsh(a @ a.mT).sum()
        + linalg.svdvals(a).sum()
        + linalg.qr(a).R.sum()
    )
    y.backward()
    assert all(type(x.grad.array) is type(a.array) for x in (a, b))


def test_factors_multiply_to_the_matrix():
    for matrix in (TALL, WIDE, SQUARE):
        x = ew.tensor(matrix)
        q, r = linalg.qr(x)
        np.testing.assert_allclose((q @ r).numpy(), matrix, atol=1e-12)
        u, s, vh = linalg.svd(x, full_matrices=False)
        np.testing.assert_allclose((u * s.unsqueeze(-2) @ vh).numpy(), matrix, atol=1e-12)
    values, vectors = linalg.eigh(symmetric(ew.tensor(SQUARE)))
    np.testing.assert_allclose(
        (vectors * values.unsqueeze(-2) @ vectors.mT).numpy(), SQUARE + np.swapaxes(SQUARE, -1, -2), atol=1e-12
    )


def test_slogdet_has_the_sign_and_minus_infinity_for_a_singular_matrix():
    sign, logarithm = linalg.slogdet(ew.tensor(SQUARE))
    np.testing.assert_allclose((sign * logarithm.exp()).numpy(), np.linalg.det(SQUARE))
    sign, logarithm = linalg.slogdet(ew.tensor([[1.0, 2.0], [2.0, 4.0]]))
    assert (sign.item(), logarithm.item()) == (0.0, -inf)


def test_the_gradient_of_det_at_a_singular_matrix_is_its_cofactors():
    x = ew.tensor([[1.0, 2.0], [2.0, 4.0]], dtype="float64", requires_grad=True)
    assert gradcheck(linalg.det, (x,))
    linalg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4.0, -2.0], [-2.0, 1.0]])
    nothing = ew.zeros(3, 3, dtype="float64", requires_grad=True)
    linalg.det(nothing).backward()
    np.testing.assert_array_equal(nothing.grad.numpy(), np.zeros((3, 3)))


@pytest.mark.parametrize("upper", ["L", "U"])
def test_the_gradient_of_a_symmetric_matrix_is_symmetric(upper):
    whole = SQUARE + np.swapaxes(SQUARE, -1, -2)
    weights = ew.tensor(np.random.default_rng(3).normal(size=whole.shape))
    for function in (lambda x: linalg.eigh(x, upper).eigenvectors ** 2 * weights, lambda x: linalg.eigvalsh(x, upper)):
        x = ew.tensor(whole, requires_grad=True)
        function(x).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), np.swapaxes(x.grad.numpy(), -1, -2), atol=1e-12)


def test_equal_eigenvalues_and_singular_values_pass_no_gradient_between_their_vectors():
    x = ew.tensor(2 * IDENTITY, requires_grad=True)
    vectors = linalg.eigh(x).eigenvectors
    (vectors @ vectors.mT).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((3, 3)))
    x.grad = None
    u, _, vh = linalg.svd(x)
    (u @ vh).sum().backward()
    assert bool(x.grad.isfinite().all())


def test_the_zeroth_power_is_the_identity_for_each_matrix_of_a_batch():
    y = linalg.matrix_power(ew.tensor(SQUARE), 0)
    np.testing.assert_array_equal(y.numpy(), np.broadcast_to(IDENTITY, SQUARE.shape))


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [(-2, -1), (0, 2), (2, 0)])
@pytest.mark.parametrize("order", ["fro", "nuc", 1, -inf, 2])
def test_matrix_norm_over_any_two_axes(order, dim, keepdim):
    got = linalg.matrix_norm(ew.tensor(WIDE), order, dim, keepdim)
    want = np.linalg.norm(WIDE, order, dim, keepdim)
    np.testing.assert_allclose(got.numpy(), want)
    assert got.shape == want.shape


def test_norm_chooses_between_vectors_and_matrices():
    x, matrix = ew.tensor(WIDE), ew.tensor(TALL)
    np.testing.assert_allclose(linalg.norm(x).item(), np.linalg.norm(WIDE.ravel()))
    np.testing.assert_allclose(linalg.norm(matrix, 1).item(), np.linalg.norm(TALL, 1))
    np.testing.assert_allclose(linalg.norm(x, "nuc", (1, 2)).numpy(), np.linalg.norm(WIDE, "nuc", (1, 2)))
    np.testing.assert_allclose(linalg.norm(x, 3, 1).numpy(), np.linalg.norm(WIDE, 3, 1))
    np.testing.assert_allclose(linalg.norm(matrix[0], inf).item(), np.abs(TALL[0]).max())
    with pytest.raises(ew.ArgumentError, match=r"ord=1 with dim=None is no norm for shape \(2, 3, 4\)"):
        linalg.norm(x, 1)
    with pytest.raises(ew.ArgumentError, match="ord='fro'"):
        linalg.norm(matrix[0], "fro")


def test_matrix_rank_counts_singular_values():
    assert linalg.matrix_rank(ew.tensor(LOW @ LOW.T)).item() == 2
    assert linalg.matrix_rank(ew.tensor(SQUARE)).tolist() == [3, 3]
    assert linalg.matrix_rank(ew.zeros(3, 3)).item() == 0
    assert linalg.matrix_rank(ew.tensor(np.diag([1.0, 1e-3])), rtol=1e-2).item() == 1


def test_integers_are_taken_as_floats():
    assert linalg.det(ew.tensor([[2, 0], [0, 3]])).dtype == np.float32
    assert linalg.inv(ew.tensor([[2, 0], [0, 4]])).tolist() == [[0.5, 0.0], [0.0, 0.25]]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: linalg.inv(ew.ones(2, 2)), "inv: the matrix is singular, .* see pinv"),
        (lambda: linalg.inv(ew.tensor([[[1.0]], [[0.0]]])), "inv: matrix number 1 of the batch is singular"),
        (lambda: linalg.inv(ew.ones(2, 3)), r"inv: is for square matrices, not for shape \(2, 3\)"),
        (lambda: linalg.det(ew.ones(3)), r"det: is for square matrices, not for shape \(3,\)"),
        (lambda: linalg.slogdet(ew.ones(2, 3)), "logabsdet: is for square"),
        (lambda: linalg.solve(ew.ones(2, 2), ew.ones(2)), "solve: the matrix is singular"),
        (lambda: linalg.solve(ew.eye(2), ew.ones(3)), r"solve: b, of shape \(3,\), must have 2 rows"),
        (lambda: linalg.solve(ew.ones(2, 3), ew.ones(2)), "solve: is for square matrices"),
        (lambda: linalg.cholesky(-ew.eye(2)), "cholesky: a matrix is not positive definite"),
        (lambda: linalg.cholesky(ew.ones(2)), "cholesky: is for square matrices"),
        (lambda: linalg.eigvalsh(ew.ones(2, 3)), "eigenvalues: is for square matrices"),
        (lambda: linalg.matrix_power(ew.ones(2, 3), 2), "matrix_power: is for square matrices"),
        (lambda: linalg.pinv(ew.ones(2)), "pinv is for matrices"),
        (lambda: linalg.svd(ew.ones(2)), "svd is for matrices"),
        (lambda: linalg.qr(ew.ones(2)), "qr is for matrices"),
        (lambda: linalg.multi_dot([ew.eye(2)]), "multi_dot: needs two factors or more, not 1"),
    ],
)
def test_what_can_not_be_is_explained(function, message):
    with pytest.raises(ew.ShapeError, match=message):
        function()


def test_qr_has_one_mode():
    with pytest.raises(ValueError, match="mode must be 'reduced'"):
        linalg.qr(ew.eye(2), mode="complete")


def test_a_norm_that_there_is_not_is_refused():
    with pytest.raises(ew.ArgumentError, match="matrix_norm: ord must be 'fro', 'nuc'"):
        linalg.matrix_norm(ew.eye(2), 3)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_infinity_and_nan_have_an_end(bad):
    matrix = ew.tensor([[1.0, bad], [2.0, 3.0]], requires_grad=True)
    for name, function in (("svd", linalg.svd), ("svd", linalg.svdvals), ("pinv", linalg.pinv)):
        with pytest.raises(ew.ArgumentError, match=rf"{name}: the matrix of shape \(2, 2\) holds infinity or NaN"):
            function(matrix)
    linalg.det(matrix).backward()
    assert not matrix.grad.isfinite().any()
    batch = ew.tensor([[[2.0, 0.0], [0.0, 3.0]], [[bad, 0.0], [0.0, 3.0]]], requires_grad=True)
    linalg.det(batch).sum().backward()
    assert batch.grad[0].tolist() == [[3.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize(
    ("matrix", "second"),
    [
        # The derivatives of the sum of the squared cofactors, in PyTorch 2.13 and by hand.
        ([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]], [[8.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]),
        ([[1.0, 2.0], [2.0, 4.0]], [[2.0, 4.0], [4.0, 8.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
    ],
)
def test_determinants_of_singular_matrices_have_second_derivatives(matrix, second):
    x = ew.tensor(matrix, dtype="float64", requires_grad=True)
    (first,) = ew.autograd.grad(ew.linalg.det(x), x, create_graph=True)
    (first * first).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), second, atol=1e-12)


def test_second_derivatives_of_determinants_are_the_same_with_and_without_an_inverse():
    rng = np.random.default_rng(0)
    regular, singular = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    singular[3] = singular[0] - singular[1]

    def second(array):
        x = ew.tensor(array, requires_grad=True)
        (first,) = ew.autograd.grad(ew.linalg.det(x).sum(), x, create_graph=True)
        (first**2).sum().backward()
        return x.grad.numpy()

    both = second(np.stack([regular, singular]))
    np.testing.assert_allclose(both[0], second(regular), rtol=1e-9)
    assert ew.autograd.gradgradcheck(lambda x: ew.linalg.det(x), ew.tensor(singular, requires_grad=True))
