"""Finds the tensors and modules that the variables of the user's program hold at this moment."""

from __future__ import annotations

import inspect
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..graph.edge import Edge
from ..graph.source import library_files
from ..nn.module import Module
from ..nn.parameter import Parameter
from .lines import is_meaningful

_LONGEST_CONTAINER = 1000
"""Longer lists and dicts are not searched."""

_NEVER_SEARCHED = (
    str,
    bytes,
    int,
    float,
    type(None),
    type,
    ModuleType,
    FunctionType,
    MethodType,
    BuiltinFunctionType,
)

_INSTALLED = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})


class Variables:
    """The tensors and modules held by the variables that are visible from a frame.

    Attributes
    ----------
    tensors:
        A name for each wanted tensor that was found. A variable of the function that made or first used the tensor
        comes first. Then comes the outermost function, since it held the tensor first, and a variable before a
        parameter: a helper that only shows a tensor doesn't name it. Of several names in a function the first assigned
        wins, and a name with a leading underscore comes last. Tensors in a list, a dict or an object come after
        those that a variable holds.
    modules:
        Every module that a variable holds, with its name by the same rules.
    """

    def __init__(
        self, frame: FrameType | None, wanted: Mapping[Edge, CodeType | None], leaves: Mapping[Edge, Any]
    ) -> None:
        self._wanted = wanted
        # An array that the user passes becomes a leaf around the same array.
        self._by_array = {id(array): leaf for leaf, array in leaves.items()}
        self._found: dict[Edge, tuple[_Rank, str]] = {}
        self._aliases: dict[Edge, tuple[_Rank, str]] = {}
        self._modules: dict[Module, tuple[_Rank, str]] = {}
        self._kinds: dict[type, str] = {}
        containers: list[tuple[_Namespace, str, str, Any]] = []
        for space in _namespaces(frame):
            notebook = "_oh" in space.variables
            for name, value in space.variables.items():
                kind = self._kind(type(value))
                if not kind or not name.isidentifier() or (notebook and name in ("In", "Out")):
                    continue
                if kind in ("list", "dict", "object", "module") and name[:1] != "_" and name not in space.variadic:
                    containers.append((space, name, kind, value))
                if kind in ("list", "dict", "object"):
                    continue
                if name[:1] != "_" or (kind == "tensor" and is_meaningful(name)):
                    self._note(space, name, kind, value, name[:1] == "_")
        for space, name, kind, value in containers:
            self._note_parts(space, name, kind, value)
        self.tensors = {source: name for source, (_, name) in {**self._aliases, **self._found}.items()}
        self.modules = {module: name for module, (_, name) in self._modules.items()}

    def _note(
        self, space: _Namespace, name: str, kind: str, value: Any, is_hidden: bool, *, is_part: bool = False
    ) -> None:
        found: dict[Any, tuple[_Rank, str]] = self._found
        key: Any = value
        if kind == "module":
            found = self._modules
        elif kind == "array" or value not in self._wanted:
            if kind == "tensor" and value.operation is not None:
                return
            found, key = self._aliases, self._by_array.get(id(value if kind == "array" else value.array))
            if key is None:
                return
        rank = space.rank(name, None if kind == "module" else self._wanted.get(key), is_hidden, is_part)
        if key not in found or rank < found[key][0]:
            found[key] = rank, name

    def _note_parts(self, space: _Namespace, name: str, kind: str, value: Any) -> None:
        """Notes the elements of a list or dict, and the attributes of an object with the lists and dicts among them.

        The parameters and submodules of a module are left out: it has names for these.
        """
        found = [(one, self._kind(type(part)), part) for one, part in _parts(name, kind, value) if is_meaningful(one)]
        parts = [one for one in found if one[1] in ("tensor", "array", "module")]
        if kind == "module":
            parts = [one for one in parts if one[1] == "tensor" and not isinstance(one[2], Parameter)]
        if kind in ("module", "object"):
            for part_name, part_kind, part in found:
                if part_kind in ("list", "dict") and part_name[:1] != "_":
                    self._note_parts(space, part_name, part_kind, part)
        if kind == "list" and len(parts) > 1:
            # A loop's variable still holds the last element of its list, but it names none of the elements.
            *others, (_, last_kind, last) = parts
            if all(self._name_of(one_kind, part) is None for _, one_kind, part in others):
                self._forget(last_kind, last)
        for part_name, part_kind, part in parts:
            self._note(space, part_name, part_kind, part, False, is_part=True)

    def _name_of(self, kind: str, value: Any) -> str | None:
        found: Any = self._modules if kind == "module" else self._found
        entry = found.get(value) if kind != "array" else None
        return None if entry is None else str(entry[1])

    def _forget(self, kind: str, value: Any) -> None:
        if kind == "module":
            self._modules.pop(value, None)
        elif kind == "tensor":
            self._found.pop(value, None)

    def _kind(self, type_: type) -> str:
        # By the type: an attribute of the object could run the user's code.
        known = self._kinds.get(type_)
        if known is None:
            known = self._kinds[type_] = _kind_of(type_)
        return known


