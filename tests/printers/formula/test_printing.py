"""Printed forms: precedence, names from anywhere, and markup that is well-formed."""

from __future__ import annotations

import json
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.printers.formula.expression import (
    HEADS,
    Expression,
    call,
    from_data,
    minus,
    negative,
    number,
    partial,
    plus,
    product,
    quotient,
    symbol,
)
from edgewise.printers.formula.renaming import rename

A, B, C = map(symbol, "abc")


@pytest.mark.parametrize(
    ("formula", "unicode", "latex"),
    [
        (product(plus(A, B), C), "(a + b) · c", r"(a + b) \cdot c"),
        (minus(A, minus(B, C)), "a − (b − c)", "a - (b - c)"),
        (product(A, number(-1)), "a · (−1)", r"a \cdot (-1)"),
        (product(number(2), A), "2a", "2 a"),
        (product(number(2), symbol("weight")), "2 · weight", r"2 \cdot \text{weight}"),
        (quotient(A, product(B, C)), "a/(b · c)", r"\frac{a}{b \cdot c}"),
        (quotient(plus(A, B), C), "(a + b)/c", r"\frac{a + b}{c}"),
        (negative(quotient(A, B)), "−a/b", r"-\frac{a}{b}"),
        (quotient(A, quotient(B, C)), "a/(b/c)", r"\frac{a}{\frac{b}{c}}"),
        (quotient(partial("L", "x"), A), "(∂L/∂x)/a", r"\frac{\frac{\partial L}{\partial x}}{a}"),
        (quotient(A, partial("L", "x")), "a/(∂L/∂x)", r"\frac{a}{\frac{\partial L}{\partial x}}"),
        (quotient(partial("L", "x"), partial("L", "y")), "(∂L/∂x)/(∂L/∂y)", None),
        (quotient(partial("L", "x"), number(2)), "0.5 · ∂L/∂x", None),
        (quotient(partial("L", "x"), Expression("count", (None, A))), "1/n · ∂L/∂x", None),
        (quotient(product(A, partial("L", "x")), B), "a · ∂L/∂x / b", None),
        (quotient(product(A, B), partial("L", "x")), "a · b / (∂L/∂x)", None),
        (product(number(2), call("abs", A)), "2 · |a|", r"2 \cdot \lvert a\rvert "),
        (product(call("abs", A), plus(B, C)), "|a|(b + c)", None),
        (product(A, plus(B, C)), "a · (b + c)", None),
        (Expression("pow", (negative(A), number(2))), "(−a)²", "(-a)^{2}"),
        (Expression("pow", (A, plus(B, C))), "a^(b + c)", "a^{b + c}"),
        (Expression("pow", (Expression("pow", (A, B)), number(2))), "(a^b)²", "(a^{b})^{2}"),
        (call("sqrt", plus(A, B)), "√(a + b)", r"\sqrt{a + b}"),
        (product(call("σ", A), minus(number(1), call("σ", A))), "σ(a)(1 − σ(a))", r"\sigma(a) (1 - \sigma(a))"),
        (Expression("matmul", (Expression("transpose", (A,)), partial("L", "z2"))), "aᵀ · ∂L/∂z₂", None),
        (Expression("hadamard", (A, Expression("matmul", (B, C)))), "a ⊙ (b · c)", r"a \odot (b \cdot c)"),
        (number(math.inf), "∞", r"\infty"),
        (number(math.nan), "NaN", r"\text{NaN}"),
        (number(1e-05), "1e−5", "10^{-5}"),
        (number(0.7071067811865476), "1/√2", r"\frac{1}{\sqrt{2}}"),
        (call("exp", negative(A)), "exp(−a)", "e^{-a}"),
    ],
)
def test_brackets_stand_where_they_are_needed(formula, unicode, latex):
    assert formula.unicode() == unicode
    if latex is not None:
        assert formula.latex() == latex


NAMES = ["<script>", "a\"b'c", "x" * 10_000, "a\x00b\x1b[31m", r"\input{x}", "a_b^c$%&#~{}", "名前", "", "W2", "a.0.b"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_shown_safely(name):
    formula = product(symbol(name), call(name, symbol(name)), partial(name, name))
    text, latex, mathml = formula.unicode(), formula.latex(), formula.mathml()
    ElementTree.fromstring(mathml)
    assert "<script>" not in mathml
    assert r"\input" not in latex
    assert len(text) < 500
    assert all(ord(letter) >= 32 for letter in text + latex + mathml)
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")


@given(st.text(max_size=60))
def test_any_text_becomes_well_formed_mathml(name):
    ElementTree.fromstring(call(name, symbol(name)).mathml())


def test_mathml_uses_elements_that_browsers_draw():
    formula = minus(negative(quotient(symbol("W2"), call("sqrt", A))), Expression("over", ("sum", (0,), B)))
    markup = formula.mathml()
    assert '<mo form="prefix">−</mo>' in markup
    tags = {element.tag for element in ElementTree.fromstring(markup).iter()}
    assert tags <= {"math", "mrow", "mi", "mo", "mn", "mtext", "msub", "msup", "mfrac", "msqrt", "munder"}
    assert "<msub><mi>W</mi><mn>2</mn></msub>" in markup


def test_formulas_are_plain_data():
    formula = plus(
        Expression("over", ("sum", (0, 2), A)),
        Expression("index", (B, Expression("slice", (None, 3, None)), Expression("all", ()))),
        number(math.inf),
        number(0.5),
        Expression("count", (None, A)),
    )
    assert from_data(json.loads(json.dumps(formula.to_data(), allow_nan=False))) == formula
    with pytest.raises(ValueError, match="no formula"):
        from_data(["import os"])
    with pytest.raises(ValueError, match="no part"):
        from_data(["neg", object()])


def test_renaming_tidies_and_avoids_own_names():
    formula = Expression("where", (product(symbol("a"), symbol("x")), "a", call("exp", symbol("x"))))
    assert rename(formula, {"x": "a"}).unicode() == "b · a, where b = exp(a)"
    assert rename(product(symbol("g"), A), {"g": number(1)}) == A
    assert rename(partial("L", "z"), {"z": "W2"}).unicode() == "∂L/∂W₂"
    assert rename(A, {"b": "c"}) is A


def test_every_head_is_described_and_laid_out():
    from edgewise.printers.formula.notation import _LAYOUTS

    assert set(HEADS) == set(_LAYOUTS)


def test_paths_are_spelt_in_formulas_as_they_are_elsewhere():
    assert product(number(2), symbol("0.weight")).unicode() == "2 · 0.weight"
    assert symbol("0.1.weight").unicode() == "0.1.weight"
    assert ">0.ln.weight<" in symbol("0.ln.weight").mathml()
    assert symbol("layers.3.weight").unicode() == "layers.3.weight"
