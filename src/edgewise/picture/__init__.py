"""Drawings of snapshots, as scenes and as SVG."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal, get_args

from ..capture.snapshot import Snapshot
from ..system.memory import gc_paused
from .chain import ViewError as ViewError
from .fit import FREE_WIDTH, size_of
from .fit import Fit as Fit
from .graph import graph_scene
from .neurons import neurons_scene
from .scene import Scene as Scene
from .scene import Steps as Steps
from .style import Theme as Theme
from .svg import animated_svg_of, svg_of

View = Literal["graph", "neurons"]

Width = float | Literal["fit"] | None


def draw(
    snapshot: Snapshot,
    *,
    view: View = "graph",
    theme: Theme = "auto",
    closed: Collection[str] | None = None,
    fit: Fit = "page",
    width: Width = "fit",
) -> str:
    """Draws a picture of a snapshot as SVG text.

    The same snapshot gives the same text. It has no scripts and refers to nothing, so that it may stand anywhere: in a
    page, as an image, in a slide.

    Parameters
    ----------
    snapshot:
        What is drawn; nothing else is asked.
    view:
        ``"graph"``: operations as boxes, and on the edges between them tensors with value and gradient.
        ``"neurons"``: neurons joined by weights, for chains of linear layers and activations.
    theme:
        ``"light"``, ``"dark"``, or as the reader prefers.
    closed:
        Paths of modules to be drawn as one box each; all others are open.
    fit:
        Without `closed`, modules are closed so that the picture fits: ``"page"``, ``"slide"``, or a width and a height
        in pixels. ``"all"`` opens all. :func:`.fit.closed_to_fit` has the rule.
    width:
        The largest width in pixels, instead of that of `fit`. Graphs that are wider go on below, in rows that start
        between modules; a module that is wider has rows of its own. Lines that come from the row above have their names
        there. None leaves them in one row.

    Raises
    ------
    ViewError
        If the view is ``"neurons"`` and the graph is no such chain. It is a ValueError.
    ValueError
        If `closed` names a module that is not in the graph or can't be one box, or there is no such view or theme.
    TypeError
        If `closed` is one path, not a collection of paths.
    """
    if theme not in get_args(Theme):
        raise ValueError(f"theme: {theme!r} is none of {', '.join(map(repr, get_args(Theme)))}")
    with gc_paused():
        return svg_of(scene_of(snapshot, view=view, closed=closed, fit=fit, width=width), theme)


def draw_steps(snapshot: Snapshot, steps: Steps, *, theme: Theme = "auto", **size: Any) -> Iterator[str]:
    """Yields the picture in each step of its story as SVG text: ``"all"`` steps, or those of the way ``"backward"``.

    `size` is closed, fit and width, as :func:`draw` takes them.
    """
    scene = scene_of(snapshot, steps=steps, **size)
    for step in range(scene.first, scene.last + 1):
        yield svg_of(scene, theme, step)


def draw_animation(snapshot: Snapshot, steps: Steps, seconds: float, *, theme: Theme = "auto", **size: Any) -> str:
    """Returns a picture as SVG text that goes through the same steps, each so many seconds long."""
    with gc_paused():
        return animated_svg_of(scene_of(snapshot, steps=steps, **size), theme, seconds)


def scene_of(
    snapshot: Snapshot,
    *,
    view: View = "graph",
    closed: Collection[str] | None = None,
    fit: Fit = "page",
    width: Width = "fit",
    steps: Steps | None = None,
) -> Scene:
    """Returns what :func:`draw` draws, as plain data: shapes and texts with their places and roles."""
    if view not in get_args(View):
        raise ValueError(f"view: {view!r} is none of {', '.join(map(repr, get_args(View)))}")
    if view == "neurons":
        return neurons_scene(snapshot)
    widest, height = size_of(fit) or (FREE_WIDTH, None)
    return graph_scene(snapshot, closed, widest if width == "fit" else width, height, steps=steps)
