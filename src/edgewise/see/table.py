"""A snapshot as a table of text: a line for each tensor."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from .figures import figure, figures
from .numbers import Numbers
from .snapshot import Snapshot, TensorRecord

FEW = 4
"""Arrays of at most so many elements are written out."""

LONGEST = 44
"""Longer texts are cut off, but for the last column's."""


def table(snapshot: Snapshot, width: int | None = None) -> str:
    """The tensors in the order of the forward pass, each with the node that made it, its value and its gradient.

    What an update made of a parameter stands behind, with its rule, if the step was watched. Lines are cut off at
    `width`.
    """
    updated = any(tensor.update is not None for tensor in snapshot.tensors)
    heads = ["edge", "made by", "shape", "value", "gradient", *(["after the update"] if updated else [])]
    rows = [_row(snapshot, tensor, updated) for tensor in snapshot.tensors]
    sizes = [max(_width(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [_line(heads, sizes), _line(["─" * size for size in sizes], sizes), *(_line(row, sizes) for row in rows)]
    return "\n".join(_cut(line, width) if width else line for line in lines) + "\n"


def _row(snapshot: Snapshot, tensor: TensorRecord, updated: bool) -> list[str]:
    made = tensor.kind if tensor.node is None else snapshot.nodes[tensor.node].label
    shape = " × ".join(map(str, tensor.shape))
    row = [_cut(tensor.symbol, LONGEST), made, shape, _written(tensor.value), _written(tensor.gradient)]
    if updated:
        update = tensor.update
        rule = f" = {update.rule.unicode()}" if update is not None and update.rule is not None else ""
        row.append("" if update is None else _written(update.after) + rule)
    return row


def _written(numbers: Numbers | None) -> str:
    """One number, a few, or what many are like."""
    if numbers is None:
        return ""
    whole = numbers.whole
    if whole is not None and whole.size == 1:
        return figure(whole.item())
    if whole is not None and 0 < whole.size <= FEW:
        return " ".join(figures(whole.ravel().tolist()))
    found = numbers.statistics
    odd = [(found.nan, "NaN"), (found.positive_infinity, "∞"), (found.negative_infinity, "−∞")]
    about = "".join(f", {count} {name}" for count, name in odd if count)
    if not found.finite:
        return about.removeprefix(", ") or "empty"
    return f"{figure(found.smallest)} … {figure(found.largest)}{about}"


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    shown = [cell + " " * (size - _width(cell)) for cell, size in zip(cells, sizes, strict=True)]
    return "  ".join(shown).rstrip()


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis: at most so many columns, and not many more characters."""
    used = 0
    end = 0
    for place, character in enumerate(text):
        used += _columns(character)
        if used > most or place > 4 * most:
            return f"{text[:end]}…"
        if used < most:
            end = place + 1
    return text
