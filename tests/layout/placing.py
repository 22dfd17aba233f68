"""Graphs of plain boxes in groups, laid out and composed as those of networks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

from edgewise.layout import Gaps, Point
from edgewise.layout.layered_graph import Edge
from edgewise.layout.layers import ENTRY, EVEN, EXIT, FREE, ODD
from edgewise.layout.layout import Layout
from edgewise.picture.cluster_layout import PlacedCluster, place_clusters
from edgewise.picture.clusters import WHOLE, Cluster, Line, Path
from edgewise.picture.compose import OUTSIDE, compose
from edgewise.picture.looks import NO_LOOK, Look

KINDS = {"operation": EVEN, "value": ODD, "source": FREE}
Role = Literal["operation", "value", "source"]


class Item(NamedTuple):
    """A box, the innermost group around it, and in which layers it may stand."""

    width: float
    height: float
    group: int | None = None
    role: Role = "operation"


class Link(NamedTuple):
    """A line between two items, and how far below their middles it leaves and arrives, where there are no groups."""

    source: int
    target: int
    source_port: float = 0.0
    target_port: float = 0.0


class Group(NamedTuple):
    """A group, the one around it, and how wide its title is."""

    parent: int | None = None
    title: str = ""


class Frame(NamedTuple):
    """The rectangle of a group."""

    group: int
    x: float
    y: float
    width: float
    height: float


@dataclass
class Placement:
    """Where everything is; the points of the line of each link."""

    x: list[float]
    y: list[float]
    routes: list[list[Point]]
    frames: list[Frame]
    width: float
    height: float
    bent: list[bool]


def layout(
    items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group] = (), gaps: Gaps | None = None
) -> Placement:
    """Places a graph in one row: without groups as one cluster, else composed of clusters."""
    if groups:
        return wrapped(items, links, groups, float("inf"))
    edges = list(dict.fromkeys(Edge(*link) for link in links))
    places = {edge: place for place, edge in enumerate(edges)}
    widths, heights = [item.width for item in items], [item.height for item in items]
    level = Layout(widths, heights, [KINDS[item.role] for item in items], edges, gaps or Gaps())
    tops = [y - item.height / 2 for y, item in zip(level.y, items, strict=True)]
    routes = [level.routes[places[Edge(*link)]] for link in links]
    return Placement(level.x, tops, routes, [], level.width, level.height, [False] * len(links))


def clusters_of(items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group]) -> dict[Path, Cluster]:
    """Collects clusters; groups that paths leave and enter again have none."""
    dissolved: set[int] = set()
    while True:
        found = _collected(items, links, groups, dissolved)
        on_cycles = {scope for cluster in found.values() for scope in cluster.on_cycles()}
        if not on_cycles:
            return found
        dissolved |= on_cycles


def _collected(
    items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group], dissolved: set[int]
) -> dict[Path, Cluster]:
    paths: list[Path] = []
    for index, group in enumerate(groups):
        around = () if group.parent is None else paths[group.parent]
        paths.append(around if index in dissolved else (*around, index))
    found: dict[Path, Cluster] = {(): Cluster(())}
    homes, boxes = [], []
    for index, item in enumerate(items):
        path = () if item.group is None else paths[item.group]
        for depth in range(1, len(path) + 1) if path not in found else ():
            if path[:depth] not in found:
                found[path[:depth]] = Cluster(path[:depth])
                around = found[path[: depth - 1]]
                around.inner[path[depth - 1]] = around.add("module", path[depth - 1], EVEN)
        homes.append(path)
        boxes.append(found[path].add("tensor" if item.role == "source" else "node", index, KINDS[item.role]))
    joined = set()

    def join(path: Path, tensor: int, source: int, target: int) -> None:
        if (path, tensor, source, target) not in joined:
            joined.add((path, tensor, source, target))
            found[path].lines.append(Line(tensor, source, target, True))

    for source, target, _, _ in links:
        here, there = homes[source], homes[target]
        start, end = boxes[source], boxes[target]
        while there[: len(here)] != here:
            join(here, source, start, found[here].port(source, EXIT))
            start, here = found[here[:-1]].inner[here[-1]], here[:-1]
        while there != here:
            join(there, source, found[there].port(source, ENTRY), end)
            end, there = found[there[:-1]].inner[there[-1]], there[:-1]
        join(here, source, start, end)
    return found


def placed_clusters(items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group]) -> dict[int, PlacedCluster]:
    """Lays out the clusters of a graph."""
    scopes = [SimpleNamespace(name="", kind=group.title) for group in groups]
    known: Any = SimpleNamespace(by_path=clusters_of(items, links, groups), snapshot=SimpleNamespace(scopes=scopes))

    def look(_: Cluster, kind: str, id: int) -> Look:
        if kind == "port":
            return NO_LOOK
        width, height = (60.0, 40.0) if kind == "module" else items[id][:2]
        return Look(id, width, height, height / 2)

    looks: Any = SimpleNamespace(look=look)
    return place_clusters(known, looks)


def wrapped(items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group], limit: float) -> Placement:
    """Places a graph with all groups open, in rows that are at most so wide."""
    placed = placed_clusters(items, links, groups)
    found = compose(placed, WHOLE, range(len(groups)), lambda _: NO_LOOK, limit)
    things = {int(thing.key.split()[1]): thing for thing in found.things}
    lines = {(int(line.source.split()[1]), int(line.target.split()[1])): line for line in found.lines}
    return Placement(
        [things[index].x - OUTSIDE for index in range(len(items))],
        [things[index].y - OUTSIDE for index in range(len(items))],
        [[(x - OUTSIDE, y - OUTSIDE) for x, y in lines[link[:2]].points] for link in links],
        [Frame(f.scope, f.x - OUTSIDE, f.y - OUTSIDE, f.width, f.height) for f in found.frames],
        found.width - 2 * OUTSIDE,
        found.height - 2 * OUTSIDE,
        [lines[link[:2]].bent for link in links],
    )
