"""Functions beyond the elementary ones: erfc, sinc, logit, x·log y, log-gamma's kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from ..graph.operation import Operation, edge_of
from ..graph.traits import Example
from .arithmetic import divide, multiply
from .elementwise import elementwise
from .exponential import logaddexp, pow
from .selection import clip
from .special import erfc as _erfc_values

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


_erfc = elementwise(
    "erfc",
    lambda xp, x: _erfc_values(xp, x),
    lambda xp, g, y, x: g * (-2 / math.sqrt(math.pi) * xp.exp(-x * x)),
    floats=True,
)


def erfc(x: TensorLike) -> Tensor:
    """1 - erf(x) of each element, exact where erf is close to 1."""
    return _erfc.apply(x)


def _sinc_by_series(xp: Any, x: Array, order: int) -> Array:
    """The derivative's Taylor series Σ (-1)ᵏ π²ᵏ x²ᵏ⁻ⁿ / ((2k+1) (2k-n)!), by Horner's rule."""
    first = -(-order // 2)
    terms = [
        (-1) ** k * math.pi ** (2 * k) / ((2 * k + 1) * math.factorial(2 * k - order))
        for k in range(first, first + 14 + order)
    ]
    value = xp.zeros_like(x)
    for term in reversed(terms):
        value = value * (x * x) + term
    return value * x if order % 2 else value


def _sinc_forward(xp: Any, x: Array, *, order: int) -> Array:
    # Differentiating x·sinc(x) = sin(πx)/π n times gives x·sinc⁽ⁿ⁾ + n·sinc⁽ⁿ⁻¹⁾ = πⁿ⁻¹ sin(πx + nπ/2), which
    # leads upwards from sinc itself where |πx| exceeds n. Below, the series has no quotient of small numbers.
    near = xp.abs(x) * math.pi <= order + 1
    away = xp.where(near, xp.ones_like(x), x)
    angle = math.pi * away
    waves = (xp.sin(angle), xp.cos(angle), -xp.sin(angle), -xp.cos(angle))
    value = waves[0] / angle
    for n in range(1, order + 1):
        value = (math.pi ** (n - 1) * waves[n % 4] - n * value) / away
    return xp.where(near, _sinc_by_series(xp, xp.where(near, x, xp.zeros_like(x)), order), value)


_sinc: Operation = elementwise(
    "sinc",
    _sinc_forward,
    lambda xp, g, y, x, *, order: g * _sinc.on(xp, x, order=order + 1),
    floats=True,
    singular=True,
    example=Example((), order=0),
)


def sinc(x: TensorLike) -> Tensor:
    """sin(πx) / (πx) of each element, 1 at 0."""
    return _sinc.apply(x, order=0)


_logit = elementwise(
    "logit",
    lambda xp, x: xp.log(x) - xp.log1p(-x),
    lambda xp, g, y, x: g / (x * (1 - x)),
    floats=True,
    singular=True,
)


def logit(x: TensorLike, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)) of each element, the inverse of the sigmoid; NaN outside of 0 to 1.

    With `eps`, elements are first held between eps and 1 - eps, beyond which no gradient flows.
    """
    return _logit.apply(x if eps is None else clip(x, eps, 1 - eps))


def _no_matter(a: Any, b: Any) -> Any:
    """Where a·log(b) is 0 by definition, though the logarithm may be infinite or NaN."""
    return (a == 0) & ((b <= 0) | (b == math.inf))


def _log_beside(xp: Any, a: Any, b: Any) -> Any:
    if hasattr(b, "dtype"):
        return xp.log(xp.where(_no_matter(a, b), xp.ones_like(b), b))
    size = math.nan if b < 0 or b != b else math.log(b) if b else -math.inf
    return xp.where(_no_matter(a, b), xp.zeros_like(a), xp.ones_like(a) * size)


def _xlogy_b(xp: Any, g: Array, y: Array, a: Any, b: Array) -> Array:
    return g * (a / xp.where((a == 0) & (b == 0), xp.ones_like(b), b))


_xlogy = elementwise(
    "xlogy",
    lambda xp, a, b: a * _log_beside(xp, a, b),
    lambda xp, g, y, a, b: g * _log_beside(xp, a, b),
    _xlogy_b,
    floats=True,
    singular=True,
)


def xlogy(a: TensorLike, b: TensorLike) -> Tensor:
    """a·log(b), elementwise with broadcasting, and 0 where `a` is 0, whatever `b` is unless NaN.

    The derivatives at a = 0 are those of a·log(b) where b > 0, and 0 elsewhere.
    """
    return _xlogy(a, b)


def logaddexp2(a: TensorLike, b: TensorLike) -> Tensor:
    """log2(2ᵃ + 2ᵇ), elementwise with broadcasting, without overflow."""
    return divide(logaddexp(multiply(a, math.log(2)), multiply(b, math.log(2))), math.log(2))


def float_power(a: TensorLike, exponent: TensorLike) -> Tensor:
    """`a` to a power, elementwise with broadcasting, computed in float64."""
    base = a if isinstance(a, (int, float)) else edge_of(a).double()
    power = exponent if isinstance(exponent, (int, float)) else edge_of(exponent).double()
    return pow(base, power)
