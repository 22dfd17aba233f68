"""The graph's size, its freeing, and who owns a gradient's memory."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.backward import nodes_newest_first


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_chain_of_a_million_nodes_runs_forward_backward_and_is_freed() -> None:
    x = ew.tensor(0.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    assert y.item() == 1_000_000
    alive = weakref.ref(y)
    del y
    assert alive() is None


@pytest.mark.usefixtures("no_collector")
def test_the_chain_is_freed_with_its_last_edge_and_without_the_collector() -> None:
    x = ew.tensor(1.0, requires_grad=True)
    middle = x * 2
    alive = weakref.ref(middle)
    y = middle
    for _ in range(100_000):
        y = -y
    del middle, y
    assert alive() is None


@pytest.mark.usefixtures("no_collector")
def test_every_walk_of_a_long_chain_is_a_loop_and_frees_everything() -> None:
    seen = []

    def chain(x: ew.Tensor) -> ew.Tensor:
        y = x
        for _ in range(10_000):
            y = y * 0.9999
        seen.append(weakref.ref(y))
        return y

    expected = 0.9999**10_000
    one = ew.tensor(1.0, dtype="float64")
    assert ew.jvp(chain, (one,), (one,))[1].item() == pytest.approx(expected)
    assert ew.grad(chain)(one).item() == pytest.approx(expected)
    assert ew.grad(ew.grad(lambda x: chain(x) * x))(one).item() == pytest.approx(2 * expected)
    x = ew.tensor(1.0, dtype="float64", requires_grad=True)
    (gradient,) = ew.autograd.grad(chain(x), x, create_graph=True)
    assert gradient.item() == pytest.approx(expected)
    alive = weakref.ref(gradient)
    del gradient
    assert alive() is None
    assert all(value() is None for value in seen)


def test_a_tensor_doubled_sixty_times_is_sixty_nodes() -> None:
    x = ew.tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    assert len(nodes_newest_first([y])) == 60
    y.backward()
    assert x.grad.item() == 2.0**60


def _arrays_of(loss: ew.Tensor) -> list[weakref.ref[np.ndarray]]:
    return [weakref.ref(node.array) for node in nodes_newest_first([loss])]


@pytest.mark.usefixtures("no_collector")
def test_dropping_the_loss_frees_every_node_at_once() -> None:
    x = ew.tensor(np.ones((3, 3)), requires_grad=True)
    loss = (ew.tanh(x @ x) * x).sum()
    outputs = _arrays_of(loss)
    assert all(output() is not None for output in outputs)
    del loss
    assert all(output() is None for output in outputs)


@pytest.mark.usefixtures("no_collector")
def test_backward_hooks_and_retained_gradients_leave_no_reference_cycles() -> None:
    x = ew.tensor(np.ones((3, 3)), requires_grad=True)
    seen = []
    z = x * 2
    z.retain_grad()
    handle = z.register_hook(lambda g: seen.append(g.sum().item()))
    loss = (z @ z).sum()
    outputs = [*_arrays_of(loss), weakref.ref(z)]
    loss.backward()
    loss.backward()
    ew.autograd.grad(loss, [x, z])
    ew.autograd.trace(loss)
    assert len(seen) == 4
    del loss, z, handle
    assert all(output() is None for output in outputs)


@pytest.mark.usefixtures("no_collector")
def test_transforms_leave_no_reference_cycles() -> None:
    seen = []

    def f(x: ew.Tensor) -> ew.Tensor:
        y = ew.tanh(x) * x
        seen.append(weakref.ref(y))
        return y.sum()

    x = ew.tensor([1.0, 2.0])
    ew.grad(f)(x)
    ew.jvp(f, (x,), (x,))
    ew.hessian(f)(x)
    ew.grad(lambda x: ew.grad(f)(x).sum())(x)
    _, pullback = ew.vjp(f, x)
    del pullback
    assert len(seen) == 5
    assert all(value() is None for value in seen)


@pytest.mark.usefixtures("no_collector")
def test_a_failed_operation_or_derivative_leaves_no_reference_cycles() -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    alive = weakref.ref(y)
    with pytest.raises(ew.ShapeError):
        y + ew.tensor([1.0, 2.0, 3.0])
    with pytest.raises(ew.GradientError):
        y.backward()
    del y
    gc.collect()  # pytest's own traceback objects
    assert alive() is None


def _memory(tensor: ew.Tensor) -> np.ndarray:
    return tensor.detach().numpy()


GRAPHS = {
    "add of two leaves": lambda a, b: (a + b).sum(),
    "same leaf twice": lambda a, b: (a + a + b).sum(),
    "sum, which spreads one number": lambda a, b: a.sum() + b.sum(),
    "reshape": lambda a, b: (ew.reshape(a, (6,)) + ew.reshape(b, (6,))).sum(),
    "transpose": lambda a, b: (ew.transpose(a, 0, 1) @ b).sum() + (ew.transpose(a, 0, 1) + ew.transpose(b, 0, 1)).sum(),
    "items": lambda a, b: (a[0] + b[1]).sum() + a[1].sum(),
    "through identity": lambda a, b: (+a + (+b)).sum(),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("way", ["backward", "backward create_graph", "grad", "grad create_graph", "functional"])
def test_gradients_share_no_memory_with_each_other_the_seed_or_the_graph(name: str, way: str) -> None:
    a = ew.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    b = ew.tensor(np.ones((2, 3)), requires_grad=True)
    loss = GRAPHS[name](a, b)
    seed = ew.tensor(1.0, dtype="float64")
    if way.startswith("backward"):
        loss.backward(seed, create_graph="create" in way)
        gradients = [a.grad, b.grad]
    elif way.startswith("grad"):
        gradients = list(ew.autograd.grad(loss, [a, b], seed, create_graph="create" in way))
    else:
        gradients = list(ew.grad(GRAPHS[name], argnums=(0, 1))(a.detach(), b.detach()))
    held = [a.array, b.array, seed.array]
    for node in nodes_newest_first([loss]):
        held += [node.array, *(array for array in node.arrays if isinstance(array, np.ndarray))]
    for i, gradient in enumerate(gradients):
        assert gradient.array.flags.writeable
        for other in [*held, *(g.array for g in gradients[:i])]:
            assert not np.shares_memory(gradient.array, other)
    assert gradients[0] is not gradients[1]
    a.grad = b.grad = None  # with create_graph, a gradient's graph refers to its leaf


def test_a_gradient_that_starts_from_many_elements_is_not_shared_with_leaves() -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    seed = ew.tensor([3.0, 4.0])
    (+x).backward(seed)
    x.backward(seed)
    x.grad[0] = 100.0
    assert seed.tolist() == [3.0, 4.0]


def test_what_a_hook_is_given_or_gives_is_not_what_leaves_hold() -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    z = x + 0.0
    mine, kept = ew.tensor([5.0, 6.0]), []
    z.register_hook(lambda _: mine)
    x.register_hook(kept.append)
    z.retain_grad()
    z.sum().backward()
    assert x.grad.tolist() == z.grad.tolist() == kept[0].tolist() == [5.0, 6.0]
    x.grad[0] = -1.0
    assert mine.tolist() == z.grad.tolist() == kept[0].tolist() == [5.0, 6.0]
    z.grad[1] = -1.0
    assert mine.tolist() == kept[0].tolist() == [5.0, 6.0]


def test_two_results_of_a_transform_share_no_memory() -> None:
    x = ew.tensor([1.0, 2.0])
    value, pullback = ew.vjp(lambda x: x, x)
    first, second = pullback(ew.tensor([1.0, 1.0]))[0], pullback(ew.tensor([1.0, 1.0]))[0]
    arrays = [x.array, value.array, first.array, second.array]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_gradients_of_intermediates_are_freed_while_backward_walks() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def derivative(xp, g, y, x):  # type: ignore[no-untyped-def]  # noqa: ARG001
        nonlocal most
        result = g * 2
        alive.append(weakref.ref(result))
        most = max(most, sum(a() is not None for a in alive))
        return result

    double = ew.Operation("double", lambda xp, x: x * 2, derivative, elementwise=True)  # noqa: ARG005
    x = ew.tensor(np.ones(3), requires_grad=True)
    y = x
    for _ in range(20):
        y = double(y)
    y.sum().backward()
    assert x.grad.tolist() == [2.0**20] * 3
    assert most <= 3
