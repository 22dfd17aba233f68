"""Errors of functions made of several operations, in the words of their own arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ..graph.arrays import describe
from ..graph.edge import Edge, edge_of
from ..graph.error_messages import broadcast_fault
from ..graph.errors import ShapeError

P = ParamSpec("P")
R = TypeVar("R")


def broadcasts(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function name itself and its arguments where those called `names` can't be broadcast together.

    Otherwise the error would name the operation inside that met them, and that one's arguments, which the caller wrote
    nowhere.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        parameters = tuple(inspect.signature(function).parameters)
        own = getattr(function, "__name__", "")

        @wraps(function)
        def named(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except ShapeError as error:
                given = {**dict(zip(parameters, args, strict=False)), **kwargs}
                ordered = {name: given[name] for name in parameters if name in given}
                raise misfit(own, error, names, ordered) from None

        return named

    return decorated


def misfit(own: str, error: ShapeError, names: Iterable[str], given: Mapping[str, Any]) -> ShapeError:
    """Returns the error to raise for one from inside a function: `own` and its arguments if `names` don't broadcast.

    What is called often catches the error itself, without the call that :func:`broadcasts` adds.
    """
    values = {name: _plain(value) for name, value in given.items()}
    fault = broadcast_fault([values[name] for name in names if name in values])
    if fault is None:
        return error
    described = [
        f"{name}: {describe(value)}"
        for name, value in values.items()
        if hasattr(value, "shape") or type(value) in (int, float)
    ]
    return ShapeError(f"{own}: {fault} [{', '.join(described)}]")


def _plain(value: Any) -> Any:
    """Returns the array of a tensor or of nested lists; anything else as it is."""
    if isinstance(value, (Edge, list, tuple)):
        return edge_of(value).array
    return value
