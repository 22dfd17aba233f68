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


def _set_item(g: ew.Tensor) -> None:
    g[0] = 0.0


def _multiply(g: ew.Tensor) -> None:
    g *= 0.1


def _write_a_view(g: ew.Tensor) -> None:
    g[1:].zero_()


def _write_the_data(g: ew.Tensor) -> None:
    g.data[0] = 7.0


def _write_the_array(g: ew.Tensor) -> None:
    g.numpy()[0] = 7.0


def _with_a_parameter(g: ew.Tensor) -> None:
    g.mul_(ew.tensor([3.0, 4.0], requires_grad=True))


IN_PLACE = {
    "an item": (_set_item, [0.0, 4.0]),
    "an augmented assignment": (_multiply, [0.2, 0.4]),
    "mul_": (lambda g: g.mul_(10), [20.0, 40.0]),
    "clamp_": (lambda g: g.clamp_(-2.5, 2.5), [2.0, 2.5]),
    "zero_": (lambda g: g.zero_(), [0.0, 0.0]),
    "copy_": (lambda g: g.copy_(ew.tensor([5.0, 6.0])), [5.0, 6.0]),
    "a view": (_write_a_view, [2.0, 0.0]),
    "a mask": (lambda g: g.__setitem__(g > 3, -1.0), [2.0, -1.0]),
    "the data": (_write_the_data, [7.0, 4.0]),
    "the array": (_write_the_array, [7.0, 4.0]),
    "a parameter": (_with_a_parameter, [6.0, 16.0]),
}


@pytest.mark.parametrize("on_leaf", [True, False], ids=["leaf", "result"])
@pytest.mark.parametrize(("hook", "expected"), IN_PLACE.values(), ids=IN_PLACE)
def test_what_a_hook_writes_into_its_argument_is_obeyed(hook, expected: list[float], on_leaf: bool) -> None:
    def returns_nothing(g: ew.Tensor) -> None:
        hook(g)

    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    (x if on_leaf else y).register_hook(returns_nothing)
    y.retain_grad()
    (y * ew.tensor([2.0, 4.0])).sum().backward()
    assert x.grad.tolist() == pytest.approx(expected)
    assert y.grad.tolist() == pytest.approx([2.0, 4.0] if on_leaf else expected)


def test_what_a_hook_writes_changes_no_other_gradient() -> None:
    a, b = (ew.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    a.register_hook(_set_item)
    start = ew.ones(2)
    (a + b).backward(start)  # one array is the gradient of the sum and of both terms
    assert a.grad.tolist() == [0.0, 1.0]
    assert b.grad.tolist() == [1.0, 1.0]
    assert start.tolist() == [1.0, 1.0]


def test_what_a_hook_writes_is_what_the_next_one_gets(x: ew.Tensor) -> None:
    seen = []
    x.register_hook(_set_item)
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(_multiply)
    (x * 2).sum().backward()
    assert seen == [[0.0, 2.0]]
    assert x.grad.tolist() == pytest.approx([0.0, 0.2])


def test_a_gradient_that_a_hook_keeps_stays_as_it_was(x: ew.Tensor) -> None:
    held: list[ew.Tensor] = []
    y = x * 2
    y.register_hook(lambda g: held.append(g.mul_(3)))
    x.register_hook(held.append)
    y.sum().backward()
    x.grad.zero_()
    assert [g.tolist() for g in held] == [[3.0, 3.0], [6.0, 6.0]]
    held[0].zero_()
    held[1].fill_(1.0)
    assert x.grad.tolist() == [0.0, 0.0]


def test_what_a_hook_writes_takes_part_in_a_graph_that_is_being_created(x: ew.Tensor) -> None:
    z = x * x

    def hook(g: ew.Tensor) -> None:
        g *= x

    z.register_hook(hook)
    (first,) = ew.autograd.grad(z.sum(), x, create_graph=True)
    assert first.tolist() == [2.0, 8.0]  # 2x · x
    (second,) = ew.autograd.grad(first.sum(), x)
    assert second.tolist() == [4.0, 8.0]


def test_nothing_is_recorded_in_a_hook_of_an_ordinary_backward(x: ew.Tensor) -> None:
    seen = []
    x.register_hook(lambda g: seen.append(ew.is_grad_enabled()))
    x.sum().backward()
    ew.autograd.grad(x.sum(), x, create_graph=True)
    assert seen == [False, True]
    assert ew.is_grad_enabled()


def test_a_hook_after_the_gradient_may_write_into_it() -> None:
    a, b = (ew.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    a.register_post_accumulate_grad_hook(lambda leaf: leaf.grad.__setitem__(0, 0.0))
    (a + b).sum().backward()
    assert a.grad.tolist() == [0.0, 1.0]
    assert b.grad.tolist() == [1.0, 1.0]
