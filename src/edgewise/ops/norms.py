"""Norms: the length of what lies along axes.

The derivative of a norm of nothing but zeros is 0, the shortest of its slopes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arguments import number
from ..graph.edge import edge_of
from ..graph.errors import ShapeError
from ..graph.identity import without_slope
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import in_double, is_numpy, root_is_inexact
from .arithmetic import abs, divide, multiply
from .axes import Axis, keeps_axes, one_axis, one_axis_argument
from .comparison import greater, not_equal
from .composed import computed_in_single
from .decompositions import svdvals
from .reductions import Axes, amax, amin, demand_floats, ratio_or_zero, reduction_arguments, spread, sum
from .selection import where

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _euclidean_forward(xp: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    y = xp.sqrt(xp.sum(x * x, axis=axis, keepdims=keepdims))
    if root_is_inexact(xp, y, 2):
        return in_double(xp, _euclidean_forward, x, axis=axis, keepdims=keepdims)
    return y


def _euclidean_x(xp: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    if root_is_inexact(xp, y, 1):  # so small or large that its reciprocal is
        wide = (xp.astype(array, xp.float64) for array in (g, y, x))
        return xp.astype(_euclidean_x(xp, *wide, axis=axis, keepdims=keepdims), xp.float32)
    if is_numpy(xp):
        return x * spread(xp, ratio_or_zero(xp, g, y), x.shape, axis, keepdims)
    # The unit vector first: its own derivative meets no product of large or small numbers.
    length = spread(xp, y, x.shape, axis, keepdims)
    return spread(xp, g, x.shape, axis, keepdims) * ratio_or_zero(xp, x, length)


_euclidean = Operation(
    "norm",
    _euclidean_forward,
    _euclidean_x,
    floats=True,
    singular=True,
)


def _power_forward(xp: Any, x: Any, *, p: float, axis: Axes, keepdims: bool) -> Any:
    y = xp.sum(xp.abs(x) ** p, axis=axis, keepdims=keepdims) ** (1 / p)
    if root_is_inexact(xp, y, p):
        return in_double(xp, _power_forward, x, p=p, axis=axis, keepdims=keepdims)
    return y


def _power_x(xp: Any, g: Any, y: Any, x: Any, *, p: float, axis: Axes, keepdims: bool) -> Any:
    y = xp.where(y == 0, xp.ones_like(y), y)
    size = xp.abs(x)
    ratio = xp.where(size == 0, xp.ones_like(x), size) / spread(xp, y, x.shape, axis, keepdims)
    return spread(xp, g, x.shape, axis, keepdims) * xp.sign(x) * ratio ** (p - 1)


_power = Operation(
    "p_norm",
    _power_forward,
    _power_x,
    floats=True,
    singular=True,
    symbols={"p": "p"},
    example=Example((6,), p=3.0, axis=None, keepdims=False),
    word="norm",
)


def vector_norm(
    x: TensorLike,
    ord: float = 2,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Computes (Σ|x|^ord)^(1/ord) over axes: the length of the elements seen as one vector.

    `ord` may be any number: 2 is the Euclidean length, 1 the sum of sizes, infinity the largest size and minus
    infinity the smallest, 0 the number of elements that are not 0. Raises DTypeError for integers, unless `dtype`
    names a float.
    """
    return _norm("vector_norm", x, ord, dim, keepdim, axis, keepdims, dtype)


def norm(
    x: TensorLike,
    p: float | str = 2,
    dim: Axis = None,
    keepdim: bool = False,
    *,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = None,
) -> Tensor:
    """Returns :func:`vector_norm` under PyTorch's other name, where ``p="fro"`` is 2 and ``p="nuc"`` the nuclear norm.

    The nuclear norm, the sum of the singular values, is for a matrix, or for two axes.
    """
    if isinstance(p, str):
        if p == "nuc":
            return _nuclear(x, one_axis_argument("norm", dim, axis), keeps_axes("norm", keepdim, keepdims), dtype)
        if p != "fro":
            raise TypeError(f"norm: p must be a number, 'fro' or 'nuc', not {p!r}")
        p = 2
    return _norm("norm", x, p, dim, keepdim, axis, keepdims, dtype)


def _nuclear(x: TensorLike, axes: Axis, keepdim: bool, dtype: Any) -> Tensor:
    x = edge_of(x) if dtype is None else edge_of(x).to(dtype)
    chosen = tuple(range(x.ndim)) if axes is None else axes
    if isinstance(chosen, int) or len(chosen) != 2:
        raise ShapeError(f"norm: 'nuc' is for a matrix or two axes, not for the axes {axes} of shape {tuple(x.shape)}")
    return nuclear_norm(x, (chosen[0], chosen[1]), keepdim)


def nuclear_norm(x: Tensor, axes: tuple[int, int], keepdim: bool) -> Tensor:
    """Returns the sum of the singular values of the matrices in two axes."""
    result = sum(svdvals(x.movedim(axes, (-2, -1))), dim=-1)
    if keepdim:
        for axis in sorted(axis % x.ndim for axis in axes):
            result = result.unsqueeze(axis)
    return result


def _norm(
    name: str, x: TensorLike, p: float, dim: Axis, keepdim: bool, axis: Axis, keepdims: bool | None, dtype: Any
) -> Tensor:
    x, axes, keep = reduction_arguments(name, x, dim, keepdim, axis, keepdims)
    if dtype is not None:
        x = x.to(dtype)
    demand_floats(name, x)
    if p == 2:
        return _euclidean(x, axis=axes, keepdims=keep)
    if p == 1:
        return sum(abs(x), axis=axes, keepdims=keep)
    if p == 0:
        return sum(without_slope(not_equal(x, 0).to(x.dtype), x), axis=axes, keepdims=keep)
    if math.isinf(p):
        return (amax if p > 0 else amin)(abs(x), axis=axes, keepdims=keep)
    return _power(x, p=p, axis=axes, keepdims=keep)


@computed_in_single
def renorm(x: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scales the parts along an axis, one for each place there, to a `p`-norm of at most `maxnorm`.

    Parts of a smaller norm stay as they are; the others are divided by their norm + 1e-7, as in PyTorch. Raises
    ShapeError for tensors of fewer than two axes.

    >>> import edgewise as ew
    >>> ew.renorm(ew.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6, 0.8],
            [0.3, 0.4]])
    """
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"renorm: needs at least two axes, not shape {tuple(x.shape)}")
    at = one_axis("renorm", dim, x.shape)
    p = number("renorm", "p", p, above=0, finite=False)
    most = number("renorm", "maxnorm", maxnorm, least=0)
    sizes = vector_norm(x, p, tuple(i for i in range(x.ndim) if i != at), True)
    above = greater(sizes, most)
    return where(above, multiply(x, divide(most, where(above, sizes + 1e-7, 1.0))), x)
