"""Definitions: what occurs several times in a formula, and is long, is given a name."""

from __future__ import annotations

from collections import Counter

from .expression import Expression, fresh_names, symbol

SHORT = 5
"""What has fewer pieces is written out each time."""

LONG = 14
"""What is divided by, if both it and what is divided have as many pieces, is given a name too."""


def with_definitions(formula: Expression) -> Expression:
    """The formula with "where a = …" for long pieces that occur more than once, the largest first."""
    definitions: list[tuple[str, Expression]] = []
    taken = formula.names
    names = (name for name in fresh_names() if name not in taken)
    while (piece := _repeated(formula, [body for _, body in definitions])) is not None:
        name = next(names)
        definitions = [(other, _replaced(body, piece, symbol(name))) for other, body in definitions]
        formula = _replaced(formula, piece, symbol(name))
        definitions.append((name, piece))
    if formula.head == "div" and all(part.size >= LONG for part in formula.args):
        name = next(names)
        above, below = formula.args
        formula = Expression("div", (above, symbol(name)))
        definitions.insert(0, (name, below))
    if not definitions:
        return formula
    return Expression("where", (formula, *(part for definition in definitions for part in definition)))


def _repeated(formula: Expression, bodies: list[Expression]) -> Expression | None:
    """The largest piece that occurs more than once."""
    found = Counter(piece for whole in (formula, *bodies) for piece in whole.walk() if piece.size >= SHORT)
    several = [piece for piece, count in found.items() if count > 1]
    return max(several, key=lambda piece: piece.size, default=None)


def _replaced(formula: Expression, piece: Expression, by: Expression) -> Expression:
    if formula == piece:
        return by
    return formula.with_children(lambda child: _replaced(child, piece, by))
