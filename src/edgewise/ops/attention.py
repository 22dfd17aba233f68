"""Attention: means of values, weighted by how well their keys match a query."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..graph.arrays import Array, default_float, is_float, kind, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.traits import CallExample
from . import runs
from .composed import computed_in_single, explained, scoped
from .dropout import dropout
from .fused_attention import later_keys
from .linear_algebra import _matmul
from .selection import where
from .softmax import softmax

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


@explained(
    CallExample(
        {"Q": (2, 4, 3), "K": (2, 5, 3), "V": (2, 5, 6)},
    ),
    "each query asks all keys, and gets the mean of their values, weighted by how well they match",
)
@scoped
@computed_in_single
def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Computes softmax(query @ keyᵀ * scale + mask) @ value.

    Parameters
    ----------
    query, key, value:
        (..., L, E), (..., S, E) and (..., S, V).
    attn_mask:
        What may be looked at, broadcasting to (..., L, S): bools, true where allowed, or numbers added to the scores,
        -inf where not. A query that may look at nothing gets zeros.
    dropout_p:
        The share of the weights to drop. Pass 0 outside of training.
    is_causal:
        Query number i sees the keys up to number i only.
    scale:
        1 / √E if not given.

    Raises ShapeError if the shapes don't fit, DTypeError for a mask of integers, ArgumentError if both a mask and
    `is_causal` are given.
    """
    name = "scaled_dot_product_attention"
    q, k, v = edge_of(query), edge_of(key), edge_of(value)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            f"{name}: query {q.shape}, key {k.shape} and value {v.shape} must be (..., L, E), (..., S, E) and "
            "(..., S, V)"
        )
    if is_causal and attn_mask is not None:
        raise ArgumentError(f"{name}: give attn_mask or is_causal, not both")
    mask = None if attn_mask is None else edge_of(attn_mask)
    if mask is not None and kind(namespace(mask.array), mask.dtype) == 1:
        raise DTypeError(
            f"{name}: attn_mask is {mask.dtype}; it must hold bools, true where allowed, or floating-point numbers to "
            "add: use mask.bool()"
        )
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale

    def steps(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = _matmul(q * factor, k.mT)
        hidden = wrap(_causal(q, k)) if is_causal else mask
        weights = softmax(scores, -1) if hidden is None else masked_weights(scores, hidden)
        weights.name = "A"
        return _matmul(dropout(weights, dropout_p, training=dropout_p > 0), v)

    if not dropout_p and _is_plain(q, k, v) and runs.is_for(q, k, v):
        added = None if mask is None else _added_everywhere(mask, q, (*q.shape[:3], k.shape[2]))
        if mask is None or added is not None:
            how = {"mask": added, "causal": is_causal, "scale": factor, "hides": mask is None or mask.dtype == bool}
            return runs.in_one_go(runs.RUNS["attention"], steps, q, k, v, **how)
    return steps(q, k, v)


def _is_plain(q: Tensor, k: Tensor, v: Tensor) -> bool:
    """Returns whether there are heads, of as many examples each: (N, H, L, E), (N, H, S, E) and (N, H, S, V)."""
    return q.ndim == k.ndim == v.ndim == 4 and q.shape[:2] == k.shape[:2] == v.shape[:2] and k.shape[2] > 0


def _added_everywhere(mask: Tensor, q: Tensor, scores: tuple[int, ...]) -> Array | None:
    """Returns what a mask adds to each score; None if the steps must see to it.

    They must where it hides all keys from a query, asks for a gradient, or is none for these scores.
    """
    if mask.requires_grad or not isinstance(mask.array, np.ndarray):
        return None
    xp = namespace(mask.array)
    numbers = _mask_as_scores(mask.array, q).array if kind(xp, mask.array.dtype) == 0 else mask.array
    if numbers.dtype != q.dtype or not _broadcasts(numbers.shape, scores) or numbers.ndim == 0:
        return None
    return None if xp.isinf(xp.max(numbers, axis=-1)).any() else xp.broadcast_to(numbers, scores)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    last = to[len(to) - len(shape) :]
    return len(shape) <= len(to) and all(size in (1, wide) for size, wide in zip(shape, last, strict=True))


def masked_weights(scores: Tensor, mask: Tensor) -> Tensor:
    """Returns the softmax of scores along the last axis where a mask allows: zeros in a row without any allowed.

    `mask` has bools, true where allowed, or numbers to add to the scores, -inf where not.
    """
    xp = namespace(mask.array)
    if kind(xp, mask.array.dtype) == 0:
        if isinstance(mask.array, np.ndarray) and mask.array.any(axis=-1).all():
            return softmax(scores + _mask_as_scores(mask.array, scores), -1)
        # A score far below all others rather than -inf: where nothing is allowed, the weights are still numbers.
        lowest = float(namespace(scores.array).finfo(scores.dtype).min)
        return where(mask, softmax(where(mask, scores, lowest), -1), 0.0)
    hidden = xp.all(mask.array == -math.inf, axis=-1, keepdims=True)
    if isinstance(hidden, np.ndarray) and not hidden.any():
        return softmax(scores + mask, -1)
    return where(wrap(hidden), 0.0, softmax(scores + where(wrap(hidden), 0.0, mask), -1))


def _causal(q: Tensor, k: Tensor) -> Array:
    """Returns what is added to the scores of queries that see the keys up to their own number."""
    xp = namespace(q.array)
    dtype = q.dtype if is_float(q.array) else default_float(xp)  # that of the scores of whole numbers
    return later_keys(xp, 0, q.shape[-2], k.shape[-2], dtype)


def _mask_as_scores(allowed: Array, scores: Tensor) -> Tensor:
    """Returns what a mask of bools adds to the scores: the mask is small and they are many, so that a sum is fast."""
    xp = namespace(allowed)
    zero, never = (xp.asarray(number, dtype=scores.dtype) for number in (0.0, -math.inf))
    return wrap(xp.where(allowed, zero, never))
