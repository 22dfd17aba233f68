"""What one tensor or one operation looks like: its size, and its shapes around an origin at its top left corner."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..figures import figure, figures
from ..numbers import Numbers
from ..snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from .heat import heat_map
from .metrics import fitted, text_width
from .scene import Image, Rectangle, Shape, Text

WIDTH = 124.0  # of a chip with single numbers: the same for all, so that training never moves the picture
WIDEST = 210.0  # of a chip with a formula; longer formulas are shortened, and told in full to a resting pointer
PAD = 9.0
LINE = 17.0
SMALL_ROWS, SMALL_COLUMNS = 4, 4  # larger arrays are drawn as heat maps
CELL = 46.0
MAP_WIDTH, MAP_HEIGHT = 66.0, 50.0


@dataclass(slots=True)
class Drawn:
    """Shapes and the size of the box that they fill."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)


@dataclass(slots=True)
class Scales:
    """The sizes of values and of gradients that heat maps show in full colour."""

    value: float
    gradient: float


def tensor_chip(tensor: TensorRecord, scales: Scales, footer: str | None) -> Drawn:
    """A tensor: its name and shape, its value, its gradient, and what it became in the update."""
    chip = _Stack(max(_width(tensor), _footer_width(footer)), tensor.kind)
    shape = "×".join(map(str, tensor.shape))
    beside = text_width(shape, 10.5) + 6 if shape else 0.0
    chip.line(
        [
            (fitted(tensor.symbol, chip.inner - beside, 12.5, bold=True, middle=True), "name", "start"),
            (shape, "shape", "end"),
        ]
    )
    if is_small(tensor.value):
        chip.numbers("→", tensor.value, "value")
        if tensor.gradient is not None:
            chip.numbers("←", tensor.gradient, "gradient")
    else:
        chip.maps(tensor.value, tensor.gradient, scales)
    if tensor.update is not None:
        after = tensor.update.after
        if is_small(after):
            chip.numbers("⟲", after, "after")
        else:
            chip.line([("⟲", "after", "start"), (f"‖·‖ {figure(after.statistics.norm)}", "after", "end")])
    if footer:
        chip.rule()
        chip.line([(fitted(footer, chip.inner, 10.5), "local", "start")], height=15)
    return chip.done()


def branch_chip(edge: EdgeRecord, footer: str | None, scales: Scales) -> Drawn:
    """One of several uses of a tensor: what comes back along it."""
    small = edge.contribution is None or is_small(edge.contribution)
    width = _table_width(edge.contribution) if edge.contribution is not None and small else WIDTH
    chip = _Stack(max(width, _footer_width(footer)), "branch")
    if edge.contribution is not None and small:
        chip.numbers("←", edge.contribution, "gradient")
    elif edge.contribution is not None:
        chip.maps(None, edge.contribution, scales)
    if footer:
        chip.line([(fitted(footer, chip.inner, 10.5), "local", "start")], height=15)
    return chip.done()


def operation_box(node: NodeRecord) -> Drawn:
    """An operation: its name, and the plain numbers that it was given."""
    given = [figure(argument.number) for argument in node.arguments if argument.number is not None]
    label = fitted(node.label, 110, 12.5, bold=True, middle=True)
    detail = fitted(", ".join(given), 120, 10.5)
    width = max(34.0, text_width(label, 12.5, bold=True) + 20, text_width(detail, 10.5) + 16)
    height = 44.0 if detail else 30.0
    shapes: list[Shape] = [Rectangle(0, 0, width, height, "operation", 15.0 if not detail else 12.0)]
    shapes.append(Text(width / 2, 19.5, label, "label", "middle"))
    if detail:
        shapes.append(Text(width / 2, 34.5, detail, "detail", "middle"))
    return Drawn(width, height, shapes)


def module_box(name: str, kind: str, operations: int) -> Drawn:
    """A module drawn closed."""
    title = fitted(name, 170, 12.5, bold=True, middle=True)
    counted = f"{operations} operation{'' if operations == 1 else 's'}"
    detail = fitted(f"{kind} · {counted}" if kind != name else counted, 190, 10.5)
    width = max(text_width(title, 12.5, bold=True), text_width(detail, 10.5)) + 28
    shapes: list[Shape] = [
        Rectangle(4, 4, width, 46, "closed-shade", 10),
        Rectangle(0, 0, width, 46, "closed", 10),
        Text(width / 2, 20, title, "label", "middle"),
        Text(width / 2, 36, detail, "detail", "middle"),
    ]
    return Drawn(width + 4, 50, shapes)


def is_small(numbers: Numbers) -> bool:
    """Whether an array is drawn as numbers."""
    if len(numbers.shape) > 2 or numbers.whole is None:
        return False
    columns = numbers.shape[-1] if numbers.shape else 1
    rows = numbers.shape[0] if len(numbers.shape) == 2 else 1
    return 0 < columns <= SMALL_COLUMNS and 0 < rows <= SMALL_ROWS


