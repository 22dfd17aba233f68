"""An edge that becomes something else: what was made from it before still finds what it was."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.backward import Record, propagate
from edgewise.graph.errors import InPlaceError
from edgewise.program import record


def leaf(*values: float) -> ew.Tensor:
    return ew.tensor(list(values), requires_grad=True)


def test_a_result_made_before_a_recorded_change_in_place_keeps_its_way_back() -> None:
    w = leaf(1.0, 2.0)
    x = w * 3
    before = x * x
    x.mul_(10)
    after = x * x
    before.sum().backward()
    np.testing.assert_allclose(w.grad, 2 * 9 * w.numpy(force=True))
    w.grad = None
    after.sum().backward()
    np.testing.assert_allclose(w.grad, 2 * 900 * w.numpy(force=True))


def test_each_of_several_changes_is_seen_by_the_uses_before_it() -> None:
    w = leaf(2.0)
    x = w * 1
    seen = []
    for factor in (2.0, 3.0, 5.0):
        seen.append((x * 1, factor))
        x *= factor
    seen.append((x * 1, 1.0))
    total = 1.0
    for y, factor in seen:
        (gradient,) = ew.autograd.grad(y.sum(), w)
        assert gradient.item() == total
        total *= factor


def test_a_constant_that_became_a_result_stays_one_for_its_earlier_uses() -> None:
    w = leaf(5.0)
    x = ew.tensor([1.0, 2.0])
    before = (w * x).sum()
    x[0] = w[0] * 7
    after = (w * x).sum()
    before.backward()
    assert w.grad.tolist() == [3.0]
    w.grad = None
    after.backward()
    assert w.grad.tolist() == [2 * 7 * 5 + 2.0]


def test_the_gradient_of_a_changed_tensor_is_that_of_what_it_is_now() -> None:
    w = leaf(2.0)
    x = w * 3
    before = (x * 4).sum()
    x.add_(1)
    assert ew.autograd.grad(before, x, allow_unused=True) == (None,)
    assert ew.autograd.grad((x * 4).sum(), x)[0].tolist() == [4.0]


def test_higher_derivatives_forward_mode_and_records_see_the_edge_as_it_was() -> None:
    def f(w: ew.Tensor) -> ew.Tensor:
        x = w * w
        y = x * x
        x += 100 * w
        return (y + 0 * x).sum()

    w = ew.tensor([1.5], dtype="float64")
    assert ew.grad(lambda w: ew.grad(f)(w).sum())(w).item() == pytest.approx(12 * 1.5**2)
    assert ew.jvp(f, (w,), (ew.ones_like(w),))[1].item() == pytest.approx(4 * 1.5**3)
    v = leaf(2.0)
    x = v * 3
    y = (x * 5).sum()
    x.mul_(2)
    run = Record()
    propagate({y: np.ones((), np.float32)}, record=run)
    assert [edge.operation.name for edge in run.gradients if edge.operation is not None] == ["sum", "mul", "mul"]
    assert x not in run.gradients


def test_the_hooks_of_a_changed_tensor_stay_with_what_it_was() -> None:
    w = leaf(2.0)
    x = w * 3
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    before = x * 5
    x.mul_(2)
    (x * 1).sum().backward()
    assert seen == [[2.0]]  # x as it was is an argument of the change
    before.sum().backward()
    assert seen == [[2.0], [5.0]]


def test_a_gradient_that_is_to_be_retained_is_that_of_what_the_tensor_is_at_last() -> None:
    w = leaf(2.0)
    x = w * 3
    x.retain_grad()
    x.mul_(10)
    assert x.retains_grad
    (x * 5).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [5.0]


def test_detaching_in_place_after_use_is_an_error_not_a_missing_gradient() -> None:
    w = leaf(2.0)
    x = w * 3
    y = (x * x).sum()
    x.detach_()
    with pytest.raises(InPlaceError, match=r"mul: a was detached in place, by detach_\(\), after mul had used it"):
        y.backward()
    assert (x * 2).requires_grad is False


def test_detaching_in_place_frees_the_graph() -> None:
    gc.disable()
    try:
        w = leaf(2.0)
        h = w * 1
        alive = []
        for _ in range(3):
            h.mul_(w)
            alive.append(weakref.ref(h.inputs[0]))
            h.detach_()
        assert [reference() for reference in alive] == [None, None, None]
    finally:
        gc.enable()


def test_assigning_data_to_a_result_lets_gradients_through() -> None:
    w = leaf(2.0)
    x = w * 5
    x.data = ew.tensor([100.0])
    (x * x).sum().backward()
    assert w.grad.tolist() == [2 * 100 * 5.0]


def test_changing_the_shape_of_a_result_lets_gradients_through_also_under_no_grad() -> None:
    w = ew.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    x = w * 2
    with ew.no_grad():
        x.t_()
    assert x.shape == (3, 1)
    (x * ew.tensor([[1.0], [10.0], [100.0]])).sum().backward()
    assert w.grad.tolist() == [[2.0, 20.0, 200.0]]


def test_recording_a_program_leaves_a_lifted_tensor_unchanged_for_its_uses() -> None:
    w = leaf(2.0)
    total = ew.zeros(1)
    used = (w * total + w).sum()

    def accumulate(x: ew.Tensor) -> ew.Tensor:
        total.add_(x * w)
        return total.sum()

    record(accumulate, ew.ones(1), parameters=[total, w])
    assert total.tolist() == [0.0]
    assert total.is_leaf
    used.backward()
    assert w.grad.tolist() == [1.0]
