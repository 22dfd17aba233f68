"""Groups as rooms: what stands directly in each, and how lines come in and go out."""

from __future__ import annotations

from collections.abc import Sequence

from .columns import ENTRY, EVEN, EXIT, FREE, ODD, sequence
from .geometry import Gaps, Group, Item, Link
from .grid import Edge
from .level import Level
from .stays import Stay

KINDS = {"operation": EVEN, "value": ODD, "source": FREE}

# One end of an edge: a box, and where at it. For an item this is the port, for a room the box inside it at which the
# line goes on.
End = tuple[int, float]

# All that a level is made from: widths, heights and kinds of its boxes, and its edges.
Plan = tuple[tuple[float, ...], tuple[float, ...], tuple[int, ...], tuple[Edge, ...]]


class Room:
    """A group, or the whole, while it is laid out.

    Attributes
    ----------
    group:
        Index of the group, -1 for the whole.
    around, box:
        The room around this one, and this one's box in it.
    items, rooms:
        What stands in it: items and rooms, with their boxes.
    level:
        Its content, once placed.
    left, top:
        Where the content begins: within the frame once placed, in the picture once settled.
    frame:
        Its rectangle: x, y, width and height.
    """

    level: Level

    def __init__(self, group: int, around: Room | None) -> None:
        self.group = group
        self.around = around
        self.depth: int = around.depth + 1 if around else 0
        self.items: list[tuple[int, int]] = []
        self.rooms: list[tuple[Room, int]] = []
        self.left = self.top = 0.0
        self.frame = (0.0, 0.0, 0.0, 0.0)
        self._widths: list[float] = []
        self._heights: list[float] = []
        self._kinds: list[int] = []
        self._edges: dict[tuple[End, End], int] = {}
        self._doors: dict[tuple[int, int, float], int] = {}
        self.box = around.add(0.0, 0.0, EVEN) if around else -1
        if around:
            around.rooms.append((self, self.box))

    def add(self, width: float, height: float, kind: int) -> int:
        """A new box."""
        self._widths.append(width)
        self._heights.append(height)
        self._kinds.append(kind)
        return len(self._kinds) - 1

    def join(self, source: End, target: End) -> int:
        """The edge between two ends, made if need be."""
        return self._edges.setdefault((source, target), len(self._edges))

    def door(self, kind: int, link: Link) -> int:
        """The box at the border through which a link enters or leaves. Links from one port share it."""
        key = (kind, link.source, link.source_port)
        if key not in self._doors:
            self._doors[key] = self.add(0.0, 0.0, kind)
        return self._doors[key]

    def in_sequence(self) -> bool:
        """Whether the boxes can be placed so that all edges run one way."""
        left: list[list[int]] = [[] for _ in self._kinds]
        right: list[list[int]] = [[] for _ in self._kinds]
        for source, target in self._edges:
            right[source[0]].append(target[0])
            left[target[0]].append(source[0])
        return len(sequence(self._kinds, left, right)) == sum(kind < ENTRY for kind in self._kinds)

    def place(self, groups: Sequence[Group], gaps: Gaps, levels: dict[Plan, Level]) -> None:
        """Lay out the content and measure the frame. The rooms inside must be placed.

        `levels` has what was laid out before: the blocks of a deep network are mostly the same, and done once.
        """
        inner: dict[int, Room] = {}
        for room, box in self.rooms:
            inner[box] = room
            self._widths[box], self._heights[box] = room.frame[2:]

        def edge(source: End, target: End) -> Edge:
            return Edge(source[0], target[0], port(*source), port(*target))

        def port(box: int, at: float) -> float:
            if box not in inner:
                return at
            room = inner[box]
            return room.top + room.level.y[int(at)] - room.frame[3] / 2

        edges = [edge(source, target) for source, target in self._edges]
        plan = (tuple(self._widths), tuple(self._heights), tuple(self._kinds), tuple(edges))
        level = levels.get(plan)
        if level is None:
            level = levels[plan] = Level(self._widths, self._heights, self._kinds, edges, gaps)
        self.level = level
        if self.around:
            _, title_height, padding, title_width = groups[self.group]
            width = max(self.level.width, title_width)
            self.left = padding + (width - self.level.width) / 2
            self.top = padding + title_height
            self.frame = (0.0, 0.0, width + 2 * padding, self.level.height + title_height + 2 * padding)

    def settle(self) -> None:
        """Move from a place within the room around to a place in the picture. The room around must be settled."""
        if self.around:
            level = self.around.level
            _, _, width, height = self.frame
            x = self.around.left + level.x[self.box]
            y = self.around.top + level.y[self.box] - height / 2
            self.frame = (x, y, width, height)
            self.left += x
            self.top += y


def furnish(
    items: Sequence[Item], links: Sequence[Link], stays: Sequence[Stay], homes: Sequence[int | None]
) -> tuple[list[Room], list[list[tuple[Room, int]]]]:
    """All rooms, outer ones first, and for each link the edges it consists of, from source to target.

    `homes` has for each item the stay it belongs to.
    """
    whole = Room(-1, None)
    rooms = [whole]
    room_of: dict[int, Room] = {}
    within: list[Room] = []
    boxes: list[int] = []
    for index, item in enumerate(items):
        path = []
        stay = homes[index]
        while stay is not None and stay not in room_of:
            path.append(stay)
            stay = stays[stay].around
        room = whole if stay is None else room_of[stay]
        for stay in reversed(path):
            room = room_of[stay] = Room(stays[stay].group, room)
            rooms.append(room)
        within.append(room)
        boxes.append(room.add(item.width, item.height, KINDS[item.role]))
        room.items.append((index, boxes[-1]))
    return rooms, [_way(link, within, boxes) for link in links]


def _way(link: Link, within: list[Room], boxes: list[int]) -> list[tuple[Room, int]]:
    source: End = (boxes[link.source], link.source_port)
    target: End = (boxes[link.target], link.target_port)
    here, there = within[link.source], within[link.target]
    out: list[tuple[Room, int]] = []
    into: list[tuple[Room, int]] = []
    while here is not there:
        if here.depth >= there.depth and here.around:
            door = here.door(EXIT, link)
            out.append((here, here.join(source, (door, 0.0))))
            source = (here.box, door)
            here = here.around
        elif there.around:
            door = there.door(ENTRY, link)
            into.append((there, there.join((door, 0.0), target)))
            target = (there.box, door)
            there = there.around
    return [*out, (here, here.join(source, target)), *reversed(into)]
