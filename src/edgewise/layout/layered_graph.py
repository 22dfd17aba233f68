"""Boxes in columns, with a place in every column that a link runs through."""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """A link within one level; boxes are indices, ports are measured from their middle."""

    source: int
    target: int
    source_port: float
    target_port: float


class Segment(NamedTuple):
    """The part of a link between neighbouring columns."""

    source: int
    target: int
    source_port: float
    target_port: float


class LayeredGraph:
    """The boxes of one connected part of a level, and the bends where links run through columns.

    Attributes
    ----------
    boxes:
        How many boxes there are: nodes from here on are bends.
    ports:
        The boxes through which lines come in from outside.
    column:
        Of each node.
    height:
        Of each node, 0 for bends.
    segments:
        All parts of links between neighbouring columns, each once.
    left, right:
        For each node the indices of the segments that arrive at and leave from it.
    trunks:
        The bends, from left to right, of what leaves a box at one port.
    bends:
        For each edge the trunk that it belongs to, and how many of its bends it runs through.
    columns:
        The nodes of each column, from top to bottom.
    """

    def __init__(self, heights: list[float], column: list[int], edges: list[Edge], ports: list[int]) -> None:
        self.boxes = len(heights)
        self.ports = ports
        self.height = list(heights)
        self.column = list(column)
        self.segments: list[Segment] = []
        self.left: list[list[int]] = [[] for _ in heights]
        self.right: list[list[int]] = [[] for _ in heights]
        self.trunks: list[list[int]] = []
        self.bends: list[tuple[int, int]] = []
        numbers: dict[tuple[int, float], int] = {}
        for edge in edges:
            number = numbers.setdefault((edge.source, edge.source_port), len(self.trunks))
            if number == len(self.trunks):
                self.trunks.append([])
            trunk = self.trunks[number]
            length = column[edge.target] - column[edge.source] - 1
            while len(trunk) < length:
                bend = self._bend(column[edge.source] + len(trunk) + 1)
                if trunk:
                    self._segment(trunk[-1], bend, 0.0, 0.0)
                else:
                    self._segment(edge.source, bend, edge.source_port, 0.0)
                trunk.append(bend)
            self.bends.append((number, length))
            if length:
                self._segment(trunk[length - 1], edge.target, 0.0, edge.target_port)
            else:
                self._segment(*edge)
        self.columns: list[list[int]] = [[] for _ in range(max(self.column) + 1)]

    def _bend(self, column: int) -> int:
        self.height.append(0.0)
        self.column.append(column)
        self.left.append([])
        self.right.append([])
        return len(self.column) - 1

    def _segment(self, source: int, target: int, source_port: float, target_port: float) -> None:
        self.right[source].append(len(self.segments))
        self.left[target].append(len(self.segments))
        self.segments.append(Segment(source, target, source_port, target_port))
