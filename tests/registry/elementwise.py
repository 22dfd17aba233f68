"""Elementwise operations."""

from __future__ import annotations

import math

import numpy as np

from edgewise.graph import identity
from edgewise.ops import (
    activations,
    arithmetic,
    comparison,
    dropout,
    exponential,
    losses,
    rounding,
    selection,
    shape,
    special,
    thresholds,
    trigonometry,
)

from .entries import (
    Case,
    Entry,
    above_one,
    between,
    binary,
    bools,
    chance,
    distinct,
    explicit,
    integers,
    normal,
    positive,
    some,
    unary,
    unit,
)

_erf = np.vectorize(math.erf, otypes=[float])
_erfc = np.vectorize(math.erfc, otypes=[float])


def far(rng, shape):
    """Numbers on both sides of -3 and 3, none of them near."""
    return rng.choice([-5.0, -2.0, 0.5, 2.0, 4.0], shape) + rng.uniform(-0.5, 0.5, shape)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _threshold(x, *, threshold, value):
    return np.where(x > threshold, x, value)


def _softplus(x, *, beta, threshold):
    return np.where(beta * x > threshold, x, np.log1p(np.exp(beta * x)) / beta)


def _elu(x, *, alpha):
    return np.where(x > 0, x, alpha * np.expm1(x))


def _huber(d, *, delta):
    return np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2))


def _clip(x, low, high):
    return np.minimum(np.maximum(x, -np.inf if low is None else low), np.inf if high is None else high)


def _bce(p, t):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def _bce_with_logits(z, t):
    return _bce(_sigmoid(z), t)


def _gelu_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _safe_log(x):
    return np.log(np.where(x == 0, 1, x))


def _digamma(x, *, order):
    """Its series, with what follows the first terms as an integral."""
    last = 20000
    terms = np.add.outer(np.arange(last), x)
    if order == 0:
        return np.log(x + last - 0.5) - (1 / terms).sum(axis=0)
    total = (terms ** -(order + 1.0)).sum(axis=0) + (x + last - 0.5) ** -float(order) / order
    return (-1) ** (order + 1) * math.factorial(order) * total


