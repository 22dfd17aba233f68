"""The tree of a formula: immutable plain data. The printers write it as Unicode, LaTeX or MathML."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

HEADS = {
    "number": "value",
    "symbol": "name",
    "partial": "of, by: the gradient ∂of/∂by, of two symbols",
    "add": "terms",
    "neg": "x",
    "mul": "factors that are numbers, or are read element by element: written side by side",
    "hadamard": "factors that are arrays, multiplied element by element: ⊙",
    "matmul": "factors that are matrices: ·",
    "div": "numerator, denominator",
    "pow": "base, exponent",
    "call": "name, arguments",
    "over": "name, axes (None for all, a text for windows), arguments if any: a function along axes, such as a sum",
    "count": "axes (None for all), x: how many elements x has along axes, written n",
    "transpose": "x: the last two axes exchanged",
    "permute": "x, axes",
    "compare": "sign, a, b",
    "between": "a, x, b: a ≤ x < b",
    "logic": "and, or or not; arguments",
    "indicator": "condition: 1 where it holds, 0 elsewhere",
    "cases": "value, condition, ..., value elsewhere",
    "index": "x, and for each axis an expression, a slice or `all`",
    "slice": "start, stop, step: numbers or None",
    "all": "every element of an axis, or with the argument True of all axes between",
    "at": "x, base, and a key as in index: the base with x put there",
    "scatter": "x, and a key as in index: at each place the sum of what x has for it",
    "ranked": "x, count or None: the place of the i-th smallest element, or of the i-th largest of so many",
    "shifted": "x, by: along an axis that t counts, the element so many places further",
    "joined": "sign, factors: a product with its own sign, such as ⋆",
    "element": "array, *indices: one element of it",
    "each": "name, x, condition or None, *letters: a function such as a sum over all values of letters",
    "where": "formula, name, its definition, ...: written after the formula",
}
"""The arguments of each head."""

_languages: dict[str, Callable[[Expression], str]] = {}


def language(name: str) -> Callable[[Callable[[Expression], str]], Callable[[Expression], str]]:
    """Registers a function as the printer of a language, which has the name of the method that calls it."""

    def register(printer: Callable[[Expression], str]) -> Callable[[Expression], str]:
        return _languages.setdefault(name, printer)

    return register


@dataclass(frozen=True, eq=True)
class Expression:
    """One piece of a formula: its kind, and its parts.

    `args` are Expressions, names, numbers, None, and tuples of numbers; `HEADS` says which, for each head.

    Examples
    --------
    >>> formula = product(symbol("x"), minus(number(1), symbol("x")))
    >>> formula.unicode()
    'x · (1 − x)'
    """

    head: str
    args: tuple[Any, ...]

    @cached_property
    def children(self) -> tuple[Expression, ...]:
        """The arguments that are Expressions."""
        return tuple(arg for arg in self.args if isinstance(arg, Expression))

    @cached_property
    def size(self) -> int:
        """The number of pieces of the whole tree."""
        return 1 + sum(child.size for child in self.children)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all symbols in the tree."""
        own = {self.args[0]} if self.head == "symbol" else set()
        return frozenset(own.union(*(child.names for child in self.children)))

    @cached_property
    def _hash(self) -> int:
        return hash((self.head, self.args))

    def __hash__(self) -> int:
        return self._hash

    def walk(self) -> Iterator[Expression]:
        """Yields the expression and all its pieces, parents before children."""
        yield self
        for child in self.children:
            yield from child.walk()

    def with_children(self, change: Callable[[Expression], Expression]) -> Expression:
        """Returns a copy with each child changed."""
        changed = tuple(change(arg) if isinstance(arg, Expression) else arg for arg in self.args)
        same = all(new is old for new, old in zip(changed, self.args, strict=True))
        return self if same else Expression(self.head, changed)

    def unicode(self) -> str:
        """Returns the formula as Unicode, for a terminal."""
        return _languages["unicode"](self)

    def latex(self) -> str:
        """Returns the formula for LaTeX's mathematics mode; it needs amsmath only."""
        return _languages["latex"](self)

    def mathml(self) -> str:
        """Returns a `math` element of presentation MathML."""
        return _languages["mathml"](self)

    def to_data(self) -> list[Any]:
        """Returns nested lists for JSON; :func:`from_data` reads them."""
        return [self.head, *(_data(arg) for arg in self.args)]

    def __str__(self) -> str:
        return self.unicode()


def from_data(data: list[Any]) -> Expression:
    """Makes an Expression from the lists of :meth:`Expression.to_data`. Raises ValueError for other data."""
    if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] not in HEADS:
        raise ValueError(f"no formula: {str(data)[:80]!r}")
    args = tuple(_from(arg) for arg in data[1:])
    names = args if data[0] == "symbol" else args[1::2] if data[0] == "where" else ()
    if not all(isinstance(name, str) for name in names) or (data[0] == "symbol" and len(args) != 1):
        raise ValueError(f"no name in a formula: {str(data)[:80]!r}")
    return Expression(data[0], args)


def _data(arg: Any) -> Any:
    if isinstance(arg, Expression):
        return arg.to_data()
    if isinstance(arg, tuple):
        return list(arg)
    return {"number": str(arg)} if isinstance(arg, float) and not math.isfinite(arg) else arg


def _from(arg: Any) -> Any:
    if isinstance(arg, list):
        return from_data(arg) if arg and isinstance(arg[0], str) else tuple(arg)
    if isinstance(arg, dict):
        return float(arg["number"])
    if arg is None or isinstance(arg, (str, int, float)):
        return arg
    raise ValueError(f"no part of a formula: {str(arg)[:80]!r}")


def fresh_names() -> Iterator[str]:
    """Yields names for a formula's own definitions."""
    number = 0
    while True:
        for letter in "abcdehpqrsuvw":
            yield f"{letter}{number}" if number else letter
        number += 1


def number(value: float | int | bool) -> Expression:
    """Makes a number."""
    return Expression("number", (value,))


def symbol(name: str) -> Expression:
    """Makes a symbol. Digits after letters are written as a subscript."""
    return Expression("symbol", (name,))


def partial(of: str, by: str) -> Expression:
    """Makes the gradient of one tensor with respect to another: ∂L/∂z."""
    return Expression("partial", (symbol(of), symbol(by)))


def call(name: str, *arguments: Expression) -> Expression:
    """Makes a function's call."""
    return Expression("call", (name, *arguments))


def plus(*terms: Expression) -> Expression:
    """Makes a sum."""
    return Expression("add", terms)


def negative(x: Expression) -> Expression:
    """Makes −x."""
    return Expression("neg", (x,))


def minus(a: Expression, b: Expression) -> Expression:
    """Makes a difference."""
    return plus(a, negative(b))


def product(*factors: Expression) -> Expression:
    """Makes a product of numbers, or an elementwise one written without ⊙."""
    return Expression("mul", factors)


def quotient(a: Expression, b: Expression) -> Expression:
    """Makes a fraction."""
    return Expression("div", (a, b))
