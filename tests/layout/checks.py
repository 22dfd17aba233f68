"""What holds for every placement, whatever the graph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from edgewise.layout import Point

from .placing import Frame, Group, Item, Link, Placement

Box = tuple[float, float, float, float]
SLACK = 1e-6
COMPOSED = 0.3  # coordinates within clusters have one decimal


def overlap(one: Box, other: Box, slack: float = SLACK) -> bool:
    return (
        one[0] < other[0] + other[2] - slack
        and other[0] < one[0] + one[2] - slack
        and one[1] < other[1] + other[3] - slack
        and other[1] < one[1] + one[3] - slack
    )


def contains(outer: Box, inner: Box, slack: float = SLACK) -> bool:
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and inner[0] + inner[2] <= outer[0] + outer[2] + slack
        and inner[1] + inner[3] <= outer[1] + outer[3] + slack
    )


def box_of(items: Sequence[Item], placement: Placement, index: int) -> Box:
    return placement.x[index], placement.y[index], items[index].width, items[index].height


def frame_box(frame: Frame) -> Box:
    return frame[1:]


def within(groups: Sequence[Group], group: int | None, outer: int) -> bool:
    while group is not None:
        if group == outer:
            return True
        group = groups[group].parent
    return False


def check(items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group], placement: Placement) -> None:
    slack = COMPOSED if groups or any(placement.bent) else SLACK
    boxes = [box_of(items, placement, index) for index in range(len(items))]
    whole = (0.0, 0.0, placement.width, placement.height)
    for box in [*boxes, *map(frame_box, placement.frames)]:
        assert contains(whole, box, slack)
    _items_are_apart(boxes, slack)
    framed = {frame.group for frame in placement.frames}
    assert len(framed) == len(placement.frames)
    for number, frame in enumerate(placement.frames):
        for index, item in enumerate(items):
            if within(groups, item.group, frame.group):
                assert contains(frame_box(frame), boxes[index], slack)
            else:
                assert not overlap(frame_box(frame), boxes[index], slack)
        for other in placement.frames[:number]:
            if within(groups, frame.group, other.group):
                assert contains(frame_box(other), frame_box(frame), slack)
            else:
                assert not overlap(frame_box(frame), frame_box(other), slack)
    for link, route, bent in zip(links, placement.routes, placement.bent, strict=True):
        _joins_its_ends(link, route, boxes, slack)
        if not bent:
            assert all(one[0] < other[0] for one, other in pairwise(route))
        _touches_no_other(link, route, boxes, slack)


def _items_are_apart(boxes: Sequence[Box], slack: float) -> None:
    order = sorted(range(len(boxes)), key=lambda index: boxes[index][0])
    for at, one in enumerate(order):
        for other in order[at + 1 :]:
            if boxes[other][0] >= boxes[one][0] + boxes[one][2]:
                break
            assert not overlap(boxes[one], boxes[other], slack)


def _joins_its_ends(link: Link, route: Sequence[Point], boxes: Sequence[Box], slack: float) -> None:
    source, target = boxes[link.source], boxes[link.target]
    assert close(route[0], (source[0] + source[2], source[1] + source[3] / 2 + link.source_port), slack)
    assert close(route[-1], (target[0], target[1] + target[3] / 2 + link.target_port), slack)


def _touches_no_other(link: Link, route: Sequence[Point], boxes: Sequence[Box], slack: float) -> None:
    """Also the S-curves: they lie within the rectangle that their ends span, and no item reaches into that."""
    for (x0, y0), (x1, y1) in pairwise(route):
        stretch = (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
        for index, box in enumerate(boxes):
            if index not in (link.source, link.target):
                level = y0 == y1 and not box[1] + slack < y0 < box[1] + box[3] - slack
                assert not overlap(stretch, box, slack) or level


def close(one: Point, other: Point, slack: float = SLACK) -> bool:
    return abs(one[0] - other[0]) < slack and abs(one[1] - other[1]) < slack


def crossings(placement: Placement) -> int:
    """How many pairs of lines cross, where lines run together counted once."""
    pieces = sorted({piece for route in placement.routes for piece in pairwise(route)})
    total = 0
    for at, ((ax, ay), (bx, by)) in enumerate(pieces):
        for (cx, cy), (dx, dy) in pieces[at + 1 :]:
            if cx >= bx:
                break
            if min(ay, by) > max(cy, dy) or min(cy, dy) > max(ay, by):
                continue
            start, end = max(ax, cx), min(bx, dx)
            first = _height(ax, ay, bx, by, start) - _height(cx, cy, dx, dy, start)
            last = _height(ax, ay, bx, by, end) - _height(cx, cy, dx, dy, end)
            total += min(first, last) < -SLACK and max(first, last) > SLACK
    return total


def _height(ax: float, ay: float, bx: float, by: float, x: float) -> float:
    return ay + (by - ay) * (x - ax) / (bx - ax)
