"""Functions made of several operations: one box in pictures, and float32 within for tensors of half precision."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ..graph.arrays import namespace
from ..graph.edge import Edge
from ..graph.modes import ACTIVATION_FUNCTION, FUNCTION, Scope, thread
from ..graph.traits import CallExample, CompositeTraits
from ..graph.widening import is_half

P = ParamSpec("P")
R = TypeVar("R")


def scoped(function: Callable[P, R]) -> Callable[P, R]:
    """Runs the function in a scope of its name, so that pictures know what was made in which call of it.

    Nothing else changes: not its numbers, and not its signature.
    """
    return _in_scope(function, FUNCTION)


def composed_activation(function: Callable[P, R]) -> Callable[P, R]:
    """Does as :func:`scoped` for an activation, which pictures of neurons count to the layer before it."""
    return _in_scope(function, ACTIVATION_FUNCTION)


def explained(example: CallExample, words: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Says of a function which call explanations show it with, and what it does."""

    def add(function: Callable[P, R]) -> Callable[P, R]:
        vars(function)["traits"] = CompositeTraits(example, words=words)
        return function

    return add


def _in_scope(function: Callable[P, R], kind: str) -> Callable[P, R]:
    name = function.__name__

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        modes = thread.modes
        outer = modes.scope
        # A function that calls itself, as one does that writes in place, is still one box.
        if not modes.recording or (outer is not None and outer.name == name and outer.kind == kind):
            return function(*args, **kwargs)
        modes.scope = Scope(name, kind, outer)
        try:
            return function(*args, **kwargs)
        finally:
            modes.scope = outer

    return call


def computed_in_single(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function compute float16 tensors in float32, and round its result to float16 once.

    What lies between its operations may be too large for float16 though the result is not. Of tensors of other dtypes,
    the function itself is called.
    """

    @wraps(function)
    def computed(*args: P.args, **kwargs: P.kwargs) -> R:
        given = [x for x in (*args, *kwargs.values()) if isinstance(x, Edge)]
        half: Any = None
        for x in given:
            dtype = x.array.dtype
            if is_half[dtype.__class__, dtype]:
                half = dtype
        if half is None:
            return function(*args, **kwargs)
        single: Any = function
        result = single(*map(_in_single, args), **{name: _in_single(value) for name, value in kwargs.items()})
        others = any(str(getattr(x, "dtype", "")).rpartition(".")[2] in ("float32", "float64") for x in given)
        return result if others else result.to(half)  # type: ignore[no-any-return]

    return computed


def _in_single(value: Any) -> Any:
    if isinstance(value, Edge):
        tensor: Any = value
        xp = namespace(tensor.array)
        if is_half[xp, tensor.array.dtype]:
            return tensor.to(xp.float32)
    return value
