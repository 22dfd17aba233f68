"""One level of a picture: the items and closed boxes directly within one group, and the lines between them."""

from __future__ import annotations

from typing import NamedTuple

from .lanes import Lanes
from .layered_graph import Edge, LayeredGraph
from .layers import ENTRY, EXIT, FREE, layers_of
from .order import order_layers
from .y_positions import y_positions

STEEP = 0.12  # A gap between columns is at least this share of the height that lines climb in it,
WIDEST = 3.0  # but no wider than this many ordinary gaps.
FLAT = 1e-7


class Layout:
    """Boxes and edges, placed.

    Attributes
    ----------
    x:
        Left side of each box.
    y:
        Middle of each box.
    routes:
        For each edge the points of its line.
    width, height:
        Of the whole; entries stand at x = 0 and exits at x = width.
    """

    def __init__(
        self, widths: list[float], heights: list[float], kinds: list[int], edges: list[Edge], gaps: Gaps
    ) -> None:
        self.widths = widths
        self.heights = heights
        self.kinds = kinds
        self.edges = edges
        self.gaps = gaps
        self.x = [0.0] * len(widths)
        self.y = [0.0] * len(widths)
        self.routes: list[list[Point]] = [[] for _ in edges]
        left: list[list[int]] = [[] for _ in widths]
        right: list[list[int]] = [[] for _ in widths]
        for edge in edges:
            right[edge.source].append(edge.target)
            left[edge.target].append(edge.source)
        self.columns = layers_of(kinds, left, right)
        self.width = 0.0
        self.height = 0.0
        for number, (part, its_edges) in enumerate(_parts(len(widths), edges)):
            if number:
                self.height += gaps.part
            self._place(part, its_edges)
        self._reach_out()

    def _place(self, part: list[int], its_edges: list[int]) -> None:
        """Places one connected part below what there is."""
        used = sorted({self.columns[box] for box in part})
        number = {column: at for at, column in enumerate(used)}
        column_of = [number[self.columns[box]] for box in part]
        edges = self.edges
        if len(part) < len(self.widths):
            node_of = {box: node for node, box in enumerate(part)}
            edges = [
                Edge(node_of[source], node_of[target], source_port, target_port)
                for source, target, source_port, target_port in (self.edges[index] for index in its_edges)
            ]
        ports = [node for node, box in enumerate(part) if self.kinds[box] == ENTRY]
        lanes = Lanes(column_of, edges)
        led = [edge for edge, lane in zip(edges, lanes.lane, strict=True) if lane < 0]
        graph = LayeredGraph([self.heights[box] for box in part], column_of, led, ports)
        order_layers(graph)
        y = y_positions(graph, self.gaps.row, self.gaps.line)
        bottom = max(middle + tall / 2 for middle, tall in zip(y, graph.height, strict=True))
        low = [bottom + (lane + 1) * self.gaps.line for lane in lanes.lane]
        lowered = [(edge, level) for edge, lane, level in zip(edges, lanes.lane, low, strict=True) if lane >= 0]
        starts, ends = self._stretch([self.widths[box] for box in part], column_of, _climbs(graph, y, lowered))
        for node, box in enumerate(part):
            column = column_of[node]
            room = ends[column] - starts[column] - self.widths[box]
            # In a column that an open group makes wide, sources stay near their consumers.
            self.x[box] = starts[column] + (room if self.kinds[box] == FREE and room > self.gaps.column else room / 2)
            self.y[box] = self.height + y[node]
        trunks: dict[int, _Trunk] = {}
        bends = iter(graph.bends)
        for index, edge, lane, level in zip(its_edges, edges, lanes.lane, low, strict=True):
            source, target = part[edge.source], part[edge.target]
            middle = self.y[source] + edge.source_port
            points = [(self.x[source] + self.widths[source], middle), (ends[column_of[edge.source]], middle)]
            if lane >= 0:
                points.append((starts[column_of[edge.source] + 1], self.height + level))
                points.append((ends[column_of[edge.target] - 1], self.height + level))
                points = _Trunk(points).points_until(1)
            else:
                trunk, count = next(bends)
                if trunk not in trunks:
                    for bend in graph.trunks[trunk]:
                        points.append((starts[graph.column[bend]], self.height + y[bend]))
                        points.append((ends[graph.column[bend]], self.height + y[bend]))
                    trunks[trunk] = _Trunk(points)
                points = trunks[trunk].points_until(count)
            middle = self.y[target] + edge.target_port
            lead(points, starts[column_of[edge.target]], middle)
            lead(points, self.x[target], middle)
            self.routes[index] = points
        self.width = max(self.width, ends[-1])
        self.height += bottom + lanes.count * self.gaps.line

    def _stretch(
        self, widths: list[float], column_of: list[int], climbs: list[float]
    ) -> tuple[list[float], list[float]]:
        """Computes where each column begins and ends."""
        widest = [0.0] * len(climbs)
        for width, column in zip(widths, column_of, strict=True):
            widest[column] = max(widest[column], width)
        starts: list[float] = []
        ends: list[float] = []
        for at, width in enumerate(widest):
            start = 0.0
            if at:
                gap = self.gaps.column
                if width and widest[at - 1]:
                    least = gap
                else:  # Beside entries and exits there is padding.
                    least = gap / 2 if climbs[at - 1] > FLAT else 0.0
                start = ends[-1] + min(max(least, STEEP * climbs[at - 1]), WIDEST * gap)
            starts.append(start)
            ends.append(start + width)
        return starts, ends

    def _reach_out(self) -> None:
        """Draws lines on to the right side where a part is narrower than the widest."""
        for box, kind in enumerate(self.kinds):
            if kind == EXIT:
                self.x[box] = self.width
        for edge, route in zip(self.edges, self.routes, strict=True):
            if self.kinds[edge.target] == EXIT:
                lead(route, self.width, route[-1][1])


