"""Spread and rank over axes, and how rows vary together: variance, median, quantiles, covariance, correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import is_float
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import in_double, root_is_inexact
from .arithmetic import divide
from .axes import Axis, keeps_axes, key_along, one_axis, one_axis_argument
from .comparison import isnan, logical_not
from .composed import computed_in_single, scoped
from .indexing import getitem
from .joining import stack
from .linear_algebra import diagonal, matmul
from .reductions import Axes, count, demand_floats, mean, mean_of, ratio_or_zero, reduction_arguments, spread, sum
from .selection import clip, where
from .shape import reshape, unsqueeze
from .sorting import ranked_element, sort
from .splitting import unbind

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _degrees(x: Any, axis: Axes, correction: float) -> float:
    return max(count(tuple(x.shape), axis) - correction, 0)


def _var_forward(xp: Any, x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    # In two passes: the difference of mean square and squared mean would cancel.
    centred = x - mean_of(xp, x, axis, True)
    return xp.sum(centred * centred, axis=axis, keepdims=keepdims) / _degrees(x, axis, correction)


def _var_x(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    centred = x - mean_of(xp, x, axis, True)
    return spread(xp, g, x.shape, axis, keepdims) * centred * 2.0 / _degrees(x, axis, correction)


def _std_forward(xp: Any, x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    y = xp.sqrt(_var_forward(xp, x, axis=axis, correction=correction, keepdims=keepdims))
    if root_is_inexact(xp, y, 2):
        return in_double(xp, _std_forward, x, axis=axis, correction=correction, keepdims=keepdims)
    return y


def _std_x(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    if root_is_inexact(xp, y, 1):  # so small or large that its reciprocal is
        wide = (xp.astype(array, xp.float64) for array in (g, y, x))
        how: dict[str, Any] = {"axis": axis, "correction": correction, "keepdims": keepdims}
        return xp.astype(_std_x(xp, *wide, **how), xp.float32)
    # Where all elements are equal there is a kink, with 0 among its slopes.
    centred = x - mean_of(xp, x, axis, True)
    return spread(xp, ratio_or_zero(xp, g, y), x.shape, axis, keepdims) * centred / _degrees(x, axis, correction)


_var = Operation(
    "var",
    _var_forward,
    _var_x,
    singular=True,
    wide=True,
    example=Example((6, 5), axis=(1,), correction=1, keepdims=False),
)
_std = Operation(
    "std",
    _std_forward,
    _std_x,
    singular=True,
    wide=True,
    example=Example((6, 5), axis=(1,), correction=1, keepdims=False),
)


def _moment_arguments(
    name: str, x: TensorLike, dim: Any, unbiased: bool | None, correction: float | None, keepdim: bool, rest: Any
) -> tuple[Tensor, dict[str, Any]]:
    if isinstance(dim, bool):  # PyTorch's var(x, unbiased)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}: unbiased={unbiased} and correction={correction} say the same: give one of them")
    if correction is None:
        correction = 0 if unbiased is False else 1
    x, axes, keep = reduction_arguments(name, x, dim, keepdim, *rest)
    demand_floats(name, x)
    return x, {"axis": axes, "correction": correction, "keepdims": keep}


def var(
    x: TensorLike,
    dim: Axis = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axis = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Returns the variance over axes: squared distances from the mean, summed, over n - `correction`.

    `correction` is 1 unless given, the unbiased estimate; ``unbiased=False`` makes it 0. NaN if nothing is left to
    divide by. Raises DTypeError for integers.
    """
    x, params = _moment_arguments("var", x, dim, unbiased, correction, keepdim, (axis, keepdims))
    return _var(x, **params)


