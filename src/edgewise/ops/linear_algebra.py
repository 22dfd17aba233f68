"""Matrix products and what is built from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation

if TYPE_CHECKING:
    pass


def _matmul_a(xp: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return g * b
    if b.ndim == 1:
        return xp.expand_dims(g, axis=-1) * b
    if a.ndim == 1:
        return xp.matmul(b, xp.expand_dims(g, axis=-1))[..., 0]
    return xp.matmul(g, b.mT)


def _matmul_b(xp: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return g * a
    if a.ndim == 1:
        return xp.expand_dims(a, axis=-1) * xp.expand_dims(g, axis=-2)
    if b.ndim == 1:
        return xp.matmul(xp.expand_dims(g, axis=-2), a)[..., 0, :]
    if b.ndim == 2 and a.ndim > 2:
        # One product over all the batch's rows, rather than one per batch and a sum over them.
        a, g = xp.reshape(a, (-1, a.shape[-1])), xp.reshape(g, (-1, g.shape[-1]))
    return xp.matmul(a.mT, g)


_matmul = Operation(
    "matmul",
    lambda xp, a, b: xp.matmul(a, b),
    _matmul_a,
    _matmul_b,
    linear="each",
    promotes=True,
    broadcasts=True,
)
