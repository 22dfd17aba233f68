"""What a program computed until an error stopped it: the forward so far, and the operation that failed as its end."""

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
from ..graph.edge import Edge, next_serial
from ..graph.operation import Operation, wrap
from ..graph.provenance import Made, uses_behind
from ..graph.source import LIBRARY, library_files
from ..graph.traits import Traits
from ..nn.module import Module

_WAY_BACK = frozenset(os.path.abspath(module.__file__ or "") for module in (backward, transforms))
_FORWARD = frozenset(os.path.abspath(module.__file__ or "") for module in (apply, fast, inputs))
_CALLED = frozenset(os.path.join(LIBRARY, room) for room in ("ops", "tensor", "nn"))
"""Where functions are that take tensors of the user's, and check them before they use an operation."""

_MOST_PARTS = 100
LONGEST = 160
"""What is said of an error has at most so many letters."""


class FailedOperation:
    """Stands for the operation that failed: what pictures ask of one."""

    elementwise = False
    traits = Traits()

    def __init__(self, name: str, input_names: tuple[str, ...]) -> None:
        self.name, self.input_names = name, input_names

    def input_name(self, i: int) -> str:
        """How input number `i` is called."""
        return self.input_names[i]


@dataclass(frozen=True)
class Failure:
    """What there was when an error came.

    Attributes
    ----------
    ends:
        The last results: those that nothing else was made of; or what stands for the result of what failed.
    failed:
        The use of the operation that failed, by its missing result; empty if it was none.
    frame:
        Where in the user's program that was.
    says:
        What went wrong, in a line.
    """

    ends: tuple[Edge, ...]
    failed: Mapping[Edge, Made]
    frame: FrameType
    says: str


def failure_of(error: BaseException, since: int = 0) -> Failure | None:
    """What was computed after a moment until an error came; None if that is nothing."""
    places = list(_places(error.__traceback__))
    at = max((i for i, (frame, _) in enumerate(places) if not _is_ours(frame)), default=None)
    if at is None:
        return None
    frame, instruction = places[at]
    says = said(error)
    inner = [frame for frame, _ in places[at + 1 :]]
    made = _failed(error, [frame for frame, _ in places], inner)
    if made is not None:
        operation, inputs, scope = made
        sources = [value if isinstance(value, Edge) else None for value in inputs]
        arrays = [value.array if isinstance(value, Edge) else value for value in inputs]
        missing = wrap(np.empty(0, np.float32))
        use = Made(operation, tuple(sources), arrays, {}, next_serial(), scope, frame.f_code, instruction)  # type: ignore[arg-type]
        return Failure((missing,), {missing: use}, frame, says)
    results = [edge for edge in _tensors(frame for frame, _ in places) if edge.operation is not None]
    uses = uses_behind(results)
    used = {source for use in uses.values() for source in use.inputs}
    ends = tuple(edge for edge in uses if edge not in used and uses[edge].serial > since)
    return Failure(ends, {}, frame, says) if ends else None


def said(error: BaseException) -> str:
    """An error in a line: without the arguments, which the picture shows, and without the name of its operation."""
    text = (str(error).splitlines() or [""])[0]
    text = re.sub(r" \[\w+(\[\d+\])?: .*\]$", "", text)
    name = _NAMED.match(text)
    text = text if name is None else text[name.end() :]
    text = text or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


_NAMED = re.compile(r"([A-Za-z_]\w*): (?=\S)")


def _places(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lasti
        trace = trace.tb_next


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame is the library's, or of what the library uses."""
    outer: FrameType | None = frame
    while outer is not None and outer.f_code.co_filename not in library_files:
        if not outer.f_code.co_filename.startswith(_NUMPY):
            return False
        outer = outer.f_back
    return True


_NUMPY = os.path.dirname(np.__file__) + os.sep

_Found = tuple[FailedOperation, list[Any], Any]


def _failed(error: BaseException, frames: list[FrameType], inner: list[FrameType]) -> _Found | None:
    """The operation that failed in the library, its arguments, and the call of a module around it."""
    if not isinstance(error, Exception) or any(frame.f_code.co_filename in _WAY_BACK for frame in inner):
        return None
    scope = None
    for frame in frames:
        if frame.f_code is Module.__call__.__code__:
            scope = frame.f_locals.get("scope", scope)
    for frame in reversed(inner):
        operation = frame.f_locals.get("operation")
        if frame.f_code.co_filename in _FORWARD and isinstance(operation, Operation):
            inputs = [value for _, value in _given(frame) if value is None or _is_input(value)]
            names = tuple(operation.input_name(i) for i in range(len(inputs)))
            if any(isinstance(value, Edge) for value in inputs):
                return FailedOperation(operation.name, names), inputs, scope
    for frame in reversed(inner):
        code = frame.f_code
        if code.co_name.startswith("_") or not code.co_filename.startswith(tuple(_CALLED)):
            continue
        given = [(name, value) for name, value in _given(frame) if isinstance(value, Edge)]
        if given:
            owner = frame.f_locals.get("self")
            if isinstance(owner, Module):  # its check came before its parameters were used
                given += owner.named_parameters(recurse=False)
            named = _NAMED.match(str(error))
            name = named[1] if named is not None else _name_of(frame)
            return FailedOperation(name, tuple(name for name, _ in given)), [value for _, value in given], scope
    return None


def _name_of(frame: FrameType) -> str:
    owner = frame.f_locals.get("self")
    return type(owner).__name__ if isinstance(owner, Module) else frame.f_code.co_name


def _is_input(value: Any) -> bool:
    return isinstance(value, Edge) or type(value) in (int, float, bool)


def _given(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """The arguments of a function, and what is in those that are lists."""
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    for name in code.co_varnames[:count]:
        value = values.get(name)
        if isinstance(value, (list, tuple)):
            yield from ((f"{name}[{i}]", part) for i, part in enumerate(value[:_MOST_PARTS]))
        else:
            yield name, value


def _tensors(frames: Iterator[FrameType]) -> Iterator[Edge]:
    """The tensors that the variables of some frames hold, also in lists, tuples and dicts."""
    for frame in frames:
        for value in list(frame.f_locals.values()):
            parts = value.values() if type(value) is dict else value if type(value) in (list, tuple) else (value,)
            if len(parts) <= _MOST_PARTS:
                yield from (part for part in list(parts) if isinstance(part, Edge))
