"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from .elementwise import elementwise

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


_sin = elementwise(
    "sin", lambda xp, x: xp.sin(x), lambda xp, g, y, x: g * xp.cos(x), floats=True, singular=True, kind="activation"
)


def sin(x: TensorLike) -> Tensor:
    """Returns the sine of each element, in radians."""
    return _sin.apply(x)


_cos = elementwise(
    "cos", lambda xp, x: xp.cos(x), lambda xp, g, y, x: -g * xp.sin(x), floats=True, singular=True, kind="activation"
)


def cos(x: TensorLike) -> Tensor:
    """Returns the cosine of each element, in radians."""
    return _cos.apply(x)


_tan = elementwise("tan", lambda xp, x: xp.tan(x), lambda xp, g, y, x: g * (1 + y * y), floats=True, singular=True)


def tan(x: TensorLike) -> Tensor:
    """Returns the tangent of each element, in radians."""
    return _tan.apply(x)


_asin = elementwise(
    "asin", lambda xp, x: xp.asin(x), lambda xp, g, y, x: g / xp.sqrt(1 - x * x), floats=True, singular=True
)


def asin(x: TensorLike) -> Tensor:
    """Returns the inverse sine of each element, in radians, from -π/2 to π/2."""
    return _asin.apply(x)


_acos = elementwise(
    "acos", lambda xp, x: xp.acos(x), lambda xp, g, y, x: -g / xp.sqrt(1 - x * x), floats=True, singular=True
)


def acos(x: TensorLike) -> Tensor:
    """Returns the inverse cosine of each element, in radians, from 0 to π."""
    return _acos.apply(x)


_atan = elementwise("atan", lambda xp, x: xp.atan(x), lambda xp, g, y, x: g / (1 + x * x), floats=True)


def atan(x: TensorLike) -> Tensor:
    """Returns the inverse tangent of each element, in radians, from -π/2 to π/2."""
    return _atan.apply(x)


def _by_square(xp: Any, leg: Any, a: Any, b: Any) -> Array:
    """Computes leg / (a² + b²) where the squares may overflow or underflow; 0 at the origin."""
    length = xp.hypot(a, b)
    length = xp.where(length == 0, xp.ones_like(length), length)
    return leg / length / length


_atan2 = elementwise(
    "atan2",
    lambda xp, a, b: xp.atan2(a, b),
    lambda xp, g, y, a, b: g * _by_square(xp, b, a, b),
    lambda xp, g, y, a, b: -g * _by_square(xp, a, a, b),
    floats=True,
    singular=True,
    words={"y": "the angle of the point (b, a), from −π to π"},
    word="angle",
)


def atan2(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the angle of the point (b, a), from -π to π, with broadcasting. At (0, 0) both derivatives are 0."""
    return _atan2.apply(a, b)


_sinh = elementwise("sinh", lambda xp, x: xp.sinh(x), lambda xp, g, y, x: g * xp.cosh(x), floats=True, singular=True)


def sinh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic sine of each element."""
    return _sinh.apply(x)


_cosh = elementwise("cosh", lambda xp, x: xp.cosh(x), lambda xp, g, y, x: g * xp.sinh(x), floats=True, singular=True)


def cosh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic cosine of each element."""
    return _cosh.apply(x)


# g − g·y·y rather than g·(1 − y²): the same number of roundings, and no slow array-with-scalar step in NumPy.
_tanh = elementwise(
    "tanh",
    lambda xp, x: xp.tanh(x),
    lambda xp, g, y, x: g - g * y * y,
    floats=True,
    kind="activation",
    words={
        "y": "any number becomes one between −1 and 1",
        "x": "the gradient passes, less of it the nearer the output is to −1 or 1",
    },
)


def tanh(x: TensorLike) -> Tensor:
    """Returns the hyperbolic tangent of each element."""
    return _tanh.apply(x)


_asinh = elementwise("asinh", lambda xp, x: xp.asinh(x), lambda xp, g, y, x: g / xp.sqrt(x * x + 1), floats=True)


def asinh(x: TensorLike) -> Tensor:
    """Returns the inverse hyperbolic sine of each element."""
    return _asinh.apply(x)


_acosh = elementwise(
    "acosh", lambda xp, x: xp.acosh(x), lambda xp, g, y, x: g / xp.sqrt(x * x - 1), floats=True, singular=True
)


def acosh(x: TensorLike) -> Tensor:
    """Returns the inverse hyperbolic cosine of each element."""
    return _acosh.apply(x)


_atanh = elementwise(
    "atanh", lambda xp, x: xp.atanh(x), lambda xp, g, y, x: g / (1 - x * x), floats=True, singular=True
)


def atanh(x: TensorLike) -> Tensor:
    """Returns the inverse hyperbolic tangent of each element."""
    return _atanh.apply(x)
