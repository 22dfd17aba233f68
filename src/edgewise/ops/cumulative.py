"""Running sums, products and extremes along an axis, and the area under a line.

A 0-d tensor is taken as one of a single element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, IndexingError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import in_double, is_numpy
from .arithmetic import multiply, subtract
from .axes import key_along, one_axis, one_axis_argument
from .comparison import not_equal
from .composed import scoped
from .indexing import getitem
from .joining import concat
from .reductions import ValuesIndices, in_asked_dtype, sum, summable
from .scan import LONG_RUN, cumprod_of, cumsum_of, recurrence
from .shape import broadcast_to, clone, reshape
from .sorting import elements_at

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _row(name: str, x: TensorLike, dim: Any, axis: Any, dtype: Any = None) -> tuple[Tensor, int, bool]:
    """Returns the tensor with at least one axis, the axis to run along, and whether the tensor was 0-d."""
    x = edge_of(x)
    at = one_axis(name, one_axis_argument(name, dim, axis), x.shape)
    if name in ("cumsum", "cumprod"):
        x = summable(x, dtype)
    return (x, at, False) if x.ndim else (reshape(x, 1), 0, True)


def _scalar_again(y: Tensor, scalar: bool) -> Tensor:
    return reshape(y, ()) if scalar else y


def cumsum(x: TensorLike, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Returns the running sum along an axis. Sums integers and bools as int64, unless `dtype` says otherwise."""
    x, at, scalar = _row("cumsum", x, dim, axis, dtype)
    return _scalar_again(in_asked_dtype(cumsum_of(x, axis=at), x, dtype), scalar)


