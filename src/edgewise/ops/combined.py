"""Elementwise functions made of others, and PyTorch's forms of some that take more than two tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..graph.arrays import is_float, kind, namespace, without_warnings
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError
from .arithmetic import abs, divide, floor_divide, multiply, subtract
from .arithmetic import add as plain_add
from .comparison import equal as equal_elements
from .comparison import greater, isfinite, isinf, isnan, less, less_equal, logical_and, logical_or, not_equal
from .composed import computed_in_single, scoped
from .exponential import pow
from .naming import broadcasts
from .reductions import all
from .rounding import trunc
from .selection import clip, where

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def add(a: TensorLike, b: TensorLike, *, alpha: float = 1) -> Tensor:
    """Computes ``a + alpha * b``, elementwise with broadcasting."""
    return plain_add(a, b if alpha == 1 else multiply(b, alpha))


def sub(a: TensorLike, b: TensorLike, *, alpha: float = 1) -> Tensor:
    """Computes ``a - alpha * b``, elementwise with broadcasting."""
    return subtract(a, b if alpha == 1 else multiply(b, alpha))


def div(a: TensorLike, b: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
    """Returns the quotient of two tensors, elementwise with broadcasting.

    It is exact, or with `rounding_mode` ``"floor"`` rounded down, with ``"trunc"`` rounded towards 0.
    """
    if rounding_mode is None:
        return divide(a, b)
    if rounding_mode == "floor":
        return floor_divide(a, b)
    if rounding_mode != "trunc":
        raise ArgumentError(f"div: rounding_mode is {rounding_mode!r}; it must be None, 'floor' or 'trunc'")
    if any(is_float(edge_of(part).array) for part in (a, b)):
        return trunc(divide(a, b))
    down = floor_divide(a, b)  # exact for all integers, as a division of floats is not
    rest = subtract(a, multiply(down, b))
    return plain_add(down, logical_and(not_equal(rest, 0), less(down, 0)))


def exp2(x: TensorLike) -> Tensor:
    """Computes 2 to the power of each element."""
    return pow(2.0, x)


def deg2rad(x: TensorLike) -> Tensor:
    """Converts angles in degrees to radians."""
    return multiply(x, math.pi / 180)


def rad2deg(x: TensorLike) -> Tensor:
    """Converts angles in radians to degrees."""
    return multiply(x, 180 / math.pi)


def frac(x: TensorLike) -> Tensor:
    """Returns each element without its whole part, with its sign."""
    return subtract(x, trunc(x))


@broadcasts("x", "min")
def clamp_min(x: TensorLike, min: TensorLike) -> Tensor:
    """Returns each element, or `min` where it is smaller."""
    return clip(x, min=min)


@broadcasts("x", "max")
def clamp_max(x: TensorLike, max: TensorLike) -> Tensor:
    """Returns each element, or `max` where it is larger."""
    return clip(x, max=max)


@scoped
@broadcasts("start", "end", "weight")
@computed_in_single
def lerp(start: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """Computes ``start + weight * (end - start)``: on the way from `start`, at weight 0, to `end`, at weight 1."""
    return plain_add(start, multiply(weight, subtract(end, start)))


@broadcasts("x", "values")
def heaviside(x: TensorLike, values: TensorLike) -> Tensor:
    """Returns 0 where `x` is negative, 1 where positive, `values` where it is 0. A gradient flows to `values` only."""
    x, values = edge_of(x), edge_of(values)
    return where(equal_elements(x, 0), values, greater(x, 0).to(x.dtype))


@scoped
@broadcasts("x", "a", "b")
@computed_in_single
def addcmul(x: TensorLike, a: TensorLike, b: TensorLike, *, value: float = 1) -> Tensor:
    """Computes ``x + value * a * b``."""
    return add(x, multiply(a, b), alpha=value)


@scoped
@broadcasts("x", "a", "b")
@computed_in_single
def addcdiv(x: TensorLike, a: TensorLike, b: TensorLike, *, value: float = 1) -> Tensor:
    """Computes ``x + value * a / b``."""
    return add(x, divide(a, b), alpha=value)


def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replaces NaN by a number, and infinities by others: by default the largest and smallest of the dtype.

    No gradient flows to what was replaced.
    """
    x = edge_of(x)
    if not is_float(x.array):
        return x
    limits = namespace(x.array).finfo(x.dtype)
    y = where(isnan(x), nan, x)
    y = where(logical_and(isinf(x), x > 0), float(limits.max) if posinf is None else posinf, y)
    return where(logical_and(isinf(x), x < 0), float(limits.min) if neginf is None else neginf, y)


def equal(a: TensorLike, b: TensorLike) -> bool:
    """Returns whether two tensors have the same shape and the same elements. Element by element it is :func:`eq`."""
    a, b = edge_of(a), edge_of(b)
    return tuple(a.shape) == tuple(b.shape) and bool(all(equal_elements(a, b)))


@broadcasts("a", "b")
def isclose(a: TensorLike, b: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Returns whether |a - b| ≤ atol + rtol |b|, elementwise with broadcasting.

    Equal infinities are close; NaN is close to NaN only with `equal_nan`.
    """
    a, b = edge_of(a).detach(), edge_of(b).detach()
    if kind(namespace(a.array), a.dtype) == 0 == kind(namespace(b.array), b.dtype):
        return equal_elements(a, b)
    with without_warnings(a.array):
        near = less_equal(abs(subtract(a, b)), plain_add(atol, multiply(rtol, abs(b))))
    near = logical_or(equal_elements(a, b), logical_and(near, logical_and(isfinite(a), isfinite(b))))
    return logical_or(near, logical_and(isnan(a), isnan(b))) if equal_nan else near


@broadcasts("a", "b")
def allclose(a: TensorLike, b: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Returns whether all elements of two tensors are close, as :func:`isclose` says."""
    return bool(all(isclose(a, b, rtol, atol, equal_nan)))
