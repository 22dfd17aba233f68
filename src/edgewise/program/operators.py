"""Python's operators on recording arrays: each records its primitive."""

from __future__ import annotations

from typing import Any

# mypy: disable-error-code="override"


class Operators:
    """Forward and reflected operators, recorded by `self.recorder`."""

    __slots__ = ()

    recorder: Any

    def __add__(self, other: Any) -> Any:
        return self.recorder.step("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.recorder.step("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.recorder.step("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.recorder.step("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.recorder.step("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.recorder.step("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.recorder.step("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.recorder.step("divide", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self.recorder.step("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.recorder.step("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return self.recorder.step("remainder", self, other)

    def __rmod__(self, other: Any) -> Any:
        return self.recorder.step("remainder", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.recorder.step("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.recorder.step("pow", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self.recorder.step("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self.recorder.step("matmul", other, self)

    def __and__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_and", self, other)

    def __rand__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_and", other, self)

    def __or__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_or", self, other)

    def __ror__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_or", other, self)

    def __xor__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_xor", other, self)

    def __lshift__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_left_shift", self, other)

    def __rlshift__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_left_shift", other, self)

    def __rshift__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_right_shift", self, other)

    def __rrshift__(self, other: Any) -> Any:
        return self.recorder.step("bitwise_right_shift", other, self)

    def __eq__(self, other: Any) -> Any:
        return self.recorder.step("equal", self, other)

    def __ne__(self, other: Any) -> Any:
        return self.recorder.step("not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return self.recorder.step("less", self, other)

    def __le__(self, other: Any) -> Any:
        return self.recorder.step("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.recorder.step("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.recorder.step("greater_equal", self, other)

    def __neg__(self) -> Any:
        return self.recorder.step("negative", self)

    def __abs__(self) -> Any:
        return self.recorder.step("abs", self)

    def __invert__(self) -> Any:
        return self.recorder.step("bitwise_invert", self)

    def __pos__(self) -> Any:
        return self
