"""Forward mode: pushes tangents through a recorded graph, oldest node first.

No operation declares a rule for it. The derivative of an elementwise operation is a factor in both directions. A linear
operation acts on tangents as on values. The derivative of any other operation is linear in the incoming gradient, so
differentiating it with respect to that gradient transposes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .arrays import Array, namespace, without_warnings
from .backward import as_tensors, nodes_newest_first, propagate
from .chain_rule import blame, fit_to_input
from .edge import Edge, wrap
from .inplace import check_unwritten, clock
from .modes import DerivativeScope, enable_grad, thread


def propagate_forward(outputs: Iterable[Edge], seeds: dict[Edge, Any], *, create_graph: bool = False) -> list[Any]:
    """Returns the tangent of each output from the tangents of the edges in `seeds`; None where none arrives.

    The tangents are arrays. With `create_graph` they are recorded tensors, which can be differentiated again.
    """
    ends = list(outputs)
    tangents = dict(seeds)
    nodes = nodes_newest_first(ends)
    any_write = bool(nodes) and clock.latest > nodes[-1].serial
    for node in reversed(nodes):
        if node in tangents:
            continue
        incoming = [
            tangents.get(source) if source is not None and node.operation.flows_to(i) else None
            for i, source in enumerate(node.inputs)
        ]
        if any(tangent is not None for tangent in incoming):
            if any_write:
                check_unwritten(node, by_forward=node.operation.linear == "each")
            tangents[node] = push_forward(node, incoming, create_graph=create_graph)
    scope = thread.modes.scope
    if create_graph and isinstance(scope, DerivativeScope):
        scope.goes_through({node.scope for node in nodes if node in tangents})
    return [tangents.get(end) for end in ends]


def push_forward(node: Edge, tangents: Sequence[Any], *, create_graph: bool = False) -> Any:
    """Returns the tangent of a node's output from the tangents of its inputs, None for an input without one.

    Tangents are arrays, and with `create_graph` recorded tensors.
    """
    operation = node.operation
    arrays: Sequence[Any] = as_tensors(node) if create_graph else node.arrays
    output: Any = node if create_graph else node.array
    xp = namespace(output)
    with without_warnings(node.array):
        if operation.linear == "jointly":
            full_tangents = [_or_zeros(node, i, tangent, arrays[i]) for i, tangent in enumerate(tangents)]
            result = operation.on(xp, *full_tangents, **node.params)
        elif operation.linear == "each":
            result = _sum(
                operation.on(xp, *arrays[:i], tangent, *arrays[i + 1 :], **node.params)
                for i, tangent in enumerate(tangents)
                if tangent is not None
            )
        elif operation.elementwise:
            result = _sum(
                _derivative(node, i, xp, xp.broadcast_to(tangent, tuple(output.shape)), output, arrays)
                for i, tangent in enumerate(tangents)
                if tangent is not None
            )
        else:
            result = _push_by_transpose(node, tangents, output, arrays, create_graph)
    shape = tuple(output.shape)
    if not hasattr(result, "shape"):
        result = xp.zeros_like(output) + result
    if tuple(result.shape) != shape:
        result = xp.broadcast_to(result, shape)
    return result if result.dtype == output.dtype else xp.astype(result, output.dtype)


def _sum(parts: Iterable[Any]) -> Any:
    total: Any = None
    for part in parts:
        total = part if total is None else total + part
    return total


def _or_zeros(node: Edge, i: int, tangent: Any, value: Any) -> Any:
    """Returns the tangent of an input, or zeros; the value for inputs without gradients, such as indices."""
    if tangent is not None:
        return tangent
    if value is None or not node.operation.flows_to(i):
        return value
    return namespace(value).zeros_like(value) if hasattr(value, "shape") else 0.0


def _derivative(node: Edge, i: int, xp: Any, gradient: Any, output: Any, arrays: Sequence[Any]) -> Any:
    derivative: Any = node.operation.derivative(i)
    try:
        return derivative(xp, gradient, output, *arrays, **node.params)
    except Exception as error:
        blame(error, node, i)
        raise


def _push_by_transpose(
    node: Edge, tangents: Sequence[Any], output: Any, arrays: Sequence[Any], create_graph: bool
) -> Any:
    """Returns the tangent of the output by transposing the derivatives, which are linear maps of the gradient."""
    gradient = wrap(namespace(node.array).zeros_like(node.array))
    gradient.requires_grad = True
    if not create_graph:
        # Only the path from the gradient is differentiated, so the values are constants.
        output, arrays = wrap(output), [wrap(array) if hasattr(array, "shape") else array for array in arrays]
    xp = namespace(gradient)
    seeds: dict[Edge, Any] = {}
    with enable_grad():
        for i, tangent in enumerate(tangents):
            if tangent is None:
                continue
            sent = fit_to_input(xp, _derivative(node, i, xp, gradient, output, arrays), arrays[i], node, i)
            if isinstance(sent, Edge) and sent.requires_grad:
                seeds[sent] = seeds[sent] + tangent if sent in seeds else tangent
        arrived = propagate(seeds, targets=[gradient], create_graph=create_graph)
    if gradient in arrived:
        return arrived[gradient]
    zeros: Array = namespace(node.array).zeros_like(node.array)
    return wrap(zeros) if create_graph else zeros
