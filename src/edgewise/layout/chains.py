"""Straight chains: which nodes of neighbouring columns share one height."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import pairwise

from .layered_graph import LayeredGraph


class Chains:
    """The nodes of a graph, gathered into chains that move up and down as one.

    Attributes
    ----------
    chain:
        For each node the chain it belongs to.
    offset:
        For each node how far below the chain's height its middle is, which ports off the middle make differ.
    segments:
        Those of the graph, with ports moved where a chain would otherwise rise or fall by more than a limit.
    members:
        For each chain its nodes from left to right.
    loose:
        For each node the segments joining it to other chains, as (node at the other end, distance): with the other
        node's middle at y, the segment is straight when this node's middle is at y + distance.
    """

    def __init__(self, graph: LayeredGraph, limit: float) -> None:
        count = len(graph.column)
        self.segments = list(graph.segments)
        straight = _straight(graph)
        after = [-1] * count
        for index in straight:
            after[graph.segments[index].source] = index
        self.chain = [-1] * count
        self.offset = [0.0] * count
        self.members: list[list[int]] = []
        for column in graph.columns:
            for first in column:
                if self.chain[first] < 0:
                    ways = _follow(after, graph, first)
                    if self._add(first, ways) > limit:
                        self._level(ways)
                        self._measure(ways)
        inner = set(straight)
        self.loose: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for index, (source, target, source_port, target_port) in enumerate(self.segments):
            if index not in inner:
                self.loose[source].append((target, target_port - source_port))
                self.loose[target].append((source, source_port - target_port))

    def _add(self, first: int, ways: list[int]) -> float:
        """Adds a chain, from a node through segments. Returns how much its nodes differ in height."""
        members = [first] + [self.segments[index].target for index in ways]
        for node in members:
            self.chain[node] = len(self.members)
        self.members.append(members)
        return self._measure(ways)

    def _measure(self, ways: list[int]) -> float:
        offset = lowest = highest = 0.0
        for index in ways:
            _, target, source_port, target_port = self.segments[index]
            offset += source_port - target_port
            self.offset[target] = offset
            lowest = min(lowest, offset)
            highest = max(highest, offset)
        return highest - lowest

    def _level(self, ways: list[int]) -> None:
        """Treats each box as if the chain went in and out at the same height, halfway between the two ports.

        Else a row of boxes with entries below their exits would become a staircase.
        """
        for one, other in pairwise(ways):
            here, there = self.segments[one], self.segments[other]
            port = (here.target_port + there.source_port) / 2
            self.segments[one] = here._replace(target_port=port)
            self.segments[other] = there._replace(source_port=port)


def _follow(after: list[int], graph: LayeredGraph, node: int) -> list[int]:
    ways = []
    while after[node] >= 0:
        ways.append(after[node])
        node = graph.segments[after[node]].target
    return ways


def _straight(graph: LayeredGraph) -> list[int]:
    """Returns the segments to be drawn straight: at most one on each side of a node, and no two that cross.

    Long lines come first, as a bend in the middle of a line catches the eye; then those on the longest way through
    the graph, so that its trunk is straight and what is short bends around it.
    """
    boxes = graph.boxes
    segments = graph.segments
    before = [0] * len(graph.column)
    behind = [0] * len(graph.column)
    for port in graph.ports:
        before[port] = boxes  # The way outside is longer than any way within.
    for column in graph.columns:
        for node in column:
            for index in graph.left[node]:
                source = segments[index].source
                before[node] = max(before[node], before[source] + (source < boxes))
    for column in reversed(graph.columns):
        for node in column:
            for index in graph.right[node]:
                target = segments[index].target
                behind[node] = max(behind[node], behind[target] + (target < boxes))
    place = [0] * len(graph.column)
    for column in graph.columns:
        for at, node in enumerate(column):
            place[node] = at
    aside = _asides(graph, place)
    chosen: list[int] = []
    for column in graph.columns:
        ranked = []
        for node in column:
            for index in graph.right[node]:
                target = segments[index].target
                bend = node >= boxes and target >= boxes
                ranked.append((not bend, -before[node] - behind[target], aside[index], place[node], index))
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


def _asides(graph: LayeredGraph, place: list[int]) -> list[int]:
    """Returns how far each segment is from the middle of the fans it belongs to."""
    aside = [0] * len(graph.segments)
    for fan in graph.right:
        if len(fan) > 2:
            for at, index in enumerate(sorted(fan, key=lambda index: (place[graph.segments[index].target], index))):
                aside[index] += abs(2 * at - len(fan) + 1)
    for fan in graph.left:
        if len(fan) > 2:
            for at, index in enumerate(sorted(fan, key=lambda index: (place[graph.segments[index].source], index))):
                aside[index] += abs(2 * at - len(fan) + 1)
    return aside
