"""Nested structures as JSON and named tensors.

JSON has no tensors, tuples, infinities or keys that aren't strings: each of these is written as an object with one
key that begins with ``$``, such as ``{"$tensor": "model.weight"}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from ..graph.edge import Edge

Structure: TypeAlias = "bool | int | float | str | list[Structure] | dict[str, Structure] | None"


def pack(obj: Any) -> tuple[Structure, dict[str, Any]]:
    """Returns a nest as JSON, and the tensors and arrays in it by the names that the JSON gives them.

    Raises TypeError, with its place, for anything that neither can hold.
    """
    tensors: dict[str, Any] = {}
    return _pack(obj, "", tensors, ()), tensors


def _pack(obj: Any, place: str, tensors: dict[str, Any], around: tuple[int, ...]) -> Structure:
    if obj is None or type(obj) in (bool, int, str):
        return obj  # type: ignore[no-any-return]
    if type(obj) is float:
        return obj if math.isfinite(obj) else {"$float": repr(obj)}
    if isinstance(obj, np.generic):
        return _pack(obj.item(), place, tensors, around)
    if isinstance(obj, (Edge, np.ndarray)):
        name = _free_name(place or "value", tensors)
        tensors[name] = obj
        return {"$tensor" if isinstance(obj, Edge) else "$array": name}
    if id(obj) in around:
        raise TypeError(f"can't save {place or 'this'}: it holds itself")
    around = (*around, id(obj))
    # State dicts, named tuples and ordered dicts come back as plain dicts and tuples.
    if isinstance(obj, Mapping):
        pairs = [(key, _pack(value, _place_within(place, key), tensors, around)) for key, value in obj.items()]
        if all(type(key) is str and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {"$dict": [[_pack(key, f"{place} (a key)", tensors, around), value] for key, value in pairs]}
    if isinstance(obj, (list, tuple)):
        items = [_pack(item, _place_within(place, i), tensors, around) for i, item in enumerate(obj)]
        return items if isinstance(obj, list) else {"$tuple": items}
    raise TypeError(
        f"can't save {place or 'this'}, a {type(obj).__qualname__}: a file holds tensors, arrays, numbers, strings, "
        "bools, None, and dicts, lists and tuples of these"
    )


def _place_within(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def _free_name(name: str, taken: dict[str, Any]) -> str:
    if name == "__metadata__":
        name = "metadata"
    free, number = name, 2
    while free in taken:
        free, number = f"{name}~{number}", number + 1
    return free


def _pairs(content: Structure) -> list[list[Structure]]:
    if not isinstance(content, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in content):
        raise ValueError("a $dict that is no list of pairs")
    return content  # type: ignore[return-value]


def unpack(structure: Structure, tensors: Mapping[str, Any]) -> Any:
    """Returns the nest for JSON and tensors from :func:`pack`."""
    if isinstance(structure, list):
        return [unpack(item, tensors) for item in structure]
    if not isinstance(structure, dict):
        return structure
    if len(structure) == 1:
        tag, content = next(iter(structure.items()))
        if tag == "$tensor":
            return tensors[content]  # type: ignore[index]
        if tag == "$array":
            return tensors[content].numpy()  # type: ignore[index]
        if tag == "$float":
            return float(content)  # type: ignore[arg-type]
        if tag == "$tuple":
            return tuple(unpack(content, tensors))
        if tag == "$dict":
            return {unpack(key, tensors): unpack(value, tensors) for key, value in _pairs(content)}
        if tag.startswith("$"):
            raise ValueError(f"unknown mark {tag}")
    return {key: unpack(value, tensors) for key, value in structure.items()}
