"""Matrix products of integers by floating-point ones, which BLAS does, where these are exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.arrays import Array

_MANY = 1 << 15
_EXACT = 1 << 53  # All whole numbers up to here are float64 numbers.


def integer_product(a: Any, b: Any) -> Array:
    """``a @ b`` of NumPy's integers, which wrap around where they overflow as NumPy's do."""
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
