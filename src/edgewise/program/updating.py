"""The update as a Program: what an optimiser makes of parameters and their gradients, for any learning rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import RecordingError
from .passes import tidied
from .program import Program
from .recorder import NAMESPACE, Recorder, running

Rule = Callable[[Any, Any, Any, dict[str, Any], Any], Any]
"""An optimiser's rule, ``rule(xp, p, g, state, lr)``: gives the new parameter, and renews the state."""


@dataclass(frozen=True)
class Change:
    """A parameter that is to be updated.

    `state` holds what the optimiser remembers of it, arrays and numbers by name. `scale` is how much larger than that
    of the others its learning rate is.
    """

    key: Any
    name: str
    value: Any
    gradient: Any
    state: Mapping[str, Any]
    rule: Rule
    scale: float = 1.0


@dataclass(frozen=True)
class Updating:
    """A Program of an update.

    Attributes
    ----------
    program:
        From the learning rate, the parameters, their gradients and what is remembered, to what they are after the step.
    rate:
        Which input the learning rate is.
    values, gradients:
        Which input each parameter is, by its key, and its gradient.
    results:
        Which output each parameter is after the step.
    states:
        Pairs of an input and the output that it is in the next step. `start` of the program has its first value.
    """

    program: Program
    rate: int
    values: dict[Any, int]
    gradients: dict[Any, int]
    results: dict[Any, int]
    states: list[tuple[int, int]]


def updating(changes: Sequence[Change], rate: float) -> Updating:
    """Records the rules of an update. The learning rate, and numbers in the state, are inputs of the Program.

    Numbers meet arrays as Python's do, in the arrays' dtype, so that the Program gives what the optimiser gives.

    Raises
    ------
    RecordingError
        If a rule depends on values in a way that no Program can follow.
    """
    recorder = Recorder()
    inputs: list[Any] = []
    results: list[Any] = []

    def given(array: Any) -> Any:
        inputs.append(array)
        return array.copied()

    def place(array: Any) -> int:
        results.append(recorder.operand(array).value)
        return len(results) - 1

    values: dict[Any, int] = {}
    gradients: dict[Any, int] = {}
    after: dict[Any, int] = {}
    states: list[tuple[int, int]] = []
    running.recorders.append(recorder)
    try:
        eta = given(recorder.number(rate, "lr"))
        for change in changes:
            values[change.key] = len(inputs)
            p = given(recorder.new(change.value, change.name))
            gradients[change.key] = len(inputs)
            g = given(recorder.new(change.gradient, f"{change.name}.grad"))
            state: dict[str, Any] = {}
            places: dict[str, int] = {}
            for name, held in change.state.items():
                places[name] = len(inputs)
                make = recorder.new if hasattr(held, "shape") else recorder.number
                state[name] = given(make(held, f"{change.name}.{name}"))
            own = eta if change.scale == 1.0 else eta * change.scale
            result = change.rule(NAMESPACE, p, g, state, own)
            if tuple(result.shape) != p.shape:
                raise RecordingError(f"{change.name}: the rule gives shape {tuple(result.shape)} for {p.shape}")
            after[change.key] = place(NAMESPACE.astype(result, p.dtype))
            for name, at in places.items():
                held = inputs[at]
                new = state[name] if held.is_number else NAMESPACE.astype(state[name], held.dtype)
                states.append((at, place(new)))
    finally:
        running.recorders.pop()
        recorder.closed = True
    if recorder.looked_at:
        raise RecordingError(f"what the optimiser does depends on values it looks at, in {recorder.looked_at[0]}")
    program = Program(
        [array.value for array in inputs],
        dict(recorder.constants),
        list(recorder.steps),
        results,
        [...] * len(results),
        [],
        [np.asarray(array.example) for array in inputs],
    )
    return Updating(tidied(program), 0, values, gradients, after, states)
