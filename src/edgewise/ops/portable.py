"""The few array functions that the Array API standard lacks, for any library that follows it."""

from __future__ import annotations

import math
from typing import Any

from ..graph.arrays import Array, Namespace
from .index_keys import flat_places, has_arrays, may_repeat, plain_key

# From so many elements on, adding at numbers in a flat row is faster than at a key, though the numbers must be found.
_MANY = 2048


def pick(xp: Namespace, x: Array, key: Any) -> Array:
    """Returns ``x[key]`` for any NumPy index, also where the library indexes by the standard's few kinds only."""
    if _takes_any_key(xp, x):
        picked = x[key]
        # NumPy gives a number for an element, which has lost its place in memory.
        return picked if hasattr(picked, "__setitem__") else x[*(key if isinstance(key, tuple) else (key,)), ...]
    shape = tuple(x.shape)
    if not has_arrays(key):
        return x[plain_key(shape, key)]
    places = flat_places(xp, shape, key)
    return xp.reshape(xp.take(xp.reshape(x, (-1,)), xp.reshape(places, (-1,)), axis=0), places.shape)


def _takes_any_key(xp: Namespace, x: Array) -> bool:
    """Returns whether a library indexes as NumPy does, by other functions of NumPy's or PyTorch's that it has."""
    return hasattr(xp.add, "at") or hasattr(x, "index_put_")


def put(xp: Namespace, x: Array, key: Any, values: Any) -> Array:
    """Returns a copy of `x` with `values` at ``[key]``, for any NumPy index."""
    if hasattr(values, "dtype") and values.dtype != x.dtype:
        values = xp.astype(values, x.dtype)
    result = xp.asarray(x, copy=True)
    if hasattr(result, "at"):
        return result.at[key].set(values)
    if _takes_any_key(xp, result):
        result[key] = values
        return result
    if not has_arrays(key):
        return _assign_plainly(xp, result, key, values)
    return _put_by_comparing(xp, result, key, values)


def _assign_plainly(xp: Namespace, x: Array, key: Any, values: Any) -> Array:
    """Writes at a key without index arrays, where None is not taken in assignments; None only adds axes of size 1."""
    parts = plain_key(tuple(x.shape), key)
    values = xp.broadcast_to(xp.asarray(values, dtype=x.dtype), x[parts].shape)
    parts = tuple(part for part in parts if part is not None)
    x[parts] = xp.reshape(values, x[parts].shape)
    return x


def scatter_add(xp: Namespace, shape: tuple[int, ...], key: Any, values: Array) -> Array:
    """Returns zeros of `shape` with `values` added at ``[key]``; places that occur several times sum.

    The indices must be in range.
    """
    result = xp.zeros(shape, dtype=values.dtype)
    if hasattr(result, "at"):
        return result.at[key].add(values)
    add_at = getattr(xp.add, "at", None)
    if add_at is None:
        if not has_arrays(key):
            return _assign_plainly(xp, result, key, values)
        return _scatter_add_elsewhere(xp, result, key, values)
    if not may_repeat(xp, key):
        result[key] = values
        return result
    if math.prod(values.shape) < _MANY:
        add_at(result, key, values)
        return result
    # Where a place may come up very often, one number after another is added to it: float32 would lose digits.
    total = xp.zeros(shape, dtype=xp.float64) if _is_narrow(xp, values) and values.size >= result.size else result
    row = xp.reshape(total, (-1,))
    places = flat_places(xp, shape, key, in_range=True)
    # NumPy adds numbers of the same dtype 40 times as fast as those that it must cast on the way.
    values = xp.broadcast_to(xp.astype(values, total.dtype, copy=False), places.shape)
    add_at(row, xp.reshape(places, (-1,)), xp.reshape(values, (-1,)))
    return xp.astype(xp.reshape(row, shape), result.dtype, copy=False)


def _is_narrow(xp: Namespace, values: Array) -> bool:
    return bool(xp.isdtype(values.dtype, "real floating") and values.dtype.itemsize < 8)


def _scatter_add_elsewhere(xp: Namespace, zeros: Array, key: Any, values: Array) -> Array:
    """Adds for libraries without NumPy's `add.at`."""
    places = flat_places(xp, tuple(zeros.shape), key)
    values = xp.reshape(xp.broadcast_to(values, places.shape), (-1,))
    places = xp.reshape(places, (-1,))
    row = xp.reshape(zeros, (-1,))
    if hasattr(row, "index_put_"):
        return xp.reshape(row.index_put_((places,), values, accumulate=True), zeros.shape)
    # A product with the 0-1 matrix of places: quadratic, but always there.
    hits = xp.astype(_hits(xp, zeros, places), values.dtype)
    return xp.reshape(hits @ values, zeros.shape)


def _put_by_comparing(xp: Namespace, x: Array, key: Any, values: Any) -> Array:
    """Assigns for libraries that can't at index arrays: each element looks for the last value meant for it."""
    places = flat_places(xp, tuple(x.shape), key)
    count = math.prod(places.shape)
    if count == 0:
        return x
    values = xp.broadcast_to(xp.asarray(values, dtype=x.dtype), places.shape)
    hits = _hits(xp, x, xp.reshape(places, (-1,)))
    last = xp.max(xp.where(hits, xp.arange(1, count + 1), xp.zeros(1, dtype=xp.int64)), axis=1)
    found = xp.take(xp.reshape(values, (-1,)), xp.where(last > 0, last - 1, last), axis=0)
    return xp.reshape(xp.where(last > 0, found, xp.reshape(x, (-1,))), x.shape)


def _hits(xp: Namespace, x: Array, places: Array) -> Array:
    """Returns whether each element of `x`, a row each, is at each of the places."""
    return xp.expand_dims(xp.arange(math.prod(x.shape)), axis=1) == xp.expand_dims(places, axis=0)
