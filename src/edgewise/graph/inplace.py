"""Changes to a recorded graph: writes into arrays, and edges that become something else.

Every write gets a serial number from the clock that numbers the nodes. If a derivative reads an array that was written
after its node was made, its gradient would be wrong, so backward checks that here first. In ordinary training nothing
is written between forward and backward, and the check costs nothing.

An edge that becomes the result of another operation keeps its earlier state and the time of the change. Results that
were made from it before find that state.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import CodeType
from typing import Any

from .arrays import Array, describe, storage_of
from .edge import Edge, next_serial, wrap
from .errors import InPlaceError
from .hooks import Hooks
from .source import caller, line_of, where


class _Clock:
    """Holds the serial number of the last write."""

    latest = 0


clock = _Clock()


class _Write:
    """The last write into some memory: its serial number, its statement, and a weak reference to the memory."""

    __slots__ = ("alive", "place", "serial")

    def __init__(self, alive: weakref.ref[Any] | None) -> None:
        self.alive = alive
        self.serial = 0
        self.place: tuple[CodeType | None, int] = (None, 0)

    @property
    def line(self) -> str:
        place = line_of(*self.place)
        return "an unknown line" if place is None else f"{place[0]}:{place[1]}"


_writes: dict[int, _Write] = {}


def note_write(array: Array, serial: int) -> None:
    """Records a write into the memory of `array`, by the user's statement now running."""
    _stamp((array,), serial, caller(2))


def note_writes(arrays: Iterable[Array], serial: int) -> None:
    """Records writes into several arrays by one statement, as an optimiser makes them at each step."""
    _stamp(arrays, serial, caller(2))


def _stamp(arrays: Iterable[Array], serial: int, place: tuple[CodeType | None, int]) -> None:
    for array in arrays:
        storage = storage_of(array)
        key = id(storage)
        write = _writes.get(key)
        if write is None or write.alive is None or write.alive() is not storage:
            try:
                alive = weakref.ref(storage, _forget_write(key))
            except TypeError:
                alive = None
            write = _writes[key] = _Write(alive)
        write.serial = serial
        write.place = place
    clock.latest = serial


def last_write(array: Array) -> tuple[int, str]:
    """Returns the serial number and the user's line of the last write into the memory of `array`; 0 if none."""
    write = _writes.get(id(storage_of(array)))
    return (0, "") if write is None else (write.serial, write.line)


def written_at(array: Array) -> int:
    """Returns the serial number of the last write into the memory of `array`; 0 if none."""
    write = _writes.get(id(storage_of(array)))
    return 0 if write is None else write.serial


_exported: dict[int, weakref.ref[Any]] = {}


def note_export(array: Array) -> Array:
    """Records that something besides tensors holds the memory of an array, such as NumPy; returns the array."""
    storage = storage_of(array)
    key = id(storage)
    if key not in _exported:
        with suppress(TypeError):
            _exported[key] = weakref.ref(storage, lambda _: _exported.pop(key, None))
    return array


def is_exported(array: Array) -> bool:
    """Returns whether something besides tensors can hold the memory of an array."""
    return bool(_exported) and id(storage_of(array)) in _exported


def _forget_write(key: int) -> Callable[[Any], Any]:
    return lambda _: _writes.pop(key, None)


_HISTORY = ("inputs", "arrays", "params", "serial", "scope", "code", "instruction")


def copy_history(edge: Edge, other: Edge) -> None:
    """Gives an edge the array of another one, and the record of how that was made."""
    edge.array, edge.requires_grad, edge.operation = other.array, other.requires_grad, other.operation
    if other.operation is not None:
        for name in _HISTORY:
            setattr(edge, name, getattr(other, name))
    if hasattr(other, "back"):
        edge.back = other.back
    elif hasattr(edge, "back"):
        del edge.back


def frozen_copy(edge: Edge) -> Any:
    """Returns a new edge with the present state of `edge`, before that becomes something else."""
    if hasattr(edge, "fused_run"):
        edge.fused_run.open()
    now: Edge = wrap(edge.array)
    copy_history(now, edge)
    now.hooks = None if edge.hooks is None else edge.hooks.copy()
    if hasattr(edge, "earlier"):
        now.earlier = edge.earlier
    return now


def become_result(edge: Edge, result: Edge, before: Edge) -> None:
    """Makes `edge` what `result` is. Edges made from it until now use `before`, a frozen_copy() of it.

    Hooks stay with the earlier state. `retain_grad` passes to the new one.
    """
    copy_history(edge, result)
    edge.hooks = None
    if before.hooks is not None and before.hooks.retain is not None:
        edge.hooks = Hooks()
        edge.hooks.retain, before.hooks.retain = before.hooks.retain, None
    clock.latest = next_serial()
    edge.earlier = (clock.latest, before)


def restore(edge: Edge, before: Edge) -> None:
    """Makes `edge` again what it was when frozen_copy() returned `before`."""
    copy_history(edge, before)
    edge.hooks = before.hooks
    if hasattr(before, "earlier"):
        edge.earlier = before.earlier
    elif hasattr(edge, "earlier"):
        del edge.earlier


def become_leaf(edge: Edge) -> None:
    """Makes `edge` a leaf that requires no gradient. Edges made from it until now can't send gradients back to it."""
    if hasattr(edge, "fused_run"):
        edge.fused_run.open()
    edge.requires_grad = False
    if edge.operation is not None:
        edge.operation = edge.hooks = None
        for name in _HISTORY:
            delattr(edge, name)
        if hasattr(edge, "back"):
            del edge.back
        clock.latest = next_serial()
        edge.earlier = (clock.latest, None)


def check_unwritten(node: Edge, *, by_forward: bool = False) -> None:
    """Raises InPlaceError if an array that the node's derivatives read was written after the node was made.

    With `by_forward`, any input counts as read: forward mode applies a linear forward to tangents and inputs.
    """
    operation = node.operation
    with_gradient = [
        i
        for i, source in enumerate(node.inputs)
        if source is not None and source.requires_grad and operation.flows_to(i)
    ]
    read = [
        (operation.input_name(k), array)
        for k, array in enumerate(node.arrays)
        if hasattr(array, "dtype") and (by_forward or any(operation.reads(i, k) for i in with_gradient))
    ]
    if any(operation.reads(i, -1) for i in with_gradient):
        read.append(("its result", node.array))
    for name, array in read:
        write = _writes.get(id(storage_of(array)))
        if write is not None and write.serial > node.serial:
            raise InPlaceError(
                f"{operation.name}: {name}, {describe(array)}, was changed in place at {write.line} after "
                f"{operation.name} had used it ({where(node)}), and the gradient needs the old values. "
                "Make a new tensor there instead (x = x + 1, ew.where, x.clone()), or change it after backward()"
            )
