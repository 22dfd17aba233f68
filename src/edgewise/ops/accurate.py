"""NumPy, with sums along any axis as accurate as sums of a contiguous array, and products of matrices as well.

NumPy adds pairwise along the innermost axis of memory only. Along any other it adds one element after the other, so
that the rounding errors of a million equal float32 terms reach a hundredth of their sum, and float16 stops at 2,048.
BLAS, which multiplies matrices, adds the terms of long products in this way too. Here no more than 64 terms are added
so. Operations reach these functions as ``xp.sum`` or ``xp.matmul``, like those of any other library, and so do the
operations that users write.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph.arrays import Namespace, namespace_overrides
from .matrix_kernels import LONG, inner_product, is_long, matrix_product
from .sums import FEW, total_over

_SEVERAL_FACTORS = 8
_matmul: Any = np.matmul
_vecdot: Any = np.vecdot


class _Accurate:
    """Stands for NumPy's namespace, with accurate sums and products."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        setattr(self, name, found)
        return found

    def __repr__(self) -> str:
        return "<numpy, with accurate sums and products>"

    # NumPy's own functions find out first whether they were given an array, which takes longer than what they do.

    @staticmethod
    def reshape(x: Any, /, shape: Any, **how: Any) -> Any:
        """Returns the same elements in another shape."""
        return np.reshape(x, shape, **how) if how or type(x) is not np.ndarray else x.reshape(shape)

    @staticmethod
    def permute_dims(x: Any, /, axes: Any) -> Any:
        """Returns the same elements with their axes in another order."""
        return np.permute_dims(x, axes) if type(x) is not np.ndarray else x.transpose(axes)

    @staticmethod
    def sum(x: Any, /, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
        """Returns the sum over axes."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or dtype is not None:
            return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
        return _in_dtype(total_over(x, axis, keepdims), x.dtype)

    @staticmethod
    def mean(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Returns the mean over axes."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or not x.size:
            return np.mean(x, axis=axis, keepdims=keepdims)
        total = total_over(x, axis, keepdims)
        return _in_dtype(total / (x.size // total.size), x.dtype)

    @staticmethod
    def var(x: Any, /, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
        """Returns the variance over axes, in two passes."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or not x.size:
            return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)
        wide = x if x.dtype.itemsize > 2 else x.astype(np.float32)
        centred = wide - NUMPY.mean(wide, axis, keepdims=True)
        total = total_over(centred * centred, axis, keepdims)
        return _in_dtype(total / max(x.size // total.size - correction, 0), x.dtype)

    @staticmethod
    def std(x: Any, /, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
        """Returns the standard deviation over axes, the square root of the variance."""
        return np.sqrt(NUMPY.var(x, axis, correction=correction, keepdims=keepdims))

    @staticmethod
    def prod(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Returns the product over axes; of several numbers in float64, to round less."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or x.dtype.itemsize > 4 or x.size < _SEVERAL_FACTORS:
            return np.prod(x, axis=axis, keepdims=keepdims)
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        dtype = np.float64 if math.prod([x.shape[a] for a in axes]) >= _SEVERAL_FACTORS else x.dtype
        return _in_dtype(np.prod(x, axis=axis, keepdims=keepdims, dtype=dtype), x.dtype)

    @staticmethod
    def cumulative_prod(x: Any, /, *, axis: int | None = None, **how: Any) -> Any:
        """Returns the running product along an axis, in float64."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or x.dtype.itemsize > 4 or how or x.size <= FEW:
            return np.cumulative_prod(x, axis=axis, **how)
        return np.multiply.accumulate(x, -1 if axis is None else axis, np.float64).astype(x.dtype)

    @staticmethod
    def cumulative_sum(x: Any, /, *, axis: int | None = None, **how: Any) -> Any:
        """Returns the running sum along an axis, added up in a wider dtype."""
        if type(x) is not np.ndarray or x.dtype.kind != "f" or x.dtype.itemsize > 4 or how or x.ndim == 0:
            return np.cumulative_sum(x, axis=axis, **how)
        at = x.ndim - 1 if axis is None else axis % x.ndim
        if at < x.ndim - 1 and x.size >= FEW * x.shape[at]:
            return _running_sum(x, at)
        return np.add.accumulate(x.astype(np.float64), at).astype(x.dtype)

    @staticmethod
    def matmul(a: Any, b: Any, /, out: Any = None) -> Any:
        """Returns the matrix product; sums float32 over a long axis in blocks."""
        if a.shape[-1:] < (LONG,) or not is_long(a, b):  # a 0-d array has no last axis
            return _matmul(a, b) if out is None else _matmul(a, b, out=out)
        if out is None:
            return matrix_product(a, b)
        out[...] = matrix_product(a, b)
        return out

    @staticmethod
    def vecdot(a: Any, b: Any, /, *, axis: int = -1) -> Any:
        """Returns inner products along an axis; sums long float32 vectors in blocks."""
        if a.shape[-1:] < (LONG,) or axis != -1 or a.shape[-1:] != b.shape[-1:] or not a.dtype == b.dtype == np.float32:
            return _vecdot(a, b, axis=axis)
        return inner_product(a, b)


NUMPY: Any = _Accurate()
"""The namespace of NumPy's arrays."""

namespace_overrides[np] = NUMPY


def is_numpy(xp: Namespace) -> bool:
    """Returns whether a namespace is NumPy's."""
    return xp is NUMPY or xp is np


_LEAST_POWER, _MOST_POWER = 1e-34, 1e38  # a smaller number has lost digits in float32, a larger one is infinite


def root_is_inexact(xp: Namespace, y: Any, p: float) -> bool:
    """Returns whether a float32 root of a sum of powers `p` is inexact, as its power overflowed or was nearly 0."""
    if not is_numpy(xp) or y.dtype != xp.float32:
        return False
    least, most = sorted((_LEAST_POWER ** (1 / p), min(_MOST_POWER ** (1 / p), _MOST_POWER)))
    if y.size < 2:
        return y.size == 1 and not least < y.item() < most
    return not (least < y.min() and y.max() < most)


def in_double(xp: Namespace, forward: Any, x: Any, **params: Any) -> Any:
    """Runs a forward in float64 for float32 inputs, and rounds the result."""
    return xp.asarray(forward(xp, xp.astype(x, xp.float64), **params), dtype=xp.float32)


def _in_dtype(total: Any, dtype: Any) -> Any:
    return total if total.dtype is dtype else total.astype(dtype)


def _running_sum(x: Any, axis: int) -> Any:
    """Returns the running sum along an axis that isn't the innermost, a row of all others at a time."""
    result = np.empty_like(x)
    rows, sums = np.moveaxis(x, axis, 0), np.moveaxis(result, axis, 0)
    total = np.zeros(rows.shape[1:], np.float64)
    for row, place in zip(rows, sums, strict=True):
        total += row
        place[...] = total
    return result
