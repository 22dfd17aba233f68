"""Equations between formulas and products of them, printed as text, LaTeX and MathML."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..capture.summary import Numbers
from ..printers.figures import figure, figures
from ..printers.formula.expression import Expression, number

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def formula_name(symbol: str) -> str:
    """Returns a symbol's name in formulas: ``W2`` for ``W₂``."""
    return symbol.translate(_DIGITS)


def rounded_number(value: float) -> Expression:
    """Rounds a number to the four significant digits that are shown."""
    return number(float(f"{value:.4g}"))


@dataclass(frozen=True)
class Product:
    """A product of factors, written with dots; a factor of 1 is written too."""

    factors: tuple[Expression, ...]

    def unicode(self) -> str:
        """Returns a line of text."""
        return " · ".join(
            f"({f.unicode()})" if self._needs_brackets(f) else _number(f) or f.unicode() for f in self.factors
        )

    def latex(self) -> str:
        """Returns LaTeX, without dollar signs."""
        return r" \cdot ".join(
            rf"\left({f.latex()}\right)" if self._needs_brackets(f) else f.latex() for f in self.factors
        )

    def mathml(self) -> str:
        """Returns the content of a MathML element."""
        parts = []
        for factor in self.factors:
            inside = factor.mathml().removeprefix("<math>").removesuffix("</math>")
            parts.append(_bracket(inside) if self._needs_brackets(factor) else inside)
        return "<mo>·</mo>".join(parts)

    def _needs_brackets(self, factor: Expression) -> bool:
        negative = factor.head == "neg" or (factor.head == "number" and str(factor.args[0]).startswith("-"))
        return len(self.factors) > 1 and (negative or factor.head in ("add", "cases", "where", "compare", "logic"))


@dataclass(frozen=True)
class Sum:
    """Terms with signs between them."""

    terms: tuple[Expression, ...]

    def unicode(self) -> str:
        """Returns a line of text."""
        return " + ".join(
            t.unicode() if i == 0 or not _negative(t) else f"({t.unicode()})" for i, t in enumerate(self.terms)
        )

    def latex(self) -> str:
        """Returns LaTeX, without dollar signs."""
        return " + ".join(
            t.latex() if i == 0 or not _negative(t) else rf"\left({t.latex()}\right)" for i, t in enumerate(self.terms)
        )

    def mathml(self) -> str:
        """Returns the content of a MathML element."""
        parts = []
        for i, term in enumerate(self.terms):
            inside = term.mathml().removeprefix("<math>").removesuffix("</math>")
            parts.append(inside if i == 0 or not _negative(term) else _bracket(inside))
        return "<mo>+</mo>".join(parts)


Side = Product | Sum


@dataclass(frozen=True)
class Equation:
    """An equation: its left side and the expressions equal to it.

    `shape` and `value` are written after it, `note` explains it. `sign` is written between the left side and the first
    expression.
    """

    left: Expression | None
    sides: tuple[Side, ...]
    shape: str = ""
    value: str = ""
    note: str = ""
    indent: int = 0
    sign: str = "="


@dataclass(frozen=True)
class Remark:
    """A line of words between equations."""

    text: str
    indent: int = 0


@dataclass
class Passage:
    """Equations under a heading."""

    heading: str
    lines: list[Equation | Remark] = field(default_factory=list)


def _negative(term: Expression) -> bool:
    return term.head == "neg" or (term.head == "number" and str(term.args[0]).startswith("-"))


def _bracket(mathml: str) -> str:
    left, right = '<mo form="prefix" fence="true">(</mo>', '<mo form="postfix" fence="true">)</mo>'
    return f"<mrow>{left}{mathml}{right}</mrow>"


def _number(factor: Expression) -> str:
    return figure(factor.args[0]) if factor.head == "number" else ""


def numbers_text(numbers: Numbers | None) -> str:
    """Writes the numbers if they are few; else their range and norm."""
    if numbers is None:
        return ""
    whole = numbers.whole
    if whole is not None and whole.size == 1:
        return figure(whole.item())
    if whole is not None and 0 < whole.size <= 6 and whole.ndim <= 2:
        table = np.atleast_2d(whole)
        texts = figures(table.ravel().tolist())
        rows = [" ".join(texts[i : i + table.shape[1]]) for i in range(0, len(texts), table.shape[1])]
        return f"[{'; '.join(rows)}]"
    statistics = numbers.statistics
    nonfinite = "".join(f", {count} {name}" for count, name in statistics.nonfinite)
    if not statistics.finite:
        return nonfinite.removeprefix(", ") or "empty"
    return f"{figure(statistics.smallest)} … {figure(statistics.largest)}, norm {figure(statistics.norm)}{nonfinite}"
