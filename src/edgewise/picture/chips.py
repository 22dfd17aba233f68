"""What a tensor looks like on its edge: its size, and its shapes around an origin at its top left corner."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..capture.snapshot import EdgeRecord, TensorRecord
from ..capture.summary import Numbers
from ..printers.figures import figure, figures
from .about import RULE
from .heat import MARK, heat_map, map_size, marks
from .metrics import fitted, text_width
from .scene import Arrow, Image, Rectangle, Shape, Text

WIDTH = 108.0  # of a chip with single numbers: the same for all, so that training never moves the picture
MAP_CHIP = 160.0  # of a chip with heat maps
STEPS = (108.0, 132.0, 164.0, 198.0)  # to which chips are widened; what is longer stands in the tooltip
USUAL = 164.0  # a formula that is written in a shorter way within this is not given more
ABRIDGED = ("…", "/∂· =", RULE)  # marks of formulas that are written only where others have no room
PAD = 9.0
HEADER, ROW, GRID_ROW, FOOTER = 19.0, 17.0, 15.0, 15.0
ARROW, SUM, NEW = 10.0, 10.0, 15.0  # room for what stands before numbers: an arrow, and more for a mark
DIGIT = 8.0  # between two numbers, or they read as a subtraction: a digit's width in the bold face
CELL = 55.0 + DIGIT  # of a grid: a number of 7 characters with two minus signs, as −1.2e−5, in the bold face
SMALL_ROWS, SMALL_COLUMNS = 4, 4  # larger arrays are drawn as heat maps

FAILURE = 40  # letters has a line that says what went wrong

Row = Literal["value", "gradient", "after"]

ARROWS = {"value": 1, "gradient": -1}

_NOT_FINITE = {"NaN": "nan", "∞": "infinite", "−∞": "infinite"}


@dataclass(slots=True)
class Drawn:
    """Shapes, the size of the box that they fill, and how far below its top lines arrive and leave."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)
    port: float = 0.0


@dataclass(slots=True)
class Scales:
    """The sizes of values and of gradients that heat maps show in full colour."""

    value: float
    gradient: float


def tensor_chip(
    tensor: TensorRecord, name: str, scales: Scales, footers: Sequence[str], *, summed: bool, plain: bool
) -> Drawn:
    """Draws a tensor: its name and shape, its value, its gradient, what it became in the update, and a formula.

    `footers` are ways to write the formula, the longest first. `summed` says that the gradient is a sum; `plain`
    leaves arrays without heat maps.
    """
    chip = _Chip(
        *footer_within(footers, tensor_width(tensor, name, summed=summed, plain=plain)),
        tensor.kind,
        _mark_width(tensor, summed=summed),
    )
    chip.header(name, _shape_text(tensor), named=tensor.named or tensor.node is None)
    chip.row("value", tensor.value, scales.value, plain=plain)
    chip.port = chip.y - ROW / 2 + 2
    if tensor.gradient is not None:
        chip.port = chip.y + 0.5
        chip.row("gradient", tensor.gradient, scales.gradient, plain=plain, mark="Σ" if summed else "")
    if tensor.update is not None:
        chip.footer_role = "small after"
        chip.row("after", tensor.update.after, scales.value, plain=plain, mark="new")
    return chip.done()


def tensor_width(tensor: TensorRecord, name: str, *, summed: bool, plain: bool) -> float:
    """Returns how wide the chip of a tensor is at least, without a formula."""
    shape = _shape_text(tensor)
    heading = text_width(name[:40], 12.5, bold=True) + (text_width(shape[:40], 10) + 6 if shape else 0) + 2 * PAD
    return max(_width(tensor, plain) + _mark_width(tensor, summed=summed), _next_step(heading))


def _mark_width(tensor: TensorRecord, *, summed: bool) -> float:
    """Returns the width of a mark before a tensor's numbers."""
    if tensor.update is not None and tensor.value.size > 1:
        return NEW
    return SUM if summed and is_small(tensor.value) else 0.0


