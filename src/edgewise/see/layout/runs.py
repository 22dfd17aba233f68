"""Straight runs: which nodes of neighbouring columns share one height."""

from __future__ import annotations

from bisect import bisect_left, insort

from .grid import Grid


class Runs:
    """The nodes of a grid, gathered into runs that move up and down as one.

    Attributes
    ----------
    run:
        For each node the run it belongs to.
    offset:
        For each node how far below the run's height its middle is, which ports off the middle make differ.
    members:
        For each run its nodes from left to right.
    loose:
        For each node the segments joining it to other runs, as (node at the other end, distance): with the other
        node's middle at y, the segment is straight when this node's middle is at y + distance.
    """

    def __init__(self, grid: Grid) -> None:
        count = len(grid.column)
        straight = _straight(grid)
        after: list[int] = [-1] * count
        for index in straight:
            after[grid.segments[index].source] = index
        inner = set(straight)
        self.run = [-1] * count
        self.offset = [0.0] * count
        self.members: list[list[int]] = []
        for column in grid.columns:
            for first in column:
                if self.run[first] < 0:
                    self._follow(grid, after, first)
        self.loose: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for index, (source, target, source_port, target_port) in enumerate(grid.segments):
            if index not in inner:
                self.loose[source].append((target, target_port - source_port))
                self.loose[target].append((source, source_port - target_port))

    def _follow(self, grid: Grid, after: list[int], node: int) -> None:
        number = len(self.members)
        members = [node]
        self.run[node] = number
        while after[node] >= 0:
            _, target, source_port, target_port = grid.segments[after[node]]
            self.offset[target] = self.offset[node] + source_port - target_port
            self.run[target] = number
            members.append(target)
            node = target
        self.members.append(members)


def _straight(grid: Grid) -> list[int]:
    """The segments to be drawn straight: at most one on each side of a node, and no two that cross.

    Long lines come first, as a bend in the middle of a line catches the eye; then those on the longest way through
    the graph, so that its trunk is straight and what is short bends around it.
    """
    boxes = grid.boxes
    segments = grid.segments
    before = [0] * len(grid.column)
    behind = [0] * len(grid.column)
    for column in grid.columns:
        for node in column:
            for index in grid.left[node]:
                source = segments[index].source
                before[node] = max(before[node], before[source] + (source < boxes))
    for column in reversed(grid.columns):
        for node in column:
            for index in grid.right[node]:
                target = segments[index].target
                behind[node] = max(behind[node], behind[target] + (target < boxes))
    place = [0] * len(grid.column)
    for column in grid.columns:
        for at, node in enumerate(column):
            place[node] = at
    chosen: list[int] = []
    for column in grid.columns:
        ranked = []
        for node in column:
            for index in grid.right[node]:
                target = segments[index].target
                bend = node >= boxes and target >= boxes
                ranked.append(
                    (not bend, -before[node] - behind[target], place[node] + place[target], place[node], index)
                )
        if len(ranked) == 1:
            chosen.append(ranked[0][-1])
            continue
        ranked.sort()
        taken: list[tuple[int, int]] = []
        for *_, start, index in ranked:
            end = place[segments[index].target]
            at = bisect_left(taken, (start, end))
            if at and taken[at - 1][0] < start and taken[at - 1][1] >= end:
                continue
            if at and taken[at - 1][0] == start:
                continue
            if at < len(taken) and (taken[at][0] == start or taken[at][1] <= end):
                continue
            insort(taken, (start, end))
            chosen.append(index)
    return chosen
