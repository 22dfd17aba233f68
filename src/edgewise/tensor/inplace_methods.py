"""The in-place forms of methods: ``x.exp_()`` is ``x.exp()`` kept in `x`.

A function given to :func:`in_place` becomes a method that gives the tensor the function's result, in its own dtype, by
the rules of assignment. One given to :func:`reshaped` changes the shape and keeps the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from ..graph.arrays import describe, kind, namespace
from ..graph.errors import ArgumentError, InPlaceError
from ..graph.inplace import become_result, frozen_copy
from ..graph.modes import enable_grad, thread
from ..graph.views import move_place, place_like
from ..ops import (
    activations,
    arithmetic,
    combined,
    comparison,
    cumulative,
    exponential,
    gathering,
    linear_algebra,
    products,
    random,
    rounding,
    selection,
    shape,
    special,
    trigonometry,
)
from ..ops.random import Generator
from .inplace import InPlace

if TYPE_CHECKING:
    from .core import Tensor

P = ParamSpec("P")


def in_place(function: Callable[Concatenate[Any, P], Tensor]) -> Callable[Concatenate[Any, P], Tensor]:
    """Returns the method that gives a tensor the value ``function(tensor, ...)``, and returns it."""
    name = f"{function.__name__}_"

    def method(self: Any, /, *arguments: P.args, **params: P.kwargs) -> Tensor:
        return self._become(function, *arguments, **params)  # type: ignore[no-any-return]

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{(function.__doc__ or '').rstrip()}\n\nIn place: the tensor takes the result, and is returned."
    method.__wrapped__ = function  # type: ignore[attr-defined]
    asked = signature(function)
    if "inplace" in asked.parameters:
        kept = [parameter for name, parameter in asked.parameters.items() if name != "inplace"]
        method.__signature__ = asked.replace(parameters=kept)  # type: ignore[attr-defined]
    return method


def reshaped(function: Callable[Concatenate[Any, P], Tensor]) -> Callable[Concatenate[Any, P], Tensor]:
    """Returns a method that changes a tensor's shape in place and leaves its memory."""
    name = f"{function.__name__}_"

    def method(self: Any, /, *arguments: P.args, **params: P.kwargs) -> Tensor:
        if thread.modes.recording and self.requires_grad and self.operation is None:
            raise InPlaceError(
                f"{name}: a leaf that requires gradients, {describe(self.array)}, can't change its shape in place "
                "while operations are recorded: do it under ew.no_grad(), or make a new tensor"
            )
        before = frozen_copy(self)
        move_place(self, before)
        if self.operation is None:
            result = function(before, *arguments, **params)
            self.array = result.array
        else:
            # Also under no_grad, or a gradient of the new shape would arrive at what made the old one.
            with enable_grad():
                result = function(before, *arguments, **params)
            become_result(self, result, before)
        place_like(self, result)
        return self  # type: ignore[no-any-return]

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{(function.__doc__ or '').rstrip()}\n\nIn place: the tensor takes the shape, and is returned."
    method.__wrapped__ = function  # type: ignore[attr-defined]
    return method


