"""Formulas of modules: composed of the formulas of the operations that a call of one ran."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ..graph.modes import FUNCTION_KINDS
from ..printers.formula.composite import Composite, CompositeFormula, Piece, PieceDerivative
from ..printers.formula.expression import Expression, call, number, quotient, symbol
from ..printers.formula.numerals import textbook_number
from ..printers.formula.parts_of_parameters import PartNames
from ..printers.formula.rearranging import Rearrangement, size_of_last_axis
from ..printers.formula.unicode import name_in_unicode
from .snapshot import NodeRecord, ScopeRecord, Snapshot
from .spelling import formula_symbol

MOST_NODES = 60
"""The most operations of a module that has a formula."""

MOST_IN_GRAPH = 1500
"""Modules of graphs with more operations have no formulas,"""

MOST_MODULES = 200
"""nor have those of graphs with more calls of modules."""

SIZE = "d"
"""The size of an axis by whose root scores are divided."""


def module_formula(snapshot: Snapshot, scope: int, symbols: Mapping[int, str] | None = None) -> CompositeFormula | None:
    """Returns the formula of a call of a module; None if it has none that explains anything.

    `symbols` are other names for tensors, by their ids.
    """
    found = _formula_of_repeat(snapshot, scope, symbols or {})
    return found or _ModuleReader(snapshot, scope, symbols or {}).formula()


def module_formulas(snapshot: Snapshot) -> dict[int, CompositeFormula]:
    """Returns the formulas of all modules that have one, by their scopes; none for large graphs."""
    if not has_module_formulas(snapshot):
        return {}
    found = {scope.id: module_formula(snapshot, scope.id) for scope in snapshot.scopes}
    return {scope: formula for scope, formula in found.items() if formula is not None}


def has_module_formulas(snapshot: Snapshot) -> bool:
    """Says whether a graph is small enough for its modules to have formulas."""
    return len(snapshot.nodes) <= MOST_IN_GRAPH and len(snapshot.scopes) <= MOST_MODULES


def _formula_of_repeat(snapshot: Snapshot, scope: int, symbols: Mapping[int, str]) -> CompositeFormula | None:
    """Returns the formula of one of the steps of a module that repeats the same steps; None for other modules.

    It is that of the second step: the first one can begin with a state that is no result.
    """
    own: list[NodeRecord] = []
    steps: dict[int, list[NodeRecord]] = {}
    for node in snapshot.nodes:
        around = [*scopes_around(snapshot, node.scope)]
        if scope in around:
            place = around.index(scope)
            steps.setdefault(around[place - 1], []).append(node) if place else own.append(node)
    repeated = {one: nodes for one, nodes in steps.items() if len(nodes) > 1}
    if len(repeated) < 2 or not _are_repeats(snapshot, repeated):
        return None
    step = [*repeated][1]
    found = _ModuleReader(snapshot, step, symbols, own).formula()
    if found is None:
        return None
    about = f"this is {snapshot.scopes[step].name} of {len(repeated)}; the others are alike"
    back = "what all of them send to a parameter is added up"
    return replace(found, remarks=(about, *found.remarks), remarks_back=(back, *found.remarks_back))


def _are_repeats(snapshot: Snapshot, steps: Mapping[int, list[NodeRecord]]) -> bool:
    """Says whether scopes are of one kind, run the same operations after the first, and share parameters."""
    kinds = {snapshot.scopes[scope].kind for scope in steps}
    operations = {tuple(node.operation for node in nodes) for nodes in [*steps.values()][1:]}
    shared = set.intersection(*({*_parameters(snapshot, nodes)} for nodes in steps.values()))
    return len(kinds) == len(operations) == 1 and bool(shared)


def _parameters(snapshot: Snapshot, nodes: Sequence[NodeRecord]) -> Iterator[int]:
    for node in nodes:
        for argument in node.arguments:
            tensor = None if argument.edge is None else snapshot.edges[argument.edge].tensor
            if tensor is not None and snapshot.tensors[tensor].kind == "parameter":
                yield tensor


def scopes_around(snapshot: Snapshot, scope: int | None) -> Iterator[int]:
    """Yields a scope and those around it, from the inside out."""
    while scope is not None:
        yield scope
        scope = snapshot.scopes[scope].parent


class _ModuleReader:
    """Reads the formula of a call of a module, of its own nodes and of others that prepare what it gets."""

    def __init__(
        self, snapshot: Snapshot, scope: int, symbols: Mapping[int, str], before: Sequence[NodeRecord] = ()
    ) -> None:
        self.snapshot, self.scope = snapshot, scope
        inside = [node for node in snapshot.nodes if scope in self._scopes_around(node.scope)]
        self.own = {node.output for node in inside}
        self.nodes = sorted([*before, *inside], key=lambda node: node.id)
        self.inside = {node.output for node in self.nodes}
        self.names = {
            tensor.id: symbols.get(tensor.id, letter)
            for tensor, letter in zip(snapshot.tensors, snapshot.letters, strict=True)
            if tensor.named or tensor.id not in self.inside
        }
        self.shapes = {tensor.id: tuple(tensor.shape) for tensor in snapshot.tensors}

    def formula(self) -> CompositeFormula | None:
        """Returns the formula, if the module is small enough, and all of it has one."""
        if not 1 < len(self.nodes) <= MOST_NODES:
            return None
        pieces = [*self._pieces()]
        if any(piece is None for piece in pieces):
            return None
        results = self._used_outside(self.own)
        for result in results:
            self.names.setdefault(result, self.snapshot.letters[result])
        parts = self._part_names()
        scaled = [self._with_letters(self._with_scale(piece, parts), parts) for piece in pieces if piece is not None]
        fixed = {*results, *(tensor for tensor in self.own if self.snapshot.tensors[tensor].named)}
        rearranged = Rearrangement(scaled, self.shapes, self.names, fixed, parts).result()
        loss = formula_symbol(self.snapshot.objective.symbol)
        return Composite(rearranged, self.names, results, parts, loss, self._letters()).formula()

    def _letters(self) -> dict[int, str]:
        """Returns the letters of results inside that have no name, so that a letter means one thing in a picture."""
        made = ((node.output, node.label) for node in self.nodes if node.output not in self.names)
        snapshot = self.snapshot
        return {id: snapshot.letters[id] for id, label in made if snapshot.tensors[id].symbol != label}

    def _scopes_around(self, scope: int | None) -> Iterator[int]:
        return scopes_around(self.snapshot, scope)

    def _used_outside(self, inside: Collection[int]) -> list[int]:
        """Returns which of some tensors are used by nodes that made none of them, or are outputs."""
        snapshot = self.snapshot
        return [
            tensor
            for tensor in sorted(inside)
            if tensor in snapshot.outputs
            or not snapshot.tensors[tensor].edges
            or any(
                snapshot.nodes[snapshot.edges[edge].node].output not in inside
                for edge in snapshot.tensors[tensor].edges
            )
        ]

    # Pieces -------------------------------------------------------------------------------------------------------

    def _pieces(self) -> Iterator[Piece | None]:
        """Yields the operations, and calls of modules within that are more than one operation."""
        calls: dict[int, list[NodeRecord]] = {}
        within = {node.id: self._call_around(node) for node in self.nodes}
        for node in self.nodes:
            inner = within[node.id]
            if inner is not None:
                calls.setdefault(inner, []).append(node)
        for node in self.nodes:
            inner = within[node.id]
            if inner is None or len(calls[inner]) == 1:
                yield self._piece(node)
            elif node is calls[inner][-1]:
                yield self._call(self.snapshot.scopes[inner], calls[inner])

    def _call_around(self, node: NodeRecord) -> int | None:
        """Returns the outermost module within this one that a node is in."""
        found = None
        for scope in self._scopes_around(node.scope):
            if scope == self.scope:
                return found
            if self.snapshot.scopes[scope].kind not in FUNCTION_KINDS:
                found = scope
        return None  # one that prepares what the module gets

    def _piece(self, node: NodeRecord) -> Piece | None:
        piece = node.piece()
        if piece is None:
            return None
        edges = [None if one.edge is None else self.snapshot.edges[one.edge] for one in node.arguments]
        sent = {edge.tensor: edge for edge in edges if edge is not None and edge.contribution is not None}
        derivatives = {
            name: replace(piece.derivatives[name], summed=sent[tensor].summed)
            for name, tensor in piece.inputs
            if tensor in sent and name in piece.derivatives
        }
        return replace(piece, derivatives=derivatives)

    def _call(self, scope: ScopeRecord, nodes: list[NodeRecord]) -> Piece | None:
        """Returns a call of a module as a piece; None if it has several results."""
        made = {node.output for node in nodes}
        results = self._used_outside(made)
        edges = [self.snapshot.edges[one.edge] for node in nodes for one in node.arguments if one.edge is not None]
        given: dict[int, bool] = {}
        for edge in edges:
            if edge.tensor not in made and scope.id not in self._scopes_around(
                self.snapshot.tensors[edge.tensor].scope
            ):
                given[edge.tensor] = given.get(edge.tensor, False) or edge.contribution is not None
        name = scope.kind if scope.name.isdecimal() or not scope.name else scope.name
        if len(results) != 1 or not given:
            return None
        inputs = {f"x{i}": tensor for i, tensor in enumerate(given)}
        derivatives = {}
        for one, tensor in inputs.items():
            if given[tensor]:
                formula = Expression("matmul", (symbol("g"), Expression("partial", (symbol(name), symbol(one)))))
                derivatives[one] = PieceDerivative(False, formula, formula)
        forward = call(name_in_unicode(name), *map(symbol, inputs))
        return Piece(tuple(inputs.items()), results[0], forward, derivatives, is_call=True)

    # Names --------------------------------------------------------------------------------------------------------

    def _part_names(self) -> PartNames:
        stems: dict[int, str] = {}
        wholes: dict[int, str] = {}
        known: dict[str, str] = {}
        for scope in self._scopes_around(self.scope):
            known = {**self.snapshot.scopes[scope].part_symbols, **known}
        for tensor in _parameters(self.snapshot, self.nodes):
            stem = known.get(self.snapshot.tensors[tensor].name.rpartition(".")[2])
            if stem:
                stems[tensor], wholes[tensor] = stem, self.names[tensor]
        return PartNames(stems, wholes)

    def _with_scale(self, piece: Piece, parts: PartNames) -> Piece:
        """Writes a factor that is 1/√ of the size of the last axis of what it scales as 1/√d."""
        size = size_of_last_axis(self.shapes, piece.inputs[0][1]) if piece.inputs else None
        if not piece.elementwise or size is None or size < 2 or SIZE in self.names.values():
            return piece
        factor = next((one for one in piece.numbers if math.isclose(one * one * size, 1, rel_tol=1e-6)), None)
        if factor is None or parts.scalars.get(SIZE, str(size)) != str(size):
            return piece
        parts.scalars[SIZE] = str(size)
        return _changed(piece, lambda formula: _scaled_by_root(formula, factor))

    def _with_letters(self, piece: Piece, parts: PartNames) -> Piece:
        """Writes parameters such as ε by their letters."""
        letters: dict[Expression, Expression] = {}
        for letter, value in piece.settings:
            text = number(value).unicode()
            if value not in (0, 1) and parts.scalars.setdefault(letter, text) == text:
                letters[number(value)] = symbol(letter)
        return _changed(piece, lambda formula: _with_parts(formula, letters)) if letters else piece


def _changed(piece: Piece, change: Callable[[Expression], Expression]) -> Piece:
    """Returns a piece with changed formulas."""
    derivatives = {
        name: replace(one, expression=change(one.expression), by_output=change(one.by_output))
        for name, one in piece.derivatives.items()
    }
    return replace(piece, forward=change(piece.forward), derivatives=derivatives)


def _with_parts(formula: Expression, new: Mapping[Expression, Expression]) -> Expression:
    """Returns a formula with other parts in place of some."""
    return new.get(formula) or formula.with_children(lambda child: _with_parts(child, new))


def _scaled_by_root(formula: Expression, factor: float) -> Expression:
    """Writes a factor in a formula as 1/√d."""
    root = call("sqrt", symbol(SIZE))
    if formula in (number(factor), textbook_number(factor)):
        return quotient(number(1), root)
    if formula.head == "div" and formula.args[1] == number(round(1 / factor)):
        return quotient(_scaled_by_root(formula.args[0], factor), root)
    return formula.with_children(lambda child: _scaled_by_root(child, factor))
