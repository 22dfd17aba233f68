"""The legend below a picture."""

from __future__ import annotations

from ..figures import figure
from ..snapshot import Snapshot
from .chips import Drawn, Scales, is_small
from .heat import heat_map
from .metrics import text_width
from .scene import Image, Shape, Text

_BAR = 90.0


def legend(snapshot: Snapshot, scales: Scales) -> Drawn:
    """What arrows and colours mean, as far as this picture has them."""
    shapes: list[Shape] = []
    x = 0.0

    def word(text: str, role: str, gap: float) -> None:
        nonlocal x
        shapes.append(Text(x, 12, text, role))
        x += text_width(text, 10.5) + gap

    word("→", "value arrow", 4)
    word("value, forward", "note", 18)
    word("←", "gradient arrow", 4)
    word(f"gradient ∂{snapshot.output.symbol}/∂ of it, backward", "note", 18)
    if any(tensor.update is not None for tensor in snapshot.tensors):
        word("⟲", "after arrow", 4)
        word("value after the update", "note", 18)
    heated = [tensor for tensor in snapshot.tensors if not is_small(tensor.value) and tensor.value.size]
    for scale, role, shown in (
        (scales.value, "value", bool(heated)),
        (scales.gradient, "gradient", any(tensor.gradient is not None for tensor in heated)),
    ):
        if shown:
            word(f"−{figure(scale)}", f"note {role}", 4)
            shapes.append(Image(x, 4, _BAR, 9, _ramp()))
            x += _BAR + 5
            word(figure(scale), f"note {role}", 18)
    return Drawn(x, 18, shapes)


def _ramp() -> str:
    import numpy as np

    from ..numbers import Numbers

    return heat_map(Numbers(np.linspace(-1, 1, 31).reshape(1, 31)), 1.0)
