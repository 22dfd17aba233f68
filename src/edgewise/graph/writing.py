"""Writes into a tensor, and into all that share its memory.

Where nothing is recorded, the memory itself is written, and all tensors in it see the write. While recording, the
tensor becomes the result of a recorded operation in new memory, so an earlier graph keeps its values. If it is a view,
its root becomes a result too, the old value with the new part, and every view of the root is taken again. Detached
tensors move to the new memory with them. Memory that NumPy holds too can't move, so it is written.
"""

from __future__ import annotations

from typing import Any

from .arrays import Array, describe, namespace
from .edge import Edge, next_serial, wrap
from .errors import InPlaceError
from .identity import alias_op
from .inplace import become_result, frozen_copy, is_exported, note_write
from .modes import enable_grad, no_grad
from .views import Memory, Place, place_of, root_of, view_of, with_view_replaced

_MOST_NODES = 256


def check_may_be_written(name: str, edge: Edge) -> None:
    """Raises InPlaceError if a write into a tensor can't be recorded."""
    root = root_of(edge)
    if (root.operation is None and root.requires_grad) or (edge.operation is None and edge.requires_grad):
        what = "" if root is edge else "a view of "
        raise InPlaceError(
            f"{name}: {what}a leaf that requires gradients, {describe(root.array)}, can't "
            "be changed in place while operations are recorded: do it under ew.no_grad(), or make a new tensor"
        )
    place = place_of(edge)
    if place is not None and place.unrecorded:
        raise InPlaceError(
            f"{name}: this tensor, {describe(edge.array)}, is a view that was taken under no_grad() of a tensor with a "
            "history, so a recorded write into it could not reach that one: take the view while operations are "
            "recorded, or a copy, x.clone()"
        )


def check_writable(name: str, edge: Edge) -> None:
    """Raises InPlaceError if a tensor can't be written, as it repeats elements or NumPy made it read-only."""
    array = edge.array
    flags = getattr(array, "flags", None)
    if flags is None or flags.writeable:
        return
    repeats, place = _repeats(array), place_of(edge)
    if not repeats and place is not None and place.memory.array.flags.writeable:
        flags.writeable = True  # shows each element once, of an array that repeats them
        return
    why = (
        "shows the same memory several times, as expand() and broadcasting make it"
        if repeats
        else "lies in memory that may only be read, as that of a NumPy array which was made read-only"
    )
    raise InPlaceError(
        f"{name}: this tensor, {describe(array)}, {why}, so it can't be changed in place: take a copy first, x.clone()"
    )


def _repeats(array: Array) -> bool:
    """Returns whether an array may show an element of memory several times."""
    steps = sorted((abs(step), size) for step, size in zip(array.strides, array.shape, strict=True) if size > 1)
    reach = array.itemsize
    for step, size in steps:
        if step < reach:
            return True
        reach += step * (size - 1)
    return False


def replace_array(edge: Edge, array: Array) -> None:
    """Gives a tensor another array. Gradients pass through it as before."""
    if edge.operation is not None:
        # The node that made it keeps the old result, which its derivatives may read.
        before = frozen_copy(edge)
        with enable_grad():
            become_result(edge, alias_op(before), before)
    edge.array = array


def before_writing(edge: Edge) -> Edge:
    """Returns a tensor's state before a recorded write, to compute its new value from."""
    before: Edge = frozen_copy(edge)
    if is_exported(edge.array):
        # Its memory will be written.
        before.array = _copy(edge.array)
    return before


def _copy(array: Array) -> Array:
    return namespace(array).asarray(array, copy=True)


def rebind(edge: Edge, result: Edge, before: Edge, *, used: bool) -> None:
    """Makes `edge` what `result` is, which was computed from `before`, and updates all that share its memory.

    `used` says whether anything may have been computed from it.
    """
    place = place_of(edge)
    if place is None and not is_exported(edge.array):
        become_result(edge, result, before)
        if used:
            _refer_to(edge, {edge: before})
        return
    _Rebinding(edge, place, before).to(result)


class _Rebinding:
    """One recorded write where memory is shared."""

    def __init__(self, edge: Edge, place: Place | None, before: Edge) -> None:
        self.edge, self.before = edge, before
        self.root = root = root_of(edge)
        self.memory = Memory(root.array) if place is None else place.memory
        self.place = Place(self.memory, (), None, 0, False) if place is None else root.place
        members = [one for one in self.memory.members() if one is not root]
        self.views = [one for one in members if one.place.root is root and not _is_parameter(one)]
        self.others = [one for one in members if one.place.root is not root or _is_parameter(one)]

    def to(self, result: Edge) -> None:
        """Updates the root and its views, then the tensors with their own histories."""
        root, edge = self.root, self.edge
        then: dict[Edge, Edge] = {one: before_writing(one) for one in (root, *self.views)}
        then[edge] = self.before
        whole = result if edge is root else with_view_replaced(then[root], edge.place.own_steps, result)
        become_result(root, whole, then[root])
        self._move()
        for view in self.views:
            self._take_again(view, then[view])
        for other in self.others:
            replace_array(other, view_of(self.memory.array, other.place.steps))
        _refer_to(root, then)

    def _move(self) -> None:
        """Moves the memory to the root's new value, or writes it where NumPy holds it too."""
        root, memory, steps = self.root, self.memory, self.place.steps
        value = root.array
        if steps:
            with no_grad():
                value = with_view_replaced(wrap(memory.array), steps, wrap(value)).array
        if is_exported(memory.array):
            note_write(memory.array, next_serial())
            memory.array[...] = value
            root.serial = next_serial()
        else:
            memory.array = value
        root.array = view_of(memory.array, steps)

    def _take_again(self, view: Any, before: Any) -> None:
        """Takes a view of the new root, recorded at the line where it was first taken."""
        new: Any = self.root
        for step in view.place.own_steps:
            new = step.view(new, **step.params)
        become_result(view, new, before)
        if before.operation is not None:
            view.code, view.instruction, view.scope = before.code, before.instruction, before.scope


def write_everywhere(edge: Edge, array: Array) -> None:
    """Makes a write that is not recorded into arrays that can't be written: all in the memory get new ones."""
    place = edge.place
    memory = place.memory
    with no_grad():
        memory.array = with_view_replaced(wrap(memory.array), place.steps, wrap(array)).array
    for one in memory.members():
        replace_array(one, view_of(memory.array, one.place.steps))


def _is_parameter(edge: Edge) -> bool:
    return edge.operation is None and edge.requires_grad


def _refer_to(newest: Edge, then: dict[Edge, Edge]) -> None:
    """Makes the newest results refer to the edges as they were, and not to those that hold the new value.

    Otherwise they would form reference cycles. Older results are left to a backward pass or to Python's collector.
    """
    waiting = [newest, *then.values()]
    found = set(waiting)
    for node in waiting:  # grows as it goes
        if node.operation is None:
            continue
        in_reach = len(waiting) < _MOST_NODES
        for source in node.inputs:
            if source is None:
                continue
            if source in then:
                node.inputs = tuple(one if one is None else then.get(one, one) for one in node.inputs)
            elif in_reach and source.operation is not None and source not in found:
                found.add(source)
                waiting.append(source)
