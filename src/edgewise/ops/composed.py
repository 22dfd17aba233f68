"""Functions made of several operations, which pictures show as one box that opens to these."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..graph.modes import FUNCTION, Scope, thread

P = ParamSpec("P")
R = TypeVar("R")


def composed(function: Callable[P, R]) -> Callable[P, R]:
    """Runs the function in a scope of its name, so that pictures know what was made in which call of it.

    Nothing else changes: not its numbers, and not its signature.
    """
    name = function.__name__

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        modes = thread.modes
        outer = modes.scope
        # A function that calls itself, as one does that writes in place, is still one box.
        if not modes.recording or (outer is not None and outer.name == name and outer.kind == FUNCTION):
            return function(*args, **kwargs)
        modes.scope = Scope(name, FUNCTION, outer)
        try:
            return function(*args, **kwargs)
        finally:
            modes.scope = outer

    return call
