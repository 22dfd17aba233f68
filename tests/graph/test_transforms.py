"""Functions of functions: values against closed forms, nests of arguments, nesting to any order."""

from __future__ import annotations

import math
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

import edgewise as ew

# ruff: noqa: ARG005


def t(*values: float, requires_grad: bool = False) -> ew.Tensor:
    return ew.tensor(list(values), dtype="float64", requires_grad=requires_grad)


def close(actual: ew.Tensor, expected: Any, tolerance: float = 1e-10) -> None:
    assert isinstance(actual, ew.Tensor)
    np.testing.assert_allclose(actual.numpy(force=True), expected, rtol=tolerance, atol=tolerance)


class TestGrad:
    @pytest.mark.parametrize("x", [2.0, np.float64(2.0), np.array(2.0), ew.tensor(2.0, dtype="float64")])
    def test_of_tensors_arrays_and_floats(self, x: Any) -> None:
        gradient = ew.grad(lambda x: x**3)(x)
        close(gradient, 12.0)
        assert not gradient.requires_grad
        assert gradient.shape == ()

    def test_leaves_the_users_tensors_alone(self) -> None:
        x, w = t(1.0, 2.0, requires_grad=True), t(3.0, 4.0, requires_grad=True)
        calls = []
        x.register_hook(calls.append)
        close(ew.grad(lambda x: (x * w).sum())(x), [3.0, 4.0])
        assert x.grad is None
        assert w.grad is None
        assert not calls

    def test_by_several_arguments_and_keywords(self) -> None:
        def f(a: Any, b: Any, *, c: float) -> Any:
            return (a * b * c).sum()

        by_b = ew.grad(f, argnums=1)(t(2.0), t(3.0), c=5.0)
        close(by_b, [10.0])
        both = ew.grad(f, argnums=(0, -1))(t(2.0), t(3.0), c=5.0)
        assert isinstance(both, tuple)
        close(both[0], [15.0])
        close(both[1], [10.0])

    def test_other_arguments_may_be_anything(self) -> None:
        close(ew.grad(lambda x, how: x * len(how))(2.0, "abc"), 3.0)

    def test_nests_of_tuples_lists_and_dictionaries(self) -> None:
        Pair = namedtuple("Pair", "left right")
        parameters = {
            "layers": [{"w": t(1.0, 2.0), "b": t(3.0)}, (t(4.0), None)],
            "pair": Pair(t(5.0), 6.0),
            "ordered": OrderedDict(z=t(7.0)),
        }

        def f(p: Any) -> Any:
            return (
                (p["layers"][0]["w"] ** 2).sum()
                + (p["layers"][0]["b"] * p["layers"][1][0]).sum()
                + (p["pair"].left * 2).sum()
                + p["pair"].right * 3
            )

        result = ew.grad(f)(parameters)
        close(result["layers"][0]["w"], [2.0, 4.0])
        close(result["layers"][0]["b"], [4.0])
        close(result["layers"][1][0], [3.0])
        assert result["layers"][1][1] is None
        assert type(result["pair"]) is Pair
        close(result["pair"].left, [2.0])
        close(result["pair"].right, 3.0)
        assert type(result["ordered"]) is OrderedDict
        close(result["ordered"]["z"], [0.0])

    def test_value_and_aux(self) -> None:
        def f(x: ew.Tensor) -> tuple[ew.Tensor, Any]:
            y = x * x
            return y.sum(), {"y": y, "note": "seen"}

        gradient, aux = ew.grad(f, has_aux=True)(t(1.0, 2.0))
        close(gradient, [2.0, 4.0])
        close(aux["y"], [1.0, 4.0])
        assert aux["note"] == "seen"
        assert not aux["y"].requires_grad
        (value, aux), gradient = ew.value_and_grad(f, has_aux=True)(t(1.0, 2.0))
        close(value, 5.0)
        assert not value.requires_grad
        value, gradient = ew.value_and_grad(lambda x: f(x)[0])(t(1.0, 2.0))
        close(value, 5.0)
        close(gradient, [2.0, 4.0])

    def test_is_zero_where_the_result_does_not_depend_on_the_argument(self) -> None:
        close(ew.grad(lambda x: ew.tensor(3.0))(t(1.0, 2.0)), [0.0, 0.0])
        _, second = ew.grad(lambda x, y: (x * 2).sum(), argnums=(0, 1))(t(1.0), t(1.0))
        close(second, [0.0])

    def test_dtype_follows_the_argument(self) -> None:
        assert ew.grad(lambda x: x * 2)(2.0).dtype == np.float32
        assert ew.grad(lambda x: (x * 2).sum())(np.ones(2)).dtype == np.float64
        assert (
            ew.grad(lambda x: (x * ew.tensor([1.0], dtype="float64")).sum())(np.ones(2, "float32")).dtype == np.float32
        )

    def test_under_no_grad_the_result_is_plain_and_right(self) -> None:
        w = t(3.0, requires_grad=True)
        with ew.no_grad():
            gradient = ew.grad(lambda x: (x * x * w).sum())(t(2.0))
            second = ew.grad(lambda x: ew.grad(lambda x: (x**3).sum())(x).sum())(t(2.0))
        close(gradient, [12.0])
        assert not gradient.requires_grad
        close(second, [12.0])

    def test_no_grad_inside_the_function_holds(self) -> None:
        def f(x: ew.Tensor) -> ew.Tensor:
            with ew.no_grad():
                factor = x * 2
            return (x * factor).sum()

        close(ew.grad(f)(t(3.0)), [6.0])

    @pytest.mark.parametrize(
        ("f", "args", "error", "words"),
        [
            (lambda x: x * 2, (t(1.0, 2.0),), ew.GradientError, r"one scalar.*float64 \(2,\).*jacobian"),
            (lambda x: (x, x), (2.0,), ew.GradientError, "has_aux"),
            (lambda x: None, (2.0,), ew.GradientError, "not None: return the number"),
            (lambda x: x, (3,), ew.DTypeError, r"argument 0 is int64.*floats \(2.0"),
            (lambda x: x, ({"n": [1.0, 2]},), ew.DTypeError, r"argument 0\['n'\]\[1\] is int64"),
            (lambda: 1.0, (), TypeError, "no positional argument 0"),
        ],
    )
    def test_errors(self, f: Any, args: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            ew.grad(f)(*args)

    def test_aux_must_be_a_pair(self) -> None:
        with pytest.raises(ew.GradientError, match="anything"):
            ew.grad(lambda x: x, has_aux=True)(2.0)


LOG2 = math.log(2)
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "tanh": (
        ew.tanh,
        [
            lambda x: 1 - math.tanh(x) ** 2,
            lambda x: -2 * math.tanh(x) * (1 - math.tanh(x) ** 2),
            lambda x: (1 - math.tanh(x) ** 2) * (6 * math.tanh(x) ** 2 - 2),
        ],
    ),
    "exp": (lambda x: (2 * x).exp(), [lambda x, k=k: 2**k * math.exp(2 * x) for k in (1, 2, 3)]),
    "pow": (lambda x: x**2.5, [lambda x: 2.5 * x**1.5, lambda x: 3.75 * x**0.5, lambda x: 1.875 * x**-0.5]),
    "power of": (lambda x: 2.0**x, [lambda x, k=k: LOG2**k * 2**x for k in (1, 2, 3)]),
    "quotient": (lambda x: 1 / x, [lambda x: -(x**-2), lambda x: 2 * x**-3, lambda x: -6 * x**-4]),
    "log": (lambda x: x.log(), [lambda x: 1 / x, lambda x: -(x**-2), lambda x: 2 * x**-3]),
}
"""Functions with their first three derivatives."""


