"""Names that the user's source gives: to results, by what they are assigned to; to leaves, by what stands there."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from .. import nn, ops
from ..graph.edge import Edge
from ..graph.provenance import Use
from ..tensor import Tensor
from .lines import SourcePlace, place_in_source

if TYPE_CHECKING:
    from ..graph.modes import Scope

_Uses = Mapping[Edge, Use]


def names_from_source(uses: _Uses) -> tuple[dict[Edge, str], dict[Edge, str]]:
    """Returns the names of results, by assignments, and those of leaves, by operands."""
    targets: dict[Edge, str] = {}
    operands: dict[Edge, str] = {}
    for (_, instruction), group in groupby(uses, lambda node: (id(uses[node].code), uses[node].instruction)):
        run = list(group)
        place = place_in_source(uses[run[0]].code, instruction)
        if len(place.targets) > 1 or (place.loop_variable is not None and not place.targets):
            _name_unpacked_results(run, place, uses, targets)
        if len(place.targets) != 1 and not place.operands:
            continue
        for call in _runs(run, uses):
            if len(place.targets) == 1 and place.targets[0] is not None:
                targets[call[-1]] = place.targets[0]
            if len(call) == 1:
                _name_operands(uses[call[0]], place, operands, targets)
    return targets, operands


def _name_unpacked_results(run: list[Edge], place: SourcePlace, uses: _Uses, targets: dict[Edge, str]) -> None:
    """Names the results of an expression that is unpacked, as in ``q, k, v = x.chunk(3)``, or that a loop goes over.

    The results are what the expression made and did not use itself. They get names if there are as many of them as
    targets, or a multiple of that in a loop.
    """
    within = {source for node in run for source in uses[node].inputs if source is not None}
    results = [node for node in run if node not in within]
    names = place.targets or (place.loop_variable,)
    serials = [uses[node].serial for node in results]
    if 1 < len(results) < len(names) == serials[-1] - serials[0] + 1:
        places = [int(serial - serials[0]) for serial in serials]  # the graph uses only some of the results
    elif len(results) > 1 and len(results) % len(names) == 0:
        places = [i % len(names) for i in range(len(results))]
    else:
        return
    for node, at in zip(results, places, strict=True):
        name = names[at]
        if name is not None:
            targets[node] = name


def _name_operands(use: Use, place: SourcePlace, operands: dict[Edge, str], targets: Mapping[Edge, str]) -> None:
    """Names the operands of an operation after the expressions in the source, if both have the same order."""
    if len(place.operands) != len(use.inputs) or not _is_in_order(use, place, targets):
        return
    for source, name in zip(use.inputs, place.operands, strict=True):
        if name is not None and source is not None and targets.get(source) is None:
            operands.setdefault(source, name)


def _is_in_order(use: Use, place: SourcePlace, targets: Mapping[Edge, str]) -> bool:
    """Says whether an operation takes its operands in the order of the source.

    Operators do. A function or method can use an operation with another order: ``scores.masked_fill(mask, 0.0)`` uses
    one that takes the mask first. Then the names of its parameters differ, or the operands' known names contradict.
    """
    if place.function is None:
        return True
    own = use.operation.input_names
    if place.function != use.operation.name and not _ROLES.isdisjoint(use.operation.traits.roles.values()):
        return False
    parameters = _parameters(place.function)
    if any(name in own and own[i : i + 1] != (name,) for i, name in enumerate(parameters)):
        return False
    known = [None if source is None else targets.get(source) for source in use.inputs]
    return all(
        one is None or one == name or one not in place.operands for one, name in zip(known, place.operands, strict=True)
    )


_ROLES = frozenset({"condition", "mask", "index"})
"""Arguments in these roles come in another order than in the functions and methods that apply the operation."""


@cache
def _parameters(function: str) -> tuple[str, ...]:
    """Returns the names of the parameters of a function or method of the library."""
    for place in (nn.functional, ops, Tensor):
        found = getattr(place, function, None)
        if found is not None:
            try:
                return tuple(inspect.signature(found).parameters)
            except (TypeError, ValueError):  # of a builtin
                return ()
    return ()


def _runs(run: list[Edge], uses: _Uses) -> list[list[Edge]]:
    """Splits the nodes that an instruction made over many runs into those of each run.

    Calls of modules differ by their scopes. Otherwise a loop that consists of this instruction repeats the operations.
    """
    if len(run) == 1:
        return [run]
    depth = _depth(uses[run[0]])
    calls = []
    for scope, group in groupby(run, lambda node: _scope_at(uses[node], depth)):
        nodes = list(group)
        calls += [nodes] if scope is not None else _periods(nodes, uses)
    return calls


def _periods(nodes: list[Edge], uses: _Uses) -> list[list[Edge]]:
    kinds = [uses[node].operation for node in nodes]
    period = next(p for p in range(1, len(kinds) + 1) if len(kinds) % p == 0 and kinds[p:] == kinds[:-p])
    return [nodes[i : i + period] for i in range(0, len(nodes), period)]


def _scopes(use: Use) -> list[Scope]:
    """Returns the calls of modules around a use, outermost first."""
    scopes = []
    scope = use.scope
    while scope is not None:
        scopes.append(scope)
        scope = scope.parent
    return scopes[::-1]


def _depth(use: Use) -> int:
    """Counts the scopes around a use that are also around the user's code in which it happened.

    These are the scopes up to the module that has this code as a method.
    """
    owner = use.code.co_qualname.rpartition(".")[0]
    scopes = _scopes(use)
    for depth in range(len(scopes), 0, -1):
        scope = scopes[depth - 1]
        module = None if scope.module is None else scope.module()
        if module is not None and any(kind.__qualname__ == owner for kind in type(module).__mro__):
            return depth
    return 0


def _scope_at(use: Use, depth: int) -> Scope | None:
    scopes = _scopes(use)
    return scopes[depth] if len(scopes) > depth else None
