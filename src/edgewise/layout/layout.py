"""Graphs laid out from left to right, groups within groups."""

from __future__ import annotations

from collections.abc import Sequence

from .geometry import Frame, Gaps, Group, Item, LayoutError, Link, Placement, Point, lead
from .level import Level
from .rooms import Plan, Room, furnish
from .stays import parted_groups, whole_groups


def layout(
    items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group] = (), gaps: Gaps | None = None
) -> Placement:
    """Place items in columns so that every link runs from left to right.

    Each group is laid out by itself and then placed as one box in the group around it. The same input gives the same
    picture, and the sizes of items, not their content, are all that matters: while sizes stay, nothing moves.

    Raises
    ------
    LayoutError
        If links form a cycle, or an index names nothing.

    Examples
    --------
    >>> items = [Item(40, 20, role="source"), Item(50, 18, role="value"), Item(40, 30)]
    >>> placement = layout(items, [Link(0, 1), Link(1, 2)])
    >>> placement.x, placement.y
    ([0.0, 64.0, 138.0], [5.0, 6.0, 0.0])
    >>> placement.routes
    [[(40.0, 15.0), (64.0, 15.0)], [(114.0, 15.0), (138.0, 15.0)]]
    """
    _check(items, links, groups)
    rooms, ways = furnish(items, links, *whole_groups(items, groups))
    if not all(room.in_sequence() for room in rooms):
        rooms, ways = furnish(items, links, *parted_groups(items, links, groups))
    gaps = gaps or Gaps()
    levels: dict[Plan, Level] = {}
    for room in reversed(rooms):
        room.place(groups, gaps, levels)
    x = [0.0] * len(items)
    y = [0.0] * len(items)
    frames = []
    for room in rooms:
        room.settle()
        for item, box in room.items:
            x[item] = room.left + room.level.x[box]
            y[item] = room.top + room.level.y[box] - items[item].height / 2
        if room.around is not None:
            frames.append(Frame(room.group, *room.frame))
    routes = [_route(way) for way in ways]
    root = rooms[0].level
    return Placement(x, y, routes, frames, root.width, root.height)


def _check(items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group]) -> None:
    for index, item in enumerate(items):
        if item.group is not None and not 0 <= item.group < len(groups):
            raise LayoutError(f"item {index} is in group {item.group}, but there are {len(groups)} groups")
    for index, link in enumerate(links):
        if not (0 <= link.source < len(items) and 0 <= link.target < len(items)):
            raise LayoutError(
                f"link {index} runs from item {link.source} to item {link.target}, but there are {len(items)} items"
            )
    known = [False] * len(groups)
    for index in range(len(groups)):
        path: list[int] = []
        at: int | None = index
        while at is not None and not known[at]:
            if len(path) > len(groups):
                raise LayoutError(f"group {index} is inside itself")
            path.append(at)
            at = groups[at].parent
            if at is not None and not 0 <= at < len(groups):
                raise LayoutError(f"group {path[-1]} has parent {at}, but there are {len(groups)} groups")
        for group in path:
            known[group] = True


def _route(way: list[tuple[Room, int]]) -> list[Point]:
    """One line through all rooms that it passes."""
    room, edge = way[0]
    left, top = room.left, room.top
    points = [(left + x, top + y) for x, y in room.level.routes[edge]]
    for room, edge in way[1:]:
        left, top = room.left, room.top
        for x, y in room.level.routes[edge]:
            lead(points, left + x, top + y)
    return points
