"""Adds the gradients of a backward pass to the `.grad` of leaves, and calls the hooks of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from .arrays import Array, namespace
from .edge import Edge, next_serial, wrap
from .identity import clone_op
from .inplace import note_writes
from .modes import no_grad

if TYPE_CHECKING:
    from ..tensor import Tensor
from typing import TYPE_CHECKING

from .arrays import describe
from .errors import GradientError

if TYPE_CHECKING:
    from .hooks import Hooks

_deposit_lock = Lock()


def deposit(arrived: Mapping[Edge, Any], shared: set[int], *, create_graph: bool, copy: bool) -> None:
    """Adds the gradients that arrived to the `.grad` of their leaves, in its memory where possible.

    `shared` holds the ids of the caller's arrays, which are copied. With `copy` all arrays are copied.
    """
    written = []
    with _deposit_lock:
        for edge, gradient in arrived.items():
            leaf: Any = edge
            if leaf.operation is None and not leaf.requires_grad:
                continue
            if leaf.grad is None:
                leaf.grad = as_leaf_gradient(gradient, shared, copy=copy)
            elif create_graph:
                leaf.grad = leaf.grad + gradient
            elif _can_hold(leaf.grad, gradient):
                total = leaf.grad.array
                total += gradient
                written.append(total)
            else:
                leaf.grad = wrap(namespace(leaf.array).asarray(leaf.grad.array + gradient))
        if written:
            note_writes(written, next_serial())


def call_deposit_hooks(leaves: Iterable[Any], create_graph: bool) -> None:
    """Calls the hooks for a complete `.grad`. They can change the leaf, so their operations are not recorded."""
    for leaf in leaves:
        hooks = leaf.hooks
        if hooks is not None and hooks.post_accumulate and leaf.operation is None:
            with nullcontext() if create_graph else no_grad():
                for hook in list(hooks.post_accumulate.values()):
                    hook(leaf)


def shared_ids(gradients: Iterable[Any]) -> set[int]:
    """Returns the ids of gradients that the caller holds, for :func:`as_leaf_gradient`."""
    return {id(plain_array(gradient)) for gradient in gradients}


def as_leaf_gradient(gradient: Any, shared: set[int], *, copy: bool = False) -> Tensor:
    """Returns a gradient as a tensor that shares no memory, and copies it only where needed."""
    array = plain_array(gradient)
    if not copy and _owns_its_memory(array) and id(array) not in shared:
        shared.add(id(array))
        return gradient if isinstance(gradient, Edge) else wrap(array)  # type: ignore[return-value]
    return clone_op(gradient) if isinstance(gradient, Edge) else wrap(copy_of(array))


def plain_array(value: Any) -> Array:
    """Returns the array of a tensor, or an array itself."""
    return value.array if isinstance(value, Edge) else value


def copy_of(array: Array) -> Array:
    """Returns a copy in its own memory."""
    return namespace(array).asarray(array, copy=True)


def _can_hold(total: Edge, gradient: Any) -> bool:
    """Returns whether a gradient can be added in place, so that other references to the `.grad` see the sum."""
    array: Any = total.array
    flags = getattr(array, "flags", None)
    return (
        total.operation is None
        and getattr(flags, "writeable", False)
        and hasattr(array, "base")
        and array.dtype == gradient.dtype
        and array.shape == gradient.shape
    )


def _owns_its_memory(gradient: Any) -> bool:
    """Returns whether an array owns writable memory, so that it can become a `.grad` without a copy."""
    flags = getattr(gradient, "flags", None)
    return getattr(flags, "owndata", False) and getattr(flags, "writeable", False) and hasattr(gradient, "base")


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
