from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

POINTS = np.array([-3.1, -1.2, -0.4, 0.3, 0.9, 2.7, 5.5])


def _phi(x):
    return np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])


def _sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


CASES = {
    "relu": (F.relu, lambda x: np.where(x > 0, x, 0)),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
    "leaky_relu_steep": (lambda x: F.leaky_relu(x, 1.5), lambda x: np.where(x > 0, x, 1.5 * x)),
    "elu": (lambda x: F.elu(x, 0.7), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    "selu": (F.selu, lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    "gelu": (F.gelu, lambda x: x * _phi(x)),
    "gelu_tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    ),
    "sigmoid": (F.sigmoid, _sigmoid),
    "logsigmoid": (F.logsigmoid, lambda x: np.log(_sigmoid(x))),
    "softplus": (lambda x: F.softplus(x, beta=2.0), lambda x: np.log1p(np.exp(2 * x)) / 2),
    "silu": (F.silu, lambda x: x * _sigmoid(x)),
    "mish": (F.mish, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "hardtanh": (lambda x: F.hardtanh(x, -2.0, 1.5), lambda x: np.clip(x, -2.0, 1.5)),
    "relu6": (F.relu6, lambda x: np.clip(x, 0, 6)),
    "hardsigmoid": (F.hardsigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "hardswish": (F.hardswish, lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "softsign": (F.softsign, lambda x: x / (1 + np.abs(x))),
    "tanh": (F.tanh, np.tanh),
}


@pytest.mark.parametrize("name", CASES)
def test_values_agree_with_their_formulas(name):
    function, formula = CASES[name]
    np.testing.assert_allclose(function(ew.tensor(POINTS)).numpy(), formula(POINTS), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_first_and_second_derivatives(name, check_derivatives):
    check_derivatives(CASES[name][0], POINTS)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32_and_large_numbers_stay_finite(name):
    x = ew.tensor(np.array([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=np.float32), requires_grad=True)
    y = CASES[name][0](x)
    assert y.dtype == np.float32
    assert np.isfinite(y.detach().numpy()).all()
    y.sum().backward()
    assert x.grad.dtype == np.float32
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (F.relu, 0.0),
        (lambda x: F.leaky_relu(x, 0.1), 0.1),
        (lambda x: F.leaky_relu(x, 1.5), 1.0),
        (lambda x: F.leaky_relu(x, -0.5), 0.0),
        (lambda x: F.elu(x, 0.5), 0.5),
        (lambda x: F.elu(x, 2.0), 1.0),
        (lambda x: F.prelu(x, ew.tensor([0.25])), 0.25),
        (lambda x: F.prelu(x, ew.tensor([-3.0])), 0.0),
        (lambda x: F.hardtanh(x, 0.0, 1.0), 0.0),
        (F.relu6, 0.0),
    ],
)
def test_at_a_kink_the_derivative_is_the_slope_nearest_to_zero(function, slope):
    x = ew.tensor([0.0], requires_grad=True)
    function(x).sum().backward()
    assert x.grad.item() == pytest.approx(slope)


def test_relu_keeps_nan_infinity_and_integers():
    large = np.zeros(20000, dtype=np.float32)
    large[:3] = np.nan, np.inf, -np.inf
    for x in (large[:3], large):
        np.testing.assert_array_equal(F.relu(ew.tensor(x)).numpy()[:3], np.array([np.nan, np.inf, 0], dtype=np.float32))
    whole = F.relu(ew.tensor(np.arange(-10000, 10000)))
    assert whole.dtype == np.int64
    assert whole.numpy().min() == 0


def test_sigmoid_is_exact_in_its_tails():
    x = np.array([-80.0, -30.0, -5.0, 30.0], dtype=np.float32)
    np.testing.assert_allclose(F.sigmoid(ew.tensor(x)).numpy(), _sigmoid(x.astype(np.float64)), rtol=1e-6)


def test_softplus_is_straight_above_its_threshold():
    x = ew.tensor(np.array([1.0, 3.0]), requires_grad=True)
    y = F.softplus(x, beta=1.0, threshold=2.0)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), [math.log1p(math.e), 3.0])
    np.testing.assert_allclose(x.grad.numpy(), [1 / (1 + math.exp(-1)), 1.0])


def test_prelu_has_one_slope_per_channel(check_derivatives):
    x = np.linspace(-2, 3.1, 12).reshape(2, 3, 2)
    w = np.array([0.1, 0.5, -0.3])
    y = F.prelu(ew.tensor(x), ew.tensor(w)).numpy()
    np.testing.assert_allclose(y, np.where(x > 0, x, w[None, :, None] * x))
    check_derivatives(F.prelu, x, w)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.gelu(x, approximate="fast"), "approximate is 'fast'"),
        (lambda x: F.softplus(x, beta=-1.0), "beta must be > 0"),
        (lambda x: F.hardtanh(x, 1.0, -1.0), "must not be above max_val"),
        (lambda x: F.prelu(x, ew.tensor([1.0, 2.0])), r"it must be \(1,\) or \(3,\)"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises((ew.ShapeError, ew.ArgumentError), match=message):
        call(ew.tensor([[1.0, 2.0, 3.0]]))


def test_celu_with_a_negative_alpha_is_that_of_pytorch():
    x = ew.tensor([-1.0, 0.1, 0.0], dtype="float64", requires_grad=True)
    y = F.celu(x, alpha=-0.5)
    y.sum().backward()
    assert y.tolist() == pytest.approx([-0.5 * math.expm1(2), 0.1, 0.0])
    assert x.grad.tolist() == pytest.approx([math.exp(2), 1.0, 1.0])
