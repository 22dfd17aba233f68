"""The policy at kinks, a cell each: the subgradient of least norm, as docs/gradients.md says."""

from __future__ import annotations

import math

import pytest

import edgewise as ew
from edgewise.nn import functional as F

INF = math.inf


def _slopes(function, *values, dtype="float64"):
    """The gradients of the sum of what `function` gives, one for each argument."""
    tensors = [ew.tensor(value, dtype=dtype, requires_grad=True) for value in values]
    function(*tensors).sum().backward()
    return [tensor.grad.tolist() for tensor in tensors]


ONE_ARGUMENT = [
    # function, where, slope there
    ("relu", ew.relu, 0.0, 0.0),
    ("relu of -0", ew.relu, -0.0, 0.0),
    ("abs", ew.abs, 0.0, 0.0),
    ("leaky_relu takes the smaller of both slopes", lambda x: F.leaky_relu(x, 0.1), 0.0, 0.1),
    ("elu is smooth", F.elu, 0.0, 1.0),
    ("relu6 at 0", F.relu6, 0.0, 0.0),
    ("relu6 at 6", F.relu6, 6.0, 0.0),
    ("hardtanh at -1", F.hardtanh, -1.0, 0.0),
    ("hardtanh at 1", F.hardtanh, 1.0, 0.0),
    ("clip at its lower bound", lambda x: ew.clip(x, 1.0, 2.0), 1.0, 0.0),
    ("clip at its upper bound", lambda x: ew.clip(x, 1.0, 2.0), 2.0, 0.0),
    ("clip with one bound", lambda x: ew.clip(x, min=1.0), 1.0, 0.0),
    ("sign", ew.sign, 0.0, 0.0),
    ("floor", ew.floor, 1.0, 0.0),
    ("ceil", ew.ceil, 1.0, 0.0),
    ("round", ew.round, 0.5, 0.0),
    ("trunc", ew.trunc, 0.0, 0.0),
    ("sqrt", ew.sqrt, 0.0, INF),
    ("reciprocal", ew.reciprocal, 0.0, -INF),
    ("log", ew.log, 0.0, INF),
    ("x ** 0", lambda x: x**0, 0.0, 0.0),
    ("x ** 1", lambda x: x**1, 0.0, 1.0),
    ("x ** 2", lambda x: x**2, 0.0, 0.0),
    ("x ** 0.5", lambda x: x**0.5, 0.0, INF),
    ("0 ** x at 0", lambda x: 0.0**x, 0.0, 0.0),
    ("0 ** x at 2", lambda x: 0.0**x, 2.0, 0.0),
    ("huber at delta", lambda x: F.huber_loss(x, ew.zeros((), dtype="float64")), 1.0, 1.0),
    ("l1 loss", lambda x: F.l1_loss(x, ew.zeros((), dtype="float64")), 0.0, 0.0),
    ("smooth l1 with beta 0", lambda x: F.smooth_l1_loss(x, ew.zeros((), dtype="float64"), beta=0), 0.0, 0.0),
    ("tanh far out", ew.tanh, 50.0, 0.0),
    ("sigmoid far out", ew.sigmoid, -800.0, 0.0),
    ("softplus far out", F.softplus, 800.0, 1.0),
    ("expm1", ew.expm1, 0.0, 1.0),
]


@pytest.mark.parametrize(
    ("function", "at", "slope"), [row[1:] for row in ONE_ARGUMENT], ids=[r[0] for r in ONE_ARGUMENT]
)
def test_the_slope_at_a_kink_is_the_least(function, at, slope):
    assert _slopes(function, at) == [slope]


