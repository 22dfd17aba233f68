"""What is cancelled for reading, and what is not because a program would divide by zero there."""

from __future__ import annotations

import itertools
import math
import random

import pytest

import edgewise as ew
from edgewise.see.formula.expression import (
    Expression,
    call,
    fresh_names,
    negative,
    number,
    plus,
    product,
    quotient,
    symbol,
)
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


V = symbol("v")


def form(head: str, *parts: Expression | str) -> Expression:
    return Expression(head, parts)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (plus(X, number(0)), "x"),
        (plus(number(1), number(2)), "3"),
        (plus(number(1), negative(number(1))), "0"),
        (plus(X, negative(W)), "x − w"),
        (plus(negative(X), W), "w − x"),
        (plus(negative(X), negative(W)), "−x − w"),
        (plus(X, plus(number(2), W), number(3)), "x + 5 + w"),
        (negative(negative(X)), "x"),
        (negative(plus(X, negative(W))), "w − x"),
        (negative(number(0)), "0"),
        (product(X, number(1)), "x"),
        (product(number(2), product(number(3), X)), "6x"),
        (product(negative(X), W), "−x · w"),
        (product(negative(X), negative(W)), "x · w"),
        (product(X, X, SQUARE), "x⁴"),
        (quotient(X, number(1)), "x"),
        (quotient(negative(X), W), "−x/w"),
        (quotient(quotient(X, W), V), "x/(w · v)"),
        (quotient(number(1), quotient(number(1), X)), "x"),
        (power(X, 1), "x"),
        (power(X, -1), "1/x"),
        (form("matmul", product(number(2), X), W), "2x · w"),
        (form("matmul", X, product(number(2), W), product(number(3), V)), "6x · w · v"),
        (form("matmul", negative(X), W), "−x · w"),
        (form("matmul", negative(X), negative(W)), "x · w"),
        (form("matmul", X, negative(product(number(3), W))), "−3x · w"),
        (form("matmul", form("matmul", X, W), V), "x · w · v"),
        (form("matmul", X, product(V, W)), "x · (v · w)"),
        (form("matmul", X, product(number(2), V, W)), "x · (2v · w)"),
        (form("transpose", form("transpose", X)), "x"),
        (form("transpose", X), "xᵀ"),
        (form("logic", "not", form("compare", "=", X, W)), "x ≠ w"),
        (form("logic", "not", form("compare", "≠", X, W)), "x = w"),
        (form("logic", "not", form("compare", "<", X, W)), "not (x < w)"),
        (form("logic", "not", X), "not x"),
    ],
)
def test_what_says_nothing_is_left_out(formula: Expression, shown: str) -> None:
    assert tidy(formula).unicode() == shown
    assert tidy(tidy(formula)) == tidy(formula)


AT = {"x": 0.7, "w": 1.3, "v": 2.1}


def value(formula: Expression) -> float:
    """The value of a formula of numbers, from the meaning of each form."""
    head, parts = formula.head, formula.args
    if head == "number":
        return float(parts[0])
    if head == "symbol":
        return AT[parts[0]]
    if head == "call":
        return float(getattr(math, parts[0])(value(parts[1])))
    numbers = [value(part) for part in parts]
    if head == "neg":
        return -numbers[0]
    if head == "add":
        return math.fsum(numbers)
    if head in ("mul", "hadamard", "matmul"):
        return math.prod(numbers)
    return numbers[0] / numbers[1] if head == "div" else float(numbers[0] ** numbers[1])


def drawn(rng: random.Random, depth: int) -> Expression:
    """A formula that is defined at these values."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([X, W, V, number(rng.choice([-2, -1, 1, 2, 3, 0.5]))])
    kind = rng.choice(["neg", "add", "mul", "div", "pow", "exp", "hadamard"])
    parts = [drawn(rng, depth - 1) for _ in range(rng.choice([2, 3]) if kind in ("add", "mul", "hadamard") else 2)]
    if kind in ("add", "mul", "hadamard"):
        return Expression(kind, tuple(parts))
    if kind == "exp":
        return call(rng.choice(["exp", "cosh"]), product(number(0.1), parts[0]))
    if kind == "neg":
        return negative(parts[0])
    return quotient(*parts) if kind == "div" else power(parts[0], rng.choice([-2, -1, 2, 3, 1]))


def test_a_formula_without_what_says_nothing_has_the_same_value() -> None:
    rng = random.Random(5)
    tried = 0
    while tried < 1000:
        formula = drawn(rng, 4)
        try:
            expected = value(formula)
        except (ZeroDivisionError, OverflowError):
            continue
        if 1e-6 < abs(expected) < 1e6:
            tried += 1
            found = tidy(formula)
            assert value(found) == pytest.approx(expected, rel=1e-6), formula.unicode()


def test_names_that_formulas_define_are_all_different() -> None:
    names = list(itertools.islice(fresh_names(), 60))
    assert names[:2] == ["a", "b"]
    assert names[13:15] == ["a1", "b1"]
    assert len(set(names)) == 60
