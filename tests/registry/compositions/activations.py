"""Activations and attention, from their definitions."""

from __future__ import annotations

import math

import numpy as np

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, normal, some
from .composition import DEFAULT, Composition, constructed, sampled, varied

SHAPES = ((3, 4), (2, 3, 4), ())


def _of_elements(function, formula, layer=None, sample=normal, **choices):
    cases = varied(lambda shape, **params: Case((3 * some(*shape, sample=sample),), params), shape=SHAPES, **choices)
    return Composition(function, formula, cases, layer=None if layer is None else constructed(layer))


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _softplus(x, beta=1.0, threshold=20.0):
    return np.where(x * beta > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def _erf(x):
    return np.vectorize(math.erf)(x)


def _gelu(x, approximate="none"):
    if approximate == "tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + _erf(x / math.sqrt(2)))


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def _celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1))


def _selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))


def _prelu(x, weight):
    slope = weight if weight.size == 1 else weight.reshape(-1, *(1,) * (x.ndim - 2))
    return np.where(x > 0, x, slope * x)


def _hardshrink(x, lambd=0.5):
    return np.where(np.abs(x) > lambd, x, 0)


def _softshrink(x, lambd=0.5):
    return np.where(np.abs(x) > lambd, x - np.sign(x) * lambd, 0)


def softmax(x, dim=None):
    return np.exp(x) / np.exp(x).sum(axis=dim, keepdims=True)


def _along(function, formula, layer):
    """A function along an axis, each of several."""
    cases = varied(lambda shape, dim: sampled(shape, dim=dim), shape=((3, 4), (2, 3, 4)), dim=(0, 1, -1, -2))
    return Composition(function, formula, cases, layer=constructed(layer))


def _glu(x, dim=-1):
    first, second = np.split(x, 2, axis=dim)
    return first * _sigmoid(second)


def _slopes(inputs, _):
    layer = nn.PReLU(inputs[1].shape[0])
    layer.weight = nn.Parameter(inputs[1])
    return layer(inputs[0])


