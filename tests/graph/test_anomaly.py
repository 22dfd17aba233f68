"""Anomaly detection: operation, element, values and line of the first NaN or infinity."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import detect_anomaly, is_anomaly_enabled, set_detect_anomaly


def here() -> int:
    return sys._getframe(1).f_lineno


def test_off_by_default_and_infinities_pass() -> None:
    assert not is_anomaly_enabled()
    x = ew.tensor([1.0, 0.0], requires_grad=True)
    y = 1 / x
    y.sum().backward()
    assert y.tolist() == [1.0, float("inf")]
    assert x.grad.tolist() == [-1.0, -float("inf")]


@pytest.mark.parametrize("wants_gradient", [True, False])
def test_forward_names_operation_element_values_and_line(wants_gradient: bool) -> None:
    x = ew.tensor([[1.0, 2.0], [0.0, 3.0]], requires_grad=wants_gradient)
    line = here() + 2
    with detect_anomaly(), pytest.raises(ew.AnomalyError) as caught:
        1 / (x * 1)
    message = str(caught.value)
    assert message.startswith("div: the result is inf at [1, 0] of float32 (2, 2)")
    assert "a = 1" in message
    assert "b = 0.0" in message
    assert f"{__file__}:{line}" in message


def test_forward_names_the_first_nan_of_several() -> None:
    x = ew.tensor([1.0, -1.0, -2.0])
    with detect_anomaly(), pytest.raises(ew.AnomalyError, match=r"pow: the result is nan at \[1\].*a = -1.0, b = 0.5"):
        x**0.5


def test_a_nan_from_outside_is_distinguished_from_one_that_was_made() -> None:
    x = ew.tensor([1.0, float("nan")])
    with detect_anomaly(), pytest.raises(ew.AnomalyError, match="held a NaN already: it came from outside"):
        x * 2


def test_infinity_out_of_infinity_is_no_anomaly() -> None:
    x = ew.tensor([1.0, float("inf")])
    with detect_anomaly():
        assert (x * 2).tolist() == [2.0, float("inf")]
        assert (ew.tensor([1.0, 2.0]) * float("inf")).tolist() == [float("inf")] * 2


def test_backward_names_operation_argument_element_and_the_line_of_the_forward() -> None:
    x = ew.tensor([4.0, 0.0], requires_grad=True)
    line = here() + 1
    y = x**0.5
    z = y.sum()
    with detect_anomaly(), pytest.raises(ew.AnomalyError) as caught:
        z.backward()
    message = str(caught.value)
    assert message.startswith("pow: the gradient of a is inf at [1] of float32 (2,)")
    assert "incoming gradient 1.0" in message
    assert "a = 0.0" in message
    assert "the forward's result was finite" in message
    assert f"{__file__}:{line}" in message


def test_backward_in_a_graph_being_created_and_in_grad() -> None:
    x = ew.tensor([4.0, 0.0], requires_grad=True)
    z = (x**0.5).sum()
    for create_graph in (False, True):
        with detect_anomaly(), pytest.raises(ew.AnomalyError):
            ew.autograd.grad(z, x, create_graph=create_graph)


def test_a_scalar_has_no_element() -> None:
    with detect_anomaly(), pytest.raises(ew.AnomalyError, match=r"div: the result is inf; a = 1.0, b = 0.0; at "):
        ew.tensor(1.0) / ew.tensor(0.0)


def test_as_decorator_setting_and_nested() -> None:
    @detect_anomaly()
    def inside() -> bool:
        return is_anomaly_enabled()

    assert inside()
    assert not is_anomaly_enabled()
    with detect_anomaly():
        with set_detect_anomaly(False):
            assert not is_anomaly_enabled()
            _ = ew.tensor([1.0]) / 0.0
        assert is_anomaly_enabled()
    set_detect_anomaly(True)
    try:
        assert is_anomaly_enabled()
    finally:
        set_detect_anomaly(False)


def test_good_values_pass_unchanged() -> None:
    x = ew.tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
    with detect_anomaly():
        (ew.tanh(x) / x).sum().backward()
    watched = x.grad
    x.grad = None
    (ew.tanh(x) / x).sum().backward()
    np.testing.assert_array_equal(watched.numpy(), x.grad.numpy())
