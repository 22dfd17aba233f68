"""The product of local derivatives: from the gradient of a result to the gradients of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from .edge import Edge
from .errors import GradientError
from .source import where


def identity_derivative(_xp: Any, g: Any, *_: Any) -> Any:
    """The derivative of what passes an input on as it is: the gradient itself."""
    return g


def contributions(
    node: Edge,
    gradient: Any,
    output: Any,
    arrays: Sequence[Any],
    xp: Any,
    needed: Collection[Edge] | None = None,
) -> Iterator[tuple[int, Edge, Any]]:
    """What each input that wants a gradient is sent: its number, its source, and the gradient in its own shape."""
    operation = node.operation
    given = arrays if operation.derivative_arity is None else arrays[: operation.derivative_arity]
    ahead = _fused_derivatives(node, gradient) if operation.fused is not None and output is node.array else None
    for i, source in enumerate(node.inputs):
        if source is None or not source.requires_grad or (needed is not None and source not in needed):
            continue
        derivative = operation.derivative(i)
        if derivative is not None:
            try:
                part = derivative(xp, gradient, output, *given, **node.params) if ahead is None else ahead(i)
            except Exception as error:
                blame(error, node, i)
                raise
            yield i, source, fit_to_input(xp, part, arrays[i], node, i)


def _fused_derivatives(node: Edge, gradient: Any) -> Callable[[int], Any] | None:
    """What gives each input its gradient, where the forward prepared that; None where it did not."""
    back = getattr(node, "back", None)
    return None if back is None else back(gradient)


def fit_to_input(xp: Any, part: Any, value: Any, node: Edge, i: int) -> Any:
    """A gradient in the shape and dtype of the value it belongs to: broadcasting undone, dtype cast.

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
    """Undoes broadcasting: sums over the axes along which `value` was repeated."""
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
    """Notes on an error which derivative raised it, and where its node was recorded."""
    operation = node.operation
    error.add_note(f"{operation.name}: raised by its derivative for {operation.input_name(i)}, {where(node)}")
