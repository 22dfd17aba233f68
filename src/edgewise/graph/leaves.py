"""The `.grad` of leaves: what backward adds its gradients to."""

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

_deposits = Lock()


def deposit(arrived: Mapping[Edge, Any], shared: set[int], *, create_graph: bool, copy: bool) -> None:
    """Adds the gradients that arrived to the `.grad` of their leaves, in the memory that is there.

    `shared` has the ids of arrays that the caller holds. With `copy` all are copied.
    """
    written = []
    with _deposits:
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
    """Calls the hooks that wait for a `.grad`. They may change the leaf, so nothing that they do is recorded."""
    for leaf in leaves:
        hooks = leaf.hooks
        if hooks is not None and hooks.post_accumulate and leaf.operation is None:
            with nullcontext() if create_graph else no_grad():
                for hook in list(hooks.post_accumulate.values()):
                    hook(leaf)


def shared_ids(gradients: Iterable[Any]) -> set[int]:
    """Returns the ids of arrays that somebody else holds, for :func:`as_leaf_gradient`."""
    return {id(plain_array(gradient)) for gradient in gradients}


def as_leaf_gradient(gradient: Any, shared: set[int], *, copy: bool = False) -> Tensor:
    """Returns a gradient as a tensor that shares no memory, without copying where that is certain already."""
    array = plain_array(gradient)
    if not copy and _owns_its_memory(array) and id(array) not in shared:
        shared.add(id(array))
        return gradient if isinstance(gradient, Edge) else wrap(array)  # type: ignore[return-value]
    return clone_op(gradient) if isinstance(gradient, Edge) else wrap(copy_of(array))


def plain_array(value: Any) -> Array:
    """Returns the array of a tensor, or an array itself."""
    return value.array if isinstance(value, Edge) else value


def copy_of(array: Array) -> Array:
    """Returns a copy that nobody else holds."""
    return namespace(array).asarray(array, copy=True)


def _can_hold(total: Edge, gradient: Any) -> bool:
    """Whether a gradient can be added into the memory of the `.grad` that is there: who holds that sees the sum."""
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
    """Whether an array owns its memory and may be written, so that it can become a `.grad` without a copy."""
    flags = getattr(gradient, "flags", None)
    return getattr(flags, "owndata", False) and getattr(flags, "writeable", False) and hasattr(gradient, "base")
