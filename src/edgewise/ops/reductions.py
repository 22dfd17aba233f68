"""Reductions: many elements to one, over some axes or all.

`dim` is one axis, several, or None for all; ``axis`` is taken as well, and ``keepdims`` beside ``keepdim``. An
empty tuple of axes means all as `dim`, as in PyTorch, and none as ``axis``, as in the Array API standard; to `all` and
`any` it means none in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..graph.arrays import describe, is_float, kind, namespace
from ..graph.edge import edge_of
from ..graph.errors import DTypeError, ShapeError
from ..graph.operation import Operation
from .accurate import is_numpy
from .axes import Axis, keeps_axes, many_axes, one_axis, one_axis_argument, sizes
from .scan import preceding
from .selection import maximum, minimum
from .shape import broadcast_shapes, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

Axes = tuple[int, ...] | int | None


def spread(xp: Any, g: Any, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Any:
    """Returns what belongs to a reduced result, shaped to broadcast against the input, which has that shape."""
    if not keepdims and g.ndim:
        axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
        reduced = {a % len(shape) for a in axes}
        g = xp.reshape(g, tuple(1 if i in reduced else size for i, size in enumerate(shape)))
    return g


def ratio_or_zero(xp: Any, a: Any, b: Any) -> Any:
    """Returns a / b, and 0 where b is 0, in its derivatives too."""
    nothing = b == 0
    return xp.where(nothing, xp.zeros_like(a), a / xp.where(nothing, xp.ones_like(b), b))


def count(shape: tuple[int, ...], axis: Axes) -> int:
    """Returns how many elements are reduced to one."""
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    return math.prod(shape[a] for a in axes)


def reduction_arguments(
    name: str, x: TensorLike, dim: Any, keepdim: bool, axis: Any, keepdims: bool | None
) -> tuple[Tensor, Axes, bool]:
    """Returns the arguments that reductions share: the tensor, the axes (None for all), and whether they stay."""
    x = edge_of(x)
    wanted = one_axis_argument(name, dim, axis)
    if axis is None and isinstance(dim, (tuple, list)) and not dim and name not in ("all", "any"):
        wanted = None
    keep = keeps_axes(name, keepdim, keepdims)
    return x, None if wanted is None else many_axes(name, wanted, x.shape), keep


def _to(x: Tensor, dtype: Any) -> Tensor:
    return x if dtype is None else x.to(dtype)


def summable(x: Tensor, dtype: Any) -> Tensor:
    """Returns `x` in `dtype`; without one, bools and unsigned integers in int64, in which PyTorch sums."""
    if dtype is not None:
        return x.to(dtype)
    xp = namespace(x.array)
    narrow = kind(xp, x.array.dtype) == 0 or x.array.dtype in (xp.uint8, xp.uint16, xp.uint32)
    return x.long() if narrow else x


def in_asked_dtype(y: Tensor, x: Tensor, dtype: Any) -> Tensor:
    """Returns a sum or product in the dtype that was asked for, where NumPy's is a wider one."""
    return y if dtype is None or y.array.dtype == x.array.dtype else y.to(x.array.dtype)


def demand_floats(name: str, x: Tensor) -> None:
    """Raises DTypeError for integers and bools."""
    if not is_float(x.array):
        raise DTypeError(
            f"{name}: takes floating-point numbers, not {describe(x.array)}: cast it first, as in x.float()"
        )


_sum = Operation(
    "sum",
    lambda xp, x, *, axis, keepdims: xp.sum(x, axis=axis, keepdims=keepdims),
    lambda xp, g, y, x, *, axis, keepdims: xp.broadcast_to(spread(xp, g, x.shape, axis, keepdims), tuple(x.shape)),
    linear="each",
    singular=True,
    wide=True,
    words={"x": "every number that was added gets the whole gradient of the sum"},
)


