"""What an update made of a parameter: its rule, and the rule in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from ..capture.snapshot import TensorRecord
from ..capture.update_rules import legend
from ..printers.formula.expression import Expression, symbol
from .equations import Equation, Passage, Product, Remark, plain, rounded
from .values import value_of


def updated(tensor: TensorRecord) -> list[Passage]:
    """A passage on the update, if there was one."""
    update = tensor.update
    if update is None:
        return []
    about = f"the update of {tensor.name}"
    before, after = value_of(tensor.value), value_of(update.after)
    if update.rule is None:
        return [Passage(about, [Remark(f"from {before} to {after}")])]
    letter = plain(tensor.symbol)
    sides = [Product((update.rule,))]
    gradient = tensor.gradient
    if gradient is not None and not tensor.shape and update.rule.names <= {letter, *_gradient_names(update.rule)}:
        numbers = {symbol(letter): rounded(float(tensor.value.item()))}
        for piece in update.rule.walk():
            if piece.head == "partial":
                numbers[piece] = rounded(float(gradient.item()))
        sides += [Product((_replaced(update.rule, numbers),)), Product((rounded(float(update.after.item())),))]
        return [Passage(about, [Equation(symbol(letter), tuple(sides), sign="←")])]
    note = legend(update)
    lines: list[Equation | Remark] = [Equation(symbol(letter), tuple(sides), sign="←")]
    if note:
        lines.append(Remark(note))
    return [Passage(about, [*lines, Remark(f"from {before} to {after}")])]


def _gradient_names(rule: Expression) -> frozenset[str]:
    return frozenset[str]().union(*(piece.names for piece in rule.walk() if piece.head == "partial"))


def _replaced(formula: Expression, numbers: Mapping[Expression, Expression]) -> Expression:
    """With numbers in place of symbols, and nothing worked out."""
    if formula in numbers:
        return numbers[formula]
    return formula.with_children(lambda child: _replaced(child, numbers))
