"""Drawings of snapshots, as scenes and as SVG."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ..snapshot import Snapshot
from .graph import graph_scene
from .scene import Scene as Scene
from .style import Theme as Theme
from .svg import svg_of

View = Literal["graph", "neurons"]


WIDTH = 1600.0


def draw(
    snapshot: Snapshot,
    *,
    view: View = "graph",
    theme: Theme = "auto",
    closed: Collection[str] | None = None,
    width: float | None = WIDTH,
) -> str:
    """A picture of a snapshot as SVG text."""
    return svg_of(graph_scene(snapshot, closed, width), theme)
