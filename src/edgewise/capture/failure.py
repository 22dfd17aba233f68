"""Finds the graph that a program computed before an error stopped it; the operation that failed is its last node."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from ..graph import apply, backward, fast, inputs, transforms
from ..graph.edge import Edge, next_serial, wrap
from ..graph.operation import Operation
from ..graph.provenance import UnrecordedUse, uses_oldest_first
from ..graph.source import LIBRARY, library_files
from ..graph.traits import Traits
from ..nn.module import Module

_BACKWARD_FILES = frozenset(os.path.abspath(module.__file__ or "") for module in (backward, transforms))
_FORWARD_FILES = frozenset(os.path.abspath(module.__file__ or "") for module in (apply, fast, inputs))
_CHECKING_FOLDERS = frozenset(os.path.join(LIBRARY, folder) for folder in ("ops", "tensor", "nn"))
"""The folders of functions that check the user's tensors before they apply an operation."""

_LONGEST_LIST = 100
LONGEST = 160
"""The most letters of an error's line."""


class FailedOperation:
    """Stands for the operation that failed, with the attributes that pictures read."""

    elementwise = False
    traits = Traits()

    def __init__(self, name: str, input_names: tuple[str, ...]) -> None:
        self.name, self.input_names = name, input_names

    def input_name(self, i: int) -> str:
        """Returns the name of input number `i`."""
        return self.input_names[i]


@dataclass(frozen=True)
class Failure:
    """The graph at the moment of an error.

    Attributes
    ----------
    ends:
        The last results, which no other operation used; or a stand-in for the missing result of the failed operation.
    failed:
        The use of the failed operation, by its missing result; empty if no operation failed.
    frame:
        The frame of the user's program.
    message:
        The error in a line.
    """

    ends: tuple[Edge, ...]
    failed: Mapping[Edge, UnrecordedUse]
    frame: FrameType
    message: str


def find_failure(error: BaseException, since: int = 0) -> Failure | None:
    """Returns the graph computed between the moment `since` and an error; None if it is empty."""
    places = list(_traced_frames(error.__traceback__))
    at = max((i for i, (frame, _) in enumerate(places) if not _is_library_frame(frame)), default=None)
    if at is None:
        return None
    frame, instruction = places[at]
    message = error_line(error)
    inner = [frame for frame, _ in places[at + 1 :]]
    made = _failed_use(error, [frame for frame, _ in places], inner)
    if made is not None:
        operation, inputs, scope = made
        sources = [value if isinstance(value, Edge) else None for value in inputs]
        arrays = [value.array if isinstance(value, Edge) else value for value in inputs]
        missing = wrap(np.empty(0, np.float32))
        use = UnrecordedUse(operation, tuple(sources), arrays, {}, next_serial(), scope, frame.f_code, instruction)  # type: ignore[arg-type]
        return Failure((missing,), {missing: use}, frame, message)
    results = [edge for edge in _tensors(frame for frame, _ in places) if edge.operation is not None]
    uses = uses_oldest_first(results)
    used = {source for use in uses.values() for source in use.inputs}
    ends = tuple(edge for edge in uses if edge not in used and uses[edge].serial > since)
    return Failure(ends, {}, frame, message) if ends else None


def error_line(error: BaseException) -> str:
    """Returns an error as one line, without the arguments and the operation's name, which the picture shows."""
    text = (str(error).splitlines() or [""])[0]
    text = re.sub(r" \[\w+(\[\d+\])?: .*\]$", "", text)
    prefix = _OPERATION_PREFIX.match(text)
    text = text if prefix is None else text[prefix.end() :]
    text = text or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


_OPERATION_PREFIX = re.compile(r"([A-Za-z_]\w*): (?=\S)")


def _traced_frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lasti
        trace = trace.tb_next


def _is_library_frame(frame: FrameType) -> bool:
    """Says whether a frame belongs to the library, or to NumPy called by the library."""
    outer: FrameType | None = frame
    while outer is not None and outer.f_code.co_filename not in library_files:
        if not outer.f_code.co_filename.startswith(_NUMPY):
            return False
        outer = outer.f_back
    return True


_NUMPY = os.path.dirname(np.__file__) + os.sep

_FailedUse = tuple[FailedOperation, list[Any], Any]


def _failed_use(error: BaseException, frames: list[FrameType], inner: list[FrameType]) -> _FailedUse | None:
    """Returns the operation that failed, its arguments, and the call of a module around it."""
    if not isinstance(error, Exception) or any(frame.f_code.co_filename in _BACKWARD_FILES for frame in inner):
        return None
    scope = None
    for frame in frames:
        if frame.f_code is Module.__call__.__code__:
            scope = frame.f_locals.get("scope", scope)
    for frame in reversed(inner):
        operation = frame.f_locals.get("operation")
        if frame.f_code.co_filename in _FORWARD_FILES and isinstance(operation, Operation):
            inputs = [value for _, value in _arguments_of(frame) if value is None or _is_input(value)]
            names = tuple(operation.input_name(i) for i in range(len(inputs)))
            if any(isinstance(value, Edge) for value in inputs):
                return FailedOperation(operation.name, names), inputs, scope
    for frame in reversed(inner):
        code = frame.f_code
        if code.co_name.startswith("_") or not code.co_filename.startswith(tuple(_CHECKING_FOLDERS)):
            continue
        arguments = [(name, value) for name, value in _arguments_of(frame) if isinstance(value, Edge)]
        if arguments:
            owner = frame.f_locals.get("self")
            if isinstance(owner, Module):  # its check failed before it used its parameters
                arguments += owner.named_parameters(recurse=False)
            prefix = _OPERATION_PREFIX.match(str(error))
            name = prefix[1] if prefix is not None else _name_of(frame)
            return FailedOperation(name, tuple(name for name, _ in arguments)), [value for _, value in arguments], scope
    return None


def _name_of(frame: FrameType) -> str:
    owner = frame.f_locals.get("self")
    return type(owner).__name__ if isinstance(owner, Module) else frame.f_code.co_name


def _is_input(value: Any) -> bool:
    return isinstance(value, Edge) or type(value) in (int, float, bool)


def _arguments_of(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """Yields the arguments of a function, and the elements of those that are lists."""
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    for name in code.co_varnames[:count]:
        value = values.get(name)
        if isinstance(value, (list, tuple)):
            yield from ((f"{name}[{i}]", part) for i, part in enumerate(value[:_LONGEST_LIST]))
        else:
            yield name, value


def _tensors(frames: Iterator[FrameType]) -> Iterator[Edge]:
    """Yields the tensors that the variables of some frames hold, also in lists, tuples and dicts."""
    for frame in frames:
        for value in list(frame.f_locals.values()):
            parts = value.values() if type(value) is dict else value if type(value) in (list, tuple) else (value,)
            if len(parts) <= _LONGEST_LIST:
                yield from (part for part in list(parts) if isinstance(part, Edge))
