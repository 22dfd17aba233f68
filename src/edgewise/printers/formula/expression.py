"""The tree of a formula: immutable plain data that is printed as Unicode, LaTeX or MathML."""

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
    "logic": "and, or or not; arguments",
    "indicator": "condition: 1 where it holds, 0 elsewhere",
    "cases": "value, condition, ..., value elsewhere",
    "index": "x, and for each axis an expression, a slice or `all`",
    "slice": "start, stop, step: numbers or None",
    "all": "every element of an axis, or with the argument True of all axes between",
    "at": "x, base, and a key as in index: the base with x put there",
    "scatter": "x, and a key as in index: at each place the sum of what x has for it",
    "joined": "sign, factors: a product that has a sign of its own, as ⋆",
    "where": "formula, name, its definition, ...: written behind the formula",
}
"""What the arguments of each head are."""

_languages: dict[str, Callable[[Expression], str]] = {}


def language(name: str) -> Callable[[Callable[[Expression], str]], Callable[[Expression], str]]:
    """Makes a function the printer of formulas in a language, which is named as the method that calls it."""

    def added(printer: Callable[[Expression], str]) -> Callable[[Expression], str]:
        return _languages.setdefault(name, printer)

    return added


@dataclass(frozen=True, eq=True)
class Expression:
    """One piece of a formula: what kind it is, and what it consists of.

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
        """How many pieces the whole tree has."""
        return 1 + sum(child.size for child in self.children)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all symbols in it."""
        own = {self.args[0]} if self.head == "symbol" else set()
        return frozenset(own.union(*(child.names for child in self.children)))

    @cached_property
    def _hash(self) -> int:
        return hash((self.head, self.args))

    def __hash__(self) -> int:
        return self._hash

    def walk(self) -> Iterator[Expression]:
        """It and all its pieces, each before its own."""
        yield self
        for child in self.children:
            yield from child.walk()

    def with_children(self, change: Callable[[Expression], Expression]) -> Expression:
        """The same with each argument that is an Expression changed."""
        changed = tuple(change(arg) if isinstance(arg, Expression) else arg for arg in self.args)
        same = all(new is old for new, old in zip(changed, self.args, strict=True))
        return self if same else Expression(self.head, changed)

    def unicode(self) -> str:
        """For a terminal."""
        return _languages["unicode"](self)

    def latex(self) -> str:
        """For LaTeX's mathematics mode, with nothing but amsmath."""
        return _languages["latex"](self)

    def mathml(self) -> str:
        """A `math` element of presentation MathML."""
        return _languages["mathml"](self)

    def to_data(self) -> list[Any]:
        """Nested lists for JSON; :func:`from_data` reads them."""
        return [self.head, *(_data(arg) for arg in self.args)]

    def __str__(self) -> str:
        return self.unicode()


def from_data(data: list[Any]) -> Expression:
    """The Expression of which :meth:`Expression.to_data` made these lists. Raises ValueError for others."""
    if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] not in HEADS:
        raise ValueError(f"no formula: {str(data)[:80]!r}")
    return Expression(data[0], tuple(_from(arg) for arg in data[1:]))


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
    """Names for what a formula defines itself."""
    number = 0
    while True:
        for letter in "abcdehpqrsuvw":
            yield f"{letter}{number}" if number else letter
        number += 1


def number(value: float | int | bool) -> Expression:
    """A number."""
    return Expression("number", (value,))


def symbol(name: str) -> Expression:
    """A name: digits at the end of one of letters are written as a subscript."""
    return Expression("symbol", (name,))


def partial(of: str, by: str) -> Expression:
    """The gradient of one tensor with respect to another: ∂L/∂z."""
    return Expression("partial", (symbol(of), symbol(by)))


def call(name: str, *arguments: Expression) -> Expression:
    """A function of arguments."""
    return Expression("call", (name, *arguments))


def plus(*terms: Expression) -> Expression:
    """A sum."""
    return Expression("add", terms)


def negative(x: Expression) -> Expression:
    """−x."""
    return Expression("neg", (x,))


def minus(a: Expression, b: Expression) -> Expression:
    """A difference."""
    return plus(a, negative(b))


def product(*factors: Expression) -> Expression:
    """Of numbers, or element by element where that need not be said."""
    return Expression("mul", factors)


def quotient(a: Expression, b: Expression) -> Expression:
    """A fraction."""
    return Expression("div", (a, b))
