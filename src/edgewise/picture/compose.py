"""Composition: from clusters that are each laid out by themselves, the picture with some of them open.

Around an open cluster the one that it stands in is stretched, never squeezed: whatever was apart stays apart. What is
too wide goes on in rows (:mod:`.wrap`). A page composes its pictures by ``page/js/compose.js``, which mirrors this file
function by function.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from ..layout import Point
from .arrangement import Arrangement, Content, PlacedFrame, PlacedLine, PlacedName, PlacedThing, Solid
from .cluster_layout import PlacedCluster
from .looks import Look
from .stretch import Stretch, stretch
from .wrap import TURNING, NameWidth, corners_of, wrap

OUTSIDE = 24.0
TITLE = 20.0
PADDING = 12.0
GAP = 22.0
CHIP_GAP = 14.0  # between chips beside the cluster that is shown
CHIP_LEAD = 2.0  # between a cluster and where lines climb to the chips beside it
# A gap is at least this share of what lines climb in it, but no wider than this many ordinary ones.
STEEP = 0.12
WIDEST = 3
NEAR = 0.05
ROUNDED = 0.2  # Layouts have one decimal, so a line ends at most this far from the port of its thing.
SAME_HEIGHT = 0.16
LEAST_ROOM = 340.0  # Rows are not made for less room than this.

Ports = Mapping[int, float]


class PortChip(NamedTuple):
    """A chip beside the cluster that is shown, for what enters or leaves it."""

    tensor: int
    look: Look
    y: float


@dataclass
class PortChips:
    """All of one side, the width of the widest, the gap between them and the cluster, and how far they reach."""

    chips: list[PortChip]
    width: float = 0.0
    gap: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


def compose(
    clusters: Mapping[int, PlacedCluster],
    top: int,
    open: Container[int],
    look_of: Callable[[int], Look],
    limit: float,
    name_width: NameWidth | None = None,
) -> Arrangement:
    """Returns where everything is with some clusters open.

    Parameters
    ----------
    clusters:
        All that can be seen, by their scopes.
    top:
        The one that is shown.
    open:
        The scopes of those that are open in it.
    look_of:
        What the chip of a tensor looks like.
    limit:
        How wide the picture should be at most: what is wider goes on in rows.
    name_width:
        How wide the names of lines are where rows start; without it there are none.
    """
    cluster = clusters[top]
    content = expand(clusters, cluster, open, limit - 2 * OUTSIDE, name_width)
    before = chips_beside(cluster.entries, content.entries, look_of)
    # What stands in the cluster itself has no second chip after it.
    inside = {thing.key for thing in content.things}
    after = chips_beside(
        [tensor for tensor in cluster.exits if f"tensor {tensor}" not in inside], content.exits, look_of
    )
    left = OUTSIDE + (before.width + before.gap if before.width else 0)
    above = OUTSIDE - min(0, before.top, after.top)
    shift(content, left, above)
    right = left + content.width
    beside = {}
    for chips, is_before in ((before, True), (after, False)):
        for tensor, look, y in chips.chips:
            x = left - chips.gap - look.width if is_before else right + chips.gap
            beside[tensor] = PlacedThing(f"tensor {tensor}", look.form, x, y + above, look.width, look.height)
    lines = [
        join_chip(line, beside.get(line.tensor), look_of, left - before.gap, right + after.gap)
        for line in content.lines
        if line.target is not None or line.tensor in beside
    ]
    bottom = max(content.height, before.bottom, after.bottom)
    return Arrangement(
        right + (after.width + after.gap if after.width else 0) + OUTSIDE,
        above + bottom + OUTSIDE,
        [*content.things, *beside.values()],
        lines,
        content.frames,
        content.names,
    )


def join_chip(
    line: PlacedLine, chip: PlacedThing | None, look_of: Callable[[int], Look], left: float, right: float
) -> PlacedLine:
    """Leads a line that begins or ends at a port of the cluster that is shown on to the chip beside it.

    `left` and `right` are where the gaps between the cluster and the chips begin and end.
    """
    if line.source is not None and line.target is not None:
        return line
    assert chip is not None
    level = chip.y + look_of(line.tensor).port
    join = corners_of if line.bent else level_points
    if line.source is None:
        points = join([(chip.x + chip.width, level), (left + CHIP_LEAD, level), *line.points])
        return replace(line, source=chip.key, points=points)
    return replace(line, target=chip.key, points=join([*line.points, (right - CHIP_LEAD, level), (chip.x, level)]))


def chips_beside(tensors: Sequence[int], ports: Ports, look_of: Callable[[int], Look]) -> PortChips:
    """Returns the chips of what enters or leaves the cluster that is shown."""
    bottom = float("-inf")
    chips = []
    for tensor in tensors:
        look = look_of(tensor)
        y = max(bottom, ports[tensor] - look.port)
        bottom = y + look.height + CHIP_GAP
        chips.append(PortChip(tensor, look, y))
    if not chips:
        return PortChips([])
    # All in all they stand as much above their ports as below.
    away = [y + look.port - ports[tensor] for tensor, look, y in chips]
    total = 0.0
    for one in away:
        total += one
    mean = total / len(away)
    climb = max(abs(one - mean) for one in away)
    chips = [chip._replace(y=chip.y - mean) for chip in chips]
    width = max(chip.look.width for chip in chips)
    gap = GAP + min(STEEP * climb, WIDEST * GAP)
    return PortChips(chips, width, gap, chips[0].y, bottom - CHIP_GAP - mean)


def shift(content: Content, x: float, y: float) -> None:
    """Moves a cluster's content."""
    parts: list[PlacedThing | PlacedFrame | PlacedName] = [*content.things, *content.frames, *content.names]
    for part in parts:
        part.x += x
        part.y += y
    for line in content.lines:
        line.points = [(px + x, py + y) for px, py in line.points]


