"""Special points of operations, where no number is drawn: 0, 1, exact ties, bounds. The numbers are closed forms."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from edgewise.ops import (
    activations,
    arithmetic,
    exponential,
    losses,
    selection,
    special,
    thresholds,
    trigonometry,
)

INF, NAN = math.inf, math.nan


@dataclass
class At:
    """A point, the value there, its derivative for each input, and second derivatives by the two inputs' places.

    An input that is a whole number of Python's stays a number; others become tensors. A derivative of None is one that
    is not asked for.
    """

    inputs: tuple[Any, ...]
    value: float
    first: tuple[float | None, ...]
    second: dict[tuple[int, int], float] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


class Number(float):
    """An input that is no tensor."""


def _softplus(x: float, value: float, first: float, second: float, *, beta: float = 1.0) -> At:
    return At((x,), value, (first,), {(0, 0): second}, {"beta": beta, "threshold": 20.0})


_PHI = (1 + math.erf(1 / math.sqrt(2))) / 2
_BELL = math.exp(-0.5) / math.sqrt(2 * math.pi)
LN2, LN3 = math.log(2), math.log(3)

EDGES: dict[Any, list[At]] = {
    # a ** b: the slopes are b·a^(b-1) and a^b·ln a; at a = 0 the second is 0 for b ≥ 0.
    exponential._pow: [
        At((2.0, 1.0), 2.0, (1.0, 2 * LN2), {(0, 0): 0.0, (0, 1): 1 + LN2, (1, 0): 1 + LN2, (1, 1): 2 * LN2**2}),
        At((2.0, 0.0), 1.0, (0.0, LN2), {(0, 0): 0.0, (1, 0): 0.5, (1, 1): LN2**2}),
        At((3.0, 2.0), 9.0, (6.0, 9 * LN3), {(0, 0): 2.0, (0, 1): 3 + 6 * LN3, (1, 0): 3 + 6 * LN3}),
        At((1.0, 3.0), 1.0, (3.0, 0.0), {(0, 0): 6.0, (1, 1): 0.0, (1, 0): 1.0}),
        At((0.0, 2.0), 0.0, (0.0, 0.0), {(0, 0): 2.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 0.0}),
        At((0.0, 1.0), 0.0, (1.0, 0.0), {(0, 0): 0.0, (1, 1): 0.0}),
        At((0.0, 0.0), 1.0, (0.0, 0.0), {(0, 0): 0.0, (1, 1): 0.0, (0, 1): 0.0, (1, 0): 0.0}),
        At((0.0, 3.0), 0.0, (0.0, 0.0), {(0, 0): 0.0, (1, 1): 0.0}),
        At((0.0, -1.0), INF, (-INF, -INF)),
        At((-2.0, 3.0), -8.0, (12.0, NAN), {(0, 0): -12.0}),
        # A number as the exponent, or as the base.
        At((0.0, Number(2)), 0.0, (0.0, None), {(0, 0): 2.0}),
        At((0.0, Number(1)), 0.0, (1.0, None)),
        At((0.0, Number(0)), 1.0, (0.0, None)),
        At((2.0, Number(0)), 1.0, (0.0, None)),
        At((0.0, Number(0.5)), 0.0, (INF, None)),
        At((Number(0.5), 2.0), 0.25, (None, -0.25 * LN2), {(1, 1): 0.25 * LN2**2}),
        At((Number(0.5), -1.0), 2.0, (None, -2 * LN2), {(1, 1): 2 * LN2**2}),
        At((Number(1), 5.0), 1.0, (None, 0.0), {(1, 1): 0.0}),
        At((Number(0), 2.0), 0.0, (None, 0.0), {(1, 1): 0.0}),
        At((Number(0), 0.0), 1.0, (None, 0.0)),
        At((Number(0), -1.0), INF, (None, -INF)),
        At((Number(-2), 2.0), 4.0, (None, NAN)),
    ],
    exponential._hypot: [
        At((0.0, 2.0), 2.0, (0.0, 1.0), {(0, 0): 0.5, (1, 1): 0.0, (0, 1): 0.0, (1, 0): 0.0}),
        At((-2.0, 0.0), 2.0, (-1.0, 0.0), {(0, 0): 0.0, (1, 1): 0.5}),
        At((0.0, 0.0), 0.0, (0.0, 0.0)),
        At((3.0, 4.0), 5.0, (0.6, 0.8), {(0, 0): 16 / 125, (0, 1): -12 / 125, (1, 0): -12 / 125, (1, 1): 9 / 125}),
    ],
    special._xlogy: [
        At((0.0, 2.0), 0.0, (LN2, 0.0), {(0, 1): 0.5, (1, 0): 0.5, (1, 1): 0.0, (0, 0): 0.0}),
        At((3.0, 1.0), 0.0, (0.0, 3.0), {(0, 1): 1.0, (1, 1): -3.0}),
        At((2.0, 0.0), -INF, (-INF, INF)),
        At((0.0, 0.0), 0.0, (0.0, 0.0)),
        At((0.0, -1.0), 0.0, (0.0, 0.0)),
        At((0.0, INF), 0.0, (0.0, 0.0)),
        At((2.0, Number(3)), 2 * LN3, (LN3, None), {(0, 0): 0.0}),
        At((0.0, Number(0)), 0.0, (0.0, None)),
        At((Number(2), 4.0), 4 * LN2, (None, 0.5), {(1, 1): -0.125}),
    ],
    # At an exact tie the two share the gradient.
    selection._maximum: [At((1.5, 1.5), 1.5, (0.5, 0.5)), At((2.0, 1.0), 2.0, (1.0, 0.0))],
    selection._minimum: [At((1.5, 1.5), 1.5, (0.5, 0.5)), At((2.0, 1.0), 1.0, (0.0, 1.0))],
    selection._fmax: [
        At((1.5, 1.5), 1.5, (0.5, 0.5)),
        At((NAN, 1.0), 1.0, (0.0, 1.0)),
        At((1.0, NAN), 1.0, (1.0, 0.0)),
        At((1.0, 2.0), 2.0, (0.0, 1.0)),
    ],
    selection._fmin: [
        At((1.5, 1.5), 1.5, (0.5, 0.5)),
        At((NAN, 1.0), 1.0, (0.0, 1.0)),
        At((1.0, NAN), 1.0, (1.0, 0.0)),
        At((1.0, 2.0), 1.0, (1.0, 0.0)),
    ],
    # Between its bounds an element has the gradient, beyond one the bound has it, and on one nobody.
    selection._clip: [
        At((0.5, 0.0, 1.0), 0.5, (1.0, 0.0, 0.0)),
        At((-0.5, 0.0, 1.0), 0.0, (0.0, 1.0, 0.0)),
        At((1.5, 0.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
        At((0.5, 0.0, None), 0.5, (1.0, 0.0, None)),
        At((-0.5, 0.0, None), 0.0, (0.0, 1.0, None)),
        At((0.5, None, 1.0), 0.5, (1.0, None, 0.0)),
        At((1.5, None, 1.0), 1.0, (0.0, None, 1.0)),
        At((-0.5, Number(0), None), 0.0, (0.0, None, None)),
        At((0.0, Number(0), None), 0.0, (0.0, None, None)),
        At((1.0, None, Number(1)), 1.0, (0.0, None, None)),
        At((1.5, None, Number(1)), 1.0, (0.0, None, None)),
        # Where the bounds cross, the upper one is the value.
        At((0.5, 2.0, 1.0), 1.0, (0.0, 0.0, 1.0)),
    ],
    arithmetic._abs: [At((0.0,), 0.0, (0.0,)), At((-2.0,), 2.0, (-1.0,), {(0, 0): 0.0})],
    arithmetic._divide: [
        At((1.0, 1.0), 1.0, (1.0, -1.0), {(0, 0): 0.0, (0, 1): -1.0, (1, 0): -1.0, (1, 1): 2.0}),
        At((0.0, 2.0), 0.0, (0.5, 0.0), {(0, 1): -0.25, (1, 0): -0.25, (1, 1): 0.0}),
        At((1.0, INF), 0.0, (0.0, 0.0)),
    ],
    arithmetic._multiply: [At((0.0, 3.0), 0.0, (3.0, 0.0), {(0, 1): 1.0, (1, 0): 1.0, (0, 0): 0.0, (1, 1): 0.0})],
    exponential._sqrt: [At((0.0,), 0.0, (INF,)), At((1.0,), 1.0, (0.5,), {(0, 0): -0.25})],
    exponential._square: [At((0.0,), 0.0, (0.0,), {(0, 0): 2.0}), At((1.0,), 1.0, (2.0,), {(0, 0): 2.0})],
    exponential._reciprocal: [At((1.0,), 1.0, (-1.0,), {(0, 0): 2.0}), At((-1.0,), -1.0, (-1.0,), {(0, 0): -2.0})],
    exponential._rsqrt: [At((1.0,), 1.0, (-0.5,), {(0, 0): 0.75})],
    exponential._exp: [At((0.0,), 1.0, (1.0,), {(0, 0): 1.0}), At((-INF,), 0.0, (0.0,))],
    exponential._expm1: [At((0.0,), 0.0, (1.0,), {(0, 0): 1.0}), At((-INF,), -1.0, (0.0,))],
    exponential._log: [At((1.0,), 0.0, (1.0,), {(0, 0): -1.0}), At((0.0,), -INF, (INF,))],
    exponential._log1p: [At((0.0,), 0.0, (1.0,), {(0, 0): -1.0}), At((-1.0,), -INF, (INF,))],
    exponential._logaddexp: [
        At((0.0, 0.0), LN2, (0.5, 0.5), {(0, 0): 0.25, (0, 1): -0.25, (1, 0): -0.25, (1, 1): 0.25}),
        At((-INF, 1.0), 1.0, (0.0, 1.0)),
        At((1000.0, 0.0), 1000.0, (1.0, 0.0)),
    ],
    exponential._erf: [
        At((0.0,), 0.0, (2 / math.sqrt(math.pi),), {(0, 0): 0.0}),
        At((INF,), 1.0, (0.0,)),
        At((-INF,), -1.0, (0.0,)),
        At((5.0,), math.erf(5.0), (2 / math.sqrt(math.pi) * math.exp(-25),)),
    ],
    trigonometry._sin: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0})],
    trigonometry._cos: [At((0.0,), 1.0, (0.0,), {(0, 0): -1.0})],
    trigonometry._tan: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0})],
    trigonometry._atan2: [
        At((0.0, 1.0), 0.0, (1.0, 0.0), {(0, 1): -1.0, (1, 0): -1.0, (0, 0): 0.0, (1, 1): 0.0}),
        At((1.0, 0.0), math.pi / 2, (0.0, -1.0), {(0, 0): 0.0, (0, 1): 1.0, (1, 0): 1.0}),
        At((0.0, -1.0), math.pi, (-1.0, 0.0)),
    ],
    activations._softplus: [
        _softplus(0.0, LN2, 0.5, 0.25),
        _softplus(0.0, LN2 / 2, 0.5, 0.5, beta=2.0),
        _softplus(21.0, 21.0, 1.0, 0.0),
        _softplus(-1000.0, 0.0, 0.0, 0.0),
    ],
    activations._sigmoid: [
        At((0.0,), 0.5, (0.25,), {(0, 0): 0.0}),
        At((1000.0,), 1.0, (0.0,)),
        At((-1000.0,), 0.0, (0.0,)),
    ],
    activations._logsigmoid: [
        At((0.0,), -LN2, (0.5,), {(0, 0): -0.25}),
        At((1000.0,), 0.0, (0.0,)),
        At((-1000.0,), -1000.0, (1.0,)),
    ],
    activations._relu: [At((0.0,), 0.0, (0.0,)), At((1.0,), 1.0, (1.0,)), At((-1.0,), 0.0, (0.0,))],
    activations._leaky_relu: [
        At((0.0,), 0.0, (0.1,), params={"slope": 0.1}),
        At((0.0,), 0.0, (1.0,), params={"slope": 3.0}),
        At((-1.0,), -0.1, (0.1,), params={"slope": 0.1}),
    ],
    activations._elu: [
        At((0.0,), 0.0, (1.0,), params={"alpha": 1.0}),
        At((-LN2,), -0.5, (0.5,), {(0, 0): 0.5}, {"alpha": 1.0}),
        At((-LN2,), -1.0, (1.0,), {(0, 0): 1.0}, {"alpha": 2.0}),
    ],
    activations._gelu: [
        At((0.0,), 0.0, (0.5,), {(0, 0): 2 / math.sqrt(2 * math.pi)}),
        At((1.0,), _PHI, (_PHI + _BELL,), {(0, 0): _BELL}),
    ],
    activations._silu: [
        At((0.0,), 0.0, (0.5,), {(0, 0): 0.5}),
        At((-1000.0,), 0.0, (0.0,)),
        At((1000.0,), 1000.0, (1.0,)),
    ],
    activations._hardswish: [
        At((-3.0,), 0.0, (0.0,)),
        At((0.0,), 0.0, (0.5,), {(0, 0): 1 / 3}),
        At((3.0,), 3.0, (1.0,)),
        At((INF,), INF, (1.0,), {(0, 0): 0.0}),
        At((-INF,), NAN, (0.0,), {(0, 0): 0.0}),
    ],
    # At a threshold, an element counts as below it.
    thresholds._threshold: [
        At((1.0,), -7.0, (0.0,), params={"threshold": 1.0, "value": -7.0}),
        At((1.5,), 1.5, (1.0,), params={"threshold": 1.0, "value": -7.0}),
        At((NAN,), NAN, (0.0,), params={"threshold": 1.0, "value": -7.0}),
    ],
    thresholds._hardshrink: [
        At((0.5,), 0.0, (0.0,), params={"lambd": 0.5}),
        At((-0.5,), 0.0, (0.0,), params={"lambd": 0.5}),
        At((-0.6,), -0.6, (1.0,), params={"lambd": 0.5}),
    ],
    thresholds._softshrink: [
        At((0.5,), 0.0, (0.0,), params={"lambd": 0.5}),
        At((-0.5,), 0.0, (0.0,), params={"lambd": 0.5}),
        At((-1.5,), -1.0, (1.0,), params={"lambd": 0.5}),
        At((INF,), INF, (1.0,), params={"lambd": 0.5}),
    ],
    # What costs nothing, beside an infinite logit, stays nothing.
    losses._bce_with_logits: [
        At((INF, 1.0), 0.0, (0.0, -INF)),
        At((-INF, 0.0), 0.0, (0.0, INF)),
        At((INF, 0.0), INF, (1.0, -INF)),
        At((0.0, 1.0), LN2, (-0.5, 0.0), {(0, 0): 0.25, (0, 1): -1.0, (1, 0): -1.0}),
    ],
    losses._weighted_bce_with_logits: [
        At((INF, 1.0, 2.0), 0.0, (0.0, -INF, 0.0)),
        At((-INF, 0.0, 2.0), 0.0, (0.0, INF, 0.0)),
        At((-INF, 1.0, 0.0), 0.0, (0.0, 0.0, INF)),
        At((-INF, 1.0, 2.0), INF, (-2.0, INF, INF)),
        At((INF, 0.0, 2.0), INF, (1.0, -INF, 0.0)),
        At((0.0, 1.0, 3.0), 3 * LN2, (-1.5, 2 * LN2, LN2), {(0, 0): 0.75, (0, 2): -0.5, (2, 0): -0.5}),
        At((0.0, 0.0, 3.0), LN2, (0.5, 2 * LN2, 0.0), {(0, 0): 0.25, (1, 0): -2.0}),
    ],
    losses._huber: [
        At((2.0,), 2.0, (2.0,), params={"delta": 2.0}),
        At((-2.0,), 2.0, (-2.0,), params={"delta": 2.0}),
        At((3.0,), 4.0, (2.0,), {(0, 0): 0.0}, {"delta": 2.0}),
        At((1.0,), 0.5, (1.0,), {(0, 0): 1.0}, {"delta": 2.0}),
        At((INF,), INF, (2.0,), params={"delta": 2.0}),
    ],
    losses._xlogx: [At((0.0,), 0.0, (-INF,)), At((1.0,), 0.0, (1.0,), {(0, 0): 1.0})],
    activations._softsign: [At((1.0,), 0.5, (0.25,), {(0, 0): -0.25}), At((-1.0,), -0.5, (0.25,), {(0, 0): 0.25})],
    arithmetic._remainder: [
        At((7.5, 2.0), 1.5, (1.0, -3.0)),
        At((-7.5, 2.0), 0.5, (1.0, 4.0)),
        At((1.0, 1.0), 0.0, (1.0, -1.0)),
        At((1.0, 0.0), NAN, (1.0, None)),
    ],
    trigonometry._asin: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0}), At((1.0,), math.pi / 2, (INF,))],
    trigonometry._acos: [At((0.0,), math.pi / 2, (-1.0,), {(0, 0): 0.0}), At((1.0,), 0.0, (-INF,))],
    trigonometry._atan: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0}), At((1.0,), math.pi / 4, (0.5,), {(0, 0): -0.5})],
    trigonometry._sinh: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0})],
    trigonometry._cosh: [At((0.0,), 1.0, (0.0,), {(0, 0): 1.0})],
    trigonometry._asinh: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0})],
    trigonometry._acosh: [At((1.0,), 0.0, (INF,))],
    trigonometry._atanh: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0}), At((1.0,), INF, (INF,))],
    trigonometry._tanh: [At((0.0,), 0.0, (1.0,), {(0, 0): 0.0}), At((1000.0,), 1.0, (0.0,))],
}