class TestHigherOrders:
    @pytest.mark.parametrize("name", FUNCTIONS)
    @pytest.mark.parametrize("x", [0.4, 1.3])
    def test_first_to_third_derivatives_against_closed_forms(self, name: str, x: float) -> None:
        f, derivatives = FUNCTIONS[name]
        for derivative in derivatives:
            f = ew.grad(f)
            close(f(ew.tensor(x, dtype="float64")), derivative(x))

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_forward_mode_nests_too(self, name: str) -> None:
        f, derivatives = FUNCTIONS[name]
        x = ew.tensor(0.7, dtype="float64")

        def forward(f: Any) -> Any:
            return lambda x: ew.jvp(f, (x,), (ew.tensor(1.0, dtype="float64"),))[1]

        close(forward(f)(x), derivatives[0](0.7))
        close(forward(forward(f))(x), derivatives[1](0.7))
        close(forward(forward(forward(f)))(x), derivatives[2](0.7))
        close(ew.grad(forward(ew.grad(f)))(x), derivatives[2](0.7))

    def test_fifth_derivative(self) -> None:
        f: Any = lambda x: x**6
        for _ in range(5):
            f = ew.grad(f)
        close(f(ew.tensor(2.0, dtype="float64")), 720 * 2.0)

    def test_inner_and_outer_uses_of_one_variable_are_distinguished(self) -> None:
        # d/dx [x · d/dy (x + y)] = 1, not 2.
        one = ew.tensor(1.0, dtype="float64")
        result = ew.grad(lambda x: x * ew.grad(lambda y: x + y)(one))(one)
        close(result, 1.0)
        result = ew.grad(lambda x: x * ew.grad(lambda y: x * y)(x))(ew.tensor(3.0, dtype="float64"))
        close(result, 6.0)
        close(ew.jvp(lambda x: x * ew.jvp(lambda y: x + y, (one,), (one,))[1], (one,), (one,))[1], 1.0)

    def test_a_gradient_inside_a_loss_reaches_a_parameter_around_it(self) -> None:
        w = t(3.0, requires_grad=True)
        inner = ew.grad(lambda x: (w * x**2).sum())(t(2.0))
        assert inner.requires_grad
        inner.sum().backward()
        close(w.grad, [4.0])

    def test_a_passed_tensor_that_requires_gradients_stays_connected(self) -> None:
        x = t(2.0, requires_grad=True)
        ew.grad(lambda x: (x**3).sum())(x).sum().backward()
        close(x.grad, [12.0])

    def test_third_derivatives_with_create_graph(self) -> None:
        x = ew.tensor(0.3, dtype="float64", requires_grad=True)
        y = ew.tanh(x) * x.exp()
        for _ in range(3):
            (y,) = ew.autograd.grad(y, x, create_graph=True)
        th, s, e = math.tanh(0.3), 1 - math.tanh(0.3) ** 2, math.exp(0.3)
        close(y.detach(), e * (th + 3 * s + 3 * (-2 * th * s) + s * (6 * th * th - 2)))
        assert x.grad is None

    def test_backward_with_create_graph_leaves_a_differentiable_gradient(self) -> None:
        x = ew.tensor(2.0, dtype="float64", requires_grad=True)
        (x**3).backward(create_graph=True)
        first = x.grad
        x.grad = None
        first.backward()
        close(x.grad, 12.0)


