"""One level of a picture: the items and closed boxes directly within one group, and the lines between them."""

from __future__ import annotations

from .columns import ENTRY, EXIT, columns_of
from .geometry import Gaps, Point
from .grid import Edge, Grid
from .order import arrange
from .rows import heights_of

STEEP = 0.12  # A gap between columns is at least this share of the height that lines climb in it,
WIDEST = 3.0  # but no wider than this many ordinary gaps.


class Level:
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
        self.columns = columns_of(kinds, left, right)
        self.width = 0.0
        self.height = 0.0
        for number, (part, its_edges) in enumerate(_parts(len(widths), edges)):
            if number:
                self.height += gaps.part
            self._place(part, its_edges)
        self._reach_out()

    def _place(self, part: list[int], its_edges: list[int]) -> None:
        """Place one connected part below what there is."""
        node_of = {box: node for node, box in enumerate(part)}
        used = sorted({self.columns[box] for box in part})
        number = {column: at for at, column in enumerate(used)}
        column_of = [number[self.columns[box]] for box in part]
        edges = [
            edge._replace(source=node_of[edge.source], target=node_of[edge.target])
            for edge in (self.edges[index] for index in its_edges)
        ]
        doors = [node for node, box in enumerate(part) if self.kinds[box] == ENTRY]
        grid = Grid([self.heights[box] for box in part], column_of, edges, doors)
        arrange(grid)
        y = heights_of(grid, self.gaps.row, self.gaps.line)
        starts, ends = self._stretch(grid, part, y)
        for node, box in enumerate(part):
            column = column_of[node]
            self.x[box] = starts[column] + (ends[column] - starts[column] - self.widths[box]) / 2
            self.y[box] = self.height + y[node]
        for index, (node, other, _, _), bends in zip(its_edges, edges, grid.bends, strict=True):
            source, target, source_port, target_port = self.edges[index]
            level = self.y[source] + source_port
            points = [(self.x[source] + self.widths[source], level), (ends[column_of[node]], level)]
            for bend in bends:
                middle = self.height + y[bend]
                points += [(starts[grid.column[bend]], middle), (ends[grid.column[bend]], middle)]
            level = self.y[target] + target_port
            points += [(starts[column_of[other]], level), (self.x[target], level)]
            self.routes[index] = points
        self.width = max(self.width, ends[-1])
        self.height += max(middle + tall / 2 for middle, tall in zip(y, grid.height, strict=True))

    def _stretch(self, grid: Grid, part: list[int], y: list[float]) -> tuple[list[float], list[float]]:
        """Where each column begins and ends."""
        climbs = [0.0] * len(grid.columns)
        for source, target, source_port, target_port in grid.segments:
            climb = abs(y[source] + source_port - y[target] - target_port)
            column = grid.column[source]
            climbs[column] = max(climbs[column], climb)
        starts: list[float] = []
        ends: list[float] = []
        for at, nodes in enumerate(grid.columns):
            width = max(self.widths[part[node]] for node in nodes if node < grid.boxes)
            start = 0.0
            if at:
                gap = self.gaps.column
                least = gap if width and starts[-1] < ends[-1] else gap / 2  # beside entries and exits there is padding
                start = ends[-1] + min(max(least, STEEP * climbs[at - 1]), WIDEST * gap)
            starts.append(start)
            ends.append(start + width)
        return starts, ends

    def _reach_out(self) -> None:
        """Draw lines on to the right side where a part is narrower than the widest."""
        for box, kind in enumerate(self.kinds):
            if kind == EXIT:
                self.x[box] = self.width
        for edge, route in zip(self.edges, self.routes, strict=True):
            if self.kinds[edge.target] == EXIT:
                route.append((self.width, route[-1][1]))


def _parts(count: int, edges: list[Edge]) -> list[tuple[list[int], list[int]]]:
    """The connected parts in the order of their first boxes: the boxes and the edges of each, in order."""
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
