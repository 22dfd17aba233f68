"""Equations: a gradient, and what it is equal to, as products of formulas; printed in three ways."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..printers.figures import figure
from ..printers.formula.expression import Expression, number

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def plain(symbol: str) -> str:
    """A written symbol as formulas take it: ``W2`` for ``W₂``."""
    return symbol.translate(_DIGITS)


def rounded(value: float) -> Expression:
    """A number as it is shown: with four significant digits."""
    return number(float(f"{value:.4g}"))


@dataclass(frozen=True)
class Product:
    """Factors written side by side with dots, all of them, also those that are 1."""

    factors: tuple[Expression, ...]

    def unicode(self) -> str:
        """As a line of text."""
        return " · ".join(
            f"({f.unicode()})" if self._needs_brackets(f) else _number(f) or f.unicode() for f in self.factors
        )

    def latex(self) -> str:
        """As LaTeX, without dollar signs."""
        return r" \cdot ".join(
            rf"\left({f.latex()}\right)" if self._needs_brackets(f) else f.latex() for f in self.factors
        )

    def mathml(self) -> str:
        """As the inside of a MathML element."""
        written = []
        for factor in self.factors:
            inside = factor.mathml().removeprefix("<math>").removesuffix("</math>")
            written.append(_bracketed(inside) if self._needs_brackets(factor) else inside)
        return "<mo>·</mo>".join(written)

    def _needs_brackets(self, factor: Expression) -> bool:
        negative = factor.head == "neg" or (factor.head == "number" and str(factor.args[0]).startswith("-"))
        return len(self.factors) > 1 and (negative or factor.head in ("add", "cases", "where", "compare", "logic"))


@dataclass(frozen=True)
class Sum:
    """Terms with signs between them."""

    terms: tuple[Expression, ...]

    def unicode(self) -> str:
        """As a line of text."""
        return " + ".join(
            t.unicode() if i == 0 or not _negative(t) else f"({t.unicode()})" for i, t in enumerate(self.terms)
        )

    def latex(self) -> str:
        """As LaTeX, without dollar signs."""
        return " + ".join(
            t.latex() if i == 0 or not _negative(t) else rf"\left({t.latex()}\right)" for i, t in enumerate(self.terms)
        )

    def mathml(self) -> str:
        """As the inside of a MathML element."""
        parts = []
        for i, term in enumerate(self.terms):
            inside = term.mathml().removeprefix("<math>").removesuffix("</math>")
            parts.append(inside if i == 0 or not _negative(term) else _bracketed(inside))
        return "<mo>+</mo>".join(parts)


Side = Product | Sum


@dataclass(frozen=True)
class Equation:
    """What is equal to what; `shape` and `value` stand behind it, `note` says how it came about.

    `sign` stands between the left and the first of the sides.
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


def _bracketed(mathml: str) -> str:
    left, right = '<mo form="prefix" fence="true">(</mo>', '<mo form="postfix" fence="true">)</mo>'
    return f"<mrow>{left}{mathml}{right}</mrow>"


def _number(factor: Expression) -> str:
    return figure(factor.args[0]) if factor.head == "number" else ""
