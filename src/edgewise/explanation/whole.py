"""Writes a whole graph as equations: its forward pass, its gradients, and its update."""

from __future__ import annotations

from collections.abc import Iterator

from ..capture.snapshot import Snapshot, TensorRecord
from ..printers.formula.expression import Expression, symbol
from .equations import Equation, Passage, Product, Remark, Sum, formula_name
from .explanation import Explanation
from .gradients import contribution_formula, gradient_symbol, starting_gradient

Lines = Iterator[Equation | Remark]


def equations_of(snapshot: Snapshot) -> Explanation:
    """Returns an equation for each operation, for each gradient from the output back, and for each update."""
    passages = [
        Passage("the forward pass", [*_forward(snapshot)]),
        Passage("the backward pass", [*_backward(snapshot)]),
        Passage("the update", [*_updates(snapshot)]),
    ]
    return Explanation([passage for passage in passages if passage.lines])


def _forward(snapshot: Snapshot) -> Lines:
    for node in snapshot.nodes:
        left = _letter(snapshot.tensors[node.output])
        if node.formula is None:
            yield Remark(f"{node.label} has no formula" if not node.failure else f"{node.label} failed")
        elif node.formula != left:
            yield Equation(left, (Product((node.formula,)),))


def _backward(snapshot: Snapshot) -> Lines:
    for tensor in reversed(snapshot.tensors):
        if tensor.gradient is None:
            continue
        terms = []
        if tensor.id in snapshot.outputs:
            terms.append(starting_gradient(snapshot, tensor))
        for id in tensor.edges:
            edge = snapshot.edges[id]
            if edge.contribution is not None:
                terms.append(contribution_formula(snapshot, edge)[0])
        known = tuple(term for term in terms if term is not None)
        if not terms or len(known) < len(terms):
            yield Equation(gradient_symbol(snapshot, tensor), ())
        elif len(known) == 1:
            yield Equation(gradient_symbol(snapshot, tensor), (Product(known),))
        else:
            yield Equation(gradient_symbol(snapshot, tensor), (Sum(known),))


def _updates(snapshot: Snapshot) -> Lines:
    for tensor in snapshot.tensors:
        if tensor.update is not None and tensor.update.rule is not None:
            yield Equation(_letter(tensor), (Product((tensor.update.rule,)),), sign="←")


def _letter(tensor: TensorRecord) -> Expression:
    return symbol(formula_name(tensor.symbol))