def expand(
    clusters: Mapping[int, PlacedCluster],
    cluster: PlacedCluster,
    open: Container[int],
    limit: float,
    name_width: NameWidth | None,
) -> Content:
    """Returns a cluster with all that is open in it, the innermost first."""
    waiting = [(cluster, limit)]
    for outer, room in waiting:
        # What is open in it is to fit into one of its rows.
        inner_room = max(LEAST_ROOM, room - 2 * (PADDING + TURNING))
        waiting += [(clusters[scope], inner_room) for scope in modules_of(outer) if scope in open]
    contents: dict[int, Content] = {}
    for outer, room in reversed(waiting):
        inner = {place: contents.pop(scope) for scope, place in modules_of(outer).items() if scope in contents}
        contents[outer.scope] = expand_one(outer, inner, clusters, room, name_width)
    return contents[cluster.scope]


def modules_of(cluster: PlacedCluster) -> dict[int, int]:
    """Returns the places of the modules in a cluster, by their scopes."""
    return {int(key[7:]): place for place, key in enumerate(cluster.things) if key.startswith("module")}


def expand_one(
    cluster: PlacedCluster,
    inner: Mapping[int, Content],
    clusters: Mapping[int, PlacedCluster],
    limit: float,
    name_width: NameWidth | None,
) -> Content:
    """Returns a cluster with the content of the modules that are open in it, by their places."""
    layout, looks = cluster.layout, cluster.looks
    modules = modules_of(cluster)
    widths = {
        place: max(inner[place].width, clusters[scope].title_width) + 2 * PADDING
        for scope, place in modules.items()
        if place in inner
    }
    gaps = dict(zip(modules.values(), layout.gaps, strict=True))
    down, tops, anchors = stretch_heights(cluster, inner)
    routes, entries, exits, climbs = route_lines(cluster, inner, gaps, down, tops)
    across = stretch(
        climbs + [(layout.x[place], layout.x[place] + looks[place].width, own) for place, own in widths.items()]
    )
    # Each in the middle of what its place has become; sources at the end, near where they are used.
    targets = {target for _, target, _ in layout.routes}
    content = Content(across(layout.width), down(layout.height), [], [], [], entries, exits, [])
    solids = []
    sides = []
    for place, (key, (form, width, height, _)) in enumerate(zip(cluster.things, looks, strict=True)):
        start, end = across(layout.x[place]), across(layout.x[place] + width)
        own = widths.get(place, width)
        is_source = key.startswith("tensor") and place not in targets
        x, y = end - own if is_source else start + (end - start - own) / 2, tops[place]
        if place in inner:
            within = inner[place]
            height = within.height + TITLE + 2 * PADDING
            level = anchors[place][1] if place in anchors else None
            content.frames.append(PlacedFrame(int(key[7:]), x, y, own, height, level))
            shift(within, x + (own - within.width) / 2, y + TITLE + PADDING)
            content.things += within.things
            content.frames += within.frames
            content.names += within.names
        else:
            content.things.append(PlacedThing(key, form, x, y, width, height))
        solids.append(Solid(x, x + own, y, y + height))
        sides.append((x, x + own))
    led = []
    for (source, target, _), points in zip(layout.routes, routes, strict=True):
        first = [(sides[source][1], points[0][1])] if source >= 0 else []
        last = [(sides[target][0], points[-1][1])] if target >= 0 else []
        led.append([*first, *((across(x), y) for x, y in points), *last])
    content.lines = join_lines(cluster, inner, led)
    return wrap(content, solids, limit, name_width)


