"""Faster ways to the results of backward.py and chain_rule.py: this file is there for speed alone.

Written out here are backward passes without targets, a record, a graph of their own or anomaly detection. See fast.py,
which does the same for apply.py.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .arrays import namespace
from .chain_rule import blame, contributions, fit_to_input, identity_derivative
from .edge import Edge
from .inplace import check_unwritten, clock
from .node import recorded_inputs
from .widening import is_half

if TYPE_CHECKING:
    from .operation import Derivative, Operation

Pullback = Callable[[Edge, Any, "Gradients", list[Edge], Any], Any]

serial_of = attrgetter("serial")


class Gradients(dict[Edge, Any]):
    """The sum of the gradients that have arrived at each edge so far."""

    __slots__ = ("sums",)

    def __init__(self, seeds: dict[Edge, Any]) -> None:
        super().__init__(seeds)
        self.sums: dict[Edge, int] = {}
        """The ids of arrays that were made to add up pieces in, and that nothing else holds."""


def add_to(gradients: dict[Edge, Any], waiting: list[Edge], source: Edge, part: Any) -> None:
    """Adds a contribution to the gradient of a source, and puts a result into `waiting` at its first contribution.

    `waiting` holds the results of operations that have gradients, oldest first. Every use of a result is newer, so
    all contributions to the newest one have arrived.
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


def pullback_of(operation: Operation) -> Pullback:
    """Returns the function that goes back through an operation and adds its contributions to `gradients`.

    ``pullback(node, gradient, gradients, waiting, xp)`` adds what :func:`contributions` yields. If the first input
    would be the only one in `waiting`, as along a chain, it returns that input's gradient instead; else None.

    For one input, and for two without parameters, it is written out. There, an elementwise derivative is checked the
    first time that inputs have one shape, and not again, as its result has the output's shape.
    """
    if operation.accumulate is not None:
        return _accumulating_pullback(operation.accumulate)
    if operation.variadic:
        return _general_pullback
    if operation.fused is None and len(operation.derivatives) == 1:
        return _unary_pullback(operation, operation.derivatives[0])
    if operation.fused is None and not operation.has_params and len(operation.derivatives) == 2:
        return _binary_pullback(operation, *operation.derivatives)
    return _several_pullback(operation)


def _general_pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
    for _, source, part in contributions(node, gradient, node.array, node.arrays, xp):
        add_to(gradients, waiting, source, part)


def _several_pullback(operation: Operation) -> Pullback:
    wide, wide_derivatives, kernels = operation.wide, operation.derivatives, operation.unwidened_derivatives

    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
        arrays = node.arrays
        back = getattr(node, "back", None)
        fused = None if back is None else back(gradient)
        derivatives = wide_derivatives if wide and is_half[gradient.dtype.__class__, gradient.dtype] else kernels
        for i, source in enumerate(node.inputs):
            derivative = derivatives[i]
            if derivative is None or source is None or not source.requires_grad:
                continue
            try:
                part = derivative(xp, gradient, node.array, *arrays, **node.params) if fused is None else fused(i)
            except Exception as error:
                blame(error, node, i)
                raise
            value = arrays[i]
            if not _same_shape_and_dtype(part, value):
                part = fit_to_input(xp, part, value, node, i)
            add_to(gradients, waiting, source, part)

    return pullback


def _accumulating_pullback(accumulate: Callable[..., bool]) -> Pullback:
    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
        source = node.inputs[0]
        if source is None or not source.requires_grad:
            return
        total = gradients.get(source)
        if (
            total is not None
            and gradients.sums.get(source) == id(total)
            and total.dtype == gradient.dtype
            and accumulate(xp, total, gradient, *node.arrays, **node.params)
        ):
            return
        for _, _, part in contributions(node, gradient, node.array, node.arrays, xp):
            add_to(gradients, waiting, source, part)
        gradients.sums[source] = id(gradients[source])

    return pullback


