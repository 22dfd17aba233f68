"""The pictures of a page: drawings of the graph, and which lines in them join what."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ..drawing.graph import MARGIN, _Graph
from ..drawing.modules import Modules
from ..drawing.scene import Curve, Rectangle, Scene
from ..drawing.svg import svg_of
from ..snapshot import Snapshot

WIDTHS = (1060.0, 400.0)
"""Of the drawings in a page: for a wide screen and for a phone."""

MOST_TWICE = 120
"""Graphs of more operations are drawn once."""


_MAP = re.compile(r' href="data:image/png;base64,[^"]*"')
_TOLD = re.compile(r'(<g data-kind="(?:tensor|edge)" data-id="\d+">)<title>[^<]*</title>')


@dataclass(frozen=True)
class Place:
    """A drawing, and its lines in the order in which each tensor's lines are drawn.

    `links` are ``[tensor, source kind, source id, target kind, target id, whether a gradient comes back]``. For each
    operation that is within a closed module `hidden` has that one.
    """

    svg: str
    links: list[list[Any]]
    hidden: dict[int, int | None]
    width: float
    height: float


def places(snapshot: Snapshot) -> list[Place]:
    """The drawings of a graph, widest first; those that come out alike only once."""
    # What an optimiser made of the parameters is not drawn: the page makes its own updates.
    snapshot = replace(snapshot, tensors=[replace(tensor, update=None) for tensor in snapshot.tensors])
    drawn: list[Place] = []
    for width in WIDTHS if len(snapshot.nodes) <= MOST_TWICE else WIDTHS[:1]:
        graph = _Graph(snapshot, Modules(snapshot, None))
        scene = graph.scene(width)
        _without_legend(scene)
        if not drawn or scene.width < drawn[-1].width - 1:
            boxes = {node: graph.things[box] for node, box in graph.boxes.items()}
            hidden = {node: thing.id for node, thing in boxes.items() if thing.kind == "module"}
            drawn.append(Place(_bare(svg_of(scene, "auto")), _links(graph), hidden, scene.width, scene.height))
    return drawn


def _bare(svg: str) -> str:
    """Without what the page writes itself: the style sheet, heat maps, and what is told of tensors."""
    head, _, rest = svg.partition("<style>")
    svg = head + rest.partition("</style>")[2].lstrip()
    return _TOLD.sub(r"\1", _MAP.sub("", svg))


def _links(graph: _Graph) -> list[list[Any]]:
    def end(place: int) -> list[Any]:
        thing = graph.things[place]
        return [thing.kind, thing.id]

    links = zip(graph.links, graph.returns, graph.carried, strict=True)
    return [[tensor, *end(link.source), *end(link.target), back] for link, back, tensor in links]


def _without_legend(scene: Scene) -> None:
    """The page has a legend of its own, so the picture is as large as what is left."""
    scene.things = [thing for thing in scene.things if thing.kind != "legend"]
    shapes = [shape for thing in scene.things for shape in thing.shapes]
    ends = [(shape.x + shape.width, shape.y + shape.height) for shape in shapes if isinstance(shape, Rectangle)]
    ends += [point for shape in shapes if isinstance(shape, Curve) for point in shape.points]
    scene.width = max(x for x, _ in ends) + MARGIN
    scene.height = max(y for _, y in ends) + MARGIN
