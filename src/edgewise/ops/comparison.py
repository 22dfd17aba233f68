"""Comparison, logic and tests on numbers. No gradient flows through them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .elementwise import elementwise

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


_equal = elementwise("equal", lambda xp, a, b: a == b, None, None)


def equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a == b, elementwise with broadcasting."""
    return _equal.apply(a, b)


_not_equal = elementwise(
    "not_equal",
    lambda xp, a, b: a != b,
    None,
    None,
    word="not equal",
)


def not_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a != b, elementwise with broadcasting."""
    return _not_equal.apply(a, b)


_less = elementwise("less", lambda xp, a, b: a < b, None, None)


def less(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a < b, elementwise with broadcasting."""
    return _less.apply(a, b)


_less_equal = elementwise(
    "less_equal",
    lambda xp, a, b: a <= b,
    None,
    None,
    word="at most",
)


def less_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a <= b, elementwise with broadcasting."""
    return _less_equal.apply(a, b)


_greater = elementwise("greater", lambda xp, a, b: a > b, None, None)


def greater(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a > b, elementwise with broadcasting."""
    return _greater.apply(a, b)


_greater_equal = elementwise(
    "greater_equal",
    lambda xp, a, b: a >= b,
    None,
    None,
    word="at least",
)


def greater_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether a >= b, elementwise with broadcasting."""
    return _greater_equal.apply(a, b)


_logical_and = elementwise(
    "logical_and",
    lambda xp, a, b: xp.logical_and(a, b),
    None,
    None,
    word="and",
)


def logical_and(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether both are true, elementwise with broadcasting."""
    return _logical_and.apply(a, b)


_logical_or = elementwise(
    "logical_or",
    lambda xp, a, b: xp.logical_or(a, b),
    None,
    None,
    word="or",
)


def logical_or(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether either is true, elementwise with broadcasting."""
    return _logical_or.apply(a, b)


_logical_xor = elementwise(
    "logical_xor",
    lambda xp, a, b: xp.logical_xor(a, b),
    None,
    None,
    words={"y": "⊕: one of both is true, not both"},
    word="xor",
)


def logical_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns whether exactly one is true, elementwise with broadcasting."""
    return _logical_xor.apply(a, b)


_logical_not = elementwise(
    "logical_not",
    lambda xp, x: xp.logical_not(x),
    None,
    word="not",
)


def logical_not(x: TensorLike) -> Tensor:
    """Returns whether each element is false."""
    return _logical_not.apply(x)


_bitwise_and = elementwise(
    "bitwise_and",
    lambda xp, a, b: a & b,
    None,
    None,
    words={"y": "∧: bit by bit, where both are 1"},
    word="and",
)


def bitwise_and(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns bits set in both integers, elementwise with broadcasting."""
    return _bitwise_and.apply(a, b)


_bitwise_or = elementwise(
    "bitwise_or",
    lambda xp, a, b: a | b,
    None,
    None,
    words={"y": "∨: bit by bit, where one of both is 1"},
    word="or",
)


def bitwise_or(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns bits set in either integer, elementwise with broadcasting."""
    return _bitwise_or.apply(a, b)


_bitwise_xor = elementwise(
    "bitwise_xor",
    lambda xp, a, b: a ^ b,
    None,
    None,
    words={"y": "⊕: bit by bit, where just one of both is 1"},
    word="xor",
)


def bitwise_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns bits set in exactly one integer, elementwise with broadcasting."""
    return _bitwise_xor.apply(a, b)


_bitwise_invert = elementwise(
    "bitwise_invert",
    lambda xp, x: ~x,
    None,
    words={"y": "all bits turned round"},
    word="not",
)


def bitwise_invert(x: TensorLike) -> Tensor:
    """Returns each integer with its bits inverted."""
    return _bitwise_invert.apply(x)


_bitwise_left_shift = elementwise(
    "bitwise_left_shift",
    lambda xp, a, b: a << b,
    None,
    None,
    words={"y": "the bits of a moved left by b places"},
    word="shift left",
)


def bitwise_left_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns `a` with its bits shifted left by `b`, elementwise with broadcasting."""
    return _bitwise_left_shift.apply(a, b)


_bitwise_right_shift = elementwise(
    "bitwise_right_shift",
    lambda xp, a, b: a >> b,
    None,
    None,
    words={"y": "the bits of a moved right by b places"},
    word="shift right",
)


def bitwise_right_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns `a` with its bits shifted right by `b`, elementwise with broadcasting."""
    return _bitwise_right_shift.apply(a, b)


_isnan = elementwise(
    "isnan",
    lambda xp, x: xp.isnan(x),
    None,
    words={"y": "whether it is NaN, not a number, such as 0/0"},
    word="is NaN",
)


def isnan(x: TensorLike) -> Tensor:
    """Returns whether each element is NaN."""
    return _isnan.apply(x)


_isinf = elementwise(
    "isinf",
    lambda xp, x: xp.isinf(x),
    None,
    word="is infinite",
)


def isinf(x: TensorLike) -> Tensor:
    """Returns whether each element is infinite."""
    return _isinf.apply(x)


def isposinf(x: TensorLike) -> Tensor:
    """Returns whether each element is infinity."""
    return _equal(x, math.inf)


def isneginf(x: TensorLike) -> Tensor:
    """Returns whether each element is minus infinity."""
    return _equal(x, -math.inf)


_isfinite = elementwise(
    "isfinite",
    lambda xp, x: xp.isfinite(x),
    None,
    word="is finite",
)


def isfinite(x: TensorLike) -> Tensor:
    """Returns whether each element is neither NaN nor infinite."""
    return _isfinite.apply(x)


_signbit = elementwise(
    "signbit",
    lambda xp, x: xp.signbit(x),
    None,
    words={"y": "whether it has a minus sign, which −0 has too"},
    word="sign bit",
)


def signbit(x: TensorLike) -> Tensor:
    """Returns whether each element's sign bit is set."""
    return _signbit.apply(x)


_copysign = elementwise(
    "copysign",
    lambda xp, a, b: xp.copysign(a, b),
    lambda xp, g, y, a, b: g * xp.sign(a) * xp.sign(y),
    lambda xp, g, y, a, b: xp.zeros_like(g),
    floats=True,
    words={"y": "the size of a with the sign of b; −0 has a minus sign"},
    word="with sign",
)


def copysign(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the size of `a` with the sign of `b`, elementwise with broadcasting."""
    return _copysign.apply(a, b)
