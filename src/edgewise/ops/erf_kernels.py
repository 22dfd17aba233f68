"""Values of the error function and of gelu, which the Array API standard lacks, in its terms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..graph.arrays import Array, Namespace
from . import blocks

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), 631-637:
# erf(x) = x·P(x²)/Q(x²) for |x| ≤ 0.46875, erfc(x) = exp(-x²)·P(x)/Q(x) up to 4 and
# exp(-x²)/x·(1/√π - P(x⁻²)/Q(x⁻²)/x²) beyond. Highest powers first.
_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_LARGE = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242,
        1.87295284992346725,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)

# For float32, fitted to the least largest error: erf(x) = tanh(x·P(x²)) to 1e-7 relative, of x² up to 16, from where
# it is 1.
_ERF_FLOAT32 = (
    1.418528510981919e-7,
    -5.668486950387755e-6,
    8.763739932228813e-5,
    -6.197848576777528e-4,
    -1.9183056227528236e-4,
    0.1027690556821096,
    1.1283792743189587,
)

# With φ the normal density and Φ its distribution function, Φ(-t) = φ(t)/(t + b₁ + a₁/(t + b₂ + a₂/(t + b₃ + ...))).
# These a and b, the innermost first, were fitted for float32: the largest error is 1.8e-8·√Φ(-t).
_NORMAL_FLOAT32 = (
    (18.0266027805653, 1.6042789694319541),
    (-11.831891167312872, 3.7950623924745306),
    (1.2286429090983322, 2.30965932762771),
)
_NORMAL_OFFSET = -0.009091618928439666


def erf(xp: Any, x: Array) -> Array:
    """Computes the error function 2/√π ∫₀ˣ exp(-t²) dt to the precision of `x`'s floating-point dtype."""
    if blocks.available(xp, x):
        return blocks.in_blocks(xp, _erf_block, x, 1, 1)[0]
    size = xp.abs(x)
    one = xp.ones_like(x)
    small = x * _ratio(_SMALL, xp.where(size < 0.5, x * x, one))
    middle_at = xp.where(size < 4, size, one)
    middle = xp.exp(-middle_at * middle_at) * _ratio(_MIDDLE, middle_at)
    large_at = xp.where(size < 4, 4 * one, xp.where(size < 10, size, 10 * one))
    inverse = 1 / (large_at * large_at)
    large = xp.exp(-large_at * large_at) / large_at * (1 / math.sqrt(math.pi) - inverse * _ratio(_LARGE, inverse))
    beyond = xp.sign(x) * (1 - xp.where(size < 4, middle, large))
    return xp.where(size <= 0.46875, small, xp.where(xp.isnan(x), x, beyond))


def erfc(xp: Any, x: Array) -> Array:
    """Computes 1 - erf(x) to the precision of `x`'s dtype relative to the result, which falls towards 0."""
    size = xp.abs(x)
    small_at = xp.where(size <= 0.46875, x, xp.zeros_like(x))
    small = 1 - small_at * _ratio(_SMALL, small_at * small_at)
    middle = _ratio(_MIDDLE, xp.where(size < 4, size, xp.ones_like(x)))
    large_at = xp.where(size < 4, 4 * xp.ones_like(x), xp.where(size < 30, size, 30 * xp.ones_like(x)))
    inverse = 1 / (large_at * large_at)
    large = (1 / math.sqrt(math.pi) - inverse * _ratio(_LARGE, inverse)) / large_at
    # exp(-x²), with x² split in two so that its rounding does not show.
    held = xp.where(size < 30, size, 30 * xp.ones_like(x))
    rough = xp.floor(held * 16) / 16
    tail = xp.exp(-rough * rough) * xp.exp(-(held - rough) * (held + rough)) * xp.where(size < 4, middle, large)
    beyond = xp.where(x > 0, tail, 2 - tail)
    return xp.where(size <= 0.46875, small, xp.where(xp.isnan(x), x, beyond))


def erf_and_slope(xp: Namespace, x: Array) -> Sequence[Array]:
    """Computes erf(x) and its derivative, for arrays that :mod:`blocks` is for."""
    return blocks.in_blocks(xp, _erf_and_slope_block, x, 2, 0)


def gelu(xp: Namespace, x: Array) -> Array:
    """Computes x·Φ(x), for arrays that :mod:`blocks` is for."""
    return blocks.in_blocks(xp, _gelu_block, x, 1, 3)[0]


def gelu_and_slope(xp: Namespace, x: Array) -> Sequence[Array]:
    """Computes x·Φ(x) and its derivative, for arrays that :mod:`blocks` is for."""
    return blocks.in_blocks(xp, _gelu_and_slope_block, x, 2, 2)


def _erf_block(xp: Namespace, x: Array, y: Array, square: Array) -> None:
    xp.square(x, out=square)
    xp.minimum(square, 16, out=square)
    _horner(xp, square, _ERF_FLOAT32, y)
    y *= x
    xp.tanh(y, out=y)


def _erf_and_slope_block(xp: Namespace, x: Array, y: Array, slope: Array) -> None:
    _erf_block(xp, x, y, slope)
    xp.square(x, out=slope)
    xp.negative(slope, out=slope)
    xp.exp(slope, out=slope)
    slope *= blocks.constants(xp, (2 / math.sqrt(math.pi),))[0]


def _gelu_block(xp: Namespace, x: Array, y: Array, normal: Array, bell: Array, size: Array) -> None:
    """Writes x·Φ(x), and beside it Φ(x) and the normal density of x."""
    half, density, offset = blocks.constants(xp, (0.5, 1 / math.sqrt(2 * math.pi), _NORMAL_OFFSET))
    xp.abs(x, out=size)
    _fraction(xp, size, _NORMAL_FLOAT32, normal)
    normal += size
    normal += offset
    xp.square(x, out=bell)
    bell *= -half
    xp.exp(bell, out=bell)
    bell *= density
    xp.divide(bell, normal, out=normal)
    xp.greater(x, 0, out=y, casting="unsafe")
    normal -= y
    xp.abs(normal, out=normal)
    xp.multiply(x, normal, out=y)


def _gelu_and_slope_block(xp: Namespace, x: Array, y: Array, slope: Array, bell: Array, size: Array) -> None:
    _gelu_block(xp, x, y, slope, bell, size)
    bell *= x
    slope += bell


def _fraction(xp: Namespace, x: Array, levels: tuple[tuple[float, float], ...], value: Array) -> None:
    """Writes a continued fraction a₁/(x + b₁ + a₂/(x + b₂ + ...)) into `value`, its innermost (a, b) first.

    A division takes about as long as a multiplication, and a fraction needs fewer steps than a polynomial as exact.
    """
    for i, level in enumerate(levels):
        above, offset = blocks.constants(xp, level)
        if i:
            value += x
            value += offset
        else:
            xp.add(x, offset, out=value)
        xp.divide(above, value, out=value)


def _horner(xp: Namespace, x: Array, coefficients: tuple[float, ...], value: Array) -> None:
    """Writes a polynomial into `value`, its highest powers first."""
    first, *others = blocks.constants(xp, coefficients)
    xp.multiply(x, first, out=value)
    for coefficient in others[:-1]:
        value += coefficient
        value *= x
    value += others[-1]


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """Returns a quotient of two polynomials, by Horner's rule."""
    values = []
    for polynomial in coefficients:
        value: Any = polynomial[0]
        for coefficient in polynomial[1:]:
            value = value * x + coefficient
        values.append(value)
    return values[0] / values[1]
