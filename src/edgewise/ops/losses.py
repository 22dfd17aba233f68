"""Losses that compare two tensors of the same shape, element by element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arguments import number_text
from ..graph.arrays import Array, is_float, namespace
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.traits import Example
from .accurate import is_numpy
from .activations import _sigmoid, _softplus
from .composed import computed_in_single, scoped
from .elementwise import elementwise
from .exponential import exp, square
from .reductions import mean, sum

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

REDUCTIONS = ("none", "mean", "sum")


def reduce_losses(name: str, loss: Tensor, reduction: str) -> Tensor:
    """Returns the losses of all elements as they are, their mean, or their sum."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"{name}: reduction is {reduction!r}; it must be 'none', 'mean' or 'sum'")
    if reduction == "none":
        return loss
    return mean(loss) if reduction == "mean" else sum(loss)


def alike(name: str, input: Any, target: Any) -> tuple[Tensor, Tensor]:
    """Returns input and target as tensors. Raises ShapeError unless their shapes are the same."""
    x, t = edge_of(input), edge_of(target)
    if x.shape != t.shape:
        same = math.prod(x.shape) == math.prod(t.shape)
        todo = "target.reshape(input.shape) makes them so" if same else "each element needs a target of its own"
        raise ShapeError(
            f"{name}: input has shape {x.shape} and target {t.shape}; they must be the same, for broadcasting would "
            f"pair elements that don't belong together: {todo}"
        )
    return x, t


@scoped
@computed_in_single
def l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Computes |input - target|; its derivative where they are equal is 0.

    `reduction` is "mean" or "sum" over all elements, or "none". Raises ShapeError if the shapes differ.
    """
    x, t = alike("l1_loss", input, target)
    return reduce_losses("l1_loss", (x - t).abs(), reduction)


@scoped
@computed_in_single
def mse_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Computes (input - target)². Raises ShapeError if the shapes differ, where PyTorch would broadcast and warn.

    `reduction` is "mean" or "sum" over all elements, or "none".
    """
    x, t = alike("mse_loss", input, target)
    return reduce_losses("mse_loss", square(x - t), reduction)


def _huber_forward(xp: Any, d: Array, *, delta: float) -> Array:
    size = xp.abs(d)
    near = xp.minimum(size, delta)
    return near * (0.5 * near) + delta * (size - near)


_huber = elementwise(
    "huber",
    _huber_forward,
    lambda xp, g, y, d, *, delta: g * xp.clip(d, -delta, delta),
    floats=True,
    notation="parabola with straight ends",
    symbols={"delta": "δ"},
    words={"y": "a parabola up to an error of δ, then a straight line", "d": "the error itself, but at most δ"},
    example=Example((), delta=1.0),
    letter="ℓ",
)


@scoped
@computed_in_single
def huber_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Computes (input - target)² / 2 up to an error of `delta`, then straight on: delta * (|error| - delta / 2).

    Raises ShapeError if the shapes differ, ArgumentError unless delta > 0.
    """
    x, t = alike("huber_loss", input, target)
    if not delta > 0:
        raise ArgumentError(f"huber_loss: delta is {delta}; it must be > 0")
    return reduce_losses("huber_loss", _huber(x - t, delta=float(delta)), reduction)


@scoped
@computed_in_single
def smooth_l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Computes :func:`huber_loss` with delta = beta, divided by beta; with beta = 0 it is :func:`l1_loss`."""
    x, t = alike("smooth_l1_loss", input, target)
    if not beta >= 0:
        raise ArgumentError(f"smooth_l1_loss: beta is {beta}; it must be ≥ 0")
    if beta == 0:
        return l1_loss(x, t, reduction=reduction)
    return reduce_losses("smooth_l1_loss", _huber(x - t, delta=float(beta)) / beta, reduction)


def _bounded_logs(xp: Any, p: Array) -> tuple[Array, Array]:
    """Computes log(p) and log(1 - p), not below -100, so that a loss stays finite where p is 0 or 1."""
    return xp.maximum(xp.log(p), -100.0), xp.maximum(xp.log1p(-p), -100.0)


def _bce_forward(xp: Any, p: Array, t: Array) -> Array:
    yes, no = _bounded_logs(xp, p)
    return -(t * yes + (1 - t) * no)


def _bce_target(xp: Any, g: Array, y: Array, p: Array, t: Array) -> Array:
    yes, no = _bounded_logs(xp, p)
    return g * (no - yes)


_bce = elementwise(
    "binary_cross_entropy",
    _bce_forward,
    lambda xp, g, y, p, t: g * (p - t) / xp.maximum(p * (1 - p), 1e-12),
    _bce_target,
    floats=True,
    singular=True,
    roles={"t": "target"},
    word="binary cross-entropy",
    letter="ℓ",
)


