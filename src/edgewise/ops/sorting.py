"""Order: sorting, ranking, and searching in what is sorted.

NaN counts as larger than every number. Where a function returns elements, gradients flow to where they stood.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .axes import keeps_axes, key_along, one_axis, one_axis_argument
from .indexing import getitem, grid
from .reductions import ValuesIndices
from .shape import reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _ranks(xp: Any, x: Any, *, axis: int, descending: bool) -> Any:
    if not descending:
        return xp.argsort(x, axis=axis, stable=True)
    # Equal elements must keep their order: sorted from the back, they come out in reverse of the reverse.
    places = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=True)
    return x.shape[axis] - 1 - xp.flip(places, axis=axis)


_argsort = Operation(
    "argsort",
    _ranks,
    None,
    notation="places in order",
    words={"y": "x₍ᵢ₎ is the i-th smallest element along the axis, and j is where it stands"},
    example=Example((6,), axis=0, descending=False),
    word="order",
)


def elements_at(x: Tensor, places: Tensor, axis: int) -> Tensor:
    """Returns the elements of `x` at `places` along an axis; all other sizes agree."""
    return getitem(x, grid(places, axis))


def _row(name: str, x: TensorLike, dim: Any, axis: Any) -> tuple[Tensor, int, bool]:
    """Returns the tensor with at least one axis, the axis (by default the last), and whether the tensor was 0-d."""
    x = edge_of(x)
    wanted = one_axis_argument(name, dim, axis)
    at = one_axis(name, -1 if wanted is None else wanted, x.shape)
    return (x, at, False) if x.ndim else (reshape(x, 1), 0, True)


def _scalar_again(y: Tensor, scalar: bool) -> Tensor:
    return reshape(y, ()) if scalar else y


def sort(
    x: TensorLike,
    dim: int | None = None,
    descending: bool = False,
    stable: bool = True,
    *,
    axis: int | None = None,
) -> ValuesIndices:
    """Sorts along an axis (the last by default), and returns elements and where each one stood.

    Equal elements always keep their order, which PyTorch promises only with `stable`.
    """
    x, at, scalar = _row("sort", x, dim, axis)
    places = _argsort(x, axis=at, descending=descending)
    return ValuesIndices(_scalar_again(elements_at(x, places, at), scalar), _scalar_again(places, scalar))


def argsort(
    x: TensorLike,
    dim: int | None = None,
    descending: bool = False,
    stable: bool = True,
    *,
    axis: int | None = None,
) -> Tensor:
    """Returns where the sorted elements stand along an axis (the last by default); equal ones keep their order."""
    x, at, scalar = _row("argsort", x, dim, axis)
    return _scalar_again(_argsort(x, axis=at, descending=descending), scalar)


def msort(x: TensorLike) -> Tensor:
    """Returns the elements in order along the first axis."""
    return sort(x, 0).values


def topk(
    x: TensorLike,
    k: int,
    dim: int | None = None,
    largest: bool = True,
    sorted: bool = True,
    *,
    axis: int | None = None,
) -> ValuesIndices:
    """Returns the `k` largest elements along an axis (the last by default), or smallest, and where they stood.

    They come in order, the most extreme first; with ``sorted=False`` PyTorch leaves the order open. Raises ShapeError
    if there are fewer.
    """
    x, at, scalar = _row("topk", x, dim, axis)
    _check_rank("topk", k, x, at, 0)
    places = getitem(_argsort(x, axis=at, descending=largest), key_along(at, slice(0, k)))
    values = elements_at(x, places, at)
    return ValuesIndices(_scalar_again(values, scalar and k == 1), _scalar_again(places, scalar and k == 1))


def kthvalue(
    x: TensorLike,
    k: int,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> ValuesIndices:
    """Returns the `k`-th smallest element along an axis (the last by default), counted from 1, and where it stood."""
    x, at, scalar = _row("kthvalue", x, dim, axis)
    _check_rank("kthvalue", k, x, at, 1)
    return ranked_element(x, k - 1, at, scalar, keeps_axes("kthvalue", keepdim, keepdims))


def ranked_element(x: Tensor, rank: Any, axis: int, scalar: bool, keep: bool) -> ValuesIndices:
    """Returns the element of a rank, counted from 0, along an axis, and where it stood.

    `rank` is a number, or a tensor of one rank for each row, with size 1 along the axis.
    """
    order = _argsort(x, axis=axis, descending=False)
    if isinstance(rank, int):
        places = getitem(order, key_along(axis, slice(rank, rank + 1)))
    else:
        places = elements_at(order, rank, axis)
    values = elements_at(x, places, axis)
    if scalar:
        return ValuesIndices(reshape(values, ()), reshape(places, ()))
    if keep:
        return ValuesIndices(values, places)
    return ValuesIndices(getitem(values, key_along(axis, 0)), getitem(places, key_along(axis, 0)))


def _check_rank(name: str, k: int, x: Tensor, axis: int, least: int) -> None:
    if not least <= k <= x.shape[axis]:
        raise ShapeError(
            f"{name}: k={k} is out of range for axis {axis} of shape {tuple(x.shape)}: "
            f"it must be from {least} to {x.shape[axis]}"
        )


def unique(
    x: TensorLike,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """Returns the different elements, in order, or the different slices along an axis; no gradient flows to them.

    With `return_inverse` also the place of each element (or slice) of `x` among them, in the shape of `x`; with
    `return_counts` also how often each occurs. With ``sorted=False`` PyTorch leaves the order open.
    """
    array = edge_of(x).array
    xp = namespace(array)
    if dim is not None and array.ndim:
        return _unique_slices(xp, array, one_axis("unique", dim, array.shape), return_inverse, return_counts)
    if not return_inverse and not return_counts:
        return wrap(_in_order(xp, xp.unique_values(array)))
    values, _, inverse, counts = xp.unique_all(array)
    order = xp.argsort(values)
    rank = xp.argsort(order)
    inverse = xp.reshape(xp.take(rank, xp.reshape(inverse, (-1,)), axis=0), tuple(array.shape))
    result = [xp.take(values, order, axis=0)]
    result += [inverse] if return_inverse else []
    result += [xp.take(counts, order, axis=0)] if return_counts else []
    return tuple(wrap(part) for part in result)


def _unique_slices(xp: Any, array: Any, axis: int, inverse: bool, counts: bool) -> Tensor | tuple[Tensor, ...]:
    """Returns the different slices along an axis, ordered by their first elements, then their second, and so on."""
    rows = xp.moveaxis(array, axis, 0)
    rows = xp.reshape(rows, (rows.shape[0], math.prod(rows.shape[1:])))
    order = xp.arange(rows.shape[0], dtype=xp.int64)
    for column in range(rows.shape[1] - 1, -1, -1):
        order = xp.take(order, xp.argsort(xp.take(rows[:, column], order, axis=0), stable=True), axis=0)
    ordered = xp.take(rows, order, axis=0)
    changes = xp.any(ordered[1:, :] != ordered[:-1, :], axis=1)
    starts = xp.concat([xp.ones((min(rows.shape[0], 1),), dtype=xp.bool), changes])
    (places,) = xp.nonzero(starts)
    result = [xp.take(array, xp.take(order, places, axis=0), axis=axis)]
    if inverse:
        ranks = xp.cumulative_sum(xp.astype(starts, xp.int64)) - 1
        result.append(xp.take(ranks, xp.argsort(order), axis=0))
    if counts:
        ends = xp.concat([places, xp.asarray([rows.shape[0]], dtype=places.dtype)])
        result.append(ends[1:] - ends[:-1] if rows.shape[0] else places)
    return wrap(result[0]) if len(result) == 1 else tuple(wrap(part) for part in result)


def _in_order(xp: Any, values: Any) -> Any:
    return xp.sort(values)


_FEW_PAIRS = 64


def _place_in_rows(xp: Any, row: Any, values: Any, *, right: bool) -> Any:
    """Returns how many elements of its row each value stands behind."""
    count, wanted = row.shape[-1], values.shape[-1]
    if count * wanted <= _FEW_PAIRS:
        row, values = xp.expand_dims(row, axis=-2), xp.expand_dims(values, axis=-1)
        before = row <= values if right else row < values
        return xp.sum(xp.astype(before, xp.int64), axis=-1)
    # Sorted together, a value has so many elements of the row ahead of it.
    order = xp.argsort(xp.concat([row, values] if right else [values, row], axis=-1), axis=-1, stable=True)
    ahead = xp.cumulative_sum(xp.astype(order < count if right else order >= wanted, xp.int64), axis=-1)
    ahead = xp.take_along_axis(ahead, xp.argsort(order, axis=-1, stable=True), axis=-1)
    return ahead[..., count:] if right else ahead[..., :wanted]


_searchsorted = Operation(
    "searchsorted",
    lambda xp, row, values, *, right: xp.searchsorted(row, values, side="right" if right else "left"),
    None,
    None,
    promotes=True,
    notation="places in a sorted row",
    words={"y": "how many elements of the row are smaller"},
    example=Example((6,), (4,), right=False),
    word="places in row",
)
_searchsorted_rows = Operation(
    "searchsorted",
    _place_in_rows,
    None,
    None,
    promotes=True,
    example=Example((6,), (4,), right=False),
    word="places in row",
)


def searchsorted(
    sorted_sequence: TensorLike,
    values: TensorLike,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: TensorLike | None = None,
) -> Tensor:
    """Returns where each of `values` would have to stand in a sorted row so that it stays sorted.

    Of the possible places it is the first, or with `right` (or ``side="right"``) the last. A `sorted_sequence` of
    several axes holds one row for each row of `values`. If it is not sorted yet, `sorter` has the indices that sort
    it. The places are int64, or int32 if `out_int32`.

    Raises ShapeError if the rows don't match, and ArgumentError for another `side` or one that contradicts `right`.
    """
    row, wanted = edge_of(sorted_sequence), edge_of(values)
    if side not in (None, "left", "right"):
        raise ArgumentError(f"searchsorted: side is {side!r}; it must be 'left' or 'right'")
    if right and side == "left":
        raise ArgumentError("searchsorted: right=True and side='left' contradict each other: give one of them")
    if sorter is not None:
        order = edge_of(sorter).long()
        if tuple(order.shape) != tuple(row.shape):
            raise ShapeError(
                f"searchsorted: sorter has shape {tuple(order.shape)}; it must have that of the sequence, "
                f"{tuple(row.shape)}"
            )
        row = elements_at(row, order, row.ndim - 1)
    if row.ndim == 0 or (row.ndim > 1 and tuple(row.shape[:-1]) != tuple(wanted.shape[:-1])):
        raise ShapeError(
            f"searchsorted: rows of shape {tuple(row.shape)} don't match values of shape {tuple(wanted.shape)}: "
            "give one row, or one for each row of values"
        )
    places = (_searchsorted if row.ndim == 1 else _searchsorted_rows)(row, wanted, right=right or side == "right")
    return places.to("int32") if out_int32 else places


def bucketize(x: TensorLike, boundaries: TensorLike, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Returns the bucket between sorted `boundaries` of each element: :func:`searchsorted` the other way round."""
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)
