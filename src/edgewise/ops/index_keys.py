"""Any NumPy index as the plain numbers of the elements that it picks.

Two uses: adding at numbers in a flat row is much faster than at a key with several axes, and libraries that index only
as far as the Array API standard goes can pick elements by number from a flat row.
"""

from __future__ import annotations

import math
from typing import Any

from ..graph.arrays import Array, Namespace, kind
from ..graph.errors import IndexingError


def has_arrays(key: Any) -> bool:
    """Returns whether a key has index arrays, and not only integers, slices, None and ``...``."""
    return any(hasattr(part, "dtype") for part in _parts(key))


def may_repeat(xp: Namespace, key: Any) -> bool:
    """Returns whether a key could pick an element more than once: only with several integers in an index array."""
    return any(hasattr(part, "dtype") and part.ndim > 0 and kind(xp, part.dtype) != 0 for part in _parts(key))


def plain_key(shape: tuple[int, ...], key: Any) -> tuple[Any, ...]:
    """Returns a key without index arrays, spelt out for the standard: a part for each axis, no slice beyond its end."""
    parts = _spelt_out(shape, key)
    axis = 0
    for i, part in enumerate(parts):
        if isinstance(part, slice):
            start, stop, step = part.indices(shape[axis])
            if len(range(start, stop, step)) == 0:
                start, stop, step = 0, 0, 1
            parts[i] = slice(start, stop if stop >= 0 else None, step)
        elif part is None or part is Ellipsis:
            continue
        else:
            _in_range(part, axis, shape)
        axis += 1
    return tuple(parts)


def flat_places(xp: Namespace, shape: tuple[int, ...], key: Any, *, in_range: bool = False) -> Array:
    """Returns the numbers, in a flat row, of the elements ``x[key]`` for an `x` of `shape`, in that shape.

    Raises IndexingError for more indices than axes, and for one out of range unless `in_range` promises that none is.
    """
    parts = _spelt_out(shape, key)
    advanced = any(hasattr(part, "dtype") for part in parts)
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    axis = fixed = 0
    lines: list[Any] = []  # for each axis of the result that a slice or None makes: the numbers it adds
    picked: Any = None  # what the index arrays add, together
    standing: list[int] = []  # which parts are index arrays, or integers beside them
    before = 0  # axes of the result ahead of the index arrays
    for number, part in enumerate(parts):
        if part is Ellipsis:
            continue
        if part is None:
            lines.append(xp.zeros(1, dtype=xp.int64))
        elif isinstance(part, slice):
            start, stop, step = part.indices(shape[axis])
            lines.append(xp.arange(start, start + len(range(start, stop, step)) * step, step) * strides[axis])
            axis += 1
        else:
            if not standing:
                before = len(lines)
            standing.append(number)
            if isinstance(part, int):
                fixed += _in_range(part, axis, shape) * strides[axis]
                axis += 1
                continue
            for vector in _vectors(xp, part, axis, shape, in_range):
                if vector is not None:
                    picked_here = vector * strides[axis]
                    axis += 1
                else:
                    picked_here = xp.zeros(int(bool(part)), dtype=xp.int64)
                picked = picked_here if picked is None else picked + picked_here
    if not advanced:
        return _offsets_of_lines(xp, lines, None, 0, fixed)
    together = standing[-1] - standing[0] + 1 == len(standing)
    return _offsets_of_lines(xp, lines, picked, before if together else 0, fixed)


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _spelt_out(shape: tuple[int, ...], key: Any) -> list[Any]:
    """Returns the parts of a key, with slices for ``...`` and for the axes that it does not mention."""
    parts = list(_parts(key))
    used = sum(_axes_of(part) for part in parts)
    if used > len(shape):
        raise IndexingError(f"{used} indices for the {len(shape)} axes of shape {shape}")
    ellipses = [i for i, part in enumerate(parts) if part is Ellipsis]
    if len(ellipses) > 1:
        raise IndexingError("'...' may occur once only")
    at = ellipses[0] if ellipses else len(parts)
    # One that stands for nothing stays: it still parts index arrays.
    filling = [slice(None)] * (len(shape) - used) or parts[at : at + 1]
    return [*parts[:at], *filling, *parts[at + 1 :]]


def _axes_of(part: Any) -> int:
    """Returns how many axes of `x` a part of a key uses up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if hasattr(part, "dtype") and "bool" in str(part.dtype) else 1


def _in_range(index: int, axis: int, shape: tuple[int, ...]) -> int:
    if not -shape[axis] <= index < shape[axis]:
        raise IndexingError(f"index {index} is out of range for axis {axis} with size {shape[axis]}")
    return index % shape[axis]


def _vectors(xp: Namespace, part: Array, axis: int, shape: tuple[int, ...], in_range: bool) -> list[Any]:
    """Returns, for each axis that an index array uses, the integers that it stands for; None for a single bool."""
    if kind(xp, part.dtype) == 0:
        if part.ndim == 0:
            return [None]
        if tuple(part.shape) != shape[axis : axis + part.ndim]:
            raise IndexingError(
                f"a mask of shape {tuple(part.shape)} does not fit the axes of sizes {shape[axis : axis + part.ndim]}"
            )
        return list(xp.nonzero(part))
    size = shape[axis]
    part = xp.astype(part, xp.int64)
    if not in_range and math.prod(part.shape):
        for extreme in (int(xp.min(part)), int(xp.max(part))):
            _in_range(extreme, axis, shape)
    return [xp.where(part < 0, part + size, part)]


def _offsets_of_lines(xp: Namespace, lines: list[Array], picked: Array | None, before: int, fixed: int) -> Array:
    """Returns sums of one element of each line, with the index arrays' own axes after `before` of the lines."""
    wide = 0 if picked is None else picked.ndim
    ndim = len(lines) + wide
    total: Any = None
    if picked is not None:
        total = xp.reshape(picked, (*(1,) * before, *picked.shape, *(1,) * (len(lines) - before)))
    for i, line in enumerate(lines):
        place = i if i < before else i + wide
        line = xp.reshape(line, tuple(-1 if j == place else 1 for j in range(ndim)))
        total = line if total is None else total + line
    return xp.asarray(fixed, dtype=xp.int64) if total is None else total + fixed
