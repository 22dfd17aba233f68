"""Elements picked out and put back by index tensors and masks, under PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import is_float, kind, namespace
from ..graph.edge import Edge, edge_of, wrap
from ..graph.errors import DTypeError, IndexingError, ShapeError
from .arithmetic import add, multiply
from .axes import key_along, one_axis, one_axis_argument
from .creation import arange, demand_range, on_processor
from .indexing import _getitem, _place, _setitem, getitem, grid, parse_key
from .naming import broadcasts, misfit
from .reductions import count_nonzero
from .selection import where as select
from .shape import broadcast_shapes, broadcast_to, clone, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _indices(name: str, index: TensorLike, size: int, axis: int, x: Tensor, from_end: bool = False) -> Tensor:
    """Returns an index tensor, of int64 if it was of uint8, which in a key would be a mask.

    Raises DTypeError unless it holds integers, and IndexingError if one is out of range. Negative numbers are, unless
    they count `from_end`.
    """
    places = edge_of(index)
    xp = namespace(places.array)
    if kind(xp, places.dtype) != 1:
        raise DTypeError(f"{name}: the index must hold integers, not {places.dtype}: use .long()")
    if math.prod(places.shape):
        least, most = int(xp.min(places.array)), int(xp.max(places.array))
        bottom = -size if from_end else 0
        if least < bottom or most >= size:
            wrong = least if least < bottom else most
            where = f"axis {axis} with {size} elements" if x.ndim and size == x.shape[axis] else f"{size} elements"
            hint = ": it does not count from the end" if -size <= wrong < 0 else ""
            raise IndexingError(
                f"{name}: index {wrong} is out of range for {where}{hint} "
                f"[input: {tuple(x.shape)}, index: {tuple(places.shape)}]"
            )
    return places.long() if str(places.dtype).rpartition(".")[2] == "uint8" else places


def _row(x: Tensor) -> Tensor:
    """Returns a tensor with at least one axis."""
    return x if x.ndim else reshape(x, (1,))


def _in_shape(y: Tensor, shape: Sequence[int]) -> Tensor:
    """Returns `y`, without the axis that :func:`_row` may have given it."""
    return y if len(y.shape) == len(shape) else reshape(y, tuple(shape))


def _arguments(name: str, x: TensorLike, dim: int, index: TensorLike) -> tuple[Tensor, int, Tensor]:
    x = edge_of(x)
    axis = one_axis(name, dim, x.shape)
    places = _indices(name, index, x.shape[axis] if x.ndim else 1, axis, x)
    if max(places.ndim, 1) != max(x.ndim, 1):
        raise ShapeError(
            f"{name}: the index has shape {tuple(places.shape)}; it needs the {x.ndim} axes of {tuple(x.shape)}"
        )
    if any(places.shape[i] > x.shape[i] for i in range(x.ndim) if i != axis):
        raise ShapeError(
            f"{name}: the index, of shape {tuple(places.shape)}, must not be larger than {tuple(x.shape)} along the "
            f"axes other than {axis}"
        )
    return _row(x), axis, _row(places)


def _picks_nothing(name: str, x: TensorLike, dim: int, index: TensorLike) -> bool:
    """Returns whether an index has no elements, so that its shape says nothing. Raises for what is no axis or index."""
    if math.prod(edge_of(index).shape):
        return False
    axis = one_axis(name, dim, edge_of(x).shape)
    _indices(name, index, 0, axis, edge_of(x))
    return True


def gather(x: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """Returns elements of `x` along an axis, in `index`'s shape: ``out[i, j] = x[index[i, j], j]`` for ``dim=0``.

    Raises IndexingError for an index out of range, which negative ones are, and ShapeError if `index` does not have
    the axes of `x`. An index without elements may have any.
    """
    index = edge_of(index)
    if _picks_nothing("gather", x, dim, index):
        return reshape(getitem(reshape(x, -1), slice(0, 0)), tuple(index.shape))
    row, axis, places = _arguments("gather", x, dim, index)
    return _in_shape(getitem(row, grid(places, axis)), index.shape)


def take_along_dim(x: TensorLike, indices: TensorLike, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """Applies :func:`gather` with the other axes broadcast; without `dim`, to the flattened `x`."""
    x, places = edge_of(x), edge_of(indices)
    number = one_axis_argument("take_along_dim", dim, axis)
    if number is None:
        return getitem(reshape(x, -1), _indices("take_along_dim", reshape(places, -1), math.prod(x.shape), 0, x, True))
    at = one_axis("take_along_dim", number, x.shape)
    if places.ndim != x.ndim:
        raise ShapeError(
            f"take_along_dim: the indices have shape {tuple(places.shape)}; they need the {x.ndim} axes of "
            f"{tuple(x.shape)}, of size 1 where they are to be repeated"
        )
    others = broadcast_shapes(*(tuple(1 if i == at else n for i, n in enumerate(t.shape)) for t in (x, places)))
    places = _indices("take_along_dim", places, x.shape[at] if x.ndim else 1, at, x, True)
    places = broadcast_to(places, tuple(places.shape[at] if i == at else n for i, n in enumerate(others)))
    x = broadcast_to(x, tuple(x.shape[at] if i == at else n for i, n in enumerate(others)))
    return getitem(x, grid(places, at)) if x.ndim else x


def take(x: TensorLike, index: TensorLike) -> Tensor:
    """Returns the elements of the flattened `x`, in the shape of `index`."""
    x = edge_of(x)
    return getitem(reshape(x, -1), _indices("take", index, math.prod(x.shape), 0, x, True))


def index_select(x: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """Returns the slices of `x` at a vector of indices along an axis."""
    x = edge_of(x)
    axis = one_axis("index_select", dim, x.shape)
    places = _indices("index_select", index, x.shape[axis] if x.ndim else 1, axis, x)
    if places.ndim > 1 or (x.ndim == 0 and math.prod(places.shape) != 1):
        wanted = "a vector" if x.ndim else "one number for a 0-d tensor"
        raise ShapeError(f"index_select: the index must be {wanted}, not of shape {tuple(places.shape)}")
    picked = getitem(_row(x), key_along(axis, reshape(places, -1)))
    return _in_shape(picked, x.shape)


def _source(name: str, src: TensorLike, places: Tensor) -> Tensor:
    """Returns the part of `src` that belongs to the index."""
    values = edge_of(src)
    if values.ndim == 0:
        return broadcast_to(values, tuple(places.shape))
    if values.ndim != places.ndim or any(a < b for a, b in zip(values.shape, places.shape, strict=True)):
        raise ShapeError(
            f"{name}: src, of shape {tuple(values.shape)}, must be as large as the index, {tuple(places.shape)}"
        )
    return values if values.shape == places.shape else getitem(values, tuple(slice(size) for size in places.shape))


def scatter(
    x: TensorLike, dim: int, index: TensorLike, src: TensorLike | None = None, *, value: float | None = None
) -> Tensor:
    """Returns a copy of `x` with ``out[index[i, j], j] = src[i, j]`` for ``dim=0``; `src`, or `value`, may be a number.

    Where a place occurs more than once, which value it takes is left open, and so is where the gradient goes.
    """
    if (src is None) is (value is None):
        raise TypeError("scatter: give what to write as src or as value, one of the two")
    src = value if src is None else src
    assert src is not None
    if type(src) in (int, float):
        demand_range("scatter", namespace(edge_of(x).array), src, edge_of(x).dtype)
    if _picks_nothing("scatter", x, dim, index):
        return clone(x)
    row, axis, places = _arguments("scatter", x, dim, index)
    form, indices = parse_key(grid(places, axis), row)
    return _in_shape(_setitem(row, _source("scatter", src, places), *indices, form=form), edge_of(x).shape)


def scatter_add(x: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """Returns `x` plus ``src[i, j]`` at ``[index[i, j], j]`` for ``dim=0``: places that occur more than once sum."""
    if _picks_nothing("scatter_add", x, dim, index):
        return clone(x)
    row, axis, places = _arguments("scatter_add", x, dim, index)
    form, indices = parse_key(grid(places, axis), row)
    added = _place(_source("scatter_add", src, places), *indices, form=form, shape=tuple(row.shape))
    return _in_shape(add(row, added), edge_of(x).shape)


def index_add(x: TensorLike, dim: int, index: TensorLike, source: TensorLike, *, alpha: float = 1) -> Tensor:
    """Returns `x` plus `alpha` times the slices of `source` at indices along an axis; equal indices sum."""
    x = edge_of(x)
    row, source, form, indices = _slices("index_add", x, dim, index, edge_of(source))
    added = _place(source, *indices, form=form, shape=tuple(row.shape))
    return _in_shape(add(row, added if alpha == 1 else multiply(added, alpha)), x.shape)


def index_copy(x: TensorLike, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """Returns a copy of `x` with the slices at indices along an axis replaced by those of `source`."""
    x = edge_of(x)
    row, source, form, indices = _slices("index_copy", x, dim, index, edge_of(source))
    return _in_shape(_setitem(row, source, *indices, form=form), x.shape)


def index_fill(x: TensorLike, dim: int, index: TensorLike, value: TensorLike) -> Tensor:
    """Returns a copy of `x` with the slices at indices along an axis filled with a number or a 0-d tensor.

    An index that occurs more than once counts once, in the gradient of `value` too.
    """
    x = edge_of(x)
    axis = one_axis("index_fill", dim, x.shape)
    size = x.shape[axis] if x.ndim else 1
    places = _vector("index_fill", x, axis, index, from_end=True)
    xp = namespace(x.array)
    form, indices = parse_key(places, x, "index_fill")
    hit = _setitem(wrap(xp.zeros((size,), dtype=xp.bool)), True, *indices, form=form)
    hit = reshape(hit, tuple(size if i == axis else 1 for i in range(x.ndim)))
    return select(hit, _filling("index_fill", x, value), x)


def _vector(name: str, x: Tensor, axis: int, index: TensorLike, from_end: bool = False) -> Tensor:
    """Returns a vector of indices into an axis. Raises ShapeError if it has more axes."""
    places = _indices(name, index, x.shape[axis] if x.ndim else 1, axis, x, from_end)
    if places.ndim > 1:
        raise ShapeError(f"{name}: the index must be a vector, not of shape {tuple(places.shape)}")
    return _row(places)


def _slices(
    name: str, x: Tensor, dim: int, index: TensorLike, source: Tensor
) -> tuple[Tensor, Tensor, Any, list[Tensor]]:
    """Returns `x` and `source` with at least one axis, and the key of the slices of `x` at a vector of indices.

    Raises ShapeError if `source` does not have the shape of these slices.
    """
    axis = one_axis(name, dim, x.shape)
    places = _vector(name, x, axis, index)
    row = _row(x)
    wanted = (*row.shape[:axis], places.shape[0], *row.shape[axis + 1 :])
    if tuple(source.shape) != wanted and not (source.ndim == 0 and wanted == (1,)):
        raise ShapeError(
            f"{name}: for a vector of {places.shape[0]} indices into axis {axis} of {tuple(x.shape)}, the source must "
            f"have shape {wanted}, not {tuple(source.shape)}"
        )
    return row, _row(source), *parse_key(key_along(axis, places), row)


def _filling(name: str, x: Tensor, value: TensorLike) -> TensorLike:
    """Returns a number, or a 0-d tensor, in the dtype of `x`.

    Raises ShapeError for anything with axes, and DTypeError for infinity and NaN where `x` holds integers.
    """
    floats = is_float(x.array)
    if type(value) in (int, float) and floats:
        return value
    xp = namespace(x.array)
    if type(value) is int:
        demand_range(name, xp, value, x.dtype)
    filling = edge_of(value)
    if filling.ndim:
        raise ShapeError(f"{name}: value must be a number or a 0-d tensor, not of shape {tuple(filling.shape)}")
    if not floats and is_float(filling.array) and not math.isfinite(filling.item()):
        raise DTypeError(f"{name}: a tensor of {x.dtype} can't hold {filling.item()}: use .float() first")
    if not isinstance(value, Edge):
        demand_range(name, xp, filling.item(), x.dtype)
        return wrap(xp.asarray(filling.array, dtype=x.dtype))
    return filling.to(x.dtype)


def _mask(name: str, mask: TensorLike) -> Tensor:
    mask = edge_of(mask)
    if kind(namespace(mask.array), mask.dtype) != 0:
        raise DTypeError(f"{name}: the mask must hold bools, not {mask.dtype}: use .bool(), or compare with something")
    return mask


@broadcasts("x", "mask")
def masked_select(x: TensorLike, mask: TensorLike) -> Tensor:
    """Returns the elements of `x` where `mask` is true, as a vector; the two are broadcast."""
    x, mask = edge_of(x), _mask("masked_select", mask)
    shape = broadcast_shapes(x.shape, mask.shape)
    return getitem(broadcast_to(x, shape), broadcast_to(mask, shape))


def masked_fill(x: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """Returns `x` with `value`, a number or a 0-d tensor, where `mask` is true. No gradient flows to `x` there."""
    x, mask = edge_of(x), _mask("masked_fill", mask)
    try:
        return select(mask, _filling("masked_fill", x, value), x)
    except ShapeError as error:
        raise misfit("masked_fill", error, ("x", "mask"), {"x": x, "mask": mask, "value": value}) from None


def nonzero(x: TensorLike, *, as_tuple: bool = False) -> Any:
    """Returns where `x` is not 0: an (n, axes) matrix of indices, or with `as_tuple` one vector for each axis."""
    array = edge_of(x).array
    xp = namespace(array)
    places = xp.nonzero(array if array.ndim else xp.reshape(array, (1,)))
    if as_tuple:
        return tuple(wrap(part) for part in places)
    return wrap(xp.stack(places, axis=1)[:, : array.ndim])


def argwhere(x: TensorLike) -> Tensor:
    """Returns where `x` is not 0, as an (n, axes) matrix of indices."""
    return nonzero(x)  # type: ignore[no-any-return]


def where(condition: TensorLike, a: TensorLike | None = None, b: TensorLike | None = None) -> Any:
    """Returns `a` where `condition` is true and `b` elsewhere, with broadcasting; given alone, where it is true.

    ``where(condition)`` is ``nonzero(condition, as_tuple=True)``. The gradient of the branch not taken is 0 times that
    branch's derivative: if that is infinite or NaN, so is the product, so give the branch a harmless argument there,
    with a `where` inside it too.
    """
    if a is None and b is None:
        return nonzero(condition, as_tuple=True)
    if a is None or b is None:
        raise TypeError("where takes a condition alone, or a condition and two values")
    return select(condition, a, b)


def one_hot(index: TensorLike, num_classes: int = -1) -> Tensor:
    """Returns rows with a 1 at each index and else 0, as int64: (...,) becomes (..., num_classes).

    Without `num_classes` there are as many as the largest index asks for.
    """
    classes = edge_of(index)
    xp = namespace(classes.array)
    if kind(xp, classes.dtype) != 1:
        raise DTypeError(f"one_hot: the index must hold integers, not {classes.dtype}")
    if num_classes < 0:
        if not math.prod(classes.shape):
            raise ShapeError("one_hot: without any index, num_classes must be given")
        num_classes = int(xp.max(classes.array)) + 1
    if math.prod(classes.shape) and (int(xp.min(classes.array)) < 0 or int(xp.max(classes.array)) >= num_classes):
        raise IndexingError(f"one_hot: indices must lie from 0 to {num_classes - 1}")
    return wrap(xp.astype(xp.expand_dims(classes.array, axis=-1) == xp.arange(num_classes), xp.int64))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns the rows and columns of the elements on and below a diagonal, as a (2, n) matrix of int64 or `dtype`."""
    on_processor("tril_indices", device)
    rows, columns = arange(row).unsqueeze(1), arange(col).unsqueeze(0)
    return nonzero(columns - rows <= offset).T.to("int64" if dtype is None else dtype)  # type: ignore[no-any-return]


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns the rows and columns of the elements on and above a diagonal, as a (2, n) matrix of int64 or `dtype`."""
    on_processor("triu_indices", device)
    rows, columns = arange(row).unsqueeze(1), arange(col).unsqueeze(0)
    return nonzero(columns - rows >= offset).T.to("int64" if dtype is None else dtype)  # type: ignore[no-any-return]


def index_put(
    x: TensorLike, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: bool = False
) -> Tensor:
    """Returns a copy of `x` with `values` at the places that index tensors, one for each first axis, pick together.

    With `accumulate` the values are added instead, and places that occur more than once sum.
    """
    x = edge_of(x)
    key = tuple(slice(None) if index is None else edge_of(index) for index in indices)
    form, arrays = parse_key(key, x, "index_put")
    if not accumulate:
        return _setitem(x, edge_of(values).to(x.dtype), *arrays, form=form)
    filled = broadcast_to(edge_of(values).to(x.dtype), tuple(_getitem(x.detach(), *arrays, form=form).shape))
    return add(x, _place(filled, *arrays, form=form, shape=tuple(x.shape)))


@broadcasts("x", "mask")
def masked_scatter(x: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """Returns a copy of `x` where elements of `source`, in order, replace those where `mask`, broadcast, is true."""
    x, mask, values = edge_of(x), _mask("masked_scatter", mask), edge_of(source)
    shape = broadcast_shapes(tuple(x.shape), tuple(mask.shape))
    mask = broadcast_to(mask, shape)
    wanted = int(count_nonzero(mask).item())
    row = reshape(values, math.prod(values.shape))
    if row.shape[0] < wanted:
        raise ShapeError(f"masked_scatter: source has {row.shape[0]} elements; the mask is true at {wanted} places")
    form, arrays = parse_key(mask, x, "masked_scatter")
    return _setitem(broadcast_to(x, shape), row[:wanted].to(x.dtype), *arrays, form=form)


def fill_diagonal(x: TensorLike, fill_value: float, wrap_around: bool = False) -> Tensor:
    """Returns a copy of `x` with one value on its main diagonal, where all indices are equal.

    In a matrix with more rows than columns, `wrap_around` starts again one row below where the diagonal ends.
    Raises ShapeError for a row, and for more than two axes of different sizes.
    """
    x = edge_of(x)
    shape = tuple(x.shape)
    if x.ndim < 2 or (x.ndim > 2 and len(set(shape)) > 1):
        raise ShapeError(f"fill_diagonal_: needs a matrix, or more axes of one size, not shape {shape}")
    xp = namespace(x.array)
    if x.ndim == 2 and wrap_around and shape[0] > shape[1]:
        numbers = xp.arange(0, math.prod(shape), shape[1] + 1, dtype=xp.int64)
        places = [numbers // shape[1], numbers % shape[1]]
    else:
        places = [xp.arange(min(shape), dtype=xp.int64)] * x.ndim
    form, arrays = parse_key(tuple(wrap(part) for part in places), x, "fill_diagonal_")
    return _setitem(x, fill_value, *arrays, form=form)
