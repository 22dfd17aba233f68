"""Explaining gradients and operations."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection
from typing import Any

from ..capture.capture import Capture
from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.storage import load
from ..capture.watch import capture_of
from ..graph.edge import Edge
from ..graph.errors import ArgumentError, GradientError
from ..graph.operation import Operation
from .composites import composite_passages, has_example
from .elements import element_of, element_passage
from .equations import Passage
from .explanation import Explanation
from .gradients import derivation
from .operations import formulas, named_thing, operation_of


def explain(what: Any, tensor: Any = None, *, open: str | Collection[str] = (), full: bool = False) -> Explanation:
    """Does what :func:`edgewise.explain` documents."""
    if isinstance(what, str) and what.endswith(".safetensors"):
        what = load(what)
    if isinstance(what, (Operation, str)) or (callable(what) and not isinstance(what, Edge)):
        return Explanation(_formulas_of(what, tensor))
    opened = None if full else ((open,) if isinstance(open, str) else tuple(open))
    if hasattr(what, "snapshot") and isinstance(what.snapshot, Snapshot):
        what = what.snapshot  # a picture, or a watched step
    if isinstance(what, Snapshot):
        return Explanation(derivation(what, _tensor_by_name(what, tensor), _checked_modules(opened, what)))
    if not isinstance(what, Edge):
        raise TypeError(
            "explain: takes the output, such as the loss, and the tensor whose gradient is meant, as in "
            f"explain(loss, W); or an operation. Not a {type(what).__qualname__}"
        )
    if tensor is None:
        raise TypeError("explain: say which tensor's gradient is meant, as in explain(loss, W)")
    capture = capture_of((what,))
    if isinstance(tensor, str) and (indexed := _INDEXED.fullmatch(tensor)):
        return _explain_element(capture, what, indexed[1], tuple(map(int, indexed[2].split(","))))
    if isinstance(tensor, str):
        return Explanation(
            derivation(
                capture.snapshot, _tensor_by_name(capture.snapshot, tensor), _checked_modules(opened, capture.snapshot)
            )
        )
    if not isinstance(tensor, Edge):
        raise TypeError(f"explain: a tensor or its name is to be explained, not a {type(tensor).__qualname__}")
    if tensor not in capture.tensor_ids and (element := element_of(capture, tensor)) is not None:
        record = _with_gradient(capture.snapshot, capture.snapshot.tensors[element[0]])
        return Explanation([element_passage(capture, (what,), record.id, element[1])])
    record = _tensor_in_graph(capture, what, tensor)
    return Explanation(derivation(capture.snapshot, record, _checked_modules(opened, capture.snapshot)))


def _formulas_of(what: Any, inputs: Any) -> list[Passage]:
    """Returns the formulas of an operation, or of a module or a function of several."""
    if inputs is not None:
        if isinstance(what, (Operation, str)):
            raise TypeError("explain: an operation is explained by itself; a tensor, as in explain(loss, W)")
        return composite_passages(what, inputs)
    thing = named_thing(what)
    found = composite_passages(thing) if has_example(thing) else []
    operation = None if found else operation_of(thing)
    if operation is not None:
        return formulas(operation)
    found = found or composite_passages(thing)
    if not found:
        name = getattr(thing, "__name__", type(thing).__name__)
        raise ArgumentError(
            f"explain: {name} is put together from several operations, and which depends on its inputs: give some, as "
            f"in ew.explain({name[:1].lower() + name[1:]}, x), or see it at work with ew.explain(loss, tensor)"
        )
    return found


_INDEXED = re.compile(r"(.+?)\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]")
"""The name of a tensor with an index, such as W[1, 2]."""


def _explain_element(capture: Capture, output: Edge, name: str, index: tuple[int, ...]) -> Explanation:
    record = _tensor_by_name(capture.snapshot, name)
    shape = record.shape
    inside = len(index) == len(shape) and all(-size <= i < size for i, size in zip(index, shape, strict=True))
    if not inside:
        raise ArgumentError(
            f"explain: {name}[{', '.join(map(str, index))}] is no element of {name}, whose shape is {tuple(shape)}: "
            f"give {len(shape)} index{'' if len(shape) == 1 else 'es'} inside of it"
        )
    own = [i % size for i, size in zip(index, shape, strict=True)]
    position = sum(i * math.prod(shape[axis + 1 :]) for axis, i in enumerate(own))
    return Explanation([element_passage(capture, (output,), record.id, position)])


def _checked_modules(opened: tuple[str, ...] | None, snapshot: Snapshot) -> tuple[str, ...] | None:
    """Returns the paths of the modules to open. Raises ValueError if one of them is not in the graph."""
    paths = list(dict.fromkeys(scope.path for scope in snapshot.scopes if scope.path))
    for path in opened or ():
        if path not in paths:
            close = difflib.get_close_matches(str(path), paths, n=3) or paths[:12]
            there = f"there are {', '.join(close)}" if close else "the graph has no modules with a path"
            raise ValueError(f"explain: open names {path!r}, but no module of that path was called; {there}")
    return opened


def _tensor_by_name(snapshot: Snapshot, name: Any) -> TensorRecord:
    matches = [t for t in snapshot.tensors if name in (t.name, t.symbol)]
    if matches:
        return _with_gradient(snapshot, matches[-1])
    names = [t.name for t in snapshot.tensors]
    close = difflib.get_close_matches(str(name), names, n=3) or names[:8]
    raise GradientError(f"explain: no tensor of this graph is called {name!r}; there are {', '.join(close)}")


def _tensor_in_graph(capture: Capture, output: Any, tensor: Any) -> TensorRecord:
    id = capture.tensor_ids.get(tensor)
    snapshot = capture.snapshot
    if id is None:
        if tensor.operation is not None and tensor.serial > getattr(output, "serial", 0):
            hint = "it was made after the output: the output comes first, as in explain(loss, W)"
        else:
            names = ", ".join(t.name for t in snapshot.tensors[:8])
            hint = f"nothing between them connects them. Its tensors are {names}"
        raise GradientError(f"explain: this tensor is not in the graph of {snapshot.output.name}: {hint}")
    return _with_gradient(snapshot, snapshot.tensors[id])


def _with_gradient(snapshot: Snapshot, tensor: TensorRecord) -> TensorRecord:
    if tensor.gradient is None:
        having = ", ".join(t.name for t in snapshot.tensors if t.gradient is not None and t.kind == "parameter")
        raise GradientError(
            f"explain: no gradient flows to {tensor.name}, as it requires none: make it with requires_grad=True. "
            f"There is one of {having[:200] or 'none of the leaves'}"
        )
    return tensor
