"""The weight of a batch in an epoch's mean: the divisor of the mean in its loss."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from ..graph.arrays import kind, namespace
from ..nn import functional
from ..nn.loss import CrossEntropyLoss, NLLLoss
from ..nn.module import Module

IGNORED = -100
"""The label that losses pass over, if they are not given another one."""

_OF_CLASSES = (functional.cross_entropy, functional.nll_loss)


def batch_weight(loss: Any, target: Any) -> float | None:
    """Returns the weight of a batch, with which the mean of losses is the loss of all items at once.

    For a loss of classes, that is the sum of the weights of the labels that are not ignored; for the other losses of
    `nn`, the number of elements; for other functions, the number of items. It is None if losses are to be added, as
    with ``reduction="sum"``.
    """
    options = _options(loss)
    if options is None:
        return float(len(target))
    if options.get("reduction", "mean") == "sum":
        return None
    labels = target.array
    xp = namespace(labels)
    if "of classes" not in options or kind(xp, labels.dtype) != 1:
        return float(len(target) if options.get("reduction") == "batchmean" else math.prod(target.shape))
    counts = labels != ignored_label(loss)
    weight = options.get("weight")
    if weight is None:
        return float(xp.sum(xp.astype(counts, xp.float64)))
    classes = xp.reshape(xp.where(counts, labels, xp.zeros_like(labels)), (-1,))
    weights = xp.astype(xp.take(weight.array if hasattr(weight, "array") else weight, classes, axis=0), xp.float64)
    return float(xp.sum(xp.where(xp.reshape(counts, (-1,)), weights, xp.zeros_like(weights))))


def ignored_label(loss: Any) -> int:
    """Returns the label that a loss ignores."""
    options = _options(loss) or {}
    return int(options.get("ignore_index", IGNORED))


def _options(loss: Any) -> dict[str, Any] | None:
    """Returns the settings of a loss of `nn`, or of a partial of `nn.functional`; None for any other."""
    if isinstance(loss, Module):
        names = ("reduction", "ignore_index", "weight")
        options = {name: getattr(loss, name) for name in names if hasattr(loss, name)}
        if "reduction" not in options:
            return None
        return {**options, "of classes": True} if isinstance(loss, (CrossEntropyLoss, NLLLoss)) else options
    function = loss.func if isinstance(loss, partial) and not loss.args else loss
    if function not in _OF_CLASSES:
        return None
    return {**(loss.keywords if isinstance(loss, partial) else {}), "of classes": True}