def _footer_width(footer: str | None) -> float:
    return 0.0 if footer is None else min(text_width(footer, 10.5) + 2 * PAD + 2, WIDEST)


def _width(tensor: TensorRecord) -> float:
    return _table_width(tensor.value) if is_small(tensor.value) else 2 * MAP_WIDTH + 3 * PAD


def _table_width(numbers: Numbers) -> float:
    columns = numbers.shape[-1] if numbers.shape else 1
    return max(WIDTH, 2 * PAD + 14 + columns * CELL)


class _Stack:
    """A chip that is filled from the top."""

    def __init__(self, width: float, kind: str) -> None:
        self.width, self.kind = width, kind
        self.inner = width - 2 * PAD
        self.y = 5.0
        self.shapes: list[Shape] = []

    def line(self, texts: list[tuple[str, str, str]], height: float = LINE) -> None:
        baseline = self.y + height - 4.5
        for text, role, anchor in texts:
            if text:
                x = {"start": PAD, "middle": self.width / 2, "end": self.width - PAD}[anchor]
                self.shapes.append(Text(x, baseline, text, role, anchor))
        self.y += height

    def rule(self) -> None:
        self.y += 2
        self.shapes.append(Rectangle(PAD, self.y, self.inner, 1, "rule"))
        self.y += 2

    def numbers(self, arrow: str, numbers: Numbers, role: str) -> None:
        """Rows of numbers behind an arrow that says which way they go."""
        whole = numbers.whole
        assert whole is not None
        table = np.atleast_2d(whole)
        texts = figures([item for item in table.ravel().tolist()]) if table.size > 1 else [figure(table.item())]
        rows, columns = table.shape
        if role == "gradient":
            self.shapes.append(Rectangle(4, self.y + 1, self.width - 8, rows * LINE - 1, "back", 4))
        for i in range(rows):
            baseline = self.y + LINE - 4.5
            if i == 0:
                self.shapes.append(Text(PAD, baseline, arrow, f"{role} arrow"))
            for j in range(columns):
                text = texts[i * columns + j]
                bad = " bad" if text in ("NaN", "∞", "−∞") else ""
                right = self.width - PAD - (columns - 1 - j) * CELL
                limit = CELL - 4 if columns > 1 else self.inner - 14
                shrunk = limit if text_width(text, 12) > limit else None
                self.shapes.append(Text(right, baseline, text, role + bad, "end", shrunk))
            self.y += LINE

    def maps(self, value: Numbers | None, gradient: Numbers | None, scales: Scales) -> None:
        """Heat maps beside each other, each with its norm and what is not finite."""
        x = PAD
        for arrow, numbers, scale, role in (
            ("→", value, scales.value, "value"),
            ("←", gradient, scales.gradient, "gradient"),
        ):
            if numbers is None:
                continue
            if numbers.size:
                self.shapes.append(Image(x, self.y + 1, MAP_WIDTH, MAP_HEIGHT, heat_map(numbers, scale)))
            self.shapes.append(Rectangle(x, self.y + 1, MAP_WIDTH, MAP_HEIGHT, f"frame {role}"))
            baseline = self.y + MAP_HEIGHT + 14
            self.shapes.append(Text(x, baseline, arrow, f"{role} arrow"))
            bad = _not_finite(numbers)
            text = bad or f"‖·‖ {figure(numbers.statistics.norm)}"
            limit = MAP_WIDTH - 14
            self.shapes.append(
                Text(
                    x + MAP_WIDTH,
                    baseline,
                    text,
                    "norm bad" if bad else f"norm {role}",
                    "end",
                    limit if text_width(text, 10.5) > limit else None,
                )
            )
            x += MAP_WIDTH + PAD
        self.y += MAP_HEIGHT + 19

    def done(self) -> Drawn:
        height = self.y + 4
        return Drawn(self.width, height, [Rectangle(0, 0, self.width, height, f"chip {self.kind}", 7), *self.shapes])


def _not_finite(numbers: Numbers) -> str:
    """How many numbers are not, in a few characters."""
    found = numbers.statistics
    infinite = found.positive_infinity + found.negative_infinity
    parts = [f"{found.nan} NaN"] if found.nan else []
    parts += [f"{infinite} ∞"] if infinite else []
    return ", ".join(parts)


def footer_of(snapshot: Snapshot, edge: EdgeRecord, loss: str) -> str | None:
    """The derivative along an edge, as the article writes it: ``∂mul₂/∂W₂ = x₂``."""
    derivative = edge.derivative if edge.contribution is not None else None
    if derivative is None:
        return None
    local, expression = derivative
    symbol = snapshot.tensors[edge.tensor].symbol
    of = snapshot.nodes[edge.node].label if local else loss
    return f"∂{of}/∂{symbol} = {expression.unicode()}"
