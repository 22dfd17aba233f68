"""Pooling as layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph.arguments import number
from ..tensor import Tensor
from . import functional
from ._support import Sizes, check_counts, check_tensor, shape_error
from .module import Module


class _Pooling(Module):
    """Base of poolings: their axes, their function, and the names of its settings, printed or not."""

    _axes: str
    _function: Callable[..., Tensor]
    _settings: tuple[str, ...]
    _unprinted: tuple[str, ...] = ()

    def _set_window(self, kernel_size: Sizes, stride: Sizes | None) -> None:
        """Keeps the sizes of the window and of its steps, which are its own size unless given."""
        self.kernel_size: Any = kernel_size
        self.stride: Any = kernel_size if stride is None else stride
        check_counts(type(self).__name__, 1, kernel_size=self.kernel_size, stride=self.stride)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        settings = {name: getattr(self, name) for name in (*self._settings, *self._unprinted)}
        return type(self)._function(input, **settings)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._settings)

    def _check(self, input: Tensor) -> None:
        check_tensor(type(self).__name__, input)
        n = len(self._axes)
        if input.ndim not in (n + 1, n + 2):
            axes = ", ".join(("C", *self._axes))
            raise shape_error(self, input, f"shape (N, {axes}) or ({axes})")


class _MaxPool(_Pooling):
    _settings = ("kernel_size", "stride", "padding", "dilation")

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride)
        self.padding: Any = padding
        self.dilation: Any = dilation


class MaxPool1d(_MaxPool):
    """The largest value under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"
    _function = functional.max_pool1d


class MaxPool2d(_MaxPool):
    """The largest value under each place of a window over the last two axes of (N, C, H, W).

    The window moves by its own size unless a `stride` is given.
    """

    _axes = "HW"
    _function = functional.max_pool2d


class _AvgPool(_Pooling):
    _settings = ("kernel_size", "stride", "padding")
    _unprinted: tuple[str, ...] = ("count_include_pad",)

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        *,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride)
        self.padding: Any = padding
        self.count_include_pad = count_include_pad


class AvgPool1d(_AvgPool):
    """The mean under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"
    _function = functional.avg_pool1d


class AvgPool2d(_AvgPool):
    """The mean under each place of a window over the last two axes of (N, C, H, W).

    Sums are divided by `divisor_override`, if given, instead of the window's size.
    """

    _axes = "HW"
    _function = functional.avg_pool2d
    _unprinted = ("count_include_pad", "divisor_override")

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


class _AdaptivePool(_Pooling):
    _settings = ("output_size",)

    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        super().__init__()
        self.output_size: Any = output_size


class AdaptiveAvgPool2d(_AdaptivePool):
    """Means over windows placed so that (N, C, H, W) becomes (N, C, *output_size), whatever H and W are.

    A size of None keeps the input's.
    """

    _axes = "HW"
    _function = functional.adaptive_avg_pool2d


class AdaptiveAvgPool1d(_AdaptivePool):
    """Means over windows placed so that (N, C, L) becomes (N, C, output_size), whatever L is."""

    _axes = "L"
    _function = functional.adaptive_avg_pool1d


class AdaptiveMaxPool1d(_AdaptivePool):
    """Largest values over windows placed so that (N, C, L) becomes (N, C, output_size), whatever L is."""

    _axes = "L"
    _function = functional.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptivePool):
    """Largest values over windows placed so that (N, C, H, W) becomes (N, C, *output_size), whatever H and W are.

    A size of None keeps the input's.
    """

    _axes = "HW"
    _function = functional.adaptive_max_pool2d


class _PowerPool(_Pooling):
    _settings = ("norm_type", "kernel_size", "stride")

    def __init__(self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None) -> None:
        super().__init__()
        self._set_window(kernel_size, stride)
        self.norm_type = number(type(self).__name__, "norm_type", norm_type, above=0, finite=False)


class LPPool1d(_PowerPool):
    """The p-norm, with p = `norm_type`, under each place of a window over the last axis of (N, C, L)."""

    _axes = "L"
    _function = functional.lp_pool1d


class LPPool2d(_PowerPool):
    """The p-norm, with p = `norm_type`, under each place of a window over the last two axes of (N, C, H, W)."""

    _axes = "HW"
    _function = functional.lp_pool2d
