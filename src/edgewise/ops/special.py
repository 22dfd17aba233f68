"""Special functions: erfc, sinc, logit, x·log y, log-gamma and its derivatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arguments import whole
from ..graph.arrays import Array
from ..graph.edge import edge_of
from ..graph.operation import Operation
from ..graph.traits import Example
from .arithmetic import divide, multiply
from .elementwise import elementwise
from .erf_kernels import erfc as _erfc_values
from .exponential import logaddexp, pow
from .selection import clip

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


_erfc = elementwise(
    "erfc",
    lambda xp, x: _erfc_values(xp, x),
    lambda xp, g, y, x: g * (-2 / math.sqrt(math.pi) * xp.exp(-x * x)),
    floats=True,
    notation="complement of erf",
)


def erfc(x: TensorLike) -> Tensor:
    """Computes 1 - erf(x) of each element, exact where erf is close to 1."""
    return _erfc.apply(x)


def _sinc_by_series(xp: Any, x: Array, order: int) -> Array:
    """Returns the derivative's Taylor series Σ (-1)ᵏ π²ᵏ x²ᵏ⁻ⁿ / ((2k+1) (2k-n)!), by Horner's rule."""
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
    notation="cardinal sine",
    words={"y": "at 0, where the quotient is 0/0, its limit: of sin(πx)/(πx) it is 1"},
    example=Example((), order=0),
)


def sinc(x: TensorLike) -> Tensor:
    """Computes sin(πx) / (πx) of each element, 1 at 0."""
    return _sinc.apply(x, order=0)


_logit = elementwise(
    "logit",
    lambda xp, x: xp.log(x) - xp.log1p(-x),
    lambda xp, g, y, x: g / (x * (1 - x)),
    floats=True,
    singular=True,
)


def logit(x: TensorLike, eps: float | None = None) -> Tensor:
    """Computes log(x / (1 - x)) of each element, the inverse of the sigmoid; NaN outside of 0 to 1.

    With `eps`, elements are first held between eps and 1 - eps, beyond which no gradient flows.
    """
    return _logit.apply(x if eps is None else clip(x, eps, 1 - eps))


def _no_matter(a: Any, b: Any) -> Any:
    """Returns where a·log(b) is 0 by definition, though the logarithm may be infinite or NaN."""
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
    word="a log b",
)


def xlogy(a: TensorLike, b: TensorLike) -> Tensor:
    """Computes a·log(b), elementwise with broadcasting, and 0 where `a` is 0, whatever `b` is unless NaN.

    The derivatives at a = 0 are those of a·log(b) where b > 0, and 0 elsewhere.
    """
    return _xlogy(a, b)


def logaddexp2(a: TensorLike, b: TensorLike) -> Tensor:
    """Computes log2(2ᵃ + 2ᵇ), elementwise with broadcasting, without overflow."""
    return divide(logaddexp(multiply(a, math.log(2)), multiply(b, math.log(2))), math.log(2))


def float_power(a: TensorLike, exponent: TensorLike) -> Tensor:
    """Raises `a` to a power, elementwise with broadcasting, computed in float64."""
    base = a if isinstance(a, (int, float)) else edge_of(a).double()
    power = exponent if isinstance(exponent, (int, float)) else edge_of(exponent).double()
    return pow(base, power)


# M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 6.1.41, 6.3.18 and 6.4.11: asymptotic
# series for large x in the Bernoulli numbers B₂, B₄, ..., to which the recurrences lead from below; and 6.1.17 and
# 6.4.7, the reflections that lead from the left of 1/2 to its right.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def _right(xp: Any, x: Array) -> tuple[Array, Array]:
    """Returns where x < 1/2, and x, mirrored there to 1 - x; infinities and NaN become 1."""
    left = x < 0.5
    mirrored = xp.where(left, 1 - x, x)
    return left, xp.where(xp.isfinite(mirrored), mirrored, xp.ones_like(x))


def _angle(xp: Any, x: Array) -> Array:
    """Returns π times x less the whole number nearest to it: π·x up to a multiple of π, without loss for large x."""
    x = xp.where(xp.isfinite(x), x, xp.zeros_like(x))
    return math.pi * (x - xp.round(x))


def _lgamma_forward(xp: Any, x: Array) -> Array:
    dtype = x.dtype
    x = xp.astype(x, xp.float64)  # near its zeros at 1 and 2 the terms cancel
    left, z = _right(xp, x)
    product = xp.ones_like(z)
    for _ in range(8):
        small = z < 8
        product = xp.where(small, product * z, product)
        z = xp.where(small, z + 1, z)
    inverse = 1 / (z * z)
    series = xp.zeros_like(z)
    for k in range(7, 0, -1):
        series = series * inverse + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    value = (z - 0.5) * (xp.log(z) - 1) + (0.5 * math.log(2 * math.pi) - 0.5) + series / z - xp.log(product)
    mirrored = math.log(math.pi) - xp.log(xp.abs(xp.sin(_angle(xp, x)))) - value
    value = xp.where(xp.isinf(x), xp.abs(x), xp.where(xp.isnan(x), x, xp.where(left, mirrored, value)))
    return xp.astype(value, dtype)


def _cotangents(n: int) -> list[float]:
    """Returns the coefficients, lowest first, of the polynomial in cot(πx) that is the n-th derivative of π·cot(πx)."""
    polynomial = [0.0, math.pi]
    for _ in range(n):
        slopes = [k * c for k, c in enumerate(polynomial)][1:]
        polynomial = [0.0] * (len(slopes) + 2)
        for k, c in enumerate(slopes):
            polynomial[k] -= math.pi * c
            polynomial[k + 2] -= math.pi * c
    return polynomial


def _digamma_forward(xp: Any, x: Array, *, order: int) -> Array:
    n = order
    left, z = _right(xp, x)
    below = xp.zeros_like(z)  # Σ 1/zⁿ⁺¹ over the steps of the recurrence
    far = 10 + n
    for _ in range(far):
        small = z < far
        below = xp.where(small, below + z ** -(n + 1.0), below)
        z = xp.where(small, z + 1, z)
    inverse = 1 / (z * z)
    series = xp.zeros_like(z)
    for k in range(10, 0, -1):
        series = series * inverse + _BERNOULLI[k - 1] * (math.factorial(2 * k + n - 1) / math.factorial(2 * k))
    if n:
        rest = math.factorial(n - 1) + z**-1.0 * (math.factorial(n) / 2) + series * inverse
        value = (-1) ** (n + 1) * (math.factorial(n) * below + rest * z ** -float(n))
    else:
        value = xp.log(z) - 0.5 / z - series * inverse - below
    angle = _angle(xp, x)
    cotangent = xp.cos(angle) / xp.sin(angle)
    *lower, leading = _cotangents(n)
    bent = xp.full_like(z, leading)  # not 0, which times the infinite cotangent beside a pole is NaN
    for coefficient in reversed(lower):
        bent = bent * cotangent + coefficient
    value = xp.where(left, (-1) ** n * value - bent, value)
    # The poles at 0, -1, -2, ... have one sign on both sides for odd n; for even n only that at ±0 has one.
    nowhere = xp.asarray(math.nan, dtype=x.dtype)
    pole = xp.where(x == 0, -1 / x, nowhere) if n % 2 == 0 else xp.asarray(math.inf, dtype=x.dtype)
    value = xp.where((x <= 0) & (x == xp.floor(x)), pole, value)
    # At infinity ψ grows like log x, and its derivatives fall to 0.
    at_end = xp.where(x > 0, x if n == 0 else xp.zeros_like(x), nowhere)
    return xp.where(xp.isnan(x), x, xp.where(xp.isinf(x), at_end, value))


_digamma: Operation = elementwise(
    "digamma",
    _digamma_forward,
    lambda xp, g, y, x, *, order: g * _digamma.on(xp, x, order=order + 1),
    floats=True,
    singular=True,
    sign="ψ",
    example=Example((), order=0),
)
_lgamma = elementwise(
    "lgamma",
    _lgamma_forward,
    lambda xp, g, y, x: g * _digamma.on(xp, x, order=0),
    floats=True,
    singular=True,
    notation="log of gamma",
    word="log of gamma",
)


def lgamma(input: TensorLike) -> Tensor:
    """Computes log |Γ(x)| of each element: log((x - 1)!) for whole numbers. Infinite at 0, -1, -2, ..."""
    return _lgamma.apply(input)


def digamma(input: TensorLike) -> Tensor:
    """Computes ψ(x), the derivative of :func:`lgamma`, of each element."""
    return _digamma.apply(input, order=0)


def polygamma(n: int, input: TensorLike) -> Tensor:
    """Computes the `n`-th derivative of :func:`digamma`, of each element: :func:`digamma` itself for 0, trigamma for 1.

    Raises ArgumentError unless `n` is a whole number, 0 or more.
    """
    return _digamma.apply(input, order=whole("polygamma", "n", n, 0))
