"""Chains of linear layers and activations, found in a snapshot: what can be drawn as neurons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..capture.snapshot import NodeRecord, Snapshot, TensorRecord
from ..graph.modes import ACTIVATION_FUNCTION
from ..graph.traits import ACTIVATIONS


class ViewError(ValueError):
    """A graph that can't be drawn in the view that was asked for."""


@dataclass(slots=True)
class Layer:
    """Neurons: weights with which they take in the layer before, a bias, activations, and what comes out.

    `transposed` says that the weights' rows belong to inputs, `upright` that each example is a column.
    """

    weights: TensorRecord
    transposed: bool
    upright: bool
    product: NodeRecord
    output: TensorRecord
    bias: TensorRecord | None = None
    labels: list[str] = field(default_factory=list)

    @property
    def neurons(self) -> int:
        """How many."""
        return width_of(self.output, upright=self.upright)


@dataclass(slots=True)
class Chain:
    """An input, layers one after the other, and what makes a loss of the last one's output and the targets."""

    input: TensorRecord
    layers: list[Layer]
    tail: list[NodeRecord]
    targets: list[TensorRecord]


@dataclass(slots=True)
class _Step:
    """A node of the chain, or the call of a composed activation, of which it is the last one."""

    node: NodeRecord
    label: str
    is_activation: bool
    came: TensorRecord
    went: TensorRecord
    parameters: list[tuple[int, TensorRecord, bool]]
    sides: list[TensorRecord]


def width_of(tensor: TensorRecord, *, upright: bool) -> int:
    """Returns how many numbers an example has."""
    return (tensor.shape[0] if upright else tensor.shape[-1]) if tensor.shape else 1


def chain_of(snapshot: Snapshot) -> Chain:
    """Returns the chain that a graph is. Raises ViewError, which says where it is none."""
    if snapshot.until:
        raise ViewError(f"{_WANTED} and their gradients, but this graph ends where {snapshot.until}. {_INSTEAD}")
    steps, first = _steps(snapshot)
    products = [at for at, step in enumerate(steps) if step.parameters and step.node.kind != "addition"]
    if not products:
        raise ViewError(f"{_WANTED}, but in this graph there is no linear layer. {_INSTEAD}")
    layers: list[Layer] = []
    for at, step in enumerate(steps):
        if step.parameters:
            if step.node.kind == "addition":
                _add_bias(layers, step)
            else:
                layers.append(_layer(step))
        elif at > products[-1] and not step.is_activation:
            tail = steps[at:]
            _check_tail(tail)
            break
        else:
            _activate(layers, step)
    else:
        tail = []
    targets = [side for step in tail for side in step.sides]
    return Chain(first, layers, [step.node for step in tail], targets)


_WANTED = "view='neurons' draws chains of linear layers and activations"
_INSTEAD = "view='graph' draws every graph"


def _no_chain(node: NodeRecord, found: str) -> ViewError:
    line = f" (line {node.line.number})" if node.line is not None else ""
    return ViewError(f"{_WANTED}, but {node.label}{line} {found}. {_INSTEAD}")


def _steps(snapshot: Snapshot) -> tuple[list[_Step], TensorRecord]:
    """Yields, from the input to the output, each node with the one tensor that it goes on with."""
    tensors = snapshot.tensors
    learnt = [False] * len(tensors)  # depends on a parameter
    weights: dict[int, tuple[TensorRecord, bool]] = {}  # parameters, and these transposed
    for tensor in tensors:
        if tensor.node is None:
            learnt[tensor.id] = tensor.kind == "parameter"
            if learnt[tensor.id]:
                weights[tensor.id] = (tensor, False)
            continue
        sources = _sources(snapshot, snapshot.nodes[tensor.node])
        learnt[tensor.id] = any(learnt[source.id] for _, source in sources)
        if snapshot.nodes[tensor.node].kind == "transposition" and len(tensor.shape) == 2:
            original = weights.get(sources[0][1].id)
            if original is not None:
                weights[tensor.id] = (original[0], not original[1])
    steps = []
    at = snapshot.output
    while at.node is not None and at.id not in weights:
        node = snapshot.nodes[at.node]
        scope = _activation_around(snapshot, node)
        sources = _sources(snapshot, node) if scope is None else _sources_of_scope(snapshot, node, scope)
        parameters = [(place, *weights[source.id]) for place, source in sources if source.id in weights]
        others = [source for _, source in sources if source.id not in weights]
        main = [source for source in others if learnt[source.id]]
        if not parameters and not main:
            break  # made from inputs only: it is the input
        if len(main) > 1:
            raise _no_chain(node, f"takes {len(main)} results of layers: {_names_text(main)}")
        if parameters and len(others) != 1:
            taken = _names_text([parameter for _, parameter, _ in parameters])
            besides = f"and besides these {_names_text(others)}" if others else "and no neurons"
            raise _no_chain(node, f"takes {taken}, {besides}")
        came = main[0] if main else others[0]
        label = node.label if scope is None else snapshot.scopes[scope].name
        is_activation = scope is not None or node.kind in ACTIVATIONS
        sides = [one for one in others if one is not came]
        steps.append(_Step(node, label, is_activation, came, at, parameters, sides))
        at = came
    return steps[::-1], at


