"""log Γ and its derivatives: values against known ones, poles, reflection, derivatives of any order."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew

EULER = 0.5772156649015329


def test_lgamma_is_the_logarithm_of_the_gamma_function():
    x = np.concatenate([np.linspace(-20.37, 30, 997), np.logspace(-12, 12, 200), -np.logspace(-12, 2.9, 99)])
    expected = np.array([math.lgamma(v) for v in x])
    error = np.abs(ew.lgamma(ew.tensor(x)).numpy() - expected) / (1 + np.abs(expected))
    assert error.max() < 2e-14
    assert ew.lgamma(ew.tensor([0.0, -1.0, -7.0, math.inf, -math.inf])).tolist() == [math.inf] * 5
    assert ew.lgamma(ew.tensor(math.nan)).isnan()


def test_lgamma_keeps_its_precision_in_float32_near_its_zeros():
    x = np.linspace(0.9, 2.2, 301, dtype="float32")
    expected = np.array([math.lgamma(float(v)) for v in x])
    np.testing.assert_allclose(ew.lgamma(ew.tensor(x)).numpy(), expected, rtol=1e-6, atol=1e-14)


def test_digamma_and_its_derivatives_have_their_known_values():
    half = ew.tensor([0.5, 1.0], dtype="float64")
    np.testing.assert_allclose(ew.digamma(half).numpy(), [-EULER - 2 * math.log(2), -EULER], rtol=1e-14)
    np.testing.assert_allclose(ew.polygamma(1, half).numpy(), [math.pi**2 / 2, math.pi**2 / 6], rtol=1e-14)
    zeta3 = 1.2020569031595943
    np.testing.assert_allclose(ew.polygamma(2, half).numpy(), [-14 * zeta3, -2 * zeta3], rtol=1e-14)
    np.testing.assert_allclose(half.polygamma(3).numpy(), [math.pi**4, math.pi**4 / 15], rtol=1e-13)
    assert ew.polygamma(0, half).tolist() == half.digamma().tolist()


@pytest.mark.parametrize("n", range(5))
def test_the_recurrence_holds_on_both_sides_of_zero(n):
    x = np.array([-7.3, -2.6, -0.4, 0.2, 0.7, 3.1, 40.0])
    step = (-1) ** n * math.factorial(n) / x ** (n + 1)
    found = ew.polygamma(n, ew.tensor(x + 1)).numpy() - ew.polygamma(n, ew.tensor(x)).numpy()
    size = 1 + np.abs(ew.polygamma(n, ew.tensor(x)).numpy())
    assert (np.abs(found - step) / size).max() < 1e-11


def test_poles_and_ends():
    at = ew.tensor([0.0, -0.0, -1.0, math.inf, -math.inf, math.nan])
    np.testing.assert_array_equal(
        ew.digamma(at).numpy(), [-math.inf, math.inf, *[math.nan] * 1, math.inf, *[math.nan] * 2]
    )
    np.testing.assert_array_equal(ew.polygamma(1, at).numpy(), [math.inf, math.inf, math.inf, 0, math.nan, math.nan])


def test_derivatives_lead_from_each_to_the_next(check_derivatives):
    check_derivatives(ew.lgamma, np.array([-1.4, 0.3, 2.5, 7.9, 30.0]))
    check_derivatives(ew.digamma, np.array([-1.4, 0.3, 2.5, 7.9, 30.0]), tolerance=1e-5)


def test_the_number_of_the_derivative_is_checked():
    with pytest.raises(ew.ArgumentError, match="polygamma: n is -1; it must be a whole number, at least 0"):
        ew.polygamma(-1, ew.ones(2))
