"""The parts of a graph as a page knows them: tensors, nodes and edges, with their formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..capture.capture import argument_kind
from ..capture.snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from ..capture.snapshot import Line as SourceLine
from ..capture.spelling import formula_symbol
from ..graph.provenance import Use
from ..picture.about import shapes_given
from ..picture.chain import ViewError, chain_of
from ..picture.heat import tiles_of
from ..printers.formula.composite import CompositeFormula, Line
from ..printers.formula.expression import Expression
from ..printers.formula.operations import Formulas, formulas_of
from ..printers.formula.pattern import Pattern, Renamer
from ..printers.formula.unicode import axes_text
from .chip_templates import MOST_FORMULAS
from .contract import (
    ChainData,
    EdgeData,
    Filled,
    ModuleFormulaData,
    NodeData,
    RuleData,
    RuleLineData,
    StructureData,
    TensorData,
    compact,
)
from .formula_templates import Templates

MARK = "⟦{}⟧"
"""Stands in a formula for the number of a tensor; the page writes it there."""


@dataclass(frozen=True)
class UpdateLine:
    """A line of an update's rule: what a letter becomes, or the parameter itself.

    `marked` is the formula with marks for numbers: p and g for the parameter and its gradient, η for the learning rate,
    and s with a number for what the optimiser remembers, n for that after the step, or h for a corrected mean. `state`
    is that number, of the letter. Of a mean corrected for having begun with 0, divided by 1 − βᵗ, `corrected` are β and
    which number t is.
    """

    letter: str
    formula: Pattern
    marked: Pattern | None = None
    state: int | None = None
    corrected: tuple[float, int] | None = None


@dataclass(frozen=True)
class UpdateRule:
    """How a parameter is updated: as one formula, if there is one, and line by line.

    `is_plain` says whether it is gradient descent. `meanings` has for letters of what the optimiser remembers words,
    and which of its numbers they are, if these are there.
    """

    formula: Pattern | None = None
    is_plain: bool = False
    optimiser: str = ""
    lines: Sequence[UpdateLine] = ()
    meanings: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)


Rules = Mapping[int, UpdateRule]
"""Of each parameter that is updated its rule."""


def structure(
    snapshot: Snapshot, sources: Mapping[int, Use], rules: Rules, modules: Mapping[int, CompositeFormula]
) -> StructureData:
    """Returns all parts. If `sources` has the operations themselves, formulas have places for numbers.

    `modules` are the formulas of modules, by their scopes.
    """
    writing = _Writing(snapshot, sources)
    objective = snapshot.objective
    is_sum = bool(objective.definition)
    data: StructureData = {
        "outputs": list(snapshot.outputs),
        "tensors": [writing.tensor(tensor) for tensor in snapshot.tensors],
        "edges": [writing.edge(edge) for edge in snapshot.edges],
        "nodes": [writing.node(node) for node in snapshot.nodes],
        "rules": {id: writing.rule(rule) for id, rule in rules.items()},
        "modules": {scope: writing.module(formula) for scope, formula in modules.items()},
        "chain": _chain(snapshot),
        "lossName": objective.name if is_sum or snapshot.output.named else "loss",
        "lossSymbol": objective.symbol,
        "definition": objective.definition,
        "lines": [],
        "paths": [],
        "formulas": {
            "templates": writing.templates.templates,
            "names": writing.templates.names,
            "values": writing.templates.values,
            "products": writing.templates.products,
        },
    }
    # Only now is it known which lines and paths there are.
    data["lines"] = [{"file": _short(line.file), "number": line.number, "text": line.text} for line in writing.lines]
    data["paths"] = list(writing.paths)
    if not is_sum:
        del data["definition"]
    return data


def _short(file: str) -> str:
    """Shortens a path to what lies below the present folder, or to its name: a page reveals no more of it."""
    path = Path(file)
    try:
        return path.relative_to(Path.cwd()).as_posix() if path.is_absolute() else file
    except (ValueError, OSError):  # It is elsewhere, or this folder is gone.
        return path.name


def add_tiling(data: TensorData, tensor: TensorRecord) -> None:
    """Adds how many of a tensor's matrices are beside each other in its map, and their size, if that is not its own."""
    numbers = tensor.value
    tiles = tiles_of(numbers)
    if tiles is None:
        return
    data["across"] = tiles.across
    if numbers.shape != tensor.shape:
        data["tile"] = list(numbers.shape[-2:])


