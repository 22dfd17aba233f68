"""The few array functions that the Array API standard lacks, for any library that follows it."""

from __future__ import annotations

import math
from typing import Any

from ..graph.arrays import Array, Namespace


def scatter_add(xp: Namespace, shape: tuple[int, ...], key: Any, values: Array, *, unique: bool = False) -> Array:
    """Zeros of `shape` with `values` added at ``[key]``; places that occur several times sum.

    `unique` promises that no place occurs twice.
    """
    result = xp.zeros(shape, dtype=values.dtype)
    if hasattr(result, "at"):
        return result.at[key].add(values)
    if unique:
        result[key] = values
        return result
    add_at = getattr(xp.add, "at", None)
    if add_at is not None:
        add_at(result, key, values)
        return result
    if hasattr(result, "index_put_"):
        key = key if isinstance(key, tuple) else (key,)
        if all(hasattr(part, "dtype") for part in key):
            return result.index_put_(key, values, accumulate=True)
    return _scatter_add_by_matrix(xp, result, key, values)


def _scatter_add_by_matrix(xp: Namespace, zeros: Array, key: Any, values: Array) -> Array:
    """For libraries without any scatter: a product with the 0-1 matrix of places, quadratic but always there."""
    size = math.prod(zeros.shape)
    numbers = xp.reshape(xp.arange(size), zeros.shape)
    places = xp.reshape(numbers[key], (1, -1))
    hits = xp.astype(xp.expand_dims(xp.arange(size), axis=1) == places, values.dtype)
    return xp.reshape(hits @ xp.reshape(values, (-1,)), zeros.shape)
