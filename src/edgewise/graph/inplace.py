"""Writes into arrays that a recorded graph may still need.

Every write is stamped with the clock that numbers the nodes. A node whose derivatives read an array that was
written later than the node was made would compute a wrong gradient; backward asks here first. As long as
nothing was written since the oldest node of a graph, which is so in ordinary training, it costs nothing.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from .arrays import Array, describe
from .errors import InPlaceError
from .source import user_line

if TYPE_CHECKING:
    from .operation import Node


class _Clock:
    """When the last write happened."""

    latest = 0


clock = _Clock()
_writes: dict[int, tuple[int, str, Any]] = {}


def _storage(array: Array) -> Array:
    """The array that owns the memory which `array` is a view of."""
    base = getattr(array, "base", None)
    while isinstance(base, type(array)):
        array, base = base, base.base
    return array


def note_write(array: Array, serial: int) -> None:
    """Stamps the memory of `array` as written now."""
    storage = _storage(array)
    key = id(storage)
    try:
        alive = weakref.ref(storage, lambda _: _writes.pop(key, None))
    except TypeError:
        alive = None
    _writes[key] = (serial, user_line(), alive)
    clock.latest = serial


def check_unwritten(node: Node) -> None:
    """Raises InPlaceError if an array that the node's derivatives read was written after the node was made."""
    operation = node.operation
    read = [
        (operation.input_name(i), array)
        for i, array in enumerate(node.arrays)
        if hasattr(array, "dtype") and operation.reads_input(i)
    ]
    if operation.reads_output:
        read.append(("its result", node.output))
    for name, array in read:
        write = _writes.get(id(_storage(array)))
        if write is not None and write[0] > node.serial:
            raise InPlaceError(
                f"{operation.name}: {name}, {describe(array)}, was changed in place at {write[1]} after "
                f"{operation.name} had used it ({node.where}), and the gradient needs the old values. "
                "Make a new tensor there instead (x = x + 1, ew.where, x.clone()), or change it after backward()"
            )
