"""What is cancelled for reading, and what is not because a program would divide by zero there."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise.see.formula.expression import Expression, call, negative, number, plus, product, quotient, symbol
from edgewise.see.formula.tidy import sign_of, tidy

X, W = symbol("x"), symbol("w")
SQUARE = Expression("pow", (X, number(2)))


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