def stretch_heights(
    cluster: PlacedCluster, inner: Mapping[int, Content]
) -> tuple[Stretch, list[float], dict[int, tuple[float, float]]]:
    """Returns how far down everything comes to stand: around open modules so that lines that come in stay level.

    That is a map of heights, the tops of things, and for each open module the height of the first line while it is
    closed, and that of its port below the frame's top.
    """
    layout, things, looks, tensors = cluster.layout, cluster.things, cluster.looks, cluster.tensors
    ports: dict[tuple[int, bool, int], float] = {}  # where lines meet open modules while these are closed
    levels: dict[int, list[float]] = {}  # where they meet anything
    for (source, target, points), tensor in zip(layout.routes, tensors, strict=True):
        levels.setdefault(target, []).append(points[-1][1])
        levels.setdefault(source, []).append(points[0][1])
        if target in inner:
            ports[target, True, tensor] = points[-1][1]
        if source in inner:
            ports[source, False, tensor] = points[0][1]
    parts = []
    anchors: dict[int, tuple[float, float]] = {}
    for place, content in inner.items():
        enters = bool(content.entries)
        at, level = layout.y[place], 0.0
        for tensor, y in (content.entries if enters else content.exits).items():
            port, below = ports[place, enters, tensor], y + TITLE + PADDING
            anchors.setdefault(place, (port, below))
            parts.append((at, port, below - level))
            at, level = port, below
        height = content.height + TITLE + 2 * PADDING
        parts.append((at, layout.y[place] + looks[place].height, height - level))
    down = stretch(parts)
    tops = []
    for place in range(len(things)):
        # An open module that no line leads to keeps its top where it is.
        own = 0.0 if place in inner else looks[place].port
        port, below = anchors.get(place, (layout.y[place] + own, own))
        # A thing stands where its line does: what was rounded would be stretched too.
        level = next((y for y in levels.get(place, ()) if abs(y - port) < ROUNDED), port)
        tops.append(down(level) - below)
    return down, tops, anchors


