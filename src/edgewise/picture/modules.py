"""What a picture shows of a graph: which modules are drawn open, which closed, and networks grouped by neuron."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..capture.snapshot import ScopeRecord, Snapshot
from ..graph.modes import FUNCTION_KINDS
from ..graph.traits import ARITHMETIC
from .loops import LOOP

MOST_OPERATIONS = 300
"""Graphs with more visible operations than this are drawn with modules closed, the inner ones first."""


MANY_OPERATIONS = 1000
FEWEST = 8
"""So many may be visible if otherwise only so few were."""


class Modules:
    """The modules of a snapshot, drawn open or closed: as `closed` says, or so that at most so many boxes are seen.

    `closed` holds paths. Without it, `shut` can hold the numbers of scopes. Without both, functions that are made of
    several operations are closed.
    Those that are `dissolved` can't be one box, and are never closed. Nothing is closed that would leave fewer than
    `fewest` boxes.

    Attributes
    ----------
    open:
        Numbers of the scopes that are drawn as frames, outer ones first.
    closed:
        The scopes that are drawn as one box, each with how many operations it hides.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        closed: Collection[str] | None,
        most: int = MOST_OPERATIONS,
        fewest: int = FEWEST,
        dissolved: Collection[int] = (),
        shut: Collection[int] | None = None,
    ) -> None:
        self._most, self._fewest = most, fewest
        self._scopes = snapshot.scopes
        self._chains = [self._chain(scope.id) for scope in self._scopes]
        counts = [0] * len(self._scopes)
        for node in snapshot.nodes:
            for scope in self.chain(node.scope):
                counts[scope] += 1
        kinds = FUNCTION_KINDS | {LOOP}
        self._functions = {scope.id for scope in self._scopes if scope.kind in kinds and counts[scope.id] > 1}
        roots = [s.id for s in self._scopes if s.parent is None and s.kind not in FUNCTION_KINDS and counts[s.id]]
        # A frame around the only model would surround nearly all, and say nothing; nor would it as one box.
        whole = roots[0] if len(roots) == 1 and not self._scopes[roots[0]].name else None
        if closed is not None:
            shut = self._scopes_with_names(closed, {*dissolved} - {whole})
        elif shut is None:
            shut = self._automatic(snapshot, whole)
        shut = {*shut}.difference(dissolved)
        self.closed = {id: counts[id] for id in shut if counts[id]}
        self.open = [
            scope.id
            for scope in self._scopes
            if counts[scope.id]
            and self.outermost_closed(scope.id) is None
            and scope.id not in self.closed
            and scope.id != whole
        ]

    def chain(self, scope: int | None) -> Sequence[int]:
        """Returns a scope and those around it, the outermost first."""
        return () if scope is None else self._chains[scope]

    def outermost_closed(self, scope: int | None) -> int | None:
        """Returns the outermost closed scope that hides what happened in `scope`, itself included, or else None."""
        return next((id for id in self.chain(scope) if id in self.closed), None)

    def _chain(self, id: int) -> tuple[int, ...]:
        chain: list[int] = []
        at: int | None = id
        while at is not None:
            chain.append(at)
            at = self._scopes[at].parent
        return tuple(reversed(chain))

    def _scopes_with_names(self, closed: Collection[str], dissolved: Collection[int | None]) -> set[int]:
        if isinstance(closed, str):
            raise TypeError(f"closed: takes paths of modules in a list, such as [{closed!r}], not {closed!r}")
        paths = {scope.path for scope in self._scopes}
        unknown = [path for path in closed if path not in paths]
        if unknown:
            listed = ", ".join(repr(path) for path in sorted(paths)[:12]) or "none"
            raise ValueError(f"closed: there is no module {unknown[0]!r} in this graph; its modules are {listed}")
        named = {scope.id for scope in self._scopes if scope.path in closed}
        for scope in sorted(named.intersection(dissolved)):
            path = self._scopes[scope].path
            raise ValueError(f"closed: {path!r} can't be one box, as what is made in it goes out and comes in again")
        return named

    def _automatic(self, snapshot: Snapshot, whole: int | None) -> set[int]:
        if len(snapshot.nodes) <= self._most:
            return self._functions
        deepest = max((len(chain) for chain in self._chains), default=0)
        opener: set[int] | None = None
        for depth in range(deepest, 0, -1):
            shut = {chain[-1] for chain in self._chains if len(chain) >= depth} - {whole} | self._functions
            seen: set[int | tuple[str, int]] = set()
            for node in snapshot.nodes:
                hidden = next((id for id in self.chain(node.scope) if id in shut), None)
                seen.add(("node", node.id) if hidden is None else hidden)
            if len(seen) < self._fewest and opener is not None:
                return opener  # better somewhat too many than next to nothing
            if len(seen) <= self._most:
                return shut
            if len(seen) <= MANY_OPERATIONS:
                opener = shut
        return opener or {chain[-1] for chain in self._chains if len(chain) == 1} - {whole}


FEWEST_BY_NEURON = 30
"""Smaller networks are drawn operation by operation, as the article's is."""


def by_neuron(snapshot: Snapshot) -> Snapshot:
    """Returns the snapshot of a network of single numbers with a scope for each neuron; any other one as it is.

    A neuron is an operation with the products and sums that are made for it alone.
    """
    if len(snapshot.nodes) < FEWEST_BY_NEURON or snapshot.scopes or any(tensor.shape for tensor in snapshot.tensors):
        return snapshot
    cells: list[int] = [0] * len(snapshot.nodes)  # the last node of the neuron that each node belongs to
    sizes: dict[int, int] = {}
    for node in reversed(snapshot.nodes):
        uses = snapshot.tensors[node.output].edges
        alone = len(uses) == 1 and node.kind in ARITHMETIC
        cells[node.id] = cells[snapshot.edges[uses[0]].node] if alone else node.id
        sizes[cells[node.id]] = sizes.get(cells[node.id], 0) + 1
    found = sorted(cell for cell, size in sizes.items() if size > 2)
    scope_of = {cell: i for i, cell in enumerate(found)}
    scopes = [
        ScopeRecord(i, f"neuron {i + 1}", f"neuron {i + 1}", snapshot.nodes[cell].operation, None)
        for cell, i in scope_of.items()
    ]
    nodes = [replace(node, scope=scope_of.get(cells[node.id])) for node in snapshot.nodes]
    tensors = []
    for tensor in snapshot.tensors:
        homes = {nodes[snapshot.edges[edge].node].scope for edge in tensor.edges}
        own = tensor.node is None and len(homes) == 1
        tensors.append(replace(tensor, scope=homes.pop()) if own else tensor)
    return replace(snapshot, nodes=nodes, tensors=tensors, scopes=scopes)
