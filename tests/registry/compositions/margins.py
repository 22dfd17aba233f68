"""Losses of margins, distances and distributions, from their definitions."""

from __future__ import annotations

import math

import numpy as np

from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, chance, normal, positive, some
from .composition import DEFAULT, Composition, constructed, sampled, uses, varied
from .losses import REDUCTIONS, SHAPES, by_elements


def _signs(*shape, seed=0):
    return np.random.default_rng(seed).choice([-1.0, 1.0], shape)


def _hinge(x, t, margin=1.0):
    return np.where(t == 1, x, np.maximum(0, margin - x))


def _cosine(a, b, t, margin=0.0):
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.where(t == 1, 1 - cosine, np.maximum(0, cosine - margin))


def distance(a, b, p=2.0, eps=1e-6, keepdim=False):
    d = np.abs(a - b + eps)
    if p == math.inf:
        return d.max(axis=-1, keepdims=keepdim)
    return np.sum(d**p, axis=-1, keepdims=keepdim) ** (1 / p)


def _triplet(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False):
    far = distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, distance(positive, negative, p, eps))
    return np.maximum(0, distance(anchor, positive, p, eps) - far + margin)


def _multi_margin(x, t, p=1, margin=1.0, weight=None):
    if x.ndim < 2:
        return _multi_margin(x.reshape(1, -1), t.reshape(1), p, margin, weight)[0]
    losses = np.zeros(len(x))
    for n, right in enumerate(t):
        for j in range(x.shape[1]):
            if j != right:
                each = max(0.0, margin - x[n, right] + x[n, j]) ** p
                losses[n] += each * (1 if weight is None else weight[right]) / x.shape[1]
    return losses


def _multilabel(x, t, weight=1.0):
    p = 1 / (1 + np.exp(-x))
    return np.mean(-weight * (t * np.log(p) + (1 - t) * np.log(1 - p)), axis=-1)


def _poisson(x, t, log_input=True, full=False, eps=1e-8):
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    if full:
        losses = losses + np.where(t > 1, t * np.log(t) - t + np.log(2 * math.pi * t) / 2, 0)
    return losses


def _variances(x, var):
    return var[..., None] if var.ndim == x.ndim - 1 and var.ndim else var


def _gaussian(x, t, var, full=False, eps=1e-6):
    v = np.maximum(_variances(x, var), eps)
    return (np.log(v) + (x - t) ** 2 / v) / 2 + (math.log(2 * math.pi) / 2 if full else 0)


def _held_gaussian_gradients(g, x, t, var, eps, **_):
    """A gradient flows to variances as if they were eps where they are less."""
    v = np.maximum(var, eps)
    return g * (x - t) / v, -g * (x - t) / v, g * (1 / v - (x - t) ** 2 / v**2) / 2


def _ranked(shape, **params):
    return Case((some(*shape), some(*shape, seed=1), _signs(*shape)), params)


def _apart(shape, **params):
    return Case((some(*shape, sample=positive), _signs(*shape)), params)


def _angles(shape, **params):
    return Case((some(*shape), some(*shape, seed=1), _signs(*shape[:-1], seed=3)), params)


def _scored(shape, weight=None, **params):
    x = some(*shape) if shape else np.asarray(0.7)
    classes = shape[-1] if shape else 1
    t = np.arange(math.prod(shape[:-1])).reshape(shape[:-1]) * 2 % classes + (classes > 1) * (len(shape) == 1)
    weights = {} if weight is None else {"weight": some(classes, sample=positive, seed=2)}
    return Case((x, np.asarray(t)), {**weights, **params})


def _labelled(shape, weight=None, **params):
    weights = {} if weight is None else {"weight": some(shape[-1], sample=chance, seed=2)}
    return Case((some(*shape), some(*shape, sample=chance, seed=1)), {**weights, **params})


def _counted(shape, log_input=None, **params):
    how = {} if log_input is None else {"log_input": log_input}
    rates = some(*shape, sample=positive) if log_input is False else some(*shape)
    # Whole counts of 0 and 1 have no part of Stirling's: these are a little beside them.
    counts = np.random.default_rng(1).integers(0, 5, shape) + 0.1
    return Case((rates, np.asarray(counts)), {**how, **params})


def _varying(shape, var, **params):
    sizes = {"each": shape, "one": (), "last": (*shape[:-1], 1), "none": shape[:-1]}[var]
    return Case((some(*shape), some(*shape, seed=1), some(*sizes, sample=positive, seed=2)), params)