def route_lines(
    cluster: PlacedCluster,
    inner: Mapping[int, Content],
    gaps: Mapping[int, tuple[float, ...]],
    down: Stretch,
    tops: Sequence[float],
) -> tuple[list[list[Point]], dict[int, float], dict[int, float], list[tuple[float, float, float]]]:
    """Returns lines where they come to be in height, the heights of ports, and what room climbs of lines ask for."""
    layout = cluster.layout
    entries = {tensor: down(y) for tensor, y in zip(cluster.entries, layout.entries, strict=True)}
    exits = {tensor: down(y) for tensor, y in zip(cluster.exits, layout.exits, strict=True)}
    climbs: list[tuple[float, float, float]] = []

    def meets(place: int, tensor: int, y: float, *, enters: bool) -> float:
        """Returns where a line meets a module, given where it does while all is closed."""
        content = inner.get(place)
        port = None if content is None else (content.entries if enters else content.exits).get(tensor)
        return tops[place] + (y - layout.y[place] if port is None else TITLE + PADDING + port)

    routes = []
    for (source, target, given), tensor in zip(layout.routes, cluster.tensors, strict=True):
        points = [(x, down(y)) for x, y in given]
        if target in gaps:
            start, end, _, _ = gaps[target]
            points = end_at(points, start, end, meets(target, tensor, given[-1][1], enters=True))
        if source in gaps:
            _, _, start, end = gaps[source]
            points = end_at(points[::-1], end, start, meets(source, tensor, given[0][1], enters=False))[::-1]
        for (x, y), (next_x, next_y) in pairwise(points):
            climb = abs(next_y - y)
            if climb > NEAR:
                climbs.append((x, next_x, min(max(next_x - x, STEEP * climb), WIDEST * GAP)))
        # Where there is no gap at the border the port is level with what is next to it.
        if source < 0:
            entries[tensor] = points[0][1]
        if target < 0:
            exits[tensor] = points[-1][1]
        routes.append(points)
    return routes, entries, exits, climbs


def end_at(points: list[Point], start: float, end: float, level: float) -> list[Point]:
    """Returns a line that comes to another height at its end, by a climb in the gap before it.

    The gap goes from `start` to `end`, which is to the left if the line is given from its end.
    """
    last_x, last_y = points[-1]
    if abs(last_y - level) < NEAR:
        return points
    way = -1 if last_x < points[0][0] else 1
    if abs(end - start) < NEAR:
        level_from = len(points)
        while level_from and points[level_from - 1][1] == last_y:
            level_from -= 1
        return points[:level_from] + [(x, level) for x, _ in points[level_from:]]
    before = [(x, y) for x, y in points if way * (start - x) > -NEAR]
    height = before[-1][1] if before else points[0][1]
    return [*before, (start, height), (end, level), (last_x, level)]


def join_lines(cluster: PlacedCluster, inner: Mapping[int, Content], routes: Sequence[list[Point]]) -> list[PlacedLine]:
    """Returns the lines of a cluster with those of the modules open in it, each from thing to thing or to a port."""
    lines: list[PlacedLine] = []
    parts: dict[tuple[int, bool, int], list[PlacedLine]] = {}  # those that begin or end at ports of open modules
    for place, content in inner.items():
        for line in content.lines:
            if line.source is not None and line.target is not None:
                lines.append(line)
            else:
                parts.setdefault((place, line.source is None, line.tensor), []).append(line)
    for (source, target, _), tensor, back, points in zip(
        cluster.layout.routes, cluster.tensors, cluster.back, routes, strict=True
    ):
        for front in line_ends(cluster, inner, parts, source, tensor, enters=False):
            for rear in line_ends(cluster, inner, parts, target, tensor, enters=True):
                bent = front.bent or rear.bent
                joined = [*front.points, *points, *rear.points]
                joined = corners_of(joined) if bent else level_points(joined)
                together = back and front.back and rear.back
                lines.append(PlacedLine(tensor, front.source, rear.target, joined, together, bent))
    return lines


def line_ends(
    cluster: PlacedCluster,
    inner: Mapping[int, Content],
    parts: Mapping[tuple[int, bool, int], list[PlacedLine]],
    place: int,
    tensor: int,
    *,
    enters: bool,
) -> list[PlacedLine]:
    """Returns what a line goes on with at one of its ends: nothing at a thing, and in an open module its lines."""
    if place in inner:
        return parts.get((place, enters, tensor), [])
    key = None if place < 0 else cluster.things[place]
    return [PlacedLine(tensor, key, key, [], True)]


def level_points(given: Sequence[Point]) -> list[Point]:
    """Returns a line without points in the middle of level pieces, or twice in the same place."""
    points: list[Point] = []
    for x, y in given:
        level = y
        if points and abs(points[-1][1] - y) < SAME_HEIGHT:
            last_x, level = points[-1]
            if x - last_x < NEAR:
                continue
            if len(points) > 1 and points[-2][1] == level:
                points.pop()
        points.append((x, level))
    return points
