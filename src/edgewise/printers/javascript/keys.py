"""Finds the positions in a flat array that a key selects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program import Value
from ...program.primitives import INDEX
from .loops import Path, broadcast, row_major


@dataclass(frozen=True)
class Selection:
    """The elements that a key selects.

    Attributes
    ----------
    sizes:
        The shape of the selection.
    path:
        The path through the flat array by the parts of the key that are not index arrays.
    indices:
        For each index array its path, the size of the axis that it indexes, and that axis' stride.
    """

    sizes: tuple[int, ...]
    path: Path
    indices: list[tuple[Path, int, int]]


def select(shape: Sequence[int], form: tuple[Any, ...], arrays: Sequence[Value]) -> Selection:
    """Returns the selection of ``x[key]`` for an `x` of `shape`, by NumPy's rules."""
    parts = _expanded_key(shape, form)
    steps = row_major(shape)
    block = np.broadcast_shapes(*(value.shape for value in arrays))
    indexing = [i for i, part in enumerate(parts) if part is INDEX or isinstance(part, int)] if arrays else []
    # The axes of adjacent index arrays replace theirs; those of separated ones come first.
    adjacent = bool(indexing) and indexing[-1] - indexing[0] == len(indexing) - 1
    sizes: list[int] = []
    strides: list[int] = []
    where, base, axis = 0, 0, 0
    indexed_axes: list[tuple[int, int]] = []
    for number, part in enumerate(parts):
        if adjacent and number == indexing[0]:
            where = len(sizes)
        if part is None:
            sizes.append(1)
            strides.append(0)
            continue
        if part is INDEX:
            indexed_axes.append((shape[axis], steps[axis]))
        elif isinstance(part, slice):
            start, stop, step = part.indices(shape[axis])
            sizes.append(len(range(start, stop, step)))
            strides.append(step * steps[axis])
            base += start * steps[axis]
        else:
            base += (part % shape[axis]) * steps[axis]
        axis += 1
    whole = (*sizes[:where], *block, *sizes[where:])
    path = Path((*strides[:where], *(0 for _ in block), *strides[where:]), base)
    after = (0,) * (len(sizes) - where)
    indices = [
        (Path((*(0,) * where, *broadcast(value.shape, block), *after)), size, stride)
        for value, (size, stride) in zip(arrays, indexed_axes, strict=True)
    ]
    return Selection(whole, path, indices)


def _expanded_key(shape: Sequence[int], form: tuple[Any, ...]) -> list[Any]:
    """Returns a part of the key for each axis, and None for each new one."""
    parts = list(form)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    missing = len(shape) - sum(part is not None and part is not Ellipsis for part in parts)
    i = next(i for i, part in enumerate(parts) if part is Ellipsis)
    # An empty `...` is dropped, though it separates index arrays.
    return [*parts[:i], *([slice(None)] * missing), *parts[i + 1 :]]
