"""Tensors that share memory: the memory, and the place of each tensor in it.

A view operation records the place of its result. So a recorded write into one of the tensors in a memory finds the
others: see :mod:`edgewise.graph.writing`. A memory refers weakly to its tensors, and a view to its source only, so
there is no reference cycle.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import ref

from .arrays import Array, is_view_of
from .edge import Edge, wrap
from .modes import thread

Put = Callable[..., Any]
"""``put(x, part, **params)`` returns the tensor `x` with `part` in place of a view of it."""


class Step(NamedTuple):
    """One view operation: ``view(x, **params)`` returns the view of a tensor, `put` replaces the part that it shows."""

    view: Callable[..., Any]
    put: Put
    params: dict[str, Any]


class Memory:
    """The memory of several tensors: the array that holds it all, and weak references to the tensors."""

    __slots__ = ("_limit", "_members", "array")

    def __init__(self, array: Array) -> None:
        self.array = array
        self._members: list[ref[Edge]] = []
        self._limit = 8

    def add(self, edge: Edge) -> None:
        """Adds a tensor that lies in this memory."""
        with _lock:
            self._members.append(ref(edge))
            if len(self._members) > self._limit:
                self._members = [member for member in self._members if member() is not None]
                self._limit = 2 * len(self._members) + 8

    def members(self) -> list[Edge]:
        """Returns the tensors that lie in it and still exist."""
        with _lock:
            known = [member() for member in self._members]
        edges = [edge for edge in known if edge is not None and _lies_in(edge, self)]
        for edge in edges:  # grows as it goes
            views, edge.views = getattr(edge, "views", ()), []
            for view in [one() for one in views]:
                if view is not None and type(view.place) is _ViewNote and view.place[0] is edge:
                    _place_from_note(view)
                    edges.append(view)
        return list(dict.fromkeys(edges))


_lock = threading.Lock()


class Place(NamedTuple):
    """The place of a tensor in a memory: the view steps that lead to it from the whole array.

    `root` is the tensor that it is a view of in the graph, and the first `skip` steps lead to that. It is None for a
    tensor with its own history: the first one in the memory, and detached ones. `unrecorded` marks a view of a tensor
    with a history that was taken under no_grad.
    """

    memory: Memory
    steps: tuple[Step, ...]
    root: Edge | None
    skip: int
    unrecorded: bool

    @property
    def own_steps(self) -> tuple[Step, ...]:
        """The steps from the root to the tensor."""
        return self.steps[self.skip :]


class _ViewNote(tuple[Any, ...]):
    """A quick note of a new view: its source, the fields of its step, and whether it is unrecorded.

    Most views are never written, and neither are their sources. The others get a Place when it is needed.
    """

    __slots__ = ()


def place_of(edge: Edge) -> Place | None:
    """Returns the place of a tensor; None if no other tensor is known to share its memory."""
    place: Any = getattr(edge, "place", None)
    if type(place) is Place:
        return place
    if place is None and not getattr(edge, "views", None):
        return None
    path = [edge]
    while type(place) is _ViewNote:
        path.append(place[0])
        place = getattr(place[0], "place", None)
    if place is None:
        top = path.pop()
        top.place = Place(Memory(top.array), (), None, 0, False)
        top.place.memory.add(top)
    for one in reversed(path):
        if type(one.place) is _ViewNote:
            _place_from_note(one)
    found: Place = edge.place
    return found


def _place_from_note(view: Edge) -> None:
    """Replaces the note of a view by a place. Its source must have one."""
    source, apply, put, params, unrecorded = view.place
    del view.place
    _lie_in(view, source, Step(apply, put, params), root=None if unrecorded else source, unrecorded=unrecorded)


def _lie_in(view: Edge, source: Edge, step: Step, *, root: Edge | None, unrecorded: bool = False) -> None:
    """Gives a view its place, one step after that of `source`."""
    memory, steps, first, skip, before = source.place
    if root is None:
        view.place = Place(memory, (*steps, step), None, 0, unrecorded)
    elif first is None:
        view.place = Place(memory, (*steps, step), source, len(steps), before)
    else:
        view.place = Place(memory, (*steps, step), first, skip, before)
    memory.add(view)


def remove_place(edge: Edge) -> Place | None:
    """Removes a tensor from its memory while it holds another array. Returns the place, for restore_place()."""
    place = place_of(edge)
    if place is not None:
        place.memory.members()  # turns notes of views of it into places, while they are right
        del edge.place
    return place


def restore_place(edge: Edge, place: Place | None) -> None:
    """Gives a tensor back the place that remove_place() returned. Views that were taken in between are dropped."""
    edge.views = []
    if place is not None:
        edge.place = place
    elif hasattr(edge, "place"):
        del edge.place


def _lies_in(edge: Edge, memory: Memory) -> bool:
    place = place_of(edge)
    return place is not None and place.memory is memory


def root_of(edge: Edge) -> Edge:
    """Returns the tensor whose history a write into `edge` changes: the one that it is a view of, or itself."""
    place = place_of(edge)
    return edge if place is None or place.root is None else place.root


_new_tuple = tuple.__new__


def note_view(result: Edge, source: Edge, view: Callable[..., Any], put: Put, params: dict[str, Any]) -> None:
    """Notes that ``result = view(source, **params)`` lies in the memory of `source`, if it does."""
    array = source.array
    base = getattr(result.array, "base", array)
    if base is not array and (base is None or not (base is array.base or is_view_of(result.array, array))):
        return
    unrecorded = source.requires_grad and not result.requires_grad
    result.place = _new_tuple(_ViewNote, (source, view, put, params, unrecorded))
    try:
        views = source.views
    except AttributeError:
        source.views = [ref(result)]
        return
    views.append(ref(result))
    count = len(views)
    if count & (count - 1) == 0 and count > 16:
        with _lock:  # from the end, as other threads may append
            for i in range(count - 1, -1, -1):
                if views[i]() is None:
                    del views[i]


def with_view_note(apply: Callable[..., Any], put: Put) -> Callable[..., Any]:
    """Returns the function that applies an operation, and notes the place of its result if that is a view."""

    def view(x: Any, /, *more: Any, **params: Any) -> Any:
        result = apply(x, *more, **params)
        if not more and isinstance(x, Edge):
            note_view(result, x, apply, put, params)
        return result

    view.__name__ = view.__qualname__ = apply.__name__
    view.__code__ = view.__code__.replace(co_name=apply.__name__)
    return view


_DETACHED = Step(lambda x: wrap(x.array), lambda _x, part: part, {})


def share_memory(edge: Edge, source: Edge) -> None:
    """Gives `edge` the place of `source`, with its own history, as for `detach`."""
    if place_of(source) is None:
        source.place = Place(Memory(source.array), (), None, 0, False)
        source.place.memory.add(source)
    _lie_in(edge, source, _DETACHED, root=None)


def leave_memory(edge: Edge) -> None:
    """Removes an edge from its memory, as it holds another array now. Views of it stay there."""
    if place_of(edge) is not None:
        separate_views(edge)
        del edge.place


def separate(edge: Edge) -> None:
    """Gives an edge that is a view its own history."""
    place = place_of(edge)
    if place is not None and place.root is not None:
        edge.place = place._replace(root=None, skip=0)


def separate_views(edge: Edge) -> None:
    """Gives an edge, and each view of it, its own history. Their places in memory stay."""
    place = place_of(edge)
    if place is None:
        return
    edge.place = place._replace(root=None, skip=0)
    for member in place.memory.members():
        if member.place.root is edge:
            member.place = member.place._replace(root=None, skip=0)


def move_place(edge: Edge, before: Edge) -> None:
    """Moves the place of `edge` to `before`: views of `edge` become views of that."""
    place = place_of(edge)
    if place is None:
        return
    before.place = place
    place.memory.add(before)
    for member in place.memory.members():
        if member.place.root is edge:
            member.place = member.place._replace(root=before)
    del edge.place


def place_like(edge: Edge, view: Edge) -> None:
    """Gives `edge` the place of `view`."""
    place = place_of(view)
    if place is not None:
        edge.place = place
        if edge.operation is None and edge.requires_grad:
            edge.place = place._replace(root=None, skip=0, unrecorded=False)
        place.memory.add(edge)


def view_of(array: Array, steps: tuple[Step, ...]) -> Array:
    """Returns the view of an array that the steps lead to."""
    recording, thread.modes.recording = thread.modes.recording, False
    try:
        view: Any = wrap(array)
        for step in steps:
            view = step.view(view, **step.params)
        return view.array
    finally:
        thread.modes.recording = recording


def with_view_replaced(whole: Any, steps: tuple[Step, ...], part: Any) -> Any:
    """Returns the tensor `whole` with `part` in place of the view that the steps lead to."""
    wholes = [whole]
    for step in steps[:-1]:
        wholes.append(step.view(wholes[-1], **step.params))
    for step, one in zip(reversed(steps), reversed(wholes), strict=True) if steps else ():
        part = step.put(one, part, **step.params)
    return part
