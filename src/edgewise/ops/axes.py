"""Axes as people name them: ``dim`` or ``axis``, ``keepdim`` or ``keepdims``, from the front or from the back."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from ..graph.errors import DTypeError, IndexingError, ShapeError

Axis = int | Sequence[int] | None


def one_axis_argument(name: str, dim: Any, axis: Any) -> Any:
    """Returns the one of `dim` and `axis` that was given, or None. Raises TypeError if both were."""
    if axis is None:
        return dim
    if dim is not None:
        raise TypeError(f"{name}: dim={dim!r} and axis={axis!r} are two spellings of one argument: give one of them")
    return axis


def keeps_axes(name: str, keepdim: bool, keepdims: bool | None) -> bool:
    """Returns whether reduced axes stay with size 1. Raises TypeError if both spellings were given."""
    if keepdims is None:
        return keepdim
    if keepdim:
        raise TypeError(f"{name}: keepdim and keepdims are two spellings of one argument: give one of them")
    return keepdims


def one_axis(name: str, axis: Any, shape: Sequence[int]) -> int:
    """Returns an axis counted from the front. A 0-d tensor takes 0 and -1, as if it had one axis.

    Raises
    ------
    TypeError
        If it was not given, or is no integer.
    IndexingError
        If the shape has no such axis.
    """
    if axis is None:
        raise TypeError(f"{name}: needs the axis to work along, as in dim=-1")
    try:
        number = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: an axis must be an integer, not {axis!r}") from None
    ndim = max(len(shape), 1)
    if not -ndim <= number < ndim:
        raise IndexingError(
            f"{name}: axis {number} is out of range for shape {tuple(shape)}: it must be from {-ndim} to {ndim - 1}"
        )
    return number % ndim


def many_axes(name: str, axis: Axis, shape: Sequence[int]) -> tuple[int, ...]:
    """Returns axes counted from the front, in the order given; None means all, an empty tuple none.

    Raises
    ------
    TypeError, IndexingError
        As :func:`one_axis` does.
    ShapeError
        If an axis is named twice.
    """
    if axis is None:
        return tuple(range(len(shape)))
    if isinstance(axis, (tuple, list)):
        axes = tuple(one_axis(name, part, shape) for part in axis)
        if len(set(axes)) < len(axes):
            raise ShapeError(f"{name}: the axes {tuple(axis)} name one of shape {tuple(shape)} twice")
    else:
        axes = (one_axis(name, axis, shape),)
    return axes if len(shape) else ()


def sizes(name: str, given: tuple[Any, ...]) -> tuple[int, ...]:
    """Returns sizes written as ``f(2, 3)`` or as ``f((2, 3))``. Raises TypeError if one is no integer."""
    try:
        if len(given) == 1 and not hasattr(given[0], "__index__") and not isinstance(given[0], str):
            given = tuple(given[0])
        return tuple(operator.index(size) for size in given)
    except TypeError:
        written = given[0] if len(given) == 1 else given
        if isinstance(written, (str, type)) or hasattr(written, "itemsize"):
            raise DTypeError(
                f"{name}: sizes must be integers, not the dtype {str(written)!r}: x.to(dtype) casts; to read the same "
                "bytes otherwise, take the array, as in ew.from_numpy(x.numpy().view(dtype))"
            ) from None
        raise TypeError(f"{name}: sizes must be integers, not {written!r}") from None


def key_along(axis: int, part: Any) -> tuple[Any, ...]:
    """Returns the key that takes `part`, an integer, a slice or an array, along one axis."""
    return (*(slice(None),) * axis, part, ...)
