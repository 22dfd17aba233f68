"""Hooks on gradients: on leaves and intermediates, watching and replacing."""

from __future__ import annotations

import pytest

import edgewise as ew

# ruff: noqa: ARG001, ARG005


@pytest.fixture
def x() -> ew.Tensor:
    return ew.tensor([1.0, 2.0], requires_grad=True)


def test_a_hook_sees_the_sum_of_all_contributions_once(x: ew.Tensor) -> None:
    seen = []
    z = x * 2
    z.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: seen.append(g.tolist()))
    (z * 3 + z * 4 + z).sum().backward()
    assert seen == [[8.0, 8.0], [16.0, 16.0]]


@pytest.mark.parametrize("on_leaf", [True, False])
def test_a_hook_may_replace_the_gradient(x: ew.Tensor, on_leaf: bool) -> None:
    z = x * 2
    (x if on_leaf else z).register_hook(lambda g: g * 10)
    z.retain_grad()
    z.sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]
    assert z.grad.tolist() == ([1.0, 1.0] if on_leaf else [10.0, 10.0])


def test_hooks_run_in_order_and_each_sees_what_the_last_one_left(x: ew.Tensor) -> None:
    seen = []
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 2)
    x.sum().backward()
    assert seen == [[2.0, 2.0]]
    assert x.grad.tolist() == [4.0, 4.0]


def test_a_removed_hook_is_not_called(x: ew.Tensor) -> None:
    handle = x.register_hook(lambda g: g * 0)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 0):
        pass
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_hook_can_remove_itself(x: ew.Tensor) -> None:
    calls = []

    def once(g: ew.Tensor) -> None:
        calls.append(1)
        handle.remove()

    handle = x.register_hook(once)
    x.sum().backward()
    x.sum().backward()
    assert calls == [1]


def test_a_replacement_must_have_the_gradients_shape(x: ew.Tensor) -> None:
    x.register_hook(lambda g: ew.tensor([1.0, 2.0, 3.0]))
    with pytest.raises(ew.GradientError, match=r"hook returned float32 \(3,\).*\(2,\)"):
        x.sum().backward()


def test_a_replacement_must_be_a_tensor(x: ew.Tensor) -> None:
    x.register_hook(lambda g: 5.0)
    with pytest.raises(ew.GradientError, match=r"hook returned 5\.0"):
        x.sum().backward()


def test_a_replacement_is_cast_to_the_gradients_dtype(x: ew.Tensor) -> None:
    z = x * 2
    z.register_hook(lambda g: g.double())
    z.sum().backward()
    assert str(x.grad.dtype) == "float32"


def test_a_constant_takes_no_hook() -> None:
    with pytest.raises(ew.GradientError, match="never be called"):
        ew.tensor([1.0]).register_hook(print)


def test_a_hook_on_an_input_of_grad_is_called(x: ew.Tensor) -> None:
    z = x * 2
    z.register_hook(lambda g: g * 10)
    gradients = ew.autograd.grad(z.sum(), [z, x])
    assert [g.tolist() for g in gradients] == [[10.0, 10.0], [20.0, 20.0]]


def test_hooks_take_part_in_a_graph_that_is_being_created(x: ew.Tensor) -> None:
    z = x * x
    z.register_hook(lambda g: g * g)
    (first,) = ew.autograd.grad((z * 3).sum(), x, create_graph=True)
    assert first.tolist() == [18.0, 36.0]
    (second,) = ew.autograd.grad(first.sum(), x)
    assert second.tolist() == [18.0, 18.0]


def test_a_hook_after_the_gradient_sees_the_leaf_with_its_grad():
    seen = []
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    handle = x.register_post_accumulate_grad_hook(lambda leaf: seen.append((leaf is x, leaf.grad.tolist())))
    (x * x).sum().backward()
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    assert seen == [(True, [2, 4]), (True, [4, 8])]


def test_a_hook_after_the_gradient_may_step_and_free_it():
    x = ew.tensor([1.0, 2.0], requires_grad=True)

    def step(leaf):
        leaf.sub_(leaf.grad, alpha=0.5)
        leaf.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    assert x.tolist() == [0, 0]
    assert x.grad is None


def test_a_hook_after_the_gradient_is_for_leaves_that_get_one():
    for tensor in (ew.ones(2), ew.ones(2, requires_grad=True) * 2):
        with pytest.raises(ew.GradientError, match="only on a leaf"):
            tensor.register_post_accumulate_grad_hook(print)


def test_a_hook_that_is_no_function_is_refused(x: ew.Tensor) -> None:
    for tensor in (x, x * 2):
        with pytest.raises(TypeError, match="a hook must be a function of the gradient, not 3"):
            tensor.register_hook(3)
    with pytest.raises(TypeError, match="a hook must be a function of the leaf, not 'print'"):
        x.register_post_accumulate_grad_hook("print")
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
