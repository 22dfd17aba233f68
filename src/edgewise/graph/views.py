"""Tensors that lie in the memory of others: which memory, and how each of them is seen in it.

A view operation notes on its result where it lies. Then a recorded write into any of the tensors that share a memory
finds the others: see :mod:`edgewise.graph.writing`. A memory refers weakly to the tensors in it, and a view to the
tensor that it is a view of, so nothing goes round in a circle.
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
"""``put(x, part, **params)``: the tensor `x` with `part` where a view of it was."""


class Step(NamedTuple):
    """One view operation: ``show(x, **params)`` is the view of a tensor, `put` brings another part back."""

    show: Callable[..., Any]
    put: Put
    params: dict[str, Any]


class Memory:
    """What several tensors share: the array that holds it all, and who they are."""

    __slots__ = ("_limit", "_members", "array")

    def __init__(self, array: Array) -> None:
        self.array = array
        self._members: list[ref[Edge]] = []
        self._limit = 8

    def add(self, edge: Edge) -> None:
        """Takes in a tensor that lies in this memory."""
        with _lock:
            self._members.append(ref(edge))
            if len(self._members) > self._limit:
                self._members = [member for member in self._members if member() is not None]
                self._limit = 2 * len(self._members) + 8

    def members(self) -> list[Edge]:
        """The tensors that lie in it and are still there."""
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
    """Where a tensor lies: the steps that lead to it from the whole memory.

    `root` is the tensor that it is a view of, also for the graph: the first `skip` steps lead to that one. None for
    a tensor that has a history of its own: the first of them, and what was detached. `unrecorded` are views that were
    taken under no_grad of what has a history.
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
    """A note of a view that was just taken: of which tensor, the parts of a step, and whether it is unrecorded.

    Many views are taken, and few are written into or change with what they are views of: then this becomes a Place.
    """

    __slots__ = ()


def place_of(edge: Edge) -> Place | None:
    """Where a tensor lies, if others are known to lie there too."""
    place: Any = getattr(edge, "place", None)
    if type(place) is Place:
        return place
    if place is None and not getattr(edge, "views", None):
        return None
    way = [edge]
    while type(place) is _ViewNote:
        way.append(place[0])
        place = getattr(place[0], "place", None)
    if place is None:
        top = way.pop()
        top.place = Place(Memory(top.array), (), None, 0, False)
        top.place.memory.add(top)
    for one in reversed(way):
        if type(one.place) is _ViewNote:
            _place_from_note(one)
    found: Place = edge.place
    return found


def _place_from_note(view: Edge) -> None:
    """Makes a place of the note of a view of what has one."""
    source, show, put, params, unrecorded = view.place
    del view.place
    _lie_in(view, source, Step(show, put, params), root=None if unrecorded else source, unrecorded=unrecorded)


def _lie_in(view: Edge, source: Edge, step: Step, *, root: Edge | None, unrecorded: bool = False) -> None:
    """Gives a view a place: one step on from that of `source`."""
    memory, steps, first, skip, before = source.place
    if root is None:
        view.place = Place(memory, (*steps, step), None, 0, unrecorded)
    elif first is None:
        view.place = Place(memory, (*steps, step), source, len(steps), before)
    else:
        view.place = Place(memory, (*steps, step), first, skip, before)
    memory.add(view)


def remove_place(edge: Edge) -> Place | None:
    """Takes a tensor out of its memory for a while, in which it holds another array; gives what puts it back."""
    place = place_of(edge)
    if place is not None:
        place.memory.members()  # those that lie in it by a note only are found while that is true
        del edge.place
    return place


def restore_place(edge: Edge, place: Place | None) -> None:
    """Puts a tensor back that was lifted. Views that were taken of it meanwhile are forgotten."""
    edge.views = []
    if place is not None:
        edge.place = place
    elif hasattr(edge, "place"):
        del edge.place


def _lies_in(edge: Edge, memory: Memory) -> bool:
    place = place_of(edge)
    return place is not None and place.memory is memory


def root_of(edge: Edge) -> Edge:
    """The tensor whose history a write into `edge` changes: the one that it is a view of, or itself."""
    place = place_of(edge)
    return edge if place is None or place.root is None else place.root


_new_tuple = tuple.__new__


def note_view(view: Edge, source: Edge, show: Callable[..., Any], put: Put, params: dict[str, Any]) -> None:
    """Notes that ``view = show(source, **params)`` lies in the memory of `source`, if it does."""
    array = source.array
    base = getattr(view.array, "base", array)
    if base is not array and (base is None or not (base is array.base or is_view_of(view.array, array))):
        return
    view.place = _new_tuple(_ViewNote, (source, show, put, params, source.requires_grad and not view.requires_grad))
    try:
        views = source.views
    except AttributeError:
        source.views = [ref(view)]
        return
    views.append(ref(view))
    count = len(views)
    if count & (count - 1) == 0 and count > 16:
        with _lock:  # only from behind, as other threads may append
            for i in range(count - 1, -1, -1):
                if views[i]() is None:
                    del views[i]


def with_view_note(apply: Callable[..., Any], put: Put) -> Callable[..., Any]:
    """What applies an operation whose result may be a view of its first input, with a note of where it lies."""

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
    """Notes that `edge` lies where `source` does, with a history of its own: what `detach` gives."""
    if place_of(source) is None:
        source.place = Place(Memory(source.array), (), None, 0, False)
        source.place.memory.add(source)
    _lie_in(edge, source, _DETACHED, root=None)


def leave_memory(edge: Edge) -> None:
    """Parts an edge from its memory, since it holds another array now; those that were views of it stay."""
    if place_of(edge) is not None:
        separate_views(edge)
        del edge.place


def separate(edge: Edge) -> None:
    """Gives an edge that is a view a history of its own."""
    place = place_of(edge)
    if place is not None and place.root is not None:
        edge.place = place._replace(root=None, skip=0)


def separate_views(edge: Edge) -> None:
    """Gives an edge, and each view of it, a history of its own; they lie where they lay."""
    place = place_of(edge)
    if place is None:
        return
    edge.place = place._replace(root=None, skip=0)
    for member in place.memory.members():
        if member.place.root is edge:
            member.place = member.place._replace(root=None, skip=0)


def move_place(edge: Edge, before: Edge) -> None:
    """Lets `before` lie where `edge` lies, in its stead: views of `edge` are from now on views of it."""
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
    """Lets `edge` lie where `view` does, in its stead."""
    place = place_of(view)
    if place is not None:
        edge.place = place
        if edge.operation is None and edge.requires_grad:
            edge.place = place._replace(root=None, skip=0, unrecorded=False)
        place.memory.add(edge)


def view_of(array: Array, steps: tuple[Step, ...]) -> Array:
    """What the steps show of an array."""
    recording, thread.modes.recording = thread.modes.recording, False
    try:
        view: Any = wrap(array)
        for step in steps:
            view = step.show(view, **step.params)
        return view.array
    finally:
        thread.modes.recording = recording


def with_view_replaced(whole: Any, steps: tuple[Step, ...], part: Any) -> Any:
    """The tensor `whole` with `part` in the place that the steps show of it."""
    wholes = [whole]
    for step in steps[:-1]:
        wholes.append(step.show(wholes[-1], **step.params))
    for step, one in zip(reversed(steps), reversed(wholes), strict=True) if steps else ():
        part = step.put(one, part, **step.params)
    return part
