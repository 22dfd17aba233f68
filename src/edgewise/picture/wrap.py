"""Wide clusters in rows, as text is in lines.

A row begins where few lines cross a gap between things. These lines turn around and come in from the left again, where
a still picture has their names. A page wraps its pictures by ``page/js/wrap.js``, which mirrors this file function by
function.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..layout import Point
from .arrangement import Content, PlacedFrame, PlacedLine, PlacedName, PlacedThing, Solid

TURNING = 13.0  # how far beside a row the nearest line turns
LANE_GAP = 9.0  # between lines that turn
ROW_GAP = 52.0
AIR = 18.0  # between what is above each other in a row
NAME_GAP = 8.0  # beside names of lines
SEPARATOR = 7.0  # between names of lines that arrive together
EVEN_WITH = 0.01
# At most so many lines are led from a row to the next.
MOST_LINES = 16
# Rows may take this many times the room of one; in more, lines that turn would be most of the picture.
MOST_ROOM = 2
# Weighed against one row more: the square of how many lines are cut, and that of the share of a row left empty.
COST_OF_LINES = 0.03
COST_OF_ROOM = 0.7
NEAR = 70.0  # A line that ends so near to the start of a row needs no name where it ends at a chip that has it.

NameWidth = Callable[[PlacedLine], float]
"""How wide the name is that a line has where a row starts, 0 if it needs none."""


class Break(NamedTuple):
    """Where a row begins, where the one before ends, how many lines are cut, and what room their names take."""

    left: float
    right: float
    lines: int
    names: float


class Cut(NamedTuple):
    """Where a line leaves a row: at which height, and at which it arrives in the next."""

    row: int
    leaves: float
    arrives: float


class Trunk(NamedTuple):
    """For a line the longest one that leaves the same place, and how far to the right both run together."""

    line: int
    parting: float


def wrap(content: Content, solids: Sequence[Solid], limit: float, name_width: NameWidth | None = None) -> Content:
    """Returns a cluster's content in rows that are at most `limit` wide, if there are good places to break."""
    if content.width <= limit:
        return content
    lines = content.lines
    trunks = find_trunks(lines)
    found = find_breaks(lines, solids, trunks, name_width)
    breaks = choose_breaks(found, content.width, limit)
    if not breaks:
        return content
    cuts, shared = find_cuts(lines, breaks, trunks)
    rows = stack_rows(content, solids, breaks, cuts, shared)
    height = rows.lower[-1] + max(0.0, content.height - max(solid.bottom for solid in solids))
    if rows.width * height > MOST_ROOM * content.width * content.height:
        return content
    lead_lines(lines, cuts, shared, trunks, rows)
    parts: list[PlacedThing | PlacedFrame | PlacedName] = [*content.things, *content.frames, *content.names]
    for part in parts:
        part.x, part.y = rows.moved_point((part.x, part.y), rows.row_of(part.x))
    names = [] if name_width is None else name_lines(lines, cuts, shared, rows, name_width)
    return Content(
        rows.width,
        height,
        content.things,
        lines,
        content.frames,
        {tensor: rows.high(y, 0) for tensor, y in content.entries.items()},
        {tensor: rows.high(y, len(breaks)) for tensor, y in content.exits.items()},
        [*content.names, *names],
    )


def find_trunks(lines: Sequence[PlacedLine]) -> list[Trunk]:
    """Returns for each line its trunk; that of the longest is itself."""
    found = [Trunk(index, -math.inf) for index in range(len(lines))]
    groups: dict[tuple[str | None, int], list[int]] = {}
    for index, line in enumerate(lines):
        groups.setdefault((line.source, line.tensor), []).append(index)
    for members in groups.values():
        longest = max(members, key=lambda index: lines[index].points[-1][0])
        for index in members:
            if index != longest:
                found[index] = Trunk(longest, parting_of(lines[index].points, lines[longest].points))
    return found


def parting_of(points: Sequence[Point], others: Sequence[Point]) -> float:
    """Returns how far to the right two lines run together that begin at the same point."""
    least, most = 0, min(len(points), len(others)) - 1
    while least < most:  # up to `least` they have the same points
        middle = (least + most + 1) // 2
        if points[middle] == others[middle]:
            least = middle
        else:
            most = middle - 1
    if least + 1 == len(points) or least + 1 == len(others):
        return points[least][0]
    (_, y), (x, after), (other_x, other_after) = points[least], points[least + 1], others[least + 1]
    return min(x, other_x) if y == after == other_after else points[least][0]


