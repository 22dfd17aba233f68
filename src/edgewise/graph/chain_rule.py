"""The gradient is the product of local derivatives.

At each node, the gradient of the result times the derivative for an input is the contribution to that input's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .edge import Edge
from .errors import GradientError
from .source import where

if TYPE_CHECKING:
    from .operation import Operation


def identity_derivative(_xp: Any, g: Any, *_: Any) -> Any:
    """Returns the gradient itself: the derivative of an input that is passed on as it is, as by a sum."""
    return g


def contributions(
    node: Edge,
    gradient: Any,
    output: Any,
    arrays: Sequence[Any],
    xp: Any,
    needed: Collection[Edge] | None = None,
    derivative_of: Callable[[Operation, int], Any] | None = None,
) -> Iterator[tuple[int, Edge, Any]]:
    """Yields, for each input that needs a gradient, its number, its edge, and the gradient in its own shape.

    `derivative_of` returns the derivative to call; without it, that is the operation's own.
    """
    operation = node.operation
    values = arrays if operation.derivative_arity is None else arrays[: operation.derivative_arity]
    fused = _fused_derivatives(node, gradient) if operation.fused is not None and output is node.array else None
    for i, source in enumerate(node.inputs):
        if source is None or not source.requires_grad or (needed is not None and source not in needed):
            continue
        derivative = operation.derivative(i) if derivative_of is None else derivative_of(operation, i)
        if derivative is not None:
            try:
                part = derivative(xp, gradient, output, *values, **node.params) if fused is None else fused(i)
            except Exception as error:
                blame(error, node, i)
                raise
            yield i, source, fit_to_input(xp, part, arrays[i], node, i)


def _fused_derivatives(node: Edge, gradient: Any) -> Callable[[int], Any] | None:
    """Returns the function from an input's number to its gradient that a fused forward prepared; None without one."""
    back = getattr(node, "back", None)
    return None if back is None else back(gradient)


def fit_to_input(xp: Any, part: Any, value: Any, node: Edge, i: int) -> Any:
    """Returns a gradient in the shape and dtype of its input's value: undoes broadcasting and casts.

    Raises GradientError, naming the operation, if it can't be the gradient of that value.
    """
    operation = node.operation
    if not hasattr(part, "shape"):
        raise GradientError(
            f"{operation.name}: its derivative for {operation.input_name(i)} returned {part!r}; "
            f"it must return an array of shape {tuple(value.shape)}"
        )
    if part.shape != value.shape:
        part = _unbroadcast(xp, part, value, node, i)
    return part if part.dtype == value.dtype else xp.astype(part, value.dtype)


def _unbroadcast(xp: Any, gradient: Any, value: Any, node: Edge, i: int) -> Any:
    """Sums a gradient over the axes along which broadcasting repeated `value`."""
    shape, wide = tuple(value.shape), tuple(gradient.shape)
    extra = len(wide) - len(shape)
    fits = extra >= 0 and all(a in (1, b) for a, b in zip(shape, wide[extra:], strict=True))
    if not (fits and node.operation.broadcasts):
        operation = node.operation
        raise GradientError(
            f"{operation.name}: its derivative for {operation.input_name(i)} has shape {wide}, but "
            f"{operation.input_name(i)} has shape {shape}; a gradient has its input's shape ({where(node)})"
        )
    repeated = tuple(range(extra)) + tuple(
        extra + axis for axis, size in enumerate(shape) if size == 1 and wide[extra + axis] != 1
    )
    if repeated:
        gradient = xp.sum(gradient, axis=repeated)
    return gradient if tuple(gradient.shape) == shape else xp.reshape(gradient, shape)


def blame(error: Exception, node: Edge, i: int) -> None:
    """Adds a note to an error: the derivative that raised it, and the line that recorded its node."""
    operation = node.operation
    error.add_note(f"{operation.name}: raised by its derivative for {operation.input_name(i)}, {where(node)}")
