"""Calling the hooks of a gradient on its way."""

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
    """Returns the gradient after its hooks: what each returned, or its argument as the hook changed it in place.

    Raises GradientError if a hook returns something that is no gradient of this shape.
    """
    for hook in list(hooks.hooks.values()):
        given = _copy_for_hook(gradient, create_graph)
        with nullcontext() if create_graph else no_grad():
            replaced = hook(given)
        if replaced is None:
            replaced = given
        if not isinstance(replaced, Edge) or tuple(replaced.array.shape) != tuple(gradient.shape):
            raise GradientError(
                f"a gradient hook returned {describe(plain_array(replaced))}; it must return None or a tensor of the "
                f"gradient's shape {tuple(gradient.shape)}"
            )
        dtype = gradient.dtype
        gradient = clone_op(replaced) if create_graph else copy_of(replaced.array)
        if gradient.dtype != dtype:
            gradient = namespace(gradient).astype(gradient, dtype)
    if retain and hooks.retain is not None:
        hooks.retain(_copy_for_hook(gradient, create_graph))
    return gradient


def _copy_for_hook(gradient: Any, create_graph: bool) -> Any:
    """A copy for each hook: what a hook keeps, or changes, is no other tensor's gradient, and no `.grad`."""
    return clone_op(gradient) if create_graph else wrap(copy_of(gradient))
