"""NumPy's functions on tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph.edge import Edge
from ..graph.errors import DTypeError
from ..ops import (
    arithmetic,
    combined,
    comparison,
    exponential,
    linear_algebra,
    rounding,
    selection,
    special,
    trigonometry,
)

_OTHER_NAMES: dict[str, Callable[..., Any]] = {
    "absolute": arithmetic.abs,
    "arccos": trigonometry.acos,
    "arccosh": trigonometry.acosh,
    "arcsin": trigonometry.asin,
    "arcsinh": trigonometry.asinh,
    "arctan": trigonometry.atan,
    "arctan2": trigonometry.atan2,
    "arctanh": trigonometry.atanh,
    "degrees": combined.rad2deg,
    "fabs": arithmetic.abs,
    "invert": comparison.bitwise_invert,
    "left_shift": comparison.bitwise_left_shift,
    "power": exponential.pow,
    "radians": combined.deg2rad,
    "right_shift": comparison.bitwise_right_shift,
    "rint": rounding.round,
}
_ONE_NAME = """
    add subtract multiply divide floor_divide remainder fmod negative positive sign exp exp2 expm1 log log1p log2 log10
    sqrt square reciprocal hypot logaddexp logaddexp2 float_power sin cos tan sinh cosh tanh deg2rad rad2deg heaviside
    floor ceil trunc copysign nextafter signbit maximum minimum fmax fmin matmul vecdot isnan isinf isfinite
    equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor
"""
_MODULES = (
    arithmetic,
    comparison,
    exponential,
    linear_algebra,
    rounding,
    selection,
    special,
    trigonometry,
    combined,  # last, as its `equal` is for whole tensors
)
_FUNCTIONS = _OTHER_NAMES | {
    name: next(getattr(module, name) for module in _MODULES if hasattr(module, name)) for name in _ONE_NAME.split()
}
"""The functions here that mean what NumPy's elementwise functions mean, by NumPy's names."""

_REDUCTIONS = {
    **{name: f"{name}()" for name in ("sum", "mean", "prod", "std", "var", "max", "min", "amax", "amin", "any", "all")},
    "ptp": "",
}
"""The tensor's method for each of NumPy's functions that call their argument's own method; none for ptp."""


def elementwise(function: Any, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Applies one of NumPy's elementwise functions: returns a tensor, by the function of the same meaning here.

    For a function that isn't here, and where the result has a place, tensors are taken as the arrays that they hold.
    Raises GradientError then if gradients flow to one, and DTypeError if the place is a tensor.
    """
    here = _FUNCTIONS.get(function.__name__)
    if here is not None and method == "__call__" and not keywords:
        return here(*inputs)
    if any(isinstance(place, Edge) for place in keywords.get("out") or ()):
        raise DTypeError(f"np.{function.__name__} can't write into a tensor: use x.copy_(...) with its result")
    arrays = [np.asarray(x) if isinstance(x, Edge) else x for x in inputs]
    return getattr(function, method)(*arrays, **keywords)


def other(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Applies one of NumPy's other functions to the arrays of tensors.

    Raises DTypeError for its reductions, which would call the tensor's method of that name, that takes other
    arguments, and GradientError if gradients flow to a tensor.
    """
    name = function.__name__
    if name in _REDUCTIONS:
        method = f"x.{_REDUCTIONS[name]}" if _REDUCTIONS[name] else "x.max() - x.min()"
        raise DTypeError(
            f"np.{name} does not take tensors: use {method}, or np.{name}(x.numpy()) for an array, which has no "
            "gradient"
        )
    if name == "size" and len(arguments) == 1 and not keywords:
        return math.prod(arguments[0].shape)  # which NumPy takes for a number, where it is a method
    if name in ("array_equal", "array_equiv"):  # which take an error for a difference
        arguments = tuple(np.asarray(x) if isinstance(x, Edge) else x for x in arguments)
    return function._implementation(*arguments, **keywords)