COMPOSITIONS = [
    Composition(
        F.margin_ranking_loss,
        by_elements(lambda a, b, t, margin=0.0: np.maximum(0, margin - t * (a - b))),
        varied(_ranked, shape=SHAPES, margin=(DEFAULT, 0.3, 1.7), reduction=REDUCTIONS),
        layer=constructed(nn.MarginRankingLoss),
    ),
    Composition(
        F.hinge_embedding_loss,
        by_elements(_hinge),
        varied(_apart, shape=SHAPES, margin=(DEFAULT, 0.7, 2.2), reduction=REDUCTIONS),
        still=(1,),
        layer=constructed(nn.HingeEmbeddingLoss),
    ),
    Composition(
        F.soft_margin_loss,
        by_elements(lambda x, t: np.log(1 + np.exp(-t * x))),
        varied(
            lambda shape, **params: Case((some(*shape), _signs(*shape)), params), shape=SHAPES, reduction=REDUCTIONS
        ),
        layer=constructed(nn.SoftMarginLoss),
    ),
    Composition(
        F.cosine_embedding_loss,
        by_elements(_cosine),
        varied(_angles, shape=((4, 3), (3, 4), (5,)), margin=(DEFAULT, 0.2, -0.5), reduction=REDUCTIONS),
        still=(2,),
        layer=constructed(nn.CosineEmbeddingLoss),
    ),
    Composition(
        F.triplet_margin_loss,
        by_elements(_triplet),
        varied(
            lambda shape, **params: sampled(shape, shape, shape, **params),
            shape=((4, 3), (2, 3, 4), (5,)),
            margin=(DEFAULT, 0.4, 2.5),
            p=(DEFAULT, 1, 3),
            eps=(DEFAULT, 0.3),
            swap=(DEFAULT, True),
            reduction=REDUCTIONS,
        ),
        layer=constructed(nn.TripletMarginLoss),
    ),
    Composition(
        F.multi_margin_loss,
        by_elements(_multi_margin),
        varied(
            _scored,
            shape=((4, 3), (3, 5), (4,), ()),
            p=(DEFAULT, 1, 2),
            margin=(DEFAULT, 0.5, 3.0),
            weight=(DEFAULT, True),
            reduction=REDUCTIONS,
        ),
        layer=constructed(nn.MultiMarginLoss),
    ),
    Composition(
        F.multilabel_soft_margin_loss,
        by_elements(_multilabel),
        varied(_labelled, shape=((4, 3), (5,), (2, 3, 4)), weight=(DEFAULT, True), reduction=REDUCTIONS),
        layer=constructed(nn.MultiLabelSoftMarginLoss),
    ),
    Composition(
        F.poisson_nll_loss,
        by_elements(_poisson),
        varied(
            _counted,
            shape=((4, 3), (2, 3, 4), ()),
            log_input=(DEFAULT, True, False),
            full=(DEFAULT, True),
            eps=(DEFAULT, 0.2),
            reduction=REDUCTIONS,
        ),
        layer=constructed(nn.PoissonNLLLoss),
    ),
    Composition(
        F.gaussian_nll_loss,
        by_elements(_gaussian),
        varied(
            _varying,
            shape=((4, 3), (2, 3, 4), (5,)),
            var=("each", "one", "last", "none"),
            full=(DEFAULT, True),
            eps=(DEFAULT, 1e-3),
            reduction=REDUCTIONS,
        ),
        layer=constructed(nn.GaussianNLLLoss),
    ),
    Composition(
        F.gaussian_nll_loss,
        by_elements(_gaussian),
        uses(
            (
                (some(3, 2), some(3, 2, seed=1), np.array([[0.0, 1.0], [0.1, 0.3], [2.0, 0.2]])),
                {"eps": 0.25, "reduction": "none"},
            )
        ),
        gradients=_held_gaussian_gradients,
    ),
    Composition(
        F.pairwise_distance,
        distance,
        varied(
            lambda shapes, **params: sampled(*shapes, samples=normal, **params),
            shapes=(((4, 3), (4, 3)), ((2, 1, 3), (4, 3)), ((5,), (5,)), ((3,), (4, 3))),
            p=(DEFAULT, 1.0, 3.0, math.inf),
            eps=(DEFAULT, 0.3),
            keepdim=(DEFAULT, True),
        ),
        layer=constructed(nn.PairwiseDistance),
    ),
]
