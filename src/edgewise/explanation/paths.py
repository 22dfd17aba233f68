"""Finds the paths of a gradient: from the output back to one tensor."""

from __future__ import annotations

from collections.abc import Iterator

from ..capture.snapshot import EdgeRecord, Snapshot


class GradientPaths:
    """The part of a graph between a tensor and the output.

    Attributes
    ----------
    tensors:
        Numbers of the tensors on the paths, the output first, the tensor itself last.
    uses:
        For each of them, the edges that send a contribution back to it, in the order of the forward pass.
    """

    def __init__(self, snapshot: Snapshot, tensor: int) -> None:
        self.snapshot, self.tensor = snapshot, tensor
        self.uses: dict[int, list[EdgeRecord]] = {}
        reached = {tensor}
        waiting = [tensor]
        while waiting:
            one = waiting.pop()
            edges = [snapshot.edges[i] for i in snapshot.tensors[one].edges]
            self.uses[one] = [edge for edge in edges if edge.contribution is not None]
            for edge in self.uses[one]:
                output = snapshot.nodes[edge.node].output
                if output not in reached:
                    reached.add(output)
                    waiting.append(output)
        # Results have higher numbers than their sources; leaves are numbered by their first use.
        order = sorted((one for one in reached if one != tensor), reverse=True)
        self.tensors = [*order, tensor]

    def next(self, edge: EdgeRecord) -> int:
        """Returns the output of an edge's node: the tensor one step closer to the output."""
        return self.snapshot.nodes[edge.node].output

    def count(self) -> int:
        """Counts the paths."""
        paths: dict[int, int] = {}
        for one in self.tensors:
            uses = self.uses[one]
            own = 1 if one in self.snapshot.outputs else 0
            paths[one] = own + sum(paths[self.next(edge)] for edge in uses)
        return paths[self.tensor]

    def paths(self) -> Iterator[list[EdgeRecord]]:
        """Yields each path as its edges, from the tensor to the output. Check `count` first: there can be very many."""
        waiting: list[tuple[int, list[EdgeRecord]]] = [(self.tensor, [])]
        while waiting:
            one, path = waiting.pop()
            if one in self.snapshot.outputs:
                yield path
            waiting += [(self.next(edge), [*path, edge]) for edge in reversed(self.uses[one])]
