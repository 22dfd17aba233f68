"""Every operation's forward-mode rule is made from its one definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.forward_mode import propagate_forward, push_forward
from edgewise.graph.transforms import jvp

# ruff: noqa: ARG001, ARG005

A = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])
B = np.array([1.0, 2.0, -0.5])

FUNCTIONS: dict[str, Any] = {
    "elementwise, of one input": lambda a, b: ew.tanh(a),
    "elementwise, broadcasting": lambda a, b: a * b,
    "elementwise, of equal inputs": lambda a, b: a * a,
    "elementwise, with a condition": lambda a, b: ew.where(a > b, a, b),
    "linear in each": lambda a, b: a @ b,
    "linear in each, by index": lambda a, b: a[[0, 1, 0]],
    "linear in each, broadcasting": lambda a, b: ew.broadcast_to(b, (4, 3)),
    "linear jointly": lambda a, b: ew.concat([a, ew.reshape(b, (1, 3))]),
    "linear jointly, beside a constant": lambda a, b: ew.concat([a, ew.tensor(A)]),
    "linear jointly, an assignment": lambda a, b: _assigned(a, b),
    "transposed": lambda a, b: ew.softmax(a, 1),
    "transposed, of a product": lambda a, b: ew.prod(a * b, 1),
}


def _assigned(a: ew.Tensor, b: ew.Tensor) -> ew.Tensor:
    y = a * 2
    y[0] = b
    return y


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_tangent_is_the_slope_along_the_direction(name: str) -> None:
    f = FUNCTIONS[name]
    u, v = np.cos(A), np.sin(B)
    _, moved = jvp(f, (A, B), (u, v))
    h = 1e-6
    above, below = (f(ew.tensor(A + s * u), ew.tensor(B + s * v)).numpy(force=True) for s in (h, -h))
    np.testing.assert_allclose(moved.numpy(), (above - below) / (2 * h), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_stay_arrays_and_tensors_are_recorded(name: str) -> None:
    a, b = ew.tensor(A, requires_grad=True), ew.tensor(B, requires_grad=True)
    y = FUNCTIONS[name](a, b)
    (plain,) = propagate_forward([y], {a: np.ones_like(A), b: np.ones_like(B)})
    assert type(plain) is np.ndarray
    (recorded,) = propagate_forward([y], {a: ew.ones_like(a), b: ew.ones_like(b)}, create_graph=True)
    assert isinstance(recorded, ew.Tensor)
    np.testing.assert_array_equal(recorded.numpy(force=True), plain)
    assert plain.dtype == y.dtype
    assert plain.shape == y.shape


def test_an_output_that_no_tangent_reaches_has_none() -> None:
    a, b = ew.tensor(A, requires_grad=True), ew.tensor(B, requires_grad=True)
    assert propagate_forward([b * 2], {a: A}) == [None]


def test_tangents_may_start_on_the_way() -> None:
    a = ew.tensor(A, requires_grad=True)
    z = a * 2
    y = z * 3
    (moved,) = propagate_forward([y], {z: np.ones_like(A), a: 100 * A})
    np.testing.assert_array_equal(moved, 3 * np.ones_like(A))


def test_a_cast_moves_in_the_new_dtype() -> None:
    _, moved = ew.jvp(lambda x: x.double() * 2, (ew.tensor([1.0]),), (ew.tensor([1.0]),))
    assert moved.dtype == np.float64
    _, moved = ew.jvp(lambda x: x * 2, (ew.tensor([1.0]),), (np.ones(1),))
    assert moved.dtype == np.float32


def test_one_node_is_pushed_through() -> None:
    a = ew.tensor(A, requires_grad=True)
    node = a * ew.tensor(B)
    np.testing.assert_array_equal(push_forward(node, [A, None]), A * B)


def test_an_error_in_a_derivative_names_the_operation() -> None:
    def broken(xp: Any, g: Any, y: Any, x: Any) -> Any:
        raise ZeroDivisionError

    f = ew.Operation("broke", lambda xp, x: x * 1, broken, elementwise=True)
    with pytest.raises(ZeroDivisionError) as caught:
        ew.jvp(f, (A,), (A,))
    assert caught.value.__notes__[0].startswith("broke: raised by its derivative for x")


@pytest.mark.parametrize("combine", [lambda x, c: x * c, lambda x, c: x @ c])
def test_a_constant_that_was_changed_since_its_use_is_refused(combine: Any) -> None:
    def f(x: ew.Tensor) -> ew.Tensor:
        c = ew.tensor(B)
        y = combine(x, c)
        c.mul_(2.0)
        return y

    with pytest.raises(ew.InPlaceError, match="was changed in place"):
        ew.jvp(f, (A,), (A,))
    with pytest.raises(ew.InPlaceError, match="was changed in place"):
        ew.grad(lambda x: f(x).sum())(A)
