"""Makes forwards and derivatives compute half precision in float32 and round once.

float16 ends at 65,504 and counts to 2,048 only. Squares, counts and long sums of ordinary numbers would overflow or
stop growing, even where float16 can hold the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from .arrays import without_warnings

if TYPE_CHECKING:
    from .arrays import Array, Namespace
    from .operation import Derivative, Forward, Operation


class _IsHalf(dict[tuple[Any, Any], bool]):
    def __missing__(self, key: tuple[Any, Any]) -> bool:
        self[key] = found = str(key[1]).rpartition(".")[2] in ("float16", "bfloat16")
        return found


is_half = _IsHalf()
"""Says by class and dtype whether a dtype is half precision, as dtypes of two libraries can't be compared."""


def widen_forward(forward: Forward) -> Forward:
    """Returns a forward that computes half-precision inputs in float32 and rounds its result to their dtype."""

    @wraps(forward)
    def wide(xp: Namespace, *inputs: Any, **params: Any) -> Array:
        dtypes = [x.dtype for x in inputs if hasattr(x, "dtype")]
        half = next((dtype for dtype in dtypes if is_half[dtype.__class__, dtype]), None)
        if half is None:
            return forward(xp, *inputs, **params)
        with without_warnings(next(x for x in inputs if hasattr(x, "dtype"))):
            result = forward(xp, *to_float32(xp, inputs), **params)
            if not hasattr(result, "dtype") or result.dtype != xp.float32 or xp.float32 in dtypes:
                return result
            return xp.astype(xp.asarray(result), half)

    return wide


def widen_derivative(operation: Operation, i: int, derivative: Derivative | None) -> Derivative | None:
    """Returns a derivative that computes in float32 for a half-precision gradient. The engine rounds its result."""
    if derivative is None:
        return None

    @wraps(derivative)
    def wide(xp: Namespace, g: Array, y: Array, *inputs: Any, **params: Any) -> Array:
        if not is_half[g.dtype.__class__, g.dtype]:
            return derivative(xp, g, y, *inputs, **params)
        arrays = to_float32(xp, inputs)
        if operation.reads(i, -1) and all(operation.reads(i, k) for k, x in enumerate(inputs) if hasattr(x, "dtype")):
            # A rounded result can be infinite, and its differences from the inputs lose digits, so compute it again,
            # unless an input may have been written since: backward checks only those that the derivative reads.
            own_params = (
                {name: value for name, value in params.items() if name != "i"} if operation.variadic else params
            )
            y = operation.on(xp, *arrays, **own_params)
        else:
            y = xp.astype(y, xp.float32)
        return derivative(xp, xp.astype(g, xp.float32), y, *arrays, **params)

    return wide


def to_float32(xp: Namespace, values: Sequence[Any]) -> list[Any]:
    """Casts arrays of half precision to float32."""
    return [
        xp.astype(x, xp.float32) if hasattr(x, "dtype") and is_half[x.dtype.__class__, x.dtype] else x for x in values
    ]
