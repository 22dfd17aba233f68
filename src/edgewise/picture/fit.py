"""Chooses which modules of a still picture are open, so that it fits a page, a slide, or another size."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from ..capture.modules import scopes_around
from ..capture.snapshot import Snapshot
from ..graph.modes import FUNCTION_KINDS
from .loops import REST

Size = tuple[float, float]
"""A width and a height in pixels."""

Fit = Literal["page", "slide", "all"] | Size

SIZES: dict[str, Size | None] = {"page": (1160.0, 1640.0), "slide": (1280.0, 720.0), "all": None}
"""The sizes that have names.

A page is A4 within margins of 2 cm, on which the numbers are set in 5 points. A slide is as wide as high times 16/9.
"""

FREE_WIDTH = 1680.0
"""The width at which rows end where everything is open."""

MOST_TRIALS = 48
"""How many times a picture is laid out at most to find what fits."""

LEAST_AREA = 2160.0
"""The square pixels that a box takes at least, with the gaps beside it."""


def size_of(fit: Fit) -> Size | None:
    """Returns the size in pixels, or None where everything is open."""
    return SIZES[fit] if isinstance(fit, str) else fit


def closed_to_fit(snapshot: Snapshot, dissolved: Collection[int], fits: Callable[[set[int]], bool]) -> set[int]:
    """Returns the scopes to close, so that the picture fits with as much open as the rule below allows.

    Functions made of several operations are closed, and so are all repeats of a loop but the first. All modules are
    open if that fits. Otherwise all are closed, and then opened again from the outside inwards, as long as the picture
    fits. Modules at one depth that are alike, which are those of one kind with equally many operations, open together.
    Where they don't fit together, the first of them opens as an example.

    Parameters
    ----------
    snapshot:
        The graph.
    dissolved:
        Scopes that have no box of their own, which are never closed.
    fits:
        Returns whether the picture fits with some scopes closed. It is asked at most ``MOST_TRIALS`` times.
    """
    counts = operation_counts(snapshot)
    own = [scope for scope in snapshot.scopes if counts[scope.id] and scope.id not in dissolved]
    repeats = {scope.id for scope in own if scope.kind == REST}
    own = [scope for scope in own if repeats.isdisjoint([*scopes_around(snapshot, scope.id)][1:])]
    functions = {scope.id for scope in own if scope.kind in FUNCTION_KINDS and counts[scope.id] > 1} | repeats
    if fits(functions):
        return functions
    depths: dict[int, int] = {}  # of modules in modules
    around: dict[int, int | None] = {}
    alike: dict[tuple[int, str, int], list[int]] = {}
    for scope in own:
        if scope.kind in FUNCTION_KINDS or scope.kind == REST:
            continue
        parent = scope.parent
        while parent is not None and parent not in depths:
            parent = snapshot.scopes[parent].parent
        around[scope.id] = parent
        depths[scope.id] = 0 if parent is None else depths[parent] + 1
        alike.setdefault((depths[scope.id], scope.kind, counts[scope.id]), []).append(scope.id)
    closed = functions.union(depths)
    trials = 1
    for depth, kind, count in sorted(alike, key=lambda key: (key[0], alike[key][0])):
        group = [id for id in alike[depth, kind, count] if around[id] not in closed]
        for part in (group, group[:1]) if len(group) > 1 else (group,):
            if not part or trials == MOST_TRIALS:
                break
            trials += 1
            if fits(closed.difference(part)):
                closed.difference_update(part)
                break
    return closed


def operation_counts(snapshot: Snapshot) -> list[int]:
    """Returns how many operations each scope holds, with those of the scopes inside it."""
    counts = [0] * len(snapshot.scopes)
    for node in snapshot.nodes:
        if node.scope is not None:
            counts[node.scope] += 1
    for scope in reversed(snapshot.scopes):
        if scope.parent is not None:
            counts[scope.parent] += counts[scope.id]
    return counts
