"""Loops: repeats of the same operations with the same parameters, each of which passes its state on to the next.

They are found by the structure of the graph, whoever wrote the loop: a recurrent layer, a cell called in a Python loop,
or operations alone, as in the steps of a solver.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from ..capture.modules import scopes_around
from ..capture.snapshot import NodeRecord, ScopeRecord, Snapshot

LOOP = "loop"
"""The kind of a scope around repeats: its scopes are the repeats, in their order, and nothing else."""

REPEAT = "repeat"
"""The kind of a scope that is made for one repeat; one that is a call of a module keeps its own."""

REST = "repeats"
"""The kind of a scope around all repeats but the first."""

Path = tuple[int, ...]  # The scopes around an operation, the outermost first.

FEWEST_REPEATS = 3
FEWEST_OPERATIONS = 2
"""One operation that is repeated is no loop, but a power or a sum."""

LONGEST = 400
"""Longer repeats are not looked for."""


class Loop(NamedTuple):
    """A loop: its first operation, how many operations a repeat has, and how many repeats there are."""

    first: int
    period: int
    repeats: int

    @property
    def end(self) -> int:
        """The operation after the last one."""
        return self.first + self.period * self.repeats


def find_loops(snapshot: Snapshot) -> list[Loop]:
    """Returns all loops, of which none overlap; of shorter and longer repeats the shorter ones."""
    numbers: dict[Hashable, int] = {}
    looks = np.array([numbers.setdefault(_look(snapshot, node), len(numbers)) for node in snapshot.nodes])
    paths = _paths(snapshot)
    taken = np.zeros(len(looks), bool)
    found = []
    for period in range(FEWEST_OPERATIONS, min(LONGEST, len(looks) // FEWEST_REPEATS) + 1):
        same = (looks[:-period] == looks[period:]) & ~taken[:-period] & ~taken[period:]
        for first, count in _runs(same, (FEWEST_REPEATS - 1) * period):
            loop = Loop(first, period, count // period + 1)
            if not _repeats_itself(looks[first : first + period]) and _is_loop(snapshot, loop, paths):
                taken[first : loop.end] = True
                found.append(loop)
    return sorted(found)


def _look(snapshot: Snapshot, node: NodeRecord) -> Hashable:
    """Returns what an operation shares with that of another repeat: all but the state and the input it is given."""
    edges = [None if argument.edge is None else snapshot.edges[argument.edge].tensor for argument in node.arguments]
    given = [None if id is None else snapshot.tensors[id] for id in edges]
    parameters = tuple(tensor.id if tensor and tensor.kind == "parameter" else None for tensor in given)
    module = None if node.scope is None else snapshot.scopes[node.scope].kind
    return node.operation, snapshot.tensors[node.output].shape, parameters, module


def _runs(flags: np.ndarray, shortest: int) -> Iterator[tuple[int, int]]:
    """Yields where each run of at least so many true flags begins, and how long it is."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))).reshape(-1, 2)
    for first, end in ends[ends[:, 1] - ends[:, 0] >= shortest]:
        yield int(first), int(end - first)


def _repeats_itself(looks: np.ndarray) -> bool:
    """Returns whether a repeat is made of shorter repeats."""
    return any(len(looks) % part == 0 and (looks[part:] == looks[:-part]).all() for part in range(1, len(looks)))


def _is_loop(snapshot: Snapshot, loop: Loop, paths: Sequence[Path]) -> bool:
    """Returns whether repeats use the same parameters, are wired alike, pass a state on, and split no module."""
    first, period, repeats = loop
    if not any(isinstance(wire, int) for _, wire in _wires(snapshot, first, period)):
        return False
    second = _wires(snapshot, first + period, period)
    if not any(wire == "before" for _, wire in second):
        return False
    others = (_wires(snapshot, first + t * period, period) for t in range(2, repeats))
    return all(one == second for one in others) and _shared_path(loop, paths) is not None


def _wires(snapshot: Snapshot, first: int, period: int) -> set[tuple[int, object]]:
    """Returns where the operations of a repeat, by their places in it, get their inputs from.

    That is a parameter, an operation of the repeat itself, or the repeat before.
    """
    found: set[tuple[int, object]] = set()
    for place in range(period):
        for argument in snapshot.nodes[first + place].arguments:
            if argument.edge is None:
                continue
            tensor = snapshot.tensors[snapshot.edges[argument.edge].tensor]
            if tensor.kind == "parameter":
                found.add((place, tensor.id))
            elif tensor.node is not None and tensor.node >= first:
                found.add((place, f"own {tensor.node - first}"))
            elif tensor.node is not None and tensor.node >= first - period:
                found.add((place, "before"))
    return found


