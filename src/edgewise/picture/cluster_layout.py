"""Clusters laid out: where the boxes, ports and lines of each are while all clusters inside it are closed."""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass

from ..layout import Gaps, Point
from ..layout.layered_graph import Edge
from ..layout.layers import ENTRY, EXIT
from ..layout.layout import Layout
from .boxes import module_title
from .clusters import WHOLE, Cluster, Clusters, Path
from .looks import Look, Looks
from .metrics import text_width

GAPS = Gaps(column=22, row=14)
PORT_GAP = 9.0  # between lines that arrive at a closed box
PORT_EDGE = 12.0  # from the top and the bottom of a closed box to the nearest line
WIDEST_TITLE = 240.0

Route = tuple[int, int, list[Point]]
"""A line: its source, its target and its points. Ports as ends count down from −1, from top to bottom."""


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """Where everything is in a cluster, around an origin at its top left corner.

    Attributes
    ----------
    x, y:
        The top left corners of things.
    gaps:
        For each module inside where the gap before its layer begins and ends, and where the gap after it does.
    entries, exits:
        The heights of ports, from top to bottom.
    routes:
        All lines.
    """

    width: float
    height: float
    x: list[float]
    y: list[float]
    gaps: list[tuple[float, ...]]
    entries: list[float]
    exits: list[float]
    routes: list[Route]


@dataclass(slots=True)
class PlacedCluster:
    """A cluster with its layout, as :func:`.compose.compose` takes it.

    Attributes
    ----------
    scope:
        Its number, −1 for the whole.
    things:
        The keys of what stands in it, such as ``"node 3"``.
    looks:
        What each looks like.
    entries, exits:
        Which tensors come in and go out, from top to bottom.
    tensors:
        Which tensor is on each line.
    back:
        Whether a gradient comes back along each line.
    title_width:
        How wide the frame's content is at least, so that its title has room.
    """

    scope: int
    layout: ClusterLayout
    things: list[str]
    looks: list[Look]
    entries: list[int]
    exits: list[int]
    tensors: list[int]
    back: list[bool]
    title_width: float


def place_clusters(clusters: Clusters, looks: Looks, wanted: Container[Path] | None = None) -> dict[int, PlacedCluster]:
    """Lays out each cluster, the inner ones first, and returns them by their scopes.

    Clusters that are alike share one layout. Given which are `wanted`, only these are laid out.
    """
    placing = _Placing(clusters, looks)
    found = {
        cluster.scope: placing.place(cluster)
        for cluster in reversed(clusters.by_path.values())
        if wanted is None or cluster.path in wanted
    }
    return dict(reversed(found.items()))


class _Placing:
    def __init__(self, clusters: Clusters, looks: Looks) -> None:
        self.clusters, self.looks = clusters, looks
        self.layouts: dict[Hashable, tuple[ClusterLayout, dict[int, list[int]]]] = {}

    def place(self, cluster: Cluster) -> PlacedCluster:
        """Lays out a cluster, and orders its ports from top to bottom; those inside it must have been."""
        looks = [self.looks.look(cluster, kind, id) for kind, id in cluster.boxes]
        ports = self._ports(cluster, looks)
        edges = []
        for tensor, source, target, _ in cluster.lines:
            ends = [
                ports.get((box, kind, tensor), looks[box].port - looks[box].height / 2)
                for box, kind in ((source, EXIT), (target, ENTRY))
            ]
            edges.append(Edge(source, target, *ends))
        inner = tuple(cluster.inner.values())
        sizes = tuple((look.width, look.height) for look in looks)
        key = (sizes, tuple(cluster.kinds), tuple(edges), inner)
        if key not in self.layouts:
            self.layouts[key] = _laid_out(sizes, cluster.kinds, edges, inner)
        layout, order = self.layouts[key]
        cluster.entries = {cluster.boxes[box][1]: box for box in order[ENTRY]}
        cluster.exits = {cluster.boxes[box][1]: box for box in order[EXIT]}
        things = [box for box, kind in enumerate(cluster.kinds) if kind < ENTRY]
        return PlacedCluster(
            cluster.scope,
            layout,
            ["{} {}".format(*cluster.boxes[box]) for box in things],
            [looks[box] for box in things],
            list(cluster.entries),
            list(cluster.exits),
            [line.tensor for line in cluster.lines],
            [line.back for line in cluster.lines],
            self._title_width(cluster),
        )

    def _ports(self, cluster: Cluster, looks: Sequence[Look]) -> dict[tuple[int, int, int], float]:
        """Returns where lines meet the closed boxes in a cluster: how far below the middle, by box, side and tensor."""
        found: dict[tuple[int, int, int], float] = {}
        for scope, box in cluster.inner.items():
            inside = self.clusters.by_path[*cluster.path, scope]
            _, _, height, port = looks[box]
            for kind, tensors in ((ENTRY, inside.entries), (EXIT, inside.exits)):
                gap = min(PORT_GAP, (height - 2 * PORT_EDGE) / max(1, len(tensors) - 1))
                for place, tensor in enumerate(tensors):
                    found[box, kind, tensor] = port - height / 2 + (place - (len(tensors) - 1) / 2) * gap
        return found

    def _title_width(self, cluster: Cluster) -> float:
        if cluster.scope == WHOLE:
            return 0.0
        title = module_title(self.clusters.snapshot.scopes[cluster.scope])
        return round(min(text_width(title, 11.5, bold=True), WIDEST_TITLE), 1)


