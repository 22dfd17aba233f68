"""Softmax and its logarithm, with the largest element taken out so that nothing overflows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from ..graph.edge import edge_of
from ..graph.operation import Operation
from .accurate import is_numpy
from .axes import one_axis, one_axis_argument
from .composed import composed_activation
from .shape import _reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _shifted(xp: Any, x: Array, axis: int) -> Array:
    """Returns `x` less its largest element along `axis`."""
    return x - xp.max(x, axis=axis, keepdims=True) if math.prod(x.shape) else x


def _softmax_forward(xp: Any, x: Array, *, axis: int) -> Array:
    e = xp.exp(_shifted(xp, x, axis))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _log_softmax_forward(xp: Any, x: Array, *, axis: int) -> Array:
    z = _shifted(xp, x, axis)
    return z - xp.log(xp.sum(xp.exp(z), axis=axis, keepdims=True))


def _softmax_fused(xp: Any, x: Array, *, axis: int) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Runs forward and backward on NumPy's arrays, each written to as often as it can be."""
    if not is_numpy(xp) or not x.size:
        return None
    y = x - xp.max(x, axis=axis, keepdims=True)
    xp.exp(y, out=y)
    y /= xp.sum(y, axis=axis, keepdims=True)

    def back(g: Array) -> Callable[[int], Array]:
        part = g * y
        part -= y * xp.sum(part, axis=axis, keepdims=True)
        return lambda _: part

    return y, back


_softmax = Operation(
    "softmax",
    _softmax_forward,
    lambda xp, g, y, x, *, axis: y * (g - xp.sum(g * y, axis=axis, keepdims=True)),
    floats=True,
    singular=True,
    kind="probabilities",
    words={
        "y": "positive numbers that sum to 1",
        "x": "raising one score lowers the share of all others",
    },
    fused=_softmax_fused,
)
_log_softmax = Operation(
    "log_softmax",
    _log_softmax_forward,
    lambda xp, g, y, x, *, axis: g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),
    floats=True,
    singular=True,
    kind="activation",
    word="log-softmax",
)


def softmax(input: TensorLike, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Tensor:
    """Computes exp(x) divided by its sum along `dim` (or `axis`), without overflow: positive numbers that sum to 1.

    With `dtype` the input is cast first. Raises IndexingError if there is no such axis.
    """
    return _along(_softmax, input, dim, dtype, axis)


def log_softmax(input: TensorLike, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Tensor:
    """Computes log(softmax(x)) along `dim` (or `axis`), finite for every finite x.

    With `dtype` the input is cast first. Raises IndexingError if there is no such axis.
    """
    return _along(_log_softmax, input, dim, dtype, axis)


@composed_activation
def softmin(input: TensorLike, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Tensor:
    """Computes softmax(-x) along `dim` (or `axis`)."""
    return _along(_softmax, -edge_of(input), dim, dtype, axis)


def _along(operation: Operation, x: Any, dim: Any, dtype: Any, axis: Any) -> Tensor:
    x = edge_of(x) if dtype is None else edge_of(x).to(dtype)
    number = one_axis(operation.name, one_axis_argument(operation.name, dim, axis), x.shape)
    if x.ndim == 0:
        return _reshape(operation(_reshape(x, shape=(1,)), axis=0), shape=())
    return operation(x, axis=number)
