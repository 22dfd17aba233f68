"""Which elements occur, and how often: unique values, modes, histograms, counts of integers.

No gradient flows, but for the elements that are returned themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import common_dtype, is_float, kind, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from .axes import keeps_axes, key_along, one_axis, one_axis_argument
from .indexing import _place, parse_key
from .portable import scatter_add
from .reductions import ValuesIndices
from .shape import reshape
from .sorting import elements_at

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def isin(
    elements: TensorLike, test_elements: TensorLike, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Returns whether each of `elements` is among `test_elements`, or with `invert` whether it is not.

    `assume_unique` is taken for PyTorch's sake. NaN is equal to nothing.
    """
    wanted, among = edge_of(elements).array, edge_of(test_elements).array
    xp = namespace(wanted)
    dtype = common_dtype((wanted, among))
    if dtype is not None:
        wanted, among = xp.astype(wanted, dtype), xp.astype(among, dtype)
    row = xp.sort(xp.reshape(among, (-1,)))
    if not row.shape[0]:
        found = xp.zeros(wanted.shape, dtype=xp.bool)
    else:
        places = xp.searchsorted(row, xp.reshape(wanted, (-1,)))
        places = xp.minimum(places, xp.asarray(row.shape[0] - 1, dtype=places.dtype))
        found = xp.reshape(xp.take(row, places, axis=0), wanted.shape) == wanted
    return wrap(xp.asarray(xp.logical_not(found) if invert else found))


def _most_frequent(xp: Any, x: Any, *, axis: int) -> Any:
    """Returns where the last of the most frequent elements stands along an axis; of several values the smallest."""
    order = xp.argsort(x, axis=axis, stable=True)
    size = x.shape[axis]
    ordered = xp.moveaxis(xp.take_along_axis(x, order, axis=axis), axis, -1)
    places = xp.arange(1, size + 1, dtype=xp.int64)
    starts = ordered[..., 1:] != ordered[..., :-1]
    starts = xp.concat([xp.ones((*ordered.shape[:-1], 1), dtype=xp.bool), starts], axis=-1)
    # How long each run has grown: its place, counted from the last start, which is the largest so far.
    begun = xp.where(starts, places, xp.zeros_like(places))
    shift = 1
    while shift < size:
        begun = xp.concat([begun[..., :shift], xp.maximum(begun[..., shift:], begun[..., :-shift])], axis=-1)
        shift *= 2
    best = xp.argmax(places - begun, axis=-1, keepdims=True)
    return xp.take_along_axis(order, xp.moveaxis(best, -1, axis), axis=axis)


_mode = Operation(
    "mode_indices",
    _most_frequent,
    None,
    notation="place of the most frequent",
    words={"y": "where, along the axis, the element stands that occurs most often"},
    word="place of mode",
)


def mode(
    x: TensorLike, dim: int = -1, keepdim: bool = False, *, axis: int | None = None, keepdims: bool | None = None
) -> ValuesIndices:
    """Returns the most frequent element along an axis, of equally frequent ones the smallest, and where it last stood.

    The gradient goes to the element that was taken. Raises ShapeError if there is none.
    """
    keep = keeps_axes("mode", keepdim, keepdims)
    x = edge_of(x)
    at = one_axis("mode", dim if axis is None else one_axis_argument("mode", None, axis), x.shape)
    row = x if x.ndim else reshape(x, 1)
    if row.shape[at] == 0:
        raise ShapeError(f"mode: no element to take of shape {tuple(x.shape)}")
    places = _mode(row, axis=at)
    found = ValuesIndices(elements_at(row, places, at), places)
    shape = tuple(x.shape) if not x.ndim else (*x.shape[:at], *((1,) if keep else ()), *x.shape[at + 1 :])
    return ValuesIndices(reshape(found.values, shape), reshape(found.indices, shape))


def unique_consecutive(
    x: TensorLike,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
    *,
    axis: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """Returns the elements, or the slices along an axis, without those that repeat the one before.

    With `return_inverse` also the place of each among the results, with `return_counts` also how long each run is.
    """
    array = edge_of(x).array
    xp = namespace(array)
    wanted = one_axis_argument("unique_consecutive", dim, axis)
    shape: tuple[int, ...] = tuple(array.shape)
    if wanted is None:
        array, at = xp.reshape(array, (-1,)), 0
    else:
        at = one_axis("unique_consecutive", wanted, shape)
        shape = (shape[at],)
    size = array.shape[at]
    changes = array[key_along(at, slice(1, None))] != array[key_along(at, slice(0, -1))]
    others = tuple(i for i in range(array.ndim) if i != at)
    starts = xp.concat([xp.ones(min(size, 1), dtype=xp.bool), xp.any(changes, axis=others) if others else changes])
    (places,) = xp.nonzero(starts)
    result = [wrap(xp.take(array, places, axis=at))]
    if return_inverse:
        inverse = xp.cumulative_sum(xp.astype(starts, xp.int64)) - 1
        result.append(wrap(xp.reshape(inverse, shape)))
    if return_counts:
        ends = xp.concat([places, xp.asarray([size], dtype=places.dtype)])
        result.append(wrap(ends[1:] - ends[:-1]) if size else wrap(places))
    return result[0] if len(result) == 1 else tuple(result)


def histc(x: TensorLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Returns how many elements fall into each of `bins` equal intervals from `min` to `max`, in the dtype of `x`.

    Where `min` equals `max` they are the smallest and the largest element. Others, and NaN, are not counted.
    """
    x = edge_of(x)
    if not is_float(x.array):
        x = x.float()
    if bins < 1 or min > max:
        raise ArgumentError(f"histc: bins={bins} must be positive, and min={min} not above max={max}")
    xp = namespace(x.array)
    row = xp.reshape(x.array, (-1,))
    low, high = float(min), float(max)
    if low == high and math.prod(row.shape):
        low, high = float(xp.min(row)), float(xp.max(row))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ArgumentError(f"histc: the range from {low} to {high} is not finite: give min and max")
    if low == high:
        low, high = low - 1, high + 1
    row = row[(row >= low) & (row <= high)]
    places = xp.astype((row - low) / (high - low) * bins, xp.int64)
    places = xp.minimum(places, xp.asarray(bins - 1, dtype=xp.int64))
    return wrap(scatter_add(xp, (bins,), places, xp.ones_like(row)))


def bincount(x: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """Returns how often each number from 0 on occurs in a vector, or the sum of its weights."""
    places = edge_of(x)
    xp = namespace(places.array)
    if kind(xp, places.dtype) == 1:
        places = places.long()  # uint8 would be a mask
    if kind(xp, places.dtype) != 1 or places.ndim != 1 or (places.shape[0] and int(xp.min(places.array)) < 0):
        raise ShapeError(f"bincount is for vectors of integers from 0 on, not for {places.dtype} {tuple(places.shape)}")
    count = max(minlength, int(xp.max(places.array)) + 1 if places.shape[0] else 0)
    form, indices = parse_key(places)
    values = edge_of(weights) if weights is not None else wrap(xp.ones_like(places.array, dtype=xp.int64))
    if weights is not None and not is_float(values.array):
        values = values.to("float64")
    if values.shape != places.shape:
        raise ShapeError(
            f"bincount: weights of shape {tuple(values.shape)} don't fit the vector of shape {tuple(places.shape)}"
        )
    return _place(values, *indices, form=form, shape=(count,))
