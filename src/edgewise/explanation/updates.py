"""Explains the update of a parameter: its rule, and the rule in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from ..capture.snapshot import TensorRecord
from ..capture.update_rules import legend
from ..printers.formula.expression import Expression, symbol
from .equations import Equation, Passage, Product, Remark, formula_name, numbers_text, rounded_number


def update_passages(tensor: TensorRecord) -> list[Passage]:
    """Returns a passage on the update; none if there was no update."""
    update = tensor.update
    if update is None:
        return []
    about = f"the update of {tensor.name}"
    before, after = numbers_text(tensor.value), numbers_text(update.after)
    if update.rule is None:
        return [Passage(about, [Remark(f"from {before} to {after}")])]
    letter = formula_name(tensor.symbol)
    sides = [Product((update.rule,))]
    gradient = tensor.gradient
    if gradient is not None and not tensor.shape and update.rule.names <= {letter, *_gradient_names(update.rule)}:
        numbers = {symbol(letter): rounded_number(float(tensor.value.item()))}
        for piece in update.rule.walk():
            if piece.head == "partial":
                numbers[piece] = rounded_number(float(gradient.item()))
        sides += [Product((_replace(update.rule, numbers),)), Product((rounded_number(float(update.after.item())),))]
        return [Passage(about, [Equation(symbol(letter), tuple(sides), sign="←")])]
    note = legend(update)
    lines: list[Equation | Remark] = [Equation(symbol(letter), tuple(sides), sign="←")]
    if note:
        lines.append(Remark(note))
    return [Passage(about, [*lines, Remark(f"from {before} to {after}")])]


def _gradient_names(rule: Expression) -> frozenset[str]:
    return frozenset[str]().union(*(piece.names for piece in rule.walk() if piece.head == "partial"))


def _replace(formula: Expression, numbers: Mapping[Expression, Expression]) -> Expression:
    """Replaces symbols by numbers without simplifying."""
    if formula in numbers:
        return numbers[formula]
    return formula.with_children(lambda child: _replace(child, numbers))