class InPlaceMethods(InPlace):
    """Each method is the in-place form of the method of its name without the underscore."""

    __slots__ = ()

    # Arithmetic
    abs_ = absolute_ = in_place(arithmetic.abs)
    neg_ = negative_ = in_place(arithmetic.negative)
    sign_ = sgn_ = in_place(arithmetic.sign)
    multiply_ = in_place(arithmetic.multiply)
    subtract_ = in_place(combined.sub)
    divide_ = in_place(combined.div)
    true_divide_ = in_place(arithmetic.divide)
    floor_divide_ = in_place(arithmetic.floor_divide)
    remainder_ = in_place(arithmetic.remainder)
    fmod_ = in_place(arithmetic.fmod)
    lerp_ = in_place(combined.lerp)
    addcmul_ = in_place(combined.addcmul)
    addcdiv_ = in_place(combined.addcdiv)

    # Powers, exponentials and logarithms
    square_ = in_place(exponential.square)
    sqrt_ = in_place(exponential.sqrt)
    rsqrt_ = in_place(exponential.rsqrt)
    reciprocal_ = in_place(exponential.reciprocal)
    exp_ = in_place(exponential.exp)
    exp2_ = in_place(combined.exp2)
    expm1_ = in_place(exponential.expm1)
    log_ = in_place(exponential.log)
    log1p_ = in_place(exponential.log1p)
    log2_ = in_place(exponential.log2)
    log10_ = in_place(exponential.log10)
    hypot_ = in_place(exponential.hypot)
    erf_ = in_place(exponential.erf)
    erfc_ = in_place(special.erfc)
    sinc_ = in_place(special.sinc)
    logit_ = in_place(special.logit)
    xlogy_ = in_place(special.xlogy)
    float_power_ = in_place(special.float_power)
    lgamma_ = in_place(special.lgamma)
    digamma_ = in_place(special.digamma)

    # Trigonometry
    sin_ = in_place(trigonometry.sin)
    cos_ = in_place(trigonometry.cos)
    tan_ = in_place(trigonometry.tan)
    asin_ = arcsin_ = in_place(trigonometry.asin)
    acos_ = arccos_ = in_place(trigonometry.acos)
    atan_ = arctan_ = in_place(trigonometry.atan)
    atan2_ = arctan2_ = in_place(trigonometry.atan2)
    sinh_ = in_place(trigonometry.sinh)
    cosh_ = in_place(trigonometry.cosh)
    tanh_ = in_place(trigonometry.tanh)
    asinh_ = arcsinh_ = in_place(trigonometry.asinh)
    acosh_ = arccosh_ = in_place(trigonometry.acosh)
    atanh_ = arctanh_ = in_place(trigonometry.atanh)
    deg2rad_ = in_place(combined.deg2rad)
    rad2deg_ = in_place(combined.rad2deg)

    # Rounding, selection and activations
    floor_ = in_place(rounding.floor)
    ceil_ = in_place(rounding.ceil)
    round_ = in_place(rounding.round)
    trunc_ = fix_ = in_place(rounding.trunc)
    frac_ = in_place(combined.frac)
    clip_ = in_place(selection.clip)
    clamp_min_ = in_place(combined.clamp_min)
    clamp_max_ = in_place(combined.clamp_max)
    nan_to_num_ = in_place(combined.nan_to_num)
    heaviside_ = in_place(combined.heaviside)
    copysign_ = in_place(comparison.copysign)
    relu_ = in_place(activations.relu)
    sigmoid_ = in_place(activations.sigmoid)

    # Comparison and logic, as 0 and 1 in this tensor's dtype
    eq_ = in_place(comparison.equal)
    ne_ = not_equal_ = in_place(comparison.not_equal)
    lt_ = less_ = in_place(comparison.less)
    le_ = less_equal_ = in_place(comparison.less_equal)
    gt_ = greater_ = in_place(comparison.greater)
    ge_ = greater_equal_ = in_place(comparison.greater_equal)
    logical_and_ = in_place(comparison.logical_and)
    logical_or_ = in_place(comparison.logical_or)
    logical_xor_ = in_place(comparison.logical_xor)
    logical_not_ = in_place(comparison.logical_not)
    bitwise_and_ = in_place(comparison.bitwise_and)
    bitwise_or_ = in_place(comparison.bitwise_or)
    bitwise_xor_ = in_place(comparison.bitwise_xor)
    bitwise_not_ = in_place(comparison.bitwise_invert)

    # Along an axis, by index and by mask
    cumsum_ = in_place(cumulative.cumsum)
    cumprod_ = in_place(cumulative.cumprod)
    scatter_ = in_place(gathering.scatter)
    scatter_add_ = in_place(gathering.scatter_add)
    index_add_ = in_place(gathering.index_add)
    index_copy_ = in_place(gathering.index_copy)
    index_fill_ = in_place(gathering.index_fill)
    index_put_ = in_place(gathering.index_put)
    masked_fill_ = in_place(gathering.masked_fill)
    masked_scatter_ = in_place(gathering.masked_scatter)
    fill_diagonal_ = in_place(gathering.fill_diagonal)

    # Matrices
    tril_ = in_place(linear_algebra.tril)
    triu_ = in_place(linear_algebra.triu)
    addmm_ = in_place(linear_algebra.addmm)
    addmv_ = in_place(products.addmv)
    addr_ = in_place(products.addr)
    baddbmm_ = in_place(products.baddbmm)
    addbmm_ = in_place(products.addbmm)

    # Another shape of the same elements
    squeeze_ = reshaped(shape.squeeze)
    unsqueeze_ = reshaped(shape.unsqueeze)
    t_ = reshaped(shape.t)
    transpose_ = swapaxes_ = swapdims_ = reshaped(shape.transpose)

    # Random values

    def random_(self: Any, low: int = 0, high: int | None = None, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with integers drawn evenly from [low, high), in place; of one number, from [0, it).

        Without any the upper end is 2²⁴ for float32, 2⁵³ for float64, 2¹¹ for float16, and the largest integer.
        """
        if high is None and low:
            low, high = 0, low
        if high is None:
            xp = namespace(self.array)
            digits = {"float16": 11, "float32": 24, "float64": 53}.get(str(self.array.dtype).rpartition(".")[2])
            high = 2**digits if digits else 2 if kind(xp, self.array.dtype) == 0 else int(xp.iinfo(self.dtype).max)
        if not low < high:
            raise ArgumentError(f"random_: there is no integer from {low} up to, but without, {high}")
        drawn = random.source(generator).integers(low, high, tuple(self.array.shape))
        return self._write(drawn)  # type: ignore[no-any-return]

    def exponential_(self: Any, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with numbers drawn from an exponential distribution of mean 1 / `lambd`, in place."""
        if not lambd > 0:
            raise ArgumentError(f"exponential_: lambd must be > 0, not {lambd}")
        return self._write(random.source(generator).standard_exponential(tuple(self.array.shape)) / lambd)  # type: ignore[no-any-return]
