"""Arithmetic: sums, products, quotients and signs."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, is_float, kind
from ..graph.chain_rule import identity_derivative
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError
from .elementwise import elementwise, run_without_warnings

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _sum_of(xp: Any, a: Array, b: Any) -> Array:
    try:
        return a + b
    except RuntimeWarning:
        return run_without_warnings(operator.add, a, b)


_add = elementwise("add", _sum_of, identity_derivative, identity_derivative, kind="addition")


def add(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the sum of two tensors, elementwise with broadcasting."""
    return _add.apply(a, b)


def _difference(xp: Any, a: Array, b: Any) -> Array:
    try:
        return a - b
    except RuntimeWarning:
        return run_without_warnings(operator.sub, a, b)


_subtract = elementwise(
    "sub",
    _difference,
    identity_derivative,
    lambda xp, g, y, a, b: -g,
    kind="arithmetic",
)


def subtract(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the difference of two tensors, elementwise with broadcasting."""
    return _subtract.apply(a, b)


def _product(xp: Any, a: Array, b: Any) -> Array:
    try:
        return a * b
    except RuntimeWarning:
        return run_without_warnings(operator.mul, a, b)


_multiply = elementwise(
    "mul",
    _product,
    lambda xp, g, y, a, b: g * b,
    lambda xp, g, y, a, b: g * a,
    wide=True,
    kind="multiplication",
)


def multiply(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the product of two tensors, elementwise with broadcasting."""
    return _multiply.apply(a, b)


_divide = elementwise(
    "div",
    lambda xp, a, b: a / b,
    lambda xp, g, y, a, b: g / b,
    lambda xp, g, y, a, b: -g * y / b,
    floats=True,
    singular=True,
    kind="arithmetic",
)


def divide(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the quotient of two tensors, elementwise with broadcasting. Integers are divided as floats."""
    return _divide.apply(a, b)


_negative = elementwise("neg", lambda xp, x: -x, lambda xp, g, y, x: -g, kind="arithmetic")


def negative(x: TensorLike) -> Tensor:
    """Returns each element with its sign changed."""
    return _negative.apply(x)


def positive(x: TensorLike) -> Tensor:
    """Returns `x` itself."""
    return edge_of(x)


_abs = elementwise("abs", lambda xp, x: xp.abs(x), lambda xp, g, y, x: g * xp.sign(x))


def abs(x: TensorLike) -> Tensor:
    """Returns the absolute value of each element. The derivative at 0 is 0."""
    return _abs.apply(x)


def _sign_forward(xp: Any, x: Array) -> Array:
    return xp.logical_or(x, x) if kind(xp, x.dtype) == 0 else xp.sign(x)


_sign = elementwise("sign", _sign_forward, lambda xp, g, y, x: xp.zeros_like(g))


def sign(x: TensorLike) -> Tensor:
    """Returns -1, 0 or 1 for each element. The derivative is 0."""
    return _sign.apply(x)


def _divisor(name: str, xp: Any, a: Array, b: Array) -> Array:
    """Returns `b`. Raises ArgumentError for a 0 that would divide integers, which have neither infinity nor NaN."""
    for value in (a, b):
        if is_float(value) if hasattr(value, "dtype") else isinstance(value, float):
            return b
    if bool(xp.any(b == 0)) if hasattr(b, "dtype") else b == 0:
        raise ArgumentError(f"{name}: integers can't be divided by 0: use .float() for infinity and NaN")
    return b


def _no_slope(xp: Any, g: Array, y: Array, a: Array, b: Array) -> Array:
    return xp.zeros_like(g)


_floor_divide = elementwise(
    "floor_div",
    lambda xp, a, b: a // _divisor("floor_div", xp, a, b),
    _no_slope,
    _no_slope,
    singular=True,
    word="floor divide",
)


def floor_divide(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the quotient of two tensors rounded towards minus infinity. The derivative is 0.

    Raises ArgumentError if integers are divided by 0.
    """
    return _floor_divide.apply(a, b)


_remainder = elementwise(
    "remainder",
    lambda xp, a, b: a % _divisor("remainder", xp, a, b),
    lambda xp, g, y, a, b: g,
    # How often b goes into a. The rounded quotient a / b itself may have reached the next whole number.
    lambda xp, g, y, a, b: -g * (a // b),
    singular=True,
    wide=True,
)


def remainder(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the remainder of the floored division, with the divisor's sign: a - b * floor(a / b).

    Raises ArgumentError if integers are divided by 0.
    """
    return _remainder.apply(a, b)


def _fmod_forward(xp: Any, a: Any, b: Any) -> Array:
    _divisor("fmod", xp, a, b)
    if is_float(a if hasattr(a, "dtype") else b):
        return xp.copysign(_size(a) % _size(b), a)
    rest = a % b  # with the sign of b
    return xp.where((rest != 0) & ((rest < 0) != (a < 0)), rest - b, rest)


_size = operator.abs

_fmod = elementwise(
    "fmod",
    _fmod_forward,
    lambda xp, g, y, a, b: g,
    lambda xp, g, y, a, b: -g * xp.round((a - y) / b),
    singular=True,
    wide=True,
    notation="truncated remainder",
    words={"y": "what is left of a when it is divided by b, with the sign of a", "b": "⌊ ⌉ rounds to a whole number"},
    word="remainder",
)


def fmod(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the remainder of the division rounded towards 0, with the sign of `a`, and exact.

    Raises ArgumentError if integers are divided by 0.
    """
    return _fmod.apply(a, b)
