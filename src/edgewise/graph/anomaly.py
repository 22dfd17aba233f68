"""Anomaly detection: finds the operation that made the first NaN or infinity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .arrays import Array, describe, is_float, namespace
from .errors import AnomalyError
from .source import user_line, where

if TYPE_CHECKING:
    from .edge import Edge
    from .operation import Operation


def check_result(operation: Operation, arrays: Sequence[Any], output: Array) -> None:
    """Raises AnomalyError if a forward made a NaN, or an infinity out of finite inputs."""
    fault = _first_fault(output, arrays)
    if fault is None:
        return
    index, value = fault
    raise AnomalyError(
        f"{operation.name}: the result {_holds(value, index, output)}; "
        f"{_values(operation, arrays, index, output)}; at {user_line()}{_already(operation, arrays)}"
    )


def check_gradient(node: Edge, i: int, incoming: Array, gradient: Array) -> None:
    """Raises AnomalyError if a derivative made a NaN, or an infinity out of a finite incoming gradient."""
    fault = _first_fault(gradient, [incoming])
    if fault is None:
        return
    index, value = fault
    operation = node.operation
    finite = "finite" if _first_fault(node.array, []) is None else "not finite either"
    raise AnomalyError(
        f"{operation.name}: the gradient of {operation.input_name(i)} {_holds(value, index, gradient)}; "
        f"incoming gradient {_at(incoming, index, gradient)}, "
        f"{_values(operation, list(node.arrays), index, gradient)}; the forward's result was {finite}; {where(node)}"
    )


def _first_fault(array: Array, causes: Sequence[Any]) -> tuple[tuple[int, ...], float] | None:
    """Returns index and value of the first NaN, or of the first infinity unless a cause already holds one."""
    if not hasattr(array, "dtype") or not is_float(array):
        return None
    xp = namespace(array)
    if bool(xp.all(xp.isfinite(array))):
        return None
    bad = xp.isnan(array)
    if not bool(xp.any(bad)):
        if any(_infinite(cause) for cause in causes):
            return None
        bad = xp.isinf(array)
    flat = int(xp.argmax(xp.astype(xp.reshape(bad, (-1,)), xp.int8)))
    index = []
    for size in reversed(array.shape):
        flat, place = divmod(flat, size)
        index.append(place)
    where = tuple(reversed(index))
    return where, float(array[where])


def _infinite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isinf(value)
    if not hasattr(value, "dtype") or not is_float(value):
        return False
    xp = namespace(value)
    return bool(xp.any(xp.isinf(value)))


def _holds(value: float, index: tuple[int, ...], array: Array) -> str:
    place = f" at {list(index)}" if index else ""
    return f"is {value}{place} of {describe(array)}" if index else f"is {value}"


def _at(value: Any, index: tuple[int, ...], like: Array) -> str:
    """Returns the element of `value` at the faulty one's index as text, or a description if shapes differ."""
    if not hasattr(value, "shape"):
        return repr(value)
    if tuple(value.shape) == () or tuple(value.shape) == tuple(like.shape):
        return repr(float(value[index if value.shape else ()]))
    return describe(value)


def _values(operation: Operation, arrays: Sequence[Any], index: tuple[int, ...], like: Array) -> str:
    texts = [
        f"{operation.input_name(i)} = {_at(array, index, like)}" for i, array in enumerate(arrays) if array is not None
    ]
    return ", ".join(texts)


def _already(operation: Operation, arrays: Sequence[Any]) -> str:
    for i, array in enumerate(arrays):
        if (isinstance(array, float) and math.isnan(array)) or _has_nan(array):
            return f". Its input {operation.input_name(i)} held a NaN already: it came from outside the graph"
    return ""


def _has_nan(value: Any) -> bool:
    if not hasattr(value, "dtype") or not is_float(value):
        return False
    xp = namespace(value)
    return bool(xp.any(xp.isnan(value)))
