"""The curves of lines: side by side, around corners, and interrupted by the names that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..layout import Point
from .arrangement import PlacedName
from .scene import Curve
from .wrap import NAME_GAP


def pieces_between_names(
    points: Sequence[Point], tensor: int, names: dict[float, list[PlacedName]]
) -> list[list[Point]]:
    """Returns the pieces of a line that names are written in."""
    pieces = [[points[0]]]
    for (x, y), (end, next_y) in pairwise(points):
        if y == next_y:
            for name in names.get(round(y, 2), ()):
                if tensor in name.tensors and x < name.x < end:
                    pieces[-1].append((name.x - name.width - NAME_GAP / 2, y))
                    pieces.append([(name.x + NAME_GAP / 4, y)])  # before an arrowhead there is little room
        pieces[-1].append((end, next_y))
    return pieces


def curve_of(points: list[Point], role: str, side: float, *, bent: bool) -> Curve:
    return Curve(line_beside(points, side), role, corner=6 + side) if bent else Curve(points, role, side)


def line_beside(corners: Sequence[Point], side: float) -> list[Point]:
    """Returns the corners of a line of level and upright pieces beside another, on its right if `side` > 0."""
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
