"""What a page knows of its network, as plain data for its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...graph.edge import Edge
from ...record.replay import Replay
from ..drawing.chain import ViewError, chain_of
from ..formula.expression import Expression, number, partial, symbol
from ..formula.operations import Formulas, formulas_of
from ..formula.unicode import axes_text
from ..javascript import Script
from ..numbers import Numbers
from ..snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from ..take import Taken
from .packing import kind_of, packed
from .updates import Update

MARK = "⟦{}⟧"
"""Stands in a formula for the number of a tensor; the page writes it there."""


MOST_RECORDED = 65536
"""Of larger arrays a page that is a recording has a sample."""

_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def live_data(taken: Taken, replay: Replay, script: Script, start: Sequence[Any], update: Update) -> dict[str, Any]:
    """Structure, formulas, what the leaves hold at first, and where each number is in the printed Programs."""
    snapshot = taken.snapshot
    outputs = replay.program.outputs
    sources = {id: source for source, id in taken.numbers.items()}
    edges = {(sources[snapshot.nodes[edge.node].output], edge.argument): edge.id for edge in snapshot.edges}

    def places(found: Mapping[Any, int], ids: Mapping[Any, int]) -> dict[int, int]:
        return {ids[key]: script.index[outputs[place]] for key, place in found.items() if key in ids}

    return {
        "values": places(replay.values, taken.numbers),
        "gradients": places(replay.gradients, taken.numbers),
        "contributions": places(replay.contributions, edges),
        "locals": places(replay.locals, edges),
        "leaves": [taken.numbers[leaf] for leaf in replay.leaves],
        "start": [packed(array) for array in start],
        "update": update.data,
        "learningRate": update.rate,
        "remark": update.remark,
        **_structure(snapshot, sources),
    }


def recorded_data(snapshot: Snapshot) -> dict[str, Any]:
    """Structure, formulas, and the numbers as they were, for a network that a page can't run."""
    recorded: list[tuple[str, str]] = []
    known: dict[int, int] = {}
    updates = {tensor.id: tensor.update for tensor in snapshot.tensors if tensor.update is not None}
    sampled = {
        tensor.id
        for tensor in snapshot.tensors
        if not all(map(_is_whole, (tensor.value, tensor.gradient, *(u.after for u in [tensor.update] if u))))
    }

    def place(numbers: Numbers, tensor: int) -> int:
        array = numbers.kept if tensor not in sampled else numbers.sample
        assert array is not None
        if id(array) not in known:
            known[id(array)] = len(recorded)
            recorded.append((kind_of(numbers.dtype), packed(array)))
        return known[id(array)]

    data = {
        "values": {tensor.id: place(tensor.value, tensor.id) for tensor in snapshot.tensors},
        "gradients": {t.id: place(t.gradient, t.id) for t in snapshot.tensors if t.gradient is not None},
        "contributions": {e.id: place(e.contribution, e.tensor) for e in snapshot.edges if e.contribution is not None},
        "updated": {id: place(update.after, id) for id, update in updates.items()},
        "update": {
            "rules": {
                id: {"math": None if update.rule is None else update.rule.mathml(), "plain": False}
                for id, update in updates.items()
            }
        },
        "locals": {},
        "leaves": [],
        "start": [],
        "recorded": recorded,
        **_structure(snapshot, {}),
    }
    for one in sampled:
        told = data["tensors"][one]
        told["whole"], told["shape"] = told["shape"], list(snapshot.tensors[one].value.sample.shape)
    return data


def _is_whole(numbers: Numbers | None) -> bool:
    return numbers is None or (numbers.kept is not None and numbers.size <= MOST_RECORDED)


def _chain(snapshot: Snapshot) -> dict[str, Any] | None:
    """The layers of a network that can be drawn as neurons; None of others."""
    try:
        chain = chain_of(snapshot)
    except ViewError:
        return None
    return {
        "input": chain.input.id,
        "layers": [
            {
                "weights": layer.weights.id,
                "transposed": layer.transposed,
                "upright": bool(layer.upright),
                "bias": None if layer.bias is None else layer.bias.id,
                "output": layer.output.id,
                "labels": layer.labels,
            }
            for layer in chain.layers
        ],
        "tail": [node.label for node in chain.tail],
    }