def std(
    x: TensorLike,
    dim: Axis = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axis = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Returns the standard deviation over axes, the root of :func:`var`. The derivative is 0 where all are equal."""
    x, params = _moment_arguments("std", x, dim, unbiased, correction, keepdim, (axis, keepdims))
    return _std(x, **params)


def var_mean(
    x: TensorLike,
    dim: Axis = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axis = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Returns the variance and mean over axes, with the arguments of :func:`var`."""
    x, params = _moment_arguments("var_mean", x, dim, unbiased, correction, keepdim, (axis, keepdims))
    return _var(x, **params), mean(x, axis=params["axis"], keepdims=params["keepdims"])


def std_mean(
    x: TensorLike,
    dim: Axis = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Axis = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Returns the standard deviation and mean over axes, with the arguments of :func:`var`."""
    x, params = _moment_arguments("std_mean", x, dim, unbiased, correction, keepdim, (axis, keepdims))
    return _std(x, **params), mean(x, axis=params["axis"], keepdims=params["keepdims"])


def nansum(
    x: TensorLike,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Returns the sum over axes of what is not NaN. No gradient flows to NaN."""
    x, axes, keep = reduction_arguments("nansum", x, dim, keepdim, axis, keepdims)
    return sum(where(isnan(x), 0, x), axis=axes, keepdims=keep, dtype=dtype)


@computed_in_single
def nanmean(
    x: TensorLike, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
) -> Tensor:
    """Returns the mean over axes of what is not NaN; NaN if nothing is. Raises DTypeError for integers."""
    x, axes, keep = reduction_arguments("nanmean", x, dim, keepdim, axis, keepdims)
    demand_floats("nanmean", x)
    numbers = logical_not(isnan(x)).to(x.dtype)
    return nansum(x, axis=axes, keepdims=keep) / sum(numbers, axis=axes, keepdims=keep)


_middle = Operation(
    "median_rank",
    # NaN is sorted to the end, where a row that holds one finds its median.
    lambda xp, x, *, axis: xp.where(
        xp.any(x != x, axis=axis, keepdims=True),
        xp.asarray(x.shape[axis] - 1, dtype=xp.int64),
        xp.asarray((x.shape[axis] - 1) // 2, dtype=xp.int64),
    ),
    None,
    example=Example((3, 5), axis=1),
    word="rank of median",
)


def median(
    x: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Returns the middle element, of two middle ones the smaller: of all, or along an axis with `values` and `indices`.

    NaN if there is a NaN. The gradient goes to the element that was taken. Raises ShapeError if there is none.
    """
    wanted, keep = one_axis_argument("median", dim, axis), keeps_axes("median", keepdim, keepdims)
    x = edge_of(x)
    row, at = _row("median", x, wanted)
    found = ranked_element(row, _middle(row, axis=at), at, row is not x, keep)
    if wanted is None:
        return reshape(found.values, (1,) * x.ndim) if keep else found.values
    return found


_middle_number = Operation(
    "nanmedian_rank",
    lambda xp, x, *, axis: xp.maximum(
        (xp.sum(xp.astype(x == x, xp.int64), axis=axis, keepdims=True) - 1) // 2, xp.asarray(0, dtype=xp.int64)
    ),
    None,
    word="rank of median",
)


def nanmedian(
    x: TensorLike,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Any:
    """Returns the :func:`median` of what is not NaN; NaN if nothing is."""
    wanted, keep = one_axis_argument("nanmedian", dim, axis), keeps_axes("nanmedian", keepdim, keepdims)
    x = edge_of(x)
    row, at = _row("nanmedian", x, wanted)
    found = ranked_element(row, _middle_number(row, axis=at), at, row is not x, keep)
    if wanted is None:
        return reshape(found.values, (1,) * x.ndim) if keep else found.values
    return found


def _row(name: str, x: Tensor, axis: int | None) -> tuple[Tensor, int]:
    """Returns the tensor and the axis to rank along; for no axis, or a 0-d tensor, all elements laid out in one row."""
    at = 0 if axis is None else one_axis(name, axis, x.shape)
    row = reshape(x, math.prod(x.shape)) if axis is None or x.ndim == 0 else x
    if row.shape[at] == 0:
        raise ShapeError(f"{name}: no element to take of shape {tuple(x.shape)}")
    return row, at


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@computed_in_single
def quantile(
    x: TensorLike,
    q: float | Sequence[float] | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Returns the elements below which a part `q`, from 0 to 1, of all lie, of all elements or along an axis.

    Between two elements `interpolation` says which: ``"linear"``, ``"lower"``, ``"higher"``, ``"midpoint"`` or
    ``"nearest"``. Several `q` give a new first axis. NaN if there is a NaN. To `q` a gradient flows where the
    interpolation is linear.

    Raises
    ------
    ArgumentError
        If `q` is not from 0 to 1, or the interpolation has another name.
    ShapeError
        If there is no element.
    DTypeError
        For integers.
    """
    wanted, keep = one_axis_argument("quantile", dim, axis), keeps_axes("quantile", keepdim, keepdims)
    x = edge_of(x)
    demand_floats("quantile", x)
    if interpolation not in _INTERPOLATIONS:
        raise ArgumentError(f"quantile: interpolation is {interpolation!r}; it must be one of {_INTERPOLATIONS}")
    several = isinstance(q, Sequence) or (hasattr(q, "shape") and len(q.shape) > 0)
    parts: Sequence[Any] = _parts(q) if several else (q,)
    row, at = _row("quantile", x, wanted)
    ordered = sort(row, at).values
    results = [_quantile_of_sorted(ordered, at, part, interpolation) for part in parts]
    shape = list(x.shape) if wanted is not None else [1] * x.ndim
    if x.ndim and wanted is not None:
        shape[at] = 1
    if not keep:
        shape = [] if wanted is None or not x.ndim else shape[:at] + shape[at + 1 :]
    results = [reshape(result, tuple(shape)) for result in results]
    return stack(results) if several else results[0]


def _parts(q: Any) -> Sequence[Any]:
    """Returns the numbers of `q`, as 0-d tensors if a gradient flows to it. Raises ShapeError for a matrix."""
    if hasattr(q, "shape") and len(q.shape) > 1:
        raise ShapeError(f"quantile: q must be a number or a vector of numbers, not of shape {tuple(q.shape)}")
    if getattr(q, "requires_grad", False):
        return unbind(q)
    return q.tolist() if hasattr(q, "tolist") else q  # type: ignore[no-any-return]


def _quantile_of_sorted(ordered: Tensor, axis: int, where_at: Any, interpolation: str) -> Tensor:
    part = float(where_at)
    if not 0 <= part <= 1:
        raise ArgumentError(f"quantile: q={part} is not from 0 to 1")
    size = ordered.shape[axis]
    place = part * (size - 1)
    low, high = math.floor(place), math.ceil(place)
    weight = {"linear": place - low, "lower": 0.0, "higher": 1.0, "midpoint": 0.5, "nearest": round(place) - low}
    below, above, last = (getitem(ordered, key_along(axis, i)) for i in (low, high, size - 1))
    share = weight[interpolation]
    if interpolation == "linear" and getattr(where_at, "requires_grad", False):
        value = below + (above - below) * (where_at.to(ordered.dtype) * (size - 1) - low)
    else:
        value = below if low == high or share == 0 else above if share == 1 else below + (above - below) * share
    return where(isnan(last), last, value)


@scoped
@computed_in_single
def cov(
    x: TensorLike, *, correction: float = 1, fweights: TensorLike | None = None, aweights: TensorLike | None = None
) -> Tensor:
    """Returns the matrix of covariances of variables, one in each row, observed together, a time in each column.

    Products of distances from the means, summed, over n - `correction`. `fweights` says how often each column was
    observed, `aweights` how much it counts. Of a single row it is its variance, without axes.
    """
    x = edge_of(x)
    if x.ndim > 2:
        raise ShapeError(f"cov: takes a matrix of variables and observations, not shape {tuple(x.shape)}")
    x = x if is_float(x.array) else x.float()
    rows = reshape(x, (-1, x.shape[-1]) if x.ndim and x.shape[-1] else (1, 0) if x.ndim == 1 else (1, 1))
    weights: Any = None
    for given in (fweights, aweights):
        if given is not None:
            part = edge_of(given)
            if tuple(part.shape) != (rows.shape[1],):
                raise ShapeError(
                    f"cov: weights of shape {tuple(part.shape)} don't fit {rows.shape[1]} observations: one for each"
                )
            weights = part.to(rows.dtype) if weights is None else weights * part.to(rows.dtype)
    if weights is None:
        centred = rows - mean(rows, dim=1, keepdim=True)
        products = matmul(centred, centred.mT)
        degrees: Any = max(rows.shape[1] - correction, 0)
    else:
        total = sum(weights)
        centred = rows - unsqueeze(divide(sum(rows * weights, dim=1), total), 1)
        products = matmul(centred * weights, centred.mT)
        lost = sum(weights * edge_of(aweights).to(rows.dtype)) / total if aweights is not None else 1.0
        degrees = clip(total - correction * lost, min=0)
    result = divide(products, degrees)
    return reshape(result, ()) if rows.shape[0] == 1 else result


@scoped
@computed_in_single
def corrcoef(x: TensorLike) -> Tensor:
    """Returns the matrix of Pearson's correlation coefficients of variables, one in each row."""
    c = cov(x)
    if c.ndim == 0:
        return divide(c, c)
    spread = diagonal(c).sqrt()
    return clip(c / unsqueeze(spread, 1) / spread, -1, 1)
