"""The steps of a picture: forward through what is drawn, back again, and the update."""

from __future__ import annotations

from ..capture.snapshot import NodeRecord, ScopeRecord, Snapshot
from .modules import Modules
from .scene import Part

START = "The inputs and the parameters"
UPDATE = "The update of the parameters"


class Story:
    """Says in which step each number of a picture is there.

    A step goes forward or back through one operation or closed module. Back through it, it brings what comes back along
    all of its edges.

    Attributes
    ----------
    captions:
        What happens in each step. Step 0 is the start.
    forward_end:
        The last step of the way forward.
    """

    def __init__(self, snapshot: Snapshot, modules: Modules) -> None:
        self.snapshot = snapshot
        self._boxes = [self._box(node, modules) for node in snapshot.nodes]
        self.captions = [START]
        self.forward: dict[str, int] = {}
        self.backward: dict[str, int] = {}
        self._values = [0] * len(snapshot.tensors)
        self._contributions: dict[int, int] = {}
        self._gradients: dict[int, int] = {}
        self.update: int | None = None
        self._go_forward()
        self.forward_end = len(self.captions) - 1
        self._go_back()
        if any(tensor.update is not None for tensor in snapshot.tensors):
            self.update = self._step(UPDATE)

    def step_of(self, kind: str, id: int, part: Part) -> int:
        """Returns the step in which a part of a thing is there."""
        if part == "value" and kind == "tensor":
            return self._values[id]
        if part == "gradient" and kind == "tensor":
            return self._gradients.get(id, 0)
        if part == "gradient" and kind == "edge":
            return self._contributions.get(id, 0)
        if part == "gradient" and kind == "module":
            return self.backward.get(f"module {id}", 0)
        return (self.update or 0) if part == "after" else 0

    def back_along(self, tensor: int, target: str | None) -> int:
        """Returns the step in which the gradient of a tensor comes back along the line to a thing."""
        if target in self.backward:
            return self.backward[target]
        kind, _, id = (target or "").partition(" ")
        return self._contributions.get(int(id), 0) if kind == "edge" else self._gradients.get(tensor, 0)

    def at_work(self, kind: str, id: int) -> list[tuple[int, Part]]:
        """Returns the steps in which something happens at a thing, and to which of its numbers."""
        key = f"{kind} {id}"
        found: list[tuple[int | None, Part]]
        if kind == "tensor":
            made = self.snapshot.tensors[id].node is not None
            found = [(self._values[id] if made else None, "value"), (self._gradients.get(id), "gradient")]
            if self.snapshot.tensors[id].update is not None:
                found.append((self.update, "after"))
        elif kind == "edge":
            found = [(self._contributions.get(id), "gradient")]
        else:
            found = [(self.forward.get(key), "value"), (self.backward.get(key), "gradient")]
        return [(step, part) for step, part in found if step is not None]

    def _step(self, caption: str) -> int:
        self.captions.append(caption)
        return len(self.captions) - 1

    def _box(self, node: NodeRecord, modules: Modules) -> str:
        hidden = modules.outermost_closed(node.scope)
        return f"node {node.id}" if hidden is None else f"module {hidden}"

    def _go_forward(self) -> None:
        """Goes through each box when its last operation has run."""
        last = {box: node for node, box in enumerate(self._boxes)}
        for box in sorted(last, key=last.__getitem__):
            self.forward[box] = self._step(f"Forward through {self._name(box)}")
        for node, box in zip(self.snapshot.nodes, self._boxes, strict=True):
            self._values[node.output] = self.forward[box]

    def _go_back(self) -> None:
        """Goes back through each box when all gradients of its results are there."""
        snapshot = self.snapshot
        ends = [id for id in snapshot.outputs if snapshot.tensors[id].gradient is not None]
        if ends:
            seed = self._step(f"Backward begins at {snapshot.objective.symbol}")
            self._gradients = dict.fromkeys(ends, seed)
        first: dict[str, int] = {}
        for node, box in enumerate(self._boxes):
            first.setdefault(box, node)
        returning: dict[str, list[int]] = {}
        for edge in snapshot.edges:
            if edge.contribution is not None:
                returning.setdefault(self._boxes[edge.node], []).append(edge.id)
        for box in sorted(returning, key=first.__getitem__, reverse=True):
            step = self.backward[box] = self._step(f"Back through {self._name(box)}")
            for id in returning[box]:
                self._contributions[id] = step
                tensor = snapshot.edges[id].tensor
                self._gradients[tensor] = max(step, self._gradients.get(tensor, 0))

    def _name(self, box: str) -> str:
        kind, id = box.split()
        if kind == "node":
            return self.snapshot.nodes[int(id)].label
        scope: ScopeRecord = self.snapshot.scopes[int(id)]
        return scope.path or scope.kind