def _shape_text(tensor: TensorRecord) -> str:
    shape = "×".join(map(str, tensor.shape))
    return f"{shape} hook".strip() if tensor.hooked and tensor.gradient is not None else shape


def footer_within(footers: Sequence[str], width: float) -> tuple[str, float]:
    """Returns which of several ways to write a formula stands on a chip, and how wide that then is.

    `width` is what the chip needs without. Without footers the text is empty.
    """
    if not footers:
        return "", width
    usual, most = max(width, USUAL), max(width, STEPS[-1])
    sizes = [(text, text_width(text, 10) + 2 * PAD) for text in footers]
    whole = [(text, own) for text, own in sizes if not any(mark in text for mark in ABRIDGED)]
    ways = ((whole, usual), (whole, most), (sizes, most))
    chosen = next((found for forms, room in ways for found in forms if found[1] <= room), None)
    footer, own = chosen or (fitted(footers[-1], usual - 2 * PAD, 10), usual)
    # A name takes as much room as a formula would, so that chips of one kind are of one width.
    return footer, max(width, _next_step(max(own, usual) if footer.startswith(RULE) else own))


def failure_chip(says: str, shapes: Sequence[str]) -> Drawn:
    """Draws what stands for the result of an operation that failed: why, and the shapes of what it was given."""
    lines = [line for text in (says, *shapes) for line in textwrap.wrap(text, FAILURE) or [""]]
    width = max(WIDTH, max(text_width(line, 11) for line in lines) + 2 * PAD)
    height = 8.0 + ROW * (1 + len(lines))
    drawn: list[Shape] = [
        Rectangle(0, 0, width, height, "chip broken", 6),
        Text(PAD, 17, "failed", "name wrong"),
    ]
    drawn += [Text(PAD, 17 + ROW * i, line, "wrong") for i, line in enumerate(lines, 1)]
    return Drawn(width, height, drawn, height / 2)


def branch_chip(edge: EdgeRecord, scales: Scales, footers: Sequence[str], name: str = "") -> Drawn:
    """Draws one of several uses of a tensor: its name, and what comes back along this use."""
    part = edge.contribution
    assert part is not None
    chip = _Chip(*footer_within(footers, branch_width(part, name)), "branch")
    if name:
        chip.header(name, "", named=False)
    top = chip.y
    chip.row("gradient", part, scales.gradient, plain=False)
    chip.port = (top + chip.y) / 2
    return chip.done()


def branch_width(part: Numbers, name: str = "") -> float:
    """Returns how wide the chip of one of several uses of a tensor is at least, without a formula."""
    return max(_numbers_width(part), _next_step(text_width(name[:40], 12.5, bold=True) + 2 * PAD))


def is_small(numbers: Numbers) -> bool:
    """Returns whether an array is drawn as numbers."""
    shape = numbers.shape
    if not shape:
        return True
    if len(shape) > 2 or not 0 < shape[-1] <= SMALL_COLUMNS:
        return False
    return len(shape) == 1 or 0 < shape[0] <= SMALL_ROWS


def is_mapped(numbers: Numbers) -> bool:
    """Returns whether an array is drawn as a heat map: whole numbers are mostly labels, whose size says little."""
    return not is_small(numbers) and numbers.size > 0 and numbers.dtype.startswith(("float", "complex", "bfloat"))


def not_finite(numbers: Numbers) -> list[tuple[str, str]]:
    """Counts NaN and infinities in an array, each in a few characters with its role."""
    found = numbers.statistics
    counts = [(f"{_count(found.nan)} NaN", "nan")] if found.nan else []
    if infinite := found.positive_infinity + found.negative_infinity:
        sign = "" if not found.negative_infinity else "−" if not found.positive_infinity else "±"
        counts.append((f"{_count(infinite)} {sign}∞", "infinite"))
    return counts


