"""A snapshot as a table of text: a line for each tensor."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..capture.update_rules import legend
from ..printers.figures import figure, figures
from ..printers.formula.tidy import rename

FEW = 4
"""Arrays of at most so many elements are written out."""

LONGEST = 44
"""Longer names are cut off."""

MOST_ROWS = 200
"""So many tensors are listed."""

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def table(snapshot: Snapshot, width: int | None = None, most: int = MOST_ROWS) -> str:
    """The tensors in the order of the forward pass, each with the node that made it, its value and its gradient.

    What an update made of a parameter stands behind, if the step was watched, and its rule below. Of more than `most`
    tensors the first and the last are shown. Where lines are longer than `width`, columns that can be spared are left
    out, and what is still too long is cut off.
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
        columns.append(("gradient", [_written(tensor.gradient) for tensor in shown]))
    if any(tensor.update is not None for tensor in tensors):
        columns.append(
            ("updated", [_written(None if tensor.update is None else tensor.update.after) for tensor in shown])
        )
    for spared in ("made by", "shape"):
        if width and sum(_breadth(*column) + 2 for column in columns) - 2 > width:
            columns = [column for column in columns if column[0] != spared]
    sizes = [_breadth(*column) for column in columns]
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
    """Its symbol, W₂ for W2, but the path of a parameter: 0.weight."""
    return _cut(tensor.name if tensor.name[:1].isdecimal() else tensor.symbol, LONGEST)


def _failure(snapshot: Snapshot, tensor: TensorRecord) -> str:
    return "" if tensor.node is None else snapshot.nodes[tensor.node].failure


def _value(snapshot: Snapshot, tensor: TensorRecord) -> str:
    """Its numbers; or what went wrong where it was to be made, and with which shapes."""
    failure = _failure(snapshot, tensor)
    if not failure or tensor.node is None:
        return _written(tensor.value)
    return f"✗ failed: {failure}"


def _maker(snapshot: Snapshot, tensor: TensorRecord) -> str:
    return tensor.kind if tensor.node is None else snapshot.nodes[tensor.node].label


def _breadth(head: str, texts: Sequence[str]) -> int:
    return max(map(_width, [head, *texts]))


def _rules(tensors: Sequence[TensorRecord]) -> list[str]:
    """How parameters were updated, each rule once: with θ for the parameter if there are several."""
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
