"""Rounding: constant between its jumps, so its derivative is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from .arithmetic import divide, multiply
from .elementwise import elementwise

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _no_slope(xp: Any, g: Array, y: Array, x: Array) -> Array:
    return xp.zeros_like(g)


_floor = elementwise("floor", lambda xp, x: xp.floor(x), _no_slope, words={"y": "rounded down"})


def floor(x: TensorLike) -> Tensor:
    """Returns each element rounded down. The derivative is 0."""
    return _floor.apply(x)


_ceil = elementwise("ceil", lambda xp, x: xp.ceil(x), _no_slope, words={"y": "rounded up"})


def ceil(x: TensorLike) -> Tensor:
    """Returns each element rounded up. The derivative is 0."""
    return _ceil.apply(x)


_round = elementwise(
    "round",
    lambda xp, x: xp.round(x),
    _no_slope,
    words={"y": "the nearest whole number; a half goes to the even one"},
)


def round(x: TensorLike, *, decimals: int = 0) -> Tensor:
    """Returns each element rounded to `decimals` places, halves to the even neighbour. The derivative is 0."""
    if decimals == 0:
        return _round(x)
    scale = 10.0**decimals
    return divide(_round(multiply(x, scale)), scale)


_trunc = elementwise(
    "trunc",
    lambda xp, x: xp.trunc(x),
    _no_slope,
    words={"y": "rounded towards 0"},
    word="round to zero",
)


def trunc(x: TensorLike) -> Tensor:
    """Returns each element rounded towards 0. The derivative is 0."""
    return _trunc.apply(x)


_nextafter = elementwise(
    "nextafter",
    lambda xp, a, b: xp.nextafter(a, b),
    lambda xp, g, y, a, b: g,
    lambda xp, g, y, a, b: xp.zeros_like(g),
    singular=True,
    words={"y": "the next number after a, on the way to b, that the computer can hold"},
    word="next number",
)


def nextafter(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the next floating-point number after `a` on the way to `b`; the derivative for `a` is 1."""
    return _nextafter.apply(a, b)
