"""Activations: the elementwise functions between the layers of a network.

At a kink the derivative is the number nearest to 0 between the slopes on both sides, as everywhere in Edgewise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, kind, namespace
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.traits import Example
from . import blocks, erf_kernels
from .composed import composed_activation
from .elementwise import elementwise, write_in_place
from .exponential import _erf
from .selection import _clip
from .shape import _reshape
from .trigonometry import tanh

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _relu_forward(xp: Any, x: Array) -> Array:
    # Above a few thousand elements NumPy clips between two numbers 3 times as fast as it compares with one.
    if math.prod(x.shape) > 8192 and xp.isdtype(x.dtype, "real floating"):
        return xp.clip(x, 0.0, math.inf)
    return xp.maximum(x, 0)


_relu = elementwise(
    "relu",
    _relu_forward,
    lambda xp, g, y, x: g * xp.astype(y > 0, g.dtype),
    kind="activation",
    words={
        "y": "negative numbers become 0, others stay as they are",
        "x": "where the input was positive, the gradient passes; elsewhere it becomes 0",
    },
)


def relu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Computes max(x, 0) of each element. The derivative at 0 is 0."""
    if inplace:
        return write_in_place(relu, input)
    return _relu.apply(input)


def _slopes(xp: Any, x: Array, dtype: Any, slope: float) -> Array:
    """Returns 1 where x > 0, `slope` where x < 0; at 0 the number between the two that is nearest to 0."""
    at_zero = min(max(slope, 0.0), 1.0)
    right = xp.astype(x > 0, dtype)
    if at_zero == slope:
        return right + slope * xp.astype(x <= 0, dtype)
    return right + slope * xp.astype(x < 0, dtype) + at_zero * xp.astype(x == 0, dtype)


def _leaky_forward(xp: Any, x: Array, *, slope: float) -> Array:
    return xp.maximum(x, slope * x) if 0 < slope <= 1 else xp.where(x > 0, x, slope * x)


_leaky_relu = elementwise(
    "leaky_relu",
    _leaky_forward,
    lambda xp, g, y, x, *, slope: g * _slopes(xp, x, g.dtype, slope),
    kind="activation",
    symbols={"slope": "α"},
    words={
        "y": "negative numbers are multiplied by the slope α, others stay as they are",
        "x": "where the input was positive, the gradient passes; elsewhere it is multiplied by the slope",
    },
    example=Example((), slope=0.01),
    word="leaky relu",
)


