"""Padding as layers. Widths are one number for all sides, or one for each: (left, right, top, bottom, ...)."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional
from ._support import Sizes, check_tensor, per_axis, shape_error
from .module import Module


class _Pad(Module):
    """What paddings share: how wide they are, over how many axes, and what they lay around."""

    _count: int
    _mode: str

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = per_axis(type(self).__name__, "padding", padding, 2 * self._count)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        if input.ndim < self._count:
            raise shape_error(self, input, f"at least {self._count} axes")
        return functional.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    _mode = "constant"

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        if input.ndim < self._count:
            raise shape_error(self, input, f"at least {self._count} axes")
        return functional.pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ConstantPad1d(_ConstantPad):
    """`value` laid around the last axis."""

    _count = 1


class ConstantPad2d(_ConstantPad):
    """`value` laid around the last two axes."""

    _count = 2


class ConstantPad3d(_ConstantPad):
    """`value` laid around the last three axes."""

    _count = 3


class ZeroPad1d(_ZeroPad):
    """Zeros laid around the last axis."""

    _count = 1


class ZeroPad2d(_ZeroPad):
    """Zeros laid around the last two axes."""

    _count = 2


class ZeroPad3d(_ZeroPad):
    """Zeros laid around the last three axes."""

    _count = 3


class ReflectionPad1d(_Pad):
    """Mirrored at the edges of the last axis."""

    _count = 1
    _mode = "reflect"


class ReflectionPad2d(_Pad):
    """Mirrored at the edges of the last two axes."""

    _count = 2
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """Mirrored at the edges of the last three axes."""

    _count = 3
    _mode = "reflect"


class ReplicationPad1d(_Pad):
    """The edges repeated around the last axis."""

    _count = 1
    _mode = "replicate"


class ReplicationPad2d(_Pad):
    """The edges repeated around the last two axes."""

    _count = 2
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """The edges repeated around the last three axes."""

    _count = 3
    _mode = "replicate"


class CircularPad1d(_Pad):
    """Going on from the other side of the last axis."""

    _count = 1
    _mode = "circular"


class CircularPad2d(_Pad):
    """Going on from the other side of the last two axes."""

    _count = 2
    _mode = "circular"


class CircularPad3d(_Pad):
    """Going on from the other side of the last three axes."""

    _count = 3
    _mode = "circular"
