"""What was done to inputs before they met anything that requires a gradient, which the graph itself does not know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..graph.edge import Edge
from ..graph.inplace import written_at
from ..graph.provenance import Made, Origin, Use, made_by, origin_of
from .names import Names


def prepared_inputs(uses: Mapping[Edge, Use], leaves: Mapping[Edge, Any], names: Names) -> dict[Edge, Made]:
    """The leaves that nobody has a name for, and what they were made of, with how they were made.

    Those are left out whose origin ends at something that is gone or was overwritten since, and those made of numbers
    alone.
    """
    finding = _Finding({*uses, *leaves})
    found: dict[Edge, Origin] = {}
    for leaf in leaves:
        if leaf not in names.given and not leaf.requires_grad and finding.leads_somewhere(leaf):
            found.update(finding.behind(leaf))
    return {edge: made_by(origin) for edge, origin in found.items()}


class _Finding:
    def __init__(self, known: Collection[Edge]) -> None:
        self._known = known
        self._answers: dict[Edge, Origin | None] = {}

    def leads_somewhere(self, edge: Edge) -> bool:
        """Whether a tensor was made of tensors that are there still, or belong to the graph."""
        return self._origin(edge) is not None

    def behind(self, edge: Edge) -> dict[Edge, Origin]:
        """A tensor and those that it was made of, with their origins."""
        found: dict[Edge, Origin] = {}
        waiting = [edge]
        while waiting:
            one = waiting.pop()
            origin = self._origin(one)
            if origin is not None and one not in found:
                found[one] = origin
                waiting += [source for source in origin.sources() or () if source is not None]
        return found

    def _origin(self, edge: Edge) -> Origin | None:
        """How it was made, if that is known and true still."""
        if edge not in self._answers:
            self._answers[edge] = self._checked(edge)
        return self._answers[edge]

    def _checked(self, edge: Edge) -> Origin | None:
        origin = origin_of(edge)
        if origin is None or edge.operation is not None:
            return None
        sources = [source for source in origin.sources() or () if source is not None]
        if not sources or not origin.explains(edge.array):
            return None
        if any(written_at(one.array) > origin.serial for one in (edge, *sources)):
            return None
        # What was written since, as h by h[h < 0] += 1, is another result, even if it would explain this one.
        if any(one.operation is not None and one.serial > origin.serial for one in sources):
            return None
        # A leaf without an origin is something that the program still has, as nothing else holds it.
        return origin