class TestVjp:
    def test_pulls_back_any_number_of_times(self) -> None:
        y, pullback = ew.vjp(lambda a, b: a * b, t(1.0, 2.0), t(3.0, 4.0))
        close(y, [3.0, 8.0])
        for factor in (1.0, 2.0):
            by_a, by_b = gradients = pullback(t(factor, 0.0))
            assert type(gradients) is tuple
            close(by_a, [3.0 * factor, 0.0])
            close(by_b, [1.0 * factor, 0.0])

    def test_of_nests(self) -> None:
        y, pullback = ew.vjp(lambda p: {"s": p["a"] + p["b"], "p": [p["a"] * p["b"]]}, {"a": 2.0, "b": 3.0})
        close(y["p"][0], 6.0)
        (gradient,) = pullback({"s": 1.0, "p": [10.0]})
        close(gradient["a"], 31.0)
        close(gradient["b"], 21.0)

    def test_is_differentiable_in_the_gradient_that_it_takes(self) -> None:
        _, pullback = ew.vjp(lambda x: x * x, t(2.0, 3.0))
        close(ew.grad(lambda g: (pullback(g)[0] ** 2).sum())(t(1.0, 1.0)), [32.0, 72.0])

    def test_its_value_is_part_of_the_graph_around_it(self) -> None:
        w = t(2.0, 3.0).requires_grad_()
        y, _ = ew.vjp(lambda x: x * x * w, t(5.0, 7.0))
        y.sum().backward()
        close(w.grad, [25.0, 49.0])
        assert not ew.vjp(lambda x: x * x, t(5.0, 7.0))[0].requires_grad

    def test_under_no_grad_what_it_gives_is_plain(self) -> None:
        w = t(2.0, 3.0).requires_grad_()
        for given in (t(1.0, 1.0), t(1.0, 1.0).requires_grad_()):
            _, pullback = ew.vjp(lambda x: x * x * w, t(5.0, 7.0))
            assert pullback(given)[0].requires_grad
            with ew.no_grad():
                (gradient,) = pullback(given)
            assert not gradient.requires_grad
            close(gradient, [20.0, 42.0])

    def test_with_aux(self) -> None:
        _, pullback, aux = ew.vjp(lambda x: (x * 2, "aux"), 1.0, has_aux=True)
        assert aux == "aux"
        close(pullback(1.0)[0], 2.0)

    def test_the_gradient_is_nested_and_shaped_as_the_output_is(self) -> None:
        _, pullback = ew.vjp(lambda x: (x, x), t(1.0, 2.0))
        with pytest.raises(ew.ShapeError, match=r"nested as \(tensor, tensor\) is, but tensor was given"):
            pullback(t(1.0, 2.0))
        with pytest.raises(ew.ShapeError, match=r"gradient\[1\] has shape \(1,\); it must have \(2,\)"):
            pullback((t(1.0, 2.0), t(1.0)))


