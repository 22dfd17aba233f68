"""What is cancelled for reading, and what is not because a program would divide by zero there."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise.see.formula.expression import Expression, call, negative, number, plus, product, quotient, symbol
from edgewise.see.formula.tidy import _Factors, sign_of, tidy

X, W = symbol("x"), symbol("w")
SQUARE = Expression("pow", (X, number(2)))


def power(base: Expression, exponent: float) -> Expression:
    return Expression("pow", (base, number(exponent)))


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (quotient(product(X, W), X), "x · w / x"),
        (quotient(X, X), "x/x"),
        (quotient(SQUARE, X), "x²/x"),
        (quotient(product(number(4), X), number(2)), "2x"),
        (quotient(product(call("exp", X), W), call("exp", X)), "w"),
        (quotient(plus(number(1), SQUARE), product(W, plus(number(1), SQUARE))), "1/w"),
        (quotient(plus(negative(number(1)), SQUARE), plus(negative(number(1)), SQUARE)), "(x² − 1)/(x² − 1)"),
        (Expression("pow", (call("sqrt", X), number(2))), "(√x)²"),
        (Expression("pow", (call("sqrt", SQUARE), number(2))), "x²"),
    ],
)
def test_only_what_is_never_zero_is_cancelled(formula: Expression, shown: str) -> None:
    assert tidy(formula).unicode() == shown
    assert tidy(tidy(formula)) == tidy(formula)


@pytest.mark.parametrize(
    ("formula", "never_negative", "never_zero"),
    [
        (X, False, False),
        (SQUARE, True, False),
        (number(-2), False, True),
        (plus(SQUARE, call("cosh", X)), True, True),
        (plus(SQUARE, call("abs", X)), True, False),
        (negative(call("exp", X)), False, True),
        (call("log", number(2)), False, True),
        (call("log", number(1)), False, False),
        (quotient(call("exp", X), plus(number(1), call("exp", X))), True, True),
        (Expression("pow", (call("exp", X), W)), True, True),
        (Expression("pow", (number(-2), W)), False, False),
    ],
)
def test_the_sign_is_known_from_the_form(formula: Expression, never_negative: bool, never_zero: bool) -> None:
    assert sign_of(formula) == (never_negative, never_zero)


def test_a_program_that_divides_zero_by_zero_is_shown_so() -> None:
    x, w = ew.tensor(0.0, requires_grad=True), ew.tensor(3.0)
    taken = ew.snapshot(x * w / x)
    assert str(taken.nodes[-1].formula) == "x · w / x"
    assert taken.output.value.item() != taken.output.value.item()


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (power(product(number(2), X), 3), "8x³"),
        (quotient(X, power(product(number(2), X), 3)), "x/(8x³)"),
        (power(product(number(2), X), -2), "1/(4x²)"),
        (power(product(number(3), X), 9), "3⁹ · x⁹"),
        (power(product(number(1e200), X), 8), "1e200⁸ · x⁸"),
    ],
)
def test_a_number_to_a_small_whole_power_is_a_number(formula: Expression, shown: str) -> None:
    assert tidy(formula).unicode() == shown


def test_a_number_to_another_power_stays_a_power() -> None:
    factors = _Factors()
    factors.take(number(2), 0.5, False)
    assert factors.coefficient == 1
    assert factors.powers == {number(2): (0.5, 0, False)}


@pytest.mark.parametrize("name", ["σ", "log", "exp", "x"])
def test_nothing_is_known_of_a_symbol_whatever_it_is_called(name: str) -> None:
    assert sign_of(symbol(name)) == (False, False)
    assert sign_of(call(name, X))[0] is (name in ("σ", "exp"))


@pytest.mark.parametrize(
    ("formula", "never_negative", "never_zero"),
    [
        (number(0), True, False),
        (number(-1), False, True),
        (call("exp", X), True, True),
        (SQUARE, True, False),
        (plus(number(1), SQUARE), True, True),
        (plus(number(-1), SQUARE), False, False),
        (negative(call("exp", X)), False, True),
        (product(call("exp", X), SQUARE), True, False),
        (quotient(call("exp", X), call("cosh", W)), True, True),
    ],
)
def test_the_sign_of_a_formula_is_told_as_far_as_its_form_says(
    formula: Expression, never_negative: bool, never_zero: bool
) -> None:
    assert sign_of(formula) == (never_negative, never_zero)
