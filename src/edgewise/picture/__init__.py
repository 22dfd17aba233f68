"""Drawings of snapshots, as scenes and as SVG."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from ..capture.snapshot import Snapshot
from ..system.memory import gc_paused
from .chain import ViewError as ViewError
from .fit import FREE_WIDTH, size_of
from .fit import Fit as Fit
from .graph import graph_scene
from .neurons import neurons_scene
from .scene import Scene as Scene
from .style import Theme as Theme
from .svg import svg_of

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
    """A picture of a snapshot as SVG text.

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


def scene_of(
    snapshot: Snapshot,
    *,
    view: View = "graph",
    closed: Collection[str] | None = None,
    fit: Fit = "page",
    width: Width = "fit",
) -> Scene:
    """What :func:`draw` draws, as plain data: shapes and texts with their places and roles."""
    if view not in get_args(View):
        raise ValueError(f"view: {view!r} is none of {', '.join(map(repr, get_args(View)))}")
    if view == "neurons":
        return neurons_scene(snapshot)
    widest, height = size_of(fit) or (FREE_WIDTH, None)
    return graph_scene(snapshot, closed, widest if width == "fit" else width, height)