def sum(
    x: TensorLike,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Returns the sum over axes. Sums integers and bools as int64, unless `dtype` says otherwise."""
    x, axes, keep = reduction_arguments("sum", x, dim, keepdim, axis, keepdims)
    x = summable(x, dtype)
    return in_asked_dtype(_sum(x, axis=axes, keepdims=keep), x, dtype)


def mean_of(xp: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    """Returns the mean over axes; NaN of no elements, of which NumPy's own function would warn."""
    if count(tuple(x.shape), axis):
        return xp.mean(x, axis=axis, keepdims=keepdims)
    return xp.sum(x, axis=axis, keepdims=keepdims) / 0


_mean = Operation(
    "mean",
    lambda xp, x, *, axis, keepdims: mean_of(xp, x, axis, keepdims),
    lambda xp, g, y, x, *, axis, keepdims: xp.broadcast_to(
        spread(xp, g, x.shape, axis, keepdims) / (count(tuple(x.shape), axis) or 1), tuple(x.shape)
    ),
    linear="each",
    singular=True,
    wide=True,
    words={
        "y": "the sum, divided by how many numbers there are",
        "x": "every number gets an equal share of the gradient",
    },
)


def mean(
    x: TensorLike,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Returns the mean over axes; NaN of no elements. Raises DTypeError for integers, unless `dtype` names a float."""
    x, axes, keep = reduction_arguments("mean", x, dim, keepdim, axis, keepdims)
    x = _to(x, dtype)
    demand_floats("mean", x)
    return _mean(x, axis=axes, keepdims=keep)


def _extreme_share(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    """Sends the gradient to the extreme elements, in even shares where several are equal."""
    g, y = spread(xp, g, x.shape, axis, keepdims), spread(xp, y, x.shape, axis, keepdims)
    share = xp.astype(x == y, g.dtype)
    return share * (g / xp.sum(share, axis=axis, keepdims=True))


def _nothing_to_reduce(x: Any, *, axis: Axes, keepdims: bool) -> str | None:
    if count(tuple(x.shape), axis):
        return None
    return f"no element to take of shape {tuple(x.shape)} over the axes {'all' if axis is None else axis}"


_amax = Operation(
    "amax",
    lambda xp, x, *, axis, keepdims: xp.max(x, axis=axis, keepdims=keepdims),
    _extreme_share,
    diagnose=_nothing_to_reduce,
    wide=True,
    words={"x": "the largest number gets the gradient; equal ones share it"},
    word="max",
)


def amax(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns the largest element over axes; equal ones share the gradient. Raises ShapeError if there is none."""
    x, axes, keep = reduction_arguments("amax", x, dim, keepdim, axis, keepdims)
    return _amax(x, axis=axes, keepdims=keep)


_amin = Operation(
    "amin",
    lambda xp, x, *, axis, keepdims: xp.min(x, axis=axis, keepdims=keepdims),
    _extreme_share,
    diagnose=_nothing_to_reduce,
    wide=True,
    words={"x": "the smallest number gets the gradient; equal ones share it"},
    word="min",
)


def amin(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns the smallest element over axes; equal ones share the gradient. Raises ShapeError if there is none."""
    x, axes, keep = reduction_arguments("amin", x, dim, keepdim, axis, keepdims)
    return _amin(x, axis=axes, keepdims=keep)


def _nothing_to_find(x: Any, *, axis: int | None, keepdims: bool) -> str | None:
    return _nothing_to_reduce(x, axis=axis, keepdims=keepdims)


_argmax = Operation(
    "argmax",
    lambda xp, x, *, axis, keepdims: xp.argmax(x, axis=axis, keepdims=keepdims),
    None,
    diagnose=_nothing_to_find,
)
_argmin = Operation(
    "argmin",
    lambda xp, x, *, axis, keepdims: xp.argmin(x, axis=axis, keepdims=keepdims),
    None,
    diagnose=_nothing_to_find,
)


def argmax(
    x: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Returns the index of the first largest element along an axis, or among all elements laid out in one row."""
    return _run_along_axis(
        "argmax", _argmax, x, one_axis_argument("argmax", dim, axis), keeps_axes("argmax", keepdim, keepdims)
    )


def argmin(
    x: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Returns the index of the first smallest element along an axis, or among all elements laid out in one row."""
    return _run_along_axis(
        "argmin", _argmin, x, one_axis_argument("argmin", dim, axis), keeps_axes("argmin", keepdim, keepdims)
    )


def _run_along_axis(name: str, operation: Operation, x: TensorLike, axis: int | None, keep: bool) -> Tensor:
    x = edge_of(x)
    if axis is not None:
        axis = one_axis(name, axis, x.shape)
        axis = axis if x.ndim else None
    return operation(x, axis=axis, keepdims=keep)


def _others(xp: Any, x: Any, axis: int) -> Any:
    """Returns for each element the product of all others along an axis."""
    return preceding(xp, x, axis) * xp.flip(preceding(xp, xp.flip(x, axis=axis), axis), axis=axis)


def _prod_x(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    if not math.prod(x.shape):
        return xp.zeros_like(x)
    if is_numpy(xp) and x.dtype == xp.float32:  # products of some of the elements may be out of its range
        wide = (xp.astype(array, xp.float64) for array in (g, y, x))
        return xp.astype(_prod_x(xp, *wide, axis=axis, keepdims=keepdims), xp.float32)
    g = spread(xp, g, x.shape, axis, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(a % x.ndim for a in axes)
    if len(axes) == 1:
        return g * _others(xp, x, axes[0])
    stay = tuple(i for i in range(x.ndim) if i not in axes)
    order = (*stay, *axes)
    moved = xp.permute_dims(x, order)
    row = xp.reshape(moved, (*(x.shape[i] for i in stay), count(tuple(x.shape), axes)))
    others = xp.reshape(_others(xp, row, len(stay)), tuple(moved.shape))
    return g * xp.permute_dims(others, tuple(order.index(i) for i in range(x.ndim)))


_prod = Operation(
    "prod",
    lambda xp, x, *, axis, keepdims: xp.prod(x, axis=axis, keepdims=keepdims),
    _prod_x,
    singular=True,
    wide=True,
    gradients={"x": "times the product of the others"},
    words={"x": "every factor gets the gradient times the product of all others"},
)


def prod(
    x: TensorLike,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Returns the product over axes; 1 of no elements. Its derivative divides by nothing, so zeros need no care."""
    x, axes, keep = reduction_arguments("prod", x, dim, keepdim, axis, keepdims)
    x = summable(x, dtype)
    return in_asked_dtype(_prod(x, axis=axes, keepdims=keep), x, dtype)


def _logsumexp_forward(xp: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    if count(tuple(x.shape), axis) == 0:
        return xp.log(xp.sum(x, axis=axis, keepdims=keepdims))
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    y = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else xp.squeeze(y, axis=tuple(range(x.ndim)) if axis is None else axis)


def _logsumexp_x(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    y = xp.where(y == -xp.inf, xp.zeros_like(y), y)  # of nothing but exp(-inf) = 0, each has the gradient 0
    return spread(xp, g, x.shape, axis, keepdims) * xp.exp(x - spread(xp, y, x.shape, axis, keepdims))


_logsumexp = Operation("logsumexp", _logsumexp_forward, _logsumexp_x, floats=True, singular=True)


def logsumexp(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Computes log(Σ exp(x)) over axes without overflow, by taking out the largest element. Of nothing, -inf."""
    x, axes, keep = reduction_arguments("logsumexp", x, dim, keepdim, axis, keepdims)
    return _logsumexp(x, axis=axes, keepdims=keep)


class ValuesIndices(NamedTuple):
    """Holds elements, and the places along the axis where they stood."""

    values: Tensor
    indices: Tensor


class MinMax(NamedTuple):
    """Holds the smallest and largest elements."""

    min: Tensor
    max: Tensor


def max(
    x: TensorLike,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Returns the largest elements, in PyTorch's three forms.

    ``max(x)`` is the largest of all. ``max(x, dim)`` has the largest along an axis as `values` and the first place of
    each as `indices`. ``max(x, other)``, with a tensor, is :func:`maximum`. Equal elements share the gradient evenly.
    """
    return _extreme("max", x, dim, keepdim, axis, keepdims)


def min(
    x: TensorLike,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Returns the smallest elements, in the three forms of :func:`max`."""
    return _extreme("min", x, dim, keepdim, axis, keepdims)


def _extreme(name: str, x: TensorLike, dim: Any, keepdim: bool, axis: Any, keepdims: bool | None) -> Any:
    extreme, find, pairwise = (_amax, _argmax, maximum) if name == "max" else (_amin, _argmin, minimum)
    wanted, keep = one_axis_argument(name, dim, axis), keeps_axes(name, keepdim, keepdims)
    if hasattr(wanted, "shape") and hasattr(wanted, "dtype"):
        return pairwise(x, wanted)
    if isinstance(wanted, (tuple, list)):
        raise TypeError(f"{name}: dim must be one integer, not {wanted!r}: a{name} takes several axes")
    x = edge_of(x)
    if wanted is None:
        return extreme(x, axis=None, keepdims=keep)
    axes = many_axes(name, wanted, x.shape)
    values = extreme(x, axis=axes, keepdims=keep)
    return ValuesIndices(values, _run_along_axis(name, find, x, wanted, keep))


def aminmax(
    x: TensorLike,
    *,
    dim: int | None = None,
    keepdim: bool = False,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> MinMax:
    """Returns the smallest and largest elements over one axis or all, as `min` and `max`."""
    x, axes, keep = reduction_arguments("aminmax", x, dim, keepdim, axis, keepdims)
    return MinMax(_amin(x, axis=axes, keepdims=keep), _amax(x, axis=axes, keepdims=keep))


_all = Operation("all", lambda xp, x, *, axis, keepdims: xp.all(x, axis=axis, keepdims=keepdims), None)


def all(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns whether all elements over axes are true (not 0); of none, they are."""
    x, axes, keep = reduction_arguments("all", x, dim, keepdim, axis, keepdims)
    return _all(x, axis=axes, keepdims=keep)


_any = Operation("any", lambda xp, x, *, axis, keepdims: xp.any(x, axis=axis, keepdims=keepdims), None)


def any(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns whether any element over axes is true (not 0); of none, it isn't."""
    x, axes, keep = reduction_arguments("any", x, dim, keepdim, axis, keepdims)
    return _any(x, axis=axes, keepdims=keep)


def count_nonzero(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns how many elements over axes are not 0, as int64."""
    x, axes, keep = reduction_arguments("count_nonzero", x, dim, keepdim, axis, keepdims)
    return _sum(x.bool().long(), axis=axes, keepdims=keep)


def sum_to_size(x: TensorLike, *size: int | Sequence[int]) -> Tensor:
    """Sums over the axes along which `size` would have to be repeated to give the shape of `x`."""
    x = edge_of(x)
    wanted, shape = sizes("sum_to_size", size), tuple(x.shape)
    if len(wanted) > len(shape) or broadcast_shapes(wanted, shape) != shape:
        raise ShapeError(f"sum_to_size: size {wanted} does not expand to the shape {shape}")
    extra = len(shape) - len(wanted)
    axes = [*range(extra), *(i + extra for i, n in enumerate(wanted) if n == 1 and shape[i + extra] != 1)]
    return reshape(sum(x, dim=tuple(axes)), wanted) if axes else summable(x, None)
