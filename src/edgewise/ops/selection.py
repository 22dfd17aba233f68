"""Selection: the larger, the smaller, the one within bounds, the one that a condition picks."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, common_dtype, default_float, namespace
from ..graph.edge import Edge, edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from .creation import demand_range
from .elementwise import elementwise
from .naming import misfit

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _share(xp: Any, g: Array, won: Array, tied: Array) -> Array:
    """Returns `g` where an argument won, half of it where the two are equal."""
    return g * (xp.astype(won, g.dtype) + 0.5 * xp.astype(tied, g.dtype))


_maximum = elementwise(
    "maximum",
    lambda xp, a, b: xp.maximum(a, b),
    lambda xp, g, y, a, b: _share(xp, g, a > b, a == b),
    lambda xp, g, y, a, b: _share(xp, g, b > a, a == b),
    word="max",
)


def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the larger of two tensors, elementwise with broadcasting. Equal elements share the gradient evenly."""
    return _maximum.apply(a, b)


_minimum = elementwise(
    "minimum",
    lambda xp, a, b: xp.minimum(a, b),
    lambda xp, g, y, a, b: _share(xp, g, a < b, a == b),
    lambda xp, g, y, a, b: _share(xp, g, b < a, a == b),
    word="min",
)


def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the smaller of two tensors, elementwise with broadcasting. Equal elements share the gradient evenly."""
    return _minimum.apply(a, b)


def _ignoring_nan(extreme: str) -> Any:
    def forward(xp: Any, a: Any, b: Any) -> Array:
        y = getattr(xp, extreme)(a, b)
        if hasattr(b, "dtype"):
            y = xp.where(b != b, a, y)
        return xp.where(a != a, b, y) if hasattr(a, "dtype") else y

    return forward


_fmax = elementwise(
    "fmax",
    _ignoring_nan("maximum"),
    lambda xp, g, y, a, b: _share(xp, g, (a > b) | ((a == a) & (b != b)), a == b),
    lambda xp, g, y, a, b: _share(xp, g, (b > a) | ((b == b) & (a != a)), a == b),
    word="max",
)


def fmax(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the larger of two tensors, with broadcasting; beside a NaN, the other one. Equals share evenly."""
    return _fmax(a, b)


_fmin = elementwise(
    "fmin",
    _ignoring_nan("minimum"),
    lambda xp, g, y, a, b: _share(xp, g, (a < b) | ((a == a) & (b != b)), a == b),
    lambda xp, g, y, a, b: _share(xp, g, (b < a) | ((b == b) & (a != a)), a == b),
    word="min",
)


def fmin(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the smaller of two tensors, with broadcasting; beside a NaN, the other one. Equals share evenly."""
    return _fmin(a, b)


def _clip_forward(xp: Any, x: Array, low: Any, high: Any) -> Array:
    if low is not None:
        x = xp.maximum(x, low)
    return x if high is None else xp.minimum(x, high)


def _clip_x(xp: Any, g: Array, y: Array, x: Array, low: Any, high: Any) -> Array:
    inside = None
    if low is not None:
        inside = x > low
    if high is not None:
        inside = x < high if inside is None else inside & (x < high)
    return g * xp.astype(inside, g.dtype)


_clip = elementwise(
    "clip",
    _clip_forward,
    _clip_x,
    # A bound that is a tensor has the gradient wherever it decides the result, which at x == bound it shares with x: 0.
    lambda xp, g, y, x, low, high: g * xp.astype((x < low) if high is None else (x < low) & (low < high), g.dtype),
    lambda xp, g, y, x, low, high: g * xp.astype((x > high) if low is None else (x > high) | (low >= high), g.dtype),
)


def clip(x: TensorLike, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
    """Clamps each element between `min` and `max`, numbers or tensors that broadcast; either may be left out.

    No gradient flows to `x` where it is at or beyond a bound. Raises ArgumentError if both bounds are missing.
    """
    if min is None and max is None:
        raise ArgumentError("clip: needs min, max or both")
    try:
        return _clip.apply(x, min, max)
    except ShapeError as error:
        given = {"x": x, "min": min, "max": max}
        raise misfit("clip", error, given, given) from None


_where = Operation(
    "where",
    lambda xp, condition, a, b: xp.where(condition, a, b),
    None,
    lambda xp, g, y, condition, a, b: xp.where(condition, g, xp.zeros_like(g)),
    lambda xp, g, y, condition, a, b: xp.where(condition, xp.zeros_like(g), g),
    elementwise=True,
    promotes=False,
    roles={"condition": "condition"},
)


def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> Tensor:
    """Returns `a` where `condition` is true and `b` elsewhere, with broadcasting.

    The gradient of the branch not taken is 0 times that branch's derivative. If that derivative is infinite or
    NaN, so is the product: give the branch a harmless argument there, with a `where` inside it too.
    """
    if not (isinstance(a, Edge) and isinstance(b, Edge) and a.array.dtype is b.array.dtype):
        a, b = _alike(edge_of(condition), a, b)
    return _where.apply(condition, a, b)


def _alike(condition: Tensor, a: TensorLike, b: TensorLike) -> tuple[TensorLike, TensorLike]:
    """Returns the two branches in the dtype that they meet in, by PyTorch's rules, whatever `condition` has."""
    sides = [_side(a), _side(b)]
    if not any(isinstance(side, Edge) for side in sides):
        xp = namespace(condition.array)
        dtype = default_float(xp) if float in map(type, sides) else xp.int64 if int in map(type, sides) else xp.bool
        return wrap(xp.asarray(sides[0], dtype=dtype)), sides[1]
    dtype = common_dtype([side.array if isinstance(side, Edge) else side for side in sides])
    for value, other in (sides, sides[::-1]):
        if type(value) is int and isinstance(other, Edge):
            demand_range("where", namespace(other.array), value, other.array.dtype if dtype is None else dtype)
    if dtype is None:
        return sides[0], sides[1]
    from .shape import cast

    first, second = (cast(side, dtype=dtype) if isinstance(side, Edge) else side for side in sides)
    return first, second


def _side(value: TensorLike) -> Any:
    """Returns a tensor, or one of Python's numbers."""
    if isinstance(value, Edge) or type(value) in (bool, int, float):
        return value
    if isinstance(value, numbers.Number):
        return value.item() if hasattr(value, "item") else value
    return edge_of(value)
