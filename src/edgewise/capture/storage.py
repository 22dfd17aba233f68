"""Saves snapshots as safetensors files, with the graph as JSON in the header's entry `edgewise.snapshot`.

`docs/snapshots.md` describes the format. Opening a file runs no code.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from ..interop.safetensors import FileFormatError, Path, check_name, read_arrays, write_arrays
from ..printers.formula.expression import Expression, from_data
from ..printers.formula.pattern import Pattern
from .snapshot import (
    VERSION,
    Argument,
    EdgeRecord,
    Line,
    NodeRecord,
    ScopeRecord,
    Snapshot,
    TensorRecord,
    UpdateRecord,
)
from .stored_pieces import pieces_data, read_part_symbols, read_pieces
from .summary import Numbers, Statistics

ENTRY = "edgewise.snapshot"
"""The header's entry that holds the JSON."""

_KINDS = ("parameter", "input", "constant", "intermediate")


def save(snapshot: Snapshot, path: Path) -> None:
    """Saves a snapshot with all its formulas. By custom the file's name ends in ``.safetensors``.

    Raises FileFormatError for a name that other libraries open as a pickle, such as ``graph.pt``.
    """
    path = os.fspath(path)
    check_name(path)
    arrays = _Arrays()
    data = {
        "version": snapshot.version,
        "about": snapshot.about,
        "outputs": list(snapshot.outputs),
        **({"until": snapshot.until} if snapshot.until else {}),
        "scopes": [[scope.name, scope.path, scope.kind, scope.parent] for scope in snapshot.scopes],
        "nodes": [_node_data(node) for node in snapshot.nodes],
        "tensors": [_tensor_data(tensor, arrays) for tensor in snapshot.tensors],
        "edges": [_edge_data(edge, arrays) for edge in snapshot.edges],
        "arrays": arrays.entries,
        **pieces_data(snapshot),
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    write_arrays(arrays.joined_arrays(), {ENTRY: text}, path)


def load(path: Path) -> Snapshot:
    """Reads the snapshot in a file.

    Raises
    ------
    FileFormatError
        If the file is of another kind, cut off, damaged, or made by a later version of Edgewise.
    """
    path = os.fspath(path)
    arrays, metadata = read_arrays(path)
    if ENTRY not in metadata:
        raise FileFormatError(f"{path} is a safetensors file without a snapshot in it; ew.load(path) reads its tensors")
    with report_damage(path, "snapshot"):
        data = json.loads(metadata[ENTRY])
        version = data["version"]
        if type(version) is not int or version < 1:
            raise ValueError(f"its version is {version!r}")
        if version > VERSION:
            raise FileFormatError(
                f"{path}: a snapshot of version {version}, made by a later Edgewise; this one reads up to {VERSION}. "
                "Update Edgewise to open it"
            )
        return _SnapshotReader(data, arrays).snapshot()


@contextmanager
def report_damage(path: str, content: str) -> Iterator[None]:
    """Raises FileFormatError, which names the file, in place of an error in reading its content."""
    try:
        yield
    except FileFormatError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise FileFormatError(f"{path}: the {content} in it is damaged ({type(error).__name__}: {error})") from error


# To data -------------------------------------------------------------------------------------------------------------


class _Arrays:
    """Collects arrays, and joins those of one dtype into one long array."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}
        self._pieces: dict[str, list[Any]] = {}
        self._lengths: dict[str, int] = {}

    def add(self, numbers: Numbers | None) -> int | None:
        """Adds an array once, and returns its number in `entries`."""
        if numbers is None:
            return None
        known = self._known.get(id(numbers))
        if known is None:
            known = self._known[id(numbers)] = len(self.entries)
            entry: dict[str, Any] = {"dtype": numbers.dtype, "shape": list(numbers.shape)}
            whole = numbers.whole
            if whole is not None:
                entry["start"] = self._append(whole)
            else:
                sample = numbers.sample
                statistics = {name: _number(value) for name, value in asdict(numbers.statistics).items()}
                entry |= {"sample": list(sample.shape), "start": self._append(sample), "statistics": statistics}
            self.entries.append(entry)
        return known

    def _append(self, array: Any) -> int:
        dtype = array.dtype.name
        start = self._lengths.get(dtype, 0)
        self._pieces.setdefault(dtype, []).append(array.ravel())
        self._lengths[dtype] = start + math.prod(array.shape)
        return start

    def joined_arrays(self) -> dict[str, Any]:
        """Returns the long arrays by dtype."""
        return {dtype: np.concatenate(pieces) for dtype, pieces in self._pieces.items()}


def _number(value: Any) -> Any:
    """Writes infinities and NaN as texts, since JSON has none."""
    if isinstance(value, (list, tuple)):
        return [_number(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _formula(formula: Expression | None) -> Any:
    return None if formula is None else formula.to_data()


def _node_data(node: NodeRecord) -> dict[str, Any]:
    line = node.line
    return {
        "operation": node.operation,
        "number": node.number,
        "label": node.label,
        "scope": node.scope,
        "line": None if line is None else [line.file, line.number, line.text, line.function],
        "arguments": [
            {"edge": one.edge} if one.edge is not None else {"number": _number(one.number)} for one in node.arguments
        ],
        "params": node.params,
        "output": node.output,
        **({"kind": node.kind} if node.kind else {}),
        **({"failure": node.failure} if node.failure else {}),
        "formula": _formula(node.formula),
    }


def _tensor_data(tensor: TensorRecord, arrays: _Arrays) -> dict[str, Any]:
    update = tensor.update
    return {
        "name": tensor.name,
        "named": tensor.named,
        "symbol": tensor.symbol,
        "hooked": tensor.hooked,
        "kind": tensor.kind,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "node": tensor.node,
        "scope": tensor.scope,
        "value": arrays.add(tensor.value),
        "gradient": arrays.add(tensor.gradient),
        "edges": list(tensor.edges),
        "update": None if update is None else [arrays.add(update.after), _formula(update.rule), update.meanings],
    }


def _edge_data(edge: EdgeRecord, arrays: _Arrays) -> dict[str, Any]:
    derivative = edge.derivative
    return {
        "tensor": edge.tensor,
        "node": edge.node,
        "argument": edge.argument,
        "argument_name": edge.argument_name,
        "contribution": arrays.add(edge.contribution),
        "summed": list(edge.summed),
        "derivative": None if derivative is None else [derivative[0], derivative[1].to_data()],
    }


# From data -----------------------------------------------------------------------------------------------------------


class _SnapshotReader:
    """Reads the data of a file from anywhere, so it checks everything."""

    def __init__(self, data: dict[str, Any], arrays: dict[str, Any]) -> None:
        self.data = data
        self.counts = {name: len(_list(data[name])) for name in ("scopes", "nodes", "tensors", "edges", "arrays")}
        self.numbers = [_numbers(entry, arrays) for entry in data["arrays"]]

    def snapshot(self) -> Snapshot:
        data = self.data
        scopes = [self._scope(i, entry) for i, entry in enumerate(data["scopes"])]
        nodes = [self._node(i, entry) for i, entry in enumerate(data["nodes"])]
        pieces = read_pieces(data, [node.output for node in nodes], self.counts["tensors"])
        for node, piece in zip(nodes, pieces, strict=True):
            node.piece = piece
        tensors = [self._tensor(i, entry) for i, entry in enumerate(data["tensors"])]
        edges = [self._edge(i, entry) for i, entry in enumerate(data["edges"])]
        outputs = tuple(self._index("tensors", one) for one in _list(data["outputs"]))
        snapshot = Snapshot(nodes, tensors, edges, scopes, outputs, data["version"], _checked_type(dict, data["about"]))
        snapshot.until = _text(data.get("until", ""))
        _check_consistency(snapshot)
        return snapshot

    def _index(self, what: str, number: Any) -> int:
        if type(number) is not int or not 0 <= number < self.counts[what]:
            raise ValueError(f"there is no number {str(number)[:40]} among the {self.counts[what]} {what}")
        return number

    def _index_or_none(self, what: str, number: Any) -> int | None:
        return None if number is None else self._index(what, number)

    def _numbers_or_none(self, number: Any) -> Numbers | None:
        return None if number is None else self.numbers[self._index("arrays", number)]

    def _scope(self, i: int, entry: Any) -> ScopeRecord:
        name, path, kind, parent = _list(entry)
        if parent is not None and self._index("scopes", parent) >= i:
            raise ValueError(f"scope {i} is inside a later one")
        return ScopeRecord(i, _text(name), _text(path), _text(kind), parent, read_part_symbols(self.data, i))

    def _node(self, i: int, entry: dict[str, Any]) -> NodeRecord:
        formula = _expression(entry["formula"])
        params = _checked_type(dict, entry["params"])
        return NodeRecord(
            id=i,
            operation=_text(entry["operation"]),
            number=_checked_type(int, entry["number"]),
            label=_text(entry["label"]),
            scope=self._index_or_none("scopes", entry["scope"]),
            line=_line(entry["line"]),
            arguments=tuple(self._argument(one) for one in _list(entry["arguments"])),
            params={_text(name): _text(value) for name, value in params.items()},
            output=self._index("tensors", entry["output"]),
            kind=_text(entry.get("kind", "")),
            failure=_text(entry.get("failure", "")),
            write=lambda: None if formula is None else Pattern.of(formula),
        )

    def _argument(self, entry: dict[str, Any]) -> Argument:
        if "edge" in entry:
            return Argument(edge=self._index("edges", entry["edge"]))
        number = entry["number"]
        return Argument(
            number=float(number) if isinstance(number, str) else _checked_type((int, float, type(None)), number)
        )

    def _tensor(self, i: int, entry: dict[str, Any]) -> TensorRecord:
        if entry["kind"] not in _KINDS:
            raise ValueError(f"tensor {i} is of the kind {str(entry['kind'])[:40]!r}")
        value = self.numbers[self._index("arrays", entry["value"])]
        return TensorRecord(
            id=i,
            name=_text(entry["name"]),
            named=_checked_type(bool, entry["named"]),
            symbol=_text(entry["symbol"]),
            kind=entry["kind"],
            shape=_shape(entry["shape"]),
            dtype=_text(entry["dtype"]),
            node=self._index_or_none("nodes", entry["node"]),
            scope=self._index_or_none("scopes", entry["scope"]),
            value=value,
            gradient=self._numbers_or_none(entry["gradient"]),
            edges=tuple(self._index("edges", one) for one in _list(entry["edges"])),
            hooked=_checked_type(bool, entry.get("hooked", False)),
            update=None if entry["update"] is None else self._update(*entry["update"]),
        )

    def _update(self, after: Any, rule: Any, meanings: Any = None) -> UpdateRecord:
        words = _checked_type(dict, {} if meanings is None else meanings)
        return UpdateRecord(
            self.numbers[self._index("arrays", after)],
            _expression(rule),
            {_text(name): _text(meaning) for name, meaning in words.items()},
        )

    def _edge(self, i: int, entry: dict[str, Any]) -> EdgeRecord:
        given = entry["derivative"]
        derivative = None if given is None else (_checked_type(bool, given[0]), from_data(given[1]))
        return EdgeRecord(
            id=i,
            tensor=self._index("tensors", entry["tensor"]),
            node=self._index("nodes", entry["node"]),
            argument=_checked_type(int, entry["argument"]),
            argument_name=_text(entry["argument_name"]),
            contribution=self._numbers_or_none(entry["contribution"]),
            summed=_shape(entry["summed"]),
            write=_derivative_reader(derivative),
        )


def _derivative_reader(derivative: tuple[bool, Expression] | None) -> Callable[[], tuple[bool, Pattern] | None]:
    return lambda: None if derivative is None else (derivative[0], Pattern.of(derivative[1]))


def _check_consistency(snapshot: Snapshot) -> None:
    """Raises ValueError if the parts contradict each other: a walk through them might never end."""
    if not snapshot.outputs:
        raise ValueError("it has no output")
    for node in snapshot.nodes:
        if snapshot.tensors[node.output].node != node.id:
            raise ValueError(f"node {node.id} and its output disagree")
        for i, argument in enumerate(node.arguments):
            if argument.edge is not None:
                edge = snapshot.edges[argument.edge]
                if (edge.node, edge.argument) != (node.id, i):
                    raise ValueError(f"node {node.id} and its edge {edge.id} disagree")
    for tensor in snapshot.tensors:
        if tensor.node is not None and snapshot.nodes[tensor.node].output != tensor.id:
            raise ValueError(f"tensor {tensor.id} and its node disagree")
        if tensor.value.shape != tensor.shape:
            raise ValueError(f"tensor {tensor.id} and its value disagree")
        if any(snapshot.edges[edge].tensor != tensor.id for edge in tensor.edges):
            raise ValueError(f"tensor {tensor.id} and its edges disagree")
    for edge in snapshot.edges:
        maker = snapshot.tensors[edge.tensor].node
        arguments = snapshot.nodes[edge.node].arguments
        if maker is not None and maker >= edge.node:
            raise ValueError(f"node {edge.node} uses what a later one made")
        if not 0 <= edge.argument < len(arguments) or arguments[edge.argument].edge != edge.id:
            raise ValueError(f"edge {edge.id} and its node disagree")


def _numbers(entry: dict[str, Any], arrays: dict[str, Any]) -> Numbers:
    dtype, shape = _text(entry["dtype"]), _shape(entry["shape"])
    if "statistics" not in entry:
        return Numbers(_piece(arrays[dtype], entry["start"], shape))
    sample = _piece(arrays[dtype], entry["start"], _shape(entry["sample"]))
    if sample.ndim != 2:
        raise ValueError("a sample is no table")
    given = entry["statistics"]
    values = {field.name: _read_number(given[field.name]) for field in fields(Statistics)}
    return Numbers.from_summary(shape, dtype, sample, Statistics(**values))


def _piece(array: Any, start: Any, shape: Sequence[int]) -> Any:
    size = math.prod(shape)
    if type(start) is not int or not 0 <= start <= start + size <= len(array):
        raise ValueError("an array reaches beyond the file's")
    return array[start : start + size].reshape(tuple(shape)).copy()


def _read_number(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read_number(one) for one in value)
    return float(value) if isinstance(value, str) else _checked_type((int, float), value)


def _line(entry: Any) -> Line | None:
    if entry is None:
        return None
    file, number, text, function = _list(entry)
    return Line(_text(file), _checked_type(int, number), _text(text), _text(function))


def _expression(data: Any) -> Expression | None:
    return None if data is None else from_data(data)


def _shape(entry: Any) -> tuple[int, ...]:
    sizes = tuple(_list(entry))
    if any(type(size) is not int or size < 0 for size in sizes):
        raise ValueError(f"{str(entry)[:40]} is no shape")
    return sizes


def _checked_type(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{str(value)[:40]!r} is not of the expected kind")
    return value


def _text(value: Any) -> str:
    return _checked_type(str, value)  # type: ignore[no-any-return]


def _list(value: Any) -> list[Any]:
    return _checked_type(list, value)  # type: ignore[no-any-return]
