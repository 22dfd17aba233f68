"""Shape, layout and dtype: the same elements, arranged otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

_cast = Operation(
    "cast",
    lambda xp, x, *, dtype: xp.astype(x, dtype),
    lambda xp, g, y, x, *, dtype: g,  # the engine casts gradients to their input's dtype
    elementwise=True,
)
_reshape = Operation(
    "reshape",
    lambda xp, x, *, shape: xp.reshape(x, shape),
    lambda xp, g, y, x, *, shape: xp.reshape(g, tuple(x.shape)),
    linear="each",
)
_broadcast_to = Operation(
    "expand",
    lambda xp, x, *, shape: xp.broadcast_to(x, shape),
    lambda xp, g, y, x, *, shape: g,  # the engine sums over the axes along which x was repeated
    linear="each",
    broadcasts=True,
)
_permute = Operation(
    "permute",
    lambda xp, x, *, axes: xp.permute_dims(x, axes),
    lambda xp, g, y, x, *, axes: xp.permute_dims(g, _inverse(axes)),
    linear="each",
)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    order = [axis % len(axes) for axis in axes]
    return tuple(order.index(i) for i in range(len(order)))


def cast(x: TensorLike, *, dtype: Any) -> Tensor:
    """`x` in another dtype. Its gradient comes back in the old one; none flows through integers."""
    return _cast(x, dtype=dtype)
