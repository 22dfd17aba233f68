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
_positive = arithmetic._positive.apply
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

    def __add__(self, other: TensorLike) -> Tensor:
        return _add(self, other)

    def __radd__(self, other: TensorLike) -> Tensor:
        return _add(other, self)

    def __sub__(self, other: TensorLike) -> Tensor:
        return _subtract(self, other)

    def __rsub__(self, other: TensorLike) -> Tensor:
        return _subtract(other, self)

    def __mul__(self, other: TensorLike) -> Tensor:
        return _multiply(self, other)

    def __rmul__(self, other: TensorLike) -> Tensor:
        return _multiply(other, self)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return _divide(self, other)

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return _divide(other, self)

    def __floordiv__(self, other: TensorLike) -> Tensor:
        return _floor_divide(self, other)

    def __rfloordiv__(self, other: TensorLike) -> Tensor:
        return _floor_divide(other, self)

    def __mod__(self, other: TensorLike) -> Tensor:
        return _remainder(self, other)

    def __rmod__(self, other: TensorLike) -> Tensor:
        return _remainder(other, self)

    def __pow__(self, other: TensorLike) -> Tensor:
        return _pow(self, other)

    def __rpow__(self, other: TensorLike) -> Tensor:
        return _pow(other, self)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return _matmul(self, other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return _matmul(other, self)

    def __neg__(self) -> Tensor:
        return _negative(self)

    def __pos__(self) -> Tensor:
        return _positive(self)

    def __abs__(self) -> Tensor:
        return _abs(self)

    def __eq__(self, other: Any) -> Tensor | bool:
        return NotImplemented if _foreign(other) else _equal(self, other)

    def __ne__(self, other: Any) -> Tensor | bool:
        return NotImplemented if _foreign(other) else _not_equal(self, other)

    def __lt__(self, other: TensorLike) -> Tensor:
        return _less(self, other)

    def __le__(self, other: TensorLike) -> Tensor:
        return _less_equal(self, other)

    def __gt__(self, other: TensorLike) -> Tensor:
        return _greater(self, other)

    def __ge__(self, other: TensorLike) -> Tensor:
        return _greater_equal(self, other)

    __hash__ = object.__hash__

    def __and__(self, other: TensorLike) -> Tensor:
        return _bitwise_and(self, other)

    def __rand__(self, other: TensorLike) -> Tensor:
        return _bitwise_and(other, self)

    def __or__(self, other: TensorLike) -> Tensor:
        return _bitwise_or(self, other)

    def __ror__(self, other: TensorLike) -> Tensor:
        return _bitwise_or(other, self)

    def __xor__(self, other: TensorLike) -> Tensor:
        return _bitwise_xor(self, other)

    def __rxor__(self, other: TensorLike) -> Tensor:
        return _bitwise_xor(other, self)

    def __lshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_left_shift(self, other)

    def __rlshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_left_shift(other, self)

    def __rshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_right_shift(self, other)

    def __rrshift__(self, other: TensorLike) -> Tensor:
        return _bitwise_right_shift(other, self)

    def __invert__(self) -> Tensor:
        return _bitwise_invert(self)

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.getitem(self, key)


def _foreign(value: Any) -> bool:
    """Whether a value can't equal a number: Python then finds the answer by identity."""
    return value is None or isinstance(value, (str, bytes, type))
