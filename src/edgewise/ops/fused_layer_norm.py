"""Layer normalisation in one go, in blocks of rows that stay in the cache, for NumPy's arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..graph.arrays import Array, Namespace

_BLOCK = 1 << 17  # elements of one array in a block: fewer would make the calls take longer than the memory
_RUN = 1 << 13  # NumPy takes about as long to begin with a row as for 50 of its elements: of so many it is nothing
_SHORT = 1024  # Up to here a product sums as exactly as NumPy's sum does, and in a quarter of the time.


def normalise(
    xp: Namespace, x: Array, weight: Any, bias: Any, *, axes: int, eps: float
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]]:
    """Normalizes over the last `axes` axes together. `weight` and `bias` have their shape, or are None."""
    size = math.prod(x.shape[x.ndim - axes :])
    rows = xp.ascontiguousarray(x).reshape(-1, size)
    scale, shift = (None if given is None else given.reshape(-1) for given in (weight, bias))
    normal, y = xp.empty_like(rows), xp.empty_like(rows)
    factors = xp.empty((len(rows), 1), dtype=x.dtype)
    share = xp.full(size, 1 / size, dtype=x.dtype)
    blocks = _blocks_of_rows(rows)
    scales, shifts = (None if given is None else _repeated(xp, given, blocks[0].stop) for given in (scale, shift))
    for block in blocks:
        given, part, out = rows[block], normal[block], y[block]
        xp.subtract(given, _dot(xp, given, share), out=part)
        factor = _squares(xp, part)
        factor /= size
        factor += eps
        xp.sqrt(factor, out=factor)
        factor = xp.reciprocal(factor, out=factors[block])
        part *= factor
        if scales is None:
            out[...] = part
        else:
            _along_rows(xp.multiply, part, scales, out)
        if shifts is not None:
            _along_rows(xp.add, out, shifts, out)

    def back(g: Array) -> Callable[[int], Array]:
        arrived = xp.ascontiguousarray(g).reshape(-1, size)
        sent, spare = xp.empty_like(rows), xp.empty((blocks[0].stop, size), dtype=x.dtype)
        by_share = share if scale is None else scale * share
        to_scale = xp.zeros(size, dtype=xp.float64)
        for block in blocks:
            given, y, out = arrived[block], normal[block], sent[block]
            part = spare[: len(given)]
            xp.multiply(given, y, out=part)
            if scale is not None:
                to_scale += xp.sum(part, axis=0)
            along = _dot(xp, part, by_share)
            xp.multiply(y, along, out=part)
            part += _dot(xp, given, by_share)
            if scales is None:
                xp.subtract(given, part, out=out)
            else:
                _along_rows(xp.multiply, given, scales, out)
                out -= part
            out *= factors[block]

        def gradient(i: int) -> Array:
            if i == 0:
                return sent.reshape(x.shape)
            total = to_scale.astype(x.dtype) if i == 1 else xp.sum(arrived, axis=0)
            return total.reshape(x.shape[x.ndim - axes :])

        return gradient

    return y.reshape(x.shape), back


def _dot(xp: Namespace, rows: Array, by: Array) -> Array:
    """Returns the sum of each row's products with `by`."""
    if len(by) > _SHORT:
        return xp.sum(rows * by, axis=1, keepdims=True)
    return xp.matmul(rows, by)[:, None]


def _squares(xp: Namespace, rows: Array) -> Array:
    """Returns the sum of each row's squares."""
    if rows.shape[1] > _SHORT:
        return xp.sum(rows * rows, axis=1, keepdims=True)
    return xp.vecdot(rows, rows)[:, None]


def _repeated(xp: Namespace, row: Array, most: int) -> Array:
    """Returns a short row several times, one below the other; once if there are at most `most` rows, and these few."""
    count = _RUN // len(row)
    if not 1 < count <= most:
        return row[None]
    result = xp.empty((count, len(row)), dtype=row.dtype)
    result[...] = row
    return result


def _along_rows(function: Any, rows: Array, repeated: Array, out: Array) -> None:
    """Writes ``function(rows, row)`` into `out`, several rows as one where their number allows it."""
    count, size = repeated.shape
    if count == 1 or len(rows) % count:
        function(rows, repeated[0], out=out)
    else:
        function(rows.reshape(-1, count, size), repeated, out=out.reshape(-1, count, size))


def _blocks_of_rows(rows: Array) -> list[slice]:
    step = min(max(_BLOCK // rows.shape[1], 1), len(rows))
    return [slice(first, first + step) for first in range(0, len(rows), step)]
