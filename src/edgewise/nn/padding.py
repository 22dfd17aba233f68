"""Padding as layers. Widths are one number for all sides, or one for each: (left, right, top, bottom, ...)."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional
from ._support import Sizes, check_tensor, per_axis, shape_error
from .module import Module


class _Pad(Module):
    """Base of paddings: their widths, number of axes and mode."""

    _count: int
    _mode: str
    value: float | None = None

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = per_axis(type(self).__name__, "padding", padding, 2 * self._count)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        if input.ndim < self._count:
            raise shape_error(self, input, f"at least {self._count} axes")
        return functional.pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    _mode = "constant"

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ConstantPad1d(_ConstantPad):
    """Pads the last axis with `value`."""

    _count = 1


class ConstantPad2d(_ConstantPad):
    """Pads the last two axes with `value`."""

    _count = 2


class ConstantPad3d(_ConstantPad):
    """Pads the last three axes with `value`."""

    _count = 3


class ZeroPad1d(_ZeroPad):
    """Pads the last axis with zeros."""

    _count = 1


class ZeroPad2d(_ZeroPad):
    """Pads the last two axes with zeros."""

    _count = 2


class ZeroPad3d(_ZeroPad):
    """Pads the last three axes with zeros."""

    _count = 3


class ReflectionPad1d(_Pad):
    """Pads the last axis with a mirror image."""

    _count = 1
    _mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads the last two axes with a mirror image."""

    _count = 2
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads the last three axes with a mirror image."""

    _count = 3
    _mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads the last axis with copies of the edges."""

    _count = 1
    _mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads the last two axes with copies of the edges."""

    _count = 2
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads the last three axes with copies of the edges."""

    _count = 3
    _mode = "replicate"


class CircularPad1d(_Pad):
    """Pads the last axis with elements from the other side."""

    _count = 1
    _mode = "circular"


class CircularPad2d(_Pad):
    """Pads the last two axes with elements from the other side."""

    _count = 2
    _mode = "circular"


class CircularPad3d(_Pad):
    """Pads the last three axes with elements from the other side."""

    _count = 3
    _mode = "circular"
