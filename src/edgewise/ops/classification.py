"""Losses that compare scores of classes with the right class."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, is_float, kind, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import is_numpy
from .composed import computed_in_single, scoped
from .losses import floating, reduce_losses
from .reductions import sum
from .selection import where
from .shape import reshape
from .softmax import _shifted, _softmax, log_softmax

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _at_classes(xp: Any, x: Array, t: Array, axis: int) -> Array:
    """Returns the elements of `x` along `axis` that `t` says, without that axis."""
    if x.ndim == 2 and axis == 1:
        return x[xp.arange(x.shape[0]), t]
    return xp.squeeze(xp.take_along_axis(x, xp.expand_dims(t, axis=axis), axis=axis), axis=axis)


def _is_class(xp: Any, t: Array, axis: int, size: int) -> Array:
    """Returns whether each class is the one that `t` says: bools with an axis of `size` classes."""
    shape = [1] * (t.ndim + 1)
    shape[axis] = size
    return xp.reshape(xp.arange(size, dtype=t.dtype), tuple(shape)) == xp.expand_dims(t, axis=axis)


def _back_to_classes(xp: Any, g: Array, t: Array, *, axis: int, size: int) -> Array:
    return xp.expand_dims(g, axis=axis) * xp.astype(_is_class(xp, t, axis, size), g.dtype)


_pick = Operation(
    "pick",
    lambda xp, x, t, *, axis: _at_classes(xp, x, t, axis),
    lambda xp, g, y, x, t, *, axis: _unpick.on(xp, g, t, axis=axis, size=x.shape[axis]),
    None,
    linear="each",
    kind="classification",
    roles={"t": "target"},
    notation="scores of classes",
    gradients={"x": "put at classes"},
    example=Example((6, 5), ((6,), "int64"), axis=1),
)
_unpick: Operation = Operation(
    "unpick",
    _back_to_classes,
    lambda xp, h, y, g, t, *, axis, size: _pick.on(xp, h, t, axis=axis),
    None,
    linear="each",
    singular=True,
    wide=True,
    roles={"t": "target"},
    example=Example((4,), ((4,), "int64"), axis=1, size=6),
    word="put at classes",
)
_one_hot_like = Operation(
    "one_hot_like",
    lambda xp, x, t, *, axis: xp.astype(_is_class(xp, t, axis, x.shape[axis]), x.dtype),
    None,
    None,
    roles={"t": "target"},
    notation="one-hot",
    example=Example((6, 5), ((6,), "int64"), axis=1),
    word="one-hot",
)


def _cross_entropy_forward(xp: Any, x: Array, t: Array, *, axis: int) -> Array:
    z = _shifted(xp, x, axis)
    return xp.log(xp.sum(xp.exp(z), axis=axis)) - _at_classes(xp, z, t, axis)


def _cross_entropy_x(xp: Any, g: Array, y: Array, x: Array, t: Array, *, axis: int) -> Array:
    return xp.expand_dims(g, axis=axis) * (_softmax.on(xp, x, axis=axis) - _one_hot_like.on(xp, x, t, axis=axis))


def _cross_entropy_fused(
    xp: Any, x: Array, t: Array, *, axis: int
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Runs forward and backward on rows of scores in NumPy's arrays, with the powers of the forward for both."""
    if not is_numpy(xp) or x.ndim != 2 or axis != 1 or not x.size:
        return None
    z = _shifted(xp, x, 1)
    right = z[xp.arange(len(z)), t]
    powers = xp.exp(z, out=z)
    total = xp.sum(powers, axis=1)

    def back(g: Array) -> Callable[[int], Array]:
        part = powers * (g / total)[:, None]
        part[xp.arange(len(part)), t] -= g
        return lambda _: part

    return xp.log(total) - right, back


_cross_entropy = Operation(
    "cross_entropy",
    _cross_entropy_forward,
    _cross_entropy_x,
    None,
    singular=True,
    wide=True,
    fused=_cross_entropy_fused,
    kind="classification",
    roles={"t": "target"},
    indices={"x": "i k"},
    words={
        "y": "minus the logarithm of the probability of the right class",
        "x": "p holds the probabilities; a score gets that of its class, less 1 if it is right",
    },
    example=Example((6, 5), ((6,), "int64"), axis=1),
    word="cross-entropy",
    letter="ℓ",
)


@scoped
@computed_in_single
def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Computes -input at the right class, for `input` (N, C, ...) or (C,) holding logarithms of probabilities.

    Parameters
    ----------
    target:
        The right classes, integers of shape (N, ...).
    weight:
        What each class counts, (C,). The mean is then weighted: divided by the sum of the weights that occur.
    ignore_index:
        A target that doesn't count: its loss is 0, and the mean leaves it out.
    reduction:
        "mean" or "sum" over all targets, or "none".

    Raises
    ------
    ShapeError, DTypeError, IndexingError
        If the shapes don't fit, targets are not integers, or a target is no class.
    """
    x, t, counted, weights, axis = _classification_arguments("nll_loss", input, target, weight, ignore_index)
    return _over_targets("nll_loss", *_weigh_losses(-_pick(x, t, axis=axis), t, weights), counted, reduction)


@computed_in_single
def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Computes -log of the probability that softmax gives the right class, for scores `input` (N, C, ...) or (C,).

    Parameters
    ----------
    target:
        The right classes, integers of shape (N, ...); or probabilities of all classes, of the input's shape.
    weight:
        What each class counts, (C,). For class targets the mean is then weighted.
    ignore_index:
        A class target that doesn't count: its loss is 0, and the mean leaves it out.
    reduction:
        "mean" or "sum" over all targets, or "none".
    label_smoothing:
        The share of each target, from 0 to 1, that is spread evenly over all classes.

    Raises
    ------
    ShapeError, DTypeError, IndexingError
        If the shapes don't fit, targets are of the wrong dtype, or a target is no class.
    """
    name = "cross_entropy"
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"{name}: label_smoothing is {label_smoothing}; it must be between 0 and 1")
    goal = edge_of(target)
    if is_float(goal.array):
        return _soft_cross_entropy(name, input, goal, weight, reduction, label_smoothing)
    x, t, counted, weights, axis = _classification_arguments(name, input, goal, weight, ignore_index)
    if label_smoothing == 0:
        return _over_targets(name, *_weigh_losses(_cross_entropy(x, t, axis=axis), t, weights), counted, reduction)
    logs = log_softmax(x, axis)
    right, factors = _weigh_losses(-_pick(logs, t, axis=axis), t, weights)
    if weights is not None:
        logs = logs * _broadcast_over_classes(weights, axis, x.ndim)
    loss = (1 - label_smoothing) * right - sum(logs, dim=axis) * (label_smoothing / x.shape[axis])
    return _over_targets(name, loss, factors, counted, reduction)