def _shared_path(loop: Loop, paths: Sequence[Path]) -> Path | None:
    """Returns the scopes around all of a loop, outermost first; None if a scope within is in several repeats."""
    inside = paths[loop.first : loop.end]
    depth = 0
    while all(len(path) > depth and path[depth] == inside[0][depth] for path in inside):
        depth += 1
    repeat_of: dict[int, int] = {}
    for i, path in enumerate(inside):
        for scope in path[depth:]:
            if repeat_of.setdefault(scope, i // loop.period) != i // loop.period:
                return None
    outside = chain.from_iterable((*paths[: loop.first], *paths[loop.end :]))
    return inside[0][:depth] if repeat_of.keys().isdisjoint(outside) else None


def _paths(snapshot: Snapshot) -> list[Path]:
    """Returns for each operation the scopes around it, outermost first."""
    known: dict[int | None, Path] = {None: ()}
    return [_path(node.scope, snapshot, known) for node in snapshot.nodes]


def _path(scope: int | None, snapshot: Snapshot, known: dict[int | None, Path]) -> Path:
    if scope is not None and scope not in known:
        known[scope] = (*_path(snapshot.scopes[scope].parent, snapshot, known), scope)
    return known[scope]


def with_loops(snapshot: Snapshot) -> Snapshot:
    """Returns the snapshot with a scope around each loop and around each repeat that is no call of a module already.

    A snapshot that has scopes for loops is returned as it is.
    """
    loops = find_loops(snapshot)
    if not loops or any(scope.kind == LOOP for scope in snapshot.scopes):
        return snapshot
    scopes = [replace(scope) for scope in snapshot.scopes]
    nodes = list(snapshot.nodes)
    paths = _paths(snapshot)
    for loop in loops:
        _add_loop(loop, paths, scopes, nodes)
    return _in_order(replace(snapshot, nodes=nodes, scopes=scopes))


def with_folded_loops(snapshot: Snapshot) -> Snapshot:
    """Returns the snapshot with loops, in each of which a scope is around all repeats but the first.

    With that scope closed, a picture shows the body of the loop once. The parameters that the repeats share stand
    before it, and what each passes on leads from the first repeat to the others.
    """
    snapshot = with_loops(snapshot)
    scopes = [replace(scope) for scope in snapshot.scopes]
    homes: dict[int, int] = {}
    for loop in [scope for scope in snapshot.scopes if scope.kind == LOOP]:
        first, *others = [scope for scope in snapshot.scopes if scope.parent == loop.id]
        name = f"t = 2 … {len(others) + 1}"
        path = f"{loop.path}.{name}"
        rest = ScopeRecord(len(scopes), name, path, REST, loop.id)
        scopes.append(rest)
        for one in others:
            scopes[one.id] = replace(one, parent=rest.id)
        if first.kind != REPEAT and not first.name.endswith(" 1"):
            scopes[first.id] = replace(first, name=f"{first.name}, t = 1".removeprefix(", "))
        inside = {scope.id for scope in snapshot.scopes if first.id in scopes_around(snapshot, scope.id)}
        homes |= dict.fromkeys(inside, loop.id)
    tensors = []
    for tensor in snapshot.tensors:
        home = None if tensor.scope is None else homes.get(tensor.scope)
        shared = tensor.node is None and home is not None and len(tensor.edges) > 1
        tensors.append(replace(tensor, scope=home) if shared else tensor)
    return _in_order(replace(snapshot, scopes=scopes, tensors=tensors)) if homes else snapshot


def _add_loop(loop: Loop, paths: Sequence[Path], scopes: list[ScopeRecord], nodes: list[NodeRecord]) -> None:
    around = _shared_path(loop, paths) or ()
    depth = len(around)
    parent = around[-1] if around else None
    prefix = f"{scopes[parent].path}." if parent is not None and scopes[parent].path else ""

    def add(name: str, kind: str, parent: int | None) -> int:
        scopes.append(ScopeRecord(len(scopes), name, f"{prefix}{name}", kind, parent))
        return len(scopes) - 1

    whole = add(f"× {loop.repeats}", LOOP, parent)
    for t in range(loop.repeats):
        inside = range(loop.first + t * loop.period, loop.first + (t + 1) * loop.period)
        tops = {paths[id][depth : depth + 1] for id in inside}
        if len(tops) == 1 and (top := next(iter(tops))):
            scopes[top[0]] = replace(scopes[top[0]], parent=whole)
            continue
        repeat = add(f"t = {t + 1}", REPEAT, whole)
        for id in inside:
            path = paths[id]
            if len(path) == depth:
                nodes[id] = replace(nodes[id], scope=repeat)
            else:
                scopes[path[depth]] = replace(scopes[path[depth]], parent=repeat)


def _in_order(snapshot: Snapshot) -> Snapshot:
    """Returns the snapshot with its scopes in the order in which they begin, those around others first."""
    begins: dict[int, tuple[int, int]] = {}
    for node, path in enumerate(_paths(snapshot)):
        for depth, scope in enumerate(path):
            begins.setdefault(scope, (node, depth))
    unused = (len(snapshot.nodes), 0)
    order = sorted(range(len(snapshot.scopes)), key=lambda scope: (begins.get(scope, unused), scope))
    number = {old: new for new, old in enumerate(order)}

    def numbered(scope: int | None) -> int | None:
        return None if scope is None else number[scope]

    return replace(
        snapshot,
        scopes=[
            replace(snapshot.scopes[old], id=new, parent=numbered(snapshot.scopes[old].parent))
            for new, old in enumerate(order)
        ],
        nodes=[replace(node, scope=numbered(node.scope)) for node in snapshot.nodes],
        tensors=[replace(tensor, scope=numbered(tensor.scope)) for tensor in snapshot.tensors],
    )
