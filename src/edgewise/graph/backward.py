"""Backward: the edges of the graph fill with gradients, each computed once, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from . import fast
from .anomaly import check_gradient
from .arrays import describe, namespace, quiet, unify
from .chain_rule import contributions
from .edge import Edge, wrap
from .errors import GradientError
from .gradient_hooks import apply_hooks
from .identity import without_slope
from .inplace import check_unwritten, clock
from .leaves import call_deposit_hooks, deposit, plain_array, shared_ids
from .modes import enable_grad, thread
from .node import recorded_inputs

if TYPE_CHECKING:
    from ..tensor import Tensor


class Record:
    """What one backward run put on the edges of the graph.

    `gradients` is the sum for each edge. `contributions` lists what the sum is made of: one entry
    ``(result, i, gradient)`` for every use of the edge, sent back by argument number `i` of the node that made
    `result`. Both hold arrays, to be read and not written, or tensors if the run recorded a graph.
    """

    def __init__(self) -> None:
        self.gradients: dict[Edge, Any] = {}
        self.contributions: dict[Edge, list[tuple[Edge, int, Any]]] = {}

    def gradient_of(self, edge: Edge) -> Any:
        """The gradient that arrived on an edge; None if none did."""
        return self.gradients.get(edge)

    def contributions_to(self, edge: Edge) -> list[tuple[Edge, int, Any]]:
        """What each use of an edge sent back: the result, which argument of its node it was, and the gradient."""
        return self.contributions.get(edge, [])


def nodes_newest_first(edges: Iterable[Edge], *, opened: bool = True) -> list[Edge]:
    """Every result of an operation that `edges` were computed from, and those among them, newest first.

    With `opened`, what stands for many steps is replaced by them.
    """
    nodes = [edge for edge in edges if edge.operation is not None]
    found = set(nodes)
    for node in nodes:  # grows as it goes
        if opened and hasattr(node, "opens"):
            node.opens()
        for source in node.inputs if clock.latest < node.serial else recorded_inputs(node):
            if source is not None and source.operation is not None and source not in found:
                found.add(source)
                nodes.append(source)
    nodes.sort(key=fast.serial_of, reverse=True)
    return nodes


def propagate(
    seeds: dict[Edge, Any],
    *,
    targets: Collection[Edge] | None = None,
    create_graph: bool = False,
    record: Record | None = None,
    retain: bool = True,
    hooks: bool = True,
) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns those that arrive at the leaves, or at `targets`.

    The gradients are arrays; with `create_graph` they are tensors, recorded like any others, so that they can be
    differentiated again. Tensors that asked to retain their gradient are given it unless `retain` is false. Hooks are
    called unless `hooks` is false.
    """

    def through_hooks(edge: Edge, gradient: Any) -> Any:
        if edge.hooks is None or not hooks:
            return gradient
        return apply_hooks(edge.hooks, gradient, create_graph, retain)

    anomaly = thread.modes.anomaly
    if targets is None and record is None and not create_graph and not anomaly:
        return fast.walk_back(seeds, through_hooks)
    nodes = nodes_newest_first(seeds, opened=create_graph)
    targets = None if targets is None else frozenset(targets)  # by identity: tensors are compared by their values
    needed = None if targets is None else _nodes_leading_to(nodes, targets)
    gradients = dict(seeds)
    arrived: dict[Edge, Any] = {}
    for node in nodes:  # newest first: all that uses a result is newer, so all its contributions have come in
        gradient = gradients.pop(node, None)
        if gradient is None or (needed is not None and node not in needed):
            continue
        if clock.latest > node.serial:
            check_unwritten(node)
        gradient = through_hooks(node, gradient)
        if record is not None:
            record.gradients[node] = gradient
        if targets is not None and node in targets:
            arrived[node] = gradient
        arrays = as_tensors(node) if create_graph else node.arrays
        output = node if create_graph else node.array
        for i, source, part in contributions(node, gradient, output, arrays, namespace(gradient), needed):
            if anomaly:
                check_gradient(node, i, plain_array(gradient), plain_array(part))
            if record is not None:
                record.contributions.setdefault(source, []).append((node, i, part))
            if create_graph and not part.requires_grad:
                part = _connect(node, i, part)
            gradients[source] = gradients[source] + part if source in gradients else part
    for leaf, gradient in gradients.items():
        if targets is None or leaf in targets:
            gradient = through_hooks(leaf, gradient)
            if record is not None:
                record.gradients[leaf] = gradient
            arrived[leaf] = gradient
    return arrived


def _nodes_leading_to(nodes: list[Edge], targets: Collection[Edge]) -> set[Edge]:
    """The targets and all results that have one of them behind them: the only ones worth visiting."""
    leading: set[Edge] = set(targets)
    for node in reversed(nodes):
        if node not in leading and any(source in leading for source in node.inputs if source is not None):
            leading.add(node)
    return leading


def as_tensors(node: Edge) -> list[Any]:
    """The arguments of a node as tensors that remember where they came from."""
    # A leaf may hold another array by now, if data was assigned to it.
    return [
        array if source is None else source if source.array is array else wrap(array)
        for source, array in zip(node.inputs, node.arrays, strict=True)
    ]


def _connect(node: Edge, i: int, part: Edge) -> Edge:
    """A gradient that was chosen by values, as relu's is, as a result of them: its own derivative is 0 where it exists.

    The gradients of what is linear depend on no value, and stay constants.
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
    with quiet(outputs[0].array), enable_grad() if create_graph else nullcontext():
        arrived = propagate(seeds, targets=inputs, create_graph=create_graph, record=record)
        deposit(arrived, shared_ids(seeds.values()), create_graph=create_graph, copy=record is not None)
        call_deposit_hooks(arrived, create_graph)


def zeros_of(edge: Edge) -> Tensor:
    """A constant tensor of zeros, of an edge's shape and dtype."""
    return wrap(namespace(edge.array).zeros_like(edge.array))


def seeds_for(outputs: Sequence[Edge], gradients: Sequence[Edge | None], create_graph: bool = False) -> dict[Edge, Any]:
    """The gradient to start from on each output: the one given, or 1 for a scalar."""
    if len(outputs) != len(gradients):
        raise GradientError(f"{len(outputs)} outputs but {len(gradients)} gradients: give one for each, or None")
    seeds: dict[Edge, Any] = {}
    for output, given in zip(outputs, gradients, strict=True):
        array = output.array
        if not output.requires_grad:
            raise GradientError(
                f"this tensor, {describe(array)}, does not require a gradient: nothing it was computed from does, or "
                "it was computed under no_grad() or detached. Create the parameters with requires_grad=True"
            )
        if given is None:
            if tuple(array.shape) not in ((), (1,) * array.ndim):
                raise GradientError(
                    f"a tensor of shape {tuple(array.shape)} needs the gradient to start from, as only a scalar's "
                    f"can be taken to be 1: call .sum() or .mean() first, or pass a gradient of that shape"
                )
            xp = namespace(array)
            seed: Any = xp.ones_like(array)
            if create_graph:
                seed = wrap(seed)
        else:
            if given.operation is None and type(given.array) is not type(array):
                given = wrap(unify((array, given.array))[1])
            seed = given if create_graph else given.array
            if tuple(seed.shape) != tuple(array.shape):
                raise GradientError(
                    f"the gradient to start from has shape {tuple(seed.shape)}; the tensor's is {tuple(array.shape)}"
                )
            if seed.dtype != array.dtype:
                seed = namespace(seed).astype(seed, array.dtype)
        seeds[output] = seed if output not in seeds else seeds[output] + seed
    return seeds
