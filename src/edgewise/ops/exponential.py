"""Powers, exponentials, logarithms and the error function."""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, kind
from ..graph.errors import ArgumentError
from .blocks import with_slope
from .elementwise import elementwise, run_without_warnings
from .erf_kernels import erf as _erf_values
from .erf_kernels import erf_and_slope

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _pow_base(xp: Any, g: Array, y: Array, a: Array, b: Any) -> Array:
    if isinstance(b, (int, float)):
        return xp.zeros_like(g) if b == 0 else g * (b * a ** (b - 1))
    return g * xp.where(b == 0, xp.zeros_like(y), b * a ** xp.where(b == 0, xp.ones_like(b), b - 1))


def _pow_exponent(xp: Any, g: Array, y: Array, a: Any, b: Array) -> Array:
    if isinstance(a, (int, float)):
        if a == 0:
            # Without y, whose own derivative would bring 0 · ∞ into the second one.
            return g * xp.where(b < 0, xp.full_like(y, -math.inf), xp.minimum(b, 1) * 0)
        return g * (y * (math.log(a) if a > 0 else math.nan))
    at_zero = (a == 0) & (b >= 0)
    return g * xp.where(at_zero, xp.zeros_like(y), y * xp.log(xp.where(at_zero, xp.ones_like(a), a)))


def _power(xp: Any, a: Array, b: Any) -> Array:
    try:
        return a**b
    except ValueError:
        numbers = [part for part in (a, b) if hasattr(part, "dtype")]
        if any(kind(xp, part.dtype) == 2 for part in numbers) or not (b < 0 if isinstance(b, int) else xp.any(b < 0)):
            raise
        raise ArgumentError(
            "pow: an integer to the power of a negative one is no integer: use floats, as in x.float() ** -1"
        ) from None


_pow = elementwise("pow", _power, _pow_base, _pow_exponent, singular=True, wide=True)


def pow(a: TensorLike, b: TensorLike) -> Tensor:
    """Raises `a` to the power `b`, elementwise with broadcasting. At a = 0 the derivative for `b` ≥ 0 is 0."""
    return _pow.apply(a, b)


def _square_without_warnings(xp: Any, x: Array) -> Array:
    if kind(xp, x.dtype) == 0:
        return xp.astype(x, xp.int64)
    try:
        return x * x
    except RuntimeWarning:
        return run_without_warnings(mul, x, x)


_square = elementwise("square", _square_without_warnings, lambda xp, g, y, x: g * (2 * x))


def square(x: TensorLike) -> Tensor:
    """Returns the square of each element, of bools as int64."""
    return _square.apply(x)


_sqrt = elementwise("sqrt", lambda xp, x: xp.sqrt(x), lambda xp, g, y, x: g / (2 * y), floats=True, singular=True)


def sqrt(x: TensorLike) -> Tensor:
    """Returns the square root of each element. The derivative at 0 is infinite."""
    return _sqrt.apply(x)


_rsqrt = elementwise(
    "rsqrt",
    lambda xp, x: 1 / xp.sqrt(x),
    lambda xp, g, y, x: g * (-0.5 * y * y * y),
    floats=True,
    singular=True,
)


def rsqrt(x: TensorLike) -> Tensor:
    """Computes 1/√x of each element."""
    return _rsqrt.apply(x)


_reciprocal = elementwise("reciprocal", lambda xp, x: 1 / x, lambda xp, g, y, x: -g * y * y, floats=True, singular=True)


def reciprocal(x: TensorLike) -> Tensor:
    """Computes 1/x of each element."""
    return _reciprocal.apply(x)


_exp = elementwise(
    "exp", lambda xp, x: xp.exp(x), lambda xp, g, y, x: g * y, floats=True, singular=True, kind="activation"
)


def exp(x: TensorLike) -> Tensor:
    """Returns the exponential of each element."""
    return _exp.apply(x)


_expm1 = elementwise(
    "expm1",
    lambda xp, x: xp.expm1(x),
    lambda xp, g, y, x: g * (y + 1),
    floats=True,
    singular=True,
    word="exp less one",
)


def expm1(x: TensorLike) -> Tensor:
    """Computes exp(x) - 1 of each element, exact near 0."""
    return _expm1.apply(x)


_log = elementwise("log", lambda xp, x: xp.log(x), lambda xp, g, y, x: g / x, floats=True, singular=True)


def log(x: TensorLike) -> Tensor:
    """Returns the natural logarithm of each element."""
    return _log.apply(x)


_log1p = elementwise(
    "log1p",
    lambda xp, x: xp.log1p(x),
    lambda xp, g, y, x: g / (1 + x),
    floats=True,
    singular=True,
    word="log plus one",
)


def log1p(x: TensorLike) -> Tensor:
    """Computes log(1 + x) of each element, exact near 0."""
    return _log1p.apply(x)


_log2 = elementwise(
    "log2",
    lambda xp, x: xp.log2(x),
    lambda xp, g, y, x: g / (x * math.log(2)),
    floats=True,
    singular=True,
    word="binary log",
)


def log2(x: TensorLike) -> Tensor:
    """Returns the logarithm to base 2 of each element."""
    return _log2.apply(x)


_log10 = elementwise(
    "log10",
    lambda xp, x: xp.log10(x),
    lambda xp, g, y, x: g / (x * math.log(10)),
    floats=True,
    singular=True,
    word="decimal log",
)


def log10(x: TensorLike) -> Tensor:
    """Returns the logarithm to base 10 of each element."""
    return _log10.apply(x)


def _share(xp: Any, a: Any, b: Any, y: Array) -> Array:
    """Returns the softmax weight of `a` beside `b`, which written with y can't overflow.

    Of infinities, where a - y would be inf - inf, equal ones share; so do numbers too large for y to be more.
    """
    distance = xp.where(a == y, xp.zeros_like(y), a - y)
    return xp.exp(xp.where((a == y) & (b == y), xp.full_like(y, -math.log(2)), distance))


_logaddexp = elementwise(
    "logaddexp",
    lambda xp, a, b: xp.logaddexp(a, b),
    lambda xp, g, y, a, b: g * _share(xp, a, b, y),
    lambda xp, g, y, a, b: g * _share(xp, b, a, y),
    floats=True,
    singular=True,
)


def logaddexp(a: TensorLike, b: TensorLike) -> Tensor:
    """Computes log(exp(a) + exp(b)), elementwise with broadcasting, without overflow."""
    return _logaddexp.apply(a, b)


_hypot = elementwise(
    "hypot",
    lambda xp, a, b: xp.hypot(a, b),
    lambda xp, g, y, a, b: g * a / xp.where(y == 0, xp.ones_like(y), y),
    lambda xp, g, y, a, b: g * b / xp.where(y == 0, xp.ones_like(y), y),
    floats=True,
    singular=True,
)


def hypot(a: TensorLike, b: TensorLike) -> Tensor:
    """Computes √(a² + b²), elementwise with broadcasting. The derivative at (0, 0) is 0."""
    return _hypot.apply(a, b)


_erf = elementwise(
    "erf",
    lambda xp, x: _erf_values(xp, x),
    lambda xp, g, y, x: g * (2 / math.sqrt(math.pi) * xp.exp(-x * x)),
    floats=True,
    singular=True,
    kind="activation",
    fused=with_slope(erf_and_slope),
)


def erf(x: TensorLike) -> Tensor:
    """Computes the error function 2/√π ∫₀ˣ exp(-t²) dt of each element."""
    return _erf.apply(x)
