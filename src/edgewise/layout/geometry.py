"""Points, the distances that a layout keeps, and lines led on."""

from __future__ import annotations

from typing import NamedTuple

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
    """Lead a line on to a point further right, without points in the middle of level stretches.

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
