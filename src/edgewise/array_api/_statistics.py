"""Reductions, cumulative functions and sets, with the standard's names and arguments."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..graph.arrays import kind, namespace
from ..graph.edge import edge_of
from ..graph.errors import DTypeError
from ..ops import cumulative, joining, reductions, shape, sorting, statistics
from ..ops.axes import one_axis
from ..ops.comparison import not_equal
from ..tensor import Tensor, TensorLike

Axes = int | tuple[int, ...] | None


def _floating(name: str, x: TensorLike) -> Tensor:
    x = edge_of(x)
    if kind(namespace(x.array), x.dtype) != 2:
        raise DTypeError(f"{name} is for floating-point numbers, not {x.dtype}")
    return x


def _wide_unsigned(x: TensorLike, dtype: Any) -> Any:
    """Returns the dtype of sums and products: the widest one for unsigned integers, unless `dtype` is given."""
    array = edge_of(x).array
    xp = namespace(array)
    return xp.uint64 if dtype is None and xp.isdtype(array.dtype, "unsigned integer") else dtype


def sum(x: TensorLike, /, *, axis: Axes = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Returns the sum over axes, all if None."""
    dtype = _wide_unsigned(x, dtype)
    return reductions.sum(x, axis=axis, keepdims=keepdims, dtype=dtype)


def prod(x: TensorLike, /, *, axis: Axes = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Returns the product over axes, all if None."""
    dtype = _wide_unsigned(x, dtype)
    return reductions.prod(x, axis=axis, keepdims=keepdims, dtype=dtype)


def max(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns the largest element over axes, all if None. Equal elements share the gradient."""
    return reductions.amax(x, axis=axis, keepdims=keepdims)


def min(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns the smallest element over axes, all if None. Equal elements share the gradient."""
    return reductions.amin(x, axis=axis, keepdims=keepdims)


def mean(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns the arithmetic mean over axes, all if None."""
    return reductions.mean(_floating("mean", x), axis=axis, keepdims=keepdims)


def var(x: TensorLike, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Returns the variance over axes, all if None: squares summed and divided by the count less `correction`."""
    return statistics.var(_floating("var", x), correction=correction, axis=axis, keepdims=keepdims)


def std(x: TensorLike, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Returns the standard deviation over axes: the root of :func:`var`."""
    return statistics.std(_floating("std", x), correction=correction, axis=axis, keepdims=keepdims)


def all(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns whether all elements over axes are true."""
    return reductions.all(x, axis=axis, keepdims=keepdims)


def any(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns whether any element over axes is true."""
    return reductions.any(x, axis=axis, keepdims=keepdims)


def argmax(x: TensorLike, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Returns the index of the largest element along an axis, or in the flattened tensor."""
    return reductions.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: TensorLike, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Returns the index of the smallest element along an axis, or in the flattened tensor."""
    return reductions.argmin(x, axis=axis, keepdims=keepdims)


def count_nonzero(x: TensorLike, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Returns the number of elements over axes that are not 0."""
    return sum(shape.cast(not_equal(x, 0), dtype=namespace(edge_of(x).array).int64), axis=axis, keepdims=keepdims)


def cumulative_sum(
    x: TensorLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Returns the running sum along an axis; one-dimensional tensors need none. `include_initial` adds a leading 0."""
    return _cumulative("cumulative_sum", cumulative.cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: TensorLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Returns the running product along an axis; vectors need none. `include_initial` adds a leading 1."""
    return _cumulative("cumulative_prod", cumulative.cumprod, 1, x, axis, dtype, include_initial)


def _cumulative(name: str, function: Any, start: int, x: Any, axis: int | None, dtype: Any, initial: bool) -> Tensor:
    x = edge_of(x)
    number = one_axis(name, 0 if axis is None and x.ndim == 1 else axis, x.shape)
    result: Tensor = function(x, axis=number, dtype=_wide_unsigned(x, dtype))
    if not initial:
        return result
    from ..ops.creation import full_like

    first = full_like(result[tuple(slice(0, 1) if i == number else slice(None) for i in range(x.ndim))], start)
    if first.shape[number] == 0:
        first = shape.broadcast_to(
            full_like(result.sum(), start), tuple(1 if i == number else n for i, n in enumerate(x.shape))
        )
    return joining.concat([first, result], axis=number)


def diff(
    x: TensorLike,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: TensorLike | None = None,
    append: TensorLike | None = None,
) -> Tensor:
    """Returns the differences of neighbours along an axis, `n` times over."""
    return cumulative.diff(x, n, axis, prepend=prepend, append=append)


class UniqueAll(NamedTuple):
    """The different values, where each first stands, which one each element is, and how often each occurs."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """The different values, and how often each occurs."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """The different values, and which one each element is."""

    values: Tensor
    inverse_indices: Tensor


def unique_all(x: TensorLike, /) -> UniqueAll:
    """Returns the different values of `x` in order, with their indices, inverse and counts."""
    from ..graph.edge import wrap

    array = edge_of(x).array
    return UniqueAll(*(wrap(part) for part in namespace(array).unique_all(array)))


def unique_counts(x: TensorLike, /) -> UniqueCounts:
    """Returns the different values of `x` in order, and how often each occurs."""
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: TensorLike, /) -> UniqueInverse:
    """Returns the different values of `x` in order, and which one each element is."""
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: TensorLike, /) -> Tensor:
    """Returns the different values of `x` in order."""
    return sorting.unique(x)  # type: ignore[return-value]
