"""Nested tuples, lists and dictionaries of tensors: takes them apart and rebuilds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each leaf of a nest with its path, such as ``[0]['weight']``. None is an empty nest."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, f"{path}[{key!r}]")
    elif isinstance(tree, (tuple, list)):
        for i, item in enumerate(tree):
            yield from leaves(item, f"{path}[{i}]")
    elif tree is not None:
        yield path, tree


def unflatten(tree: Any, values: Iterator[Any]) -> Any:
    """Returns a nest like `tree` with leaves from `values`, in order."""
    if isinstance(tree, dict):
        pairs = [(key, unflatten(item, values)) for key, item in tree.items()]
        return dict(pairs) if type(tree) is dict else type(tree)(pairs)
    if isinstance(tree, (tuple, list)):
        items = [unflatten(item, values) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return None if tree is None else next(values)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Returns a nest like `tree` with ``function(leaf)`` for each leaf."""
    return unflatten(tree, iter([function(leaf) for _, leaf in leaves(tree)]))
