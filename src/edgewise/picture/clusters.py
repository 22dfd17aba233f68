"""The clusters of a graph: each module with what stands directly in it, and with ports for what enters and leaves.

A picture shows a cluster open, with its content inside a frame, or closed, as one box. Each cluster is therefore laid
out by itself, with the clusters inside it as boxes, and :mod:`.compose` puts together a picture with any of them open.
A line runs from cluster to cluster through ports: there is one for each tensor that enters a cluster or leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

from ..capture.snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from ..graph.modes import FUNCTION_KINDS
from ..layout.layers import ENTRY, EVEN, EXIT, FREE, ODD, topological_order
from .chips import norm_of

MOST_BRANCHES = 3
"""Where a tensor goes to more boxes than this, as a recurrent layer's weights to all its steps, what comes back from a
closed module is shown only within it."""

WHOLE = -1
"""Stands for the scope of the cluster around all others."""

Path = tuple[int, ...]  # A scope and those around it, the outermost first; () is the whole.
Kind = Literal["node", "tensor", "edge", "module", "port"]
Use = tuple[EdgeRecord, Path]  # One use of a tensor, and the cluster of the operation that uses it.


class Line(NamedTuple):
    """A line between two boxes of a cluster, the tensor on it, and whether a gradient comes back."""

    tensor: int
    source: int
    target: int
    back: bool


class Learnt(NamedTuple):
    """How many numbers are learnt in a cluster, the norm of their gradient, and its own parameters."""

    numbers: int = 0
    norm: float = 0.0
    own: tuple[int, ...] = ()


@dataclass
class Cluster:
    """What stands directly in a module, and the lines between that.

    Attributes
    ----------
    path:
        Its scope after those around it.
    boxes:
        What each box shows, such as ``("node", 3)``.
    kinds:
        In which layers each may stand: ``EVEN`` for operations, ``ODD`` for chips, ``FREE`` for sources, ``ENTRY`` and
        ``EXIT`` for ports.
    inner:
        The boxes of the clusters directly inside, by their scopes.
    entries, exits:
        The boxes of ports, by the tensors that come through them.
    lines:
        All lines.
    operations:
        How many there are in it and in the clusters inside.
    """

    path: Path
    boxes: list[tuple[Kind, int]] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    inner: dict[int, int] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    operations: int = 0

    @property
    def scope(self) -> int:
        """Its number, ``WHOLE`` for the one around all others."""
        return self.path[-1] if self.path else WHOLE

    def add(self, kind: Kind, id: int, layers: int) -> int:
        """Adds a box."""
        self.boxes.append((kind, id))
        self.kinds.append(layers)
        return len(self.boxes) - 1

    def port(self, tensor: int, kind: int) -> int:
        """Returns the box of a port, and adds it at first."""
        ports = self.entries if kind == ENTRY else self.exits
        if tensor not in ports:
            ports[tensor] = self.add("port", tensor, kind)
        return ports[tensor]

    def on_cycles(self) -> set[int]:
        """Returns the clusters directly inside that paths leave and enter again."""
        left: list[list[int]] = [[] for _ in self.kinds]
        right: list[list[int]] = [[] for _ in self.kinds]
        for _, source, target, _ in self.lines:
            right[source].append(target)
            left[target].append(source)
        order = set(topological_order(self.kinds, left, right))
        # What is on cycles or after them; then what is only after them is taken away.
        rest = {box for box, kind in enumerate(self.kinds) if kind < ENTRY and box not in order}
        waiting = {box: sum(other in rest for other in right[box]) for box in rest}
        ends = [box for box, count in waiting.items() if not count]
        for box in ends:
            rest.discard(box)
            for other in left[box]:
                if other in rest:
                    waiting[other] -= 1
                    if not waiting[other]:
                        ends.append(other)
        return {scope for scope, box in self.inner.items() if box in rest}


class Clusters:
    """The clusters of a snapshot.

    A module that paths leave and enter again can't be one box. It has no cluster: its content stands in the cluster
    around it. Nor has the only model, as a frame around everything would say nothing.

    Attributes
    ----------
    dissolved:
        The scopes that have no clusters.
    by_path:
        The clusters, outer ones first.
    paths:
        For each scope the path of the cluster that its operations stand in.
    """

    def __init__(self, snapshot: Snapshot, *, branches: bool = True) -> None:
        """Collects the clusters; `branches` gives each of several uses of a tensor a chip for what comes back."""
        self.snapshot, self.branches = snapshot, branches
        self.dissolved = _only_model(snapshot)
        self._collect()
        while on_cycles := {scope for cluster in self.by_path.values() for scope in cluster.on_cycles()}:
            self.dissolved |= on_cycles
            self._collect()

    def cluster_of(self, scope: int) -> Cluster | None:
        """Returns the cluster of a scope."""
        cluster = self.by_path.get(self.paths[scope])
        return cluster if cluster is not None and cluster.scope == scope else None

    def copy(self) -> Clusters:
        """Returns the same clusters, whose ports can be put in another order."""
        other = copy(self)
        other.by_path = {path: replace(cluster) for path, cluster in self.by_path.items()}
        return other

    @cached_property
    def learnt(self) -> dict[Path, Learnt]:
        """What is learnt in each cluster that has parameters."""
        found: dict[Path, Learnt] = {}
        for tensor in self.snapshot.tensors:
            if tensor.kind != "parameter" or tensor.scope is None:
                continue
            path = self.paths[tensor.scope]
            norm = 0.0 if tensor.gradient is None else norm_of(tensor.gradient)
            for depth in range(1, len(path) + 1):
                numbers, before, own = found.get(path[:depth], Learnt())
                own = (*own, tensor.id) if depth == len(path) else own
                found[path[:depth]] = Learnt(numbers + tensor.value.size, math.hypot(before, norm), own)
        return found

    # What stands where ------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        snapshot = self.snapshot
        self.paths: list[Path] = []
        for scope in snapshot.scopes:
            around = () if scope.parent is None else self.paths[scope.parent]
            self.paths.append(around if scope.id in self.dissolved else (*around, scope.id))
        self.by_path: dict[Path, Cluster] = {(): Cluster(())}
        self._boxes = [self._operation(node) for node in snapshot.nodes]
        for tensor in snapshot.tensors:
            self._tensor(tensor)

    def _path(self, scope: int | None) -> Path:
        return () if scope is None else self.paths[scope]

    def _cluster(self, path: Path) -> Cluster:
        known = len(path)
        while path[:known] not in self.by_path:
            known -= 1
        for depth in range(known + 1, len(path) + 1):
            around, scope = self.by_path[path[: depth - 1]], path[depth - 1]
            self.by_path[path[:depth]] = Cluster(path[:depth])
            around.inner[scope] = around.add("module", scope, EVEN)
        return self.by_path[path]

    def _operation(self, node: NodeRecord) -> int:
        path = self._path(node.scope)
        cluster = self._cluster(path)
        for depth in range(len(path) + 1):
            self.by_path[path[:depth]].operations += 1
        return cluster.add("node", node.id, EVEN)

    def _tensor(self, tensor: TensorRecord) -> None:
        snapshot = self.snapshot
        uses = [snapshot.edges[id] for id in tensor.edges]
        targets = [self._path(snapshot.nodes[edge.node].scope) for edge in uses]
        if tensor.id in snapshot.outputs:
            targets.append(())
        if tensor.node is None:
            home = () if tensor.scope is None else _common(targets)
            chip = self._cluster(home).add("tensor", tensor.id, FREE)
        else:
            # As near to what made it as any of its uses.
            source = self._path(snapshot.nodes[tensor.node].scope)
            home = source[: max((_common_depth(source, target) for target in targets), default=0)]
            cluster = self._cluster(home)
            chip = cluster.add("tensor", tensor.id, ODD)
            back = tensor.gradient is not None
            end = self._leave(tensor.id, source, self._boxes[tensor.node], home, back=back)
            cluster.lines.append(Line(tensor.id, end, chip, back))
        self._spread(tensor.id, home, chip, list(zip(uses, targets, strict=False)))

    def _leave(self, tensor: int, path: Path, end: int, until: Path, *, back: bool) -> int:
        """Leads a line from a box out to a cluster around it, and returns the box there at which it goes on."""
        while path != until:
            cluster = self.by_path[path]
            cluster.lines.append(Line(tensor, end, cluster.port(tensor, EXIT), back))
            end = self.by_path[path[:-1]].inner[path[-1]]
            path = path[:-1]
        return end

    def _spread(self, tensor: int, home: Path, end: int, uses: list[Use]) -> None:
        """Leads lines from a chip to all uses, first to those within its cluster, then to those outside."""
        several = len(uses) > 1
        path = home
        while uses:
            self._enter(tensor, path, end, [use for use in uses if use[1][: len(path)] == path], several=several)
            uses = [use for use in uses if use[1][: len(path)] != path]
            if uses:
                back = any(edge.contribution is not None for edge, _ in uses)
                end = self._leave(tensor, path, end, path[:-1], back=back)
                path = path[:-1]

    def _enter(self, tensor: int, path: Path, end: int, uses: list[Use], *, several: bool) -> None:
        """Leads lines from a box of a cluster to uses in it and in the clusters inside.

        Where several uses part, each has a chip for what comes back along it.
        """
        waiting = [(path, end, uses, several)]
        for path, end, uses, several in waiting:
            cluster = self.by_path[path]
            inside: dict[int, list[Use]] = {}
            for edge, target in uses:
                if target == path:
                    self._line(cluster, tensor, end, self._boxes[edge.node], edge, several=several)
                else:
                    inside.setdefault(target[len(path)], []).append((edge, target))
            direct = len(uses) - sum(map(len, inside.values()))
            parted = several and direct + len(inside) <= MOST_BRANCHES
            for scope, among in inside.items():
                box = cluster.inner[scope]
                alone = len(among) == 1 and parted
                if alone:
                    self._line(cluster, tensor, end, box, among[0][0], several=True)
                else:
                    back = any(edge.contribution is not None for edge, _ in among)
                    cluster.lines.append(Line(tensor, end, box, back))
                within = (*path, scope)
                waiting.append((within, self.by_path[within].port(tensor, ENTRY), among, several and not alone))

    def _line(self, cluster: Cluster, tensor: int, end: int, box: int, edge: EdgeRecord, *, several: bool) -> None:
        back = edge.contribution is not None
        if several and back and self.branches:
            branch = cluster.add("edge", edge.id, ODD)
            cluster.lines.append(Line(tensor, end, branch, True))
            end = branch
        cluster.lines.append(Line(tensor, end, box, back))


def _common_depth(one: Path, other: Path) -> int:
    """Returns how many scopes two paths begin with together."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _common(paths: Sequence[Path]) -> Path:
    """Returns what all paths begin with."""
    if not paths:
        return ()
    return paths[0][: min(_common_depth(paths[0], path) for path in paths)]


def _only_model(snapshot: Snapshot) -> set[int]:
    """Returns the scope of the only model, if everything is within it and it has no name."""
    used = {node.scope for node in snapshot.nodes}
    for scope in reversed(snapshot.scopes):
        if scope.id in used:
            used.add(scope.parent)
    modules = [scope for scope in snapshot.scopes if scope.kind not in FUNCTION_KINDS]
    roots = [scope for scope in modules if scope.parent is None and scope.id in used]
    return {roots[0].id} if len(roots) == 1 and not roots[0].name else set()
