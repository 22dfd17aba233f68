"""Calls the hooks of a gradient during a backward pass."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .arrays import describe, namespace
from .edge import Edge, wrap
from .errors import GradientError
from .identity import clone_op
from .leaves import copy_of, plain_array
from .modes import no_grad

if TYPE_CHECKING:
    from .hooks import Hooks


def apply_hooks(hooks: Hooks, gradient: Any, create_graph: bool, retain: bool) -> Any:
    """Returns the gradient after its hooks, each of which returned another one or changed its argument in place.

    Raises GradientError if a hook returns something that is no gradient of this shape.
    """
    for hook in list(hooks.hooks.values()):
        argument = _copy_for_hook(gradient, create_graph)
        with nullcontext() if create_graph else no_grad():
            result = hook(argument)
        if result is None:
            result = argument
        if not isinstance(result, Edge) or tuple(result.array.shape) != tuple(gradient.shape):
            raise GradientError(
                f"a gradient hook returned {describe(plain_array(result))}; it must return None or a tensor of the "
                f"gradient's shape {tuple(gradient.shape)}"
            )
        dtype = gradient.dtype
        gradient = clone_op(result) if create_graph else copy_of(result.array)
        if gradient.dtype != dtype:
            gradient = namespace(gradient).astype(gradient, dtype)
    if retain and hooks.retain is not None:
        hooks.retain(_copy_for_hook(gradient, create_graph))
    return gradient


def _copy_for_hook(gradient: Any, create_graph: bool) -> Any:
    """Returns a copy, so that a hook can keep or change it without changing another gradient or a `.grad`."""
    return clone_op(gradient) if create_graph else wrap(copy_of(gradient))