def norm_of(numbers: Numbers) -> float:
    """Returns the Euclidean norm, not finite if a number isn't. It is quicker than all statistics of a small array."""
    whole = numbers.whole
    if whole is None:
        return math.nan if not_finite(numbers) else numbers.statistics.norm
    flat = whole.ravel().astype(np.float64)
    return math.sqrt(flat @ flat)


def _count(number: int) -> str:
    return str(number) if number < 10_000 else figure(float(f"{number:.1e}"))


def _width(tensor: TensorRecord, plain: bool) -> float:
    return WIDTH if plain and not is_small(tensor.value) else _numbers_width(tensor.value)


def _numbers_width(numbers: Numbers) -> float:
    if is_mapped(numbers):
        return MAP_CHIP
    columns = numbers.shape[-1] if numbers.shape and is_small(numbers) else 1
    return WIDTH if columns == 1 else max(WIDTH, 2 * PAD + ARROW + columns * CELL - DIGIT / 2)


def _next_step(width: float) -> float:
    return next((step for step in STEPS if step >= width), STEPS[-1])


class _Chip:
    """A chip that is filled from the top.

    `footer` is its formula, `marked` the width of a mark before numbers.
    """

    def __init__(self, footer: str, width: float, kind: str, marked: float = 0.0) -> None:
        self.footer, self.footer_role = footer, "local"
        self.start = PAD + ARROW + marked  # where numbers may begin
        self.width, self.kind = width, kind
        self.right = width - PAD  # where numbers end
        self.y = 4.0
        self.port = 0.0
        self.shapes: list[Shape] = []

    def header(self, name: str, shape: str, *, named: bool) -> None:
        baseline = self.y + HEADER - 6
        role = "name" if named else "name unnamed"
        shape = fitted(shape, (self.width - 2 * PAD) * 0.6, 10, middle=True)
        room = self.width - 2 * PAD - (text_width(shape, 10) + 6 if shape else 0)
        self.shapes.append(Text(PAD, baseline, fitted(name, room, 12.5, bold=True, middle=True), role))
        if shape:
            self.shapes.append(Text(self.right, baseline, shape, "shape", "end"))
        self.y += HEADER

    def row(self, role: Row, numbers: Numbers, scale: float, *, plain: bool, mark: str = "") -> None:
        """Draws an array behind an arrow that says which way it goes."""
        top, before = self.y, len(self.shapes)
        small = is_small(numbers)
        mapped = not small and not plain and is_mapped(numbers)
        if small:
            height = self._grid(role, numbers)
        elif not mapped:
            height = self._line(role, numbers)
        else:
            height = self._map(role, numbers, scale)
        middle = top + (GRID_ROW + 3 if small and height > ROW else height) / 2
        if role in ARROWS:
            tip = PAD + (5.5 if ARROWS[role] > 0 else 0.5)
            self.shapes.append(Arrow(tip, middle, ARROWS[role], role))
        if mark:
            beside = ARROW if role in ARROWS and not mapped else 0.0
            below = 13.0 if mapped and role in ARROWS else 4.0
            self.shapes.append(Text(PAD + beside, middle + below, mark, f"small {role}"))
        for shape in self.shapes[before:]:
            shape.part = role
        if role == "gradient":
            self.shapes.insert(0, Rectangle(3.5, top, self.width - 7, height, "back", 4, part=role))
        self.y += height

    def _grid(self, role: str, numbers: Numbers) -> float:
        table = np.atleast_2d(numbers.whole if numbers.whole is not None else numbers.sample)
        rows, columns = table.shape
        if table.size == 1:
            self._number(self.right, self.y + 12.5, figure(table.item()), role, 12)
            return ROW
        texts = figures(table.ravel().tolist())
        for place, text in enumerate(texts):
            i, j = divmod(place, columns)
            self._number(self.right - (columns - 1 - j) * CELL, self.y + 12.5 + i * GRID_ROW, text, f"grid {role}", 11)
        return float(rows * GRID_ROW + 3)

    def _line(self, role: str, numbers: Numbers) -> float:
        right = self.right
        if not numbers.size:
            self.shapes.append(Text(right, self.y + 12.5, "empty", "note", "end"))
            return ROW
        if is_mapped(numbers):
            norm = norm_of(numbers)
            if not math.isfinite(norm) and (bad := not_finite(numbers)):
                for text, kind in reversed(bad):
                    self._number(right, self.y + 12, text, f"small {role}", 10, kind)
                    right -= text_width(text, 10, bold=True) + 8
                return ROW
            text = _number_in_room("‖·‖", norm, 4, right - self.start - 2, 12)
        else:
            first = numbers.sample.ravel()[:12].tolist()
            text = " ".join(map(figure, first)) + (" …" if numbers.size > len(first) else "")
        room = right - self.start - 2
        self.shapes.append(Text(right, self.y + 12.5, fitted(text, room, 12), role, "end"))
        return ROW

    def _map(self, role: str, numbers: Numbers, scale: float) -> float:
        width, height = map_size(numbers)
        tall = max(height, 26.0) + 8
        x, y = self.start + 2, self.y + (tall - height) / 2
        self.shapes.append(Rectangle(x, y, width, height, "ground"))
        self.shapes.append(Image(x, y, width, height, heat_map(numbers, scale)))
        for across, down, kind in marks(numbers):
            left = min(max(x + across * width - MARK / 2, x), x + width - MARK)
            top = min(max(y + down * height - MARK / 2, y), y + height - MARK)
            self.shapes.append(Rectangle(left, top, MARK, MARK, kind))
        bad = not_finite(numbers)
        middle = self.y + tall / 2
        room = self.right - x - width - 3
        if len(bad) < 2:
            norm = _number_in_room("‖·‖", numbers.statistics.norm, 4, room)
            self.shapes.append(Text(self.right, middle - 2.5, norm, f"small {role}", "end"))
        for line, (text, kind) in enumerate(reversed(bad)):
            self._number(self.right, middle + 11 - 14 * line, text, f"small {role}", 10, kind)
        if not bad:
            most = _number_in_room("max", _largest(numbers), 3, room)
            self.shapes.append(Text(self.right, middle + 10, most, "shape", "end"))
        return tall

    def _number(self, right: float, baseline: float, text: str, role: str, size: float, bad: str | None = None) -> None:
        """Draws a number that ends at `right`; what is not finite is written on a ground of its own."""
        bad = bad or _NOT_FINITE.get(text)
        if bad:
            width = text_width(text, size, bold=True) + 6
            self.shapes.append(Rectangle(right - width + 3, baseline - size + 0.5, width, size + 2, bad, 3))
            role = f"{role} is-{bad}"
        self.shapes.append(Text(right, baseline, text, role, "end"))

    def done(self) -> Drawn:
        if self.footer:
            part: Row = "after" if "after" in self.footer_role else "gradient"
            self.shapes.append(Text(PAD, self.y + FOOTER - 3.5, self.footer, self.footer_role, part=part))
            self.y += FOOTER
        height = self.y + 4
        return Drawn(
            self.width,
            height,
            [Rectangle(0, 0, self.width, height, f"chip {self.kind}", 6), *self.shapes],
            self.port or height / 2,
        )


def _number_in_room(what: str, value: float, digits: int, room: float, size: float = 10) -> str:
    """Writes a number with what it is, with fewer digits where these leave no room."""
    for left in range(digits, 1, -1):
        text = f"{what} {figure(value, left)}"
        if text_width(text, size) <= room:
            return text
    return f"{what} {figure(value, 1)}"


def _largest(numbers: Numbers) -> float:
    found = numbers.statistics
    return max(abs(found.smallest), abs(found.largest)) if found.finite else 0.0
