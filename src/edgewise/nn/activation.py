"""Activations as layers.

Those with `inplace` write their result into their input where it is true, as PyTorch's do. The graph keeps every value
in either case.
"""

from __future__ import annotations

from ..graph.errors import ArgumentError
from ..tensor import Tensor
from . import functional
from ._support import check_numbers, shape_error
from .module import Module
from .parameter import Parameter


class _InPlace(Module):
    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _with_inplace(self, settings: str) -> str:
        return settings + (", inplace=True" if self.inplace else "")


class ReLU(_InPlace):
    """max(x, 0). The derivative at 0 is 0."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.relu(input, self.inplace)


class ReLU6(_InPlace):
    """x held between 0 and 6."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.relu6(input, self.inplace)


class LeakyReLU(_InPlace):
    """x where it is positive, else negative_slope·x."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_numbers(type(self).__name__, negative_slope=negative_slope)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return functional.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"negative_slope={self.negative_slope}")


class PReLU(Module):
    """x where it is positive, else weight·x with learned slopes: one, or one for each channel (axis 1).

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015.
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter([float(init)] * num_parameters)

    def forward(self, input: Tensor) -> Tensor:
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(_InPlace):
    """x where it is positive, else alpha·(exp(x) - 1). Clevert, Unterthiner and Hochreiter, ICLR 2016."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_numbers(type(self).__name__, alpha=alpha)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return functional.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class SELU(_InPlace):
    """ELU scaled so that signals keep mean 0 and variance 1. Klambauer et al., NIPS 2017."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.selu(input, self.inplace)


class GELU(Module):
    """x·Φ(x), with Φ the normal distribution function, or its tanh approximation. Hendrycks and Gimpel, 2016."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return functional.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """x·sigmoid(x), also called swish."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.silu(input, self.inplace)


class Mish(_InPlace):
    """x·tanh(softplus(x)). Misra, 2019."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.mish(input, self.inplace)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.sigmoid(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.logsigmoid(input)


class Hardtanh(_InPlace):
    """x held between `min_val` and `max_val`."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_numbers("Hardtanh", min_val=min_val, max_val=max_val)
        if not max_val > min_val:
            raise ArgumentError(f"Hardtanh: max_val must be above min_val, but they are {max_val} and {min_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"min_val={self.min_val}, max_val={self.max_val}")


class Hardsigmoid(_InPlace):
    """x/6 + 1/2 held between 0 and 1."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(_InPlace):
    """x·hardsigmoid(x). Howard et al., Searching for MobileNetV3, ICCV 2019."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.hardswish(input, self.inplace)


class Tanh(Module):
    """Hyperbolic tangent."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.tanh(input)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.softsign(input)


class Softplus(Module):
    """log(1 + exp(beta·x)) / beta; x itself where beta·x is above `threshold`."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        check_numbers(type(self).__name__, beta=beta)
        self.beta = beta
        check_numbers(type(self).__name__, threshold=threshold)
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _AlongAxis(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        if dim is None:
            raise TypeError(f"{type(self).__name__}: needs the axis to work along, as in dim=-1")
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """exp(x), divided by its sum along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.softmax(input, self.dim)


class LogSoftmax(_AlongAxis):
    """The logarithm of softmax along `dim`, without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.log_softmax(input, self.dim)


class Softmin(_AlongAxis):
    """Softmax of -x along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W), for each place of an image."""

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise shape_error(self, input, "shape (N, C, H, W) or (C, H, W)")
        return functional.softmax(input, -3)


class CELU(_InPlace):
    """x where it is positive, else alpha·(exp(x/alpha) - 1). Barron, 2017."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_numbers(type(self).__name__, alpha=alpha)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return functional.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class Threshold(_InPlace):
    """x where it is above `threshold`, else `value`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        check_numbers(type(self).__name__, threshold=threshold)
        self.threshold = threshold
        check_numbers(type(self).__name__, value=value)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"threshold={self.threshold}, value={self.value}")


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        check_numbers(type(self).__name__, lambd=lambd)
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_Shrink):
    """0 where |x| is at most `lambd`, else x."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """0 where |x| is at most `lambd`, else x moved towards 0 by `lambd`."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.softshrink(input, self.lambd)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.tanhshrink(input)


class GLU(_AlongAxis):
    """The first half along `dim`, times the sigmoid of the second. Dauphin et al., ICML 2017."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)

    def forward(self, input: Tensor) -> Tensor:
        return functional.glu(input, self.dim)
