"""Where long pictures are broken into rows, as paragraphs are into lines: few lines are cut, and modules stay whole."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from ..layout import Frame, Group, Item, Placement, Point

TURN = 13.0  # how far beside a row the nearest line to the next one turns
LANE = 9.0  # between lines that turn
NAME_GAP = 8.0  # beside names of lines
TORN = 7.0  # a frame that goes on in the next row reaches so far beyond what is in it

MOST = 24  # lines that a break may cut
# What is weighed against a row more: the square of how many lines are cut, names that these need, frames that are cut,
# those of which little is left on one side, and the square of the share of a row that is left empty.
LINES, NAMES, FRAMES, SLIPS, SLACK = 0.03, 0.08, 0.6, 1.2, 0.7
SLIP = 150.0  # less than this of a frame is little
NEAR = 70.0  # so near to the start of a row a line needs no name where it ends at a chip that has it
FINE, ROUGH = 24, 10  # how many places to break at are considered in a row, and in pictures of many columns
LARGE = 2000


class Wire(NamedTuple):
    """What a link is to those that follow it from row to row.

    Attributes
    ----------
    run:
        Links of one run are one line until they part.
    source, target:
        The items at its ends.
    name:
        How wide the name of what it carries is; 0 if what it ends at has that name.
    named:
        Whether what it ends at has the name too.
    """

    run: Hashable
    source: int
    target: int
    name: float
    named: bool


class Span(NamedTuple):
    """A frame, and where its first and its last item begin: a break between these cuts it."""

    first: float
    last: float
    frame: Frame


@dataclass(frozen=True, slots=True)
class Break:
    """A place to break at.

    Attributes
    ----------
    at:
        Items that begin before are in the row that ends.
    left:
        Where what is in the row that starts begins.
    right:
        Where what is in the row that ends does end.
    lines:
        How many lines are cut.
    widest:
        How wide the widest name that one of them needs is.
    torn:
        Whether frames are cut.
    cost:
        How much better another place would be.
    """

    at: float
    left: float
    right: float
    lines: int = 0
    widest: float = 0.0
    torn: bool = False
    cost: float = 0.0

    @property
    def indent(self) -> float:
        """How much the row that starts is moved to the right."""
        return indent(self.lines, self.widest, torn=self.torn)

    @property
    def outdent(self) -> float:
        """How far the row that ends reaches beyond what is in it."""
        return max(0, self.lines - 1) * LANE + (TORN if self.torn else 0.0)


def indent(lines: int, widest: float, *, torn: bool) -> float:
    """Room before a row for lines that come from the one above, and for their names."""
    names = widest + 2 * NAME_GAP if widest else 0.0
    return max(0, lines - 1) * LANE + names + (TORN if torn else 0.0)


def chosen(places: Iterable[Break], total: float, width: float) -> list[Break]:
    """Those of the places, given from left to right, that make few rows which keep to the width, if they can."""
    ends = [Break(0.0, 0.0, 0.0), *places, Break(math.inf, 0.0, total)]
    begins = [place.left - place.indent for place in ends]
    least = [0.0]
    before = [0]
    for number, end in enumerate(ends[1:], 1):
        reach = end.right + end.outdent
        other = before_it = number - 1
        best = math.inf
        while other >= 0:
            room = width - reach + begins[other]
            if room < 0 and other < number - 1:
                break
            cost = least[other] + 1 + SLACK * (room / width) ** 2
            if cost < best:
                best, before_it = cost, other
            other -= 1
        least.append(best + end.cost)
        before.append(before_it)
    found = []
    at = before[-1]
    while at:
        found.append(ends[at])
        at = before[at]
    return found[::-1]


def spans_of(placed: Placement, items: Sequence[Item], groups: Sequence[Group]) -> list[Span]:
    """Of every frame where its first and its last item begin."""
    frames: dict[int, list[int]] = {}
    for place, frame in enumerate(placed.frames):
        frames.setdefault(frame.group, []).append(place)
    first, last = [math.inf] * len(placed.frames), [-math.inf] * len(placed.frames)
    for item, x, y in zip(items, placed.x, placed.y, strict=True):
        group = item.group
        while group is not None:
            place = next(place for place in frames[group] if _within(x, y, placed.frames[place]))
            # What is around it has been told of an item as far left and of one as far right.
            if first[place] <= x <= last[place]:
                break
            first[place], last[place] = min(first[place], x), max(last[place], x)
            group = groups[group].parent
    return [Span(*of) for of in zip(first, last, placed.frames, strict=True)]


def _within(x: float, y: float, frame: Frame) -> bool:
    return frame.x <= x <= frame.x + frame.width and frame.y <= y <= frame.y + frame.height


def clear_places(placed: Placement, items: Sequence[Item]) -> Iterator[Break]:
    """Gaps that one line crosses and nothing else."""
    solid = sorted(
        [(x, x + item.width) for x, item in zip(placed.x, items, strict=True)]
        + [(frame.x, frame.x + frame.width) for frame in placed.frames]
    )
    steps = sorted([(route[0][0], 1) for route in placed.routes] + [(route[-1][0], -1) for route in placed.routes])
    reach = solid[0][1]
    crossing = step = 0
    for start, end in solid:
        if start > reach + 1:
            while step < len(steps) and steps[step][0] < (start + reach) / 2:
                crossing += steps[step][1]
                step += 1
            if crossing == 1:
                yield Break(start, start, reach, 1)
        reach = max(reach, end)


def best_places(
    placed: Placement, items: Sequence[Item], wires: Sequence[Wire], spans: Sequence[Span], width: float
) -> list[Break]:
    """Places before an item at which not too many lines are cut: the best in each of the stretches of a row's width."""
    begins = sorted({round(x, 3) for x in placed.x})
    width /= FINE if len(begins) < LARGE else ROUGH
    left, right = _extents(placed, items, spans, begins)
    torn = [0] * (len(begins) + 1)  # how many frames more are cut at each place than at the one before
    slips = [0] * (len(begins) + 1)  # and how many of these where little of them is left

    def count(counts: list[int], first: float, last: float) -> None:
        counts[bisect_left(begins, first + 0.01)] += 1
        counts[bisect_left(begins, last + 0.01)] -= 1

    for first, last, frame in spans:
        count(torn, first, last)
        count(slips, first, min(last, first + SLIP))
        count(slips, min(last, max(first, frame.x + frame.width - SLIP)), last)
    coming = sorted(_stretches(placed, wires))
    cut: list[tuple[float, float]] = []
    number = frames = slight = named = 0
    found: list[Break] = []
    for place, at in enumerate(begins):
        frames += torn[place]
        slight += slips[place]
        while number < len(coming) and coming[number][0] < at - 0.01:
            _, end, name = coming[number]
            heappush(cut, (end, name))
            named += name > 0
            number += 1
        while cut and cut[0][0] < at - 0.01:
            named -= heappop(cut)[1] > 0
        if not place or len(cut) > MOST:
            continue
        cost = LINES * len(cut) ** 2 + NAMES * named + FRAMES * frames + SLIPS * slight
        if found and at // width == found[-1].at // width:
            if found[-1].cost <= cost:
                continue
            found.pop()
        widest = max(name for _, name in cut) if named else 0.0
        found.append(Break(at, left[place], right[place], len(cut), widest, frames > 0, cost))
    return found


