"""Gives names to long pieces that occur several times in a formula."""

from __future__ import annotations

from collections import Counter

from .expression import Expression, fresh_names, symbol

SHORT = 5
"""The fewest pieces of an expression that gets a name."""

LONG = 14
"""The fewest pieces of both numerator and denominator for which the denominator gets a name."""


def with_definitions(formula: Expression) -> Expression:
    """Adds "where a = …" to a formula for long pieces that occur more than once, the largest first."""
    definitions: list[tuple[str, Expression]] = []
    used = formula.names
    names = (name for name in fresh_names() if name not in used)
    while (piece := _largest_repeated_piece(formula, [body for _, body in definitions])) is not None:
        name = next(names)
        definitions = [(other, _replace(body, piece, symbol(name))) for other, body in definitions]
        formula = _replace(formula, piece, symbol(name))
        definitions.append((name, piece))
    if formula.head == "div" and all(part.size >= LONG for part in formula.args):
        name = next(names)
        numerator, denominator = formula.args
        formula = Expression("div", (numerator, symbol(name)))
        definitions.insert(0, (name, denominator))
    if not definitions:
        return formula
    return Expression("where", (formula, *(part for definition in definitions for part in definition)))


def _largest_repeated_piece(formula: Expression, bodies: list[Expression]) -> Expression | None:
    """Returns the largest piece that occurs more than once."""
    counts = Counter(piece for whole in (formula, *bodies) for piece in whole.walk() if piece.size >= SHORT)
    repeated = [piece for piece, count in counts.items() if count > 1]
    return max(repeated, key=lambda piece: piece.size, default=None)


def _replace(formula: Expression, piece: Expression, by: Expression) -> Expression:
    if formula == piece:
        return by
    return formula.with_children(lambda child: _replace(child, piece, by))