def _attention(q, k, v, attn_mask=None, is_causal=False, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    if attn_mask is not None and attn_mask.dtype == bool:
        scores = np.where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    exponentials = np.exp(scores)
    sums = exponentials.sum(axis=-1, keepdims=True)
    return exponentials / np.where(sums == 0, 1, sums) @ v


def _attended(batch, mask=None, **params):
    q, k, v = (some(*batch, *shape, seed=i) for i, shape in enumerate(((4, 3), (5, 3), (5, 2))))
    allowed = some(4, 5, seed=7) > -0.5
    if mask == "bools":
        allowed[1] = False
        params["attn_mask"] = allowed
    elif mask == "numbers":
        params["attn_mask"] = some(4, 5, seed=8)
    elif mask == "infinite":
        params["attn_mask"] = np.where(allowed, 0.0, -np.inf)
    elif mask == "of each":
        params["attn_mask"] = some(*batch, 4, 5, seed=9)
    return Case((q, k, v), params)


def _gumbel(logits, tau, hard, dim):
    """A sample whose noise begins at the same seed."""
    ew.manual_seed(3)
    return F.gumbel_softmax(logits, tau, hard, dim)


_gumbel.of = F.gumbel_softmax


def _noise(shape, dim):
    ew.manual_seed(3)
    soft = F.gumbel_softmax(ew.zeros(*shape, dtype="float64"), dim=dim).log().numpy()
    return soft - soft.max(axis=dim, keepdims=True)


def _gumbel_reference(logits, tau, hard, dim):
    # The softmax of the noise alone determines the noise, up to a number along the axis that does not matter.
    soft = softmax((logits + _noise(logits.shape, dim)) / tau, dim)
    return (soft == soft.max(axis=dim, keepdims=True)).astype(float) if hard else soft


def _hard_gradients(g, logits, tau, dim, **_):
    """Those of the soft sample."""
    y = softmax((logits + _noise(logits.shape, dim)) / tau, dim)
    return (y * (g - (g * y).sum(axis=dim, keepdims=True)) / tau,)


COMPOSITIONS = [
    _of_elements(F.relu, lambda x: np.maximum(x, 0), nn.ReLU),
    _of_elements(F.relu6, lambda x: np.clip(x, 0, 6), nn.ReLU6),
    _of_elements(F.sigmoid, _sigmoid, nn.Sigmoid),
    _of_elements(F.logsigmoid, lambda x: np.log(_sigmoid(x)), nn.LogSigmoid),
    _of_elements(F.tanh, np.tanh, nn.Tanh),
    _of_elements(F.silu, lambda x: x * _sigmoid(x), nn.SiLU),
    _of_elements(F.mish, lambda x: x * np.tanh(_softplus(x)), nn.Mish),
    _of_elements(F.softsign, lambda x: x / (1 + np.abs(x)), nn.Softsign),
    _of_elements(F.selu, _selu, nn.SELU),
    _of_elements(F.elu, _elu, nn.ELU, alpha=(DEFAULT, 0.7)),
    _of_elements(F.celu, _celu, nn.CELU, alpha=(DEFAULT, 0.7)),
    _of_elements(F.gelu, _gelu, nn.GELU, approximate=(DEFAULT, "none", "tanh")),
    _of_elements(
        F.leaky_relu,
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        nn.LeakyReLU,
        negative_slope=(DEFAULT, 0.3),
    ),
    _of_elements(F.softplus, _softplus, nn.Softplus, beta=(DEFAULT, 2.0, 0.5), threshold=(DEFAULT, 3.0)),
    _of_elements(F.hardsigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1), nn.Hardsigmoid),
    _of_elements(F.hardswish, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), nn.Hardswish),
    _of_elements(
        F.hardtanh,
        lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
        nn.Hardtanh,
        min_val=(DEFAULT, -2.0),
        max_val=(DEFAULT, 1.5),
    ),
    _of_elements(F.hardshrink, _hardshrink, nn.Hardshrink, lambd=(DEFAULT, 0, 1.5)),
    _of_elements(F.softshrink, _softshrink, nn.Softshrink, lambd=(DEFAULT, 0, 1.5)),
    _of_elements(F.tanhshrink, lambda x: x - np.tanh(x), nn.Tanhshrink),
    _of_elements(
        F.threshold,
        lambda x, threshold, value: np.where(x > threshold, x, value),
        nn.Threshold,
        threshold=(0.4, -1.0),
        value=(7.0, -2.0),
    ),
    Composition(
        F.prelu,
        _prelu,
        [sampled((2, 3, 4), (3,)), sampled((2, 3), (1,)), sampled((5, 3), (3,)), sampled((4,), (1,))],
        layer=_slopes,
    ),
    _along(F.softmax, softmax, nn.Softmax),
    _along(F.softmin, lambda x, dim: softmax(-x, dim), nn.Softmin),
    _along(F.log_softmax, lambda x, dim: np.log(softmax(x, dim)), nn.LogSoftmax),
    Composition(
        nn.Softmax2d(),
        lambda x: softmax(x, -3),
        [sampled((2, 3, 4, 5)), sampled((3, 4, 5))],
    ),
    Composition(
        F.glu,
        _glu,
        varied(lambda shape, **params: sampled(shape, **params), shape=((4, 6), (2, 4, 8)), dim=(DEFAULT, 0, 1)),
        layer=constructed(nn.GLU),
    ),
    Composition(
        _gumbel,
        _gumbel_reference,
        [sampled((4, 3), tau=tau, hard=False, dim=dim) for tau, dim in ((1.0, -1), (0.5, 1), (2.0, 0))],
    ),
    Composition(
        _gumbel,
        _gumbel_reference,
        [sampled((4, 3), tau=tau, hard=True, dim=dim) for tau, dim in ((1.0, -1), (0.5, 1), (2.0, 0))],
        gradients=_hard_gradients,
    ),
    Composition(
        F.scaled_dot_product_attention,
        _attention,
        varied(
            _attended,
            lambda mask=None, is_causal=False, **_: mask is None or not is_causal,
            batch=((), (2,), (2, 3)),
            mask=(DEFAULT, "bools", "numbers", "infinite", "of each"),
            is_causal=(DEFAULT, True),
            scale=(DEFAULT, 0.3),
        ),
    ),
]