def cumprod(x: TensorLike, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Returns the running product along an axis. Its derivative divides by nothing, so zeros need no care."""
    x, at, scalar = _row("cumprod", x, dim, axis, dtype)
    return _scalar_again(in_asked_dtype(cumprod_of(x, axis=at), x, dtype), scalar)


def _doubling(xp: Any, x: Any, axis: int, combine: Any) -> Any:
    """Runs an associative `combine` in about log2(n) steps: each takes in twice as many elements as the last."""
    shift, size = 1, x.shape[axis]
    while shift < size:
        head = x[key_along(axis, slice(0, shift))]
        earlier, later = x[key_along(axis, slice(0, size - shift))], x[key_along(axis, slice(shift, size))]
        x = xp.concat([head, combine(earlier, later)], axis=axis)
        shift *= 2
    return x


def _logcumsumexp_x(xp: Any, g: Any, y: Any, x: Any, *, axis: int) -> Any:
    """Computes ∂L/∂xⱼ = Σₖ≥ⱼ gₖ exp(xⱼ - yₖ) = exp(xⱼ - yⱼ) hⱼ.

    Here hⱼ = gⱼ + exp(yⱼ - yⱼ₊₁) hⱼ₊₁: no power exceeds 1.
    """
    if is_numpy(xp) and y.dtype == xp.float32 and y.shape[axis] >= LONG_RUN:
        # A product of a million ratios would be off by as many roundings.
        wide = (xp.astype(array, xp.float64) for array in (g, y, x))
        return xp.astype(_logcumsumexp_x(xp, *wide, axis=axis), xp.float32)
    nothing = y == -xp.inf
    zero = xp.zeros_like(y)
    finite = xp.where(nothing, zero, y)
    following = xp.concat(
        [finite[key_along(axis, slice(1, None))], finite[key_along(axis, slice(-1, None))]], axis=axis
    )
    ratio = xp.where(nothing, zero, xp.exp(xp.where(nothing, zero, finite - following)))
    return xp.exp(x - finite) * recurrence(xp, g, ratio, axis)


def _logcumsumexp_forward(xp: Any, x: Any, *, axis: int) -> Any:
    if is_numpy(xp) and x.dtype == xp.float32 and x.shape[axis] >= LONG_RUN:
        return in_double(xp, _logcumsumexp_forward, x, axis=axis)
    return _doubling(xp, x, axis, xp.logaddexp)


_logcumsumexp = Operation(
    "logcumsumexp",
    _logcumsumexp_forward,
    _logcumsumexp_x,
    floats=True,
    singular=True,
    notation="running log of exps",
    gradients={"x": "back through running log of exps"},
    word="running logsumexp",
)


def logcumsumexp(x: TensorLike, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """Returns the logarithm of the running sum of exponentials along an axis, without overflow."""
    x, at, scalar = _row("logcumsumexp", x, dim, axis)
    return _scalar_again(_logcumsumexp(x, axis=at), scalar)


def _place_of_extreme(xp: Any, x: Any, *, axis: int, largest: bool) -> Any:
    places = xp.broadcast_to(xp.reshape(xp.arange(x.shape[axis], dtype=xp.int64), along_shape(x, axis)), tuple(x.shape))
    shift, size = 1, x.shape[axis]
    while shift < size:
        first, early, late = (key_along(axis, slice(*ends)) for ends in ((0, shift), (0, size - shift), (shift, size)))
        wins = x[late] >= x[early] if largest else x[late] <= x[early]
        wins = wins | xp.isnan(x[late]) if xp.isdtype(x.dtype, "real floating") else wins
        x, places = (xp.concat([a[first], xp.where(wins, a[late], a[early])], axis=axis) for a in (x, places))
        shift *= 2
    return xp.asarray(places, copy=True)


def along_shape(x: Any, axis: int) -> tuple[int, ...]:
    """Returns the shape that makes a row lie along one axis of `x`."""
    return tuple(-1 if i == axis else 1 for i in range(x.ndim))


_extreme_places = Operation(
    "cummax_indices",
    _place_of_extreme,
    None,
    notation="place of running extreme",
    words={"y": "where the largest or smallest element so far stands; of equal ones the last"},
    example=Example((6,), axis=0, largest=True),
    word="places of extremes",
)


def cummax(x: TensorLike, dim: int | None = None, *, axis: int | None = None) -> ValuesIndices:
    """Returns the largest element so far along an axis, and where it stood: the last place of several equal ones."""
    return _running_extreme("cummax", x, dim, axis, True)


def cummin(x: TensorLike, dim: int | None = None, *, axis: int | None = None) -> ValuesIndices:
    """Returns the smallest element so far along an axis, and where it stood: the last place of several equal ones."""
    return _running_extreme("cummin", x, dim, axis, False)


def _running_extreme(name: str, x: TensorLike, dim: Any, axis: Any, largest: bool) -> ValuesIndices:
    x, at, scalar = _row(name, x, dim, axis)
    places = _extreme_places(x, axis=at, largest=largest)
    values = elements_at(x, places, at)
    return ValuesIndices(_scalar_again(values, scalar), _scalar_again(places, scalar))


def diff(
    x: TensorLike,
    n: int = 1,
    dim: int | None = None,
    prepend: TensorLike | None = None,
    append: TensorLike | None = None,
    *,
    axis: int | None = None,
) -> Tensor:
    """Returns the differences of neighbours along an axis (the last by default), taken `n` times.

    `prepend` and `append` are laid before and after `x` first, unless `n` is 0. Of bools, whether neighbours differ.
    Raises ArgumentError if `n` is negative.
    """
    if n < 0:
        raise ArgumentError(f"diff: n is {n}; differences can't be taken less than 0 times")
    if n == 0:
        return clone(x)
    wanted = one_axis_argument("diff", dim, axis)
    parts = [edge_of(part) for part in (prepend, x, append) if part is not None]
    at = one_axis("diff", -1 if wanted is None else wanted, edge_of(x).shape)
    y = parts[0] if len(parts) == 1 else concat(parts, at)
    if y.ndim == 0:
        raise IndexingError("diff: a 0-d tensor has no neighbours")
    minus = not_equal if str(y.dtype).rpartition(".")[2] == "bool" else subtract
    for _ in range(min(n, y.shape[at])):
        y = minus(getitem(y, key_along(at, slice(1, None))), getitem(y, key_along(at, slice(0, -1))))
    return y


def _areas(name: str, y: TensorLike, x: TensorLike | None, dx: TensorLike | None, axis: Any) -> tuple[Tensor, int]:
    y = edge_of(y)
    if x is not None and dx is not None:
        raise TypeError(f"{name}: x and dx both say how far apart the points are: give one of them")
    at = one_axis(name, axis, y.shape)
    if y.ndim == 0:
        raise ShapeError(f"{name}: a 0-d tensor has no points to lie between")
    heights = getitem(y, key_along(at, slice(1, None))) + getitem(y, key_along(at, slice(0, -1)))
    if x is None:
        return multiply(multiply(heights, 0.5), 1 if dx is None else dx), at
    places = edge_of(x)
    if places.ndim == 1:
        if places.shape[0] != y.shape[at]:
            raise ShapeError(f"{name}: x has {places.shape[0]} points and y {y.shape[at]} along axis {at}")
        widths = reshape(diff(places), tuple(-1 if i == at else 1 for i in range(y.ndim)))
    else:
        widths = diff(broadcast_to(places, tuple(y.shape)), dim=at)
    return multiply(heights * widths, 0.5), at


@scoped
def trapezoid(
    y: TensorLike,
    x: TensorLike | None = None,
    *,
    dx: TensorLike | None = None,
    dim: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """Returns the area under the line through points of heights `y`, along an axis (the last by default).

    The points are at `x`, or `dx` (by default 1) apart.
    """
    wanted = one_axis_argument("trapezoid", dim, axis)
    areas, at = _areas("trapezoid", y, x, dx, -1 if wanted is None else wanted)
    return sum(areas, dim=at)


@scoped
def cumulative_trapezoid(
    y: TensorLike,
    x: TensorLike | None = None,
    *,
    dx: TensorLike | None = None,
    dim: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """Returns the area under the line from its first point to each later one: see :func:`trapezoid`."""
    wanted = one_axis_argument("cumulative_trapezoid", dim, axis)
    areas, at = _areas("cumulative_trapezoid", y, x, dx, -1 if wanted is None else wanted)
    return cumsum(areas, dim=at)