class TestJvp:
    def test_value_and_tangent(self) -> None:
        y, moved = ew.jvp(lambda a, b: (a * b, a + 1), (t(1.0, 2.0), t(3.0, 4.0)), (t(1.0, 0.0), t(0.0, 1.0)))
        close(y[0], [3.0, 8.0])
        close(moved[0], [3.0, 2.0])
        close(moved[1], [1.0, 0.0])
        assert not moved[0].requires_grad

    def test_broadcasting(self) -> None:
        x, b = np.ones((2, 3)), np.arange(3.0)
        _, moved = ew.jvp(lambda x, b: x * b, (x, b), (np.zeros((2, 3)), np.ones(3)))
        close(moved, np.ones((2, 3)))

    def test_an_output_that_nothing_reaches_does_not_move(self) -> None:
        _, moved = ew.jvp(lambda x: (x, ew.tensor([5.0])), (t(1.0),), (t(1.0),))
        close(moved[1], [0.0])

    def test_gradients_flow_through_the_tangent_given(self) -> None:
        v = t(1.0, 2.0, requires_grad=True)
        _, moved = ew.jvp(lambda x: x**2, (t(3.0, 4.0),), (v,))
        moved.sum().backward()
        close(v.grad, [6.0, 8.0])

    def test_with_aux(self) -> None:
        assert ew.jvp(lambda x: (x * 2, "aux"), (1.0,), (1.0,), has_aux=True)[2] == "aux"

    def test_errors(self) -> None:
        with pytest.raises(TypeError, match="tuples"):
            ew.jvp(lambda x: x, 1.0, 1.0)
        with pytest.raises(ew.ShapeError, match=r"tangents must be nested as \(tensor,\) is"):
            ew.jvp(lambda x: x, (1.0,), (1.0, 2.0))
        with pytest.raises(ew.ShapeError, match=r"tangents\[0\] has shape \(\); it must have \(2,\)"):
            ew.jvp(lambda x: x, (t(1.0, 2.0),), (1.0,))


class TestJacobian:
    @pytest.mark.parametrize("mode", ["reverse", "forward", None])
    def test_has_the_outputs_shape_then_the_inputs(self, mode: str | None) -> None:
        a = np.arange(6.0).reshape(2, 3)
        close(ew.jacobian(lambda x: ew.tensor(a) @ x, mode=mode)(t(1.0, 2.0, 3.0)), a)
        x = np.arange(1.0, 7.0).reshape(2, 3)
        jacobian = ew.jacobian(lambda x: (x * x).sum(1), mode=mode)(x)
        expected = np.zeros((2, 2, 3))
        expected[0, 0], expected[1, 1] = 2 * x[0], 2 * x[1]
        close(jacobian, expected)

    @pytest.mark.parametrize("mode", ["reverse", "forward"])
    def test_nests_of_outputs_hold_nests_of_arguments(self, mode: str) -> None:
        def f(p: Any, c: Any) -> Any:
            return {"y": p["a"] * p["b"], "z": c.sum()}

        jacobian = ew.jacobian(f, argnums=(0, 1), mode=mode)({"a": t(1.0, 2.0), "b": t(3.0, 4.0)}, t(5.0))
        close(jacobian["y"][0]["a"], np.diag([3.0, 4.0]))
        close(jacobian["y"][0]["b"], np.diag([1.0, 2.0]))
        close(jacobian["y"][1], np.zeros((2, 1)))
        close(jacobian["z"][0]["a"], [0.0, 0.0])
        close(jacobian["z"][1], [1.0])

    @pytest.mark.parametrize("mode", ["reverse", "forward"])
    def test_of_empty_and_scalar_tensors(self, mode: str) -> None:
        close(ew.jacobian(lambda x: x * 2, mode=mode)(np.zeros((0, 2))), np.zeros((0, 2, 0, 2)))
        close(ew.jacobian(lambda x: x * 2, mode=mode)(1.0), 2.0)

    def test_an_unknown_mode(self) -> None:
        with pytest.raises(ValueError, match="'reverse', 'forward'"):
            ew.jacobian(lambda x: x, mode="sideways")

    @pytest.mark.parametrize("outer", ["reverse", "forward"])
    @pytest.mark.parametrize("inner", ["reverse", "forward"])
    def test_of_a_jacobian(self, inner: str, outer: str) -> None:
        second = ew.jacobian(ew.jacobian(lambda x: x**3, mode=inner), mode=outer)(t(1.0, 2.0))
        expected = np.zeros((2, 2, 2))
        expected[0, 0, 0], expected[1, 1, 1] = 6.0, 12.0
        close(second, expected)

    def test_its_results_share_no_memory(self) -> None:
        x = t(1.0, 2.0)
        first, second = ew.jacobian(lambda x: (x, x))(x)
        assert not np.shares_memory(first.array, second.array)


