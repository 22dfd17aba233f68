"""Tensors laid out in a row, in blocks and in pairs, and taken apart in PyTorch's further ways."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import kind, namespace
from ..graph.errors import ArgumentError, DTypeError, IndexingError, InPlaceError, ShapeError
from ..graph.operation import edge_of, wrap
from ..graph.views import note_view
from .arrangement import atleast_1d, atleast_2d, meshgrid, split, tensors_among
from .axes import along, one_axis, sizes
from .indexing import _setitem, getitem, parse_key
from .linear_algebra import diag
from .padding import _pad
from .reductions import sum, summable
from .shape import broadcast_shapes, concat, flatten, movedim, reshape, stack

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def ravel(x: TensorLike) -> Tensor:
    """All elements in one row."""
    return flatten(x)


def atleast_3d(x: TensorLike, *others: TensorLike) -> Any:
    """`x` with at least three axes: a row lies along the second, a matrix along the first two. Of several, a tuple."""
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_3d(part) for part in several)
    x = edge_of(x)
    shape = tuple(x.shape)
    return x if x.ndim > 2 else reshape(x, (*shape, 1) if x.ndim == 2 else (1, *shape, 1) if shape else (1, 1, 1))


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors one behind another: along the third axis."""
    return concat([atleast_3d(x) for x in tensors], 2)


