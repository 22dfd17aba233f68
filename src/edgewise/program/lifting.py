"""Puts recording arrays into parameters and optimisers while a function that changes them is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arrays import namespace
from ..graph.edge import Edge
from ..graph.inplace import frozen_copy, restore
from ..graph.views import remove_place, restore_place
from .errors import RecordingError

if TYPE_CHECKING:
    from .program import Value
    from .recorder import Recorder, RecordingArray


class LiftedTensors:
    """A context in which parameters and the states of optimisers hold recording arrays; their arrays return after it.

    Attributes
    ----------
    inputs:
        The values of the recording arrays: the parameters', then the states'.
    start:
        Copies of the arrays that were replaced.
    """

    def __init__(self, recorder: Recorder, parameters: Any, state: Any) -> None:
        self._recorder = recorder
        self._optimisers = list(_optimisers(state))
        self._tensors = list(_tensors(parameters))
        known = {id(tensor) for _, tensor in self._tensors}
        for optimiser in self._optimisers:
            for i, tensor in enumerate(_parameters_of(optimiser)):
                if id(tensor) not in known:
                    known.add(id(tensor))
                    self._tensors.append((tensor.name or f"p{i}", tensor))
        self._names = {id(tensor): name for name, tensor in self._tensors}
        self._entries: list[tuple[Any, Any, str]] = []
        self.inputs: list[Value] = []
        self.start: list[Any] = []

    def __enter__(self) -> LiftedTensors:
        self._saved_tensors = [
            (tensor, frozen_copy(tensor), tensor.grad, remove_place(tensor)) for _, tensor in self._tensors
        ]
        self._saved_states = [
            (
                optimiser,
                {parameter: dict(entries) for parameter, entries in optimiser.state.items()},
                [(group, dict(group)) for group in optimiser.param_groups],
            )
            for optimiser in self._optimisers
        ]
        try:
            for optimiser in self._optimisers:
                self._lift_state(optimiser)
            states = self.inputs, self.start
            self.inputs, self.start = [], []
            for name, tensor in self._tensors:
                tensor.array, tensor.grad = self._new(tensor.array, name), None
            self.inputs += states[0]
            self.start += states[1]
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _lift_state(self, optimiser: Any) -> None:
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                if not parameter.requires_grad:
                    continue
                if not optimiser.state[parameter]:
                    xp = namespace(parameter.array)
                    optimiser.state[parameter] = optimiser._start(xp, parameter.array, group)
                entries = dict(optimiser.state[parameter])
                optimiser.state[parameter] = entries
                for key, value in entries.items():
                    if hasattr(value, "shape"):
                        entries[key] = self._new(value, f"{self._names[id(parameter)]}.{key}")
                        self._entries.append((optimiser, parameter, key))
        self._recorder.allowed_optimisers.add(id(optimiser))

    def _new(self, array: Any, name: str) -> RecordingArray:
        lifted = self._recorder.new(np.array(array), name)
        self.inputs.append(lifted.value)
        self.start.append(lifted.example)
        return lifted

    def after(self) -> list[Any] | None:
        """Returns the present recording arrays in the order of the inputs; None if none has changed."""
        now = [tensor.array for _, tensor in self._tensors]
        now += [optimiser.state[parameter][key] for optimiser, parameter, key in self._entries]
        same = all(getattr(array, "value", None) is value for array, value in zip(now, self.inputs, strict=True))
        return None if same else now

    def _restore(self) -> None:
        for tensor, before, grad, place in self._saved_tensors:
            restore(tensor, before)
            restore_place(tensor, place)
            tensor.grad = grad
        for optimiser, state, groups in self._saved_states:
            optimiser.state.clear()
            optimiser.state.update(state)
            optimiser.param_groups[:] = [group for group, _ in groups]
            for group, entries in groups:
                group.clear()
                group.update(entries)


def _tensors(parameters: Any, many: bool = True) -> Iterator[tuple[str, Any]]:
    if hasattr(parameters, "named_parameters"):
        yield from parameters.named_parameters()
        yield from parameters.named_buffers()
    elif isinstance(parameters, dict):
        yield from parameters.items()
    elif many and hasattr(parameters, "__iter__") and not isinstance(parameters, (Edge, str)):
        seen: set[int] = set()
        item: Any
        for i, item in enumerate(parameters):
            found = (
                [(getattr(item, "name", None) or f"p{i}", item)]
                if isinstance(item, Edge)
                else _tensors(item, many=False)
            )
            for name, tensor in found:
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield name, tensor
    else:
        kind = type(parameters).__qualname__
        raise RecordingError(f"parameters must be a module, or a list of tensors and modules, not a {kind}")


def _optimisers(state: Any) -> Iterator[Any]:
    for optimiser in state if isinstance(state, (list, tuple)) else (state,):
        if not hasattr(optimiser, "param_groups") or not hasattr(optimiser, "state"):
            kind = type(optimiser).__qualname__
            raise RecordingError(f"state must be an optimiser, or a list of them, not a {kind}")
        yield optimiser


def _parameters_of(optimiser: Any) -> Iterator[Any]:
    for group in optimiser.param_groups:
        yield from group["params"]