def find_breaks(
    lines: Sequence[PlacedLine], solids: Sequence[Solid], trunks: Sequence[Trunk], name_width: NameWidth | None
) -> list[Break]:
    """Returns the gaps between things that few lines cross, from left to right."""
    coming = []
    for line, trunk in zip(lines, trunks, strict=True):
        start = -math.inf if line.source is None else line.points[0][0]
        end = math.inf if line.target is None else line.points[-1][0]
        coming.append((max(start, trunk.parting), end, line))
    coming.sort(key=lambda one: one[0])
    found: list[Break] = []
    active: list[tuple[float, float, PlacedLine]] = []
    following = 0
    reach = -math.inf
    for solid in sorted(solids, key=lambda solid: solid.left):
        if solid.left > reach + 1 and reach > -math.inf:
            middle = (solid.left + reach) / 2
            while following < len(coming) and coming[following][0] < middle:
                active.append(coming[following])
                following += 1
            active = [one for one in active if one[1] > middle]
            heights = {height_at(line.points, reach) for _, _, line in active}
            if heights and len(heights) <= MOST_LINES:
                names = names_room([line for _, _, line in active], solid.left, name_width) if name_width else 0.0
                found.append(Break(solid.left, reach, len(heights), names))
        reach = max(reach, solid.right)
    return found


def names_room(lines: Sequence[PlacedLine], left: float, name_width: NameWidth) -> float:
    """Returns what room the names of lines take before a row that begins at `left`."""
    widths: dict[float, dict[int, float]] = {}
    for line in lines:
        if width := name_width(line):
            widths.setdefault(arrival(line.points, left), {})[line.tensor] = width
    return max((joined_width(together.values()) + 2 * NAME_GAP for together in widths.values()), default=0.0)


def joined_width(widths: Collection[float]) -> float:
    """Returns the width of names of so many widths with what stands between them."""
    return sum(widths) + SEPARATOR * (len(widths) - 1)


def choose_breaks(gaps: Sequence[Break], total: float, limit: float) -> list[Break]:
    """Returns those of the gaps that make few rows which keep to the limit, if they can."""
    places = [Break(0.0, 0.0, 0, 0.0), *gaps, Break(math.inf, total, 0, 0.0)]
    least = [0.0]
    before = [0]
    for index in range(1, len(places)):
        _, right, lines, _ = places[index]
        best, chosen = math.inf, index - 1
        for other in range(index - 1, -1, -1):
            left, _, others, names = places[other]
            empty = limit - (right - left + turning_room(others) + names + turning_room(lines))
            if empty < 0 and other < index - 1:
                break
            cost = least[other] + 1 + COST_OF_ROOM * (empty / limit) ** 2
            if cost < best:
                best, chosen = cost, other
        least.append(best + COST_OF_LINES * lines**2)
        before.append(chosen)
    found = []
    at = before[-1]
    while at:
        found.append(places[at])
        at = before[at]
    return found[::-1]


def turning_room(lines: int) -> float:
    """Returns what room lines that turn take beside a row."""
    return TURNING + (lines - 1) * LANE_GAP if lines else 0.0


def find_cuts(
    lines: Sequence[PlacedLine], breaks: Sequence[Break], trunks: Sequence[Trunk]
) -> tuple[list[list[Cut]], list[int]]:
    """Returns where each line is cut, and at how many of its first cuts it still is one with its trunk."""
    starts = [one.left for one in breaks]
    cuts = []
    for line in lines:
        first = 0 if line.source is None else bisect_right(starts, line.points[0][0] + EVEN_WITH)
        last = len(breaks) if line.target is None else bisect_right(starts, line.points[-1][0] + EVEN_WITH)
        cuts.append((first, last))
    found: list[list[Cut]] = [[] for _ in lines]
    shared = [0] * len(lines)
    for index in trunks_first(trunks):
        first, last = cuts[index]
        trunk, parting = trunks[index]
        if trunk != index:
            together = min(bisect_right(starts, parting), last) - first
            shared[index] = max(0, min(together, len(found[trunk])))
            found[index] = found[trunk][: shared[index]]
        points = lines[index].points
        for row in range(first + shared[index], last):
            left, right, _, _ = breaks[row]
            leaves = math.floor(height_at(points, right) * 10 + 0.5) / 10
            found[index].append(Cut(row, leaves, arrival(points, left)))
    return found, shared


def trunks_first(trunks: Sequence[Trunk]) -> list[int]:
    """Returns the lines, trunks before those that leave them."""
    return sorted(range(len(trunks)), key=lambda index: trunks[index].line != index)


