"""Padding: more elements around a tensor, or fewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .axes import key_along, sizes
from .indexing import getitem

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

Widths = tuple[tuple[int, int], ...]
"""For each axis, how many elements come before and after; negative numbers cut off."""


def _opposite(widths: Widths) -> Widths:
    return tuple((-before, -after) for before, after in widths)


def _inner(widths: Widths, shape: tuple[int, ...], cut: bool) -> tuple[slice, ...]:
    """Returns the part of the input that stays (`cut`), or its place in the output."""
    sign = -1 if cut else 1
    return tuple(
        slice(max(sign * before, 0), size - max(sign * after, 0))
        for (before, after), size in zip(widths, shape, strict=True)
    )


def _forward(xp: Any, x: Any, value: Any, *, widths: Widths) -> Any:
    kept = x[_inner(widths, tuple(x.shape), True)]
    if all(before <= 0 and after <= 0 for before, after in widths):
        return xp.asarray(kept, copy=True)
    shape = tuple(size + before + after for size, (before, after) in zip(x.shape, widths, strict=True))
    if hasattr(value, "dtype"):
        y = xp.astype(xp.broadcast_to(value, shape), x.dtype)
    else:
        y = xp.full(shape, value, dtype=x.dtype)
    key = _inner(widths, shape, False)
    if hasattr(y, "at"):
        return y.at[key].set(kept)
    y[key] = kept
    return y


# Cutting off is the transpose of laying zeros around, on each side by itself.
_pad: Operation = Operation(
    "pad",
    _forward,
    lambda xp, g, y, x, value, *, widths: _pad.on(xp, g, 0, widths=_opposite(widths)),
    lambda xp, g, y, x, value, *, widths: xp.sum(g) - xp.sum(g[_inner(widths, tuple(g.shape), False)]),
    linear="jointly",
    wide=True,
    example=Example((6, 5), 0.0, widths=((1, 1), (0, 0))),
)

_MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: TensorLike, pad: Sequence[int], mode: str = "constant", value: TensorLike | None = None) -> Tensor:
    """Adds elements around a tensor.

    Parameters
    ----------
    pad:
        How many before and after, in pairs that start at the last axis: (left, right, top, bottom, ...), as in
        PyTorch. Negative numbers cut off.
    mode:
        ``"constant"`` lays `value` around, ``"reflect"`` mirrors at the edge element, ``"replicate"`` repeats it,
        ``"circular"`` goes on from the other side.
    value:
        For mode constant: a number or a 0-d tensor, 0 by default.

    Raises
    ------
    ShapeError
        If `pad` has an odd length or more pairs than there are axes, more is cut off than there is, or there is too
        little to mirror or to go on with.
    """
    x = edge_of(input)
    given = sizes("pad", (pad,))
    if len(given) % 2 or len(given) > 2 * x.ndim:
        raise ShapeError(
            f"pad: {given} must be pairs (before, after), last axis first, for at most {x.ndim} axes of shape "
            f"{tuple(x.shape)}"
        )
    pairs = [(given[i], given[i + 1]) for i in range(0, len(given), 2)]
    widths: Widths = ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))
    if mode not in _MODES:
        raise ArgumentError(f"pad: mode is {mode!r}; it must be one of {_MODES}")
    for axis, (before, after) in enumerate(widths):
        if (before, after) != (0, 0):
            _check(mode, x, axis, before, after)
    if mode == "constant":
        return _pad(x, 0 if value is None else value, widths=widths)
    if value is not None:
        raise ArgumentError(f"pad: value is for mode constant, not {mode}")
    xp = namespace(x.array)
    for axis, (before, after) in enumerate(widths):
        if mode == "circular" and min(before, after) < 0:  # goes on from what is left
            x = getitem(x, key_along(axis, _inner(widths, tuple(x.shape), True)[axis]))
            before, after = max(before, 0), max(after, 0)
        if (before, after) != (0, 0):
            places = [_source(i, x.shape[axis], mode) for i in range(-before, x.shape[axis] + after)]
            x = getitem(x, key_along(axis, wrap(xp.asarray(places, dtype=xp.int64))))
    return x


def _check(mode: str, x: Tensor, axis: int, before: int, after: int) -> None:
    size = x.shape[axis]
    left = size + min(before, 0) + min(after, 0)
    most = {"constant": None, "reflect": size - 1, "replicate": None, "circular": left}[mode]
    reason = None
    if size + before + after < 0 or -before > size or -after > size:
        reason = "cuts off more than there is"
    elif most is not None and max(before, after) > most:
        reason = f"is more than the {most} elements there are to take in mode {mode}"
    elif mode == "replicate" and size == 0 and max(before, after) > 0:
        reason = "has no element to repeat"
    if reason is not None:
        raise ShapeError(f"pad: {(before, after)} at axis {axis} of shape {tuple(x.shape)} {reason}")


def _source(place: int, size: int, mode: str) -> int:
    """Returns which element of an axis stands at a place that may lie before or after it."""
    if mode == "circular":
        return place % size
    if mode == "replicate":
        return min(max(place, 0), size - 1)
    return size - 1 - abs(size - 1 - abs(place))
