"""Records an optimiser's update as a Program of parameters, gradients and learning rate."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import RecordingError
from .fragments import Fragments
from .passes import simplify
from .program import Program
from .recorder import NAMESPACE, Recorder, running

Rule = Callable[[Any, Any, Any, dict[str, Any], Any], Any]
"""An optimiser's rule, ``rule(xp, p, g, state, lr)``: returns the new parameter, and updates the state."""


@dataclass(frozen=True)
class Change:
    """A parameter to update.

    `state` is the optimiser's state for it, arrays and numbers by name. Its learning rate is `scale` times the common
    one. Rules of one `kind` do the same with arrays of the same shapes and dtypes; None stands for an unknown kind.
    """

    key: Any
    name: str
    value: Any
    gradient: Any
    state: Mapping[str, Any]
    rule: Rule
    scale: float = 1.0
    kind: Hashable | None = None


@dataclass(frozen=True)
class UpdateProgram:
    """A Program of an update.

    Attributes
    ----------
    program:
        Computes parameters and states after the step from the learning rate, parameters, gradients and states.
    rate:
        The index of the input that is the learning rate.
    values, gradients:
        The indices of the inputs that are each parameter and its gradient, by its key.
    results:
        The index of the output that is each parameter after the step.
    states:
        Pairs of an input and the output that is its value in the next step. `program.start` has its first value.
    """

    program: Program
    rate: int
    values: dict[Any, int]
    gradients: dict[Any, int]
    results: dict[Any, int]
    states: list[tuple[int, int]]


def _rule_of(change: Change) -> Callable[..., list[Any]]:
    """Returns a function of the learning rate, the parameter, its gradient and the state, that returns all new ones."""

    def advanced(eta: Any, p: Any, g: Any, *arrays: Any) -> list[Any]:
        state = dict(zip(change.state, arrays, strict=True))
        own = eta if change.scale == 1.0 else eta * change.scale
        shape, dtype = p.shape, p.dtype
        result = change.rule(NAMESPACE, p, g, state, own)
        if tuple(result.shape) != shape:
            raise RecordingError(f"{change.name}: the rule gives shape {tuple(result.shape)} for {shape}")
        after = [NAMESPACE.astype(result, dtype)]
        for name, array in zip(change.state, arrays, strict=True):
            after.append(state[name] if array.is_number else NAMESPACE.astype(state[name], array.dtype))
        return [p.recorder.operand(array) for array in after]

    return advanced


def record_update(changes: Sequence[Change], rate: float) -> UpdateProgram:
    """Records the rules of an update. The learning rate, and numbers in the state, are inputs of the Program.

    Numbers take the arrays' dtype, as Python's do, so that the Program computes what the optimiser computes.

    Raises
    ------
    RecordingError
        If a rule depends on values in a way that no Program can follow.
    """
    recorder = Recorder()
    fragments = Fragments(recorder)
    inputs: list[Any] = []
    results: list[Any] = []

    def add_input(array: Any) -> Any:
        inputs.append(array)
        return array.alias()

    def add_output(array: Any) -> int:
        results.append(recorder.operand(array).value)
        return len(results) - 1

    values: dict[Any, int] = {}
    gradients: dict[Any, int] = {}
    after: dict[Any, int] = {}
    states: list[tuple[int, int]] = []
    running.recorders.append(recorder)
    try:
        eta = add_input(recorder.number(rate, "lr"))
        for change in changes:
            values[change.key] = len(inputs)
            p = add_input(recorder.new(change.value, change.name))
            gradients[change.key] = len(inputs)
            g = add_input(recorder.new(change.gradient, f"{change.name}.grad"))
            state: dict[str, Any] = {}
            positions: dict[str, int] = {}
            for name, array in change.state.items():
                positions[name] = len(inputs)
                make = recorder.new if hasattr(array, "shape") else recorder.number
                state[name] = add_input(make(array, f"{change.name}.{name}"))
            kind = None if change.kind is None else (change.kind, change.scale, tuple(state))
            result, *new = fragments.record(kind, _rule_of(change), [eta, p, g, *state.values()])
            after[change.key] = add_output(result)
            states += [(at, add_output(array)) for at, array in zip(positions.values(), new, strict=True)]
    finally:
        running.recorders.pop()
        recorder.closed = True
    if recorder.looked_at:
        raise RecordingError(f"the optimiser's step depends on values that it reads, in {recorder.looked_at[0]}")
    program = Program(
        [array.value for array in inputs],
        dict(recorder.constants),
        list(recorder.steps),
        results,
        [...] * len(results),
        [],
        [np.asarray(array.example) for array in inputs],
    )
    return UpdateProgram(simplify(program), 0, values, gradients, after, states)
