"""Convolutions as layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..graph.errors import ArgumentError
from ..ops.creation import on_processor
from ..tensor import Tensor
from . import functional, init
from ._support import Sizes, check_counts, check_tensor, per_axis, shape_error
from .module import Module
from .parameter import Parameter, unset


class _Convolution(Module):
    """Base of convolutions over any number of axes."""

    weight: Parameter
    bias: Parameter | None
    _axes: str
    _function: Callable[..., Tensor]
    _transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Sizes | str,
        dilation: Sizes,
        groups: int,
        bias: bool,
        output_padding: Sizes,
        dtype: Any,
        device: Any,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        kind, n = type(self).__name__, len(self._axes)
        check_counts(kind, in_channels=in_channels, out_channels=out_channels)
        check_counts(kind, 1, kernel_size=kernel_size, stride=stride, dilation=dilation)
        if not isinstance(padding, str):
            check_counts(kind, padding=padding)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"{kind}: {in_channels} input and {out_channels} output channels can't both be divided into "
                f"{groups} groups"
            )
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ArgumentError(f"{kind}: padding is {padding!r}; it must be sizes, 'same' or 'valid'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(kind, "kernel_size", kernel_size, n)
        self.stride = per_axis(kind, "stride", stride, n)
        self.padding: Any = padding if isinstance(padding, str) else per_axis(kind, "padding", padding, n)
        self.dilation = per_axis(kind, "dilation", dilation, n)
        self.output_padding = per_axis(kind, "output_padding", output_padding, n)
        self.groups = groups
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ArgumentError(f"{kind}: padding='same' needs stride 1, not {self.stride}")
        channels = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        self.weight = unset((channels[0], channels[1] // groups, *self.kernel_size), dtype)
        self.register_parameter("bias", unset((out_channels,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again: uniform within ±1/√fan_in."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init.fans(self.weight)
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _check(self, input: Tensor) -> None:
        check_tensor(type(self).__name__, input)
        n = len(self._axes)
        if input.ndim not in (n + 1, n + 2) or input.shape[-n - 1] != self.in_channels:
            axes = ", ".join((str(self.in_channels), *self._axes))
            raise shape_error(self, input, f"shape (N, {axes}) or ({axes})")

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ones, zeros = (1,) * len(self._axes), (0,) * len(self._axes)
        if self.padding != zeros:
            text += f", padding={self.padding!r}" if isinstance(self.padding, tuple) else f", padding={self.padding}"
        if self.dilation != ones:
            text += f", dilation={self.dilation}"
        if self.output_padding != zeros:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, 0, dtype, device
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        convolve = type(self)._function
        return convolve(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Cross-correlation over one axis: (N, in_channels, L) to (N, out_channels, L').

    `weight` has shape (out_channels, in_channels / groups, kernel_size). The batch axis may be left out. `padding`
    is a size, "same" or "valid"; what is padded is 0.
    """

    _axes = "L"
    _function = functional.conv1d


class Conv2d(_Conv):
    """Cross-correlation over two axes: (N, in_channels, H, W) to (N, out_channels, H', W').

    `weight` has shape (out_channels, in_channels / groups, *kernel_size). The batch axis may be left out. Sizes are
    one number or one for each axis; `padding` may be "same" or "valid"; what is padded is 0.
    """

    _axes = "HW"
    _function = functional.conv2d


class _ConvTranspose(_Convolution):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            output_padding,
            dtype,
            device,
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        sizes = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return type(self)._function(input, self.weight, self.bias, *sizes)


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a convolution over one axis, which makes its input longer where `stride` is above 1.

    `weight` has shape (in_channels, out_channels / groups, kernel_size).
    """

    _axes = "L"
    _function = functional.conv_transpose1d


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a convolution over two axes, which makes its input larger where `stride` is above 1.

    `weight` has shape (in_channels, out_channels / groups, *kernel_size).
    """

    _axes = "HW"
    _function = functional.conv_transpose2d
