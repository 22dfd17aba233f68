"""Functions of each element that are composed of others, from their definitions."""

from __future__ import annotations

import math

import numpy as np

import edgewise as ew

from ..entries import Case, between, bools, integers, normal, positive, some
from .composition import Composition, sampled, uses

SHAPES = ((3, 4), (2, 3, 4), ())
PAIRS = (((3, 4), (4,)), ((2, 1, 4), (3, 1)), ((), (3,)), ((3, 2), (3, 2)))


def _unary(function, formula, sample=normal, still=()):
    return Composition(function, formula, [sampled(shape, samples=sample) for shape in SHAPES], still=still)


def _binary(function, formula, a=normal, b=None, **more):
    return Composition(function, formula, [sampled(*pair, samples=(a, b or a)) for pair in PAIRS], **more)


def _logic(function, formula):
    """Of numbers some of which are equal."""
    return Composition(function, formula, [sampled(*pair, samples=_few) for pair in PAIRS], still=(0, 1))


def _few(rng, shape):
    return np.asarray(rng.integers(0, 3, shape) + 0.5)


SPECIAL = np.array([1.0, -2.0, math.inf, -math.inf, math.nan, 0.0])


def _nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    ends = np.finfo(x.dtype)
    return np.nan_to_num(
        x, nan=nan, posinf=ends.max if posinf is None else posinf, neginf=ends.min if neginf is None else neginf
    )


COMPOSITIONS = [
    _unary(ew.exp2, np.exp2),
    _unary(ew.deg2rad, np.deg2rad),
    _unary(ew.rad2deg, np.rad2deg),
    _unary(ew.frac, lambda x: x - np.trunc(x), between),
    _unary(ew.positive, np.positive),
    _unary(ew.isposinf, np.isposinf, still=(0,)),
    _unary(ew.isneginf, np.isneginf, still=(0,)),
    Composition(ew.isposinf, np.isposinf, uses(((SPECIAL,), {})), still=(0,)),
    Composition(ew.isneginf, np.isneginf, uses(((SPECIAL,), {})), still=(0,)),
    Composition(
        ew.nan_to_num,
        _nan_to_num,
        uses(((SPECIAL,), {"posinf": 3.0, "neginf": -4.0}), ((SPECIAL,), {"nan": 5.0, "posinf": 3.0, "neginf": -4.0})),
        gradients=lambda g, x, **_: (np.where(np.isfinite(x), g, 0),),
    ),
    Composition(ew.bitwise_not, np.bitwise_not, [sampled((3, 2), samples=integers), sampled((3, 2), samples=bools)]),
    _binary(ew.true_divide, lambda a, b: a / b),
    _binary(ew.floor_divide, np.floor_divide, between, positive, still=(0, 1)),
    _binary(ew.logaddexp2, np.logaddexp2),
    _binary(ew.float_power, np.float_power, positive, normal, dtype="float64"),
    _binary(ew.clamp_min, np.maximum),
    _binary(ew.clamp_max, np.minimum),
    Composition(
        ew.heaviside,
        np.heaviside,
        uses(
            ((np.array([-1.0, 0.0, 2.0]), np.array([0.3, 0.4, 0.5])), {}),
            ((np.array([[0.0], [-1.0]]), np.array([0.3, 0.4, 0.5])), {}),
        ),
        still=(0,),
    ),
    _logic(ew.eq, np.equal),
    Composition(
        ew.isclose,
        np.isclose,
        uses(
            ((np.array([1.0, 1.0, math.nan, math.inf]), np.array([1.0 + 1e-6, 1.1, math.nan, math.inf])), {}),
            ((np.array([1.0, 10.0]), np.array([1.2, 11.5])), {"rtol": 0.1}),
            ((np.array([100.0, 10.0, -100.0]), np.array([101.5, 10.5, -101.5])), {"rtol": 0.02}),
            ((np.array([1.0, math.inf, math.inf, -math.inf]), np.array([math.inf, 1.0, -math.inf, math.nan])), {}),
            ((np.array([1.0, 10.0]), np.array([1.2, 11.5])), {"atol": 0.5}),
            ((np.array([math.nan, 1.0]), np.array([math.nan, math.nan])), {"equal_nan": True}),
        ),
        still=(0, 1),
    ),
    Composition(
        ew.lerp,
        lambda a, b, w: a + w * (b - a),
        [
            sampled((3, 4), (3, 4), (3, 4)),
            sampled((3, 4), (4,), ()),
            sampled((2, 1), (3,), (2, 3)),
            Case((some(3, 4), some(3, 4, seed=1), 0.3), {}),
        ],
    ),
    Composition(
        ew.addcmul,
        lambda x, a, b, value=1: x + value * a * b,
        [
            sampled((3, 4), (3, 4), (3, 4)),
            sampled((3, 4), (4,), (3, 1), value=-0.7),
            sampled((), (2, 1), (3,), value=2),
        ],
    ),
    Composition(
        ew.addcdiv,
        lambda x, a, b, value=1: x + value * a / b,
        [
            sampled((3, 4), (3, 4), (3, 4)),
            sampled((3, 4), (4,), (3, 1), value=-0.7),
            sampled((), (2, 1), (3,), value=2),
        ],
    ),
    Composition(
        ew.add, lambda a, b, alpha=1: a + alpha * b, [sampled((3, 4), (4,), alpha=0.3), sampled((), (2, 3), alpha=-2)]
    ),
    Composition(
        ew.sub, lambda a, b, alpha=1: a - alpha * b, [sampled((3, 4), (4,), alpha=0.3), sampled((), (2, 3), alpha=-2)]
    ),
    Composition(
        ew.div,
        lambda a, b, rounding_mode: {"floor": np.floor, "trunc": np.trunc}[rounding_mode](a / b),
        [sampled((3, 4), (4,), samples=between, rounding_mode=mode) for mode in ("floor", "trunc")],
        still=(0, 1),
    ),
    Composition(
        ew.round,
        lambda x, decimals: np.round(x, decimals),
        [sampled((3, 4), samples=normal, decimals=d) for d in (0, 1, 2)],
        still=(0,),
    ),
]
