"""One room laid out, as the page takes it: where its things, doors and lines are while all inside it is closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..layout.columns import ENTRY, EXIT
from ..layout.grid import Edge
from ..layout.level import Level
from ..picture.graph import GAPS


def laid_out(
    sizes: list[tuple[float, float, float]], kinds: list[int], edges: list[Edge], inner: Collection[int]
) -> tuple[dict[str, Any], dict[int, list[int]]]:
    """The places of things, doors and lines, as the page takes them, and the doors from top to bottom."""
    level = Level([wide for wide, _, _ in sizes], [high for _, high, _ in sizes], kinds, edges, GAPS)
    number = {box: place for place, box in enumerate(box for box, kind in enumerate(kinds) if kind < ENTRY)}
    order = {
        kind: sorted((box for box, own in enumerate(kinds) if own == kind), key=level.y.__getitem__)
        for kind in (ENTRY, EXIT)
    }
    # Doors count down from -1.
    number |= {box: -1 - place for doors in order.values() for place, box in enumerate(doors)}
    things = [box for box, kind in enumerate(kinds) if kind < ENTRY]
    told = {
        "width": round(level.width, 1),
        "height": round(level.height, 1),
        "x": [round(level.x[box], 1) for box in things],
        "y": [round(level.y[box] - sizes[box][1] / 2, 1) for box in things],
        "gaps": _gaps(level, edges, [box for box in things if box in inner]),
        "entries": [round(level.y[box], 1) for box in order[ENTRY]],
        "exits": [round(level.y[box], 1) for box in order[EXIT]],
        "lines": [
            [number[edge.source], number[edge.target], *(round(at, 1) for point in route for at in point)]
            for edge, route in zip(edges, level.routes, strict=True)
        ],
    }
    return told, order


def _gaps(level: Level, edges: list[Edge], boxes: Sequence[int]) -> list[list[float]]:
    """For each of the boxes where the gap before its column begins and ends, and likewise the gap behind it."""
    part = list(range(len(level.x)))

    def leader(box: int) -> int:
        while part[box] != box:
            part[box] = part[part[box]]
            box = part[box]
        return box

    for edge in edges:
        part[leader(edge.source)] = leader(edge.target)
    spans: dict[int, dict[int, tuple[float, float]]] = {}
    for box, (x, wide, column) in enumerate(zip(level.x, level.widths, level.columns, strict=True)):
        columns = spans.setdefault(leader(box), {})
        # Doors that lead out stand at the right side, also where their part of the room is narrower.
        left, right = columns.get(column, (x, x + wide))
        columns[column] = (min(left, x), max(right, x + wide))
    gaps = []
    for box in boxes:
        columns = spans[leader(box)]
        order = sorted(columns)
        place = order.index(level.columns[box])
        left, right = columns[order[place]]
        before = columns[order[place - 1]][1] if place else left
        after = columns[order[place + 1]][0] if place + 1 < len(order) else right
        gaps.append([round(at, 1) for at in (before, left, right, after)])
    return gaps
