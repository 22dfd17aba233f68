"""The order of the nodes in each column, with few crossings."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from .grid import Grid

SWEEPS = 8
PATIENCE = 3  # sweeps without gain before the rest is spared
EXCHANGES = 3


class End(NamedTuple):
    """A neighbour of a node in the next column, and where in it the line ends, from -0.5 (top) to 0.5."""

    node: int
    part: float


class _Ends:
    """The ends of all lines, by node."""

    def __init__(self, grid: Grid) -> None:
        nodes = range(len(grid.column))
        self.left: list[list[tuple[int, float]]] = [[] for _ in nodes]
        self.right: list[list[tuple[int, float]]] = [[] for _ in nodes]
        self.lines: list[list[tuple[int, float, int, float]]] = [[] for _ in grid.columns]
        height = grid.height
        for source, target, source_port, target_port in grid.segments:
            at_source = 0.9 * source_port / height[source] if source_port else 0.0
            at_target = 0.9 * target_port / height[target] if target_port else 0.0
            self.left[target].append((source, at_source))
            self.right[source].append((target, at_target))
            self.lines[grid.column[source]].append((source, at_source, target, at_target))


def arrange(grid: Grid) -> None:
    """Fill `grid.columns`: start with the order in which a walk from the last boxes meets the nodes, then sweep."""
    _walk(grid)
    if max(map(len, grid.columns)) < 2:
        return
    ends = _Ends(grid)
    place = [0] * len(grid.column)
    _renumber(grid.columns, place)
    counts = [_crossings(lines, place) for lines in ends.lines]
    fewest = sum(counts)
    best = [list(column) for column in grid.columns]
    idle = 0
    for sweep in range(SWEEPS):
        if not fewest or idle == PATIENCE:
            break
        changed = _sweep(grid.columns, ends.right if sweep % 2 == 0 else ends.left, place, sweep % 2 == 0)
        for at in range(len(counts)):
            if changed[at] or changed[at + 1]:
                counts[at] = _crossings(ends.lines[at], place)
        total = sum(counts)
        idle += 1
        if total < fewest:
            fewest, idle = total, 0
            best = [list(column) for column in grid.columns]
    grid.columns[:] = best
    _renumber(best, place)
    if fewest:
        _exchange(grid.columns, ends, place)


def crossings(grid: Grid) -> int:
    """How many pairs of lines cross."""
    place = [0] * len(grid.column)
    _renumber(grid.columns, place)
    return sum(_crossings(lines, place) for lines in _Ends(grid).lines)


def _walk(grid: Grid) -> None:
    seen = [False] * len(grid.column)
    segments = grid.segments
    for last in range(len(grid.column)):
        if grid.right[last]:
            continue
        stack = [last]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            grid.columns[grid.column[node]].append(node)
            ways = grid.left[node]
            if len(ways) > 1:
                ways = sorted(ways, key=lambda index: (-segments[index].target_port, -index))
            stack.extend(segments[index].source for index in ways if not seen[segments[index].source])


def _renumber(columns: list[list[int]], place: list[int]) -> None:
    for column in columns:
        for index, node in enumerate(column):
            place[node] = index


def _sweep(
    columns: list[list[int]], ends: list[list[tuple[int, float]]], place: list[int], backwards: bool
) -> list[bool]:
    """Sort each column by where its neighbours are, keeping nodes without neighbours where they are."""
    changed = [False] * (len(columns) + 1)
    numbers = range(len(columns))
    for number in reversed(numbers) if backwards else numbers:
        column = columns[number]
        if len(column) < 2:
            continue
        slots = []
        keyed = []
        for index, node in enumerate(column):
            near = ends[node]
            if near:
                total = 0.0
                for other, part in near:
                    total += place[other] + part
                slots.append(index)
                keyed.append((total / len(near), index, node))
        keyed.sort()
        for index, (_, _, node) in zip(slots, keyed, strict=True):
            if column[index] != node:
                changed[number] = True
                column[index] = node
                place[node] = index
    return changed


def _crossings(lines: list[tuple[int, float, int, float]], place: list[int]) -> int:
    if len(lines) < 2:
        return 0
    pairs = [(place[source] + a, place[target] + b) for source, a, target, b in lines]
    pairs.sort()
    met: list[float] = []
    total = 0
    for _, end in pairs:
        at = bisect_right(met, end)
        total += len(met) - at
        met.insert(at, end)
    return total


def _exchange(columns: list[list[int]], ends: _Ends, place: list[int]) -> None:
    """Exchange neighbours wherever their lines then cross less."""
    for _ in range(EXCHANGES):
        gained = False
        for column in columns:
            for index in range(len(column) - 1):
                upper, lower = column[index], column[index + 1]
                gain = _gain(ends.left[upper], ends.left[lower], place)
                gain += _gain(ends.right[upper], ends.right[lower], place)
                if gain > 0:
                    column[index], column[index + 1] = lower, upper
                    place[lower], place[upper] = index, index + 1
                    gained = True
        if not gained:
            return


def _gain(upper: list[tuple[int, float]], lower: list[tuple[int, float]], place: list[int]) -> int:
    """How many crossings two neighbours lose when they change places."""
    gain = 0
    for other, part in upper:
        a = place[other] + part
        for another, portion in lower:
            b = place[another] + portion
            gain += (a > b) - (a < b)
    return gain
