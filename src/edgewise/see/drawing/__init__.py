"""Drawings of snapshots, as scenes and as SVG."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ..snapshot import Snapshot
from .chain import ViewError as ViewError
from .graph import graph_scene
from .neurons import neurons_scene
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
    scene = neurons_scene(snapshot) if view == "neurons" else graph_scene(snapshot, closed, width)
    return svg_of(scene, theme)
