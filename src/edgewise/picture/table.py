"""Writes a snapshot as a table of text: a line for each tensor."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..capture.update_rules import legend
from ..printers.figures import figure, figures
from ..printers.formula.renaming import rename

FEW = 4
"""The most elements of an array that are written out."""

LONGEST = 44
"""The most characters of a name; longer ones are cut off."""

MOST_ROWS = 200
"""The most tensors that are listed."""

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def table(snapshot: Snapshot, width: int | None = None, most: int = MOST_ROWS) -> str:
    """Lists the tensors in the order of the forward pass, each with the node that made it, its value and its gradient.

    If the step was watched, a column has the updated parameters, and their rules follow below. Only the first and last
    tensors are shown if there are more than `most`. If lines are longer than `width`, less important columns are left
    out, and the rest is cut off.
    """
    tensors = snapshot.tensors
    left_out = len(tensors) - most if len(tensors) > most else 0
    shown = [*tensors[: most // 2], *tensors[len(tensors) - (most - most // 2) :]] if left_out else tensors
    columns = [
        ("edge", [_name(tensor) for tensor in shown]),
        ("made by", [_maker(snapshot, tensor) for tensor in shown]),
        ("shape", ["" if _failure(snapshot, tensor) else " × ".join(map(str, tensor.shape)) for tensor in shown]),
        ("value", [_value(snapshot, tensor) for tensor in shown]),
    ]
    if snapshot.has_gradients:
        columns.append(("gradient", [_numbers_text(tensor.gradient) for tensor in shown]))
    if any(tensor.update is not None for tensor in tensors):
        columns.append(
            ("updated", [_numbers_text(None if tensor.update is None else tensor.update.after) for tensor in shown])
        )
    for optional in ("made by", "shape"):
        if width and sum(_column_width(*column) + 2 for column in columns) - 2 > width:
            columns = [column for column in columns if column[0] != optional]
    sizes = [_column_width(*column) for column in columns]
    rows = [list(row) for row in zip(*(texts for _, texts in columns), strict=True)]
    lines = [_line([head for head, _ in columns], sizes), _line(["─" * size for size in sizes], sizes)]
    lines += [_line(row, sizes) for row in rows]
    if left_out:
        lines.insert(2 + most // 2, f"⋮ {left_out} more: the picture has them all")
    lines = [_cut(line, width) if width else line for line in lines]
    of = snapshot.objective.definition
    sums = ["", f"The gradients are those of {of}"] if of else []
    return "\n".join([*lines, *sums, *_rules(tensors)]) + "\n"


def _name(tensor: TensorRecord) -> str:
    """Returns a tensor's symbol, W₂ for W2; for a parameter with a numbered path, the path: 0.weight."""
    return _cut(tensor.name if tensor.name[:1].isdecimal() else tensor.symbol, LONGEST)


def _failure(snapshot: Snapshot, tensor: TensorRecord) -> str:
    return "" if tensor.node is None else snapshot.nodes[tensor.node].failure


def _value(snapshot: Snapshot, tensor: TensorRecord) -> str:
    """Writes a tensor's numbers, or the error of the operation that failed to make it."""
    failure = _failure(snapshot, tensor)
    if not failure or tensor.node is None:
        return _numbers_text(tensor.value)
    return f"✗ failed: {failure}"


def _maker(snapshot: Snapshot, tensor: TensorRecord) -> str:
    return tensor.kind if tensor.node is None else snapshot.nodes[tensor.node].label


def _column_width(head: str, texts: Sequence[str]) -> int:
    return max(map(_width, [head, *texts]))


def _rules(tensors: Sequence[TensorRecord]) -> list[str]:
    """Writes the rules of updates, each once: with θ for the parameter if several share it."""
    found: dict[tuple[str, str], list[TensorRecord]] = {}
    for tensor in tensors:
        if tensor.update is not None and tensor.update.rule is not None:
            letter = tensor.symbol.translate(_DIGITS)
            text = rename(tensor.update.rule, {letter: "θ"}).unicode()
            found.setdefault((text, legend(tensor.update)), []).append(tensor)
    lines = []
    for (text, meanings), updated in found.items():
        first = updated[0]
        if len(updated) == 1 and first.update is not None and first.update.rule is not None:
            lines.append(f"{_cut(first.symbol, LONGEST)} ← {first.update.rule.unicode()}")
        else:
            names = ", ".join(_name(tensor) for tensor in updated[:4])
            rest = f" and {len(updated) - 4} more" if len(updated) > 4 else ""
            lines.append(f"θ ← {text}   for θ = {names}{rest}")
        if meanings:
            lines.append(f"  {meanings}")
    return ["", *lines] if lines else []


def _numbers_text(numbers: Numbers | None) -> str:
    """Writes one number, a few, or the range of many."""
    if numbers is None:
        return ""
    whole = numbers.whole
    if whole is not None and whole.size == 1:
        return figure(whole.item())
    if whole is not None and 0 < whole.size <= FEW:
        return " ".join(figures(whole.ravel().tolist()))
    found = numbers.statistics
    about = "".join(f", {count} {name}" for count, name in found.nonfinite)
    if not found.finite:
        return about.removeprefix(", ") or "empty"
    return f"{figure(found.smallest)} … {figure(found.largest)}{about}"


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    shown = [cell + " " * (size - _width(cell)) for cell, size in zip(cells, sizes, strict=True)]
    return "  ".join(shown).rstrip()


def _width(text: str) -> int:
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, most: int) -> str:
    """Cuts a text to at most `most` columns, with an ellipsis."""
    used = 0
    end = 0
    for place, character in enumerate(text):
        used += _character_width(character)
        if used > most or place > 4 * most:
            return f"{text[:end]}…"
        if used < most:
            end = place + 1
    return text
