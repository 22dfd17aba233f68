"""Provenance of tensors that need no gradient. Backward ignores it; pictures show it.

Operations on an input before it meets a parameter, as in ``x.T @ W``, are not recorded, since no gradient flows there.
An origin is a cheap note of one. Only small tensors have one, for a few operations in a row, and it doesn't keep the
first tensors alive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from sys import _getframe
from types import CodeType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from .arrays import namespace, without_warnings
from .edge import Edge, next_serial
from .node import recorded_inputs
from .source import library_files

if TYPE_CHECKING:
    from .modes import Modes, Scope
    from .operation import Operation

MOST_ELEMENTS = 1 << 16
"""Tensors larger than this, and results of such, get no origin, as it would keep their arrays in memory."""

MOST_OPERATIONS = 8
"""The most operations in a row that origins cover. Further results have none, so loops don't fill the memory."""


class Origin(NamedTuple):
    """The operation that made a tensor which requires no gradient, and its inputs.

    `inputs` holds each argument: a tensor if it has an origin itself, else a weak reference to it, or a plain number.
    `depth` counts the operations in a row.
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
        """Returns the tensors that it was made from, with None for a plain number; or None if one is gone."""
        found: list[Edge | None] = []
        for value in self.inputs:
            source = value() if type(value) is ref else value
            if source is None and value is not None:
                return None
            found.append(source if isinstance(source, Edge) else None)
        return found

    def arrays(self) -> list[Any]:
        """Returns the arrays that they hold now, and the plain numbers."""
        sources = self.sources() or ()
        pairs = zip(sources, self.inputs, strict=True)
        return [value if source is None else source.array for source, value in pairs]

    def explains(self, array: Any) -> bool:
        """Returns whether the operation still gives this array. If not, something was overwritten since."""
        if self.sources() is None:
            return False
        xp = namespace(array)
        try:
            with without_warnings(array):
                again = xp.asarray(self.operation.forward(xp, *self.arrays(), **self.params))
                return bool(
                    again.shape == array.shape
                    and again.dtype == array.dtype
                    and xp.all((again == array) | ((again != again) & (array != array)))
                )
        except Exception:  # the sources have another shape, dtype or library by now
            return False


def origin_of(edge: Edge) -> Origin | None:
    """Returns the origin of a tensor that requires no gradient; None if it has none."""
    fields = getattr(edge, "origin", None)
    return None if fields is None else Origin(*fields)


@dataclass(frozen=True, slots=True)
class UnrecordedUse:
    """The use of an operation that made a leaf, with the fields of an edge. It holds its inputs."""

    operation: Operation
    inputs: tuple[Edge | None, ...]
    arrays: Sequence[Any]
    params: dict[str, Any]
    serial: int
    scope: Scope | None
    code: CodeType
    instruction: int


def unrecorded_use(origin: Origin) -> UnrecordedUse:
    """Returns the use that an origin describes. All its sources must still exist."""
    sources, arrays = tuple(origin.sources() or ()), origin.arrays()
    return UnrecordedUse(
        origin.operation, sources, arrays, origin.params, origin.serial, origin.scope, origin.code, origin.instruction
    )


Use = Edge | UnrecordedUse
"""The use of an operation that made a tensor. It is the tensor's own edge, except for leaves and fused runs."""

NO_USES: Mapping[Edge, Use] = MappingProxyType({})


def uses_oldest_first(edges: Iterable[Edge], known: Mapping[Edge, Use] = NO_USES) -> dict[Edge, Use]:
    """Returns all results of operations among `edges` and the edges that they were computed from, oldest first.

    Each comes with the use that made it: the one in `known`, for a result of a fused run the last of its steps, or the
    edge itself. No edge is changed.
    """
    last_steps: dict[Edge, Edge] = {}
    found: dict[Edge, Use] = {}
    waiting = list(edges)
    while waiting:
        edge = waiting.pop()
        if edge in found:
            continue
        use = known.get(edge)
        if use is None and hasattr(edge, "fused_run"):
            if edge not in last_steps:
                last_steps.update(edge.fused_run.last_steps())
            use = last_steps[edge]
        elif use is None and edge.operation is not None:
            use = edge
        if use is not None:
            found[edge] = use
            inputs = recorded_inputs(use) if isinstance(use, Edge) else use.inputs
            waiting += [source for source in inputs if source is not None]
    return dict(sorted(found.items(), key=lambda item: item[1].serial))


def note_origin(
    result: Edge, operation: Operation, inputs: Sequence[Edge | None], arrays: Sequence[Any], params: Any, modes: Modes
) -> None:
    """Records the origin of a result that requires no gradient, if it is small."""
    if prod(result.array.shape) > MOST_ELEMENTS:
        return
    depth = 0
    held: list[Any] = []
    for source, array in zip(inputs, arrays):  # noqa: B905 - equally long; strict takes time
        if source is None:
            held.append(array)
        elif prod(array.shape) > MOST_ELEMENTS:
            return
        elif (origin := getattr(source, "origin", None)) is None:
            held.append(ref(source))
        else:
            held.append(source)
            depth = max(depth, origin[0])
    if depth < MOST_OPERATIONS:
        frame: Any = _getframe(2)
        while frame.f_code.co_filename in library_files and frame.f_back is not None:
            frame = frame.f_back
        # A plain tuple, as every small operation makes one, and few are read.
        fields = depth + 1, operation, held, params, next_serial(), modes.scope, frame.f_code, frame.f_lasti
        result.origin = fields
