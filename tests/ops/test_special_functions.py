"""erfc, sinc, logit, x·log y and their like: values, derivatives of any order, and the edges of their domains."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.edge import wrap


def test_erfc_keeps_its_precision_where_erf_is_close_to_one():
    x = np.linspace(-6, 26, 501)
    expected = np.array([math.erfc(v) for v in x])
    np.testing.assert_allclose(ew.erfc(ew.tensor(x)).numpy(), expected, rtol=2e-15)
    assert ew.erfc(ew.tensor([math.inf, -math.inf, 0.0])).tolist() == [0, 2, 1]
    assert ew.erfc(ew.tensor(math.nan)).isnan()


def test_erf_keeps_its_precision_over_all_its_branches():
    x = np.linspace(-6, 6, 1001)
    expected = np.array([math.erf(v) for v in x])
    np.testing.assert_allclose(ew.erf(ew.tensor(x)).numpy(), expected, rtol=2e-15)
    assert ew.erf(ew.tensor([math.inf, -math.inf, 0.0])).tolist() == [1, -1, 0]
    assert ew.erf(ew.tensor(math.nan)).isnan()


@pytest.mark.parametrize("eps", [0.1, 0.3])
def test_logit_holds_both_ends_within_eps(eps):
    x = ew.tensor([0.0, 0.01, 0.5, 0.99, 1.0], dtype="float64", requires_grad=True)
    y = ew.logit(x, eps)
    held = np.clip(x.detach().numpy(), eps, 1 - eps)
    np.testing.assert_allclose(y.detach().numpy(), np.log(held / (1 - held)), rtol=1e-12)
    (slope,) = ew.autograd.grad(y.sum(), [x])
    np.testing.assert_allclose(slope.numpy(), [0, 0, 4, 0, 0], rtol=1e-12)


def test_sinc_has_derivatives_of_any_order_at_zero_too():
    x = ew.tensor([0.0, 0.3, 1.0, 2.5], dtype=ew.float64, requires_grad=True)
    np.testing.assert_allclose(ew.sinc(x).detach().numpy(), np.sinc([0.0, 0.3, 1.0, 2.5]), atol=1e-16)
    y = ew.sinc(x).sum()
    at_zero = []
    for _ in range(4):
        (y,) = ew.autograd.grad(y.sum(), [x], create_graph=True)
        at_zero.append(y[0].item())
    np.testing.assert_allclose(at_zero, [0, -(math.pi**2) / 3, 0, math.pi**4 / 5], atol=1e-12)


def test_derivatives(check_derivatives):
    rng = np.random.default_rng(0)
    x, p = rng.standard_normal(5), rng.random(5) * 0.8 + 0.1
    check_derivatives(ew.sinc, x)
    check_derivatives(ew.erfc, x)
    check_derivatives(ew.logit, p)
    check_derivatives(ew.xlogy, x, p)
    check_derivatives(ew.logaddexp2, x, p)
    check_derivatives(ew.float_power, p, x)


def test_xlogy_is_zero_where_its_first_factor_is():
    a = ew.tensor([0.0, 0.0, 0.0, 0.0], requires_grad=True)
    b = ew.tensor([0.0, -1.0, math.inf, 2.0], requires_grad=True)
    y = ew.xlogy(a, b)
    y.sum().backward()
    assert y.tolist() == [0, 0, 0, 0]
    assert a.grad.tolist() == pytest.approx([0, 0, 0, math.log(2)])
    assert b.grad.tolist() == [0, 0, 0, 0]
    assert ew.xlogy(0.0, ew.tensor(math.nan)).isnan()
    assert ew.xlogy(ew.tensor([0.0, 1.0]), 0.0).tolist() == [0, -math.inf]


def test_logit_outside_of_its_domain():
    assert ew.logit(ew.tensor([0.0, 1.0])).tolist() == [-math.inf, math.inf]
    assert ew.logit(ew.tensor([2.0])).isnan().all()
    x = ew.tensor([0.0, 0.5], requires_grad=True)
    ew.logit(x, eps=0.1).sum().backward()
    assert x.grad.tolist() == [0, 4]


def test_fmax_and_fmin_pass_over_nan_and_share_ties():
    nan = math.nan
    for function, expected in ((ew.fmax, [2, 1, 3, 2]), (ew.fmin, [1, 1, 3, 2])):
        a = ew.tensor([1.0, nan, 3.0, 2.0], requires_grad=True)
        b = ew.tensor([2.0, 1.0, nan, 2.0], requires_grad=True)
        y = function(a, b)
        y.sum().backward()
        assert y.tolist() == expected
        assert (a.grad + b.grad).tolist() == [1, 1, 1, 1]
        assert (a.grad[3], b.grad[3]) == (0.5, 0.5)
        assert (a.grad[1], b.grad[2]) == (0, 0)
    assert ew.fmax(ew.tensor([nan]), ew.tensor([nan])).isnan().all()


def test_float_power_computes_in_float64():
    assert ew.float_power(ew.tensor([2, 3]), 2).dtype == ew.float64
    assert ew.float_power(2, ew.tensor([0.5])).item() == math.sqrt(2)


def test_heaviside_sends_gradients_to_the_values_at_zero():
    values = ew.tensor([0.3, 0.3, 0.3], requires_grad=True)
    y = ew.heaviside(ew.tensor([-1.0, 0.0, 2.0]), values)
    y.sum().backward()
    assert y.tolist() == pytest.approx([0, 0.3, 1])
    assert values.grad.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("function", "kinks"),
    [
        (lambda x: ew.nn.functional.softshrink(x, 1.0), [-1.0, 1.0]),
        (lambda x: ew.nn.functional.hardshrink(x, 1.0), [-1.0, 1.0]),
        (lambda x: ew.nn.functional.threshold(x, 1.0, 0.0), [1.0]),
    ],
)
def test_the_slope_at_a_kink_is_zero(function, kinks):
    x = ew.tensor(kinks, requires_grad=True)
    function(x).sum().backward()
    assert x.grad.tolist() == [0] * len(kinks)


def test_shrinking_by_nothing_leaves_the_slope():
    x = ew.tensor([0.0], requires_grad=True)
    (ew.nn.functional.softshrink(x, 0.0) + ew.hardshrink(x, 0.0)).sum().backward()
    assert x.grad.tolist() == [2]
    with pytest.raises(ew.ArgumentError, match="softshrink: lambd is -1; it must be at least 0"):
        ew.nn.functional.softshrink(x, -1.0)
    with pytest.raises(ew.ArgumentError, match="softshrink: lambd is inf; it must be finite, at least 0"):
        ew.nn.functional.softshrink(x, float("inf"))


def test_celu_has_no_kink():
    x = ew.tensor([0.0, -1.0], requires_grad=True)
    ew.celu(x, 2.0).sum().backward()
    assert x.grad.tolist() == pytest.approx([1, math.exp(-0.5)])
    with pytest.raises(ew.ArgumentError, match="alpha must not be 0"):
        ew.celu(x, 0)


def test_a_threshold_of_whole_numbers_gives_whole_numbers():
    x = ew.tensor([1, 2, 3])
    for inplace in (False, True):
        y = ew.nn.functional.threshold(x.clone(), 2, 7, inplace=inplace)
        assert (y.tolist(), y.dtype) == ([7, 7, 3], np.int64)
    z = ew.nn.functional.threshold(ew.tensor([1.0, 3.0]), 2, 7.5)
    assert (z.tolist(), z.dtype) == ([7.5, 3.0], np.float32)


def test_gumbel_softmax_samples_with_the_probabilities_of_the_softmax():
    generator = ew.Generator().manual_seed(0)
    # Of three: between two, noise of the wrong sign would choose with the same probabilities.
    logits = ew.tensor([0.0, math.log(3.0), math.log(6.0)]).expand(4000, 3)
    drawn = ew.nn.functional.gumbel_softmax(logits, hard=True, generator=generator)
    assert drawn.sum(1).eq(1).all()
    assert drawn.mean(0).tolist() == pytest.approx([0.1, 0.3, 0.6], abs=0.02)
    x = ew.randn(3, 4, requires_grad=True)
    (ew.nn.functional.gumbel_softmax(x, 0.5, hard=True) * ew.arange(4.0)).sum().backward()
    assert x.grad.abs().sum() > 0


def test_glu_needs_two_halves():
    with pytest.raises(ew.ShapeError, match="halves"):
        ew.nn.functional.glu(ew.ones(3))


FUNCTIONS_OF_FLOAT32 = {
    "erf": (ew.erf, math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "gelu": (
        ew.nn.functional.gelu,
        lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
        lambda x: math.erfc(-x / math.sqrt(2)) / 2 + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS_OF_FLOAT32)
@pytest.mark.parametrize("wanted", [False, True], ids=["values alone", "with a gradient"])
def test_erf_and_gelu_of_float32_are_exact_to_a_few_last_digits(name, wanted):
    function, exact, slope = FUNCTIONS_OF_FLOAT32[name]
    numbers = np.concatenate([np.linspace(-13, 13, 40_001), np.geomspace(1e-30, 1, 500)]).astype(np.float32)
    x = ew.tensor(numbers, requires_grad=wanted)
    y = function(x)
    expected = np.array([exact(float(number)) for number in numbers])
    # gelu goes towards 0 on the left by a product with what is rounded at 1/2.
    rtol, atol = (5e-7, 0.0) if name == "erf" else (4e-7, 1e-7)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=rtol, atol=atol)
    assert np.abs(ew.erf(x).detach().numpy()).max() <= 1
    if wanted:
        y.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), [slope(float(number)) for number in numbers], rtol=1e-6, atol=4e-7)


@pytest.mark.parametrize("wanted", [False, True], ids=["values alone", "with a gradient"])
def test_gelu_of_float32_is_exact_where_it_is_nearly_zero(wanted):
    numbers = np.linspace(-8, -0.01, 5_000).astype(np.float32)
    expected = [x * math.erfc(-x / math.sqrt(2)) / 2 for x in numbers.astype(float)]
    y = ew.nn.functional.gelu(ew.tensor(numbers, requires_grad=wanted)).detach().numpy()
    np.testing.assert_allclose(y[numbers > -4], np.asarray(expected)[numbers > -4], rtol=5e-6)
    np.testing.assert_allclose(y, expected, rtol=1e-4)


@pytest.mark.parametrize("name", FUNCTIONS_OF_FLOAT32)
def test_erf_and_gelu_take_float32_in_any_layout(name):
    function, exact, slope = FUNCTIONS_OF_FLOAT32[name]
    whole = np.random.default_rng(0).standard_normal((6, 10, 8)).astype(np.float32)
    layouts = [whole.transpose(2, 0, 1), whole[::-1, ::3], whole[:, :1, 2], whole[2, 3, 4], whole[:0]]
    layouts.append(np.broadcast_to(whole[:, :1], (6, 5, 8)))
    for array in layouts:
        x = wrap(array)
        x.requires_grad_()
        function(x).sum().backward()
        values = np.vectorize(exact, otypes=[float])(array)
        slopes = np.vectorize(slope, otypes=[float])(array)
        np.testing.assert_allclose(function(x).detach().numpy(), values, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-6, atol=1e-6)


def test_what_erf_and_gelu_give_may_be_written_into_before_backward():
    for name, (function, _, slope) in FUNCTIONS_OF_FLOAT32.items():
        x = ew.tensor([0.5, -1.5], requires_grad=True)
        y = function(x)
        y.mul_(2)
        y.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), [2 * slope(0.5), 2 * slope(-1.5)], rtol=1e-6, err_msg=name)


def test_erf_and_gelu_at_infinity_and_nan():
    x = ew.tensor([math.inf, -math.inf, math.nan], requires_grad=True)
    np.testing.assert_array_equal(ew.erf(x).detach().numpy(), [1, -1, math.nan])
    assert ew.nn.functional.gelu(x)[0].item() == math.inf
    (slopes,) = ew.autograd.grad(ew.erf(x).sum(), [x])
    np.testing.assert_array_equal(slopes.numpy(), [0, 0, math.nan])
