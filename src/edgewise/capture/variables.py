"""The variables of the user's program: which tensors and modules they hold at this moment."""

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
from .lines import is_telling

_MANY = 1000
"""Longer lists and dicts are not searched."""

_NEVER = (
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

_NOT_THE_USERS = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})


class Variables:
    """What the variables hold that can be seen from a frame, by the names they give it.

    Attributes
    ----------
    tensors:
        A name for each source that was asked for and found. The function gives it in which the tensor was made, or
        first used; else the outermost one that has it, as it had it first, by a variable rather than by a parameter: a
        helper that is handed a tensor to show it gives it no name. Where a function has several names, it is the one
        that was assigned first, and one with an underscore in front only for want of another. What no variable holds
        may be in a list, a dict or an object that one does.
    modules:
        Every module that a variable holds, by the same rule, with its name.
    """

    def __init__(
        self, frame: FrameType | None, wanted: Mapping[Edge, CodeType | None], leaves: Mapping[Edge, Any]
    ) -> None:
        self._wanted = wanted
        # What is no tensor yet, or is checked first, becomes a leaf of its own around the user's array.
        self._by_array = {id(array): leaf for leaf, array in leaves.items()}
        self._found: dict[Edge, tuple[_Rank, str]] = {}
        self._aliases: dict[Edge, tuple[_Rank, str]] = {}
        self._modules: dict[Module, tuple[_Rank, str]] = {}
        self._kinds: dict[type, str] = {}
        inner: list[tuple[_Namespace, str, str, Any]] = []
        for space in _namespaces(frame):
            notebook = "_oh" in space.variables
            for name, value in space.variables.items():
                kind = self._kind(type(value))
                if not kind or not name.isidentifier() or (notebook and name in ("In", "Out")):
                    continue
                if kind in ("list", "dict", "object", "module") and name[:1] != "_" and name not in space.variadic:
                    inner.append((space, name, kind, value))
                if kind in ("list", "dict", "object"):
                    continue
                if name[:1] != "_" or (kind == "tensor" and is_telling(name)):
                    self._note(space, name, kind, value, name[:1] == "_")
        for space, name, kind, value in inner:
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
        """What is in a list, a dict or an object, and in lists and dicts that the object has.

        A module has names for its parameters and for the modules in it.
        """
        found = [(one, self._kind(type(part)), part) for one, part in _parts(name, kind, value) if is_telling(one)]
        parts = [one for one in found if one[1] in ("tensor", "array", "module")]
        if kind == "module":
            parts = [one for one in parts if one[1] == "tensor" and not isinstance(one[2], Parameter)]
        if kind in ("module", "object"):
            for part_name, part_kind, part in found:
                if part_kind in ("list", "dict") and part_name[:1] != "_":
                    self._note_parts(space, part_name, part_kind, part)
        if kind == "list" and len(parts) > 1:
            # Of what a loop goes over the last one has also the loop's name, which is no name for all of them.
            *others, (_, last_kind, last) = parts
            if all(self._known(one_kind, part) is None for _, one_kind, part in others):
                self._forget(last_kind, last)
        for part_name, part_kind, part in parts:
            self._note(space, part_name, part_kind, part, False, is_part=True)

    def _known(self, kind: str, value: Any) -> str | None:
        found: Any = self._modules if kind == "module" else self._found
        entry = found.get(value) if kind != "array" else None
        return None if entry is None else str(entry[1])

    def _forget(self, kind: str, value: Any) -> None:
        if kind == "module":
            self._modules.pop(value, None)
        elif kind == "tensor":
            self._found.pop(value, None)

    def _kind(self, type_: type) -> str:
        # By the type: asking an object itself might run the user's code.
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
    if issubclass(type_, _NEVER) or not type_.__dictoffset__ or type_.__module__.partition(".")[0] in ("edgewise",):
        return ""
    return "object"


def _parts(name: str, kind: str, value: Any) -> Iterator[tuple[str, Any]]:
    if kind == "list" and len(value) <= _MANY:
        for i, part in enumerate(list(value)):
            yield f"{name}[{i}]", part
    elif kind == "dict" and len(value) <= _MANY:
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
        if type(attributes) is dict and len(attributes) <= _MANY:
            yield from list(attributes.items())


_Rank = tuple[bool, bool, bool, bool, int]
"""The smaller, the better the name."""


class _Namespace(NamedTuple):
    """The variables of a function or a module; its code, None where it is a module; and how far in it is."""

    variables: Mapping[str, Any]
    code: CodeType | None
    depth: int

    def rank(self, name: str, place: CodeType | None, is_hidden: bool, is_part: bool) -> _Rank:
        """What becomes of a name for something that was made at a place."""
        is_home = place is not None and (place.co_name == "<module>" if self.code is None else self.code is place)
        return is_part, not is_home, self._is_parameter(name), is_hidden, self.depth

    def _is_parameter(self, name: str) -> bool:
        code = self.code
        if code is None:
            return False
        return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] or name in self.variadic

    @property
    def variadic(self) -> tuple[str, ...]:
        """The parameters that take any number of arguments, which give these no names."""
        code = self.code
        if code is None:
            return ()
        first = code.co_argcount + code.co_kwonlyargcount
        count = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        return code.co_varnames[first : first + count]


def _namespaces(frame: FrameType | None) -> Iterator[_Namespace]:
    """The local and global variables of a frame and of those that called it, nearest first; only the user's own."""
    seen: set[int] = set()
    nearest = True
    depth = 0
    while frame is not None:
        if nearest or _is_users(frame.f_code.co_filename):
            nearest = False
            depth -= 1
            if frame.f_locals is not frame.f_globals:
                values = frame.f_locals
                yield _Namespace(dict(values), frame.f_code, depth)
                if _only_here(frame, values):
                    values.clear()
                del values
            if id(frame.f_globals) not in seen:
                seen.add(id(frame.f_globals))
                yield _Namespace(dict(frame.f_globals), None, depth)
        frame = frame.f_back


def _only_here(frame: FrameType, values: Any) -> bool:
    """Whether a function's variables were put into a dict for us.

    Before Python 3.13 the frame would keep that dict, and so keep alive what a variable holds that is then deleted.
    A debugger may write the dict back, and then it has to stay.
    """
    optimised = frame.f_code.co_flags & 1
    return bool(sys.version_info < (3, 13) and optimised and sys.gettrace() is None) and sys.getrefcount(values) <= 4


@cache
def _is_users(file: str) -> bool:
    return file not in library_files and not file.startswith(_NOT_THE_USERS) and not file.startswith("<frozen")


def user_frame() -> FrameType | None:
    """The nearest frame outside Edgewise."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in library_files:
        frame = frame.f_back
    return frame
