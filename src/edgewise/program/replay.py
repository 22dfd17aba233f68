"""Replays a graph that ran eagerly, forward and backward, as a Program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.arrays import namespace
from ..graph.backward import Record, propagate
from ..graph.edge import Edge, next_serial, wrap
from ..graph.modes import enable_grad, thread
from ..graph.provenance import NO_USES, Use, uses_oldest_first
from ..graph.seeds import seeds_for
from .fragments import Fragments, kind_of_use
from .passes import simplify
from .program import Program
from .recorder import Recorder, running


@dataclass(frozen=True)
class Replay:
    """A Program of a graph.

    Attributes
    ----------
    program:
        Computes all values and gradients on the edges from the values of the leaves.
    leaves:
        The leaves that are its inputs, in order; `program.start` has their values.
    values, gradients:
        The index of the output that is an edge's value, and of its gradient if it has one.
    contributions:
        The index of the output that is the gradient which an edge's node sends back to argument i.
    locals:
        The index of the output that is the local derivative of an elementwise operation, in the shape of its result.
        Empty unless `local` was set.
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
    uses: Mapping[Edge, Use] = NO_USES,
    tidy: bool = True,
    local: bool = False,
) -> Replay:
    """Runs the graph of `outputs` again on recording arrays: each operation once, then the backward pass.

    The Program computes the graph for other values of its leaves, as long as the user's program would have taken the
    same branches. Numbers, shapes and random draws stay as they were.

    Parameters
    ----------
    outputs:
        Scalars that require a gradient, usually one: the loss. The gradients are those of their sum.
    names:
        The names of the leaves in the Program.
    uses:
        Uses of operations that made tensors, to take in place of the graph's own.
    tidy:
        Whether to run the passes that make the Program shorter.
    local:
        Whether the Program also returns the derivatives of elementwise operations.

    Raises
    ------
    GradientError
        If an output requires no gradient or is not a scalar.
    RecordingError
        If an operation can't be part of a Program, for example if its shape depends on values.
    """
    names = names or {}
    uses = uses_oldest_first(outputs, uses)
    recorder = Recorder()
    fragments = Fragments(recorder)
    stand_ins: dict[Edge, Any] = {}
    leaves: list[Edge] = []

    def stand_in(source: Edge | None, array: Any) -> Any:
        if source is None:
            return array
        if source not in stand_ins:
            leaves.append(source)
            stand_ins[source] = wrap(recorder.new(array, names.get(source, "")))
            stand_ins[source].requires_grad = source.requires_grad
        return stand_ins[source]

    modes = thread.modes
    anomaly, modes.anomaly = modes.anomaly, False
    running.recorders.append(recorder)
    try:
        with enable_grad():
            for node, use in uses.items():
                arguments = [stand_in(s, a) for s, a in zip(use.inputs, use.arrays, strict=True)]
                stand_ins[node] = _applied(use, arguments, fragments)
        record = Record()
        ends = [stand_in(output, output.array) for output in outputs]
        propagate(seeds_for(ends, [None] * len(ends)), record=record, derivative_of=fragments.derivative)
        program_outputs = _Outputs(recorder)
        values = {edge: program_outputs.index_of(stand.array) for edge, stand in stand_ins.items()}
        gradients = {
            edge: program_outputs.index_of(record.gradients[stand])
            for edge, stand in stand_ins.items()
            if stand in record.gradients
        }
        original = {stand: edge for edge, stand in stand_ins.items()}
        contributions = {
            (original[node], i): program_outputs.index_of(part)
            for sent in record.contributions.values()
            for node, i, part in sent
            if node in original
        }
        derivatives = _derivatives(contributions, uses, stand_ins, program_outputs, fragments) if local else {}
    finally:
        running.recorders.pop()
        recorder.closed = True
        modes.anomaly = anomaly
    program = Program(
        [stand_ins[leaf].array.value for leaf in leaves],
        dict(recorder.constants),
        list(recorder.steps),
        program_outputs.values,
        [...] * len(program_outputs.values),
        list(recorder.looked_at),
        [stand_ins[leaf].array.example for leaf in leaves],
    )
    return Replay(simplify(program) if tidy else program, leaves, values, gradients, contributions, derivatives)


def _applied(use: Use, arguments: Sequence[Any], fragments: Fragments) -> Any:
    """Applies the operation of a use to stand-ins and numbers; operations of one kind are recorded once."""
    result: Any = None

    def apply(*_: Any) -> list[Any]:
        nonlocal result
        result = use.operation(*arguments, **use.params)
        return [result.array]

    needs_grad = tuple(isinstance(x, Edge) and x.requires_grad for x in arguments)
    arrays = [x.array if isinstance(x, Edge) else x for x in arguments]
    kind = kind_of_use("forward", use.operation, use.params, needs_grad)
    if use.operation.promotes and len({x.dtype for x in arrays if hasattr(x, "dtype")}) > 1:
        kind = None  # casts are operations of their own
    (array,) = fragments.record(kind, apply, arrays)
    if result is not None:
        return result
    result = wrap(array)
    if any(needed and use.operation.flows_to(i) for i, needed in enumerate(needs_grad)):
        result.requires_grad = True
        result.operation, result.params, result.serial = use.operation, use.params, next_serial()
        result.inputs = tuple(x if isinstance(x, Edge) else None for x in arguments)
        result.arrays, result.scope = tuple(arrays), None
        result.code, result.instruction = use.code, use.instruction
    return result


def _derivatives(
    sent: Iterable[tuple[Edge, int]],
    uses: Mapping[Edge, Use],
    stand_ins: Mapping[Edge, Any],
    program_outputs: _Outputs,
    fragments: Fragments,
) -> dict[Any, int]:
    """Computes the local derivatives of elementwise operations: their gradients for an incoming gradient of 1."""
    derivatives = {}
    for node, i in sent:
        use = uses[node]
        operation = use.operation
        derivative = fragments.derivative(operation, i) if operation.elementwise else None
        if derivative is not None:
            stand = stand_ins[node]
            xp = namespace(stand.array)
            ones = xp.ones_like(stand.array)
            derivatives[node, i] = program_outputs.index_of(
                derivative(xp, ones, stand.array, *stand.arrays, **use.params)
            )
    return derivatives


class _Outputs:
    """The values that a Program returns, each once."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._numbers: dict[Any, int] = {}
        self.values: list[Any] = []

    def index_of(self, array: Any) -> int:
        value = self._recorder.operand(array).value
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]