def _soft_cross_entropy(
    name: str, input: Any, target: Tensor, weight: Any, reduction: str, label_smoothing: float
) -> Tensor:
    """Computes the cross-entropy with targets given as probabilities."""
    x = edge_of(input)
    floating(name, x)
    if x.shape != target.shape or x.ndim == 0:
        raise DTypeError(
            f"{name}: target has dtype {target.dtype} and shape {target.shape}. Classes must be integers: use "
            f"target.long(). Probabilities must have the input's shape, {x.shape}"
        )
    axis = min(1, x.ndim - 1)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    if weight is not None:
        target = target * _broadcast_over_classes(_class_weights(name, weight, x, axis), axis, x.ndim)
    loss = -sum(log_softmax(x, axis) * target, dim=axis)
    return reduce_losses(name, loss, reduction)


def _classification_arguments(
    name: str, input: Any, target: Any, weight: Any, ignore_index: int
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None, int]:
    """Returns scores, classes, which of them count (None for all), the classes' weights, and the axis of classes."""
    x, t = edge_of(input), edge_of(target)
    floating(name, x)
    if x.ndim == 0:
        raise ShapeError(f"{name}: input is a single number; it must be (N, C, ...) or (C,)")
    axis = min(1, x.ndim - 1)
    expected = (*x.shape[:axis], *x.shape[axis + 1 :])
    if kind(namespace(t.array), t.array.dtype) != 1:
        raise DTypeError(f"{name}: target has dtype {t.dtype}; classes must be integers: use target.long()")
    if t.shape != expected:
        hint = ": use target.argmax(1) for one-hot targets" if t.shape == x.shape and x.ndim > 1 else ""
        raise ShapeError(
            f"{name}: for an input of shape {x.shape}, whose axis {axis} are the classes, target must have shape "
            f"{expected}, not {t.shape}{hint}"
        )
    array = t.array
    xp = namespace(array)
    counted = None
    classes = x.shape[axis]
    if math.prod(t.shape) and not (int(xp.min(array)) >= 0 and int(xp.max(array)) < classes):
        counted = array != ignore_index
        array = xp.where(counted, array, xp.zeros_like(array))
        low, high = int(xp.min(array)), int(xp.max(array))
        if low < 0 or high >= classes:
            raise IndexingError(
                f"{name}: target {low if low < 0 else high} is no class: the input, of shape {x.shape}, has the "
                f"{classes} classes 0 to {classes - 1}, and ignore_index is {ignore_index}"
            )
    elif 0 <= ignore_index < classes:
        counted = array != ignore_index
    weights = None if weight is None else _class_weights(name, weight, x, axis).detach()
    return x, t if array is t.array else wrap(array), None if counted is None else wrap(counted), weights, axis


def _class_weights(name: str, weight: Any, x: Tensor, axis: int) -> Tensor:
    weights = edge_of(weight).to(x.dtype)
    if weights.shape != (x.shape[axis],):
        raise ShapeError(f"{name}: weight has shape {weights.shape}; it must be ({x.shape[axis]},), one for each class")
    return weights


def _weigh_losses(loss: Tensor, t: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Returns each target's loss times the weight of its class, and these weights."""
    if weights is None:
        return loss, None
    xp = namespace(weights.array)
    factors = wrap(xp.reshape(xp.take(weights.array, xp.reshape(t.array, (-1,)), axis=0), tuple(t.shape)))
    return loss * factors, factors


def _broadcast_over_classes(weights: Tensor, axis: int, ndim: int) -> Tensor:
    """Returns one number per class, shaped to broadcast along the axis of classes."""
    return reshape(weights, (-1,) + (1,) * (ndim - axis - 1))


def _over_targets(name: str, loss: Tensor, factors: Tensor | None, counted: Tensor | None, reduction: str) -> Tensor:
    """Returns the reduced losses of the targets that count; `factors` are weights that they carry already."""
    xp = namespace(loss.array)
    if counted is not None:
        loss = where(counted, loss, wrap(xp.zeros_like(loss.array)))
    if reduction != "mean" or (counted is None and factors is None):
        return reduce_losses(name, loss, reduction)
    parts = xp.ones_like(loss.array) if factors is None else factors.array
    if counted is not None:
        parts = xp.where(counted.array, parts, xp.zeros_like(parts))
    return sum(loss) / float(xp.sum(parts))
