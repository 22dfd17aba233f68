"""Recurrent layers: cells that carry a state from step to step, and stacks of them run over sequences."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..graph.arguments import plain
from ..graph.errors import ShapeError
from ..graph.modes import Scope, thread
from ..graph.opening import FusedRun
from ..graph.operation import Operation
from ..ops.creation import on_processor
from ..ops.recurrent import RUNS
from ..ops.recurrent import available as fusable_arrays
from ..ops.shape import concat, stack
from ..tensor import Tensor
from . import functional, init
from ._support import check_tensor, shape_error
from .module import Module
from .parameter import Parameter, unset

# One step: from the input's part of the gates, the state's part and the state to the next state, whose first is the
# output. The gates lie one after another along the last axis, in PyTorch's order.


def _tanh_step(given: Tensor, kept: Tensor, _: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + kept).tanh(),)


def _relu_step(given: Tensor, kept: Tensor, _: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + kept).relu(),)


def _lstm_step(given: Tensor, kept: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    let_in, forget, new, let_out = (given + kept).chunk(4, -1)
    i, f, g, o = _named("ifgo", let_in.sigmoid(), forget.sigmoid(), new.tanh(), let_out.sigmoid())
    memory = f * state[1] + i * g
    return o * memory.tanh(), memory


def _gru_step(given: Tensor, kept: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    given_reset, given_update, given_new = given.chunk(3, -1)
    kept_reset, kept_update, kept_new = kept.chunk(3, -1)
    reset = (given_reset + kept_reset).sigmoid()
    update = (given_update + kept_update).sigmoid()
    new = (given_new + reset * kept_new).tanh()
    _named("rzn", reset, update, new)
    return (new + update * (state[0] - new),)


def _named(letters: str, *gates: Tensor) -> tuple[Tensor, ...]:
    """Results by the names that the equations in the docstrings give them, for pictures."""
    for gate, letter in zip(gates, letters, strict=True):
        gate.name = letter
    return gates


Step = Callable[[Tensor, Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


def _step_of(kind: str, nonlinearity: str) -> Step:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{kind}: nonlinearity is {nonlinearity!r}; it must be 'tanh' or 'relu'")
    return _relu_step if nonlinearity == "relu" else _tanh_step


class _Cell(Module):
    """What cells share: the weights of one step."""

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
        """Draws the first values anew: uniform within ±1/√hidden_size."""
        _draw(self, self.hidden_size)

    def _run(self, input: Tensor, states: tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
        check_tensor(type(self).__name__, input)
        for state in states or ():
            check_tensor(type(self).__name__, state)
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise shape_error(self, input, f"shape (N, {self.input_size}) or ({self.input_size},)")
        shape = (*input.shape[:-1], self.hidden_size)
        if states is None:
            states = _first_states(input, shape, self._states)
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
        self._step = _step_of("RNNCell", nonlinearity)

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
    _step = staticmethod(_lstm_step)

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
    _step = staticmethod(_gru_step)

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = None, device: Any = None
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, None if hx is None else (hx,))[0]


class _Steps:
    """A layer in one direction, step by step; holds nothing of the module."""

    def __init__(self, step: Step, kind: str, part: str | None, backwards: bool) -> None:
        self._step = step
        self._kind = kind
        self._part = part
        self._backwards = backwards

    def __call__(
        self, x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None, b_hh: Tensor | None, *state: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The output of each step, and the last states."""
        # What comes of the inputs is one product for all steps.
        given = functional.linear(x, w_ih, b_ih)
        outputs = []
        modes = thread.modes
        outer = around = modes.scope
        if self._part is not None:
            around = Scope(self._part, self._kind, outer)
        try:
            for i in reversed(range(len(x))) if self._backwards else range(len(x)):
                # Pictures show each step by itself.
                modes.scope = Scope(f"step {i + 1}", f"{self._kind}Cell", around)
                state = self._step(given[i], functional.linear(state[0], w_hh, b_hh), state)
                _name_states(state, i + 1, self._part)
                outputs.append(state[0])
        finally:
            modes.scope = outer
        return stack(outputs[::-1] if self._backwards else outputs), state

    def fused(self, arguments: list[Any]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The same in one go, which becomes the steps when somebody looks."""
        operation, how = _FUSED[self._step]
        part = RUNS["steps"]
        count = len(arguments[0])
        run = operation(*arguments, backwards=self._backwards, **how)
        last = 0 if self._backwards else count - 1
        outputs = part(run, first=0, last=count, single=False)
        state = [part(run, first=last, last=last + 1, single=True)]
        if self._step is _lstm_step:
            state.append(part(run, first=count, last=count + 1, single=True))
        _name_states(tuple(state), last + 1, self._part)
        if run.operation is not None:
            FusedRun(run, [outputs, *state], self._opened)
        return outputs, tuple(state)

    def _opened(self, *arguments: Any) -> Sequence[Tensor]:
        outputs, state = self(*arguments)
        return [outputs, *state]


_FUSED: dict[Step, tuple[Operation, dict[str, Any]]] = {
    _tanh_step: (RUNS["rnn"], {"relu": False}),
    _relu_step: (RUNS["rnn"], {"relu": True}),
    _lstm_step: (RUNS["lstm"], {}),
    _gru_step: (RUNS["gru"], {}),
}


def _fusable(arguments: list[Any]) -> bool:
    """Whether a layer may run in one go: on plain arrays, with a gradient to send back, or nothing to record at all."""
    modes = thread.modes
    if modes.anomaly or (modes.recording and not any(x is not None and x.requires_grad for x in arguments)):
        return False
    return fusable_arrays([None if x is None else x.array for x in arguments])


class _Recurrent(Module):
    """What recurrent layers share: layers of one cell each, or two that run in opposite directions, over sequences."""

    _gates: int
    _states = 1
    _step: Step

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        dtype: Any,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        if hidden_size < 1 or num_layers < 1:
            raise ValueError(f"{kind}: hidden_size and num_layers must be positive, not {hidden_size} and {num_layers}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"{kind}: dropout is the share that is dropped, from 0 to 1, not {dropout}")
        if dropout and num_layers == 1:
            warnings.warn(
                f"{kind}: dropout={plain(dropout)} drops nothing, as it is between layers, and num_layers is 1: leave "
                "it out, have more layers, or put an nn.Dropout behind",
                stacklevel=3,
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        width = self._gates * hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            size = input_size if layer == 0 else hidden_size * len(self._directions)
            for end in self._directions:
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (width, size), "weight_hh": (width, hidden_size)}
                if bias:
                    shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
                for name, shape in shapes.items():
                    self.register_parameter(f"{name}_l{layer}{end}", unset(shape, dtype))
                self._all_weights.append([f"{name}_l{layer}{end}" for name in shapes])
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction: weight_ih, weight_hh, and bias_ih, bias_hh if there are any."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Leaves all as it is: for scripts that call it, as PyTorch needs weights in one piece on a CUDA device."""

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def reset_parameters(self) -> None:
        """Draws the first values anew: uniform within ±1/√hidden_size."""
        _draw(self, self.hidden_size)

    def _run(self, input: Tensor, states: tuple[Tensor, ...] | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The last layer's output for each step, and each layer's last states."""
        check_tensor(type(self).__name__, input)
        for state in states or ():
            check_tensor(type(self).__name__, state)
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            batched = f"(N, L, {self.input_size})" if self.batch_first else f"(L, N, {self.input_size})"
            raise shape_error(self, input, f"shape {batched} or (L, {self.input_size})")
        single = input.ndim == 2
        x = input.unsqueeze(1) if single else input.transpose(0, 1) if self.batch_first else input
        if x.shape[0] == 0:
            raise shape_error(self, input, "sequences of at least one step")
        cells = self.num_layers * len(self._directions)
        if states is None:
            shape = (x.shape[1], self.hidden_size)
            parts = [_part(f"_l{layer}{end}") for layer in range(self.num_layers) for end in self._directions]
            first = [_first_states(input, shape, self._states, part if cells > 1 else None) for part in parts]
        else:
            self._check_states(input, states, (cells, *x.shape[1:2][single:], self.hidden_size))
            slices = zip(*states, strict=True)
            first = [tuple(part.unsqueeze(0) if single else part for part in step) for step in slices]
        last: list[tuple[Tensor, ...]] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = functional.dropout(x, self.dropout, True)
            found = []
            for end in self._directions:
                outputs, final = self._run_layer(x, first[len(last)], f"_l{layer}{end}", end != "")
                found.append(outputs)
                last.append(final)
            x = found[0] if len(found) == 1 else concat(found, -1)
        finals = tuple(stack([final[i] for final in last]) for i in range(self._states))
        if single:
            return x.squeeze(1), tuple(final.squeeze(1) for final in finals)
        return (x.transpose(0, 1) if self.batch_first else x), finals

    def _check_states(self, input: Tensor, states: tuple[Tensor, ...], shape: tuple[int, ...]) -> None:
        for state in states:
            if tuple(state.shape) != shape:
                raise ShapeError(
                    f"{type(self).__name__}({self.extra_repr()}): for an input of shape {tuple(input.shape)} the first "
                    f"states have shape {shape} (layers and directions first), not {tuple(state.shape)}"
                )

    def _run_layer(
        self, x: Tensor, state: tuple[Tensor, ...], name: str, backwards: bool
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        values = self.__dict__
        weights = [values[f"weight_ih{name}"], values[f"weight_hh{name}"]]
        weights += [values.get(f"bias_ih{name}"), values.get(f"bias_hh{name}")]
        part = _part(name) if self.num_layers > 1 or self.bidirectional else None
        steps = _Steps(self._step, type(self).__name__, part, backwards)
        arguments = [x, *weights, *state]
        return steps.fused(arguments) if _fusable(arguments) else steps(*arguments)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if not self.bias:
            text += f", bias={self.bias}"
        if self.batch_first:
            text += f", batch_first={self.batch_first}"
        if self.dropout:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text


class RNN(_Recurrent):
    """Layers of :class:`RNNCell` over sequences (L, N, input_size), or (N, L, input_size) with `batch_first`.

    Each layer takes the outputs of the one before; `dropout` is between them. With `bidirectional` each layer has a
    second cell that runs from the end, and both outputs are laid side by side. The batch axis may be left out.

    Takes the sequences and the first states (layers·directions, N, hidden_size), zeros if left out; returns the
    outputs of the last layer (L, N, directions·hidden_size) and the last states. Parameters are called
    `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, and so on for further layers, with `_reverse` behind.
    """

    _gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        step = _step_of("RNN", nonlinearity)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)
        self.nonlinearity = nonlinearity
        self._step = step

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        output, (hidden,) = self._run(input, None if hx is None else (hx,))
        return output, hidden


class LSTM(_Recurrent):
    """Layers of :class:`LSTMCell` over sequences: arguments, shapes and names are as for :class:`RNN`.

    Takes the sequences and the first states (h, c), zeros if left out; returns the outputs and the last (h, c).
    """

    _gates = 4
    _states = 2
    _step = staticmethod(_lstm_step)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        output, (hidden, memory) = self._run(input, None if hx is None else tuple(hx))
        return output, (hidden, memory)


class GRU(_Recurrent):
    """Layers of :class:`GRUCell` over sequences: arguments, shapes and names are as for :class:`RNN`."""

    _gates = 3
    _step = staticmethod(_gru_step)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        output, (hidden,) = self._run(input, None if hx is None else (hx,))
        return output, hidden


def _draw(layer: Module, hidden_size: int) -> None:
    bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
    for parameter in layer.parameters():
        init.uniform_(parameter, -bound, bound)


def _part(name: str) -> str:
    """A layer and direction by what the names of its parameters end in: ``l0 reverse``."""
    return name.removeprefix("_").replace("_", " ")


def _first_states(input: Tensor, shape: tuple[int, ...], count: int, part: str | None = None) -> tuple[Tensor, ...]:
    """Zeros, by the names that pictures show."""
    states = tuple(input.new_zeros(shape) for _ in range(count))
    _name_states(states, 0, part)
    return states


def _name_states(states: tuple[Tensor, ...], time: int, part: str | None = None) -> None:
    """Names states by their time, and by their layer and direction, `part`, where there are several: ``h4_l1``."""
    end = "" if part is None else f"_{part.replace(' ', '_')}"
    for state, letter in zip(states, "hc", strict=False):
        state.name = f"{letter}{time}{end}"
