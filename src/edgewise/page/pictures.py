"""The pictures of a page: where things are in the graph as it is drawn at first, and within each module by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ..capture.snapshot import ScopeRecord, Snapshot
from ..layout import Placement
from ..picture.cells import by_neuron
from ..picture.chips import Drawn
from ..picture.graph import MARGIN, _Graph
from ..picture.modules import Modules
from ..picture.rows import Rows, in_rows
from .forms import Forms
from .rooms import Rooms

WIDTHS = (1060.0, 400.0)
"""Of the drawings in a page: for a wide screen and for a phone."""

MOST_SEEN = 20
"""With more operations than this, inner modules are closed at first: readers open what they want to look into."""

MOST_SMALL = 60
"""Of single numbers, which take little room, there may be more."""

FEWEST_SEEN = 5
"""Inner modules stay open where they would leave fewer boxes than this."""

MOST_TWICE = 120
"""Graphs of more operations are drawn once."""


def pictures(snapshot: Snapshot, closed: Collection[str] | None = None) -> dict[str, Any]:
    """All that the page needs to draw the graph.

    - ``templates``: elements of SVG around an origin at the top left, width, height, and the height of lines;
    - ``forms``: a template's number, and the texts in it;
    - ``drawings``: the graph as it is drawn at first, widest first; those that come out alike only once;
    - ``rooms`` and ``layouts``: the modules by themselves, and where things are in rooms that are alike.
    """
    # What an optimiser made of the parameters is not drawn: the page makes its own updates.
    snapshot = by_neuron(replace(snapshot, tensors=[replace(tensor, update=None) for tensor in snapshot.tensors]))
    forms = Forms()
    rooms = Rooms(snapshot, forms)
    drawings = _drawings(snapshot, forms, rooms, closed)
    return {**rooms.data(), "drawings": drawings, "templates": forms.templates(), "forms": forms.forms}


def _drawings(snapshot: Snapshot, forms: Forms, rooms: Rooms, closed: Collection[str] | None) -> list[dict[str, Any]]:
    most = MOST_SMALL if all(not tensor.shape for tensor in snapshot.tensors) else MOST_SEEN
    graph = _Boxed(snapshot, Modules(snapshot, closed, most, FEWEST_SEEN, rooms.apart), rooms)
    graph.gather()
    placed = graph.place()
    looks = [forms.of(drawn) for drawn in graph.drawn]
    drawn: list[dict[str, Any]] = []
    for width in WIDTHS if len(set(graph.boxes.values())) <= MOST_TWICE else WIDTHS[:1]:
        rows = in_rows(placed, graph.items, width - 2 * MARGIN)
        if not drawn or rows.width + 2 * MARGIN < drawn[-1]["width"] - 1:
            drawn.append(_drawing(graph, rows, looks))
    return drawn


class _Boxed(_Graph):
    """A graph whose closed modules look as they do in the page."""

    def __init__(self, snapshot: Snapshot, modules: Modules, rooms: Rooms) -> None:
        super().__init__(snapshot, modules)
        self.rooms = rooms

    def _module(self, scope: ScopeRecord) -> Drawn:
        return self.rooms.closed(scope.id) or super()._module(scope)


def _drawing(graph: _Graph, rows: Rows | Placement, looks: list[int]) -> dict[str, Any]:
    """Where everything is, as the page takes it."""

    def at(*values: float) -> list[float]:
        return [round(value + MARGIN, 1) for value in values]

    turns = rows.turns if isinstance(rows, Rows) else {}
    lines = []
    for index, (link, route) in enumerate(zip(graph.links, rows.routes, strict=True)):
        turn = turns.get(index)
        points = [value for point in turn or route for value in at(*point)]
        lines.append(
            [graph.carried[index], link.source, link.target, int(graph.returns[index]), int(turn is not None), *points]
        )
    return {
        "width": round(rows.width + 2 * MARGIN, 1),
        "height": round(rows.height + 2 * MARGIN, 1),
        "things": " ".join(f"{thing.kind[0]}{thing.id}" for thing in graph.things),
        "forms": looks,
        "x": [round(x + MARGIN, 1) for x in rows.x],
        "y": [round(y + MARGIN, 1) for y in rows.y],
        "lines": lines,
        "frames": [
            [graph.modules.open[group], *at(x, y), round(width, 1), round(height, 1)]
            for group, x, y, width, height in rows.frames
        ],
        "open": graph.modules.open,
    }
