"""The two operations that the engine itself needs: the same values as a new edge."""

from __future__ import annotations

from .operation import Operation

copied = Operation(
    "clone",
    lambda xp, x: xp.asarray(x, copy=True),
    lambda _xp, g, _y, _x: g,
    elementwise=True,
    linear="each",
)
"""The same values in memory of their own."""

renewed = Operation("argument", lambda _xp, x: x, lambda _xp, g, _y, _x: g, elementwise=True, linear="each")
"""The same values, in the same memory, on an edge of their own: so that a function's argument can be told from
other uses of the tensor that was passed."""
