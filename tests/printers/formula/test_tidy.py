"""What is cancelled for reading, and what is not because a program would divide by zero there."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest
from cases import at_once

import edgewise as ew
from edgewise.printers.formula.expression import (
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
from edgewise.printers.formula.tidy import _Factors, sign_of, tidy

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
    factors.multiply_by(number(2), 0.5, False)
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
def test_the_sign_of_a_formula_is_known_from_its_form(
    formula: Expression, never_negative: bool, never_zero: bool
) -> None:
    assert sign_of(formula) == (never_negative, never_zero)


V = symbol("v")


def form(head: str, *parts: Any) -> Expression:
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


N, N0, S = form("count", None, X), form("count", (0,), X), form("over", "sum", None, X)
C, D = form("compare", ">", X, number(0)), form("compare", "<", W, number(1))


@at_once
@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (quotient(product(number(3), X), number(0.7)), "4.2857x"),
        (quotient(X, number(0.7)), "x/0.7"),
        (quotient(X, number(0.5)), "2x"),
        (quotient(X, number(0.25)), "4x"),
        (quotient(X, number(-2)), "−x/2"),
        (product(number(0.5), X), "x/2"),
        (product(number(-0.25), X), "−x/4"),
        (product(number(0.75), X), "0.75x"),
        (quotient(product(number(6), X), number(4)), "6x / 4"),
        (quotient(product(number(4), X), number(6)), "4x / 6"),
        (quotient(product(number(6), X), number(-3)), "−2x"),
        (quotient(number(0), X), "0"),
        (product(number(0), X), "0"),
        (quotient(product(number(1.5), X), number(3)), "x/2"),
        (quotient(product(number(3), X), number(1.5)), "2x"),
        (quotient(X, number(0)), "x/0"),
        (quotient(X, number(0.1)), "x/0.1"),
        (quotient(X, number(3.3)), "x/3.3"),
        (quotient(number(1), product(number(2), X)), "1/(2x)"),
        (quotient(number(-1), product(number(2), X)), "−1/(2x)"),
        (product(number(-1), X), "−x"),
        (quotient(number(3), number(4)), "3/4"),
        (quotient(number(-3), number(4)), "−3/4"),
        (quotient(number(4), number(-2)), "−2"),
        (quotient(S, N), "1/n Σ x"),
        (quotient(product(number(2), S), N), "1/n · 2 · Σ x"),
        (quotient(S, product(number(2), N)), "(Σ x)/(2 · n)"),
        (quotient(X, N), "x/n"),
        (quotient(S, plus(N, negative(number(1)))), "1/(n − 1) Σ x"),
        (quotient(form("hadamard", X, S), N), "1/n · x ⊙ Σ x"),
        (quotient(product(W, S), N), "1/n · w · Σ x"),
        (quotient(call("sqrt", S), N), "1/n · √(Σ x)"),
        (quotient(S, product(N, N0)), "(Σ x)/(n · n)"),
        (quotient(S, plus(N, X)), "1/(n + x) Σ x"),
        (quotient(S, X), "(Σ x)/x"),
        (quotient(product(N, X), N), "x"),
        (quotient(product(N, N0, X), N0), "n · x"),
        (quotient(negative(S), N), "−1/n Σ x"),
        (quotient(power(S, 2), N), "1/n · (Σ x)²"),
        (quotient(plus(S, X), N), "1/n · (Σ x + x)"),
        (form("cases", X, C, number(0)), "{x if x > 0; 0 otherwise}"),
        (form("cases", number(1), C, number(0)), "1[x > 0]"),
        (form("cases", number(0), C, number(1)), "1[not (x > 0)]"),
        (form("cases", X, C, X), "x"),
        (form("cases", X, C, form("cases", W, C, V)), "{x if x > 0; v otherwise}"),
        (form("cases", X, C, form("cases", W, D, V)), "{x if x > 0; w if w < 1; v otherwise}"),
        (form("cases", X, C, plus(V, form("cases", W, C, V))), "{x if x > 0; v + v otherwise}"),
        (form("cases", X, C, form("cases", X, D, X)), "x"),
        (form("cases", number(2), C, number(0)), "{2 if x > 0; 0 otherwise}"),
        (form("cases", number(0), form("compare", "=", X, number(0)), number(1)), "1[x ≠ 0]"),
        (form("cases", number(0), form("compare", "≠", X, number(0)), number(1)), "1[x = 0]"),
        (form("compare", "=", X, X), "x is not NaN"),
        (form("compare", "≠", X, X), "x is NaN"),
        (form("compare", ">", X, X), "x > x"),
        (form("compare", ">", plus(X, negative(W)), number(0)), "x > w"),
        (form("compare", "=", plus(X, negative(W)), number(0)), "x = w"),
        (form("compare", "=", plus(X, W), number(0)), "x + w = 0"),
        (form("compare", "=", plus(X, negative(W)), number(1)), "x − w = 1"),
        (form("compare", ">", call("max", X, number(0)), number(0)), "x > 0"),
        (form("compare", ">", call("max", X, number(0)), number(1)), "max(x, 0) > 1"),
        (form("compare", "≥", call("max", X, number(0)), number(0)), "max(x, 0) ≥ 0"),
        (form("compare", ">", call("max", number(0), X), number(0)), "max(0, x) > 0"),
        (form("compare", ">", call("min", X, number(0)), number(0)), "min(x, 0) > 0"),
        (form("compare", ">", plus(X, W, negative(V)), number(0)), "x + w − v > 0"),
        (form("compare", "=", plus(negative(X), W), number(0)), "w = x"),
        (form("index", X, form("all")), "x"),
        (form("index", X, form("all", True)), "x"),
        (form("index", X, form("all"), number(0)), "x[:, 0]"),
        (power(X, 0), "1"),
        (power(call("sqrt", X), 2), "(√x)²"),
        (power(call("sqrt", call("exp", X)), 2), "exp(x)"),
        (power(X, 0.5), "√x"),
        (power(quotient(X, W), 2), "x²/w²"),
        (power(quotient(X, W), 0.5), "√(x/w)"),
        (power(product(X, W), 2), "x² · w²"),
        (power(negative(X), 3), "−x³"),
        (power(negative(X), 2), "x²"),
        (power(power(X, 2), 3), "(x²)³"),
        (power(power(X, 2), 0.5), "√(x²)"),
        (power(X, -0.5), "1/√x"),
        (product(power(X, 0.5), power(X, 0.5)), "(√x)²"),
        (product(X, quotient(number(1), X)), "x/x"),
        (product(call("exp", X), quotient(number(1), call("exp", X))), "1"),
        (quotient(power(call("exp", X), 3), call("exp", X)), "exp(x)²"),
        (quotient(call("exp", X), power(call("exp", X), 3)), "1/exp(x)²"),
        (form("hadamard", X, X), "x²"),
        (form("hadamard", X, W, X), "x² ⊙ w"),
        (form("hadamard", product(number(2), X), W), "2x ⊙ w"),
        (form("hadamard", X, number(2)), "2x"),
        (quotient(form("hadamard", X, W), V), "x ⊙ w / v"),
        (form("hadamard", quotient(X, V), W), "x ⊙ w / v"),
        (product(V, form("hadamard", X, W)), "v · x ⊙ w"),
    ],
)
def test_numbers_means_and_choices_are_written_shortly(formula: Expression, shown: str) -> None:
    assert tidy(formula).unicode() == shown


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


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (call("exp", number(0)), "1"),
        (product(X, call("exp", product(number(0), W))), "x"),
        (call("log", number(1)), "0"),
        (call("exp", number(1)), "exp(1)"),
        (Expression("over", ("sum", (0,), number(0))), "0"),
        (Expression("over", ("cumsum", (0,), X)), "Σ[so far, axis 0] x"),
        (
            Expression("transpose", (Expression("matmul", (X, Expression("transpose", (W,)))),)),
            "w · xᵀ",
        ),
        (Expression("transpose", (Expression("matmul", (X, W)),)), "(x · w)ᵀ"),
    ],
)
def test_values_and_sums_that_mathematics_has_are_written_so(formula: Expression, shown: str) -> None:
    assert tidy(formula).unicode() == shown
