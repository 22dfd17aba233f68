"""The formulas of operations in their own symbols, as JSON: formulas of modules are composed of them.

Operations of one kind have one entry; a node says which, and the tensors that its symbols stand for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..printers.formula.composite import Piece, PieceDerivative
from ..printers.formula.expression import from_data
from .modules import has_module_formulas
from .snapshot import Snapshot

Kind = dict[str, Any]


def pieces_data(snapshot: Snapshot) -> dict[str, Any]:
    """Returns the entries of a file: none for a graph whose modules have no formulas."""
    if not snapshot.scopes or not has_module_formulas(snapshot):
        return {}
    kinds: dict[str, int] = {}
    nodes: list[Any] = []
    for node in snapshot.nodes:
        piece = node.piece()
        if piece is None:
            nodes.append(None)
            continue
        kind = kinds.setdefault(json.dumps(_kind_data(piece)), len(kinds))
        nodes.append([kind, [tensor for _, tensor in piece.inputs]])
    symbols = {str(scope.id): dict(scope.part_symbols) for scope in snapshot.scopes if scope.part_symbols}
    pieces = {"kinds": [json.loads(text) for text in kinds], "nodes": nodes}
    return {"pieces": pieces, **({"part_symbols": symbols} if symbols else {})}


def _kind_data(piece: Piece) -> Kind:
    return {
        "inputs": [name for name, _ in piece.inputs],
        "forward": piece.forward.to_data(),
        "derivatives": {
            name: [one.local, one.expression.to_data(), one.by_output.to_data()]
            for name, one in piece.derivatives.items()
        },
        "letter": piece.letter,
        "elementwise": piece.elementwise,
        "symbols": list(piece.symbols),
        "numbers": [_number_data(value) for value in piece.numbers],
        "settings": [[letter, _number_data(value)] for letter, value in piece.settings],
    }


def _number_data(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def read_pieces(data: Mapping[str, Any], outputs: list[int], tensors: int) -> list[Callable[[], Piece | None]]:
    """Returns for each node a function that gives its piece.

    `data` is that of the whole file, `outputs` has the tensor that each node makes, and there are so many `tensors`.
    Raises ValueError, TypeError or KeyError for data of another form.
    """
    given = data.get("pieces")
    if given is None:
        return [lambda: None] * len(outputs)
    kinds, nodes = _checked(list, given["kinds"]), _checked(list, given["nodes"])
    if len(nodes) != len(outputs):
        raise ValueError(f"{len(nodes)} of {len(outputs)} nodes have an entry among the pieces")
    read = [_kind(kind) for kind in kinds]
    pieces = [_piece(read, entry, output, tensors) for entry, output in zip(nodes, outputs, strict=True)]
    return [partial(_given, piece) for piece in pieces]


def _given(piece: Piece | None) -> Piece | None:
    return piece


def _kind(kind: Kind) -> tuple[list[str], Piece]:
    derivatives = {
        _checked(str, name): PieceDerivative(_checked(bool, local), from_data(expression), from_data(by_output))
        for name, (local, expression, by_output) in _checked(dict, kind["derivatives"]).items()
    }
    output, gradient = (_checked(str, one) for one in kind["symbols"])
    piece = Piece(
        inputs=(),
        output=0,
        forward=from_data(kind["forward"]),
        derivatives=derivatives,
        letter=_checked(str, kind["letter"]),
        elementwise=_checked(bool, kind["elementwise"]),
        symbols=(output, gradient),
        numbers=tuple(_number(value) for value in _checked(list, kind["numbers"])),
        settings=tuple((_checked(str, letter), _number(value)) for letter, value in _checked(list, kind["settings"])),
    )
    return [_checked(str, name) for name in _checked(list, kind["inputs"])], piece


def _piece(kinds: list[tuple[list[str], Piece]], entry: Any, output: int, tensors: int) -> Piece | None:
    if entry is None:
        return None
    number, given = _checked(list, entry)
    if type(number) is not int or not 0 <= number < len(kinds):
        raise ValueError(f"there is no kind {str(number)[:40]} among the {len(kinds)} of pieces")
    names, kind = kinds[number]
    if any(type(tensor) is not int or not 0 <= tensor < tensors for tensor in _checked(list, given)):
        raise ValueError(f"a piece has tensors that are not among the {tensors}")
    return replace(kind, inputs=tuple(zip(names, given, strict=True)), output=output)


def read_part_symbols(data: Mapping[str, Any], scope: int) -> dict[str, str]:
    """Returns what formulas call parts of the parameters of a scope."""
    found = _checked(dict, data.get("part_symbols", {})).get(str(scope), {})
    return {_checked(str, name): _checked(str, symbol) for name, symbol in _checked(dict, found).items()}


def _number(value: Any) -> float:
    return float(_checked((int, float, str), value))


def _checked(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{str(value)[:40]!r} is not of the expected kind")
    return value
