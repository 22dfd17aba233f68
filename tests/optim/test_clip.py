from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.edge import wrap
from edgewise.optim import clip_grad_norm_, clip_grad_value_


def with_gradients(*arrays):
    tensors = []
    for array in arrays:
        array = np.asarray(array, np.float32)
        tensor = ew.tensor(np.zeros_like(array), requires_grad=True)
        tensor.grad = wrap(array)
        tensors.append(tensor)
    return tensors


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, math.inf])
def test_the_norm_of_all_gradients_as_one_vector_is_returned_and_held(order):
    a, b = np.array([[3.0, -4.0]]), np.array([12.0])
    tensors = with_gradients(a, b)
    expected = np.linalg.norm(np.concatenate([a.ravel(), b]), order)
    assert clip_grad_norm_(tensors, 1.0, order).item() == pytest.approx(expected, rel=1e-6)
    clipped = np.concatenate([t.grad.numpy().ravel() for t in tensors])
    assert np.linalg.norm(clipped, order) == pytest.approx(1.0, rel=1e-5)
    np.testing.assert_allclose(clipped * expected, np.concatenate([a.ravel(), b]), rtol=1e-5)


def test_small_gradients_stay_the_very_same():
    (tensor,) = with_gradients([0.3, 0.4])
    before = tensor.grad
    clip_grad_norm_(tensor, 1.0)
    assert tensor.grad is before


def test_memory_that_two_gradients_share_is_scaled_once():
    a = ew.tensor([3.0], requires_grad=True)
    b = ew.tensor([4.0], requires_grad=True)
    (a + b).backward(ew.tensor([10.0]))
    clip_grad_norm_([a, b], 1.0)
    np.testing.assert_allclose([a.grad.item(), b.grad.item()], 1 / math.sqrt(2), rtol=1e-5)


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_norms_whose_squares_overflow_or_vanish_are_right(size):
    tensors = with_gradients([3 * size, 4 * size])
    assert clip_grad_norm_(tensors, math.inf).item() == pytest.approx(5 * size, rel=1e-5)


def test_no_gradients_have_the_norm_zero():
    assert clip_grad_norm_([ew.tensor([1.0], requires_grad=True)], 1.0).item() == 0.0
    assert clip_grad_norm_(with_gradients(np.zeros((0, 3))), 1.0).item() == 0.0


def test_a_norm_that_is_not_finite_is_an_error_when_asked():
    tensors = with_gradients([1.0], [math.nan, 2.0])
    with pytest.raises(ew.GradientError, match=r"nan.*parameter 1 of shape \(2,\).*detect_anomaly"):
        clip_grad_norm_(tensors, 1.0, error_if_nonfinite=True)
    assert math.isnan(clip_grad_norm_(tensors, 1.0).item())


def test_values_are_held_between_bounds():
    (tensor,) = with_gradients([-3.0, 0.5, 2.0])
    clip_grad_value_([tensor], 1.0)
    np.testing.assert_array_equal(tensor.grad.numpy(), [-1.0, 0.5, 1.0])


def test_bad_arguments_are_explained():
    with pytest.raises(TypeError, match=r"model\.parameters\(\)"):
        clip_grad_norm_(nn.Linear(1, 1), 1.0)
    with pytest.raises(ValueError, match="max_norm is -1"):
        clip_grad_norm_([], -1)
    with pytest.raises(ValueError, match="clip_value is -1"):
        clip_grad_value_([], -1)
    with pytest.raises(TypeError, match="clip_grad_norm_: max_norm must be a number, not 'a'"):
        clip_grad_norm_([], "a")
    with pytest.raises(TypeError, match="norm_type must be a number, not 'inf'"):
        clip_grad_norm_([], 1.0, "inf")
    with pytest.raises(ValueError, match="max_norm is nan"):
        clip_grad_norm_([], math.nan)
    with pytest.raises(ValueError, match="clip_value is nan"):
        clip_grad_value_([], math.nan)
    with pytest.raises(TypeError, match="parameter 0 must be a tensor, not 3"):
        clip_grad_norm_([3], 1.0)
    with pytest.raises(TypeError, match=r"clip_grad_value_: params must be tensors.*not a int"):
        clip_grad_value_(3, 1.0)


def test_the_norm_of_many_half_precision_gradients_is_finite():
    p = nn.Parameter(ew.zeros(70_000, dtype=ew.float16))
    p.grad = ew.full((70_000,), 2.0, dtype=ew.float16)
    assert clip_grad_norm_([p], 1.0).item() == 529.0  # 2 √70000, rounded to float16
    assert p.grad[0].item() == pytest.approx(1 / 70_000**0.5, rel=1e-3)


@pytest.mark.parametrize("clip", [lambda p: clip_grad_norm_(p, 1.0), lambda p: clip_grad_value_(p, 0.5)])
def test_gradients_are_clipped_where_they_lie(clip):
    buffer = ew.tensor([3.0, 4.0, 0.0, 12.0])
    a, b = ew.zeros(2, requires_grad=True), ew.zeros(2, requires_grad=True)
    a.grad, b.grad = buffer[:2], buffer[2:]
    held = a.grad
    clip([a, b])
    assert a.grad is held
    assert buffer.tolist() == [*a.grad.tolist(), *b.grad.tolist()] != [3.0, 4.0, 0.0, 12.0]
