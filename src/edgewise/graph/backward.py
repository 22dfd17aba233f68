"""Backward fills the edges with gradients, newest first.

What has been computed once is never computed again: a gradient is complete before its node is visited, and every
input of the node uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from . import fast_backward
from .anomaly import check_gradient
from .arrays import namespace, without_warnings
from .chain_rule import contributions
from .edge import Edge, wrap
from .errors import GradientError
from .identity import without_slope
from .inplace import check_unwritten, clock
from .leaves import apply_hooks, call_deposit_hooks, deposit, plain_array, shared_ids
from .modes import DerivativeScope, enable_grad, thread
from .node import recorded_inputs
from .seeds import seeds_for

if TYPE_CHECKING:
    from .operation import Operation


class Record:
    """The gradients that one backward run put on the edges of the graph.

    `gradients` holds the sum for each edge. `contributions` lists the terms of the sum: one entry
    ``(result, i, gradient)`` for every use of the edge, sent back by argument number `i` of the node that made
    `result`. Both hold arrays, to be read and not written, or tensors if the run recorded a graph.
    """

    def __init__(self) -> None:
        self.gradients: dict[Edge, Any] = {}
        self.contributions: dict[Edge, list[tuple[Edge, int, Any]]] = {}

    def gradient_of(self, edge: Edge) -> Any:
        """Returns the gradient that arrived on an edge; None if none did."""
        return self.gradients.get(edge)

    def contributions_to(self, edge: Edge) -> list[tuple[Edge, int, Any]]:
        """Returns for each use of an edge its result, its argument number, and the gradient that it sent back."""
        return self.contributions.get(edge, [])


def nodes_newest_first(edges: Iterable[Edge], *, opened: bool = True) -> list[Edge]:
    """Returns all results of operations among `edges` and the edges that they were computed from, newest first.

    With `opened`, results of fused runs first become the last of the run's steps.
    """
    nodes = [edge for edge in edges if edge.operation is not None]
    found = set(nodes)
    for node in nodes:  # grows as it goes
        if opened and hasattr(node, "fused_run"):
            node.fused_run.open()
        for source in node.inputs if clock.latest < node.serial else recorded_inputs(node):
            if source is not None and source.operation is not None and source not in found:
                found.add(source)
                nodes.append(source)
    nodes.sort(key=fast_backward.serial_of, reverse=True)
    return nodes


def propagate(
    seeds: dict[Edge, Any],
    *,
    targets: Collection[Edge] | None = None,
    create_graph: bool = False,
    record: Record | None = None,
    retain: bool = True,
    hooks: bool = True,
    uses: Mapping[Edge, Edge] | None = None,
    derivative_of: Callable[[Operation, int], Any] | None = None,
) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns those that arrive at the leaves, or at `targets`.

    The gradients are arrays. With `create_graph` they are recorded tensors, which can be differentiated again.
    Unless `retain` is false, tensors with `retain_grad` get theirs. Unless `hooks` is false, hooks are called.
    `uses` are the nodes to visit, oldest first, and the edges that say how they were made: themselves, or others.
    `derivative_of` returns the derivatives to call in place of the operations' own.
    """

    def through_hooks(edge: Edge, gradient: Any) -> Any:
        if edge.hooks is None or not hooks:
            return gradient
        return apply_hooks(edge.hooks, gradient, create_graph, retain)

    anomaly = thread.modes.anomaly
    if targets is None and record is None and not create_graph and not anomaly:
        return fast_backward.walk_back(seeds, through_hooks)
    nodes = nodes_newest_first(seeds, opened=create_graph) if uses is None else [*uses][::-1]
    targets = None if targets is None else frozenset(targets)  # by identity: tensors are compared by their values
    needed = None if targets is None else _nodes_leading_to(nodes, targets)
    scope = thread.modes.scope
    if create_graph and isinstance(scope, DerivativeScope):
        scope.goes_through({node.scope for node in nodes if needed is None or node in needed})
    gradients = dict(seeds)
    arrived: dict[Edge, Any] = {}
    for node in nodes:  # newest first: every use of a result is newer, so all contributions to it have arrived
        gradient = gradients.pop(node, None)
        if gradient is None or (needed is not None and node not in needed):
            continue
        use = node if uses is None else uses[node]
        if clock.latest > use.serial:
            check_unwritten(use)
        gradient = through_hooks(node, gradient)
        if record is not None:
            record.gradients[node] = gradient
        if targets is not None and node in targets:
            arrived[node] = gradient
        arrays = as_tensors(use) if create_graph else use.arrays
        output = node if create_graph else node.array
        parts = contributions(use, gradient, output, arrays, namespace(gradient), needed, derivative_of)
        for i, source, part in parts:
            if anomaly:
                check_gradient(use, i, plain_array(gradient), plain_array(part))
            if record is not None:
                record.contributions.setdefault(source, []).append((node, i, part))
            if create_graph and not part.requires_grad:
                part = _connect(use, i, part)
            # Shared edges add: each use of an edge contributes to its gradient.
            gradients[source] = gradients[source] + part if source in gradients else part
    for leaf, gradient in gradients.items():
        if targets is None or leaf in targets:
            gradient = through_hooks(leaf, gradient)
            if record is not None:
                record.gradients[leaf] = gradient
            arrived[leaf] = gradient
    return arrived


def _nodes_leading_to(nodes: list[Edge], targets: Collection[Edge]) -> set[Edge]:
    """Returns the targets and the results that were computed from one: the only edges worth visiting."""
    leading: set[Edge] = set(targets)
    for node in reversed(nodes):
        if node not in leading and any(source in leading for source in node.inputs if source is not None):
            leading.add(node)
    return leading


def as_tensors(node: Edge) -> list[Any]:
    """Returns the arguments of a node as tensors with their history."""
    # A leaf holds another array by now if data was assigned to it.
    return [
        array if source is None else source if source.array is array else wrap(array)
        for source, array in zip(node.inputs, node.arrays, strict=True)
    ]


def _connect(node: Edge, i: int, part: Edge) -> Edge:
    """Makes a gradient a result of the values that chose it, as relu's does, with the derivative 0.

    The gradient of a linear operation depends on no value and stays a constant.
    """
    operation = node.operation
    if operation.linear is not None:
        return part
    if operation.reads(i, -1) or operation.reads(i, i):
        return without_slope(part, as_tensors(node)[i])
    return part


def backward(
    outputs: Sequence[Edge],
    gradients: Sequence[Edge | None],
    *,
    inputs: Sequence[Edge] | None = None,
    create_graph: bool = False,
    record: Record | None = None,
) -> None:
    """Adds the gradients of `outputs` to the `.grad` of every leaf that requires one, or of `inputs`."""
    if inputs is not None and not all(edge.requires_grad for edge in inputs):
        raise GradientError(
            "backward: one of the inputs to leave a gradient on requires none: create it with requires_grad=True "
            "before it is used"
        )
    if inputs is not None and not inputs:
        raise GradientError("backward: inputs is empty, so no gradient would be left anywhere: leave it out for all")
    seeds = seeds_for(outputs, gradients, create_graph)
    for observer in thread.modes.observers:
        observer.backward_begins(outputs, gradients)
    with without_warnings(outputs[0].array), enable_grad() if create_graph else nullcontext():
        arrived = propagate(seeds, targets=inputs, create_graph=create_graph, record=record)
        deposit(arrived, shared_ids(seeds.values()), create_graph=create_graph, copy=record is not None)
        call_deposit_hooks(arrived, create_graph)
