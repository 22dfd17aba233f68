"""Messages for errors of a forward: the operation, its arguments with their shapes, and the cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .arrays import describe, describe_key, namespace, range_fault
from .errors import DTypeError, EdgewiseError, IndexingError, ShapeError

if TYPE_CHECKING:
    from .operation import Operation


def explain_error(operation: Operation, error: Exception, arrays: Sequence[Any], params: dict[str, Any]) -> Exception:
    """Returns the error to raise for an error of an operation's forward, with its arguments and their shapes.

    Errors of Edgewise are returned as they are. Others become a ShapeError, IndexingError or DTypeError by their
    type, or get a note.
    """
    if isinstance(error, EdgewiseError):
        return error
    listed = [f"{operation.input_name(i)}: {describe(array)}" for i, array in enumerate(arrays) if array is not None]
    keys = {name for name, role in operation.traits.roles.items() if role == "key"}
    listed += [f"key: {describe_key(value)}" if name in keys else f"{name}={value!r}" for name, value in params.items()]
    has_numbers = any(not hasattr(array, "dtype") for array in arrays if array is not None)
    reason = operation.diagnose(*arrays, **params) if operation.diagnose is not None and not has_numbers else None
    if reason is None and operation.broadcasts:
        reason = broadcast_fault(arrays)
    if isinstance(error, OverflowError):
        reason = range_fault_of(arrays) or reason
    message = f"{operation.name}: {reason or error} [{', '.join(listed)}]"
    if isinstance(error, IndexError):
        return IndexingError(message)
    if isinstance(error, ValueError):
        return ShapeError(message)
    if isinstance(error, (TypeError, OverflowError)):
        return DTypeError(message)
    error.add_note(message)
    return error


def range_fault_of(arrays: Sequence[Any]) -> str | None:
    """Returns a message on a number that the dtype of an array can't hold; None if all fit."""
    for array in arrays:
        for value in arrays:
            if hasattr(array, "dtype") and type(value) in (int, float):
                fault = range_fault(namespace(array), value, array.dtype)
                if fault is not None:
                    return f"{fault}: cast the tensor first, as in x.to('int64')"
    return None


def broadcast_fault(arrays: Sequence[Any]) -> str | None:
    """Returns a message on the axis at which shapes can't be broadcast; None if they can."""
    shapes = [tuple(array.shape) for array in arrays if hasattr(array, "shape")]
    for back in range(1, max((len(shape) for shape in shapes), default=0) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            listed = " and ".join(str(shape) for shape in shapes)
            different = " and ".join(str(size) for size in sorted(sizes))
            return f"shapes {listed} can't be broadcast: axis -{back} is {different}, where sizes must be equal or 1"
    return None
