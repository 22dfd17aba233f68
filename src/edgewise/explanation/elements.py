"""Explains one element of a gradient: the sum that made it, and the sums of what is in it, back to the output."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..capture.capture import Capture
from ..capture.snapshot import EdgeRecord, Snapshot
from ..graph.edge import Edge, wrap
from ..graph.errors import GradientError
from ..printers.figures import figure
from ..printers.formula.arithmetic import FUNCTION_NAMES
from ..printers.formula.expression import Expression, call, fresh_names, minus, number, plus, symbol
from ..program.elements import Element, Elements
from ..program.program import Value
from ..program.replay import replay
from ..program.sums import Sum, sum_of
from ..program.terms import Term, add
from ..system.memory import gc_paused
from .equations import Equation, Passage, Product, Remark, formula_name, rounded_number
from .forward import forward_of_letters

MOST_OF_EACH = 2
"""So many elements of each gradient are written out."""

MOST_LINES = 60
"""At most so many elements are written out in all."""

_COMPARISONS = {
    "equal": "=",
    "not_equal": "≠",
    "less": "<",
    "less_equal": "≤",
    "greater": ">",
    "greater_equal": "≥",
}


@dataclass(frozen=True)
class _Name:
    """What an array is: a tensor's value, its gradient, or a contribution to its gradient."""

    kind: str
    tensor: int
    edge: int = -1


def element_of(capture: Capture, tensor: Edge) -> tuple[int, int] | None:
    """Returns the tensor of the graph and the position in it that a tensor such as ``W[1, 2]`` was taken from.

    None if it is no single element of one. The operations that took it are run on the positions of the elements.
    """
    taken: list[Edge] = []
    source = tensor
    while source not in capture.tensor_ids:
        inputs = [] if source.operation is None else source.inputs
        if len(inputs) != 1 or inputs[0] is None:
            return None
        taken.append(source)
        source = inputs[0]
    if not taken or math.prod(tensor.array.shape) != 1:
        return None
    shape = tuple(source.array.shape)
    positions: Any = wrap(np.arange(math.prod(shape), dtype=np.int64).reshape(shape))
    for one in reversed(taken):
        positions = one.operation(positions, **one.params)
        if positions.array.dtype != np.int64:
            return None  # it computed something of the element
    return capture.tensor_ids[source], int(np.ravel(positions.array)[0])


def element_passage(capture: Capture, outputs: tuple[Edge, ...], tensor: int, position: int) -> Passage:
    """Explains one element of a tensor's gradient, and then those that it came from, back to the output.

    Raises
    ------
    GradientError
        If the tensor has no gradient.
    """
    with gc_paused():
        return _Derivation(capture, outputs).passage(tensor, position)


