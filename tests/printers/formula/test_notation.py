"""A printed formula says what the tree of the formula says: no bracket is missing, no sign reaches too far."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import at_once

from edgewise.printers.formula.expression import (
    Expression,
    call,
    minus,
    negative,
    number,
    plus,
    product,
    quotient,
    symbol,
)

from .latex_reader import from_latex
from .reader import computed

VALUES = {
    name: np.random.default_rng(seed).uniform(0.5, 1.5, (3, 3)) * sign
    for seed, (name, sign) in enumerate({"x": 1, "w": -1, "rate": 1}.items())
}
X, W, RATE = map(symbol, VALUES)
CALLS: dict[str, Callable[..., Any]] = {
    "sin": np.sin,
    "tanh": np.tanh,
    "exp": np.exp,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "σ": lambda x: 1 / (1 + np.exp(-x)),
    "sgn": np.sign,
    "max": np.maximum,
    "atan2": np.arctan2,
}
SIGNS = {"<": np.less, "≤": np.less_equal, ">": np.greater, "≥": np.greater_equal, "=": np.equal, "≠": np.not_equal}
ALONG = {"sum": np.sum, "prod": np.prod, "max": np.max}


def meaning(formula: Expression, values: dict[str, Any]) -> Any:
    """What a formula stands for, from the meaning of each head."""
    head, parts = formula.head, formula.args
    if head == "number":
        return parts[0]
    if head == "symbol":
        return values[parts[0]]
    if head == "where":
        body, *definitions = parts
        inner = dict(values)
        for name, definition in reversed(list(zip(definitions[::2], definitions[1::2], strict=True))):
            inner[name] = meaning(definition, inner)
        return meaning(body, inner)
    found = [meaning(part, values) if isinstance(part, Expression) else part for part in parts]
    if head == "over":
        return ALONG[found[0]](found[2], axis=found[1], keepdims=True)
    if head == "cases":
        value, condition, *elsewhere = found
        rest = elsewhere[0] if len(elsewhere) == 1 else meaning(Expression("cases", parts[2:]), values)
        return np.where(condition, value, rest)
    if head in ("mul", "hadamard"):
        return np.prod(np.broadcast_arrays(*found), axis=0)
    if head == "logic":
        kind, *rest = found
        if kind == "not":
            return np.logical_not(rest[0])
        return (np.logical_and if kind == "and" else np.logical_or).reduce(np.broadcast_arrays(*rest))
    meanings: dict[str, Callable[..., Any]] = {
        "add": lambda *terms: sum(terms[1:], terms[0]),
        "neg": lambda x: -x,
        "matmul": lambda *factors: np.linalg.multi_dot(factors) if len(factors) > 2 else factors[0] @ factors[1],
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a ** (float(b) if isinstance(b, int) and b < 0 else b),
        "call": lambda name, *given: CALLS[name](*given),
        "transpose": lambda x: x.T,
        "compare": lambda sign, a, b: SIGNS[sign](a, b),
        "indicator": lambda condition: np.asarray(condition).astype(float),
    }
    return meanings[head](*found)


class Drawing:
    """Draws formulas. Those of matrices have two products; in others all is element by element."""

    def __init__(self, seed: int, matrices: bool) -> None:
        self.rng = random.Random(seed)
        self.matrices = matrices

    def condition(self, depth: int) -> Expression:
        if depth == 0 or self.rng.random() < 0.4:
            sign = self.rng.choice(list(SIGNS))
            return Expression("compare", (sign, self.formula(depth - 1), self.formula(depth - 1)))
        kind = self.rng.choice(["and", "or", "not"])
        return Expression("logic", (kind, *(self.condition(depth - 1) for _ in range(1 if kind == "not" else 2))))

    def formula(self, depth: int) -> Expression:
        """Its value is an array."""
        draw = self.rng.choice
        if depth <= 0 or self.rng.random() < 0.1:
            return draw([X, W, RATE, product(number(draw([2, 0.5, -3])), draw([X, RATE]))])
        kinds = ["add", "minus", "neg", "mul", "div", "pow", "power", "call", "call", "over", "indicator", "cases"]
        kind = draw([*kinds, "number", *(["hadamard", "matmul", "matmul", "transpose"] if self.matrices else ["mul"])])
        a, b = self.formula(depth - 1), self.formula(depth - 1)
        if kind == "number":
            n = number(draw([2, -2, 0.25, 1e-7, -1.5e-6, 3e20]))
            return draw([product(n, a), plus(a, n), minus(n, a), quotient(a, n), quotient(n, a), minus(a, n)])
        if kind == "mul" and self.matrices:
            return product(number(draw([2, 3, -1])), a)
        if kind == "call":
            name = draw(list(CALLS))
            return call(name, *([a, b] if name in ("max", "atan2") else [a]))
        if kind == "over":
            along = Expression("over", (draw(list(ALONG)), draw([None, (0,), (1,), (0, 1)]), a))
            return (
                draw([plus(along, b), Expression("hadamard", (along, b)), minus(b, along)]) if self.matrices else along
            )
        made: dict[str, Callable[[], Expression]] = {
            "add": lambda: plus(a, b, *([self.formula(0)] if self.rng.random() < 0.3 else [])),
            "minus": lambda: minus(a, b),
            "neg": lambda: negative(a),
            "mul": lambda: product(a, b, *([self.formula(depth - 1)] if self.rng.random() < 0.3 else [])),
            "div": lambda: quotient(a, b),
            "pow": lambda: Expression("pow", (a, number(draw([2, 3, -1, -2])))),
            "power": lambda: Expression("pow", (call("exp", a), call("sin", b))),
            "hadamard": lambda: Expression("hadamard", (a, b)),
            "matmul": lambda: Expression("matmul", (a, b)),
            "transpose": lambda: Expression("transpose", (a,)),
            "indicator": lambda: plus(Expression("indicator", (self.condition(depth - 1),)), a),
            "cases": lambda: Expression("cases", (a, self.condition(depth - 1), b)),
        }
        return made[kind]()


def has_double_superscript(latex: str) -> bool:
    """Whether LaTeX would refuse a superscript of what has one already, as in e^{x}^{2}."""
    opened: list[bool] = []
    for at, letter in enumerate(latex):
        if letter == "{":
            opened.append(latex[:at].endswith("^"))
        elif letter == "}" and opened.pop() and latex[at + 1 : at + 2] == "^":
            return True
    return False


@at_once
@pytest.mark.parametrize("matrices", [False, True])
@pytest.mark.parametrize("form", ["unicode", "latex"])
def test_what_is_printed_has_the_value_of_the_formula(matrices: bool, form: str) -> None:
    tried = 0
    for seed in range(250):
        formula = Drawing(seed, matrices).formula(3)
        with np.errstate(all="ignore"):
            expected = np.asarray(meaning(formula, VALUES), dtype=float)
            text = formula.unicode() if form == "unicode" else from_latex(formula.latex())
            found = np.asarray(computed(text, {**VALUES, "matrices": matrices}), dtype=float)
        if np.all(np.isfinite(expected)):
            tried += 1
            scale = 1e-9 * float(np.max(np.abs(expected)))
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=scale, err_msg=f"{seed}: {text}")
        assert not has_double_superscript(formula.latex()), formula.latex()
    assert tried > 100


def test_a_power_of_a_power_is_braced_in_latex() -> None:
    assert Expression("pow", (call("exp", X), number(2))).latex() == "{e^{x}}^{2}"
    assert Expression("pow", (Expression("transpose", (call("exp", X),)), W)).latex() == r"({e^{x}}^{\top})^{w}"
    assert has_double_superscript("e^{x}^{2}")
    assert not has_double_superscript("{e^{x}}^{2} + a^{b^{c}}")