@computed_in_single
def binary_cross_entropy(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, *, reduction: str = "mean"
) -> Tensor:
    """Computes -(t log p + (1 - t) log(1 - p)) for probabilities p and targets t between 0 and 1.

    The logarithms are held at -100 and above. From logits, :func:`binary_cross_entropy_with_logits` is exact where
    p would round to 0 or 1. `weight` multiplies each element's loss. Raises ShapeError if the shapes differ, and
    ArgumentError if an input is not between 0 and 1.
    """
    name = "binary_cross_entropy"
    x, t = alike(name, input, target)
    xp = namespace(x.array)
    if bool(xp.any((x.array < 0) | (x.array > 1))):
        raise ArgumentError(
            f"{name}: input must be probabilities between 0 and 1, but goes from {number_text(xp.min(x.array))} to "
            f"{number_text(xp.max(x.array))}: use binary_cross_entropy_with_logits, or apply sigmoid first"
        )
    loss = _bce(x, t)
    return reduce_losses(name, loss if weight is None else loss * _weight(name, weight, loss), reduction)


def _bce_with_logits_forward(xp: Any, z: Array, t: Array) -> Array:
    y = xp.maximum(z, 0) - z * t + xp.log1p(xp.exp(-xp.abs(z)))
    if is_numpy(xp) and xp.isfinite(y).all():
        return y
    # Of an infinite logit, inf - inf and inf · 0: a target on its side costs nothing, any other one infinitely much.
    other_side = xp.where(z > 0, 1 - t, t)
    infinite = xp.abs(z) == math.inf
    y = xp.where(infinite, xp.full_like(y, math.inf), y)
    return xp.where(infinite & (other_side == 0), xp.zeros_like(y), y)


_bce_with_logits = elementwise(
    "binary_cross_entropy_with_logits",
    _bce_with_logits_forward,
    lambda xp, g, y, z, t: g * (_sigmoid.on(xp, z) - t),
    lambda xp, g, y, z, t: -g * z,
    floats=True,
    singular=True,
    roles={"t": "target"},
    word="binary cross-entropy",
    letter="ℓ",
)


def _curve(xp: Any, z: Array, weight: Any) -> Array:
    """Computes log(1 + exp(z)), which is -log σ(-z); 0 where it counts nothing, even for infinity."""
    curve = _softplus.on(xp, z, beta=1.0, threshold=math.inf)
    return xp.where(weight == 0, xp.zeros_like(curve), curve)


_weighted_bce_with_logits = elementwise(
    "weighted_bce_with_logits",
    lambda xp, z, t, w: w * t * _curve(xp, -z, w * t) + (1 - t) * _curve(xp, z, 1 - t),
    lambda xp, g, y, z, t, w: g * ((1 - t) * _sigmoid.on(xp, z) - w * t * _sigmoid.on(xp, -z)),
    lambda xp, g, y, z, t, w: g * (w * _curve(xp, -z, w) - _curve(xp, z, xp.ones_like(z))),
    lambda xp, g, y, z, t, w: g * t * _curve(xp, -z, t),
    floats=True,
    singular=True,
    roles={"t": "target"},
    word="binary cross-entropy",
    letter="ℓ",
)


@computed_in_single
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Computes :func:`binary_cross_entropy` of sigmoid(input), exact and finite for every finite input.

    `weight` multiplies each element's loss; `pos_weight` the part of positive targets, and broadcasts along the last
    axis, one number per class. Raises ShapeError if the shapes differ.
    """
    name = "binary_cross_entropy_with_logits"
    z, t = alike(name, input, target)
    if pos_weight is None:
        loss = _bce_with_logits(z, t)
    else:
        loss = _weighted_bce_with_logits(z, t, _weight(name, pos_weight, z))
    return reduce_losses(name, loss if weight is None else loss * _weight(name, weight, loss), reduction)


def _weight(name: str, weight: Any, loss: Tensor) -> Tensor:
    """Returns weights as a tensor. Raises ShapeError unless they broadcast to the losses' shape."""
    w = edge_of(weight)
    aligned = loss.shape[max(0, loss.ndim - w.ndim) :]
    if w.ndim > loss.ndim or any(a not in (1, b) for a, b in zip(w.shape, aligned, strict=True)):
        raise ShapeError(f"{name}: a weight of shape {w.shape} does not broadcast to the losses' shape {loss.shape}")
    return w


# t log t, which is 0 at t = 0.
_xlogx = elementwise(
    "xlogx",
    lambda xp, t: t * xp.log(xp.where(t == 0, xp.ones_like(t), t)),
    lambda xp, g, y, t: g * (xp.log(t) + 1),
    floats=True,
    singular=True,
    roles={"t": "target"},
    word="x log x",
)


@scoped
@computed_in_single
def kl_div(input: TensorLike, target: TensorLike, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Computes t (log t - input), for `input` the logarithms of probabilities and `target` probabilities t.

    With `log_target` the target too is given by its logarithms. Besides the usual reductions, "batchmean" divides
    the sum by the size of axis 0, which is the Kullback-Leibler divergence. Raises ShapeError if the shapes differ.
    """
    x, t = alike("kl_div", input, target)
    loss = exp(t) * (t - x) if log_target else _xlogx(t) - t * x
    if reduction == "batchmean":
        return sum(loss) / max(1, x.shape[0] if x.ndim else 1)
    return reduce_losses("kl_div", loss, reduction)


def floating(name: str, x: Tensor) -> None:
    """Raises DTypeError unless the input holds floating-point numbers."""
    if not is_float(x.array):
        raise DTypeError(f"{name}: input has dtype {x.dtype}; it must be floating point: cast it, as in x.float()")