def _structure(snapshot: Snapshot, sources: Mapping[int, Edge]) -> dict[str, Any]:
    writing = _Writing(snapshot, sources)
    return {
        "outputs": list(snapshot.outputs),
        "tensors": [_tensor(tensor, snapshot) for tensor in snapshot.tensors],
        "edges": [writing.edge(edge) for edge in snapshot.edges],
        "nodes": [writing.node(node) for node in snapshot.nodes],
        "chain": _chain(snapshot),
    }


def _tensor(tensor: TensorRecord, snapshot: Snapshot) -> dict[str, Any]:
    loss = _letter(snapshot.output.symbol)
    return {
        "name": tensor.name,
        "symbol": tensor.symbol,
        "math": symbol(_letter(tensor.symbol)).mathml(),
        "gradientMath": partial(loss, _letter(tensor.symbol)).mathml(),
        "kind": tensor.kind,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "node": tensor.node,
        "edges": list(tensor.edges),
    }


def _letter(shown: str) -> str:
    """A symbol with its subscript in plain digits, as formulas take it."""
    return shown.translate(_PLAIN)


class _Writing:
    """Writes formulas: in names and, where the operations themselves are there, with places for the numbers."""

    def __init__(self, snapshot: Snapshot, sources: Mapping[int, Edge]) -> None:
        self.snapshot, self.sources = snapshot, sources
        self._formulas: dict[int, Formulas] = {}

    def node(self, node: NodeRecord) -> dict[str, Any]:
        formula = node.formula
        line = node.line
        return {
            "label": node.label,
            "name": symbol(_letter(node.label)).mathml(),
            "operation": node.operation,
            "output": node.output,
            "inputs": [argument.edge for argument in node.arguments if argument.edge is not None],
            "params": node.params,
            "math": None if formula is None else formula.mathml(),
            "text": None if formula is None else formula.unicode(),
            "marked": self._marked(node.id, self._of(node.id).forward) if self.sources else None,
            "line": None if line is None else {"file": line.file, "number": line.number, "text": line.text},
        }

    def edge(self, edge: EdgeRecord) -> dict[str, Any]:
        tensor, node = self.snapshot.tensors[edge.tensor], self.snapshot.nodes[edge.node]
        told: dict[str, Any] = {
            "tensor": edge.tensor,
            "node": edge.node,
            "argument": edge.argument,
            "name": edge.argument_name,
            "flows": edge.contribution is not None,
            "summed": axes_text(edge.summed) if edge.summed else "",
        }
        derivative = edge.derivative if edge.contribution is not None else None
        if derivative is not None:
            told["local"], formula = derivative
            told["math"], told["text"] = formula.mathml(), formula.unicode()
            told["localMath"] = partial(_letter(node.label), _letter(tensor.symbol)).mathml()
            told["localText"] = f"∂{node.label}/∂{tensor.symbol}"
            own = self._of(edge.node).derivatives[edge.argument] if self.sources else None
            told["marked"] = None if own is None else self._marked(edge.node, own.expression)
        return told

    def _of(self, node: int) -> Formulas:
        if node not in self._formulas:
            made = self.sources[self.snapshot.nodes[node].output]
            kinds = [(tuple(a.shape), str(a.dtype)) if hasattr(a, "dtype") else a for a in made.arrays]
            self._formulas[node] = formulas_of(made.operation, kinds, made.params)
        return self._formulas[node]

    def _marked(self, node: int, formula: Expression) -> str | None:
        """The formula with marks for single numbers; None if an argument is no single number."""
        record, formulas = self.snapshot.nodes[node], self._of(node)
        symbols: dict[str, str | Expression] = {}
        tensors = [record.output]
        for name, argument in zip(formulas.inputs, record.arguments, strict=True):
            if argument.edge is not None:
                tensor = self.snapshot.edges[argument.edge].tensor
                tensors.append(tensor)
                symbols[name] = symbol(MARK.format(tensor))
            elif argument.number is not None:
                symbols[name] = number(argument.number)
        if any(set(self.snapshot.tensors[id].shape) - {1} for id in tensors):
            return None
        symbols[formulas.output] = symbol(MARK.format(record.output))
        symbols[formulas.gradient] = symbol(MARK.format("g"))
        return formula.rename(symbols).mathml()
