"""What layers say about inputs that don't fit them."""

from __future__ import annotations

from typing import Any

from ..graph.errors import ShapeError


def misfit(layer: Any, input: Any, expected: str, hint: str = "") -> ShapeError:
    """The error for an input of another shape than `expected`; names the layer with its settings."""
    given = tuple(getattr(input, "shape", ()))
    return ShapeError(
        f"{type(layer).__name__}({layer.extra_repr()}) takes {expected}; the input has shape {given}"
        + (f". {hint}" if hint else "")
    )
