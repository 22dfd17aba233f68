"""The legend below a picture."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures import figure
from ..numbers import Numbers
from ..snapshot import Snapshot, TensorRecord
from .chips import Drawn, Scales, is_mapped
from .heat import ramp
from .metrics import fitted, text_width
from .scene import Arrow, Curve, Image, Rectangle, Shape, Text

_BAR = 84.0
_MIDDLE = 8.0


def legend(snapshot: Snapshot, shown: Sequence[TensorRecord], scales: Scales, *, maps: bool) -> Drawn:
    """What arrows, boxes and colours mean, as far as this picture has them."""
    key = _Key()
    key.arrow(1, "value")
    key.word("value, forward", gap=16)
    key.arrow(-1, "gradient")
    key.word(f"gradient ∂{fitted(snapshot.output.symbol, 60, 10)}/∂·, backward", gap=16)
    kinds = {tensor.kind for tensor in shown}
    for kind in ("parameter", "input", "constant"):
        if kind in kinds:
            key.box(f"chip {kind}")
            key.word(kind, gap=16)
    if not maps:
        key.word("‖·‖  norm of an array", gap=16)
    heated = [tensor for tensor in shown if maps and is_mapped(tensor.value)]
    if heated:
        key.bar("values", scales.value, "value")
    if any(tensor.gradient is not None for tensor in heated):
        key.bar("gradients", scales.gradient, "gradient")
    _marks(key, [numbers for tensor in heated for numbers in (tensor.value, tensor.gradient) if numbers is not None])
    return Drawn(key.x, 2 * _MIDDLE, key.shapes)


def _marks(key: _Key, mapped: Sequence[Numbers]) -> None:
    """The colours of what is not finite, where heat maps have it."""
    found = [numbers.statistics for numbers in mapped]
    if any(one.nan for one in found):
        key.box("nan")
        key.word("NaN", gap=16)
    if any(one.positive_infinity + one.negative_infinity for one in found):
        key.box("infinite")
        key.word("±∞", gap=16)


def neuron_legend(loss: str, scales: Scales, examples: int, *, maps: bool) -> Drawn:
    """What lines and numbers mean where neurons are drawn."""
    key = _Key()
    key.line("weight plus-line", 3.0)
    key.word("weight > 0", gap=12)
    key.line("weight minus-line", 3.0)
    key.word("weight < 0", gap=16)
    key.line("pull", 1.6)
    key.word("its gradient", gap=16)
    of = f" (example 1 of {examples})" if examples > 1 else ""
    key.word(f"In a neuron: value{of}, below that gradient ∂{fitted(loss, 60, 10)}/∂·", gap=18)
    if maps:
        key.bar("values", scales.value, "value")
        key.bar("gradients", scales.gradient, "gradient")
    return Drawn(key.x, 2 * _MIDDLE, key.shapes)


class _Key:
    """The legend's line, written from the left."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.x = 0.0

    def word(self, text: str, role: str = "", *, gap: float) -> None:
        self.shapes.append(Text(self.x, _MIDDLE + 3.5, text, f"note {role}".rstrip()))
        self.x += text_width(text, 10) + gap

    def arrow(self, direction: int, role: str) -> None:
        self.shapes.append(Arrow(self.x + (5 if direction > 0 else 0), _MIDDLE, direction, role))
        self.x += 10

    def box(self, role: str) -> None:
        self.shapes.append(Rectangle(self.x + 0.5, _MIDDLE - 5, 15, 10, role, 3))
        self.x += 21

    def line(self, role: str, width: float) -> None:
        self.shapes.append(Curve([(self.x, _MIDDLE), (self.x + 20, _MIDDLE)], role, width=width))
        self.x += 26

    def bar(self, name: str, scale: float, role: str) -> None:
        self.word(name, gap=8)
        self.word(figure(-scale), role, gap=4)
        self.shapes.append(Rectangle(self.x, _MIDDLE - 4, _BAR, 8, "ground"))
        self.shapes.append(Image(self.x, _MIDDLE - 4, _BAR, 8, ramp()))
        self.x += _BAR + 5
        self.word(figure(scale), role, gap=18)
