"""Activations that gate, shrink or cut off: celu, glu, the shrinkages, threshold, and samples by Gumbel noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..graph.arguments import number
from ..graph.arrays import is_float, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.traits import Example
from .activations import elu, sigmoid
from .arithmetic import multiply, positive
from .axes import one_axis, one_axis_argument
from .comparison import equal, greater
from .composed import composed_activation, scoped
from .elementwise import elementwise, write_in_place
from .exponential import expm1, log
from .random import Generator, draw
from .reductions import argmax
from .selection import where
from .shape import unsqueeze
from .softmax import softmax
from .splitting import chunk
from .trigonometry import tanh

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


@composed_activation
def celu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Returns x where x > 0, and alpha * (exp(x / alpha) - 1) elsewhere: without a kink for any alpha."""
    if alpha == 0:
        raise ArgumentError("celu: alpha must not be 0")
    if inplace:
        return write_in_place(celu, input, alpha)
    x = edge_of(input)
    if alpha < 0:
        right = greater(x, 0)
        return where(right, x, alpha * expm1(where(right, 0, x) / alpha))
    return elu(x) if alpha == 1 else multiply(elu(x / alpha), alpha)


_threshold = elementwise(
    "threshold",
    lambda xp, x, *, threshold, value: xp.where(x <= threshold, value, x),
    lambda xp, g, y, x, *, threshold, value: g * xp.astype(x > threshold, g.dtype),
    kind="activation",
    symbols={"threshold": "t", "value": "v"},
    example=Example((), threshold=0.25, value=0.125),
)


def threshold(input: TensorLike, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Returns x where x > `threshold`, and `value` elsewhere. The derivative at `threshold` is 0."""
    if inplace:
        return write_in_place(_THRESHOLD, input, threshold, value)
    x = edge_of(input)
    return _threshold.apply(x, threshold=float(threshold), value=float(value) if is_float(x.array) else int(value))


_THRESHOLD = threshold  # whose own name is that of an argument


_hardshrink = elementwise(
    "hardshrink",
    lambda xp, x, *, lambd: xp.where(xp.abs(x) <= lambd, xp.zeros_like(x), x),
    lambda xp, g, y, x, *, lambd: g * xp.astype(xp.abs(x) > lambd, g.dtype),
    kind="activation",
    symbols={"lambd": "λ"},
    example=Example((), lambd=0.5),
)


def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Returns 0 where |x| ≤ `lambd`, and x elsewhere. The derivative at both bounds is 0."""
    x = edge_of(input)
    return _hardshrink.apply(x, lambd=float(lambd)) if lambd > 0 else positive(x)


_softshrink = elementwise(
    "softshrink",
    lambda xp, x, *, lambd: x - xp.clip(x, -lambd, lambd),
    lambda xp, g, y, x, *, lambd: g * xp.astype(xp.abs(x) > lambd, g.dtype),
    kind="activation",
    symbols={"lambd": "λ"},
    example=Example((), lambd=0.5),
)


def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Returns 0 where |x| ≤ `lambd`, elsewhere x moved towards 0 by it. Raises ArgumentError unless 0 ≤ `lambd` < ∞."""
    lambd = number("softshrink", "lambd", lambd, least=0)
    x = edge_of(input)
    return _softshrink.apply(x, lambd=lambd) if lambd > 0 else positive(x)


@composed_activation
def tanhshrink(input: TensorLike) -> Tensor:
    """Computes x - tanh(x) of each element."""
    x = edge_of(input)
    return x - tanh(x)


@scoped
def glu(input: TensorLike, dim: int = -1, *, axis: int | None = None) -> Tensor:
    """Multiplies the first half along an axis by the sigmoid of the second. Raises ShapeError if the axis is not even.

    Y. Dauphin et al., "Language Modeling with Gated Convolutional Networks" (2017).
    """
    x = edge_of(input)
    at = one_axis("glu", dim if axis is None else axis, x.shape)
    if x.ndim == 0 or x.shape[at] % 2:
        raise ShapeError(f"glu: axis {at} of shape {tuple(x.shape)} can't be taken apart into halves")
    if x.shape[at] == 0:
        return positive(x)
    first, second = chunk(x, 2, at)
    return multiply(first, sigmoid(second))


@scoped
def gumbel_softmax(
    logits: TensorLike,
    tau: float = 1.0,
    hard: bool = False,
    dim: int | None = None,
    *,
    generator: Generator | None = None,
    axis: int | None = None,
) -> Tensor:
    """Draws a sample of a softmax's categories that gradients flow through: softmax((logits + Gumbel noise) / tau).

    With `hard` the sample is rounded to 0 and 1, while the gradient stays that of the soft one.
    E. Jang, S. Gu and B. Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017).
    """
    x = edge_of(logits)
    wanted = one_axis_argument("gumbel_softmax", dim, axis)
    at = one_axis("gumbel_softmax", -1 if wanted is None else wanted, x.shape)
    xp = namespace(x.array)
    drawn = draw("exponential", tuple(x.shape), np.dtype("float64"), generator)
    noise = -log(wrap(drawn if hasattr(drawn, "from_foreign") else xp.asarray(drawn))).to(x.dtype)
    soft = softmax((x + noise) / tau, dim=at)
    if not hard:
        return soft
    winners = unsqueeze(argmax(soft, dim=at), at)
    places = xp.reshape(xp.arange(x.shape[at], dtype=xp.int64), tuple(-1 if i == at else 1 for i in range(x.ndim)))
    return equal(winners, wrap(places)).to(x.dtype) - soft.detach() + soft
