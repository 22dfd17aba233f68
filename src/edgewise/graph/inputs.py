"""Converts the inputs of an operation to arrays of one library and one dtype."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .arrays import Array, common_dtype, is_float, namespace, unify
from .edge import Edge, edge_of
from .errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from .operation import Operation


def arrays_and_sources(
    operation: Operation, inputs: Sequence[Any]
) -> tuple[Sequence[Any], Sequence[Edge | None], Array, bool]:
    """Returns the arrays of any inputs, the edges that hold them, the first array, and whether one needs a gradient.

    A plain number stays one, with None for its edge. Raises TypeError for a wrong number of inputs, and DTypeError for
    something that is no number, or for arrays of two libraries that don't compute with each other.
    """
    arrays: list[Any] = []
    sources: list[Edge | None] = []
    first: Any = None
    needs_grad = mixed = foreign = False
    for value in inputs:
        if isinstance(value, Edge):
            if value.requires_grad and operation.flows_to(len(arrays)):
                needs_grad = True
            array = value.array
            sources.append(value)
        else:
            array, source = _from_outside(operation, len(arrays), value)
            sources.append(source)
            if source is None:
                arrays.append(array)
                mixed = mixed or array is not None
                continue
        if first is None:
            first = array
        else:
            if array.dtype is not first.dtype:
                mixed = True
            if type(array) is not type(first):
                foreign = True
        arrays.append(array)
    fixed = len(operation.differentiable) - operation.variadic
    if len(inputs) < fixed or (len(inputs) > fixed and not operation.variadic):
        names = ", ".join(operation.input_names)
        raise TypeError(f"{operation.name} takes {len(operation.input_names)} inputs ({names}); {len(inputs)} given")
    if first is None:
        if not inputs:
            raise ShapeError(f"{operation.name}: needs at least one tensor")
        return arrays_and_sources(operation, (edge_of(inputs[0]), *inputs[1:]))
    if foreign:
        arrays = list(unify(arrays))
        _check_libraries(operation, arrays)
        first = next(array for array in arrays if hasattr(array, "dtype"))
    if mixed and operation.promotes and (dtype := common_dtype(arrays)) is not None:
        # The cast is a recorded operation, so the gradient arrives in the input's own dtype.
        return arrays_and_sources(
            operation, [_cast(value, array, dtype) for value, array in zip(inputs, arrays, strict=True)]
        )
    return arrays, sources, first, needs_grad


def _check_libraries(operation: Operation, arrays: Sequence[Any]) -> None:
    """Raises DTypeError for PyTorch's arrays beside those of another library, as neither computes with the other."""
    found = {type(array) for array in arrays if hasattr(array, "dtype") and is_float(array)}
    libraries = {kind.__module__.partition(".")[0] for kind in found}
    if len(libraries) > 1 and "torch" in libraries:
        kinds = " and ".join(sorted(f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in found))
        raise DTypeError(
            f"{operation.name}: its inputs are arrays of two libraries, {kinds}: turn one into the other's, as "
            "edgewise.tensor(x.numpy()) does with PyTorch's"
        )


def _cast(value: Any, array: Any, dtype: Any) -> Any:
    if not hasattr(array, "dtype") or array.dtype == dtype:
        return value
    tensor = edge_of(value)
    return namespace(tensor).astype(tensor, dtype)


def _plain_number(value: Any) -> Any:
    """Returns a number as a Python number: arrays of others, such as fractions, would carry no gradient."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if hasattr(value, "__float__") else value


def _from_outside(operation: Operation, i: int, value: Any) -> tuple[Any, Edge | None]:
    """Returns an argument that is no tensor, and its edge: an array or a list becomes a constant leaf."""
    if value is None or type(value) in (float, int, bool):
        return value, None
    if isinstance(value, numbers.Number) or (
        hasattr(value, "item") and getattr(value, "shape", None) == () and not hasattr(value, "__setitem__")
    ):
        return _plain_number(value), None
    try:
        edge = edge_of(value)
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"{operation.name}: {operation.input_name(i)} is a {type(value).__qualname__}; "
            f"it takes tensors, arrays, numbers and nested lists of numbers ({error})"
        ) from error
    return edge.array, edge