def _unary_pullback(operation: Operation, derivative: Derivative | None) -> Pullback:
    elementwise, wide = operation.elementwise, operation.wide
    kernel: Any = operation.unwidened_derivatives[0]
    checked: Any = None  # the input dtype for which the derivative was checked

    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked
        (value,) = node.arrays
        (source,) = node.inputs
        if derivative is None or source is None or not source.requires_grad:
            return None
        params = node.params
        function: Any = derivative if wide and is_half[gradient.dtype.__class__, gradient.dtype] else kernel
        try:
            if params:
                part = function(xp, gradient, node.array, value, **params)
            else:
                part = function(xp, gradient, node.array, value)
        except Exception as error:
            blame(error, node, 0)
            raise
        if checked is not value.dtype:
            checked = value.dtype if elementwise and _same_shape_and_dtype(part, value) else None
            part = fit_to_input(xp, part, value, node, 0)
        if source.operation is not None and not waiting:
            return part
        add_to(gradients, waiting, source, part)
        return None

    return pullback


def _binary_pullback(
    operation: Operation, derivative_a: Derivative | None, derivative_b: Derivative | None
) -> Pullback:
    elementwise, wide = operation.elementwise and operation.promotes, operation.wide
    kernel_a: Any
    kernel_b: Any
    kernel_a, kernel_b = operation.unwidened_derivatives
    identity_a, identity_b = derivative_a is identity_derivative, derivative_b is identity_derivative
    checked_a = checked_b = False

    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked_a, checked_b
        a, b = node.arrays
        source_a, source_b = node.inputs
        half = wide and is_half[gradient.dtype.__class__, gradient.dtype]
        same_shape = elementwise and not half
        same_shape = same_shape and (source_b is None or (source_a is not None and a.shape == b.shape))
        next_gradient = None
        if derivative_a is not None and source_a is not None and source_a.requires_grad:
            try:
                part = gradient if identity_a else (derivative_a if half else kernel_a)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 0)
                raise
            if not (same_shape and checked_a):
                checked_a = checked_a or (same_shape and _same_shape_and_dtype(part, a))
                part = fit_to_input(xp, part, a, node, 0)
            if not waiting and source_a.operation is not None and (source_b is None or source_b.operation is None):
                next_gradient = part
            else:
                add_to(gradients, waiting, source_a, part)
        if derivative_b is not None and source_b is not None and source_b.requires_grad:
            try:
                part = gradient if identity_b else (derivative_b if half else kernel_b)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 1)
                raise
            if not (same_shape and checked_b):
                checked_b = checked_b or (same_shape and _same_shape_and_dtype(part, b))
                part = fit_to_input(xp, part, b, node, 1)
            # add_to() without the call.
            if source_b in gradients:
                gradients[source_b] = gradients[source_b] + part
            elif source_b.operation is None:
                gradients[source_b] = part
            else:
                add_to(gradients, waiting, source_b, part)
        return next_gradient

    return pullback


def _same_shape_and_dtype(part: Any, value: Any) -> bool:
    return bool(getattr(part, "shape", None) == value.shape and part.dtype == value.dtype)


def walk_back(seeds: dict[Edge, Any], apply_hooks: Callable[[Edge, Any], Any]) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns those that arrive at the leaves."""
    gradients = Gradients(seeds)
    waiting = sorted((edge for edge in seeds if edge.operation is not None), key=serial_of)
    kind: type | None = None
    xp: Any = None
    next_gradient = None  # of the first input of `node`, where no other edge waits
    while waiting or next_gradient is not None:
        if next_gradient is None:
            node = waiting.pop()
            gradient = gradients.pop(node)
        else:
            node = node.inputs[0]  # type: ignore[assignment]
            gradient = next_gradient
        if clock.latest > node.serial:
            recorded_inputs(node)
            check_unwritten(node)
        if type(gradient) is not kind:
            kind = type(gradient)
            xp = namespace(gradient)
        if node.hooks is not None:
            gradient = apply_hooks(node, gradient)
        next_gradient = node.operation.pullback(node, gradient, gradients, waiting, xp)
    for leaf, gradient in gradients.items():
        if leaf.hooks is not None:
            gradients[leaf] = apply_hooks(leaf, gradient)
    return gradients
