"""Elementwise functions that mean something else in the standard, and those of complex numbers, for real ones."""

from __future__ import annotations

from ..graph.arrays import is_float
from ..graph.edge import edge_of
from ..ops import arithmetic, selection
from ..ops.arithmetic import positive
from ..ops.comparison import isinf, not_equal
from ..ops.creation import zeros_like
from ..tensor import Tensor, TensorLike


def clip(x: TensorLike, /, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
    """Returns each element held between `min` and `max`, either of which may be left out, or both."""
    return arithmetic.positive(x) if min is None and max is None else selection.clip(x, min, max)


def floor_divide(x1: TensorLike, x2: TensorLike, /) -> Tensor:
    """Returns quotients rounded towards minus infinity. Where one of the two is infinite, it is the quotient itself.

    So ±infinity by a finite number is an infinity, and a finite number by ±infinity is 0 with the sign of the quotient.
    """
    quotient = arithmetic.floor_divide(x1, x2)
    if not is_float(quotient.array):
        return quotient
    a, b = edge_of(x1).detach(), edge_of(x2).detach()
    return selection.where(not_equal(isinf(a), isinf(b)), arithmetic.divide(a, b).to(quotient.dtype), quotient)


def conj(x: TensorLike, /) -> Tensor:
    """Returns the complex conjugates: of real numbers, themselves."""
    return positive(x)


def real(x: TensorLike, /) -> Tensor:
    """Returns the real parts: of real numbers, themselves."""
    return positive(x)


def imag(x: TensorLike, /) -> Tensor:
    """Returns the imaginary parts: of real numbers, zeros."""
    return zeros_like(x)
