"""Finds the models of a run, their parameters, and the outputs of their modules."""

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
"""Modules whose output has the elements of their input."""


class ParameterLocation:
    """The place of a parameter: its model, its name, its module, and its position in the order of parameters."""

    def __init__(self, model: str, name: str, module: str, type: str, position: tuple[int, ...]) -> None:
        self.model, self.name, self.module, self.type, self.position = model, name, module, type, position


class Models:
    """The watched models, each with a name.

    `on_output` is called with a model's name, the module's path, class and position, and an output's array.
    """

    def __init__(self, on_output: Callable[[str, str, str, tuple[int, ...], Any], None]) -> None:
        self.parameters: dict[int, ParameterLocation] = {}
        self._on_output = on_output
        self._names: list[str] = []
        self._roots: list[Module] = []
        self._handles: list[HookHandle] = []
        self._listeners: list[_Listener] = []
        self._is_listening = False
        self.thread = 0

    def add(self, model: Module, name: str) -> None:
        """Adds a model under a name, with a number appended if another model has it."""
        if any(model is known for known in self._roots):
            return
        namesakes = sum(known == name or known.startswith(f"{name} ") for known in self._names)
        name = f"{name} {namesakes + 1}" if namesakes else name
        first = len(self._names)
        self._names.append(name)
        self._roots.append(model)
        for i, (path, module) in enumerate(model.named_modules()):
            kind = type(module).__name__
            for j, (own, parameter) in enumerate(module.named_parameters(recurse=False)):
                called = f"{path}.{own}" if path else own
                self.parameters.setdefault(id(parameter), ParameterLocation(name, called, path, kind, (first, i, j)))
            if not isinstance(module, _RESHAPING):
                listener = _Listener(self, module, name, path, kind, (first, i, 10_000))
                self._listeners.append(listener)
                if self._is_listening:
                    self._handles.append(module.register_forward_hook(listener))

    def listen(self, on: bool) -> None:
        """Adds or removes the hooks for modules' outputs. Without hooks, calls of modules cost nothing extra."""
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
        """Finds the models of some parameters, and their names, among the variables of the user's program."""
        unknown = {id(one): one for one in parameters if id(one) not in self.parameters}
        if not unknown:
            return
        variables = Variables(user_frame(), dict.fromkeys(unknown.values()), {})
        holders = {
            module: name
            for module, name in variables.modules.items()
            if any(id(one) in unknown for one in module.parameters())
        }
        parts = {part for module in holders for part in module.modules() if part is not module}
        for module, name in holders.items():
            if module not in parts:
                self.add(module, name)
        remaining = [one for one in unknown.values() if id(one) not in self.parameters]
        for i, one in enumerate(remaining):
            name = variables.tensors.get(one) or one.name or f"parameter {len(self.parameters) + 1}"
            self.parameters[id(one)] = ParameterLocation(
                "", name, "", "", (len(self._names) + 10_000, len(self.parameters), i)
            )

    def pass_on(self, listener: _Listener, array: Any) -> None:
        """Passes a module's output on."""
        self._on_output(listener.model, listener.path, listener.kind, listener.position, array)

    def close(self) -> None:
        """Removes all hooks, and drops the models."""
        self.listen(False)
        for listener in self._listeners:
            listener.models = None
        self._listeners, self._roots, self._names, self.parameters = [], [], [], {}


class _Listener:
    """A hook for a module's outputs. Copies of the module get a hook that does nothing."""

    def __init__(
        self, models: Models, module: Module, model: str, path: str, kind: str, position: tuple[int, ...]
    ) -> None:
        self.models: Models | None = models
        self.module = weakref.ref(module)
        self.model, self.path, self.kind, self.position = model, path, kind, position

    def __call__(self, module: Module, _inputs: Any, output: Any) -> None:
        models = self.models
        if models is None or not thread.modes.recording or running.recorders:
            return
        if threading.get_ident() != models.thread or self.module() is not module:
            return
        edge = first_tensor(output)
        if edge is not None:
            models.pass_on(self, edge.array)

    def __deepcopy__(self, _memo: Any) -> _Listener:
        return self

    def __reduce__(self) -> Any:
        return _make_idle_hook, ()


def _make_idle_hook() -> Callable[..., None]:
    return _idle_hook


def _idle_hook(*_: Any) -> None:
    return None


def first_tensor(output: Any) -> Edge | None:
    """Returns the first tensor in a module's output; None if it has none."""
    if isinstance(output, Edge):
        return output
    parts: Iterable[Any] = ()
    if isinstance(output, (tuple, list)):
        parts = output
    elif isinstance(output, dict):
        parts = output.values()
    return next((part for part in parts if isinstance(part, Edge)), None)


def variable_names(models: Collection[Module]) -> list[str]:
    """Returns the names of the variables that hold the models, or of their classes."""
    variables = Variables(user_frame(), {}, {}).modules
    return [variables.get(model, type(model).__name__) for model in models]
