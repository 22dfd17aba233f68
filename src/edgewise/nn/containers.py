"""Modules that hold others: in a row, in a list, by name."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex, overload

from ..graph.errors import IndexingError
from ..tensor import Tensor
from ._support import merge_repeats
from .module import Module
from .parameter import Parameter


class _Numbered(Module):
    """Modules numbered from 0, which can be asked for and changed as in a list."""

    def _names(self) -> list[str]:
        return [name for name, role in self._roles.items() if role == "module"]

    def _name_at(self, index: SupportsIndex) -> str:
        names = self._names()
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexingError(
                f"{type(self).__name__} holds {len(names)} modules, so it has none at {index}"
            ) from None

    def _hold(self, modules: Iterable[Module]) -> None:
        """Holds these modules, and no others, numbered in this order."""
        for name in self._names():
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        values = self.__dict__
        return iter([values[name] for name, role in self._roles.items() if role == "module"])

    def __setitem__(self, index: SupportsIndex, module: Module) -> None:
        self.add_module(self._name_at(index), module)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        named = list(zip(self._names(), self, strict=True))
        if isinstance(index, slice):
            gone = set(self._names()[index])
        else:
            gone = {self._name_at(index)}
        for name in gone:
            delattr(self, name)
        if all(name.isdecimal() for name, _ in named):
            self._hold([module for name, module in named if name not in gone])

    def __contains__(self, module: object) -> bool:
        return any(module is held for held in self)

    def _slice(self, index: slice, make: Callable[[dict[str, Module]], Any]) -> Any:
        """Returns a new container of some of the modules, which keep the names by which scopes call them."""
        held = {name: self.__dict__[name] for name in self._names()[index]}
        scope_names = [module._scope_name for module in held.values()]
        result = make(held)
        for module, name in zip(held.values(), scope_names, strict=True):
            module._rename(name)
        return result

    def append(self, module: Module) -> Any:
        """Adds a module at the end; returns this one."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Adds modules at the end; returns this one."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: SupportsIndex, module: Module) -> Any:
        """Adds a module before the one at `index`, and renumbers all; returns this one."""
        modules = list(self)
        modules.insert(operator.index(index), module)
        self._hold(modules)
        return self

    def pop(self, index: SupportsIndex) -> Any:
        """Takes out the module at `index` and returns it."""
        module = self.__dict__[self._name_at(index)]
        del self[index]
        return module


class Sequential(_Numbered):
    """Modules one after another: each takes the output of the one before.

    Takes the modules, or one dict of names and modules. It can be indexed, sliced and appended to.

    >>> from edgewise import nn
    >>> nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for i, part in enumerate(modules):
                if isinstance(part, (list, tuple, Mapping)):
                    raise TypeError(
                        f"Sequential takes the modules themselves, not a {type(part).__name__}: Sequential(*modules)"
                    )
                self.add_module(str(i), part)

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input

    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return self._slice(index, _chain)
        return self.__dict__[self._name_at(index)]


def _chain(held: dict[str, Module]) -> Sequential:
    return Sequential(*held.values()) if all(name.isdecimal() for name in held) else Sequential(held)


class _Holder(Module):
    """Modules that another module calls: their names are this one's name there, then their own."""

    def forward(self, *_: Any, **__: Any) -> Any:
        kind = type(self).__name__
        raise NotImplementedError(f"a {kind} only holds modules: call those, or use nn.Sequential to run them in a row")

    def _rename(self, name: str) -> None:
        super()._rename(name)
        for key, module in self._own("module"):
            module._rename(f"{name}.{key}")

    def _register(self, name: str, value: Any, role: str) -> None:
        super()._register(name, value, role)
        if isinstance(value, Module) and self._scope_name:
            value._rename(f"{self._scope_name}.{name}")


class ModuleList(_Holder, _Numbered):
    """A list of modules, for a forward that says itself how they are used."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return self._slice(index, lambda held: ModuleList(held.values()))
        return self.__dict__[self._name_at(index)]

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)  # type: ignore[no-any-return]

    def _parts_text(self) -> Iterable[tuple[str, str]]:
        return merge_repeats(super()._parts_text())


class _Named(Module):
    """Modules or parameters by name, as `_role` says, which can be asked for and changed as in a dict."""

    _role: str

    def _add(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        for name, value in values.items() if isinstance(values, (Mapping, _Named)) else values:
            self[name] = value

    def __getitem__(self, name: str) -> Any:
        if self._roles.get(name) != self._role:
            raise KeyError(f"{name!r} is not among the {self._role}s {', '.join(self.keys())}")
        return self.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if self._role == "module":
            self.add_module(name, value)
        else:
            self.register_parameter(name, _as_parameter(value))

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def keys(self) -> list[str]:
        """Returns the names, in the order in which they were added."""
        return [name for name, _ in self.items()]

    def values(self) -> list[Any]:
        """Returns the values."""
        return [value for _, value in self.items()]

    def items(self) -> list[tuple[str, Any]]:
        """Returns the names and values."""
        return self._own(self._role)

    def pop(self, name: str) -> Any:
        """Takes out a value and returns it."""
        value = self[name]
        delattr(self, name)
        return value

    def clear(self) -> None:
        """Takes out all values."""
        for name in self.keys():
            delattr(self, name)


class ModuleDict(_Holder, _Named):
    """Modules by name, for a forward that says itself how they are used."""

    _role = "module"

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Adds modules, in place of those that have the same names."""
        self._add(modules)


class _ParameterHolder(Module):
    """Parameters that another module uses."""

    def forward(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"a {type(self).__name__} only holds parameters: use those")

    def _parts_text(self) -> Iterable[tuple[str, str]]:
        return [(name, f"Parameter of {value.dtype} {tuple(value.shape)}") for name, value in self._own("parameter")]


class ParameterList(_ParameterHolder):
    """A list of parameters; tensors put into it become parameters."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Adds a parameter at the end; returns this list."""
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Adds parameters at the end; returns this list."""
        for value in list(values):
            self.append(value)
        return self

    def _name_at(self, index: SupportsIndex) -> str:
        i = operator.index(index)
        if not -len(self) <= i < len(self):
            raise IndexingError(f"ParameterList holds {len(self)} parameters, so it has none at {i}")
        return str(i % len(self))

    def __getitem__(self, index: SupportsIndex) -> Parameter:
        return self.__dict__[self._name_at(index)]  # type: ignore[no-any-return]

    def __setitem__(self, index: SupportsIndex, value: Any) -> None:
        setattr(self, self._name_at(index), _as_parameter(value))

    def __len__(self) -> int:
        return len(self._own("parameter"))

    def __iter__(self) -> Iterator[Parameter]:
        return (value for _, value in self._own("parameter"))


class ParameterDict(_ParameterHolder, _Named):
    """Parameters by name; tensors put into it become parameters."""

    _role = "parameter"

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Adds parameters, in place of those that have the same names."""
        self._add(parameters)


def _as_parameter(value: Any) -> Parameter:
    return value if isinstance(value, Parameter) else Parameter(value.detach() if isinstance(value, Tensor) else value)
