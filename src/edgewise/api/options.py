"""Checks the options of pictures."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, get_args

from ..capture.snapshot import Snapshot
from ..picture import Theme, View
from ..picture.fit import SIZES
from ..picture.modules import by_neuron

NARROWEST = 300
"""The smallest width and height in pixels. A narrower picture would have one box in a row."""


def check_options(
    view: Any = "graph", theme: Any = "auto", closed: Any = None, fit: Any = "page", width: Any = "fit"
) -> None:
    """Raises ValueError or TypeError for an option that a picture can't have."""
    for name, given, choices in (("view", view, View), ("theme", theme, Theme)):
        known = get_args(choices)
        if given not in known:
            raise ValueError(f"see: {name} must be one of {', '.join(map(repr, known))}, not {given!r}")
    if closed is not None and (
        isinstance(closed, str) or not isinstance(closed, Collection) or not all(isinstance(p, str) for p in closed)
    ):
        raise TypeError(f"see: closed takes the paths of modules in a list, such as ['encoder'], not {closed!r}")
    check_fit(fit)
    if width not in (None, "fit") and not is_length(width):
        raise ValueError(f"see: width must be a number of pixels, at least {NARROWEST}, or None, not {width!r}")


def check_scale(method: str, scale: Any) -> None:
    """Raises ValueError for a scale that is no positive number."""
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < math.inf:
        raise ValueError(f"{method}: scale must be a positive number, not {scale!r}")


def check_fit(fit: Any) -> None:
    """Raises ValueError for what is neither a size nor the name of one."""
    if isinstance(fit, str) and fit in SIZES:
        return
    if not isinstance(fit, (tuple, list)) or len(fit) != 2 or not all(map(is_length, fit)):
        known = ", ".join(map(repr, SIZES))
        raise ValueError(
            f"see: fit must be one of {known}, or a width and a height of at least {NARROWEST} pixels, such as "
            f"(1600, 900), not {fit!r}"
        )


def is_length(given: Any) -> bool:
    """Returns whether this is a width or height that a picture can have."""
    return isinstance(given, (int, float)) and not isinstance(given, bool) and given >= NARROWEST


def checked_paths(closed: Collection[str], snapshot: Snapshot) -> tuple[str, ...]:
    """Returns the paths. Raises ValueError for a path of no called module or neuron."""
    known = {scope.path: None for scope in by_neuron(snapshot).scopes}
    for path in closed:
        if path not in known:
            named = ", ".join([path for path in known if path][:12])
            raise ValueError(
                f"see: closed names {path!r}, but no module of that path was called; "
                + (f"there are {named}" if named else "the graph has no modules with a path")
            )
    return tuple(closed)
