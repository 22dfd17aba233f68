"""How elementwise operations are declared, in the files of their families.

Each definition is the forward and one derivative per input, in the inputs' order. At kinks the derivative is
the subgradient of least norm: abs'(0) = 0, equal arguments of `maximum` share the gradient, and `clip` passes
nothing at a bound.
"""

from __future__ import annotations

from typing import Any

from ..graph.operation import Derivative, Forward, Operation


def elementwise(name: str, forward: Forward, *derivatives: Derivative | None, **traits: Any) -> Operation:
    """An :class:`Operation` whose output elements depend only on the input elements at their place."""
    return Operation(name, forward, *derivatives, elementwise=True, **traits)