def tensor_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Pieces along an axis: a number of them, the first ones larger by one, or cut before each index listed."""
    x = edge_of(x)
    at = one_axis("tensor_split", dim if axis is None else axis, x.shape)
    if x.ndim == 0:
        raise ShapeError("tensor_split: a 0-d tensor has no axis to take apart")
    whole = x.shape[at]
    given: Any = indices_or_sections.tolist() if hasattr(indices_or_sections, "tolist") else indices_or_sections
    if isinstance(given, (list, tuple)):
        cuts = [0, *given, whole]
    else:
        if given < 1:
            raise ArgumentError(f"tensor_split: the number of pieces must be positive, not {given}")
        part, larger = divmod(whole, given)
        cuts = [i * part + min(i, larger) for i in range(given + 1)]
    return tuple(getitem(x, along(at, slice(*slice(a, b).indices(whole)))) for a, b in itertools.pairwise(cuts))


def _split_along(name: str, x: TensorLike, parts: int | Sequence[int], axis: int, least: int) -> tuple[Tensor, ...]:
    x = edge_of(x)
    if x.ndim < least:
        raise ShapeError(f"{name}: needs at least {least} axes, not shape {tuple(x.shape)}")
    if isinstance(parts, int) and (parts < 1 or x.shape[axis] % parts):
        raise ShapeError(f"{name}: axis {axis} of shape {tuple(x.shape)} has no {parts} equal pieces")
    return tensor_split(x, parts, axis)


def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or pieces cut before each index, along the second axis; of a row along its only one."""
    x = edge_of(x)
    return _split_along("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1, 1)


def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or pieces cut before each index, along the first axis of at least two."""
    return _split_along("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or pieces cut before each index, along the third axis."""
    return _split_along("dsplit", x, indices_or_sections, 2, 3)


def split_with_sizes(x: TensorLike, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of the sizes listed along an axis."""
    return split(x, list(split_sizes), dim)


def diagflat(x: TensorLike, offset: int = 0) -> Tensor:
    """The matrix that has all elements of `x`, laid out in a row, on a diagonal."""
    return diag(flatten(x), offset)


def block_diag(*tensors: TensorLike) -> Tensor:
    """The matrix with matrices along its diagonal and zeros elsewhere; a row counts as a matrix of one row."""
    blocks = [atleast_2d(x) for x in tensors]
    if any(block.ndim > 2 for block in blocks):
        raise ShapeError(f"block_diag: takes matrices, not shapes {', '.join(str(tuple(b.shape)) for b in blocks)}")
    width = 0
    for block in blocks:
        width += block.shape[1]
    rows, before = [], 0
    for block in blocks:
        after = width - before - block.shape[1]
        rows.append(_pad(block, 0, widths=((0, 0), (before, after))))
        before += block.shape[1]
    return concat(rows)


def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """Every way to take one element of each row, a way for each row of the result; of a single row, that row."""
    if len(tensors) == 1:
        row: Tensor = atleast_1d(tensors[0])
        return row
    return stack([flatten(grid) for grid in meshgrid(*tensors)], -1)


def combinations(x: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every way to take `r` elements of a row, in order, a way for each row of the result.

    With `with_replacement` an element may be taken more than once.
    """
    x = edge_of(x)
    if x.ndim != 1 or r < 0:
        raise ShapeError(f"combinations: takes r ≥ 0 elements of a row, not {r} of shape {tuple(x.shape)}")
    if r == 0:
        return getitem(x, slice(0, 0))
    ways = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    xp = namespace(x.array)
    places = xp.reshape(xp.asarray(list(ways(range(x.shape[0]), r)), dtype=xp.int64), (-1, r))
    return getitem(x, wrap(places))


def unravel_index(indices: TensorLike, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The index along each axis of elements that are numbered in a flat row. No gradient flows."""
    places = edge_of(indices)
    xp = namespace(places.array)
    if kind(xp, places.dtype) != 1:
        raise DTypeError(f"unravel_index: the indices must hold integers, not {places.dtype}")
    wanted = sizes("unravel_index", (shape,))
    whole = math.prod(wanted)
    array = xp.astype(places.array, xp.int64)
    if math.prod(array.shape) and (int(xp.min(array)) < -whole or int(xp.max(array)) >= whole):
        raise IndexingError(f"unravel_index: an index is out of range for shape {wanted} with {whole} elements")
    array = xp.where(array < 0, array + whole, array)
    return tuple(
        wrap(array // math.prod(wanted[i + 1 :]) % size) if size else wrap(array) for i, size in enumerate(wanted)
    )


def unfold_axis(x: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """The windows of `size` elements along an axis, `step` apart; their elements lie along a new last axis."""
    x = edge_of(x)
    at = one_axis("unfold", dimension, x.shape)
    length = x.shape[at] if x.ndim else 1
    if not 0 <= size <= length or step < 1:
        raise ShapeError(
            f"unfold: windows of {size} elements, {step} apart, don't fit into axis {at} of shape {tuple(x.shape)}"
        )
    if x.ndim == 0:
        return reshape(x, (1,))[:size]
    how = {"axis": at, "size": size, "step": step}
    y = _show_windows(x, **how)
    note_view(y, x, _show_windows, _put_windows, how)
    return y


def _along_windows(x: Tensor, axis: int, size: int, step: int) -> tuple[Any, ...]:
    """The key that gives the elements of each window along an axis, in an axis of their own behind it."""
    xp = namespace(x.array)
    starts = xp.reshape(xp.arange(0, x.shape[axis] - size + 1, step, dtype=xp.int64), (-1, 1))
    return along(axis, wrap(starts + xp.arange(size, dtype=xp.int64)))


def _show_windows(x: Tensor, *, axis: int, size: int, step: int) -> Tensor:
    y = movedim(getitem(x, _along_windows(x, axis, size, step)), axis + 1, -1)
    array = x.array
    if hasattr(array, "flags") and size:
        # In NumPy's memory they are a view, as in PyTorch, where index arrays would give a copy.
        sliding = namespace(array).lib.stride_tricks.sliding_window_view(array, size, axis, writeable=True)
        y.array = sliding[along(axis, slice(None, None, step))]
        y.array.flags.writeable = bool(array.flags.writeable and (step >= size or y.shape[axis] < 2))
    return y


def _put_windows(x: Tensor, part: Tensor, *, axis: int, size: int, step: int) -> Tensor:
    if step < size and part.shape[axis] > 1:
        raise InPlaceError(
            f"unfold: windows of {size} elements, {step} apart, show the same elements several times, so they can't be "
            "changed in place: take a copy first, x.clone()"
        )
    form, indices = parse_key(_along_windows(x, axis, size, step), x)
    return _setitem(x, movedim(part, -1, axis + 1), *indices, form=form)


def sum_to_size(x: TensorLike, *size: int | Sequence[int]) -> Tensor:
    """Summed over the axes along which `size` would have to be repeated to give the shape of `x`."""
    x = edge_of(x)
    wanted, shape = sizes("sum_to_size", size), tuple(x.shape)
    if len(wanted) > len(shape) or broadcast_shapes(wanted, shape) != shape:
        raise ShapeError(f"sum_to_size: size {wanted} does not expand to the shape {shape}")
    extra = len(shape) - len(wanted)
    axes = [*range(extra), *(i + extra for i, n in enumerate(wanted) if n == 1 and shape[i + extra] != 1)]
    return reshape(sum(x, dim=tuple(axes)), wanted) if axes else summable(x, None)
