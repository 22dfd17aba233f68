"""Numbers whose squares or cubes overflow or underflow in float32: values and gradients are the closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

SIZES = [1e-38, 1e-30, 1e-25, 1e-20, 1e-10, 1.0, 1e10, 1e20, 1e25, 1e30, 1e38]
every_size = pytest.mark.parametrize("size", SIZES)


def leaf(x):
    return ew.tensor(np.asarray(x, dtype=np.float32), requires_grad=True)


@every_size
def test_the_slopes_of_an_angle_are_of_the_size_of_one_over_the_distance(size):
    a, b = leaf(3 * size), leaf(-2 * size)
    ew.atan2(a, b).backward()
    assert a.grad.item() == pytest.approx(float(np.float32(-2 / 13 / size)), rel=1e-5)
    assert b.grad.item() == pytest.approx(float(np.float32(-3 / 13 / size)), rel=1e-5)


@pytest.mark.parametrize("size", [s for s in SIZES if 1e-10 <= s <= 1e10])
def test_the_slopes_of_an_angle_have_slopes(size):
    a, b = leaf(3 * size), leaf(-2 * size)
    (slope,) = ew.autograd.grad([ew.atan2(a, b)], [a], create_graph=True)
    ew_a, ew_b = ew.autograd.grad([slope], [a, b])
    assert ew_a.item() == pytest.approx(12 / 169 / size**2, rel=1e-4)  # -2ab / (a² + b²)²
    assert ew_b.item() == pytest.approx(5 / 169 / size**2, rel=1e-4)  # (a² - b²) / (a² + b²)²


@every_size
def test_std_and_its_gradient_scale_with_the_numbers(size):
    numbers = np.array([1.0, -1.0, 0.5, 2.0])
    x = leaf(numbers * size)
    y = x.std()
    y.backward()
    std = np.std(numbers, ddof=1)
    assert y.item() == pytest.approx(std * size, rel=1e-5)
    np.testing.assert_allclose(x.grad.numpy(), (numbers - numbers.mean()) / (3 * std), rtol=1e-4)


@pytest.mark.parametrize("size", [1e-18, 1e-16, 1e-5, 1.0, 1e10, 1e17])
@pytest.mark.parametrize("other", [1e-18, 1e-5, 1.0, 1e17])
def test_the_cosine_of_an_angle_is_that_of_the_directions(size, other):
    a, b = leaf(np.array([[3.0, 4.0]]) * size), leaf(np.array([[5.0, 12.0]]) * other)
    y = F.cosine_similarity(a, b, eps=1e-30)
    y.sum().backward()
    assert y.item() == pytest.approx(63 / 65, rel=1e-5)
    # (b/|b| - cos · a/|a|) / |a|
    np.testing.assert_allclose(
        a.grad.numpy()[0] * (5 * size), [5 / 13 - 63 / 65 * 0.6, 12 / 13 - 63 / 65 * 0.8], rtol=1e-4
    )


def test_the_norm_of_huge_numbers_has_a_second_derivative():
    x = leaf([2e38, 1e38])
    (slope,) = ew.autograd.grad([x.norm()], [x], create_graph=True)
    (second,) = ew.autograd.grad([slope.sum()], [x])
    np.testing.assert_allclose(slope.detach().numpy(), [2 / math.sqrt(5), 1 / math.sqrt(5)], rtol=1e-5)
    np.testing.assert_allclose(second.numpy(), [0, 0], atol=1e-37)


@pytest.mark.parametrize("size", [1e-12, 1e-10, 1.0, 1e10, 1e14])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3)])
def test_the_gradient_of_a_pseudo_inverse_scales_with_the_matrix(shape, size):
    base = np.array([[2.0, 1.0, 0.5], [0.5, -1.0, 1.0], [1.0, 0.0, 3.0]])[: shape[0], : shape[1]]
    x = leaf(base * size)
    weights = np.arange(6.0)[: math.prod(shape)].reshape(shape[::-1]) - 1
    (ew.linalg.pinv(x) * ew.tensor(weights.astype(np.float32))).sum().backward()
    step, slopes = 1e-6, np.zeros(shape)
    for at in np.ndindex(*shape):
        moved = np.zeros(shape)
        moved[at] = step
        ends = [(np.linalg.pinv(base + sign * moved) * weights).sum() for sign in (1, -1)]
        slopes[at] = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(x.grad.numpy() * size * size, slopes, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("function", "slope"),
    [(F.hardswish, 1.0), (F.relu, 1.0), (F.silu, 1.0), (F.gelu, 1.0), (F.softplus, 1.0), (F.softsign, 0.0)],
)
def test_slopes_far_out_are_those_of_the_asymptote(function, slope):
    for at in (1e4, 1e19, 1e38, 3e38):
        x = leaf(at)
        (first,) = ew.autograd.grad([function(x)], [x], create_graph=True)
        assert first.item() == pytest.approx(slope, abs=1e-7)
        if first.requires_grad:
            (second,) = ew.autograd.grad([first], [x])
            assert second.item() == pytest.approx(0.0, abs=1e-7)


def test_zero_to_the_power_of_infinity_is_flat():
    x = ew.tensor(math.inf, requires_grad=True)
    (0.0**x).backward()
    assert x.grad.item() == 0.0


@pytest.mark.parametrize("at", [1e-45, 1e-40, -1e-45])
def test_log_gamma_is_steep_beside_its_pole(at):
    x = leaf(at)
    (first,) = ew.autograd.grad([ew.lgamma(x)], [x], create_graph=True)
    (second,) = ew.autograd.grad([first], [x])
    assert first.item() == -math.copysign(math.inf, at)  # -1/x, which float32 can't hold
    assert second.item() == math.inf


def test_x_log_y_has_the_slope_of_its_factor_at_zero():
    x, y = ew.tensor(0.0, requires_grad=True), ew.tensor(-4.0, requires_grad=True)
    (first,) = ew.autograd.grad([ew.xlogy(x, y)], [y], create_graph=True)
    (second,) = ew.autograd.grad([first], [x])
    assert (first.item(), second.item()) == (0.0, -0.25)  # x / y, 1 / y


@pytest.mark.parametrize("size", [1e-42, 1e-39, 3e-38, 1e38])
@pytest.mark.parametrize("name", ["norm", "std"])
def test_gradients_of_lengths_are_those_of_the_same_numbers_in_float64(name, size):
    x = leaf([size, 2 * size, -size, 1.5 * size])
    (found,) = ew.autograd.grad([getattr(x, name)()], [x])
    numbers = x.detach().numpy().astype("float64")
    centred = numbers - numbers.mean() if name == "std" else numbers
    right = centred / np.linalg.norm(centred) / (math.sqrt(3) if name == "std" else 1)
    np.testing.assert_allclose(found.numpy(), right, atol=2e-3 if size < 1e-41 else 1e-6)


def test_rows_of_zeros_beside_tiny_ones_have_no_slope():
    x = leaf([[1e-42, 0.0], [0.0, 0.0]])
    (found,) = ew.autograd.grad([x.norm(dim=1).sum()], [x])
    assert found.tolist() == [[1, 0], [0, 0]]