def _kind_of(type_: type) -> str:
    if issubclass(type_, Edge):
        return "tensor"
    if issubclass(type_, Module):
        return "module"
    if issubclass(type_, np.ndarray):
        return "array"
    if type_ in (list, tuple):
        return "list"
    if type_ is dict:
        return "dict"
    if (
        issubclass(type_, _NEVER_SEARCHED)
        or not type_.__dictoffset__
        or type_.__module__.partition(".")[0] in ("edgewise",)
    ):
        return ""
    return "object"


def _parts(name: str, kind: str, value: Any) -> Iterator[tuple[str, Any]]:
    if kind == "list" and len(value) <= _LONGEST_CONTAINER:
        for i, part in enumerate(list(value)):
            yield f"{name}[{i}]", part
    elif kind == "dict" and len(value) <= _LONGEST_CONTAINER:
        for key, part in list(value.items()):
            if type(key) is str:
                yield (key if key.isidentifier() else f"{name}[{key}]"), part
            elif type(key) is int:
                yield f"{name}[{key}]", part
    elif kind in ("object", "module"):
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        if type(attributes) is dict and len(attributes) <= _LONGEST_CONTAINER:
            yield from list(attributes.items())


_Rank = tuple[bool, bool, bool, bool, int]
"""The rank of a name: smaller is better."""


class _Namespace(NamedTuple):
    """The variables of a function or a module, its code (None for a module), and its depth in the calls."""

    variables: Mapping[str, Any]
    code: CodeType | None
    depth: int

    def rank(self, name: str, place: CodeType | None, is_hidden: bool, is_part: bool) -> _Rank:
        """Ranks a name for a tensor that was made in the code `place`."""
        is_home = place is not None and (place.co_name == "<module>" if self.code is None else self.code is place)
        return is_part, not is_home, self._is_parameter(name), is_hidden, self.depth

    def _is_parameter(self, name: str) -> bool:
        code = self.code
        if code is None:
            return False
        return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] or name in self.variadic

    @property
    def variadic(self) -> tuple[str, ...]:
        """The parameters ``*args`` and ``**kwargs``, which give their elements no names."""
        code = self.code
        if code is None:
            return ()
        first = code.co_argcount + code.co_kwonlyargcount
        count = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        return code.co_varnames[first : first + count]


def _namespaces(frame: FrameType | None) -> Iterator[_Namespace]:
    """Yields the local and global variables of the user's frames, from a frame outwards through its callers."""
    seen: set[int] = set()
    nearest = True
    depth = 0
    while frame is not None:
        if nearest or _is_user_file(frame.f_code.co_filename):
            nearest = False
            depth -= 1
            if frame.f_locals is not frame.f_globals:
                values = frame.f_locals
                yield _Namespace(dict(values), frame.f_code, depth)
                if _is_temporary(frame, values):
                    values.clear()
                del values
            if id(frame.f_globals) not in seen:
                seen.add(id(frame.f_globals))
                yield _Namespace(dict(frame.f_globals), None, depth)
        frame = frame.f_back


def _is_temporary(frame: FrameType, values: Any) -> bool:
    """Says whether the dict of a function's variables was made for this call alone, and so can be cleared.

    Before Python 3.13 the frame stores that dict, which would keep the values of deleted variables alive. A debugger
    writes the dict back to the variables, so with one it is left.
    """
    optimised = frame.f_code.co_flags & 1
    return bool(sys.version_info < (3, 13) and optimised and sys.gettrace() is None) and sys.getrefcount(values) <= 4


@cache
def _is_user_file(file: str) -> bool:
    return file not in library_files and not file.startswith(_INSTALLED) and not file.startswith("<frozen")


def user_frame() -> FrameType | None:
    """Returns the nearest frame outside Edgewise."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in library_files:
        frame = frame.f_back
    return frame
