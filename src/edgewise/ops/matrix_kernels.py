"""Products of NumPy's matrices where BLAS is slow or loses digits: of integers, and with very many terms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.arrays import Array
from .sums import total_over

_MANY = 1 << 15
_EXACT = 1 << 53  # All whole numbers up to here are float64 numbers.


def integer_product(a: Any, b: Any) -> Array:
    """Returns ``a @ b`` of NumPy's integers, which wrap around where they overflow as NumPy's do."""
    if a.ndim < 2 or b.ndim < 2 or a.size * b.shape[-1] < _MANY or not b.size:
        return np.matmul(a, b)
    largest = _largest(a) * _largest(b)
    count = a.shape[-1]
    # So many products sum up to a number that float64 holds exactly.
    block = count if largest == 0 else min(count, (_EXACT - 1) // largest)
    if block < min(count, 64) or a.shape[-1] != b.shape[-2]:
        return np.matmul(a, b)
    total: Any = 0
    for first in range(0, count, block):
        part = slice(first, first + block)
        total = total + np.matmul(a[..., part].astype(float), b[..., part, :].astype(float)).astype(np.int64)
    return total.astype(np.result_type(a, b))


def _largest(x: Any) -> int:
    return max(abs(int(x.min())), abs(int(x.max())))


LONG = 1 << 14
"""From so many terms on, products with one vector or a few of them are made in blocks."""

_LONGER = 1 << 16  # From so many terms on, products of other matrices are.
_THIN = 4  # So many vectors are multiplied as a matrix.

_BLOCK = 48  # Equal terms that are added one after the other lose up to 7e-7 of their sum.
_INNER_BLOCK = 512  # The inner product of two vectors adds up 16 or more sums side by side.
_PARTS = 1 << 16  # So many elements of products of blocks are held at a time.


def is_long(a: Array, b: Array) -> bool:
    """Returns whether a product needs blocks, where the last axis of `a` has at least ``LONG`` elements."""
    if not a.dtype == b.dtype == np.float32 or b.ndim == 0:
        return False
    if a.ndim == 1 or b.ndim == 1:
        return bool(a.shape[-1] == b.shape[0 if b.ndim == 1 else -2])
    least = LONG if min(a.shape[-2], b.shape[-1]) < _THIN else _LONGER
    return bool(least <= a.shape[-1] == b.shape[-2])


def inner_product(a: Array, b: Array) -> Any:
    """Returns the inner products of long vectors in the last axes."""
    count, rest = divmod(a.shape[-1], _INNER_BLOCK)
    end = count * _INNER_BLOCK
    parts = np.vecdot(*(x[..., :end].reshape(*x.shape[:-1], count, _INNER_BLOCK) for x in (a, b)))
    total = np.add.reduce(parts, -1, np.float64)
    return (total + np.vecdot(a[..., end:], b[..., end:]) if rest else total).astype(a.dtype)


def matrix_product(a: Array, b: Array) -> Any:
    """Returns ``a @ b``, where the last axis of `a` is long."""
    rows = a if a.ndim > 1 else a[None]
    columns = b.mT if b.ndim > 1 else b[None]
    m, n, size = rows.shape[-2], columns.shape[-2], a.dtype.itemsize
    if m < _THIN and n < _THIN:
        rows, columns = np.ascontiguousarray(rows), np.ascontiguousarray(columns)
    if (n == 1 and rows.strides[-1] == size) or (m == 1 and columns.strides[-1] == size) or (m < _THIN and n < _THIN):
        result = inner_product(rows[..., :, None, :], columns[..., None, :, :])
    else:
        result = in_blocks(rows, columns.mT)
    if a.ndim == 1:
        result = result[..., 0, :]
    return result[..., 0] if b.ndim == 1 else result


def in_blocks(a: Array, b: Array) -> Array:
    """Returns the product of matrices (..., m, k) and (..., k, n), a block of k after the other."""
    m, k, n = a.shape[-2], a.shape[-1], b.shape[-1]
    count, rest = divmod(k, _BLOCK)
    end = count * _BLOCK
    # Views: (..., blocks, m, block) and (..., blocks, block, n).
    wide = np.moveaxis(a[..., :end].reshape(*a.shape[:-1], count, _BLOCK), -2, -3)
    tall = b[..., :end, :].reshape(*b.shape[:-2], count, _BLOCK, n)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    total = np.zeros((*batch, m, n))
    at_once = max(8, _PARTS // max(1, total.size))
    for first in range(0, count, at_once):
        some = slice(first, first + at_once)
        total += total_over(np.matmul(wide[..., some, :, :], tall[..., some, :, :]), -3, False)
    if rest:
        total += np.matmul(a[..., end:], b[..., end:, :])
    return total.astype(a.dtype)