MANY_ARGUMENTS = [
    ("maximum shares a tie", ew.maximum, (1.0, 1.0), [0.5, 0.5]),
    ("minimum shares a tie", ew.minimum, (1.0, 1.0), [0.5, 0.5]),
    ("amax shares a tie", ew.amax, ([2.0, 1.0, 2.0],), [[0.5, 0.0, 0.5]]),
    ("amin shares a tie", ew.amin, ([1.0, 1.0, 2.0, 1.0],), [[1 / 3, 1 / 3, 0.0, 1 / 3]]),
    ("max over everything shares a tie", lambda x: x.max(), ([2.0, 2.0],), [[0.5, 0.5]]),
    ("max over an axis shares a tie", lambda x: x.max(0).values, ([2.0, 2.0],), [[0.5, 0.5]]),
    (
        "max_pool2d shares a tie",
        lambda x: F.max_pool2d(x.reshape(1, 1, 2, 2), 2),
        ([3.0, 1.0, 3.0, 0.0],),
        [[0.5, 0, 0.5, 0]],
    ),
    ("norm at the origin", ew.norm, ([0.0, 0.0],), [[0.0, 0.0]]),
    ("norm with p=1 at the origin", lambda x: ew.norm(x, 1), ([0.0, 0.0],), [[0.0, 0.0]]),
    ("std of equal numbers", lambda x: x.std(), ([2.0, 2.0],), [[0.0, 0.0]]),
    ("hypot at the origin", ew.hypot, (0.0, 0.0), [0.0, 0.0]),
    ("atan2 at the origin", ew.atan2, (0.0, 0.0), [0.0, 0.0]),
    (
        "cdist of equal rows",
        lambda a, b: ew.cdist(a[None], b[None]),
        ([1.0, 2.0], [1.0, 2.0]),
        [[0.0, 0.0], [0.0, 0.0]],
    ),
    ("dist of equal vectors", ew.dist, ([1.0, 2.0], [1.0, 2.0]), [[0.0, 0.0], [0.0, 0.0]]),
    ("prod with one zero", ew.prod, ([2.0, 0.0, 3.0],), [[0.0, 6.0, 0.0]]),
    ("prod with two zeros", ew.prod, ([0.0, 0.0, 3.0],), [[0.0, 0.0, 0.0]]),
    ("cumprod with a zero", lambda x: x.cumprod(0), ([2.0, 0.0, 3.0],), [[1.0, 8.0, 0.0]]),
    ("logaddexp of equal numbers", ew.logaddexp, (2.0, 2.0), [0.5, 0.5]),
    ("logaddexp of equal infinities", ew.logaddexp, (INF, INF), [0.5, 0.5]),
    ("logaddexp of equal minus infinities", ew.logaddexp, (-INF, -INF), [0.5, 0.5]),
    ("logaddexp of infinity and a number", ew.logaddexp, (INF, 0.0), [1.0, 0.0]),
    ("logaddexp of opposite infinities", ew.logaddexp, (-INF, INF), [0.0, 1.0]),
    ("logaddexp of numbers too large to differ", ew.logaddexp, (1e300, 1e300), [0.5, 0.5]),
    ("softmax over a mask", lambda x: ew.softmax(x, 0)[0], ([1.0, -INF],), [[0.0, 0.0]]),
    ("logsumexp over a mask", lambda x: ew.logsumexp(x, 0), ([1.0, -INF],), [[1.0, 0.0]]),
    ("where passes nothing to the other branch", lambda x: ew.where(x > 1, x, 2 * x), ([1.0, 3.0],), [[2.0, 1.0]]),
]


@pytest.mark.parametrize(
    ("function", "values", "slopes"), [row[1:] for row in MANY_ARGUMENTS], ids=[row[0] for row in MANY_ARGUMENTS]
)
def test_gradients_at_kinks_of_several_numbers(function, values, slopes):
    for found, expected in zip(_slopes(function, *values), slopes, strict=True):
        assert found == pytest.approx(expected, abs=1e-12)


def test_a_clipped_bound_that_decides_has_the_gradient():
    assert _slopes(lambda x, low: ew.clip(x, low, 3.0), 0.0, 1.0) == [0.0, 1.0]


def test_ties_of_many_float16_numbers_do_not_underflow():
    (slopes,) = _slopes(ew.amax, [1.0] * 3000, dtype="float16")
    assert slopes[0] > 0
    assert sum(slopes) == pytest.approx(1.0, rel=0.05)


# For each of these PyTorch 2.13 gives a gradient that can be differentiated again, and zeros for its derivative.
PIECEWISE_LINEAR = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "hardtanh": F.hardtanh,
    "threshold": lambda x: F.threshold(x, 0.3, 0.1),
    "softshrink": F.softshrink,
    "hardshrink": F.hardshrink,
    "prelu": lambda x: F.prelu(x, ew.tensor([0.25])),
    "abs": ew.abs,
    "max_pool1d": lambda x: F.max_pool1d(x, 2),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 2),
    "l1_loss": lambda x: F.l1_loss(x, ew.zeros_like(x)),
    "norm of order 1": lambda x: ew.linalg.vector_norm(x, ord=1),
}


@pytest.mark.parametrize("name", PIECEWISE_LINEAR)
def test_the_second_derivative_of_what_is_piecewise_linear_is_zero(name):
    x = ew.tensor([[[0.9, -0.7, 0.2, -0.1, 0.6, -1.5]]], requires_grad=True)
    (first,) = ew.autograd.grad(PIECEWISE_LINEAR[name](x).sum(), x, create_graph=True)
    (first * first).sum().backward()
    assert x.grad.tolist() == [[[0.0] * 6]]


def test_a_kink_of_ones_own_has_a_second_derivative_too():
    ramp = ew.Operation("ramp", lambda xp, x: xp.maximum(x, 0), lambda xp, g, _y, x: g * xp.astype(x > 0, g.dtype))
    x = ew.tensor([1.0, -1.0], requires_grad=True)
    (first,) = ew.autograd.grad(ramp(x).sum(), x, create_graph=True)
    (second,) = ew.autograd.grad(first.sum(), x)
    assert second.tolist() == [0.0, 0.0]


def test_the_gradient_of_what_is_linear_stays_a_constant():
    x = ew.tensor([1.0, -1.0], requires_grad=True)
    (first,) = ew.autograd.grad((3 * x).sum(), x, create_graph=True)
    assert not first.requires_grad
