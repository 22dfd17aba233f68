from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

X = np.random.default_rng(0).standard_normal((2, 3, 4))


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_values_and_derivatives_along_every_axis(dim, check_derivatives):
    e = np.exp(X)
    expected = e / e.sum(axis=dim, keepdims=True)
    np.testing.assert_allclose(F.softmax(ew.tensor(X), dim).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(F.log_softmax(ew.tensor(X), dim=dim).numpy(), np.log(expected), rtol=1e-10)
    np.testing.assert_allclose(F.softmin(ew.tensor(-X), axis=dim).numpy(), expected, rtol=1e-12)
    check_derivatives(lambda x: F.softmax(x, dim), X)
    check_derivatives(lambda x: F.log_softmax(x, dim), X)


def test_scores_of_ten_thousand_do_not_overflow():
    x = ew.tensor(np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype=np.float32), requires_grad=True)
    y = F.log_softmax(x, 1)
    np.testing.assert_allclose(y.detach().numpy(), [[0, -2e4, -1e4], [-np.log(3)] * 3], rtol=1e-6)
    y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    np.testing.assert_allclose(F.softmax(x.detach(), 1).numpy(), [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)


def test_minus_infinity_has_no_probability_and_no_gradient():
    x = ew.tensor(np.array([0.0, -np.inf, 0.0]), requires_grad=True)
    y = F.softmax(x, 0)
    y[0].backward()
    np.testing.assert_allclose(y.detach().numpy(), [0.5, 0, 0.5])
    np.testing.assert_allclose(x.grad.numpy(), [0.25, 0, -0.25])


def test_one_number_and_no_number():
    assert F.softmax(ew.tensor(3.0), 0).item() == 1.0
    assert F.softmax(ew.tensor(np.zeros((0, 3))), 0).shape == (0, 3)


def test_dtype_casts_first():
    assert F.softmax(ew.tensor([1, 2]), 0, dtype="float64").dtype == np.float64
    assert F.softmax(ew.tensor([1, 2]), 0).dtype == np.float32


def test_the_axis_is_needed_once_and_must_exist():
    x = ew.tensor([[1.0, 2.0]])
    with pytest.raises(TypeError, match="softmax"):
        F.softmax(x)
    with pytest.raises(TypeError, match="two spellings"):
        F.softmax(x, 0, axis=1)
    with pytest.raises(IndexError, match=r"log_softmax.*out of range.*\(1, 2\)"):
        F.log_softmax(x, 2)
