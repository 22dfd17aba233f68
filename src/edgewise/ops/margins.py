"""Losses that ask for distances: margins between scores, and between points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.arguments import number_text
from ..graph.arrays import namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from .activations import relu, softplus
from .comparison import equal
from .composed import computed_in_single, scoped
from .distances import pairwise_distance
from .gathering import gather
from .losses import alike, reduce_losses
from .naming import broadcasts
from .reductions import mean, sum
from .selection import clip, minimum, where
from .shape import reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


@scoped
@broadcasts("input1", "input2", "target")
@computed_in_single
def margin_ranking_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Computes max(0, margin - target * (input1 - input2)): a target of 1 wants `input1` larger, of -1 `input2`.

    `reduction` is "mean" or "sum" over all elements, or "none". Raises ShapeError if the inputs' shapes differ.
    """
    a, b = alike("margin_ranking_loss", input1, input2)
    t = edge_of(target)
    return reduce_losses("margin_ranking_loss", relu(-t * (a - b) + margin), reduction)


@scoped
@computed_in_single
def hinge_embedding_loss(
    input: TensorLike, target: TensorLike, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """Returns a distance where the target is 1, and max(0, margin - distance) where it is -1.

    `reduction` is "mean" or "sum" over all elements, or "none". Raises ShapeError if the shapes differ.
    """
    x, t = alike("hinge_embedding_loss", input, target)
    apart = where(equal(t, 1), 0, relu(margin - x))
    return reduce_losses("hinge_embedding_loss", apart + where(equal(t, -1), 0, x), reduction)


@scoped
@computed_in_single
def soft_margin_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Computes log(1 + exp(-target * input)) for targets of 1 and -1, without overflow.

    `reduction` is "mean" or "sum" over all elements, or "none". Raises ShapeError if the shapes differ.
    """
    x, t = alike("soft_margin_loss", input, target)
    return reduce_losses("soft_margin_loss", softplus(-t * x, threshold=float("inf")), reduction)


@scoped
@computed_in_single
def cosine_embedding_loss(
    input1: TensorLike, input2: TensorLike, target: TensorLike, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Computes 1 - cos where the target is 1, max(0, cos - margin) where it is -1, for the angle of two vectors.

    Inputs (N, D) with a target (N,), or (D,) with a 0-d target. `reduction` is "mean", "sum" or "none".
    """
    name = "cosine_embedding_loss"
    a, b = alike(name, input1, input2)
    t = edge_of(target)
    if a.ndim not in (1, 2) or tuple(t.shape) != tuple(a.shape[:-1]):
        raise ShapeError(
            f"{name}: inputs of shape {tuple(a.shape)} and a target of shape {tuple(t.shape)}; they must be (N, D) "
            "and (N,), or (D,) and ()"
        )
    # Squares are held above 0 by a little, where the root's slope would be infinite.
    tiny = 1e-12
    lengths = ((sum(a * a, dim=-1) + tiny) * (sum(b * b, dim=-1) + tiny)).sqrt()
    cosine = sum(a * b, dim=-1) / lengths
    alike_part = where(equal(t, 1), 1 - cosine, 0)
    return reduce_losses(name, alike_part + where(equal(t, -1), relu(cosine - margin), 0), reduction)


@scoped
@broadcasts("anchor", "positive", "negative")
@computed_in_single
def triplet_margin_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Computes max(0, d(anchor, positive) - d(anchor, negative) + margin), with :func:`pairwise_distance`.

    With `swap` the negative's distance is the smaller of those to the anchor and to the positive. `reduction` is
    "mean", "sum" or "none". F. Schroff, D. Kalenichenko and J. Philbin, "FaceNet" (2015).
    """
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduce_losses("triplet_margin_loss", relu(near - far + margin), reduction)


@scoped
@computed_in_single
def multi_margin_loss(
    input: TensorLike,
    target: TensorLike,
    p: int = 1,
    margin: float = 1.0,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Computes the mean over all classes j but the target t of max(0, margin - x[t] + x[j]) to the power `p`, 1 or 2.

    Scores (N, C) with class numbers (N,), or (C,) with one number. `weight` has a factor for each class.
    """
    name = "multi_margin_loss"
    x, t = edge_of(input), edge_of(target)
    x = x if x.ndim else reshape(x, (1,))
    t = reshape(t, ()) if x.ndim == 1 and tuple(t.shape) == (1,) else t
    if x.ndim not in (1, 2) or tuple(t.shape) != tuple(x.shape[:-1]):
        raise ShapeError(
            f"{name}: scores of shape {tuple(x.shape)} and targets of shape {tuple(t.shape)}; they must be (N, C) and "
            "(N,), or (C,) and ()"
        )
    if p not in (1, 2):
        raise ArgumentError(f"{name}: p is {p!r}; it must be 1 or 2")
    own = unsqueeze(t, -1)
    losses = relu(margin - gather(x, -1, own) + x)
    losses = losses if p == 1 else losses * losses
    if weight is not None:
        losses = losses * edge_of(weight)[own]
    xp = namespace(x.array)
    classes: Any = wrap(xp.arange(x.shape[-1], dtype=xp.int64))
    return reduce_losses(name, mean(where(equal(own, classes), 0, losses), dim=-1), reduction)


@scoped
@computed_in_single
def multilabel_soft_margin_loss(
    input: TensorLike, target: TensorLike, weight: TensorLike | None = None, *, reduction: str = "mean"
) -> Tensor:
    """Computes binary cross-entropy of logits (N, C), with targets of 0 and 1, averaged over the classes."""
    name = "multilabel_soft_margin_loss"
    x, t = alike(name, input, target)
    losses = t * softplus(-x, threshold=float("inf")) + (1 - t) * softplus(x, threshold=float("inf"))
    losses = losses if weight is None else losses * edge_of(weight)
    return reduce_losses(name, mean(losses, dim=-1), reduction)


@scoped
@computed_in_single
def poisson_nll_loss(
    input: TensorLike,
    target: TensorLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Computes minus the log-probability of counts under Poisson distributions, without the constant term.

    exp(input) - target * input, or without `log_input` input - target * log(input + eps). With `full` Stirling's
    approximation of the constant, log(target!), is added where the target is above 1.
    """
    name = "poisson_nll_loss"
    x, t = alike(name, input, target)
    loss = x.exp() - t * x if log_input else x - t * (x + eps).log()
    if full:
        held = clip(t, min=1)
        stirling = held * held.log() - held + 0.5 * (held * 6.283185307179586).log()
        loss = loss + where(t <= 1, 0, stirling)
    return reduce_losses(name, loss, reduction)


@scoped
@computed_in_single
def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    full: bool = False,
    eps: float = 1e-6,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Computes minus the log-probability of targets under normal distributions.

    That is (log var + (input - target)² / var) / 2.

    `var` is one number, has the input's shape, or has size 1, or nothing, for its last axis. Variances count as no
    less than `eps`, through which gradients flow all the same. With `full` the constant log(2π) / 2 is added.
    Raises ArgumentError if a variance is negative.
    """
    name = "gaussian_nll_loss"
    x, t = alike(name, input, target)
    v: Tensor = edge_of(var)
    if v.ndim and tuple(v.shape) == tuple(x.shape[:-1]) != tuple(x.shape):
        v = unsqueeze(v, -1)
    elif v.ndim and tuple(v.shape) not in (tuple(x.shape), (*x.shape[:-1], 1)):
        raise ShapeError(
            f"{name}: var has shape {tuple(v.shape)}; for an input {tuple(x.shape)} it must have that shape, or size 1 "
            "or nothing for the last axis"
        )
    xp = namespace(v.array)
    if bool(xp.any(v.array < 0)):
        raise ArgumentError(f"{name}: var must not be negative, but goes down to {number_text(xp.min(v.array))}")
    v = v + wrap(xp.maximum(eps - v.array, xp.zeros_like(v.array)))
    loss = 0.5 * (v.log() + (x - t) ** 2 / v)
    return reduce_losses(name, loss + 0.9189385332046727 if full else loss, reduction)