def place_after(points: Sequence[Point], x: float) -> int:
    """Returns the place of the first point to the right of x, where no thing is: all points before it are left of x."""
    return bisect_right(points, x, key=lambda point: point[0])


def arrival(points: Sequence[Point], left: float) -> float:
    """Returns the height at which a line arrives where a row begins."""
    return points[min(place_after(points, left - EVEN_WITH), len(points) - 1)][1]


def height_at(points: Sequence[Point], x: float) -> float:
    """Returns the height of a line where a row ends."""
    return points[max(0, place_after(points, x + EVEN_WITH) - 1)][1]


@dataclass
class Rows:
    """Rows below each other.

    Attributes
    ----------
    starts:
        Where each row but the first begins before it is moved.
    across:
        How far each is moved to the right.
    ends, begins:
        The right end of each row but the last, and where the things of the one after it begin, once moved.
    lanes:
        For each row but the last the heights at which lines leave it, from top to bottom, with their numbers.
    names:
        And the room of names before the one after it.
    lower:
        The lower end of each.
    squeezed:
        For each where its parts begin, how far these are moved, and where it begins itself.
    """

    starts: list[float]
    across: list[float]
    ends: list[float]
    begins: list[float]
    lanes: list[dict[float, int]]
    names: list[float]
    width: float
    lower: list[float]
    squeezed: list[tuple[list[float], list[float], float]]

    def row_of(self, x: float) -> int:
        """Returns the row of what begins at x."""
        return bisect_right(self.starts, x + EVEN_WITH)

    def high(self, y: float, row: int) -> float:
        """Returns where a height of a row comes to be."""
        starts, shifts, top = self.squeezed[row]
        return y + shifts[max(0, bisect_right(starts, y + EVEN_WITH) - 1)] + top

    def moved_point(self, point: Point, row: int) -> Point:
        """Returns where a point of a row comes to be."""
        return point[0] + self.across[row], self.high(point[1], row)


def stack_rows(
    content: Content, solids: Sequence[Solid], breaks: Sequence[Break], cuts: Sequence[list[Cut]], shared: Sequence[int]
) -> Rows:
    """Returns rows below each other. In each what was kept apart by things of other rows moves together."""
    starts = [one.left for one in breaks]
    heights: list[set[float]] = [set() for _ in breaks]
    used: list[list[tuple[float, float]]] = [[] for _ in range(len(breaks) + 1)]
    for solid in solids:
        used[bisect_right(starts, solid.left + EVEN_WITH)].append((solid.top, solid.bottom))
    for line, own, common in zip(content.lines, cuts, shared, strict=True):
        for x, y in line.points if own else line.points[1:-1]:
            used[bisect_right(starts, x + EVEN_WITH)].append((y - 4, y + 4))
        for row, leaves, arrives in own[common:]:
            heights[row].add(leaves)
            used[row].append((leaves - 4, leaves + 4))
            used[row + 1].append((arrives - 4, arrives + 4))
    used[0] += [(y - 4, y + 4) for y in content.entries.values()]
    used[-1] += [(y - 4, y + 4) for y in content.exits.values()]
    lanes = [{height: lane for lane, height in enumerate(sorted(found))} for found in heights]
    beside = [turning_room(len(found)) for found in lanes]
    across = [0.0] + [beside[row] + one.names - one.left for row, one in enumerate(breaks)]
    ends = [one.right + across[row] for row, one in enumerate(breaks)]
    width = max(content.width + across[-1], *(end + own for end, own in zip(ends, beside, strict=True)))
    at = min(solid.top for solid in solids)
    lower, squeezed = [], []
    for row, intervals in enumerate(used):
        begins, shifts, height = squeeze(intervals)
        squeezed.append((begins, shifts, at))
        lower.append(at + height)
        if row < len(lanes):
            at += height + ROW_GAP + (len(lanes[row]) - 1) * LANE_GAP
    begins = [one.left + across[row + 1] for row, one in enumerate(breaks)]
    return Rows(starts, across, ends, begins, lanes, [one.names for one in breaks], width, lower, squeezed)


def squeeze(used: list[tuple[float, float]]) -> tuple[list[float], list[float], float]:
    """Returns heights from 0 on, with no more than some air between intervals that are used: where parts begin, how far
    each is moved, and how high all is.
    """
    starts: list[float] = []
    shifts: list[float] = []
    bottom = -math.inf
    for start, end in sorted(used, key=lambda interval: interval[0]):
        if not starts or start > bottom + AIR:
            shifts.append(shifts[-1] + AIR + bottom - start if starts else -start)
            starts.append(start)
        bottom = max(bottom, end)
    return starts, shifts, bottom + shifts[-1]


