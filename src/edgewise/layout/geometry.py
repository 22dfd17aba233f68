"""What goes into a layout and what comes out: plain data."""

from __future__ import annotations

from typing import Literal, NamedTuple

Role = Literal["operation", "value", "source"]
Point = tuple[float, float]


ROUNDING = 1e-6  # Points closer than this are one.


class LayoutError(ValueError):
    """The graph can't be laid out: it has a cycle, or names items or groups that don't exist."""


class Item(NamedTuple):
    """A box to be placed.

    Attributes
    ----------
    width, height:
        Its size.
    group:
        Index of the innermost open group it belongs to, or None. A chip on a link between two groups belongs to the
        innermost group around both, or the picture shows it inside one of them.
    role:
        ``"operation"`` and ``"value"`` stand in columns of their own, so that a chip is never above or below an
        operation it has nothing to do with. A ``"source"`` (an input, a parameter, a constant) may stand in either
        kind, just before its first consumer. A closed group is an ``"operation"``.
    """

    width: float
    height: float
    group: int | None = None
    role: Role = "operation"


class Link(NamedTuple):
    """A line from one item to another, which will stand to its right.

    Attributes
    ----------
    source, target:
        Indices of items.
    source_port, target_port:
        Where the line leaves and arrives, as the distance below the middle of the item's right and left side
        (negative is above). Lines at the middle make for straight chains. Links that leave an item at the same port
        run together until they part.
    """

    source: int
    target: int
    source_port: float = 0.0
    target_port: float = 0.0


class Group(NamedTuple):
    """A frame around items and other groups.

    Attributes
    ----------
    parent:
        Index of the group around it, or None.
    title_height:
        Room kept free for a title at the top.
    padding:
        Room kept free on all sides, below the title at the top.
    title_width:
        The frame is at least this wide, plus padding.
    """

    parent: int | None = None
    title_height: float = 0.0
    padding: float = 0.0
    title_width: float = 0.0


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


class Frame(NamedTuple):
    """The rectangle of a group: its top left corner and size."""

    group: int
    x: float
    y: float
    width: float
    height: float


class Placement(NamedTuple):
    """Where everything is. The origin is the top left, y grows downwards.

    Attributes
    ----------
    x, y:
        Top left corner of each item.
    routes:
        For each link the points of its line, from the source's right side to the target's left side, x growing.
        Lines are level at every point: where two neighbours have the same y, a straight line joins them, and otherwise
        an S-curve with level ends, the Bézier curve ``(x0, y0) (m, y0) (m, y1) (x1, y1)`` with m halfway. Drawn so, no
        line touches an item that isn't its own.
    frames:
        Rectangles of the groups, outer ones before those inside them. A group without items has none. A group which
        paths leave and enter again has several, one for each stay.
    width, height:
        Of the whole.
    """

    x: list[float]
    y: list[float]
    routes: list[list[Point]]
    frames: list[Frame]
    width: float
    height: float


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
