"""Shape, order and choice of elements, with the standard's names and arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.edge import edge_of
from ..graph.errors import ShapeError
from ..ops import arrangement, joining, sorting, splitting
from ..ops import shape as shapes
from ..ops.axes import key_along, one_axis
from ..ops.indexing import getitem
from ..tensor import Tensor, TensorLike


def reshape(x: TensorLike, /, shape: Sequence[int], *, copy: bool | None = None) -> Tensor:
    """Returns the same elements in another shape; one size may be -1."""
    result = shapes.reshape(x, tuple(shape) if not isinstance(shape, int) else shape)
    return shapes.clone(result) if copy else result


def permute_dims(x: TensorLike, /, axes: Sequence[int]) -> Tensor:
    """Returns the axes in another order."""
    return shapes.permute(x, tuple(axes))


def matrix_transpose(x: TensorLike, /) -> Tensor:
    """Returns the last two axes exchanged."""
    return shapes.transpose(x, -2, -1)


def moveaxis(x: TensorLike, source: Any, destination: Any, /) -> Tensor:
    """Returns axes moved to other places; the rest keep their order."""
    return shapes.movedim(x, source, destination)


def expand_dims(x: TensorLike, /, axis: int | tuple[int, ...] = 0) -> Tensor:
    """Returns `x` with a new axis of size 1."""
    return shapes.unsqueeze(x, axis=axis)


def squeeze(x: TensorLike, /, axis: int | tuple[int, ...]) -> Tensor:
    """Returns `x` without the named axes. Raises ShapeError if one of them is not of size 1."""
    x = edge_of(x)
    for number in (axis,) if isinstance(axis, int) else axis:
        if x.shape[one_axis("squeeze", number, x.shape)] != 1:
            raise ShapeError(f"squeeze: axis {number} of shape {tuple(x.shape)} is not of size 1")
    return shapes.squeeze(x, axis=axis)


def broadcast_to(x: TensorLike, /, shape: Sequence[int]) -> Tensor:
    """Returns `x` repeated to a shape."""
    return shapes.broadcast_to(x, tuple(shape))


def concat(arrays: Sequence[TensorLike], /, *, axis: int | None = 0) -> Tensor:
    """Returns tensors one after the other along an axis; flattened first if it is None."""
    if axis is None:
        arrays, axis = [shapes.reshape(array, -1) for array in arrays], 0
    return joining.concat(arrays, axis=axis)


def stack(arrays: Sequence[TensorLike], /, *, axis: int = 0) -> Tensor:
    """Returns tensors of one shape side by side along a new axis."""
    return joining.stack(arrays, axis=axis)


def unstack(x: TensorLike, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Returns the slices along an axis."""
    return splitting.unbind(x, axis=axis)


def flip(x: TensorLike, /, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Returns the elements in reverse order along axes, all if None."""
    x = edge_of(x)
    return arrangement.flip(x, axis=tuple(range(x.ndim)) if axis is None else axis)


def roll(x: TensorLike, /, shift: Any, *, axis: Any = None) -> Tensor:
    """Returns the elements moved along axes; those that fall off come in again at the other end."""
    return arrangement.roll(x, shift, axis)


def tile(x: TensorLike, repetitions: tuple[int, ...], /) -> Tensor:
    """Returns `x` repeated along each axis, as often as `repetitions` says."""
    return arrangement.tile(x, repetitions)


def repeat(x: TensorLike, repeats: Any, /, *, axis: int | None = None) -> Tensor:
    """Returns each element repeated where it stands."""
    return arrangement.repeat_interleave(x, repeats, axis=axis)


def take(x: TensorLike, indices: TensorLike, /, *, axis: int | None = None) -> Tensor:
    """Returns the slices of `x` at `indices` along an axis."""
    x = edge_of(x)
    number = one_axis("take", 0 if axis is None and x.ndim == 1 else axis, x.shape)
    return getitem(x, key_along(number, edge_of(indices).long()))  # of uint8 they would be a mask


def take_along_axis(x: TensorLike, indices: TensorLike, /, *, axis: int = -1) -> Tensor:
    """Returns the elements of `x` at `indices` along an axis; the other axes are broadcast."""
    x, places = edge_of(x), edge_of(indices).long()
    number = one_axis("take_along_axis", axis, x.shape)
    sizes = list(
        shapes.broadcast_shapes(*(tuple(1 if i == number else n for i, n in enumerate(t.shape)) for t in (x, places)))
    )
    sizes[number] = places.shape[number]
    places = shapes.broadcast_to(places, tuple(sizes))
    sizes[number] = x.shape[number]
    return sorting.elements_at(shapes.broadcast_to(x, tuple(sizes)), places, number)


def sort(x: TensorLike, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Returns the elements in order along an axis."""
    return sorting.sort(x, descending=descending, stable=stable, axis=axis).values


def argsort(x: TensorLike, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Returns the indices that sort along an axis."""
    return sorting.argsort(x, descending=descending, stable=stable, axis=axis)


def searchsorted(x1: TensorLike, x2: TensorLike, /, *, side: str = "left", sorter: TensorLike | None = None) -> Tensor:
    """Returns the indices in the sorted `x1` at which the elements of `x2` could be inserted in order."""
    row = edge_of(x1)
    if sorter is not None:
        row = getitem(row, edge_of(sorter).long())
    return sorting.searchsorted(row, x2, side=side)


def nonzero(x: TensorLike, /) -> tuple[Tensor, ...]:
    """Returns the indices of the elements that are not 0: one tensor for each axis."""
    from ..graph.arrays import namespace
    from ..graph.edge import wrap

    array = edge_of(x).array
    return tuple(wrap(places) for places in namespace(array).nonzero(array))
