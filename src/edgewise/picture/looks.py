"""What the things in clusters look like: chips of tensors and of their uses, operations, closed modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..capture.snapshot import EdgeRecord, TensorRecord
from ..graph.traits import MOVES
from .about import derivative_forms, shapes_given, short_name, update_form
from .boxes import module_box, operation_box
from .chips import Drawn, Scales, branch_chip, failure_chip, tensor_chip
from .clusters import Cluster, Clusters, Kind
from .scene import Rectangle


class Look(NamedTuple):
    """What a thing looks like: a number that stands for it, its size, and how far below its top lines arrive."""

    form: int
    width: float
    height: float
    port: float


NO_LOOK = Look(-1, 0.0, 0.0, 0.0)


class Looks:
    """Draws each thing around an origin at its top left corner.

    Attributes
    ----------
    drawn:
        All that was drawn; the numbers of looks are places in it.
    plain:
        Whether arrays are written as their norms, and chips have no formulas.
    """

    def __init__(self, clusters: Clusters, scales: Scales, *, plain: bool = False) -> None:
        self.clusters, self.snapshot = clusters, clusters.snapshot
        self.scales, self.plain = scales, plain
        self.learnt = clusters.learnt
        self.drawn: list[Drawn] = []

    def look(self, cluster: Cluster, kind: Kind, id: int) -> Look:
        """Returns the look of a thing that stands directly in a cluster."""
        if kind == "port":
            return NO_LOOK
        drawn = self.draw(cluster, kind, id)
        self.drawn.append(drawn)
        return Look(len(self.drawn) - 1, drawn.width, drawn.height, drawn.port)

    def draw(self, cluster: Cluster, kind: Kind, id: int) -> Drawn:
        """Draws a thing that stands directly in a cluster."""
        path = self.path_of(cluster)
        if kind == "node":
            return operation_box(self.snapshot.nodes[id])
        if kind == "module":
            return self._module(cluster, id)
        if kind == "edge":
            edge = self.snapshot.edges[id]
            return branch_chip(edge, self.scales, self.branch_footers(edge, path), self.branch_name(edge, path))
        tensor = self.snapshot.tensors[id]
        return self.tensor_chip(tensor, short_name(tensor.symbol, path), self.footers(tensor, path))

    def path_of(self, cluster: Cluster) -> str:
        """Returns the path of a cluster's module, which names within it are without."""
        return self.snapshot.scopes[cluster.scope].path if cluster.path else ""

    def footers(self, tensor: TensorRecord, path: str) -> Sequence[str]:
        """Returns ways to write the formula on a tensor's chip, the longest first."""
        footers = update_form(tensor, path)
        if footers or len(tensor.edges) != 1 or self.plain:
            return footers
        return self.branch_footers(self.snapshot.edges[tensor.edges[0]], path)

    def branch_footers(self, edge: EdgeRecord, path: str) -> Sequence[str]:
        """Returns the footers of the chip of one use."""
        return derivative_forms(self.snapshot, edge, path)

    def branch_name(self, edge: EdgeRecord, path: str) -> str:
        """Returns what the chip of one use is called."""
        return short_name(self.snapshot.tensors[edge.tensor].symbol, path)

    def is_summed(self, tensor: TensorRecord) -> bool:
        """Returns whether a tensor's gradient is a sum."""
        return sum(self.snapshot.edges[id].contribution is not None for id in tensor.edges) > 1

    def is_plain(self, tensor: TensorRecord) -> bool:
        """Returns whether a tensor's array needs no heat map."""
        return self.plain or (tensor.node is not None and self.snapshot.nodes[tensor.node].kind in MOVES)

    def tensor_chip(self, tensor: TensorRecord, name: str, footers: Sequence[str]) -> Drawn:
        """Draws the chip of a tensor, or why there is none."""
        maker = None if tensor.node is None else self.snapshot.nodes[tensor.node]
        if maker is not None and maker.failure:
            drawn = failure_chip(maker.failure, shapes_given(self.snapshot, maker))
        else:
            summed, plain = self.is_summed(tensor), self.is_plain(tensor)
            drawn = tensor_chip(tensor, name, self.scales, footers, summed=summed, plain=plain)
        if tensor.id in self.snapshot.outputs:
            outline = drawn.shapes[0]
            assert isinstance(outline, Rectangle)
            outline.role += " output"
        return drawn

    def _module(self, cluster: Cluster, scope: int) -> Drawn:
        inner = self.clusters.by_path[*cluster.path, scope]
        learnt = self.learnt.get(inner.path)
        tensors = self.snapshot.tensors
        return module_box(
            self.snapshot.scopes[scope],
            inner.operations,
            (learnt.numbers, learnt.norm) if learnt else (0, 0.0),
            [tensors[id].shape for id in inner.entries],
            [tensors[id].shape for id in inner.exits],
        )
