"""Indices: which places of a flat array a key picks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program import Value
from ...program.primitives import INDEX
from .loops import Path, broadcast, row_major


@dataclass(frozen=True)
class Picked:
    """What a key picks.

    Attributes
    ----------
    sizes:
        The shape of what is picked.
    path:
        The way through the flat array by the parts of the key that are no index arrays.
    indices:
        For each index array how it is read, the size of the axis that it picks from, and that axis' stride.
    """

    sizes: tuple[int, ...]
    path: Path
    indices: list[tuple[Path, int, int]]


def picked(shape: Sequence[int], form: tuple[Any, ...], arrays: Sequence[Value]) -> Picked:
    """The places of ``x[key]`` for an `x` of `shape`, by NumPy's rules."""
    parts = _spelt_out(shape, form)
    steps = row_major(shape)
    block = np.broadcast_shapes(*(value.shape for value in arrays))
    standing = [i for i, part in enumerate(parts) if part is INDEX or isinstance(part, int)] if arrays else []
    # Index arrays that stand together give their axes there; apart from one another, in front.
    together = bool(standing) and standing[-1] - standing[0] == len(standing) - 1
    sizes: list[int] = []
    strides: list[int] = []
    where, base, axis = 0, 0, 0
    found: list[tuple[int, int]] = []
    for number, part in enumerate(parts):
        if together and number == standing[0]:
            where = len(sizes)
        if part is None:
            sizes.append(1)
            strides.append(0)
            continue
        if part is INDEX:
            found.append((shape[axis], steps[axis]))
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
        for value, (size, stride) in zip(arrays, found, strict=True)
    ]
    return Picked(whole, path, indices)


def _spelt_out(shape: Sequence[int], form: tuple[Any, ...]) -> list[Any]:
    """A part of the key for each axis, and None for each new one."""
    parts = list(form)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    missing = len(shape) - sum(part is not None and part is not Ellipsis for part in parts)
    i = next(i for i, part in enumerate(parts) if part is Ellipsis)
    # Nothing stands for an empty `...` but the gap between index arrays that it makes.
    return [*parts[:i], *([slice(None)] * missing), *parts[i + 1 :]]
