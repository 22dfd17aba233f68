"""Pooling to a given number of windows, which may overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .axes import along
from .indexing import getitem
from .pooling import _image, _lifted, _unlifted, adaptive_avg_pool2d, max_pool2d
from .reductions import amax
from .shape import reshape, stack
from .windows import pair

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def adaptive_avg_pool1d(input: TensorLike, output_size: int | tuple[int]) -> Tensor:
    """Means of `output_size` windows of sequences (N, C, L) or (C, L): see :func:`adaptive_avg_pool2d`."""
    x = _image("adaptive_avg_pool1d", input, 1, floats=True)
    return _unlifted(adaptive_avg_pool2d(_lifted(x), (1, pair(output_size, "output_size", "adaptive_avg_pool1d")[1])))


def adaptive_max_pool1d(input: TensorLike, output_size: int | tuple[int]) -> Tensor:
    """Largest elements of `output_size` windows of sequences (N, C, L) or (C, L): see :func:`adaptive_max_pool2d`."""
    x = _image("adaptive_max_pool1d", input, 1)
    return _unlifted(adaptive_max_pool2d(_lifted(x), (1, pair(output_size, "output_size", "adaptive_max_pool1d")[1])))


def adaptive_max_pool2d(input: TensorLike, output_size: int | tuple[int | None, int | None] | None) -> Tensor:
    """Largest elements of as many windows as needed for an output of `output_size`; None keeps an axis as it is.

    Window i of n over an axis of size s is from floor(i s / n) to ceil((i + 1) s / n), so neighbours may overlap.
    Equal largest elements share the gradient evenly.
    """
    name = "adaptive_max_pool2d"
    x = _image(name, input, 2)
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    counts = pair(tuple(x.shape[i - 2] if wanted[i] is None else wanted[i] for i in (0, 1)), "output_size", name)
    if x.shape[-2] % counts[0] == 0 and x.shape[-1] % counts[1] == 0:
        return max_pool2d(x, (x.shape[-2] // counts[0], x.shape[-1] // counts[1]))
    rows, cols = (_windows(x.shape[i - 2], counts[i]) for i in (0, 1))
    found = []
    for part in rows:
        band = getitem(x, along(x.ndim - 2, part))
        found += [amax(getitem(band, along(x.ndim - 1, place)), dim=(-2, -1)) for place in cols]
    return reshape(stack(found, -1), (*x.shape[:-2], *counts))


def _windows(size: int, count: int) -> list[slice]:
    return [slice(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
