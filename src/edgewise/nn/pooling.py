"""Pooling as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.arguments import number
from ..tensor import Tensor
from . import functional
from ._support import Sizes, check_counts, check_tensor, shape_error
from .module import Module


class _Pooling(Module):
    _axes: str

    def _check(self, input: Tensor) -> None:
        check_tensor(type(self).__name__, input)
        n = len(self._axes)
        if input.ndim not in (n + 1, n + 2):
            axes = ", ".join(("C", *self._axes))
            raise shape_error(self, input, f"shape (N, {axes}) or ({axes})")


class _MaxPool(_Pooling):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
    ) -> None:
        super().__init__()
        check_counts(type(self).__name__, 1, kernel_size=kernel_size, stride=kernel_size if stride is None else stride)
        self.kernel_size: Any = kernel_size
        self.stride: Any = kernel_size if stride is None else stride
        self.padding: Any = padding
        self.dilation: Any = dilation

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}"


class MaxPool1d(_MaxPool):
    """The largest value under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.max_pool1d(input, self.kernel_size, self.stride, self.padding, self.dilation)


class MaxPool2d(_MaxPool):
    """The largest value under each place of a window over the last two axes of (N, C, H, W).

    The window moves by its own size unless a `stride` is given.
    """

    _axes = "HW"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation)


class _AvgPool(_Pooling):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        *,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        check_counts(type(self).__name__, 1, kernel_size=kernel_size, stride=kernel_size if stride is None else stride)
        self.kernel_size: Any = kernel_size
        self.stride: Any = kernel_size if stride is None else stride
        self.padding: Any = padding
        self.count_include_pad = count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, count_include_pad=self.count_include_pad
        )


class AvgPool2d(_AvgPool):
    """The mean under each place of a window over the last two axes of (N, C, H, W).

    Sums are divided by `divisor_override`, if given, instead of the window's size.
    """

    _axes = "HW"

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        *,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, count_include_pad=count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            count_include_pad=self.count_include_pad,
            divisor_override=self.divisor_override,
        )


class _AdaptivePool(_Pooling):
    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        super().__init__()
        self.output_size: Any = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptivePool):
    """Means over windows placed so that (N, C, H, W) becomes (N, C, *output_size), whatever H and W are.

    A size of None keeps the input's.
    """

    _axes = "HW"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptivePool):
    """Means over windows placed so that (N, C, L) becomes (N, C, output_size), whatever L is."""

    _axes = "L"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptivePool):
    """Largest values over windows placed so that (N, C, L) becomes (N, C, output_size), whatever L is."""

    _axes = "L"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.adaptive_max_pool1d(input, self.output_size)


class AdaptiveMaxPool2d(_AdaptivePool):
    """Largest values over windows placed so that (N, C, H, W) becomes (N, C, *output_size), whatever H and W are.

    A size of None keeps the input's.
    """

    _axes = "HW"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.adaptive_max_pool2d(input, self.output_size)


class _PowerPool(_Pooling):
    def __init__(self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None) -> None:
        super().__init__()
        name = type(self).__name__
        check_counts(name, 1, kernel_size=kernel_size, stride=kernel_size if stride is None else stride)
        self.norm_type = number(name, "norm_type", norm_type, above=0, finite=False)
        self.kernel_size: Any = kernel_size
        self.stride: Any = kernel_size if stride is None else stride

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}"


class LPPool1d(_PowerPool):
    """The p-norm, with p = `norm_type`, under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.lp_pool1d(input, self.norm_type, self.kernel_size, self.stride)


class LPPool2d(_PowerPool):
    """The p-norm, with p = `norm_type`, under each place of a window over the last two axes of (N, C, H, W)."""

    _axes = "HW"

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        return functional.lp_pool2d(input, self.norm_type, self.kernel_size, self.stride)
