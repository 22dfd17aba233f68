"""Lines too long to be led through every column between their ends: they run below everything instead.

A bend in every column costs time and room. Where links are few or short this is nothing, but a thousand steps of a
recurrent network, each with a link to one sum at the end, would need millions.
"""

from __future__ import annotations

from .layered_graph import Edge

BENDS = 3  # How many bends there may be for each box,
MANY = 4000  # for each of so many at most: in larger pictures more lines run below, and nobody follows one by eye,
FREE_BENDS = 1000  # and how many in any case.
NEAR = 8  # Lines through fewer columns than this always have bends.


class Lanes:
    """Which edges run below, and on which lanes.

    Attributes
    ----------
    lane:
        For each edge its lane, counted from the top, or -1 where the line is led through the columns.
    count:
        How many lanes there are.
    """

    def __init__(self, column: list[int], edges: list[Edge]) -> None:
        self.lane = [-1] * len(edges)
        self.count = 0
        trunks: dict[tuple[int, float], list[int]] = {}
        for index, edge in enumerate(edges):
            trunks.setdefault((edge.source, edge.source_port), []).append(index)
        lengths = [column[edge.target] - column[edge.source] - 1 for edge in edges]
        bends = {port: max(lengths[index] for index in trunk) for port, trunk in trunks.items()}
        surplus = sum(bends.values()) - BENDS * min(len(column), MANY) - FREE_BENDS
        starting: list[list[list[int]]] = [[] for _ in range(max(column) + 1)]
        for port in sorted(bends, key=lambda port: -bends[port]):
            if surplus <= 0 or bends[port] < NEAR:
                break
            far = [index for index in trunks[port] if lengths[index] >= NEAR]
            surplus -= bends[port] - max((lengths[index] for index in trunks[port] if lengths[index] < NEAR), default=0)
            starting[column[port[0]]].append(far)
        self._assign(column, edges, starting)

    def _assign(self, column: list[int], edges: list[Edge], starting: list[list[list[int]]]) -> None:
        """Gives lanes from left to right, and takes up those that are free again."""
        ending: list[list[int]] = [[] for _ in range(len(starting) + 1)]
        free: list[int] = []
        for at, far_ones in enumerate(starting):
            free += ending[at]
            for far in far_ones:
                if free:
                    lane = free.pop()
                else:
                    lane = self.count
                    self.count += 1
                for index in far:
                    self.lane[index] = lane
                ending[max(column[edges[index].target] for index in far)].append(lane)