class _Trunk:
    """A line from a box through bends, of which links to several boxes leave it.

    It is made of two points beside the box and two at each bend. As it is often level, and links through a thousand
    bends are many, each link is given only those points that a line needs.
    """

    def __init__(self, points: list[Point]) -> None:
        self._line: list[Point] = []
        self._ends: list[tuple[int, Point]] = []
        for place, (x, y) in enumerate(points):
            lead(self._line, x, y)
            if place % 2:
                self._ends.append((len(self._line) - 1, self._line[-1]))

    def points_until(self, bends: int) -> list[Point]:
        """Returns the line's points up to the end of so many bends."""
        count, last = self._ends[bends]
        return [*self._line[:count], last]


def _climbs(graph: LayeredGraph, y: list[float], lowered: list[tuple[Edge, float]]) -> list[float]:
    """Returns how high lines climb behind each column. `lowered` are those that run below, and how low."""
    climbs = [0.0] * len(graph.columns)
    for source, target, source_port, target_port in graph.segments:
        column = graph.column[source]
        climb = abs(y[target] + target_port - (y[source] + source_port))
        if climb > climbs[column]:
            climbs[column] = climb
    for (source, target, source_port, target_port), level in lowered:
        column = graph.column[source]
        climbs[column] = max(climbs[column], abs(level - (y[source] + source_port)))
        column = graph.column[target] - 1
        climbs[column] = max(climbs[column], abs(y[target] + target_port - level))
    return climbs


def _parts(count: int, edges: list[Edge]) -> list[tuple[list[int], list[int]]]:
    """Returns the boxes and the edges of each connected part, in the order of the parts' first boxes."""
    leader = list(range(count))

    def find(box: int) -> int:
        while leader[box] != box:
            leader[box] = leader[leader[box]]
            box = leader[box]
        return box

    for source, target, _, _ in edges:
        one, other = find(source), find(target)
        if one != other:
            leader[max(one, other)] = min(one, other)
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for box in range(count):
        parts.setdefault(find(box), ([], []))[0].append(box)
    for index, edge in enumerate(edges):
        parts[find(edge.source)][1].append(index)
    return list(parts.values())


Point = tuple[float, float]

ROUNDING = 1e-6  # Points closer than this are one.


class Gaps(NamedTuple):
    """Distances to keep.

    Attributes
    ----------
    column:
        Between columns; where lines climb steeply up to three times as much.
    row:
        Between items above each other.
    line:
        Between a line and an item or another line beside it.
    part:
        Between parts of the picture that no link joins.
    """

    column: float = 24.0
    row: float = 14.0
    line: float = 10.0
    part: float = 28.0


def lead(points: list[Point], x: float, y: float) -> None:
    """Leads a line on to a point further right, without points in the middle of level stretches.

    All but the last point of a line remain as they are when it is led on.
    """
    if points:
        last_x, last_y = points[-1]
        if abs(last_y - y) < ROUNDING:
            if x - last_x < ROUNDING:
                return
            y = last_y
            if len(points) > 1 and points[-2][1] == y:
                points[-1] = (x, y)
                return
    points.append((x, y))