def _is_share(formula: Expression) -> bool:
    """Returns whether a formula is the incoming gradient, or the same share of it for every element, as 1/n of it."""
    if formula.head in ("mul", "div", "neg", "pow"):
        return all(map(_is_share, formula.children))
    return formula.head in ("number", "partial", "count")


class _Writing:
    """Writes formulas: in names and, where the operations themselves are there, with places for the numbers."""

    def __init__(self, snapshot: Snapshot, sources: Mapping[int, Use]) -> None:
        self.snapshot, self.sources = snapshot, sources
        self.templates = Templates()
        self.lines: dict[SourceLine, int] = {}
        self.paths: dict[str, int] = {}
        self._formulas: dict[int, Formulas] = {}
        self._renamer = Renamer()
        self._is_single = [math.prod(tensor.shape) == 1 for tensor in snapshot.tensors]
        self._letters = snapshot.letters
        self._labels = [formula_symbol(node.label) for node in snapshot.nodes]
        self._loss = formula_symbol(snapshot.objective.symbol)

    def rule(self, rule: UpdateRule) -> RuleData:
        """Returns how a parameter is updated."""
        lines = [
            compact(
                RuleLineData(
                    letter=self.templates.name(line.letter),
                    formula=self.templates.filled(line.formula),
                    numbersFormula=self.filled(line.marked),
                    state=line.state,
                    corrected=line.corrected,
                )
            )
            for line in rule.lines
        ]
        meanings = [(self.templates.name(letter), words, state) for letter, (words, state) in rule.meanings.items()]
        return compact(
            RuleData(
                formula=self.filled(rule.formula),
                isGradientDescent=rule.is_plain,
                optimiser=rule.optimiser,
                lines=lines or None,
                meanings=meanings or None,
            )
        )

    def module(self, formula: CompositeFormula) -> ModuleFormulaData:
        """Returns the formula of a module, forward and back."""

        def lines(found: Sequence[Line]) -> list[tuple[Filled, Filled]]:
            return [
                (self.templates.filled(Pattern.of(left)), self.templates.filled(Pattern.of(right)))
                for left, right in found
            ]

        return compact(
            ModuleFormulaData(
                forward=lines(formula.forward),
                backward=lines(formula.backward) or None,
                words="; ".join(formula.remarks),
                wordsBack="; ".join(formula.remarks_back),
            )
        )

    def filled(self, formula: Pattern | None) -> Filled | None:
        return None if formula is None else self.templates.filled(formula)

    def tensor(self, tensor: TensorRecord) -> TensorData:
        letter = self._letters[tensor.id]
        data = compact(
            TensorData(
                name=tensor.name,
                symbol=None if tensor.symbol == tensor.name else tensor.symbol,
                letter=self.templates.name(letter),
                gradientFormula=self.templates.gradient(self._loss, letter),
                kind=tensor.kind,
                shape=list(tensor.shape),
                dtype=tensor.dtype,
                node=tensor.node,
                edges=list(tensor.edges),
                hooked=tensor.hooked and tensor.gradient is not None,
            )
        )
        add_tiling(data, tensor)
        return data

    def node(self, node: NodeRecord) -> NodeData:
        data = compact(
            NodeData(
                label=node.label,
                letter=self.templates.name(self._labels[node.id]),
                operation=node.operation,
                output=node.output,
                formula=self.filled(node.write()),
                numbersFormula=self._with_marked_numbers(node.id, self._of(node.id).forward)
                if self._has_places(node)
                else None,
                lineIndex=None if node.line is None else self.lines.setdefault(node.line, len(self.lines)),
                pathIndex=self._path(node.scope),
                inputs=[argument.edge for argument in node.arguments if argument.edge is not None],
                params=node.params or None,
                isActivation=node.kind == "activation",
                failure=node.failure,
                givenShapes=shapes_given(self.snapshot, node) if node.failure else None,
            )
        )
        self._add_elements(data, node, False)
        return data

    def edge(self, edge: EdgeRecord) -> EdgeData:
        data = compact(
            EdgeData(
                tensor=edge.tensor,
                node=edge.node,
                hasGradient=edge.contribution is not None,
                summed=axes_text(edge.summed) if edge.summed else "",
            )
        )
        derivative = edge.write() if edge.contribution is not None else None
        if derivative is None:
            return data
        is_local, formula = derivative
        has_places = self._has_places(self.snapshot.nodes[edge.node])
        own = self._of(edge.node).derivatives[edge.argument] if has_places else None
        data["isLocal"] = is_local
        data["formula"] = self.filled(formula)
        data["ratio"] = self.templates.gradient(self._labels[edge.node], self._letters[edge.tensor])
        data["numbersFormula"] = None if own is None else self._with_marked_numbers(edge.node, own.expression)
        self._add_elements(data, edge, len(self.snapshot.tensors[edge.tensor].edges) > 1)
        data["repeats"] = _is_share(formula.formula) and self._is_gathered(edge)
        return compact(data)

    def _add_elements(self, data: NodeData | EdgeData, record: NodeRecord | EdgeRecord, is_part: bool) -> None:
        """Adds the equations for one element, and words; a gradient that is one of several parts has no left side."""
        found = record.elements() if len(self.snapshot.nodes) <= MOST_FORMULAS else None
        if found is None:
            return
        filled = [tuple(map(self.templates.filled, line)) for line in found.lines]
        lines: list[tuple[Filled | None, Filled]] = [(left, right) for left, right in filled]
        if is_part and lines:
            lines[0] = None, lines[0][1]
        if lines:
            data["elements"] = lines
        if found.words:
            data["words"] = found.words
        if found.axes:
            data["axes"] = found.axes

    def _is_gathered(self, edge: EdgeRecord) -> bool:
        """Returns whether several elements of an edge's tensor made one of what its node gave."""
        given = self.snapshot.tensors[self.snapshot.nodes[edge.node].output]
        return math.prod(given.shape) < math.prod(self.snapshot.tensors[edge.tensor].shape)

    def _path(self, scope: int | None) -> int | None:
        """Returns the place of a module's path; None for the whole model, which has none."""
        path = "" if scope is None else self.snapshot.scopes[scope].path
        return self.paths.setdefault(path, len(self.paths)) if path else None

    def _of(self, node: int) -> Formulas:
        if node not in self._formulas:
            made = self.sources[self.snapshot.nodes[node].output]
            self._formulas[node] = formulas_of(made.operation, tuple(map(argument_kind, made.arrays)), made.params)
        return self._formulas[node]

    def _has_places(self, node: NodeRecord) -> bool:
        """Returns whether a node's formulas can have places for numbers: all that it is given and makes is single."""
        if not self.sources or not self._is_single[node.output]:
            return False
        edges = self.snapshot.edges
        return all(x.edge is None or self._is_single[edges[x.edge].tensor] for x in node.arguments)

    def _with_marked_numbers(self, node: int, formula: Expression) -> Filled | None:
        """Returns the formula of single numbers with marks for them."""
        record = self.snapshot.nodes[node]
        given = [None if x.edge is None else self.snapshot.edges[x.edge].tensor for x in record.arguments]
        formulas = self._of(node)
        symbols: dict[str, Pattern] = {}
        for name, argument, tensor in zip(formulas.inputs, record.arguments, given, strict=True):
            if tensor is not None:
                symbols[name] = _mark(tensor)
            elif argument.number is not None:
                symbols[name] = self._renamer.number(argument.number)
        symbols[formulas.output] = _mark(record.output)
        symbols[formulas.gradient] = _mark("g")
        return self.filled(self._renamer.rename(formula, symbols))


def _mark(number: int | str) -> Pattern:
    return Pattern.of_name(MARK.format(number))


def _chain(snapshot: Snapshot) -> ChainData | None:
    """Returns the layers of a network that can be drawn as neurons, and None for other networks."""
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
