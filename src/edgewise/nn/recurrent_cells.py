"""Recurrent cells: they carry a state from one step to the next."""

from __future__ import annotations

from typing import Any

from ..graph.errors import ShapeError
from ..graph.traits import CallExample, CompositeTraits
from ..ops.creation import on_processor
from ..tensor import Tensor
from . import functional
from ._support import check_tensor, shape_error
from .module import Module
from .parameter import Parameter, unset
from .recurrent_steps import (
    PART_SYMBOLS,
    SYMBOLS,
    Step,
    draw_weights,
    first_states,
    gru_step,
    lstm_step,
    step_of,
)


class _Cell(Module):
    """Base of the cells: the weights of one step."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None
    _gates: int
    _states = 1
    _step: Step

    def __init__(self, input_size: int, hidden_size: int, bias: bool, dtype: Any) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        width = self._gates * hidden_size
        self.weight_ih = unset((width, input_size), dtype)
        self.weight_hh = unset((width, hidden_size), dtype)
        self.register_parameter("bias_ih", unset((width,), dtype) if bias else None)
        self.register_parameter("bias_hh", unset((width,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again: uniform within ±1/√hidden_size."""
        draw_weights(self, self.hidden_size)

    def _run(self, input: Tensor, states: tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
        check_tensor(type(self).__name__, input)
        for state in states or ():
            check_tensor(type(self).__name__, state)
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise shape_error(self, input, f"shape (N, {self.input_size}) or ({self.input_size},)")
        shape = (*input.shape[:-1], self.hidden_size)
        if states is None:
            states = first_states(input, shape, self._states)
        for state in states:
            if tuple(state.shape) != shape:
                raise ShapeError(
                    f"{type(self).__name__}({self.extra_repr()}): for an input of shape {tuple(input.shape)} a state "
                    f"has shape {shape}, not {tuple(state.shape)}"
                )
        given = functional.linear(input, self.weight_ih, self.bias_ih)
        return self._step(given, functional.linear(states[0], self.weight_hh, self.bias_hh), states)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(_Cell):
    """One step of a recurrent network: h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu with `nonlinearity`.

    Takes an input (N, input_size) and a state (N, hidden_size), zeros if it is left out; returns the next state. The
    batch axis may be left out.
    """

    _gates = 1
    _traits = CompositeTraits(
        example=CallExample({"x": (2, 3), "h": (2, 4)}, (3, 4), ("h′",)),
        symbols=SYMBOLS,
        words="the next state, from the input and the state before",
    )

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, bias, dtype)
        self.nonlinearity = nonlinearity
        self._step = step_of("RNNCell", nonlinearity)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, None if hx is None else (hx,))[0]

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(_Cell):
    """One step of a long short-term memory, with the gates i (in), f (forget), g (new) and o (out) in this order.

    c' = σ(f)·c + σ(i)·tanh(g) and h' = σ(o)·tanh(c'). Takes an input (N, input_size) and the states (h, c), zeros if
    left out; returns the next ones. Hochreiter and Schmidhuber, Long short-term memory, 1997.
    """

    _gates = 4
    _states = 2
    _step = staticmethod(lstm_step)
    _traits = CompositeTraits(
        example=CallExample(
            {"x": (2, 3), "h": (2, 4), "c": (2, 4)},
            (3, 4),
            ("h′", "c′"),
            lambda cell, x, h, c: cell(x, (h, c)),
        ),
        symbols=SYMBOLS,
        part_symbols=PART_SYMBOLS,
        words="the gates i, f and o say how much comes into the memory c, stays in it, and comes out; g is what is new",
    )

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = None, device: Any = None
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        hidden, memory = self._run(input, None if hx is None else tuple(hx))
        return hidden, memory


class GRUCell(_Cell):
    """One step of a gated recurrent unit, with the gates r (reset), z (update) and n (new) in this order.

    n = tanh(W_in·x + b_in + σ(r)·(W_hn·h + b_hn)) and h' = (1 - σ(z))·n + σ(z)·h. Takes an input (N, input_size) and a
    state (N, hidden_size), zeros if it is left out; returns the next state. Cho et al., EMNLP 2014.
    """

    _gates = 3
    _step = staticmethod(gru_step)
    _traits = CompositeTraits(
        example=CallExample({"x": (2, 3), "h": (2, 4)}, (3, 4), ("h′",)),
        symbols=SYMBOLS,
        part_symbols=PART_SYMBOLS,
        words="the gate r says how much of the state counts for what is new, n; the gate z how much of the state stays",
    )

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = None, device: Any = None
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, None if hx is None else (hx,))[0]
