"""The standard's functions of complex numbers, for real ones: Edgewise has no others."""

from __future__ import annotations

from ..ops.arithmetic import positive
from ..ops.creation import zeros_like
from ..tensor import Tensor, TensorLike


def conj(x: TensorLike, /) -> Tensor:
    """Returns the complex conjugates: of real numbers, themselves."""
    return positive(x)


def real(x: TensorLike, /) -> Tensor:
    """Returns the real parts: of real numbers, themselves."""
    return positive(x)


def imag(x: TensorLike, /) -> Tensor:
    """Returns the imaginary parts: of real numbers, zeros."""
    return zeros_like(x)