def _stretches(placed: Placement, wires: Sequence[Wire]) -> Iterator[tuple[float, float, float]]:
    """Where each line begins and ends, and how wide its name is: one for links that run together, until they part."""
    runs: dict[Hashable, list[int]] = {}
    for link, wire in enumerate(wires):
        runs.setdefault(wire.run, []).append(link)
    for links in runs.values():
        if len(links) == 1:
            wire = wires[links[0]]
            yield placed.x[wire.source], placed.x[wire.target], wire.name
            continue
        longest = max(links, key=lambda link: placed.routes[link][-1][0])
        for link in links:
            wire = wires[link]
            parts = placed.x[wire.source]
            if link != longest:
                parts = max(parts, _parting(placed.routes[link], placed.routes[longest]))
            yield parts, placed.x[wire.target], wire.name


def _parting(route: Sequence[Point], other: Sequence[Point]) -> float:
    """How far to the right a line goes together with another, which is longer."""
    least, most = 0, min(len(route), len(other)) - 1
    while least < most:  # up to `least` they have the same points
        middle = (least + most + 1) // 2
        if route[middle] == other[middle]:
            least = middle
        else:
            most = middle - 1
    after = route[min(least + 1, len(route) - 1)]
    level = least + 1 < len(other) and after[1] == route[least][1] == other[least + 1][1]
    return min(after[0], other[least + 1][0]) if level else route[least][0]


def _extents(
    placed: Placement, items: Sequence[Item], spans: Sequence[Span], begins: list[float]
) -> tuple[list[float], list[float]]:
    """For each beginning where that begins which is in the row from there on, and where all ends that is before."""
    left, right = list(begins), [0.0] * (len(begins) + 1)
    for x, item in zip(placed.x, items, strict=True):
        place = bisect_left(begins, x - 0.01) + 1
        right[place] = max(right[place], x + item.width)
    for first, last, frame in spans:
        place = bisect_left(begins, first - 0.01)
        left[place] = min(left[place], frame.x)
        place = bisect_left(begins, last - 0.01) + 1
        right[place] = max(right[place], frame.x + frame.width)
    for place in range(1, len(right)):
        right[place] = max(right[place], right[place - 1])
    for place in reversed(range(len(left) - 1)):
        left[place] = min(left[place], left[place + 1])
    return left, right
