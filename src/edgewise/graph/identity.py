"""The operations that the engine itself needs: they put the same values on a new edge."""

from __future__ import annotations

from .operation import Operation

clone_op = Operation(
    "clone",
    lambda xp, x: xp.asarray(x, copy=True),
    lambda _xp, g, _y, _x: g,
    elementwise=True,
    linear="each",
)
"""The same values in memory of their own."""

alias_op = Operation("argument", lambda _xp, x: x, lambda _xp, g, _y, _x: g, elementwise=True, linear="each")
"""The same values, in the same memory, on an edge of their own. It separates a function's argument from other uses of
the tensor that was passed."""

without_slope = Operation(
    "constant",
    lambda _xp, value, x: value,  # noqa: ARG005 - formulas use the forward's names for arguments
    lambda _xp, g, _y, _value, _x: g,
    lambda xp, _g, _y, _value, x: xp.zeros_like(x),
    linear="jointly",
)
"""`value` as a result of `x` too, whose derivative with respect to `x` is 0: for step functions, and for gradients at
kinks."""
