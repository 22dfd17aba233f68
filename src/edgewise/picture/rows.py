"""Long pictures in rows, as text is in lines: what leads from one row to the next turns around between them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..layout import Frame, Group, Item, Placement, Point
from .breaks import (
    LANE,
    NAME_GAP,
    NEAR,
    TORN,
    TURN,
    Break,
    Span,
    Wire,
    best_places,
    chosen,
    clear_places,
    indent,
    spans_of,
)

ROW_GAP = 52.0
SEPARATOR = 7.0  # between names of lines that arrive together
AIR = 18.0  # between things above each other in a row, where what kept them apart is in other rows
TITLE = 24.0  # of a frame


class Leg(NamedTuple):
    """A part of a line that leads through several rows, and whether the line begins and ends with it.

    One that is `bent` has corners, and leads from a row to the next; any other is level at its points.
    """

    link: int
    row: int
    points: list[Point]
    bent: bool = False
    begins: bool = False
    ends: bool = False


class Named(NamedTuple):
    """The place of the names of what links carry, at the start of a row: the right end, and the height of the lines."""

    links: tuple[int, ...]
    x: float
    y: float


@dataclass(slots=True)
class Rows:
    """Where everything is, in rows.

    Attributes
    ----------
    routes:
        Of links within a row; the others' are empty, and in `legs`.
    turns:
        Links from row to row, each as the corners of one line, where what links are was not given.
    legs:
        The same in parts, which lines that run together have in common.
    names:
        What is to be written at the starts of rows.
    torn:
        Of each frame whether it comes from the row before, and whether it goes on in the next.
    """

    x: list[float]
    y: list[float]
    routes: list[list[Point]]
    frames: list[Frame]
    width: float
    height: float
    turns: dict[int, list[Point]] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    names: list[Named] = field(default_factory=list)
    torn: list[tuple[bool, bool]] = field(default_factory=list)


def in_rows(
    placed: Placement,
    items: Sequence[Item],
    width: float | None,
    wires: Sequence[Wire] = (),
    groups: Sequence[Group] = (),
) -> Rows:
    """As few rows as keep to a width, where that is possible, and these about equally wide.

    Given what links are, rows may start anywhere, also within frames; else only where a single line is cut, which is
    not led through columns of boxes.
    """
    if width is None or placed.width <= width:
        whole = Rows(placed.x, placed.y, placed.routes, placed.frames, placed.width, placed.height)
        whole.torn = [(False, False)] * len(placed.frames)
        return whole
    apart = not wires
    if wires:
        spans = spans_of(placed, items, groups)
        starts = chosen(best_places(placed, items, wires, spans, width), placed.width, width)
    else:
        spans = [Span(frame.x, frame.x, frame) for frame in placed.frames]
        starts = chosen(clear_places(placed, items), placed.width, width)
        wires = [Wire(index, -1, -1, 0.0, True) for index in range(len(placed.routes))]
    arranged = _Arranged(placed, items, wires, spans, starts)
    made = arranged.rows()
    if apart:
        made.turns = arranged.joined(made)
    return made


class _Piece(NamedTuple):
    """The part of a line in one row: which points of its route, whether it comes from before and whether it goes on."""

    link: int
    row: int
    place: int
    until: int
    comes: bool
    goes: bool


@dataclass(slots=True)
class _Crossing:
    """A line between two rows: the height at which it leaves one, and those at which it arrives in the other."""

    link: int
    leaves: float
    arrives: dict[float, None] = field(default_factory=dict)
    named: bool = False


class _Squeezed:
    """Heights, with less room between intervals that are used."""

    def __init__(self, used: list[tuple[float, float]]) -> None:
        self.starts: list[float] = []
        self.moved: list[float] = []
        bottom = -math.inf
        for start, end in sorted(used):
            if not self.starts or start > bottom + AIR:
                self.starts.append(start)
                self.moved.append(self.moved[-1] + AIR + bottom - start if self.moved else -start)
            bottom = max(bottom, end)
        self.height = bottom + self.moved[-1]

    def height_of(self, y: float) -> float:
        """Where a height is afterwards."""
        if len(self.moved) == 1:
            return y + self.moved[0]
        return y + self.moved[max(0, bisect_right(self.starts, y + 0.01) - 1)]


class _Arranged:
    """A placement in rows that start at given places."""

    def __init__(
        self,
        placed: Placement,
        items: Sequence[Item],
        wires: Sequence[Wire],
        spans: Sequence[Span],
        starts: list[Break],
    ) -> None:
        self.placed, self.items, self.wires, self.spans = placed, items, wires, spans
        self.starts = [start.at - 0.01 for start in starts]
        count = len(starts) + 1
        self.row = [self.row_of(x) for x in placed.x]
        self.left = [0.0, *(start.left for start in starts)]
        self.ends = [start.right for start in starts]
        self.right = [*self.ends, placed.width]
        self.parts = [(self.row_of(span.first), self.row_of(span.last)) for span in spans]
        # The lines that end in each row from others, what they are there, and what is cut after each row.
        self.pieces: list[_Piece] = []
        self.cuts: list[dict[tuple[Hashable, float], _Crossing]] = [{} for _ in range(count - 1)]
        self.level: list[tuple[int, int]] = []  # links within rows, and their rows
        for link, route in enumerate(placed.routes):
            self._follow(link, route)
        self.squeezed = self._squeezed(count)
        self.shift = [-left for left in self.left]
        self.down = [0.0] * count
        self.lower = [0.0] * count  # the bottom of each row
        # How far frames that go on reach beyond what is in each row and in the next.
        cut = {row for first, last in self.parts for row in range(first, last)}
        self.torn = [TORN if row in cut else 0.0 for row in range(count)]
        self._stack()

    def row_of(self, x: float) -> int:
        return bisect_right(self.starts, x)

    # Which lines are cut ---------------------------------------------------------------------------------------------

    def _follow(self, link: int, route: list[Point]) -> None:
        """A line through its rows, from the last one to where it runs together with one that was followed before."""
        wire = self.wires[link]
        first = self.row[wire.source] if wire.source >= 0 else self.row_of(route[0][0])
        last = self.row[wire.target] if wire.target >= 0 else self.row_of(route[-1][0])
        if first == last:
            self.level.append((link, first))
            return
        until = len(route)
        for row in range(last, first, -1):
            place = bisect_left(route, (self.starts[row - 1], -math.inf))
            self.pieces.append(_Piece(link, row, place, until, True, row < last))
            # Where it climbs between the rows it turns instead.
            until = bisect_right(route, (self.ends[row - 1] + 0.01, math.inf), 0, place)
            leaves, arrives = route[max(0, until - 1)], route[place]
            self.right[row - 1] = max(self.right[row - 1], leaves[0])
            key = (wire.run, round(leaves[1], 3))
            known = key in self.cuts[row - 1]
            crossing = self.cuts[row - 1].setdefault(key, _Crossing(link, leaves[1]))
            near = row == last and wire.named and route[-1][0] - self.left[row] < NEAR
            crossing.named |= wire.name > 0 and not near
            crossing.arrives[arrives[1]] = None
            if known:
                return
        self.pieces.append(_Piece(link, first, 0, until, False, True))

    # Heights ---------------------------------------------------------------------------------------------------------

    def _squeezed(self, count: int) -> list[_Squeezed]:
        """What was kept apart by things in other rows moves together."""
        used: list[list[tuple[float, float]]] = [[] for _ in range(count)]
        for row, y, item in zip(self.row, self.placed.y, self.items, strict=True):
            used[row].append((y, y + item.height))
        for (first, last), (_, _, frame) in zip(self.parts, self.spans, strict=True):
            for row in range(first, last + 1):
                used[row].append((frame.y, frame.y + TITLE))
                used[row].append((frame.y + frame.height - 2, frame.y + frame.height))
        for link, row in self.level:
            route = self.placed.routes[link]
            if len(route) > 2:  # The heights of the ends are those of boxes.
                used[row] += [(y - 4, y + 4) for _, y in route[1:-1]]
        for link, row, place, until, _, _ in self.pieces:
            used[row] += [(y - 4, y + 4) for _, y in self.placed.routes[link][place : max(1, until)]]
        for row, cuts in enumerate(self.cuts):
            for crossing in cuts.values():
                used[row].append((crossing.leaves - 4, crossing.leaves + 4))
                used[row + 1] += [(y - 4, y + 4) for y in crossing.arrives]
        return [_Squeezed(intervals) for intervals in used]

    def _stack(self) -> None:
        """Rows below each other, with room for the lines between them."""
        down = 0.0
        for row, squeezed in enumerate(self.squeezed):
            self.down[row] = down
            self.lower[row] = down + squeezed.height
            if row < len(self.cuts):
                cuts = self.cuts[row]
                lines = len({crossing.leaves for crossing in cuts.values()})
                widest = max(
                    (self.wires[crossing.link].name for crossing in cuts.values() if crossing.named), default=0
                )
                down = self.lower[row] + ROW_GAP + (lines - 1) * LANE
                self.shift[row + 1] += indent(lines, widest, torn=self.torn[row] > 0)

    def _names(self, row: int) -> dict[float, tuple[int, ...]]:
        """The links whose names are needed after a row, for each height at which they arrive in the next."""
        found: dict[float, tuple[int, ...]] = {}
        for crossing in self.cuts[row].values():
            if crossing.named:
                for height in crossing.arrives:
                    found[height] = (*found.get(height, ()), crossing.link)
        return found

    def _width(self, links: Sequence[int]) -> float:
        return sum(self.wires[link].name for link in links) + SEPARATOR * (len(links) - 1)

    def at(self, point: Point, row: int) -> Point:
        """A point in the picture."""
        return point[0] + self.shift[row], self.squeezed[row].height_of(point[1]) + self.down[row]

    def moved(self, points: Sequence[Point], row: int) -> list[Point]:
        """Points in the picture."""
        shift, down, height_of = self.shift[row], self.down[row], self.squeezed[row].height_of
        if len(points) == 2 and points[0][1] == points[1][1]:
            y = height_of(points[0][1]) + down
            return [(points[0][0] + shift, y), (points[1][0] + shift, y)]
        return [(x + shift, height_of(y) + down) for x, y in points]

    # The picture -----------------------------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """All of it."""
        placed = self.placed
        heights = [squeezed.height_of for squeezed in self.squeezed]
        xs = [x + self.shift[row] for x, row in zip(placed.x, self.row, strict=True)]
        ys = [heights[row](y) + self.down[row] for y, row in zip(placed.y, self.row, strict=True)]
        routes: list[list[Point]] = [[] for _ in placed.routes]
        for link, row in self.level:
            routes[link] = self.moved(placed.routes[link], row)
        made = Rows(xs, ys, routes, [], 0.0, self.lower[-1])
        self._frames(made)
        for row in range(len(self.cuts)):
            self._turns(row, made)
        for piece in self.pieces:
            self._leg(piece, made)
        ends = [right + shift for right, shift in zip(self.right, self.shift, strict=True)]
        ends += [frame.x + frame.width for frame in made.frames]
        # The nearest of lines that turn are in the margin.
        ends += [x - TURN for leg in made.legs if leg.bent for x, _ in leg.points]
        made.width = max(ends)
        return made

    def _frames(self, made: Rows) -> None:
        for (first, last), (_, _, frame) in zip(self.parts, self.spans, strict=True):
            for row in range(first, last + 1):
                start = frame.x if row == first else max(frame.x, self.left[row] - TORN)
                end = frame.x + frame.width
                if row < last:
                    end = min(end, self.right[row] + TORN)
                x, top = self.at((start, frame.y), row)
                _, bottom = self.at((end, frame.y + frame.height), row)
                made.frames.append(Frame(frame.group, x, top, end - start, bottom - top))
                made.torn.append((row > first, row < last))

    def _turns(self, row: int, made: Rows) -> None:
        """The lines from a row to the next: the topmost is the outermost on the right, the innermost on the left."""
        cuts = self.cuts[row].values()
        names = self._names(row)
        start = self.left[row + 1] + self.shift[row + 1] - self.torn[row]
        for height, links in names.items():
            made.names.append(Named(links, start - NAME_GAP, self.at((0.0, height), row + 1)[1]))
        heights = sorted({crossing.leaves for crossing in cuts})
        lanes = (len(heights) - 1) * LANE - TURN
        end = self.right[row] + self.shift[row] + self.torn[row]
        for crossing in cuts:
            place = heights.index(crossing.leaves)
            above = (len(heights) - 1 - place) * LANE
            _, leaves = self.at((0.0, crossing.leaves), row)
            right, left = end + TURN + above, lanes - place * LANE
            between = self.lower[row] + ROW_GAP / 2 + above
            for height in crossing.arrives:
                _, arrives = self.at((0.0, height), row + 1)
                until = start
                if height in names:
                    until = start - 1.5 * NAME_GAP - self._width(names[height])
                corners = [(right, leaves), (right, between), (left, between), (left, arrives)]
                made.legs.append(Leg(crossing.link, row, [(end, leaves), *corners, (until, arrives)], bent=True))

    def _leg(self, piece: _Piece, made: Rows) -> None:
        """A part of a line within a row."""
        link, row, place, until, comes, goes = piece
        route = self.placed.routes[link]
        points = self.moved(route[place : max(until, int(not comes))], row)
        if comes:
            _, y = self.at(route[place], row)
            start = self.left[row] + self.shift[row] - self.torn[row - 1]
            named = any(one.named and route[place][1] in one.arrives for one in self.cuts[row - 1].values())
            points.insert(0, (start - NAME_GAP / 2 if named else start, y))
        if goes:
            _, y = self.at(route[max(0, until - 1)], row)
            points.append((self.right[row] + self.shift[row] + self.torn[row], y))
        made.legs.append(Leg(link, row, points, begins=not comes, ends=not goes))

    def joined(self, made: Rows) -> dict[int, list[Point]]:
        """Lines from row to row as the corners of each, where every one has legs of its own."""
        found: dict[int, list[Point]] = {}
        for leg in sorted(made.legs, key=lambda leg: (leg.link, leg.row, leg.bent)):
            corners = found.setdefault(leg.link, [])
            for x, y in leg.points:
                if corners and not leg.bent and corners[-1][1] != y:
                    middle = (corners[-1][0] + x) / 2
                    corners += [(middle, corners[-1][1]), (middle, y)]
                if not corners or corners[-1] != (x, y):
                    corners.append((x, y))
        return found


def beside(corners: Sequence[Point], side: float) -> list[Point]:
    """The corners of a line of level and upright pieces that runs beside another, on its right if `side` is more."""
    moved = []
    for index, (x, y) in enumerate(corners):
        dx = dy = 0.0
        for a, b in ((index - 1, index), (index, index + 1)):
            if a < 0 or b >= len(corners):
                continue
            (ax, ay), (bx, by) = corners[a], corners[b]
            if ay == by:
                dy = side if bx > ax else -side
            else:
                dx = -side if by > ay else side
        moved.append((x + dx, y + dy))
    return moved
