"""Finds the operations that prepared inputs before they met a tensor that requires a gradient; no node records them."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType
from typing import Any

from ..graph.edge import Edge
from ..graph.inplace import written_at
from ..graph.provenance import Origin, UnrecordedUse, origin_of, unrecorded_use
from .lines import place_in_source
from .names import Names
from .spelling import without_number


def prepared_inputs(leaves: Mapping[Edge, Any], names: Names) -> dict[Edge, UnrecordedUse]:
    """Returns the unnamed leaves, and the tensors they were computed from, each with the operation that made it.

    Leaves whose sources are gone or were overwritten, and leaves computed from numbers alone, are left out. The
    variable of a loop still holds its last item: that one is treated as those before it, which have no name any more.
    """
    search = _PreparationSearch()
    known = [leaf for leaf in leaves if not leaf.requires_grad and search.is_known(leaf)]
    unnamed = [leaf for leaf in known if leaf not in names.user_names]
    places = {_place(leaf) for leaf in unnamed}
    last_items = [leaf for leaf in known if _place(leaf) in places and _is_named_by_place(leaf, names)]
    found: dict[Edge, Origin] = {}
    for leaf in dict.fromkeys([*unnamed, *last_items]):
        found.update(search.history(leaf))
    return {edge: unrecorded_use(origin) for edge, origin in found.items()}


def _place(leaf: Edge) -> tuple[CodeType, int] | None:
    """Returns where in the program a tensor with an origin was made."""
    origin = origin_of(leaf)
    return None if origin is None else (origin.code, origin.instruction)


def _is_named_by_place(leaf: Edge, names: Names) -> bool:
    """Says whether a tensor has the name of the variable that is assigned to where it was made."""
    name, place = names.user_names.get(leaf), _place(leaf)
    if name is None or place is None:
        return False
    source = place_in_source(*place)
    return without_number(name) in (*source.targets, source.loop_variable)


class _PreparationSearch:
    """Follows the origins of tensors, each checked once."""

    def __init__(self) -> None:
        self._answers: dict[Edge, Origin | None] = {}

    def is_known(self, edge: Edge) -> bool:
        """Says whether a tensor was made from tensors that still exist unchanged."""
        return self._origin(edge) is not None

    def history(self, edge: Edge) -> dict[Edge, Origin]:
        """Returns a tensor and all that it was computed from, with their origins."""
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
        """Returns the origin of a tensor, if it is known and still true."""
        if edge not in self._answers:
            self._answers[edge] = self._valid_origin(edge)
        return self._answers[edge]

    def _valid_origin(self, edge: Edge) -> Origin | None:
        origin = origin_of(edge)
        if origin is None or edge.operation is not None:
            return None
        sources = [source for source in origin.sources() or () if source is not None]
        if not sources or not origin.explains(edge.array):
            return None
        if any(written_at(one.array) > origin.serial for one in (edge, *sources)):
            return None
        # A source written to since, as h by h[h < 0] += 1, is another result, even if it would explain this one.
        if any(one.operation is not None and one.serial > origin.serial for one in sources):
            return None
        # A source without an origin is a tensor of the program.
        return origin
