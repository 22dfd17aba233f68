"""The models of a run: where their parameters are, and what their modules put out."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Collection, Iterable
from typing import Any

from ..capture.variables import Variables, user_frame
from ..graph.edge import Edge
from ..graph.hooks import HookHandle
from ..graph.modes import thread
from ..nn import Flatten, Identity, Unflatten
from ..nn.module import Module
from ..program.recorder import running

_RESHAPING = (Flatten, Unflatten, Identity)
"""What these put out is what they were given."""


class Place:
    """Where a parameter is: its model, its name in it, its module, and where it comes."""

    def __init__(self, model: str, name: str, module: str, type: str, place: tuple[int, ...]) -> None:
        self.model, self.name, self.module, self.type, self.place = model, name, module, type, place


class Models:
    """The modules that are watched, with a name for each model.

    `heard` is called with a model's name, the module's path, its class, where it comes, and an output's array.
    """

    def __init__(self, heard: Callable[[str, str, str, tuple[int, ...], Any], None]) -> None:
        self.parameters: dict[int, Place] = {}
        self._heard = heard
        self._names: list[str] = []
        self._roots: list[Module] = []
        self._handles: list[HookHandle] = []
        self._listeners: list[_Listener] = []
        self._is_listening = False
        self.thread = 0

    def add(self, model: Module, name: str) -> None:
        """Adds a model under a name, which gets a number behind it if it is taken."""
        if any(model is known for known in self._roots):
            return
        taken = sum(known == name or known.startswith(f"{name} ") for known in self._names)
        name = f"{name} {taken + 1}" if taken else name
        first = len(self._names)
        self._names.append(name)
        self._roots.append(model)
        for i, (path, module) in enumerate(model.named_modules()):
            kind = type(module).__name__
            for j, (own, parameter) in enumerate(module.named_parameters(recurse=False)):
                called = f"{path}.{own}" if path else own
                self.parameters.setdefault(id(parameter), Place(name, called, path, kind, (first, i, j)))
            if not isinstance(module, _RESHAPING):
                listener = _Listener(self, module, name, path, kind, (first, i, 10_000))
                self._listeners.append(listener)
                if self._is_listening:
                    self._handles.append(module.register_forward_hook(listener))

    def listen(self, on: bool) -> None:
        """Begins to hear what modules put out, or ends it; in between they are called without a detour."""
        if on == self._is_listening:
            return
        self._is_listening = on
        if on:
            modules = [(listener, listener.module()) for listener in self._listeners]
            self._handles = [module.register_forward_hook(listener) for listener, module in modules if module]
        else:
            for handle in self._handles:
                handle.remove()
            self._handles = []

    def find(self, parameters: Collection[Any]) -> None:
        """Looks for the models of some parameters among the variables of the user's program, and for their names."""
        unknown = {id(one): one for one in parameters if id(one) not in self.parameters}
        if not unknown:
            return
        variables = Variables(user_frame(), dict.fromkeys(unknown.values()), {})
        holding = {
            module: name
            for module, name in variables.modules.items()
            if any(id(one) in unknown for one in module.parameters())
        }
        parts = {part for module in holding for part in module.modules() if part is not module}
        for module, name in holding.items():
            if module not in parts:
                self.add(module, name)
        lone = [one for one in unknown.values() if id(one) not in self.parameters]
        for i, one in enumerate(lone):
            name = variables.tensors.get(one) or one.name or f"parameter {len(self.parameters) + 1}"
            self.parameters[id(one)] = Place("", name, "", "", (len(self._names) + 10_000, len(self.parameters), i))

    def heard(self, listener: _Listener, array: Any) -> None:
        """Passes on what a module put out."""
        self._heard(listener.model, listener.path, listener.kind, listener.place, array)

    def close(self) -> None:
        """Takes all hooks away, and forgets the models."""
        self.listen(False)
        for listener in self._listeners:
            listener.models = None
        self._listeners, self._roots, self._names, self.parameters = [], [], [], {}


class _Listener:
    """A hook for a module's outputs, which the copies that are made of the module don't keep."""

    def __init__(
        self, models: Models, module: Module, model: str, path: str, kind: str, place: tuple[int, ...]
    ) -> None:
        self.models: Models | None = models
        self.module = weakref.ref(module)
        self.model, self.path, self.kind, self.place = model, path, kind, place

    def __call__(self, module: Module, _inputs: Any, output: Any) -> None:
        models = self.models
        if models is None or not thread.modes.recording or running.recorders:
            return
        if threading.get_ident() != models.thread or self.module() is not module:
            return
        edge = first_tensor(output)
        if edge is not None:
            models.heard(self, edge.array)

    def __deepcopy__(self, _memo: Any) -> _Listener:
        return self

    def __reduce__(self) -> Any:
        return _silent, ()


def _silent() -> Callable[..., None]:
    return _hear_nothing


def _hear_nothing(*_: Any) -> None:
    return None


def first_tensor(output: Any) -> Edge | None:
    """The tensor in what a module returned: the first of several."""
    if isinstance(output, Edge):
        return output
    parts: Iterable[Any] = ()
    if isinstance(output, (tuple, list)):
        parts = output
    elif isinstance(output, dict):
        parts = output.values()
    return next((part for part in parts if isinstance(part, Edge)), None)


def names_of(models: Collection[Module]) -> list[str]:
    """The names of the variables that hold them, or else of their classes."""
    held = Variables(user_frame(), {}, {}).modules
    return [held.get(model, type(model).__name__) for model in models]
