"""New tensors, with the standard's names and arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.edge import wrap
from ..ops import creation
from ..ops.linear_algebra import tril as tril
from ..ops.linear_algebra import triu as triu
from ..ops.shape import clone
from ..tensor import Tensor, TensorLike
from ..tensor.convert import array_from
from ..tensor.convert import from_dlpack as _from_dlpack
from ._dtypes import _only_here, astype

Shape = int | tuple[int, ...]


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """Returns a tensor of a number, nested sequences, an array or a tensor. Gradients flow through a tensor.

    Raises ValueError if ``copy=False`` can't be kept.
    """
    _only_here(device)
    if isinstance(obj, Tensor):
        changes = dtype is not None and obj.dtype != dtype
        if changes and copy is False:
            raise ValueError(f"asarray: {obj.dtype} can't become {dtype} without a copy")
        if changes:
            return astype(obj, dtype)
        return clone(obj) if copy else obj
    array = array_from(obj, dtype, copy=bool(copy))
    if copy is False and array is not obj:
        raise ValueError(f"asarray: {type(obj).__name__} can't become a tensor without a copy")
    return wrap(array)


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Returns the numbers from `start` (0 if only one is given) up to but without `stop`, `step` apart."""
    _only_here(device)
    if stop is None:
        start, stop = 0, start
    if (stop - start) / step < 0:
        stop = start
    return creation.arange(start, stop, step, dtype=dtype)


def empty(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns a tensor with unset values."""
    _only_here(device)
    return creation.empty(shape, dtype=dtype)


def zeros(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns a tensor of zeros."""
    _only_here(device)
    return creation.zeros(shape, dtype=dtype)


def ones(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns a tensor of ones."""
    _only_here(device)
    return creation.ones(shape, dtype=dtype)


def full(shape: Shape, fill_value: float, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns a tensor of one value."""
    _only_here(device)
    return creation.full(shape, fill_value, dtype=dtype)


def empty_like(x: TensorLike, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns unset memory in the shape and dtype of `x`."""
    _only_here(device)
    return creation.empty_like(x, dtype=dtype)


def zeros_like(x: TensorLike, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns zeros in the shape and dtype of `x`."""
    _only_here(device)
    return creation.zeros_like(x, dtype=dtype)


def ones_like(x: TensorLike, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns ones in the shape and dtype of `x`."""
    _only_here(device)
    return creation.ones_like(x, dtype=dtype)


def full_like(x: TensorLike, /, fill_value: float, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns one value in the shape and dtype of `x`."""
    _only_here(device)
    return creation.full_like(x, fill_value, dtype=dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns ones on the diagonal number `k` and zeros elsewhere."""
    _only_here(device)
    return wrap(np.eye(n_rows, n_cols, k=k, dtype=creation.chosen_dtype(dtype)))


def linspace(
    start: float, stop: float, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Tensor:
    """Returns `num` numbers from `start` to `stop`, evenly apart; `stop` itself is left out if `endpoint` is false."""
    _only_here(device)
    return wrap(np.linspace(start, stop, num, endpoint=endpoint).astype(creation.chosen_dtype(dtype)))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Returns a tensor in the memory of an object that speaks DLPack, or in a copy of it."""
    _only_here(device)
    result = _from_dlpack(x)
    return clone(result) if copy else result


def meshgrid(*arrays: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """Returns coordinate matrices of coordinate vectors."""
    from ..ops.joining import meshgrid as grid

    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    return list(grid(*arrays, indexing=indexing))


def broadcast_arrays(*arrays: TensorLike) -> list[Tensor]:
    """Returns the tensors, each broadcast to the shape of all together."""
    from ..ops.shape import broadcast_tensors

    return list(broadcast_tensors(*arrays))
