"""Replaying: a graph that was recorded eagerly, forward and backward, as a Program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.arrays import namespace
from ..graph.backward import Record, propagate
from ..graph.edge import Edge
from ..graph.modes import enable_grad, thread
from ..graph.operation import wrap
from ..graph.provenance import NOTHING_MADE, Made, Use, uses_behind
from ..graph.seeds import seeds_for
from .passes import tidied
from .program import Program
from .recorder import Recorder, running


@dataclass(frozen=True)
class Replay:
    """A Program of a graph.

    Attributes
    ----------
    program:
        From the values of the leaves to all that is on the edges.
    leaves:
        What its inputs are, in order; `start` of the program are their values.
    values, gradients:
        Which output of the program is an edge's value, and its gradient where one arrives.
    contributions:
        Which output is the part that the node which made an edge sends back by argument number i.
    locals:
        Likewise which output is the derivative of an elementwise operation, in the shape of its result: what an
        incoming gradient is multiplied with. Empty unless asked for.
    """

    program: Program
    leaves: list[Edge]
    values: dict[Edge, int]
    gradients: dict[Edge, int]
    contributions: dict[tuple[Edge, int], int]
    locals: dict[tuple[Edge, int], int]


def replay(
    outputs: Sequence[Edge],
    names: Mapping[Edge, str] | None = None,
    *,
    made: Mapping[Edge, Made] = NOTHING_MADE,
    tidy: bool = True,
    local: bool = False,
) -> Replay:
    """The graph behind `outputs`, done again on recording arrays: each operation once, then the walk back.

    The Program computes what the graph would hold for other values of its leaves, as long as they would have led the
    program that built it the same way. Numbers, shapes, and what was drawn at random stay as they were.

    Parameters
    ----------
    outputs:
        Scalars that require a gradient, mostly one: the loss. The gradients are those of their sum.
    names:
        What the leaves are to be called in the Program.
    made:
        Leaves that the Program is to compute, and how they were made.
    tidy:
        Whether to run the passes that make the Program shorter.
    local:
        Whether the Program is to give the derivatives of elementwise operations too.

    Raises
    ------
    GradientError
        If an output requires no gradient or is no scalar.
    RecordingError
        If an operation can't be part of a Program, as one whose shape depends on values.
    """
    names = names or {}
    uses = uses_behind(outputs, made)
    recorder = Recorder()
    stands: dict[Edge, Any] = {}
    leaves: list[Edge] = []

    def standing(source: Edge | None, array: Any) -> Any:
        if source is None:
            return array
        if source not in stands:
            leaves.append(source)
            stands[source] = wrap(recorder.new(array, names.get(source, "")))
            stands[source].requires_grad = source.requires_grad
        return stands[source]

    modes = thread.modes
    anomaly, modes.anomaly = modes.anomaly, False
    running.recorders.append(recorder)
    try:
        with enable_grad():
            for node, use in uses.items():
                arguments = [standing(s, a) for s, a in zip(use.inputs, use.arrays, strict=True)]
                stands[node] = use.operation(*arguments, **use.params)
        record = Record()
        ends = [standing(output, output.array) for output in outputs]
        propagate(seeds_for(ends, [None] * len(ends)), record=record)
        found = _Outputs(recorder)
        values = {edge: found.number(stand.array) for edge, stand in stands.items()}
        gradients = {
            edge: found.number(record.gradients[stand]) for edge, stand in stands.items() if stand in record.gradients
        }
        original = {stand: edge for edge, stand in stands.items()}
        contributions = {
            (original[node], i): found.number(part)
            for sent in record.contributions.values()
            for node, i, part in sent
            if node in original
        }
        derivatives = _derivatives(contributions, uses, stands, found) if local else {}
    finally:
        running.recorders.pop()
        recorder.closed = True
        modes.anomaly = anomaly
    program = Program(
        [stands[leaf].array.value for leaf in leaves],
        dict(recorder.constants),
        list(recorder.steps),
        found.values,
        [...] * len(found.values),
        list(recorder.looked_at),
        [stands[leaf].array.example for leaf in leaves],
    )
    return Replay(tidied(program) if tidy else program, leaves, values, gradients, contributions, derivatives)


def _derivatives(
    sent: Iterable[tuple[Edge, int]], uses: Mapping[Edge, Use], stands: Mapping[Edge, Any], found: _Outputs
) -> dict[Any, int]:
    """The local derivatives of elementwise operations: what they send back for a gradient of 1."""
    derivatives = {}
    for node, i in sent:
        use = uses[node]
        operation = use.operation
        derivative = operation.derivative(i)
        if operation.elementwise and derivative is not None:
            stand = stands[node]
            xp = namespace(stand.array)
            ones = xp.ones_like(stand.array)
            derivatives[node, i] = found.number(derivative(xp, ones, stand.array, *stand.arrays, **use.params))
    return derivatives


class _Outputs:
    """The values that a Program returns, each once."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._numbers: dict[Any, int] = {}
        self.values: list[Any] = []

    def number(self, array: Any) -> int:
        value = self._recorder.operand(array).value
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]