def lead_lines(
    lines: Sequence[PlacedLine], cuts: Sequence[list[Cut]], shared: Sequence[int], trunks: Sequence[Trunk], rows: Rows
) -> None:
    """Leads all lines through the rows."""
    turned: dict[int, list[tuple[int, int]]] = {}  # for each trunk after each cut its corners and its points so far
    given = [line.points for line in lines]
    for index in trunks_first(trunks):
        line = lines[index]
        if not cuts[index]:
            row = len(rows.lanes) if line.target is None else rows.row_of(line.points[0][0])
            line.points = [rows.moved_point(point, row) for point in line.points]
        else:
            corners: list[Point] = []
            after: list[tuple[int, int]] = []
            if shared[index]:
                trunk = trunks[index].line
                after = turned[trunk][: shared[index]]
                corners = lines[trunk].points[: after[-1][0]]
            line.shared = len(corners)
            line.points = turn(given[index], cuts[index], rows, corners, after)
            line.bent = True
            turned[index] = after
        if line.target is None:
            x, y = line.points[-1]
            # What stands at the border has a line of no length.
            if len(line.points) > 1:
                line.points.pop()
            if x < rows.width:
                line.points.append((rows.width, y))


def turn(
    points: Sequence[Point], cuts: Sequence[Cut], rows: Rows, corners: list[Point], after: list[tuple[int, int]]
) -> list[Point]:
    """Leads a line through several rows, and returns the corners of its level and upright pieces.

    It goes on from `corners`, where it leaves its trunk; `after` has how many corners and points there were after each
    cut until then, and gets those of the others.
    """
    following = after[-1][1] if after else 0
    for row, leaves, arrives in cuts[len(after) :]:
        end, start = rows.ends[row] - rows.across[row], rows.begins[row] - rows.across[row + 1]
        while following < len(points) and points[following][0] <= end + EVEN_WITH:
            add_corner(corners, rows.moved_point(points[following], row))
            following += 1
        while following < len(points) and points[following][0] < start - EVEN_WITH:
            following += 1
        lane = rows.lanes[row][leaves]
        above = (len(rows.lanes[row]) - 1 - lane) * LANE_GAP
        right = rows.ends[row] + TURNING + above
        left = rows.begins[row] - TURNING - rows.names[row] - lane * LANE_GAP
        between = rows.lower[row] + ROW_GAP / 2 + above
        leaving, arriving = rows.high(leaves, row), rows.high(arrives, row + 1)
        if not corners:
            corners.append((rows.ends[row], leaving))
        add_corner(corners, (right, leaving))
        corners += [(right, between), (left, between), (left, arriving)]
        after.append((len(corners), following))
    row = cuts[-1].row + 1
    if following >= len(points):
        add_corner(corners, (rows.begins[row - 1], rows.high(cuts[-1].arrives, row)))
    for point in points[following:]:
        add_corner(corners, rows.moved_point(point, row))
    return corners


def name_lines(
    lines: Sequence[PlacedLine], cuts: Sequence[list[Cut]], shared: Sequence[int], rows: Rows, name_width: NameWidth
) -> list[PlacedName]:
    """Returns the names of lines where rows start, each once."""
    found: dict[tuple[int, float], tuple[float, dict[int, float]]] = {}
    for line, own, common in zip(lines, cuts, shared, strict=True):
        width = name_width(line)
        for row, _, arrives in own[common:] if width else ():
            start = rows.begins[row]
            is_near = row == own[-1].row and line.points[-1][0] - start < NEAR
            if is_near and line.target is not None and line.target.startswith("edge"):
                continue
            height = rows.high(arrives, row + 1)
            found.setdefault((row, height), (start - NAME_GAP, {}))[1][line.tensor] = width
    return [
        PlacedName(list(widths), x, height, joined_width(widths.values())) for (_, height), (x, widths) in found.items()
    ]


def corners_of(points: Sequence[Point]) -> list[Point]:
    """Returns the corners of level and upright pieces through some points."""
    corners: list[Point] = []
    for point in points:
        add_corner(corners, point)
    return corners


def add_corner(corners: list[Point], point: Point) -> None:
    """Leads level and upright pieces on to a point."""
    x, y = point
    if corners:
        before_x, before_y = corners[-1]
        if abs(before_y - y) > EVEN_WITH and abs(before_x - x) > EVEN_WITH:
            middle = (before_x + x) / 2
            corners += [(middle, before_y), (middle, y)]
    if not corners or corners[-1] != point:
        corners.append(point)
