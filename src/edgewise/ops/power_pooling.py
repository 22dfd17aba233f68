"""Pooling by the p-norm of each window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..graph.arguments import number
from .arithmetic import abs
from .comparison import equal
from .composed import computed_in_single, scoped
from .exponential import pow
from .pooling import _before, _image, _line, _with_height, _without_height, avg_pool2d, max_pool2d
from .selection import where
from .windows import Pair

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


@scoped
@computed_in_single
def lp_pool1d(
    input: TensorLike, norm_type: float, kernel_size: int | tuple[int], stride: int | tuple[int] | None = None
) -> Tensor:
    """Returns the p-norm of each window of sequences (N, C, L) or (C, L): see :func:`lp_pool2d`."""
    x = _image("lp_pool1d", input, 1, floats=True)
    p = number("lp_pool1d", "norm_type", norm_type, above=0, finite=False)
    kernel, step = _line("lp_pool1d", kernel_size, stride)
    _before("lp_pool1d", x, kernel[1], 1, 0)
    return _without_height(_power_pool(_with_height(x), p, kernel, step))


@scoped
@computed_in_single
def lp_pool2d(input: TensorLike, norm_type: float, kernel_size: int | Pair, stride: int | Pair | None = None) -> Tensor:
    """Computes (Σ x^p)^(1/p) over each window of images (N, C, H, W) or (C, H, W), with p = `norm_type`.

    Windows lie side by side unless `stride` is given. As in PyTorch, powers are those of the elements, not of their
    sizes: where p is odd or no integer, negative elements count as what their powers are. With p = ∞ it is the largest
    size. The gradient is 0 where the sum is, for p ≥ 1. Raises ShapeError if the window does not fit, and DTypeError
    for integers.
    """
    x = _image("lp_pool2d", input, 2, floats=True)
    p = number("lp_pool2d", "norm_type", norm_type, above=0, finite=False)
    return _power_pool(x, p, kernel_size, stride)


def _power_pool(x: Tensor, p: float, kernel: int | Pair, stride: int | Pair | None) -> Tensor:
    if math.isinf(p):
        return max_pool2d(abs(x), kernel, stride)
    sums = avg_pool2d(x if p == 1 else pow(x, p), kernel, stride, divisor_override=1)
    nothing = equal(sums, 0)
    # Below p = 1 the slope of the sum is infinite at 0, and a constant's 0 times that would be NaN.
    zeros = sums if p < 1 else 0.0
    return where(nothing, zeros, sums if p == 1 else pow(where(nothing, 1.0, sums), 1 / p))
