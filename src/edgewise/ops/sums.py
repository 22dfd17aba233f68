"""Sums of floating-point numbers over any axes, in which few terms are added one after the other."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

FEW = 64
"""The most terms that are added one after the other."""

_BLOCK = 48  # How many of more terms are added so, before what they come to is added up in float64.
_add: Any = np.add.reduce


def total_over(x: Any, axis: Any, keepdims: bool) -> Any:
    """Returns the sum of floating-point numbers over axes, in their dtype or a wider one."""
    ndim = x.ndim
    if x.dtype.itemsize == 2:
        x = x.astype(np.float32)
    if axis is None:
        if ndim == 1 or x.flags.c_contiguous:
            return _add(x, None, keepdims=keepdims)
        axes = tuple(range(ndim))
    elif not isinstance(axis, (tuple, list)):
        axis = operator.index(axis)
        if axis < 0:
            axis += ndim
        contiguous = x.flags.c_contiguous
        if not 0 <= axis < ndim or x.shape[axis] <= FEW or (axis == ndim - 1 and contiguous):
            return _add(x, axis, keepdims=keepdims)
        if contiguous and x.size:
            total = _over_rows(x, axis)
            return total.reshape(*x.shape[:axis], 1, *x.shape[axis + 1 :]) if keepdims else total
        axes = (axis,)
    else:
        axes = tuple(sorted(a + ndim if a < 0 else a for a in axis))
        if len(set(axes)) < len(axes) or (axes and (axes[0] < 0 or axes[-1] >= ndim)):
            return _add(x, axis, keepdims=keepdims)  # which raises
    shape = x.shape
    contiguous = x.flags.c_contiguous
    one_by_one = axes  # the axes along which NumPy adds one element after the other
    if contiguous and len(axes) == ndim:
        return _add(x, None, keepdims=keepdims)
    while contiguous and one_by_one and one_by_one[-1] == ndim - 1 - len(axes) + len(one_by_one):
        one_by_one = one_by_one[:-1]
    if math.prod([shape[a] for a in one_by_one]) <= FEW or not x.size:
        return _add(x, axes, keepdims=keepdims)
    first, last = axes[0], axes[-1] + 1
    if contiguous and last - first == len(axes):
        total = _over_rows(x.reshape(*shape[:first], -1, *shape[last:]), first)
    else:
        total = _over_memory(x, axes)
    return total.reshape([1 if a in axes else size for a, size in enumerate(shape)]) if keepdims else total


def _over_rows(x: Any, axis: int) -> Any:
    """Returns the sum over an axis that isn't the innermost, of rows added up in blocks."""
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    here = (slice(None),) * axis
    while (size := x.shape[axis]) > FEW:
        block = _block(size)
        count, left = divmod(size, block)
        blocks = x[(*here, slice(0, count * block))] if left else x
        sums = _add(blocks.reshape(*before, block, count, *after), axis)
        if count > 4 and x.dtype.itemsize == 4:
            sums = sums.astype(np.float64)
        if left:
            sums[(*here, 0)] += _add(x[(*here, slice(count * block, None))], axis)
        x = sums
    return _add(x, axis)


@functools.cache
def _block(size: int) -> int:
    """Returns how many rows of so many to add up at a time: a number that leaves no rest, if there is one."""
    return next((block for block in range(_BLOCK, _BLOCK // 2, -1) if size % block == 0), _BLOCK)


def _over_memory(x: Any, axes: tuple[int, ...]) -> Any:
    """Returns the sum over any axes of an array in any order of memory: innermost axes first."""
    strides, shape = x.strides, x.shape
    order = sorted((a for a in range(x.ndim) if shape[a] != 1), key=lambda a: -abs(strides[a]))
    # Axes that lie in memory as one, and are both summed over or both not, become one.
    sizes: list[int] = []
    summed: list[bool] = []
    last = None
    for a in order:
        if last is not None and summed[-1] is (a in axes) and strides[last] == strides[a] * shape[a]:
            sizes[-1] *= shape[a]
        else:
            sizes.append(shape[a])
            summed.append(a in axes)
        last = a
    total = x.transpose(*order, *(a for a in range(x.ndim) if shape[a] == 1)).reshape(sizes)
    while True in summed:
        inner = len(summed) - 1
        rows = inner - summed[::-1].index(True)
        if math.prod([size for size, is_summed in zip(total.shape, summed, strict=True) if is_summed]) <= FEW:
            return _reordered(_add(total, tuple(i for i, s in enumerate(summed) if s)), order, axes, shape)
        total = _add(total, inner) if rows == inner else _over_rows(total, rows)
        del summed[rows]
        total, summed = _merged(total, summed)
    return _reordered(total, order, axes, shape)


def _merged(x: Any, summed: list[bool]) -> tuple[Any, list[bool]]:
    """Returns a contiguous array with neighbouring axes that are both summed over as one."""
    sizes: list[int] = []
    kinds: list[bool] = []
    for size, is_summed in zip(x.shape, summed, strict=True):
        if kinds and is_summed and kinds[-1]:
            sizes[-1] *= size
        else:
            sizes.append(size)
            kinds.append(is_summed)
    return x.reshape(sizes), kinds


def _reordered(total: Any, order: list[int], axes: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Returns the axes that were not summed over, from their order in memory back to their own."""
    stayed = [a for a in order if a not in axes]
    total = total.reshape([shape[a] for a in stayed])
    total = total.transpose([stayed.index(a) for a in sorted(stayed)])
    return total.reshape([size for a, size in enumerate(shape) if a not in axes])
