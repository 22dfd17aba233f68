"""Recurrent layers: stacks of cells that run over sequences."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..graph.arguments import number_text
from ..graph.errors import ShapeError
from ..graph.traits import CallExample, CompositeTraits
from ..ops.creation import on_processor
from ..ops.joining import concat, stack
from ..tensor import Tensor
from . import functional
from ._support import check_tensor, shape_error
from .module import Module
from .parameter import Parameter, unset
from .recurrent_steps import (
    PART_SYMBOLS,
    RecurrentSteps,
    Step,
    are_fusable,
    draw_weights,
    first_states,
    gru_step,
    lstm_step,
    part_of_name,
    step_of,
)


class _Recurrent(Module):
    """Base of recurrent layers: each layer has one cell, or two that run over the sequence in opposite directions."""

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
                f"{kind}: dropout={number_text(dropout)} drops nothing, as it is between layers, and num_layers is 1: "
                "leave it out, have more layers, or add an nn.Dropout after it",
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
        """Does nothing. It is here for scripts that call it: PyTorch needs one block of weights on a CUDA device."""

    def _part_symbols(self) -> Mapping[str, str]:
        kinds = [*PART_SYMBOLS]
        return {name: PART_SYMBOLS[kinds[i]] for names in self._all_weights for i, name in enumerate(names)}

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def reset_parameters(self) -> None:
        """Draws the first values again: uniform within ±1/√hidden_size."""
        draw_weights(self, self.hidden_size)

    def _run(self, input: Tensor, states: tuple[Tensor, ...] | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Returns the last layer's output for each step, and each layer's last states."""
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
            parts = [part_of_name(f"_l{layer}{end}") for layer in range(self.num_layers) for end in self._directions]
            first = [first_states(input, shape, self._states, part if cells > 1 else None) for part in parts]
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
        part = part_of_name(name) if self.num_layers > 1 or self.bidirectional else None
        steps = RecurrentSteps(self._step, type(self).__name__, part, backwards)
        arguments = [x, *weights, *state]
        return steps.run_fused(arguments) if are_fusable(arguments) else steps(*arguments)

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


def _sequences() -> CallExample:
    return CallExample({"x": (3, 2, 3)}, (3, 4), call=lambda layer, x: layer(x)[0])


_EACH_STEP = "each step of the sequence gets the state h that the step before left"


class RNN(_Recurrent):
    """Layers of :class:`RNNCell` over sequences (L, N, input_size), or (N, L, input_size) with `batch_first`.

    Each layer takes the outputs of the one before; `dropout` is between them. With `bidirectional` each layer has a
    second cell that runs from the end, and both outputs are joined. The batch axis may be left out.

    Takes the sequences and the first states (layers·directions, N, hidden_size), zeros if left out; returns the
    outputs of the last layer (L, N, directions·hidden_size) and the last states. Parameters are called
    `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, and so on for further layers. Those of the
    other direction end in `_reverse`.
    """

    _gates = 1
    _traits = CompositeTraits(_sequences(), words=_EACH_STEP)

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
        step = step_of("RNN", nonlinearity)
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
    _traits = CompositeTraits(_sequences(), words=_EACH_STEP)
    _states = 2
    _step = staticmethod(lstm_step)

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
    _traits = CompositeTraits(_sequences(), words=_EACH_STEP)
    _step = staticmethod(gru_step)

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
