"""Images brought to another size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import is_float, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from .axes import key_along
from .composed import computed_in_single
from .indexing import getitem
from .weighing import Rows, averaging, weighted_sums

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

_AXES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,)}
_CUBIC = -0.75


@computed_in_single
def interpolate(
    input: TensorLike,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """Resizes images (N, C, ...) to `size`, or to their size times `scale_factor`, rounded down.

    Parameters
    ----------
    mode:
        ``"nearest"`` takes one element, and so does ``"nearest-exact"``, from the middle of its place; ``"linear"`` (1
        axis) and ``"bilinear"`` (2) weigh neighbours by their distance, ``"bicubic"`` (2) by a cubic curve;
        ``"area"`` takes the mean of what each new element covers.
    align_corners:
        For linear, bilinear and bicubic: whether the middles of the corner elements stay, instead of their corners.
    recompute_scale_factor:
        Whether positions are computed from the sizes, rounded as they are, instead of from `scale_factor` itself.

    Raises
    ------
    ArgumentError
        If neither `size` nor `scale_factor` is given, or there is no such mode.
    ShapeError
        If the mode is not for so many axes, or a size is 0.
    DTypeError
        For integers, in the modes that weigh elements.
    """
    x = edge_of(input)
    count = x.ndim - 2
    if mode not in (*_AXES, "area"):
        raise ArgumentError(f"interpolate: mode is {mode!r}; it must be one of {(*_AXES, 'area')}")
    if count < 1 or count not in _AXES.get(mode, (1, 2, 3)):
        raise ShapeError(f"interpolate: mode {mode!r} is not for an input of shape {tuple(x.shape)}")
    weighs = mode in ("linear", "bilinear", "bicubic")
    if align_corners is not None and not weighs:
        raise ArgumentError(f"interpolate: align_corners is for linear, bilinear and bicubic, not for {mode}")
    if mode not in ("nearest", "nearest-exact") and not is_float(x.array):
        raise DTypeError(f"interpolate: mode {mode} is for floating-point numbers, not {x.dtype}: use x.float()")
    old = tuple(x.shape[2:])
    sizes, scales = _sizes(old, size, scale_factor, bool(recompute_scale_factor))
    for i, (before, after) in enumerate(zip(old, sizes, strict=True)):
        if weighs:
            rows = _weights(before, after, scales[i], bool(align_corners), _cubic if mode == "bicubic" else _line)
            x = weighted_sums(x, i + 2, rows)
        elif mode == "area":
            x = weighted_sums(x, i + 2, averaging(before, after))
        else:
            step = before / after if scales[i] is None else 1 / scales[i]  # type: ignore[operator]
            middle = 0.5 if mode == "nearest-exact" else 0.0
            places = [min(math.floor((j + middle) * step), before - 1) for j in range(after)]
            xp = namespace(x.array)
            x = getitem(x, key_along(i + 2, wrap(xp.asarray(places, dtype=xp.int64))))
    return x


def _sizes(
    old: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool
) -> tuple[tuple[int, ...], list[float | None]]:
    """Returns the new sizes, and what positions are to be divided by instead of by the ratio of sizes."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate: needs either size or scale_factor")
    given = size if scale_factor is None else scale_factor
    listed = list(given) if isinstance(given, (tuple, list)) else [given] * len(old)
    if len(listed) != len(old):
        raise ShapeError(f"interpolate: {given!r} does not name the {len(old)} sizes of {old}")
    if scale_factor is None:
        new, scales = tuple(int(part) for part in listed), [None] * len(old)
    else:
        new = tuple(math.floor(part * factor) for part, factor in zip(old, listed, strict=True))
        scales = [None] * len(old) if recompute else listed
    if min(new) < 1 or min(old) < 1:
        raise ShapeError(f"interpolate: can't bring an image of size {old} to {new}: sizes must be positive")
    return new, scales  # type: ignore[return-value]


def _line(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


def _cubic(distance: float) -> float:
    """Follows R. Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -0.75."""
    d = abs(distance)
    if d <= 1:
        return (_CUBIC + 2) * d**3 - (_CUBIC + 3) * d**2 + 1
    return _CUBIC * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def _weights(before: int, after: int, scale: float | None, align: bool, weight: Callable[[float], float]) -> Rows:
    """Returns, for each new element, the weights of the old ones; what lies beyond an edge counts as the edge."""
    rows = []
    for j in range(after):
        if align:
            place = j * (before - 1) / (after - 1) if after > 1 else 0.0
        else:
            place = (j + 0.5) * (before / after if scale is None else 1 / scale) - 0.5
            place = max(place, 0.0) if weight is _line else place
        first = math.floor(place)
        row: dict[int, float] = {}
        for k in range(first - 1, first + 3):
            held = min(max(k, 0), before - 1)
            row[held] = row.get(held, 0.0) + weight(place - k)
        rows.append(row)
    return rows
