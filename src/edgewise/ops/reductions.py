"""Reductions: many elements to one, over some axes or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation

if TYPE_CHECKING:
    pass

Axis = int | tuple[int, ...] | None


def _spread(xp: Any, g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """The gradient of a reduced result, shaped to broadcast against the input again."""
    if not keepdims and x.ndim > 0:
        axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        reduced = {a % x.ndim for a in axes}
        g = xp.reshape(g, tuple(1 if i in reduced else size for i, size in enumerate(x.shape)))
    return g


_sum = Operation(
    "sum",
    lambda xp, x, *, axis, keepdims: xp.sum(x, axis=axis, keepdims=keepdims),
    lambda xp, g, y, x, *, axis, keepdims: xp.broadcast_to(_spread(xp, g, x, axis, keepdims), tuple(x.shape)),
    linear="each",
)