class _Derivation:
    def __init__(self, capture: Capture, outputs: tuple[Edge, ...]) -> None:
        snapshot = capture.snapshot
        replayed = replay(outputs, uses=capture.uses)
        self._snapshot: Snapshot = snapshot
        self._elements = Elements(replayed.program, replayed.program.start)
        sources = {id: edge for edge, id in capture.tensor_ids.items()}
        edges = {(sources[snapshot.nodes[one.node].output], one.argument): one.id for one in snapshot.edges}
        ids = capture.tensor_ids
        values = replayed.program.outputs
        self._names: dict[Value, list[_Name]] = {}
        self._places: dict[_Name, Value] = {}
        for name, place in [
            *((_Name("value", ids[edge]), place) for edge, place in replayed.values.items() if edge in ids),
            *((_Name("gradient", ids[edge]), place) for edge, place in replayed.gradients.items() if edge in ids),
            *(
                (_Name("part", snapshot.edges[edges[key]].tensor, edges[key]), place)
                for key, place in replayed.contributions.items()
                if key in edges
            ),
        ]:
            self._names.setdefault(values[place], []).append(name)
            self._places[name] = values[place]

    def passage(self, tensor: int, position: int) -> Passage:
        name = _Name("gradient", tensor)
        record = self._snapshot.tensors[tensor]
        if name not in self._places:
            raise GradientError(f"explain: no gradient flows to {record.name}, as it requires none")
        element = Element(self._places[name], position)
        objective = self._snapshot.objective
        left = self._name_of_element(name, element)
        what = f"{record.name}[{', '.join(map(str, element.index))}]" if element.index else record.name
        heading = f"{left.unicode()}: the gradient of {objective.definition or objective.name} with respect to {what}"
        lines = [*self._lines(name, element)]
        forward = [*forward_of_letters(self._snapshot, lines)]
        return Passage(heading, [*forward, Remark("Backward:"), *lines] if forward else lines)

    def _lines(self, first: _Name, start: Element) -> Iterator[Equation | Remark]:
        """Writes the sums of gradients one after the other, those of each tensor together."""
        waiting = [(first, start)]
        counts: dict[_Name, int] = {}
        seen = {(first, start)}
        lines = 0
        while waiting and lines < MOST_LINES:
            name, element = waiting.pop(0)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] > MOST_OF_EACH:
                continue
            lines += 1
            found, sources = self._sum(name, element)
            yield from self._equations(name, element, found)
            for source in sources:
                if source[0].kind != "value" and source not in seen:
                    seen.add(source)
                    waiting.append(source)
        for name, count in counts.items():
            if count > MOST_OF_EACH:
                gradient = self._name_of_element(name, None).unicode()
                yield Remark(f"⋮ {count - MOST_OF_EACH} more elements of {gradient}, in the same way")

    def _sum(self, name: _Name, element: Element) -> tuple[Sum, list[tuple[_Name, Element]]]:
        """Returns the sum of an element, and the named elements in it."""
        uses = self._uses(name.tensor)
        parts = [_Name("part", name.tensor, edge) for edge in uses]
        if name.kind == "gradient" and len(parts) > 1 and name.tensor not in self._snapshot.outputs:
            sources = [(part, Element(self._places[part], element.position)) for part in parts]
            leaves = [self._leaf(source) for _, source in sources]
            return Sum(element, add(leaves)), sources
        edge = self._edge(name)
        if edge is not None:
            incoming = _Name("gradient", self._snapshot.nodes[edge.node].output)
            if self._places.get(incoming) is element.value:
                return Sum(element, self._leaf(element)), [(incoming, element)]
        found = sum_of(self._elements, element, lambda one: one.value is not element.value and one.value in self._names)
        named = [one for term in (found.term, *found.parts.values()) for one in _leaves(term)]
        return found, [(self._name(one, edge), one) for one in named]

    def _uses(self, tensor: int) -> list[int]:
        """Returns the edges along which gradients come back to a tensor."""
        snapshot = self._snapshot
        return [edge for edge in snapshot.tensors[tensor].edges if snapshot.edges[edge].contribution is not None]

    def _edge(self, name: _Name) -> EdgeRecord | None:
        """Returns the edge along which a gradient or a part of it comes; None for what comes along several or none."""
        uses = [name.edge] if name.kind == "part" else self._uses(name.tensor)
        return self._snapshot.edges[uses[0]] if len(uses) == 1 else None

    def _label(self, edge: int) -> str:
        return self._snapshot.nodes[self._snapshot.edges[edge].node].label

    def _leaf(self, element: Element) -> Term:
        return Term("leaf", element=element, value=self._elements.number(element))

    def _name(self, element: Element, edge: EdgeRecord | None) -> _Name:
        """Returns the name of an element; of several that its array has, the gradient that comes into the operation."""
        names = self._names[element.value]
        incoming = None if edge is None else _Name("gradient", self._snapshot.nodes[edge.node].output)
        return incoming if incoming in names and incoming is not None else names[0]

    def _equations(self, name: _Name, element: Element, found: Sum) -> Iterator[Equation]:
        letters = dict(zip(found.parts, _letters(self._snapshot), strict=False))
        edge = self._edge(name)
        symbols = _Writer(lambda one: self._name_of_element(self._name(one, edge), one), letters)
        numbers = _Writer(lambda one: rounded_number(self._elements.number(one)), letters)
        sides = self._sides(found.term, symbols, numbers, self._elements.number(element))
        note = f"through {self._label(name.edge)}" if name.kind == "part" else ""
        uses = self._uses(name.tensor)
        if name.kind == "gradient" and len(uses) > 1:
            sides, note = sides[1:], f"the sum of its parts through {', '.join(map(self._label, uses))}"
        yield Equation(self._name_of_element(name, element), tuple(sides), note=note)
        for part, term in found.parts.items():
            sides = self._sides(term, symbols, numbers, term.value)
            yield Equation(symbol(letters[part]), tuple(sides), note="used several times", indent=1)

    def _sides(self, term: Term, symbols: _Writer, numbers: _Writer, value: float) -> list[Product]:
        """Writes a term in names, in numbers, and as what it comes to, without saying anything twice."""
        sides: list[Product] = []
        for expression in (symbols.expression(term), numbers.expression(term), rounded_number(value)):
            if not sides or sides[-1] != Product((expression,)):
                sides.append(Product((expression,)))
        return sides

    def _name_of_element(self, name: _Name, element: Element | None) -> Expression:
        own = symbol(formula_name(self._snapshot.tensors[name.tensor].symbol))
        if element is not None and element.index:
            own = Expression("index", (own, *map(number, element.index)))
        if name.kind == "value":
            return own
        return Expression("partial", (symbol(formula_name(self._snapshot.objective.symbol)), own))


