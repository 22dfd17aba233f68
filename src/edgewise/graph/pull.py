"""One node's part of the walk back: from the gradient of its output to the gradients of its inputs."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .edge import Edge
from .errors import GradientError
from .node import where
from .widening import halves

if TYPE_CHECKING:
    from .operation import Derivative, Operation

Pull = Callable[[Edge, Any, "Gradients", list[Edge], Any], Any]

serial_of = attrgetter("serial")


class Gradients(dict[Edge, Any]):
    """What has arrived at each edge while gradients go back."""

    __slots__ = ("own",)

    def __init__(self, seeds: dict[Edge, Any]) -> None:
        super().__init__(seeds)
        self.own: dict[Edge, int] = {}
        """The ids of arrays that were made to add up pieces in, and that nobody else holds."""


def add_to(gradients: dict[Edge, Any], waiting: list[Edge], source: Edge, part: Any) -> None:
    """Adds a contribution to what has arrived at a source; a result that it is the first for begins to wait.

    `waiting` holds the results of operations that a gradient has arrived at, oldest first. All that uses a result is
    newer, so when the newest of them is taken, all its contributions have come in.
    """
    if source in gradients:
        gradients[source] = gradients[source] + part
        return
    gradients[source] = part
    if source.operation is not None:
        if waiting:
            insort(waiting, source, key=serial_of)
        else:
            waiting.append(source)


def unchanged(_xp: Any, g: Any, *_: Any) -> Any:
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
    given = arrays if operation.given is None else arrays[: operation.given]
    ahead = _prepared(node, gradient) if operation.fused is not None and output is node.array else None
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
            yield i, source, fitted(xp, part, arrays[i], node, i)


def _prepared(node: Edge, gradient: Any) -> Callable[[int], Any] | None:
    """What gives each input its gradient, where the forward prepared that; None where it did not."""
    back = getattr(node, "back", None)
    return None if back is None else back(gradient)


def fitted(xp: Any, part: Any, value: Any, node: Edge, i: int) -> Any:
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
        part = _summed_to(xp, part, value, node, i)
    return part if part.dtype == value.dtype else xp.astype(part, value.dtype)


def _summed_to(xp: Any, gradient: Any, value: Any, node: Edge, i: int) -> Any:
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


def pull_of(operation: Operation) -> Pull:
    """The way back through an operation when nobody watches: contributions go straight into `gradients`.

    ``pull(node, gradient, gradients, waiting, xp)`` does what :func:`contributions` says. If its first input would be
    the only one waiting, it returns that input's gradient instead, to go on with, as along a chain; else None.

    For one input, and for two without parameters, it is spelt out, because for small tensors the time goes into how
    this is written. There, the derivatives of elementwise operations are checked in full the first time they are used
    on inputs of one shape, and not again: what an elementwise derivative returns has the output's shape.
    """
    if operation.fused is not None:
        return _general_pull
    if operation.accumulate is not None:
        return _accumulating_pull(operation.accumulate)
    if not operation.variadic and len(operation.derivatives) == 1:
        return _unary_pull(operation, operation.derivatives[0])
    if not operation.variadic and not operation.has_params and len(operation.derivatives) == 2:
        return _binary_pull(operation, *operation.derivatives)
    return _general_pull


def _general_pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
    for _, source, part in contributions(node, gradient, node.array, node.arrays, xp):
        add_to(gradients, waiting, source, part)


def _accumulating_pull(accumulate: Callable[..., bool]) -> Pull:
    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
        source = node.inputs[0]
        if source is None or not source.requires_grad:
            return
        total = gradients.get(source)
        if (
            total is not None
            and gradients.own.get(source) == id(total)
            and total.dtype == gradient.dtype
            and accumulate(xp, total, gradient, *node.arrays, **node.params)
        ):
            return
        for _, _, part in contributions(node, gradient, node.array, node.arrays, xp):
            add_to(gradients, waiting, source, part)
        gradients.own[source] = id(gradients[source])

    return pull


def _unary_pull(operation: Operation, derivative: Derivative | None) -> Pull:
    elementwise, wide = operation.elementwise, operation.wide
    kernel: Any = operation.plain_derivatives[0]
    checked: Any = None  # the dtype of the input for which the derivative has been checked

    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked
        (value,) = node.arrays
        (source,) = node.inputs
        if derivative is None or source is None or not source.requires_grad:
            return None
        params = node.params
        pulled: Any = derivative if wide and halves[gradient.dtype.__class__, gradient.dtype] else kernel
        try:
            if params:
                part = pulled(xp, gradient, node.array, value, **params)
            else:
                part = pulled(xp, gradient, node.array, value)
        except Exception as error:
            blame(error, node, 0)
            raise
        if checked is not value.dtype:
            checked = value.dtype if elementwise and _agree(part, value) else None
            part = fitted(xp, part, value, node, 0)
        if source.operation is not None and not waiting:
            return part
        add_to(gradients, waiting, source, part)
        return None

    return pull


def _binary_pull(operation: Operation, derivative_a: Derivative | None, derivative_b: Derivative | None) -> Pull:
    elementwise, wide = operation.elementwise and operation.promotes, operation.wide
    kernel_a: Any
    kernel_b: Any
    kernel_a, kernel_b = operation.plain_derivatives
    passes_a, passes_b = derivative_a is unchanged, derivative_b is unchanged
    checked_a = checked_b = False

    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked_a, checked_b
        a, b = node.arrays
        source_a, source_b = node.inputs
        halved = wide and halves[gradient.dtype.__class__, gradient.dtype]
        alike = elementwise and not halved
        alike = alike and (source_b is None or (source_a is not None and a.shape == b.shape))
        going_on = None
        if derivative_a is not None and source_a is not None and source_a.requires_grad:
            try:
                part = gradient if passes_a else (derivative_a if halved else kernel_a)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 0)
                raise
            if not (alike and checked_a):
                checked_a = checked_a or (alike and _agree(part, a))
                part = fitted(xp, part, a, node, 0)
            if not waiting and source_a.operation is not None and (source_b is None or source_b.operation is None):
                going_on = part
            else:
                add_to(gradients, waiting, source_a, part)
        if derivative_b is not None and source_b is not None and source_b.requires_grad:
            try:
                part = gradient if passes_b else (derivative_b if halved else kernel_b)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 1)
                raise
            if not (alike and checked_b):
                checked_b = checked_b or (alike and _agree(part, b))
                part = fitted(xp, part, b, node, 1)
            # As add_to does, without the call.
            if source_b in gradients:
                gradients[source_b] = gradients[source_b] + part
            elif source_b.operation is None:
                gradients[source_b] = part
            else:
                add_to(gradients, waiting, source_b, part)
        return going_on

    return pull


def _agree(part: Any, value: Any) -> bool:
    return bool(getattr(part, "shape", None) == value.shape and part.dtype == value.dtype)