def leaky_relu(input: TensorLike, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Returns x where x > 0, and `negative_slope` * x elsewhere."""
    if inplace:
        return write_in_place(leaky_relu, input, negative_slope)
    return _leaky_relu.apply(input, slope=float(negative_slope))


def _prelu_x(xp: Any, g: Array, y: Array, x: Array, w: Array) -> Array:
    left, kink = xp.astype(x < 0, g.dtype), xp.astype(x == 0, g.dtype)
    return g * (xp.astype(x > 0, g.dtype) + w * left + xp.clip(w, 0, 1) * kink)


_prelu = elementwise(
    "prelu",
    lambda xp, x, w: xp.where(x > 0, x, w * x),
    _prelu_x,
    lambda xp, g, y, x, w: g * (x * xp.astype(x < 0, g.dtype)),
    singular=True,
    kind="activation",
    roles={"x": "input"},
)


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """Returns x where x > 0, and a learned slope times x elsewhere: one for all, or one for each channel (axis 1)."""
    x, w = edge_of(input), edge_of(weight)
    count = w.shape[0] if w.ndim == 1 else 1
    if x.ndim == 0 and count == 1:
        return _prelu.apply(x, _reshape(w, shape=()))
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or count not in (1, channels):
        raise ShapeError(f"prelu: weight has shape {w.shape}; for an input {x.shape} it must be (1,) or ({channels},)")
    return _prelu.apply(x, _reshape(w, shape=(count,) + (1,) * max(x.ndim - 2, 0)))


_elu = elementwise(
    "elu",
    lambda xp, x, *, alpha: xp.maximum(x, 0) + alpha * xp.expm1(xp.minimum(x, 0)),
    lambda xp, g, y, x, *, alpha: g * (_slopes(xp, x, g.dtype, alpha) * xp.exp(xp.minimum(x, 0))),
    floats=True,
    kind="activation",
    symbols={"alpha": "α"},
    example=Example((), alpha=1.0),
)


def elu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Returns x where x > 0, and alpha * (exp(x) - 1) elsewhere."""
    if inplace:
        return write_in_place(elu, input, alpha)
    return _elu.apply(input, alpha=float(alpha))


# G. Klambauer et al., "Self-Normalizing Neural Networks" (2017), appendix A.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@composed_activation
def selu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Computes the scaled :func:`elu` that drives activations towards mean 0 and variance 1."""
    if inplace:
        return write_in_place(selu, input)
    return _SELU_SCALE * elu(input, _SELU_ALPHA)


def _gelu_derivative(xp: Any, g: Array, y: Array, x: Array) -> Array:
    density = xp.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    return g * (0.5 * (1 + _erf.on(xp, x * math.sqrt(0.5))) + x * density)


def _gelu_forward(xp: Any, x: Array) -> Array:
    if blocks.available(xp, x):
        return erf_kernels.gelu(xp, x)
    return 0.5 * x * (1 + _erf.on(xp, x * math.sqrt(0.5)))


_gelu = elementwise(
    "gelu",
    _gelu_forward,
    _gelu_derivative,
    floats=True,
    singular=True,
    kind="activation",
    fused=blocks.with_slope(erf_kernels.gelu_and_slope),
)

_GELU_SCALE, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_derivative(xp: Any, g: Array, y: Array, x: Array) -> Array:
    t = xp.tanh(_GELU_SCALE * (x + _GELU_CUBIC * x * x * x))
    inner = _GELU_SCALE * (1 + 3 * _GELU_CUBIC * x * x)
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)


_gelu_tanh = elementwise(
    "gelu_tanh",
    lambda xp, x: 0.5 * x * (1 + xp.tanh(_GELU_SCALE * (x + _GELU_CUBIC * x * x * x))),
    _gelu_tanh_derivative,
    floats=True,
    singular=True,
    kind="activation",
    word="gelu",
)


def gelu(input: TensorLike, approximate: str = "none") -> Tensor:
    """Returns x times the probability that a standard normal number is below x.

    With ``approximate="tanh"`` that probability is approximated by a tanh, which is several times as fast.
    """
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f"gelu: approximate is {approximate!r}; it must be 'none' or 'tanh'")
    return _gelu_tanh.apply(input) if approximate == "tanh" else _gelu.apply(input)


# exp(-x) overflows to infinity for very negative x, where 1 / (1 + inf) = 0 is the sigmoid to float precision.
_sigmoid = elementwise(
    "sigmoid",
    lambda xp, x: 1 / (1 + xp.exp(-x)),
    lambda xp, g, y, x: g * (y * (1 - y)),
    floats=True,
    singular=True,
    kind="activation",
    sign="σ",
    words={
        "y": "any number becomes one between 0 and 1",
        "x": "at most a quarter of the gradient passes, and almost nothing where the output is near 0 or 1",
    },
)


def sigmoid(input: TensorLike) -> Tensor:
    """Computes 1 / (1 + exp(-x)) of each element."""
    return _sigmoid.apply(input)


_logsigmoid = elementwise(
    "logsigmoid",
    lambda xp, x: xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x))),
    lambda xp, g, y, x: g * _sigmoid.on(xp, -x),
    floats=True,
    kind="activation",
)


def logsigmoid(input: TensorLike) -> Tensor:
    """Computes log(sigmoid(x)) of each element, finite for every finite x."""
    return _logsigmoid.apply(input)


def _softplus_forward(xp: Any, x: Array, *, beta: float, threshold: float) -> Array:
    z = beta * x
    curve = xp.log1p(xp.exp(-xp.abs(z))) * xp.astype(z <= threshold, z.dtype)
    return (xp.maximum(z, 0) + curve) / beta


def _softplus_derivative(xp: Any, g: Array, y: Array, x: Array, *, beta: float, threshold: float) -> Array:
    s = _sigmoid.on(xp, beta * x)
    return g * (s + (1 - s) * xp.astype(beta * x > threshold, g.dtype))


_softplus = elementwise(
    "softplus",
    _softplus_forward,
    _softplus_derivative,
    floats=True,
    singular=True,
    kind="activation",
    notation="log of 1 + exp",
    symbols={"beta": "β", "threshold": "θ"},
    words={"y": "a smooth relu; beyond the threshold the logarithm is x up to rounding"},
    example=Example((), beta=1.0, threshold=20.0),
)


def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Computes log(1 + exp(beta * x)) / beta without overflow; x itself where beta * x > `threshold`.

    Raises ArgumentError unless beta > 0 and threshold ≥ 0.
    """
    if not (beta > 0 and threshold >= 0):
        raise ArgumentError(f"softplus: beta is {beta} and threshold {threshold}; beta must be > 0 and threshold ≥ 0")
    return _softplus.apply(input, beta=float(beta), threshold=float(threshold))


def _silu_derivative(xp: Any, g: Array, y: Array, x: Array) -> Array:
    s = _sigmoid.on(xp, x)
    return g * (s + y * (1 - s))


_silu = elementwise(
    "silu", lambda xp, x: x / (1 + xp.exp(-x)), _silu_derivative, floats=True, singular=True, kind="activation"
)


def silu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Computes x * sigmoid(x) of each element, also known as swish."""
    if inplace:
        return write_in_place(silu, input)
    return _silu.apply(input)


@composed_activation
def mish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Computes x * tanh(softplus(x)) of each element."""
    if inplace:
        return write_in_place(mish, input)
    x = edge_of(input)
    return x * tanh(softplus(x))


def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Clamps each element between `min_val` and `max_val`. The derivative at both is 0.

    Integers stay integers: their bounds are cut to whole numbers. Raises DTypeError for bools.
    """
    if inplace:
        return write_in_place(hardtanh, input, min_val, max_val)
    if min_val > max_val:
        raise ArgumentError(f"hardtanh: min_val {min_val} must not be above max_val {max_val}")
    x = edge_of(input)
    held = kind(namespace(x.array), x.array.dtype)
    if held == 0:
        raise DTypeError("hardtanh: input has dtype bool, which has no bounds: cast it first, as in x.float()")
    if held == 1 and math.isfinite(min_val) and math.isfinite(max_val):
        min_val, max_val = int(min_val), int(max_val)
    return _clip.apply(x, min_val, max_val)


def relu6(input: TensorLike, inplace: bool = False) -> Tensor:
    """Clamps each element between 0 and 6. The derivative at both is 0."""
    if inplace:
        return write_in_place(relu6, input)
    return hardtanh(input, 0.0, 6.0)


@composed_activation
def hardsigmoid(input: TensorLike, inplace: bool = False) -> Tensor:
    """Returns a sigmoid of three straight lines: x / 6 + 1 / 2, held between 0 and 1."""
    if inplace:
        return write_in_place(hardsigmoid, input)
    return relu6(edge_of(input) + 3.0) / 6.0


def _hardswish_derivative(xp: Any, g: Array, y: Array, x: Array) -> Array:
    curve = xp.where(x > -3, x / 3 + 0.5, xp.zeros_like(x))
    return g * xp.where(x < 3, curve, xp.ones_like(x))


_hardswish = elementwise(
    "hardswish",
    lambda xp, x: x * (xp.clip(x + 3, 0, 6) / 6),
    _hardswish_derivative,
    floats=True,
    singular=True,
    kind="activation",
)


def hardswish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Computes x * hardsigmoid(x) of each element. The derivative is 0 at -3 and 1 at 3."""
    if inplace:
        return write_in_place(hardswish, input)
    return _hardswish.apply(input)


_softsign = elementwise(
    "softsign",
    lambda xp, x: x / (1 + xp.abs(x)),
    lambda xp, g, y, x: g * xp.square(1 / (1 + xp.abs(x))),
    floats=True,
    singular=True,
    kind="activation",
)


def softsign(input: TensorLike) -> Tensor:
    """Computes x / (1 + |x|) of each element."""
    return _softsign.apply(input)
