"""Where tensors come from that require no gradient: no backward needs to know, but who looks at the graph wants to.

What is done to an input before it meets a parameter, as in ``x.T @ W``, is not recorded, since no gradient flows there.
An origin is a note of it that costs little and keeps little alive: of small tensors only, over a few operations, and
without holding the tensors that it all began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from sys import _getframe
from types import CodeType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from .arrays import namespace, quiet
from .edge import Edge, next_serial
from .node import recorded_inputs
from .source import library_files

if TYPE_CHECKING:
    from .modes import Modes, Scope
    from .operation import Operation

MOST_ELEMENTS = 1 << 16
"""Of what is larger, or made of something larger, nothing is noted, as it would stay in memory."""

MOST_OPERATIONS = 8
"""So many operations are noted one behind the other; what is made from there on begins anew, as in an endless loop."""


class Origin(NamedTuple):
    """How a tensor that requires no gradient was made.

    `inputs` holds for each argument the tensor, if it has an origin itself; else a weak reference to it, or the plain
    number that it was. `depth` counts the operations one behind the other.
    """

    depth: int
    operation: Operation
    inputs: Sequence[Any]
    params: dict[str, Any]
    serial: int
    scope: Scope | None
    code: CodeType
    instruction: int

    def sources(self) -> list[Edge | None] | None:
        """The tensors that it was made of, None for a plain number; or None if one of them is gone."""
        found: list[Edge | None] = []
        for given in self.inputs:
            source = given() if type(given) is ref else given
            if source is None and given is not None:
                return None
            found.append(source if isinstance(source, Edge) else None)
        return found

    def arrays(self) -> list[Any]:
        """What they hold now, and the plain numbers."""
        sources = self.sources() or ()
        pairs = zip(sources, self.inputs, strict=True)
        return [given if source is None else source.array for source, given in pairs]

    def explains(self, array: Any) -> bool:
        """Whether doing it again gives this array: else something was overwritten since."""
        if self.sources() is None:
            return False
        xp = namespace(array)
        try:
            with quiet(array):
                again = xp.asarray(self.operation.forward(xp, *self.arrays(), **self.params))
                return bool(
                    again.shape == array.shape
                    and again.dtype == array.dtype
                    and xp.all((again == array) | ((again != again) & (array != array)))
                )
        except Exception:  # what it was made of has another shape, dtype or library by now
            return False


def origin_of(edge: Edge) -> Origin | None:
    """How a tensor was made that requires no gradient; None if that is not known."""
    noted = getattr(edge, "origin", None)
    return None if noted is None else Origin(*noted)


@dataclass(frozen=True, slots=True)
class Made:
    """How a tensor was made that is a leaf to the graph: what an edge says of itself where it is a result.

    It holds the tensors that it was made of.
    """

    operation: Operation
    inputs: tuple[Edge | None, ...]
    arrays: Sequence[Any]
    params: dict[str, Any]
    serial: int
    scope: Scope | None
    code: CodeType
    instruction: int


def made_by(origin: Origin) -> Made:
    """An origin, of which nothing can be gone any more."""
    sources, arrays = tuple(origin.sources() or ()), origin.arrays()
    return Made(
        origin.operation, sources, arrays, origin.params, origin.serial, origin.scope, origin.code, origin.instruction
    )


Use = Edge | Made
"""The use of an operation: a result of it, or how a leaf was made."""

NOTHING_MADE: Mapping[Edge, Made] = MappingProxyType({})


def uses_behind(edges: Iterable[Edge], made: Mapping[Edge, Made] = NOTHING_MADE) -> dict[Edge, Use]:
    """Every tensor that `edges` were computed from, and those among them, that an operation made; oldest first.

    `made` says it of leaves. A leaf stays one; what stands for many steps becomes them.
    """
    found: dict[Edge, Use] = {}
    waiting = list(edges)
    while waiting:
        edge = waiting.pop()
        if edge in found:
            continue
        if hasattr(edge, "opens"):
            edge.opens()
        use: Use | None = made.get(edge) if edge.operation is None else edge
        if use is not None:
            found[edge] = use
            waiting += [
                one for one in (recorded_inputs(use) if isinstance(use, Edge) else use.inputs) if one is not None
            ]
    return dict(sorted(found.items(), key=lambda one: one[1].serial))


def note_origin(
    result: Edge, operation: Operation, inputs: Sequence[Edge | None], arrays: Sequence[Any], params: Any, modes: Modes
) -> None:
    """Notes on a result that requires no gradient how it was made, if it is small."""
    if prod(result.array.shape) > MOST_ELEMENTS:
        return
    depth = 0
    known: list[Any] = []
    for source, array in zip(inputs, arrays):  # noqa: B905 - they are as many, and this is for small tensors too
        if source is None:
            known.append(array)
        elif prod(array.shape) > MOST_ELEMENTS:
            return
        elif (origin := getattr(source, "origin", None)) is None:
            known.append(ref(source))
        else:
            known.append(source)
            depth = max(depth, origin[0])
    if depth < MOST_OPERATIONS:
        frame: Any = _getframe(2)
        while frame.f_code.co_filename in library_files and frame.f_back is not None:
            frame = frame.f_back
        # A plain tuple, as it is made for every small operation, and rarely read.
        made = depth + 1, operation, known, params, next_serial(), modes.scope, frame.f_code, frame.f_lasti
        result.origin = made
