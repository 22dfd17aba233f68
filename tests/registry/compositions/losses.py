"""Losses that compare elements, and losses of classes, from their definitions."""

from __future__ import annotations

import math

import numpy as np

from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, chance, normal, some
from .composition import DEFAULT, Composition, constructed, pairwise, sampled, varied

REDUCTIONS = (DEFAULT, "mean", "sum", "none")
SHAPES = ((3, 4), (2, 3, 4), (5,), ())


def reduced(losses, reduction="mean"):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def by_elements(formula):
    """The reference of a loss with one value for each element."""
    return lambda *inputs, reduction="mean", **params: reduced(formula(*inputs, **params), reduction)


def _huber(x, t, delta=1.0):
    d = np.abs(x - t)
    return np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))


def _smooth_l1(x, t, beta=1.0):
    d = np.abs(x - t)
    return d if beta == 0 else np.where(d < beta, d**2 / (2 * beta), d - beta / 2)


def _bce(p, t, weight=1.0):
    return weight * np.where(
        t == 1, -np.log(p), np.where(t == 0, -np.log1p(-p), -t * np.log(p) - (1 - t) * np.log1p(-p))
    )


def _bce_with_logits(z, t, weight=1.0, pos_weight=1.0):
    p = 1 / (1 + np.exp(-z))
    return weight * -(pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p))


def _kl_div(x, t, reduction="mean", log_target=False):
    losses = np.exp(t) * (t - x) if log_target else np.where(t > 0, t, 0) * (np.log(np.where(t > 0, t, 1)) - x)
    if reduction == "batchmean":
        return losses.sum() / (losses.shape[0] if losses.ndim else 1)
    return reduced(losses, reduction)


def _log_softmax(x, axis):
    return np.log(np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True))


def _nll(logs, t, weight=None, ignore_index=-100, reduction="mean", share=1.0):
    """Each target's loss: minus `share` of its class's logarithm, and minus an even part of the rest of all."""
    axis = 0 if logs.ndim == 1 else 1
    classes = logs.shape[axis]
    w = np.ones(classes) if weight is None else weight
    losses, counts = np.zeros(t.shape), np.zeros(t.shape)
    for place in np.ndindex(*t.shape):
        right = int(t[place])
        if right == ignore_index:
            continue
        row = logs[(*place[:1], slice(None), *place[1:])] if logs.ndim > 1 else logs
        counts[place] = w[right]
        losses[place] = -share * w[right] * row[right] - (1 - share) / classes * np.sum(w * row)
    return losses.sum() / counts.sum() if reduction == "mean" else reduced(losses, reduction)


