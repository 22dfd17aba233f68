"""Long pictures broken into rows, as text is into lines: where only one edge is cut, and that edge is led back."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..layout import Frame, Item, Placement, Point

ROW_GAP = 52.0
TURN = 13.0  # how far beside a row the edge to the next one turns


@dataclass(slots=True)
class Rows:
    """Where everything is, in rows. `turns` are the corners of the lines that lead from one row to the next."""

    x: list[float]
    y: list[float]
    routes: list[list[Point]]
    frames: list[Frame]
    width: float
    height: float
    turns: dict[int, list[Point]] = field(default_factory=dict)


def in_rows(placed: Placement, items: Sequence[Item], width: float | None) -> Rows:
    """As few rows as keep to a width, where that is possible, and these about equally wide."""
    whole = Rows(placed.x, placed.y, placed.routes, placed.frames, placed.width, placed.height)
    if width is None or placed.width <= width:
        return whole
    places = _cuts(placed, items)
    rows = _broken(places, placed.width, width)
    # What can't be broken may be wider, and makes room for the others.
    rows = _broken(places, placed.width, max(width, *(end - start for start, end in rows)))
    if len(rows) == 1:
        return whole
    # The least width with which there are no more rows.
    least, most = placed.width / len(rows), max(end - start for start, end in rows)
    while most - least > 1:
        middle = (least + most) / 2
        tried = _broken(places, placed.width, middle)
        if len(tried) <= len(rows) and max(end - start for start, end in tried) <= middle:
            rows, most = tried, middle
        else:
            least = middle
    return _arranged(placed, items, rows)


def _cuts(placed: Placement, items: Sequence[Item]) -> list[tuple[float, float]]:
    """Gaps that one line crosses and nothing else: the end of a row, and the start of the next."""
    solid = sorted(
        [(x, x + item.width) for x, item in zip(placed.x, items, strict=True)]
        + [(frame.x, frame.x + frame.width) for frame in placed.frames]
    )
    gaps = []
    reach = solid[0][1]
    for start, end in solid:
        if start > reach + 1:
            gaps.append((reach, start))
        reach = max(reach, end)
    steps = sorted([(route[0][0], 1) for route in placed.routes] + [(route[-1][0], -1) for route in placed.routes])
    cuts = []
    crossing = at = 0
    for end, start in gaps:
        middle = (end + start) / 2
        while at < len(steps) and steps[at][0] < middle:
            crossing += steps[at][1]
            at += 1
        if crossing == 1:
            cuts.append((end, start))
    return cuts


def _broken(cuts: list[tuple[float, float]], total: float, width: float) -> list[tuple[float, float]]:
    """Rows filled one after the other."""
    rows = []
    start = 0.0
    last: tuple[float, float] | None = None
    for cut in [*cuts, (total, total)]:
        if cut[0] - start > width and last is not None:
            rows.append((start, last[0]))
            start = last[1]
        last = cut
    return [*rows, (start, total)]


def _arranged(placed: Placement, items: Sequence[Item], rows: list[tuple[float, float]]) -> Rows:
    starts = [start for start, _ in rows]

    def row_of(x: float) -> int:
        return bisect_right(starts, x + 0.5) - 1

    boxes = [(x, y, y + item.height) for x, y, item in zip(placed.x, placed.y, items, strict=True)]
    boxes += [(frame.x, frame.y, frame.y + frame.height) for frame in placed.frames]
    boxes += [(x, y - 4, y + 4) for route in placed.routes for x, y in route]
    top, bottom = [math.inf] * len(rows), [-math.inf] * len(rows)
    for x, low, high in boxes:
        row = row_of(x)
        top[row], bottom[row] = min(top[row], low), max(bottom[row], high)
    down = [0.0] * len(rows)
    for row in range(len(rows)):
        down[row] = -top[row] if row == 0 else down[row - 1] + bottom[row - 1] + ROW_GAP - top[row]

    def at(x: float, y: float, row: int) -> Point:
        return x - starts[row], y + down[row]

    routes = []
    turns = {}
    for index, route in enumerate(placed.routes):
        first, last = row_of(route[0][0]), row_of(route[-1][0])
        if first == last:
            routes.append([at(*point, first) for point in route])
            continue
        start, end = at(*route[0], first), at(*route[-1], last)
        right = rows[first][1] - rows[first][0] + TURN
        between = bottom[first] + down[first] + ROW_GAP / 2
        turns[index] = [start, (right, start[1]), (right, between), (-TURN, between), (-TURN, end[1]), end]
        routes.append([start, end])
    places = [at(x, y, row_of(x)) for x, y in zip(placed.x, placed.y, strict=True)]
    frames = []
    for frame in placed.frames:
        x, y = at(frame.x, frame.y, row_of(frame.x))
        frames.append(frame._replace(x=x, y=y))
    width = max(end - start for start, end in rows)
    height = bottom[-1] + down[-1]
    return Rows([x for x, _ in places], [y for _, y in places], routes, frames, width, height, turns)


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
