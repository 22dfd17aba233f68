"""Attention in one go, in blocks that stay in the cache, for NumPy's arrays.

Where each query sees the keys up to its own number, a block of queries is multiplied by these keys only, which leaves
out up to half of the work.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from ..graph.arrays import Array, Namespace
from .accurate import is_numpy

_BLOCK = 1 << 18  # scores in a block: fewer would make the calls take longer than the memory
_FEW_QUERIES = 32  # so many queries are multiplied at least: products of fewer rows take BLAS longer
_PARTS = 4  # queries are divided into so many blocks at most, if each sees the keys up to its own number
_NARROW = 4  # a product with up to so many times the columns of its factor is scaled itself, a wider one the factor
_MODERATE = 40  # exp of scores up to here, and of what is as far below 0, is neither infinite nor 0 in float32
_SHORT = 1024  # Up to here a product sums as exactly as NumPy's sum does, and in a quarter of the time.

Piece = tuple[slice, slice, slice, slice]
"""Examples, heads, queries, and the keys that these queries see."""


def attend(
    xp: Namespace, q: Array, k: Array, v: Array, *, mask: Any, causal: bool, scale: float, hides: bool
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]]:
    """Computes attention of queries (N, H, L, E), keys (N, H, S, E) and values (N, H, S, V).

    `mask` (N, H, L, S) is added to the scores, if not None; where it `hides`, it is 0 or -inf. With `causal`, each
    query sees the keys up to its own number. The result lies in memory as (N, L, H, V), which is how the heads are put
    together again.
    """
    factor = q.dtype.type(scale)
    result = _heads_inside(xp, (*q.shape[:3], v.shape[3]), q.dtype)
    pieces = _pieces((*q.shape[:3], k.shape[2]), causal)
    # The scores of few queries and keys are looked at themselves, which takes less time.
    moderate = _is_wide(q, k.mT) and _longest(xp, q) * _longest(xp, k) * abs(scale) < _MODERATE
    weights = []
    for n, h, queries, keys in pieces:
        part = _scaled_product(xp, q[n, h, queries], k[n, h, keys].mT, factor)
        added = None if mask is None else mask[n, h, queries, keys]
        if causal:
            added = later_keys(xp, queries.start, part.shape[2], part.shape[3], part.dtype)
        _to_weights(xp, part, added, moderate and (added is None or hides or causal), hides or causal)
        xp.matmul(part, v[n, h, keys], out=result[n, h, queries])
        weights.append(part)

    def back(g: Array) -> Callable[[int], Array]:
        sent = tuple(_heads_inside(xp, x.shape, x.dtype) for x in (q, k, v))
        to_q, to_k, to_v = sent
        last_heads = None
        # The last queries of some heads, which see the most keys, come first, so that others are added to theirs.
        for (n, h, queries, keys), weight in zip(reversed(pieces), reversed(weights), strict=True):
            arrived = g[n, h, queries]
            part = _scaled_product(xp, arrived, v[n, h, keys].mT, factor)
            part -= xp.vecdot(part, weight)[..., None]
            part *= weight
            xp.matmul(part, k[n, h, keys], out=to_q[n, h, queries])
            if (n, h) != last_heads:
                xp.matmul(part.mT, q[n, h, queries], out=to_k[n, h, keys])
                xp.matmul(weight.mT, arrived, out=to_v[n, h, keys])
                to_k[n, h, keys.stop :] = 0
                to_v[n, h, keys.stop :] = 0
                last_heads = n, h
            else:
                to_k[n, h, keys] += xp.matmul(part.mT, q[n, h, queries])
                to_v[n, h, keys] += xp.matmul(weight.mT, arrived)
        return lambda i: sent[i]

    return result, back


def _is_wide(a: Array, b: Array) -> bool:
    return bool(b.shape[-1] > _NARROW * a.shape[-1])


def _longest(xp: Namespace, vectors: Array) -> Any:
    return xp.sqrt(xp.vecdot(vectors, vectors).max())


def _scaled_product(xp: Namespace, a: Array, b: Array, factor: Any) -> Array:
    if _is_wide(a, b):
        return xp.matmul(a * factor, b)
    product = xp.matmul(a, b)
    product *= factor
    return product


def _to_weights(xp: Namespace, part: Array, added: Any, moderate: bool, hides: bool) -> None:
    """Turns scores, and what is added to them, into weights in place: their softmax along the last axis.

    The largest score of each query is taken out first, unless scores are known to be `moderate`, or turn out to be.
    """
    if not moderate and (added is None or hides):
        moderate = part.min() > -_MODERATE and part.max() < _MODERATE
    if added is not None:
        part += added
    if not moderate:
        part -= xp.max(part, axis=-1, keepdims=True)
    xp.exp(part, out=part)
    size = part.shape[-1]
    if size <= _SHORT:
        total = xp.matmul(part, xp.ones((size, 1), dtype=part.dtype))
    else:
        total = xp.sum(part, axis=-1, keepdims=True)
    part *= xp.reciprocal(total, out=total)


def later_keys(xp: Namespace, first: int, queries: int, keys: int, dtype: Any) -> Array:
    """Returns what is added to the scores of queries from number `first` on: -inf for keys of later numbers."""
    return (_stored_later_keys if is_numpy(xp) else _later_keys)(xp, first, queries, keys, dtype)


def _later_keys(xp: Namespace, first: int, queries: int, keys: int, dtype: Any) -> Array:
    seen = xp.tril(xp.ones((queries, keys), dtype=xp.bool), k=first)
    return xp.where(seen, xp.asarray(0, dtype=dtype), xp.asarray(-math.inf, dtype=dtype))


@functools.lru_cache(maxsize=16)
def _stored_later_keys(xp: Namespace, first: int, queries: int, keys: int, dtype: Any) -> Array:
    added = _later_keys(xp, first, queries, keys, dtype)
    added.flags.writeable = False
    return added


def _heads_inside(xp: Namespace, shape: tuple[int, ...], dtype: Any) -> Array:
    n, h, length, size = shape
    return xp.empty((n, length, h, size), dtype=dtype).transpose(0, 2, 1, 3)


def _pieces(shape: tuple[int, ...], causal: bool) -> list[Piece]:
    """Returns several examples at a time, or else several heads of one, in blocks of queries that follow each other."""
    n, h, length, others = shape
    rows = max(_FEW_QUERIES, -(-length // _PARTS) if causal else min(length, _BLOCK // others))
    each = max(_BLOCK // (h * rows * others), 1)
    heads = h if each > 1 else max(_BLOCK // (rows * others), 1)
    return [
        (
            slice(i, i + each),
            slice(head, head + heads),
            slice(first, min(first + rows, length)),
            slice(0, min(first + rows, others) if causal else others),
        )
        for i in range(0, n, each)
        for head in range(0, h, heads)
        for first in range(0, length, rows)
    ]