def _sources(snapshot: Snapshot, node: NodeRecord) -> list[tuple[int, TensorRecord]]:
    edges = [(place, argument.edge) for place, argument in enumerate(node.arguments) if argument.edge is not None]
    return [(place, snapshot.tensors[snapshot.edges[edge].tensor]) for place, edge in edges]


def _activation_around(snapshot: Snapshot, node: NodeRecord) -> int | None:
    """Returns the outermost call of a composed activation around a node."""
    found, scope = None, node.scope
    while scope is not None:
        found = scope if snapshot.scopes[scope].kind == ACTIVATION_FUNCTION else found
        scope = snapshot.scopes[scope].parent
    return found


def _sources_of_scope(snapshot: Snapshot, last: NodeRecord, scope: int) -> list[tuple[int, TensorRecord]]:
    """Returns the different tensors that the nodes of a call take from outside, from its last node on."""
    found: dict[int, tuple[int, TensorRecord]] = {}
    seen = {last.id}
    waiting = [last]
    while waiting:
        for place, source in _sources(snapshot, waiting.pop()):
            inner = None if source.node is None else snapshot.nodes[source.node]
            if inner is None or _activation_around(snapshot, inner) != scope:
                found.setdefault(source.id, (place, source))
            elif inner.id not in seen:
                seen.add(inner.id)
                waiting.append(inner)
    return list(found.values())


def _names_text(tensors: Sequence[TensorRecord]) -> str:
    return " and ".join(tensor.symbol[:60] for tensor in tensors)


def _layer(step: _Step) -> Layer:
    node = step.node
    place, weights, transposed = step.parameters[0]
    bias = None
    upright = False
    if node.kind == "layer":
        if place != 1:
            raise _no_chain(node, f"multiplies the parameter {weights.symbol[:60]}, not with one")
        bias = step.parameters[1][1] if len(step.parameters) > 1 else None
    elif node.kind == "matrix product" and len(step.parameters) == 1 and len(weights.shape) <= 2:
        upright = place == 0 and len(step.came.shape) > 1
        transposed = transposed != (place == 1)
    elif not (
        node.kind == "multiplication"
        and len(step.parameters) == 1
        and math.prod(step.went.shape) == weights.value.size == 1
    ):
        raise _no_chain(node, f"is neither a linear layer nor an activation, but takes {weights.symbol[:60]}")
    return Layer(weights, transposed, upright, node, step.went, bias, [node.label])


def _add_bias(layers: list[Layer], step: _Step) -> None:
    _, bias, _ = step.parameters[0]
    if not layers or layers[-1].bias is not None or layers[-1].product.output != step.came.id:
        raise _no_chain(step.node, f"adds {bias.symbol[:60]} to what is not the product of a layer")
    if step.went.shape != step.came.shape:
        raise _no_chain(step.node, f"adds {bias.symbol[:60]} of another shape than the layer's neurons")
    layers[-1].bias = bias
    layers[-1].output = step.went
    layers[-1].labels.append(step.node.label)


def _activate(layers: list[Layer], step: _Step) -> None:
    if step.sides and step.node.kind != "random mask":
        raise _no_chain(step.node, f"takes {_names_text(step.sides)} besides the layer's result")
    if step.went.value.size != step.came.value.size:
        raise _no_chain(step.node, "makes another number of neurons, and is no linear layer")
    if layers and step.went.shape == step.came.shape:
        layers[-1].output = step.went
        layers[-1].labels.append(step.label)


def _check_tail(tail: list[_Step]) -> None:
    for step in tail:
        if step.parameters:
            raise _no_chain(step.node, f"takes {step.parameters[0][1].symbol[:60]} after {tail[0].node.label}")