def _cross_entropy(x, t, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    axis = 0 if x.ndim == 1 else 1
    logs = _log_softmax(x, axis)
    if t.dtype.kind != "f":
        return _nll(logs, t, weight, ignore_index, reduction, 1 - label_smoothing)
    w = 1.0 if weight is None else weight.reshape(-1, *(1,) * (x.ndim - axis - 1))
    spread = (1 - label_smoothing) * t + label_smoothing / x.shape[axis]
    return reduced(-(w * spread * logs).sum(axis=axis), reduction)


def _weighted(x, t, shape, **params):
    """A case with a weight of a shape."""
    weight = {} if shape is None else {"weight": some(*shape, sample=chance, seed=2)}
    return Case((x, t), {**weight, **params})


def _of_elements(samples, weighted=False, positives=False, **choices):
    def make(shape, weight=None, positive=None, **params):
        x, t = sampled(shape, shape, samples=samples).inputs
        if positive is not None:
            params["pos_weight"] = 1 + some(*positive, sample=chance, seed=3)
        return _weighted(x, t, weight, **params)

    def broadcast(shape, weight=None, positive=None, **_):
        return all(
            part is None or (len(part) <= len(shape) and np.broadcast_shapes(part, shape) == shape)
            for part in (weight, positive)
        )

    broad = {"weight": (DEFAULT, (4,), (3, 1), (3, 4))} if weighted else {}
    more = {"positive": (DEFAULT, (4,), (1,))} if positives else {}
    return varied(
        make, lambda **row: _broadcasts(broadcast, row), shape=SHAPES, reduction=REDUCTIONS, **broad, **more, **choices
    )


def _broadcasts(broadcast, row):
    try:
        return broadcast(**row)
    except ValueError:
        return False


def _classes(probabilities=False, **choices):
    """Scores of several shapes, with class numbers or probabilities, weights and ignored targets."""

    def make(shape, ignored=None, weight=None, **params):
        x = some(*shape) if params.pop("logits", True) else _log_softmax(some(*shape), min(1, len(shape) - 1))
        axis = min(1, len(shape) - 1)
        if probabilities:
            t = some(*shape, sample=chance, seed=1)
            t = t / t.sum(axis=axis, keepdims=True)
        else:
            places = (*shape[:axis], *shape[axis + 1 :])
            t = np.arange(math.prod(places)).reshape(places) * 2 % shape[axis]
            if ignored == "outside":
                params["ignore_index"] = -1
                t = np.where(t == 1, -1, t) if t.ndim else t
            elif ignored == "a class":
                params["ignore_index"] = 1
        if weight:
            params["weight"] = some(shape[axis], sample=chance, seed=2)
        return Case((x, t), params)

    ignoring = {} if probabilities else {"ignored": (DEFAULT, "outside", "a class")}
    shapes = ((6, 5), (2, 5, 3), (2, 3, 4, 5), (5,))
    return varied(make, shape=shapes, reduction=REDUCTIONS, weight=(DEFAULT, True), **ignoring, **choices)


COMPOSITIONS = [
    Composition(F.l1_loss, by_elements(lambda x, t: np.abs(x - t)), _of_elements(normal), layer=constructed(nn.L1Loss)),
    Composition(
        F.mse_loss, by_elements(lambda x, t: (x - t) ** 2), _of_elements(normal), layer=constructed(nn.MSELoss)
    ),
    Composition(
        F.huber_loss,
        by_elements(_huber),
        _of_elements(normal, delta=(DEFAULT, 0.7, 2.5)),
        layer=constructed(nn.HuberLoss),
    ),
    Composition(
        F.smooth_l1_loss,
        by_elements(_smooth_l1),
        _of_elements(normal, beta=(DEFAULT, 0, 0.7, 2.5)),
        layer=constructed(nn.SmoothL1Loss),
    ),
    Composition(
        F.binary_cross_entropy,
        by_elements(_bce),
        _of_elements(chance, weighted=True),
        layer=constructed(nn.BCELoss),
    ),
    Composition(
        F.binary_cross_entropy_with_logits,
        by_elements(_bce_with_logits),
        _of_elements((normal, chance), weighted=True, positives=True),
        layer=constructed(nn.BCEWithLogitsLoss),
    ),
    Composition(
        F.kl_div,
        _kl_div,
        [
            sampled(row.pop("shape"), row_shape, samples=(normal, chance), **row)
            for row in pairwise(shape=SHAPES, reduction=(*REDUCTIONS, "batchmean"), log_target=(DEFAULT, False, True))
            for row_shape in [row["shape"]]
        ],
        layer=constructed(nn.KLDivLoss),
    ),
    Composition(F.nll_loss, _nll, _classes(logits=(False,)), still=("weight",), layer=constructed(nn.NLLLoss)),
    Composition(
        F.cross_entropy,
        _cross_entropy,
        _classes(label_smoothing=(DEFAULT, 0.1, 1.0)),
        still=("weight",),
        layer=constructed(nn.CrossEntropyLoss),
    ),
    Composition(
        F.cross_entropy,
        _cross_entropy,
        _classes(True, label_smoothing=(DEFAULT, 0.1, 1.0)),
        layer=constructed(nn.CrossEntropyLoss),
    ),
]
