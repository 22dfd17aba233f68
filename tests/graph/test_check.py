"""gradcheck: passes what is right, and says what is wrong."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck

# ruff: noqa: ARG001, ARG005


def t(*values: float) -> ew.Tensor:
    return ew.tensor(list(values), dtype="float64", requires_grad=True)


def message(f: Any, *inputs: Any, check: Any = gradcheck, **options: Any) -> str:
    with pytest.raises(ew.GradcheckError) as caught:
        check(f, inputs, **options)
    assert check(f, inputs, raise_exception=False, **options) is False
    return str(caught.value)


def test_right_derivatives_pass() -> None:
    assert gradcheck(lambda a, b: (a * b).exp() / a, (t(1.0, 2.0), t(0.5, -0.5)))
    assert gradgradcheck(lambda a, b: (a * b).exp() / a, (t(1.0, 2.0), t(0.5, -0.5)))


def test_one_tensor_need_not_be_in_a_tuple() -> None:
    assert gradcheck(ew.tanh, t(0.5))
    assert gradgradcheck(ew.tanh, t(0.5))


def test_several_outputs_nests_and_other_arguments() -> None:
    def f(p: Any, how: str, n: ew.Tensor) -> Any:
        return {"sum": p["a"] + p["b"], "rest": [p["a"] * n, n]}

    arguments = ({"a": t(1.0, 2.0), "b": t(3.0, 4.0)}, "fast", ew.tensor([1, 2]))
    assert gradcheck(f, arguments)
    assert gradgradcheck(f, arguments)


def test_each_element_is_moved_once_each_way_however_many_results_there_are() -> None:
    runs = 0

    def f(a: ew.Tensor, b: ew.Tensor) -> list[ew.Tensor]:
        nonlocal runs
        runs += 1
        return [a * b, a + b, a - b, a.exp()]

    assert gradcheck(f, (t(1.0, 2.0), t(3.0, 4.0, 5.0)[:2]))
    # 4 elements, the run whose derivatives are checked, and the one that has to give the same.
    assert runs == 2 * 4 + 2


def test_of_several_wrong_outputs_the_first_is_named() -> None:
    half = ew.Operation("half", lambda xp, x: x / 2, lambda xp, g, y, x: g, elementwise=True)

    def f(a: ew.Tensor, b: ew.Tensor) -> list[ew.Tensor]:
        return [a * b, b + half(b), half(a)]

    text = message(f, t(1.0, 2.0), t(3.0, 4.0))
    assert "of output[1] by" in text
    assert "argument 1 (b)" in text


def test_shapes_without_axes_and_without_elements() -> None:
    assert gradcheck(lambda x: x * x, ew.tensor(2.0, dtype="float64", requires_grad=True))
    assert gradcheck(lambda x: x * x, ew.tensor(np.zeros((0, 3)), requires_grad=True))


def test_inputs_keep_their_values_and_gradients() -> None:
    x = t(1.0, 2.0)
    y = x * 2
    gradcheck(lambda x: x**2, (x,))
    gradgradcheck(lambda x: x**2, (y,))
    assert x.tolist() == [1.0, 2.0]
    assert x.grad is None
    assert y.grad is None


def test_the_error_of_a_wrong_derivative_has_what_is_needed_to_find_it() -> None:
    cube = ew.Operation("cube", lambda xp, x: x**3, lambda xp, g, y, x: 2 * g * x * x, elementwise=True)
    text = message(cube, t(1.0, 2.0))
    assert text.startswith(
        "gradcheck of cube: the derivative of element [1] of the output by element [1] of argument 0 (x)"
    )
    assert "analytic    8\n" in text
    assert "numeric     12" in text
    assert "difference  4, more than 0.012" in text
    assert "argument 0 (x)[1] = 2\n" in text
    assert "2 of 4 elements of this Jacobian disagree" in text


def test_a_wrong_derivative_inside_a_function_names_the_functions_argument_and_output() -> None:
    half = ew.Operation(
        "half", lambda xp, a, b: a * b, lambda xp, g, y, a, b: g * b, lambda xp, g, y, a, b: g, elementwise=True
    )

    def model(first: Any, second: Any) -> Any:
        return first * 2, half(first, second)

    text = message(model, t(2.0), t(3.0))
    assert text.startswith(
        "gradcheck of model: the derivative of element [0] of output[1] by element [0] of argument 1 (s"
    )
    assert "analytic    1\n" in text
    assert "numeric     2\n" in text


def test_a_gradient_that_is_missing_is_found() -> None:
    cut = ew.Operation("cut", lambda xp, a, b: a * b, lambda xp, g, y, a, b: g * b, None, elementwise=True)
    text = message(cut, t(2.0), t(3.0))
    assert "by element [0] of argument 1 (b)" in text
    assert "analytic    0\n" in text
    assert "numeric     2" in text


def test_a_derivative_that_is_not_linear_is_named_in_a_larger_function() -> None:
    square = ew.Operation("oddity", lambda xp, x: x * 1, lambda xp, g, y, x: g * g, elementwise=True)
    text = message(lambda x: ew.tanh(square(x) * 2), t(0.5))
    assert "the derivative of oddity for x is not linear in the incoming gradient" in text
    assert __file__ in text


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"linear": "each"}, "It is squared: it is declared linear='each'"),
        ({"linear": "jointly"}, "It is squared: it is declared linear='jointly'"),
    ],
)
def test_a_wrong_declaration_shows_in_forward_mode(traits: dict[str, str], words: str) -> None:
    squared = ew.Operation("squared", lambda xp, x: x * x, lambda xp, g, y, x: 2 * g * x, **traits)
    text = message(lambda x: squared(x) * 3, t(0.5, 2.0))
    assert "forward mode and walking back disagree" in text
    assert words in text
    assert gradcheck(squared, t(0.5, 2.0), check_forward_ad=False)


def test_an_operation_wrongly_declared_elementwise() -> None:
    turned = ew.Operation(
        "turned",
        lambda xp, x: xp.matmul(xp.asarray([[0.0, 1.0], [-1.0, 0.0]]), x),
        lambda xp, g, y, x: xp.matmul(xp.asarray([[0.0, -1.0], [1.0, 0.0]]), g),
        elementwise=True,
    )
    assert "It is turned: it is declared elementwise" in message(turned, t(0.5, 2.0))


def test_only_forward_mode_may_be_checked() -> None:
    assert gradcheck(ew.tanh, t(0.5), check_backward_ad=False)
    wrong = ew.Operation("wrong", lambda xp, x: x * x, lambda xp, g, y, x: 3 * g * x, elementwise=True)
    assert gradcheck(wrong, t(0.5), check_backward_ad=False)
    assert not gradcheck(wrong, t(0.5), raise_exception=False)


def test_the_error_at_a_kink_has_both_slopes() -> None:
    leaky = ew.Operation(
        "leaky",
        lambda xp, x: xp.where(x > 0, x, 0.1 * x),
        lambda xp, g, y, x: xp.where(x > 0, g, 0.1 * g),
        elementwise=True,
    )
    text = message(leaky, t(1.0, 0.0))
    assert "by element [1] of argument 0 (x)" in text
    assert "this point may be a kink: the slope is 0.1 on the left and 1 on the right" in text
    assert "a subgradient" in text
    assert gradcheck(leaky, t(1.0, -1.0))


def test_a_point_at_the_border_of_the_domain() -> None:
    text = message(lambda x: x**0.5, t(1.0, 0.0), check_forward_ad=False)
    assert "not finite" in text
    assert "inside its domain" in text


def test_a_derivative_that_is_not_finite_where_the_function_is_smooth() -> None:
    naive = ew.Operation(
        "naive", lambda xp, x: x * x, lambda xp, g, y, x: g * 2 * (x * x) / x, elementwise=True, singular=True
    )
    text = message(naive, t(1.0, 0.0))
    assert "analytic    nan" in text
    assert "the function is smooth here" in text


def test_a_random_function_is_refused_by_default() -> None:
    number = itertools.count(1)

    def noisy(x: ew.Tensor) -> ew.Tensor:
        return x * 2 + 1e-12 * next(number)

    assert "two results for the same input" in message(noisy, t(1.0))
    assert gradcheck(noisy, t(1.0), nondet_tol=1e-9)


def test_a_way_that_is_cut_is_explained() -> None:
    assert "the way to it was cut: by no_grad, detach" in message(lambda x: x.detach() * 2, t(1.0))


def test_float64_is_insisted_on() -> None:
    x = ew.tensor([1.0], requires_grad=True)
    with pytest.raises(ew.DTypeError, match=r"argument 1 \(b\) is float32 \(1,\).*\.double\(\)"):
        gradcheck(lambda a, b: a * b, (t(1.0), x))


def test_something_must_require_a_gradient() -> None:
    with pytest.raises(ew.GradientError, match="none of the inputs requires a gradient"):
        gradcheck(lambda x: x, (ew.tensor([1.0], dtype="float64"),))


def test_tolerances_and_step_are_the_callers() -> None:
    wrong = ew.Operation("wrong", lambda xp, x: x * 1.0, lambda xp, g, y, x: g * 1.01, elementwise=True)
    assert not gradcheck(wrong, t(1.0), raise_exception=False)
    assert gradcheck(wrong, t(1.0), rtol=0.02)
    assert gradcheck(wrong, t(1.0), atol=0.02)
    assert gradcheck(lambda x: x**2, t(1.0), eps=1e-3)


def test_a_wrong_second_derivative_is_found_after_a_right_first_one() -> None:
    hidden = ew.Operation("hidden", lambda xp, x: x * 2, lambda xp, g, y, x: g * 3, elementwise=True)
    # The derivative of x² is 2x; here it passes through an operation whose own derivative is wrong.
    square = ew.Operation("square", lambda xp, x: x * x, lambda xp, g, y, x: g * hidden.on(xp, x), elementwise=True)
    assert gradcheck(square, t(1.5, 2.0))
    text = message(square, t(1.5, 2.0), check=gradgradcheck)
    assert text.startswith("gradcheck of the gradient of square: the derivative of element [")
    assert "argument 0" in text


def test_second_derivatives_from_given_starts() -> None:
    assert gradgradcheck(lambda x: x**3, (t(1.0, 2.0),), t(1.0, 10.0))
    assert gradgradcheck(lambda x: (x**3, x.exp()), (t(1.0, 2.0),), (t(1.0, 10.0), t(0.0, 1.0)))


def test_the_error_can_be_caught_as_a_gradient_or_assertion_error() -> None:
    assert issubclass(ew.GradcheckError, ew.GradientError)
    assert issubclass(ew.GradcheckError, AssertionError)
    assert issubclass(ew.GradcheckError, RuntimeError)
