"""What layers say about inputs and settings that don't fit them."""

from __future__ import annotations

import operator
from typing import Any

from ..graph.edge import Edge
from ..graph.errors import ArgumentError, ShapeError


def misfit(layer: Any, input: Any, expected: str, hint: str = "") -> ShapeError:
    """The error for an input of another shape than `expected`; names the layer with its settings."""
    given = tuple(getattr(input, "shape", ()))
    return ShapeError(
        f"{type(layer).__name__}({layer.extra_repr()}) takes {expected}; the input has shape {given}"
        + (f". {hint}" if hint else "")
    )


def no_tensor(name: str, given: Any) -> TypeError:
    """The error for what should be a tensor and is none."""
    return TypeError(f"{name} takes a tensor, not {type(given).__name__}: edgewise.tensor(...) makes one")


def need_tensor(name: str, given: Any) -> None:
    """Raises TypeError unless this is a tensor."""
    if not isinstance(given, Edge):
        raise no_tensor(name, given)


def counts(kind: str, least: int = 0, **given: Any) -> None:
    """Raises TypeError if a setting is no integer, ArgumentError if it is below `least`; of tuples, each number."""
    for name, value in given.items():
        for part in value if isinstance(value, (tuple, list)) else (value,):
            try:
                size = operator.index(part)
            except TypeError:
                raise TypeError(f"{kind}: {name} must be an integer, not {part!r}") from None
            if size < least:
                raise ArgumentError(f"{kind}: {name} must be {least} or more, not {value!r}")


def numbers(kind: str, **given: Any) -> None:
    """Raises TypeError if a setting is no number."""
    for name, value in given.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"{kind}: {name} must be a number, not {value!r}")
