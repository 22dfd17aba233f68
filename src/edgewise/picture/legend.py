"""Draws the legend below a picture."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Literal

from ..capture.objective import Objective
from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..graph.modes import DERIVATIVE_KINDS
from ..printers.figures import figure
from .boxes import module_role
from .chips import Drawn, Scales, is_mapped
from .heat import ramp
from .metrics import fitted, text_width
from .scene import Arrow, Curve, Image, Rectangle, Shape, Text, moved

_BAR = 84.0
_MIDDLE = 8.0
_LINE = 19.0
GAP = 16.0


Mark = Literal["number", "sum", "part", "new", "factor", "formula", "norm", "largest"]
"""The marks that a picture can have besides values and gradients."""


def legend(
    snapshot: Snapshot,
    shown: Sequence[TensorRecord],
    scales: Scales,
    *,
    maps: bool,
    marks: Collection[Mark] = (),
    orders: Collection[str] = (),
    width: float = math.inf,
) -> Drawn:
    """Draws the legend of the arrows, boxes, colours and marks in this picture, in lines of at most `width`.

    `orders` are the kinds of its derivatives.
    """
    key = _LegendWriter(width)
    loss = f"∂{fitted(snapshot.objective.symbol, 60, 10)}"
    key.arrow(1, "value")
    key.word("value, forward")
    if snapshot.has_gradients:
        key.arrow(-1, "gradient")
        key.word(f"gradient {loss}/∂·, backward")
    if snapshot.objective.definition:
        key.word(fitted(snapshot.objective.definition, 400, 10))
    kinds = {tensor.kind for tensor in shown}
    for kind in ("parameter", "input", "constant"):
        if kind in kinds:
            key.box(f"chip {kind}")
            key.word(kind)
    for kind in DERIVATIVE_KINDS:
        if kind in orders:
            key.box(module_role("module", kind))
            key.word(kind)
    if "number" in marks:
        key.sample("2", "operation", "detail")
        key.word("a number that an operation was given")
    if "sum" in marks:
        key.word("◂ Σ", "gradient", gap=5)
        key.word("a sum: the gradient of what is used several times")
    if "part" in marks:
        key.box("branch")
        key.word("what one use adds to it")
    if "new" in marks:
        key.word("new", "after", gap=5)
        key.word("after the update")
    if "factor" in marks:
        key.word("∂f/∂x = …", "gradient", gap=5)
        key.word("local derivative: the factor of an edge")
    if "formula" in marks:
        key.word("= …", "gradient", gap=5)
        key.word("how the gradient is made of the one that comes back")
    if not maps:
        key.word("‖·‖  norm of an array")
    elif "norm" in marks:
        key.word("‖·‖  norm of an array" + (", max  its largest absolute value" if "largest" in marks else ""))
    heated = [tensor for tensor in shown if maps and is_mapped(tensor.value)]
    if heated:
        key.bar("values", scales.value, "value")
    if any(tensor.gradient is not None for tensor in heated):
        key.bar("gradients", scales.gradient, "gradient")
    _marks(key, [numbers for tensor in heated for numbers in (tensor.value, tensor.gradient) if numbers is not None])
    return key.done()


def _marks(key: _LegendWriter, mapped: Sequence[Numbers]) -> None:
    """Adds the colours of NaN and infinities, if heat maps have them."""
    found = [numbers.statistics for numbers in mapped]
    if any(one.nan for one in found):
        key.box("nan")
        key.word("NaN")
    if any(one.positive_infinity + one.negative_infinity for one in found):
        key.box("infinite")
        key.word("±∞")


def neuron_legend(objective: Objective, scales: Scales, examples: int, *, maps: bool) -> Drawn:
    """Draws the legend of a picture of neurons."""
    key = _LegendWriter()
    key.line("weight plus-line", 3.0)
    key.word("weight > 0")
    key.line("weight minus-line", 3.0)
    key.word("weight < 0")
    key.line("pull", 1.6)
    key.word("its gradient")
    of = f" (example 1 of {examples})" if examples > 1 else ""
    key.word(f"In a neuron: value{of}, below that gradient ∂{fitted(objective.symbol, 60, 10)}/∂·")
    if objective.definition:
        key.word(fitted(objective.definition, 400, 10))
    if maps:
        key.bar("values", scales.value, "value")
        key.bar("gradients", scales.gradient, "gradient")
    return key.done()


class _LegendWriter:
    """Writes the lines of a legend from the left. A gap as wide as `GAP` ends an entry."""

    def __init__(self, width: float = math.inf) -> None:
        self.shapes: list[Shape] = []
        self.x = self.widest = self.y = 0.0
        self._width = width
        self._entry = 0  # the first shape of the current entry
        self._left = 0.0  # its left edge

    def word(self, text: str, role: str = "", *, gap: float = GAP) -> None:
        self.shapes.append(Text(self.x, self.y + _MIDDLE + 3.5, text, f"note {role}".rstrip()))
        self.x += text_width(text, 10) + gap
        if gap == GAP:
            self._end()

    def _end(self) -> None:
        if self.x - GAP > self._width and self._left:
            moved(self.shapes[self._entry :], -self._left, _LINE)
            self.y += _LINE
            self.x -= self._left
        self.widest = max(self.widest, self.x - GAP)
        self._entry, self._left = len(self.shapes), self.x

    def done(self) -> Drawn:
        """Returns the drawn legend."""
        return Drawn(self.widest, self.y + 2 * _MIDDLE, self.shapes)

    def sample(self, text: str, box: str, role: str) -> None:
        """Adds a box with a text in it."""
        self.shapes.append(Rectangle(self.x + 0.5, self.y + _MIDDLE - 7, 20, 14, box, 7))
        self.shapes.append(Text(self.x + 10.5, self.y + _MIDDLE + 3.5, text, role, "middle"))
        self.x += 26

    def arrow(self, direction: int, role: str) -> None:
        self.shapes.append(Arrow(self.x + (5 if direction > 0 else 0), self.y + _MIDDLE, direction, role))
        self.x += 10

    def box(self, role: str) -> None:
        self.shapes.append(Rectangle(self.x + 0.5, self.y + _MIDDLE - 5, 15, 10, role, 3))
        self.x += 21

    def line(self, role: str, width: float) -> None:
        self.shapes.append(Curve([(self.x, self.y + _MIDDLE), (self.x + 20, self.y + _MIDDLE)], role, width=width))
        self.x += 26

    def bar(self, name: str, scale: float, role: str) -> None:
        self.word(name, gap=8)
        self.word(figure(-scale), role, gap=4)
        self.shapes.append(Rectangle(self.x, self.y + _MIDDLE - 4, _BAR, 8, "ground"))
        self.shapes.append(Image(self.x, self.y + _MIDDLE - 4, _BAR, 8, ramp()))
        self.x += _BAR + 5
        self.word(figure(scale), role)
