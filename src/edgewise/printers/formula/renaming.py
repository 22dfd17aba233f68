"""Gives the symbols of formulas other names, or puts whole expressions in their place."""

from __future__ import annotations

from collections.abc import Mapping

from .expression import Expression, fresh_names, symbol
from .tidy import tidy


def rename(formula: Expression, symbols: Mapping[str, str | Expression]) -> Expression:
    """Replaces symbols by other names or whole expressions, and simplifies the result.

    A name that the formula defines after "where" is changed if a new expression uses it.

    Examples
    --------
    >>> from edgewise.printers.formula.expression import call, minus, number, product, symbol
    >>> formula = product(symbol("x"), minus(number(1), symbol("x")))
    >>> rename(formula, {"x": call("σ", symbol("z2"))}).unicode()
    'σ(z₂)(1 − σ(z₂))'
    """
    wanted = {
        name: symbol(new) if isinstance(new, str) else new for name, new in symbols.items() if name in formula.names
    }
    if not wanted:
        return formula
    new_names = frozenset[str]().union(*(new.names for new in wanted.values()))
    return tidy(_replace_symbols(formula, wanted, new_names))


def _replace_symbols(formula: Expression, symbols: Mapping[str, Expression], new_names: frozenset[str]) -> Expression:
    if formula.head == "symbol":
        return symbols.get(formula.args[0], formula)
    if formula.head == "where":
        inner = dict(symbols)
        args = list(formula.args)
        for i in range(1, len(args), 2):
            name = args[i]
            inner.pop(name, None)
            if name in new_names:
                args[i] = next(new for new in fresh_names() if new not in new_names | formula.names)
                inner[name] = symbol(args[i])
        return Expression(
            "where", tuple(_replace_symbols(a, inner, new_names) if isinstance(a, Expression) else a for a in args)
        )
    if formula.head == "each":
        name, x, condition, *letters = formula.args
        inner = {old: new for old, new in symbols.items() if old not in letters}
        for i, letter in enumerate(letters):
            if letter in new_names:
                letters[i] = next(new for new in LETTERS if new not in new_names | formula.names | {*letters})
                inner[letter] = symbol(letters[i])
        changed = (None if one is None else _replace_symbols(one, inner, new_names) for one in (x, condition))
        return Expression("each", (name, *changed, *letters))
    if formula.head == "partial":
        parts = tuple(_replace_symbols(part, symbols, new_names) for part in formula.args)
        return Expression("partial", parts) if all(part.head == "symbol" for part in parts) else formula
    return formula.with_children(lambda child: _replace_symbols(child, symbols, new_names))


LETTERS = "ijklmpqrsuvwacdefhoIJKLMPQRSUVW"
"""Letters for indices."""


def tidy_names(formula: Expression, letters: Mapping[str, str]) -> Expression:
    """Replaces the letters of indices by others, also where a sum is over them."""
    if formula.head == "symbol":
        return symbol(letters.get(formula.args[0], formula.args[0]))
    if formula.head == "each":
        name, x, condition, *over = formula.args
        parts = tuple(None if one is None else tidy_names(one, letters) for one in (x, condition))
        return Expression("each", (name, *parts, *(letters.get(letter, letter) for letter in over)))
    return formula.with_children(lambda child: tidy_names(child, letters))