def _leaves(term: Term) -> Iterator[Element]:
    if term.kind == "leaf" and term.element is not None:
        yield term.element
    for one in term.terms:
        yield from _leaves(one)


def _letters(snapshot: Snapshot) -> Iterator[str]:
    """Yields letters for parts that no tensor is called by."""
    names = {formula_name(tensor.symbol) for tensor in snapshot.tensors}
    return (name for name in fresh_names() if name not in names)


class _Writer:
    """Writes terms as formulas, of names or of numbers."""

    def __init__(self, leaf: Any, letters: dict[Element, str]) -> None:
        self._leaf = leaf
        self._letters = letters

    def expression(self, term: Term) -> Expression:
        """Writes a term."""
        if term.kind == "leaf":
            written: Expression = self._leaf(term.element)
            return written
        if term.kind == "number":
            return rounded_number(term.value)
        if term.kind == "part":
            assert term.element is not None
            return symbol(self._letters[term.element])
        terms = [self.expression(one) for one in term.terms]
        if term.kind == "winner":
            return terms[0]
        if term.kind == "negative":
            return Expression("neg", (terms[0],))
        if term.kind == "quotient":
            return Expression("div", tuple(terms))
        if term.kind in ("sum", "product"):
            rest = f"({term.rest} more: {figure(term.rest_value)})"
            more = [symbol(rest)] if term.rest else []
            return (
                Expression("add", (*terms, *more)) if term.kind == "sum" else Expression("joined", ("·", *terms, *more))
            )
        return self._call(term.name, terms, term.rest)

    def _call(self, name: str, terms: list[Expression], rest: int) -> Expression:
        if name == "square":
            return Expression("pow", (terms[0], number(2)))
        if name == "pow":
            return Expression("pow", tuple(terms))
        if name in _COMPARISONS:
            return Expression("indicator", (Expression("compare", (_COMPARISONS[name], *terms)),))
        if name == "log1p":
            return call("log", plus(number(1), terms[0]))
        if name == "expm1":
            return minus(call("exp", terms[0]), number(1))
        more = [symbol(f"{rest} more")] if rest else []
        return call(FUNCTION_NAMES.get(name, name), *terms, *more)
