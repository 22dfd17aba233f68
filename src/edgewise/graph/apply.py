"""Forward fills the edges: an operation puts its result on a new edge, and the edge records how it was made."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .anomaly import check_result
from .arrays import Array, is_float, namespace, to_float, without_warnings
from .edge import Edge, next_serial, wrap
from .errors import DTypeError
from .inputs import arrays_and_sources
from .modes import Modes, thread
from .provenance import note_origin
from .source import caller
from .widening import is_half

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Operation


def application_of(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function that applies an operation to tensors, arrays, lists and numbers, with parameters.

    It defines what applying an operation means. fast.py has shorter ways to the same result.
    """

    def apply(*inputs: Any, **params: Any) -> Tensor:
        arrays, sources, first, needs_grad = arrays_and_sources(operation, inputs)
        if operation.floats and not needs_grad:
            arrays = to_float(arrays)
        modes = thread.modes
        try:
            with without_warnings(first) if operation.singular else nullcontext():
                output, back = _compute(operation, first, arrays, params, needs_grad and modes.recording)
        except Exception as error:
            raise operation.explain_error(error, arrays, params) from error
        result: Any = wrap(output)
        if modes.recording:
            if needs_grad and is_float(output):
                record(result, operation, sources, arrays, params, modes)
                if back is not None:
                    result.back = back
            else:
                note_origin(result, operation, sources, arrays, params, modes)
        if modes.anomaly:
            check_result(operation, arrays, output)
        return result  # type: ignore[no-any-return]

    return apply


def _compute(
    operation: Operation, first: Array, arrays: Sequence[Any], params: dict[str, Any], recorded: bool
) -> tuple[Array, Any]:
    """Returns the result of the forward and, from a fused one, the function that goes back."""
    xp = namespace(first)
    if recorded and operation.fused is not None and not is_half[first.dtype.__class__, first.dtype]:
        with without_warnings(first):
            prepared = operation.fused(xp, *arrays, **params)
        if prepared is not None:
            return as_array(operation, first, prepared[0]), prepared[1]
    return as_array(operation, first, operation.forward(xp, *arrays, **params)), None


def record(
    result: Edge,
    operation: Operation,
    inputs: Sequence[Edge | None],
    arrays: Sequence[Any],
    params: dict[str, Any],
    modes: Modes,
) -> None:
    """Records on an edge how it was made, and the nearest caller outside the library."""
    result.requires_grad = True
    result.operation = operation
    result.inputs = inputs
    result.arrays = arrays
    result.params = params
    result.serial = next_serial()
    result.scope = modes.scope
    # Not the frame, which would keep the caller's variables alive, nor the line number, which is slow to find.
    code, result.instruction = caller(3)
    result.code = code


def as_array(operation: Operation, first: Array, output: Any) -> Array:
    """Returns the result of a forward as an array, as NumPy's reductions return scalars.

    Raises DTypeError if it is no number.
    """
    if type(output) is type(first):
        return output
    if not hasattr(output, "dtype") and not isinstance(output, numbers.Number):
        raise DTypeError(
            f"{operation.name}: its forward returned {type(output).__qualname__}; it must return one array, as an "
            "operation has one output"
        )
    return namespace(first).asarray(output)