ENTRIES = {
    # Arithmetic.
    arithmetic._add: binary(np.add),
    arithmetic._subtract: binary(np.subtract),
    arithmetic._multiply: binary(np.multiply),
    arithmetic._divide: binary(np.divide),
    arithmetic._negative: unary(np.negative),
    arithmetic._abs: unary(np.abs),
    arithmetic._sign: unary(np.sign),
    arithmetic._floor_divide: binary(lambda a, b: np.floor(a / b)),
    arithmetic._remainder: binary(lambda a, b: a - b * np.floor(a / b), between, positive),
    arithmetic._fmod: Entry(
        np.fmod,
        [
            *binary(np.fmod, between, positive).cases,
            Case((some(2, 3, sample=between), 0.47)),
            Case((2.5, np.array([0.4, 0.7, -0.9]))),
        ],
    ),
    # Powers, exponentials, logarithms.
    exponential._pow: Entry(
        np.power,
        [
            *binary(np.power, positive, normal).cases,
            *(Case((some(2, 3), n)) for n in (2, 3, 0, 1, -1)),
            Case((some(2, 3, sample=positive), 0.5)),
            Case((2.5, some(2, 3))),
        ],
    ),
    exponential._square: unary(np.square),
    exponential._sqrt: unary(np.sqrt, positive),
    exponential._rsqrt: unary(lambda x: x**-0.5, positive),
    exponential._reciprocal: unary(lambda x: x**-1.0),
    exponential._exp: unary(np.exp),
    exponential._expm1: unary(np.expm1),
    exponential._log: unary(np.log, positive),
    exponential._log1p: unary(np.log1p, positive),
    exponential._log2: unary(np.log2, positive),
    exponential._log10: unary(np.log10, positive),
    exponential._logaddexp: binary(lambda a, b: np.log(np.exp(a) + np.exp(b))),
    exponential._hypot: binary(lambda a, b: np.sqrt(a * a + b * b)),
    exponential._erf: unary(_erf),
    special._erfc: unary(_erfc),
    special._lgamma: unary(np.vectorize(math.lgamma, otypes=[float]), positive),
    special._digamma: Entry(
        _digamma,
        [Case((some(*s, sample=positive),), {"order": n}) for n in (0, 1, 2) for s in ((), (1,), (2, 3), (0, 2))],
    ),
    special._logit: unary(lambda x: np.log(x / (1 - x)), chance),
    special._xlogy: binary(lambda a, b: a * np.log(b), normal, positive),
    special._sinc: unary(lambda x, *, order: np.sinc(x) if order == 0 else None, normal, order=0),
    # Trigonometry.
    trigonometry._sin: unary(np.sin),
    trigonometry._cos: unary(np.cos),
    trigonometry._tan: unary(np.tan, unit),
    trigonometry._asin: unary(np.arcsin, unit),
    trigonometry._acos: unary(np.arccos, unit),
    trigonometry._atan: unary(np.arctan),
    trigonometry._atan2: binary(np.arctan2),
    trigonometry._sinh: unary(np.sinh),
    trigonometry._cosh: unary(np.cosh),
    trigonometry._tanh: unary(np.tanh),
    trigonometry._asinh: unary(np.arcsinh),
    trigonometry._acosh: unary(np.arccosh, above_one),
    trigonometry._atanh: unary(np.arctanh, unit),
    # Rounding.
    rounding._floor: unary(np.floor, between),
    rounding._ceil: unary(np.ceil, between),
    rounding._round: unary(np.round, between),
    rounding._trunc: unary(np.trunc, between),
    rounding._nextafter: binary(np.nextafter),
    # Selection.
    selection._maximum: binary(np.maximum),
    selection._minimum: binary(np.minimum),
    selection._fmax: binary(np.fmax),
    selection._fmin: binary(np.fmin),
    selection._clip: explicit(
        _clip,
        ((some(2, 3), -0.5, 0.6), {}),
        ((some(2, 3), None, 0.6), {}),
        ((some(2, 3), -0.5, None), {}),
        ((some(2, 3), some(3, seed=1) - 1.5, some(2, 1, seed=2) + 1.5), {}),
        ((some(), -0.05, 0.05), {}),
        ((some(0, 3), -0.5, 0.6), {}),
    ),
    selection._where: explicit(
        np.where,
        ((some(2, 3, sample=bools), some(2, 3), some(2, 3, seed=1)), {}),
        ((some(2, 3, sample=bools), some(3), some(2, 1)), {}),
        ((some(3, sample=bools), some(2, 3), 0.5), {}),
        ((some(sample=bools), some(), some(seed=1)), {}),
        ((some(0, 3, sample=bools), some(0, 3), some(3)), {}),
    ),
    # Comparison and logic.
    comparison._equal: binary(np.equal, integers),
    comparison._not_equal: binary(np.not_equal, integers),
    comparison._less: binary(np.less, integers),
    comparison._less_equal: binary(np.less_equal, integers),
    comparison._greater: binary(np.greater, integers),
    comparison._greater_equal: binary(np.greater_equal, integers),
    comparison._logical_and: binary(np.logical_and, bools),
    comparison._logical_or: binary(np.logical_or, bools),
    comparison._logical_xor: binary(np.logical_xor, bools),
    comparison._logical_not: unary(np.logical_not, bools),
    comparison._bitwise_and: binary(np.bitwise_and, integers),
    comparison._bitwise_or: binary(np.bitwise_or, integers),
    comparison._bitwise_xor: binary(np.bitwise_xor, integers),
    comparison._bitwise_invert: unary(np.invert, integers),
    comparison._bitwise_left_shift: binary(np.left_shift, integers),
    comparison._bitwise_right_shift: binary(np.right_shift, integers),
    comparison._isnan: explicit(np.isnan, ((np.array([1.0, np.nan, np.inf]),), {})),
    comparison._isinf: explicit(np.isinf, ((np.array([1.0, np.nan, -np.inf]),), {})),
    comparison._isfinite: explicit(np.isfinite, ((np.array([1.0, np.nan, np.inf]),), {})),
    comparison._signbit: explicit(np.signbit, ((np.array([1.0, -0.0, 0.0, -2.0]),), {})),
    comparison._copysign: binary(np.copysign),
    # Activations.
    activations._relu: unary(lambda x: np.where(x > 0, x, 0)),
    activations._leaky_relu: unary(lambda x, *, slope: np.where(x > 0, x, slope * x), slope=0.1),
    activations._prelu: binary(lambda x, w: np.where(x > 0, x, w * x)),
    activations._elu: unary(_elu, alpha=1.3),
    activations._gelu: unary(lambda x: x / 2 * (1 + _erf(x / math.sqrt(2)))),
    activations._gelu_tanh: unary(_gelu_tanh),
    activations._sigmoid: unary(_sigmoid),
    activations._logsigmoid: unary(lambda x: np.log(_sigmoid(x))),
    thresholds._threshold: unary(
        lambda x, *, threshold, value: np.where(x > threshold, x, value), threshold=0.2, value=-1.5
    ),
    thresholds._hardshrink: unary(lambda x, *, lambd: np.where(np.abs(x) > lambd, x, 0), lambd=0.5),
    thresholds._softshrink: unary(lambda x, *, lambd: np.sign(x) * np.maximum(np.abs(x) - lambd, 0), lambd=0.5),
    activations._softplus: unary(_softplus, beta=1.5, threshold=20.0),
    activations._silu: unary(lambda x: x * _sigmoid(x)),
    activations._hardswish: unary(lambda x: x * np.clip(x / 6 + 0.5, 0, 1), far),
    activations._softsign: unary(lambda x: x / (1 + np.abs(x))),
    # Losses, element by element.
    losses._huber: unary(_huber, distinct, delta=1.0),
    losses._bce: binary(_bce, chance),
    losses._bce_with_logits: binary(_bce_with_logits, normal, chance),
    losses._weighted_bce_with_logits: explicit(
        lambda z, t, w: -(w * t * np.log(_sigmoid(z)) + (1 - t) * np.log(1 - _sigmoid(z))),
        ((some(2, 3), some(2, 3, sample=chance, seed=1), some(3, sample=positive, seed=2)), {}),
        ((some(2, 3), some(2, 3, sample=chance, seed=1), some(sample=positive, seed=2)), {}),
        ((some(), some(sample=chance, seed=1), some(sample=positive, seed=2)), {}),
    ),
    losses._xlogx: unary(lambda t: t * np.log(t), positive),
    dropout._dropout: explicit(np.multiply, ((some(2, 3), some(2, 3, seed=1)), {}), ((some(2, 3), some(2, 1)), {})),
    # As it is, or nearly.
    shape._cast: explicit(lambda x, *, dtype: x.astype(dtype), ((some(2, 3),), {"dtype": np.dtype("float64")})),
    shape._clone: unary(np.array),
    shape._detach: unary(np.asarray),
    identity.clone_op: unary(np.array),
    identity.alias_op: unary(np.array),
    identity.without_slope: explicit(lambda value, _: np.array(value), ((some(2, 3), some(4, seed=1)), {})),
}