def _laid_out(
    sizes: Sequence[tuple[float, float]], kinds: list[int], edges: list[Edge], inner: Sequence[int]
) -> tuple[ClusterLayout, dict[int, list[int]]]:
    """Returns a layout, and the ports of each side from top to bottom."""
    level = Layout([width for width, _ in sizes], [height for _, height in sizes], kinds, edges, GAPS)
    things = [box for box, kind in enumerate(kinds) if kind < ENTRY]
    number = {box: place for place, box in enumerate(things)}
    order = {
        kind: sorted((box for box, own in enumerate(kinds) if own == kind), key=level.y.__getitem__)
        for kind in (ENTRY, EXIT)
    }
    number |= {box: -1 - place for ports in order.values() for place, box in enumerate(ports)}
    layout = ClusterLayout(
        round(level.width, 1),
        round(level.height, 1),
        [round(level.x[box], 1) for box in things],
        [round(level.y[box] - sizes[box][1] / 2, 1) for box in things],
        _gaps(level, edges, inner),
        [round(level.y[box], 1) for box in order[ENTRY]],
        [round(level.y[box], 1) for box in order[EXIT]],
        [
            (number[edge.source], number[edge.target], [(round(x, 1), round(y, 1)) for x, y in route])
            for edge, route in zip(edges, level.routes, strict=True)
        ],
    )
    return layout, order


def _gaps(level: Layout, edges: list[Edge], boxes: Sequence[int]) -> list[tuple[float, ...]]:
    """Returns, for each of the boxes, where the gap before its layer begins and ends, and likewise the gap after it."""
    part = list(range(len(level.x)))

    def leader(box: int) -> int:
        while part[box] != box:
            part[box] = part[part[box]]
            box = part[box]
        return box

    for edge in edges:
        part[leader(edge.source)] = leader(edge.target)
    spans: dict[int, dict[int, tuple[float, float]]] = {}
    for box, (x, wide, column) in enumerate(zip(level.x, level.widths, level.columns, strict=True)):
        columns = spans.setdefault(leader(box), {})
        # Exits stand at the right side, also where their part of the cluster is narrower.
        left, right = columns.get(column, (x, x + wide))
        columns[column] = (min(left, x), max(right, x + wide))
    beside: dict[int, dict[int, tuple[float, ...]]] = {}
    for part_of, columns in spans.items():
        order = sorted(columns)
        ends = [columns[order[0]][0], *(columns[column][1] for column in order)]
        starts = [*(columns[column][0] for column in order), columns[order[-1]][1]]
        beside[part_of] = {
            column: (ends[place], *columns[column], starts[place + 1]) for place, column in enumerate(order)
        }
    return [tuple(round(at, 1) for at in beside[leader(box)][level.columns[box]]) for box in boxes]