class TestHessian:
    A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 4.0]])

    def quadratic(self, x: Any) -> Any:
        return (x @ ew.tensor(self.A) @ x) / 2

    def test_of_a_quadratic_form(self) -> None:
        close(ew.hessian(self.quadratic)(t(1.0, 2.0, 3.0)), self.A)

    def test_of_a_nest_by_a_nest(self) -> None:
        hessian = ew.hessian(lambda p: (p["a"] * p["b"] ** 2).sum())({"a": t(1.0), "b": t(3.0)})
        close(hessian["a"]["a"], [[0.0]])
        close(hessian["a"]["b"], [[6.0]])
        close(hessian["b"]["b"], [[2.0]])

    def test_times_a_vector(self) -> None:
        v = np.array([1.0, -2.0, 0.5])
        close(ew.hvp(self.quadratic, (t(1.0, 2.0, 3.0),), (v,)), self.A @ v)
        by_a, by_b = ew.hvp(lambda a, b: (a * b**2).sum(), (t(1.0), t(3.0)), (t(1.0), t(10.0)))
        close(by_a, [60.0])
        close(by_b, [6.0 + 20.0])

    def test_errors_name_what_was_called(self) -> None:
        with pytest.raises(ew.ShapeError, match=r"hvp: tangents\[0\] has shape \(1,\); it must have \(2,\)"):
            ew.hvp(lambda x: (x**2).sum(), (t(1.0, 2.0),), (t(1.0),))
        with pytest.raises(TypeError, match="hvp: primals and tangents are tuples"):
            ew.hvp(lambda x: (x**2).sum(), t(1.0, 2.0), t(1.0, 2.0))
        with pytest.raises(ew.GradientError, match="hessian: the function must return one scalar"):
            ew.hessian(lambda x: x)(t(1.0, 2.0))


class TestArguments:
    @pytest.mark.parametrize("transform", [ew.grad, ew.value_and_grad, ew.jacobian, ew.hessian, ew.vjp])
    def test_what_is_no_function_is_refused_at_once(self, transform: Any) -> None:
        for given in (3, t(1.0, 2.0)):
            with pytest.raises(TypeError, match=f"{transform.__name__} takes the function to differentiate"):
                transform(given)

    def test_also_where_vectors_come_with_it(self) -> None:
        for transform in (ew.jvp, ew.hvp):
            with pytest.raises(TypeError, match=f"{transform.__name__} takes the function"):
                transform(t(1.0), lambda x: x, (t(1.0),))

    @pytest.mark.parametrize("transform", [ew.grad, ew.value_and_grad, ew.jacobian, ew.hessian])
    @pytest.mark.parametrize("argnums", [t(1.0, 2.0), ew.tensor(1), 1.0, "x", None, (0, t(1.0))])
    def test_argnums_are_whole_numbers(self, transform: Any, argnums: Any) -> None:
        with pytest.raises(TypeError, match=rf"{transform.__name__}: argnums must be .* as in .*\(f\)\(x\)"):
            transform(lambda x: (x * x).sum(), argnums)

    def test_numpys_whole_numbers_are_taken(self) -> None:
        close(ew.grad(lambda x, y: (x * y).sum(), np.int64(1))(t(2.0), t(3.0)), [2.0])
        (by_y,) = ew.grad(lambda x, y: (x * y).sum(), [np.int64(1)])(t(2.0), t(3.0))
        close(by_y, [2.0])
