"""Layers that are linear maps."""

from __future__ import annotations

import math
from typing import Any

from ..ops.creation import on_processor
from ..tensor import Tensor
from . import functional, init
from ._support import check_counts, shape_error, tensor_expected
from .module import Module
from .parameter import Parameter, unset


class Identity(Module):
    """Returns its input. The constructor accepts any arguments."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """x·Wᵀ + b over the last axis: (..., in_features) to (..., out_features).

    `weight` has shape (out_features, in_features), `bias` (out_features); both start uniform within ±1/√in_features.
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = None, device: Any = None
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts("Linear", in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        self.weight = unset((out_features, in_features), dtype)
        self.register_parameter("bias", unset((out_features,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        try:
            last = input.shape[-1:]
        except AttributeError:
            raise tensor_expected("Linear", input) from None
        if last != (self.in_features,):
            hint = ""
            if math.prod(input.shape[1:]) == self.in_features:
                hint = "Flatten it first, as with nn.Flatten() or x.flatten(1)"
            raise shape_error(self, input, f"shape (..., {self.in_features})", hint)
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """x₁ᵀ·W·x₂ + b over the last axes: (..., in1_features) and (..., in2_features) to (..., out_features).

    `weight` has shape (out_features, in1_features, in2_features).
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts("Bilinear", in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = unset((out_features, in1_features, in2_features), dtype)
        self.register_parameter("bias", unset((out_features,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again."""
        bound = 1 / math.sqrt(self.in1_features) if self.in1_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        if input1.shape[-1:] != (self.in1_features,):
            raise shape_error(self, input1, f"shape (..., {self.in1_features}) first")
        if input2.shape[-1:] != (self.in2_features,):
            raise shape_error(self, input2, f"shape (..., {self.in2_features}) second")
        # (..., 1, 1, in1) @ (out, in1, in2) @ (..., 1, in2, 1) is (..., out, 1, 1).
        left = input1[..., None, None, :] @ self.weight
        result = (left @ input2[..., None, :, None])[..., 0, 0]
        return result if self.bias is None else result + self.bias

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
