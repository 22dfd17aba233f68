"""Python's operators on tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ops import arithmetic, comparison, exponential, indexing, linear_algebra

if TYPE_CHECKING:
    from .convert import TensorLike
    from .core import Tensor

# Straight to what calling an operation does: operators are where the overhead of a call shows most.
_abs = arithmetic._abs.apply
_add = arithmetic._add.apply
_divide = arithmetic._divide.apply
_floor_divide = arithmetic._floor_divide.apply
_multiply = arithmetic._multiply.apply
_negative = arithmetic._negative.apply
_remainder = arithmetic._remainder.apply
_subtract = arithmetic._subtract.apply
_bitwise_and = comparison._bitwise_and.apply
_bitwise_invert = comparison._bitwise_invert.apply
_bitwise_left_shift = comparison._bitwise_left_shift.apply
_bitwise_or = comparison._bitwise_or.apply
_bitwise_right_shift = comparison._bitwise_right_shift.apply
_bitwise_xor = comparison._bitwise_xor.apply
_equal = comparison._equal.apply
_greater = comparison._greater.apply
_greater_equal = comparison._greater_equal.apply
_less = comparison._less.apply
_less_equal = comparison._less_equal.apply
_not_equal = comparison._not_equal.apply
_pow = exponential._pow.apply
_matmul = linear_algebra._matmul.apply

# PyTorch and NumPy users expect == to compare elements, against Python's rule that it returns a bool.
# mypy: disable-error-code="override"


class Operators:
    """Each operator is the function of its name."""

    __slots__ = ()

    __add__ = _add

    __radd__ = _add  # 1 + x as x + 1: numbers take the short way on the right

    __sub__ = _subtract

    def __rsub__(self, other: TensorLike) -> Tensor:
        return _subtract(other, self)

    __mul__ = _multiply

    __rmul__ = _multiply

    __truediv__ = _divide

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return _divide(other, self)

    __floordiv__ = _floor_divide

    def __rfloordiv__(self, other: TensorLike) -> Tensor:
        return _floor_divide(other, self)

    __mod__ = _remainder

    def __rmod__(self, other: TensorLike) -> Tensor:
        return _remainder(other, self)

    __pow__ = _pow

    def __rpow__(self, other: TensorLike) -> Tensor:
        return _pow(other, self)

    __matmul__ = _matmul

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return _matmul(other, self)

    def __neg__(self) -> Tensor:
        return _negative(self)

    def __pos__(self) -> Tensor:
        return self  # type: ignore[return-value]

    def __abs__(self) -> Tensor:
        return _abs(self)

    def __eq__(self, other: Any) -> Tensor | bool:
        return NotImplemented if _foreign(other) else _equal(self, other)

    def __ne__(self, other: Any) -> Tensor | bool:
        return NotImplemented if _foreign(other) else _not_equal(self, other)

    __lt__ = _less
    __le__ = _less_equal
    __gt__ = _greater
    __ge__ = _greater_equal
    __hash__ = object.__hash__

    __and__ = _bitwise_and

    def __rand__(self, other: TensorLike) -> Tensor:
        return _bitwise_and(other, self)

    __or__ = _bitwise_or

    def __ror__(self, other: TensorLike) -> Tensor:
        return _bitwise_or(other, self)

    __xor__ = _bitwise_xor

    def __rxor__(self, other: TensorLike) -> Tensor:
        return _bitwise_xor(other, self)

    __lshift__ = _bitwise_left_shift

    def __rlshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_left_shift(other, self)

    __rshift__ = _bitwise_right_shift

    def __rrshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_right_shift(other, self)

    def __invert__(self) -> Tensor:
        return _bitwise_invert(self)

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.getitem(self, key)


def _foreign(value: Any) -> bool:
    """Returns whether a value can't equal a number: Python then compares by identity."""
    return value is None or isinstance(value, (str, bytes, type))
