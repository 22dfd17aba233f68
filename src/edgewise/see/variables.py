"""The variables of the user's program: which tensors and modules they hold at this moment."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..graph.edge import Edge
from ..graph.source import library_files
from ..nn.module import Module
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
        A name for each source that was asked for and found. The nearest frame gives it; where a frame has several
        names, the one that was assigned first, and one with an underscore in front only for want of another. What no
        variable holds may be in a list, a dict or an object that one does.
    modules:
        Every module that a variable holds, with its name, nearest first.
    """

    def __init__(self, frame: FrameType | None, wanted: Collection[Edge], leaves: Mapping[Edge, Any]) -> None:
        self.tensors: dict[Edge, str] = {}
        self.modules: dict[Module, str] = {}
        self._wanted = wanted
        # What is no tensor yet, or is checked first, becomes a leaf of its own around the user's array.
        self._by_array = {id(array): leaf for leaf, array in leaves.items()}
        self._aliases: dict[Edge, str] = {}
        self._kinds: dict[type, str] = {}
        inner: list[tuple[str, str, Any]] = []
        for variables in _namespaces(frame):
            notebook = "_oh" in variables
            hidden: list[tuple[str, Any]] = []
            for name, value in variables.items():
                kind = self._kind(type(value))
                if not kind or not name.isidentifier() or (notebook and name in ("In", "Out")):
                    continue
                if name[:1] != "_":
                    self._note(name, kind, value, inner)
                elif kind == "tensor" and is_telling(name):
                    hidden.append((name, value))
            for name, value in hidden:
                self._note(name, "tensor", value, inner)
        for name, kind, value in inner:
            for part_name, part in _parts(name, kind, value):
                part_kind = self._kind(type(part))
                if part_kind in ("tensor", "array", "module") and is_telling(part_name):
                    self._note(part_name, part_kind, part, [])
        for source, name in self._aliases.items():
            self.tensors.setdefault(source, name)

    def _note(self, name: str, kind: str, value: Any, inner: list[tuple[str, str, Any]]) -> None:
        if kind == "tensor":
            if value in self._wanted:
                self.tensors.setdefault(value, name)
            elif value.operation is None and id(value.array) in self._by_array:
                self._aliases.setdefault(self._by_array[id(value.array)], name)
        elif kind == "array":
            if id(value) in self._by_array:
                self._aliases.setdefault(self._by_array[id(value)], name)
        elif kind == "module":
            self.modules.setdefault(value, name)
        else:
            inner.append((name, kind, value))

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
    elif kind == "object":
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        if type(attributes) is dict and len(attributes) <= _MANY:
            yield from list(attributes.items())


def _namespaces(frame: FrameType | None) -> Iterator[Mapping[str, Any]]:
    """The local and global variables of a frame and of those that called it, nearest first; only the user's own."""
    seen: set[int] = set()
    nearest = True
    while frame is not None:
        if nearest or _is_users(frame.f_code.co_filename):
            nearest = False
            if frame.f_locals is not frame.f_globals:
                values = frame.f_locals
                yield dict(values)
                if _only_here(frame, values):
                    values.clear()
                del values
            if id(frame.f_globals) not in seen:
                seen.add(id(frame.f_globals))
                yield dict(frame.f_globals)
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
