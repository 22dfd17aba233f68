"""Steps of recurrent layers: one from state to state, and all of a layer over a sequence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..graph.modes import Scope, thread
from ..graph.opening import FusedRun
from ..graph.operation import Operation
from ..ops.joining import stack
from ..ops.recurrent import RUNS
from ..ops.recurrent import available as fusable_arrays
from ..tensor import Tensor
from . import functional, init
from .module import Module

# One step: from the input's part of the gates, the state's part and the state to the next state, whose first is the
# output. The gates lie one after another along the last axis, in PyTorch's order.


def tanh_step(given: Tensor, kept: Tensor, _: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + kept).tanh(),)


def relu_step(given: Tensor, kept: Tensor, _: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + kept).relu(),)


def lstm_step(given: Tensor, kept: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    let_in, forget, new, let_out = (given + kept).chunk(4, -1)
    i, f, g, o = _name_gates("ifgo", let_in.sigmoid(), forget.sigmoid(), new.tanh(), let_out.sigmoid())
    memory = f * state[1] + i * g
    return o * memory.tanh(), memory


def gru_step(given: Tensor, kept: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    given_reset, given_update, given_new = given.chunk(3, -1)
    kept_reset, kept_update, kept_new = kept.chunk(3, -1)
    reset = (given_reset + kept_reset).sigmoid()
    update = (given_update + kept_update).sigmoid()
    new = (given_new + reset * kept_new).tanh()
    _name_gates("rzn", reset, update, new)
    return (new + update * (state[0] - new),)


def _name_gates(letters: str, *gates: Tensor) -> tuple[Tensor, ...]:
    """Names results after the equations in the docstrings, for pictures."""
    for gate, letter in zip(gates, letters, strict=True):
        gate.name = letter
    return gates


SYMBOLS = {"weight_ih": "W_ih", "weight_hh": "W_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
"""What textbooks call the parameters,"""

PART_SYMBOLS = {"weight_ih": "W_i", "weight_hh": "W_h", "bias_ih": "b_i", "bias_hh": "b_h"}
"""and what the names of their parts for each gate begin with: W_ii, W_if."""

Step = Callable[[Tensor, Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


def step_of(kind: str, nonlinearity: str) -> Step:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{kind}: nonlinearity is {nonlinearity!r}; it must be 'tanh' or 'relu'")
    return relu_step if nonlinearity == "relu" else tanh_step


class RecurrentSteps:
    """A layer in one direction, step by step. It holds no reference to the module."""

    def __init__(self, step: Step, kind: str, part: str | None, backwards: bool) -> None:
        self._step = step
        self._kind = kind
        self.part_of_name = part
        self._backwards = backwards

    def __call__(
        self, x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None, b_hh: Tensor | None, *state: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Returns the output of each step and the last states."""
        # The inputs' part is one product for all steps.
        given = functional.linear(x, w_ih, b_ih)
        outputs = []
        modes = thread.modes
        outer = around = modes.scope
        if self.part_of_name is not None:
            around = Scope(self.part_of_name, self._kind, outer)
        try:
            for i in reversed(range(len(x))) if self._backwards else range(len(x)):
                # Pictures show each step by itself.
                modes.scope = Scope(f"step {i + 1}", f"{self._kind}Cell", around)
                state = self._step(given[i], functional.linear(state[0], w_hh, b_hh), state)
                name_states(state, i + 1, self.part_of_name)
                outputs.append(state[0])
        finally:
            modes.scope = outer
        return stack(outputs[::-1] if self._backwards else outputs), state

    def run_fused(self, arguments: list[Any]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Returns the same from one fused run, which opens into its steps for pictures and higher derivatives."""
        operation, how = _FUSED[self._step]
        part = RUNS["steps"]
        count = len(arguments[0])
        run = operation(*arguments, backwards=self._backwards, **how)
        last = 0 if self._backwards else count - 1
        outputs = part(run, first=0, last=count, single=False)
        state = [part(run, first=last, last=last + 1, single=True)]
        if self._step is lstm_step:
            state.append(part(run, first=count, last=count + 1, single=True))
        name_states(tuple(state), last + 1, self.part_of_name)
        if run.operation is not None:
            FusedRun(run, [outputs, *state], self._open_into_steps)
        return outputs, tuple(state)

    def _open_into_steps(self, *arguments: Any) -> Sequence[Tensor]:
        outputs, state = self(*arguments)
        return [outputs, *state]


_FUSED: dict[Step, tuple[Operation, dict[str, Any]]] = {
    tanh_step: (RUNS["rnn"], {"relu": False}),
    relu_step: (RUNS["rnn"], {"relu": True}),
    lstm_step: (RUNS["lstm"], {}),
    gru_step: (RUNS["gru"], {}),
}


def are_fusable(arguments: list[Any]) -> bool:
    """Returns whether a layer can run fused: on plain arrays, with a gradient to send back or nothing to record."""
    modes = thread.modes
    if modes.anomaly or (modes.recording and not any(x is not None and x.requires_grad for x in arguments)):
        return False
    return fusable_arrays([None if x is None else x.array for x in arguments])


def draw_weights(layer: Module, hidden_size: int) -> None:
    bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
    for parameter in layer.parameters():
        init.uniform_(parameter, -bound, bound)


def part_of_name(name: str) -> str:
    """Returns the end of a parameter's name for a layer and direction: ``l0 reverse``."""
    return name.removeprefix("_").replace("_", " ")


def first_states(input: Tensor, shape: tuple[int, ...], count: int, part: str | None = None) -> tuple[Tensor, ...]:
    """Returns zeros with the names that pictures show."""
    states = tuple(input.new_zeros(shape) for _ in range(count))
    name_states(states, 0, part)
    return states


def name_states(states: tuple[Tensor, ...], time: int, part: str | None = None) -> None:
    """Names states by their time, and by their layer and direction, `part`, where there are several: ``h4_l1``."""
    end = "" if part is None else f"_{part.replace(' ', '_')}"
    for state, letter in zip(states, "hc", strict=False):
        state.name = f"{letter}{time}{end}"
