"""Convolution with kernels of 1×1 at stride 1: products of matrices, with the images as they lie in memory."""

from __future__ import annotations

from typing import Any

from ..graph.arrays import Array, Namespace
from . import shifted
from .windows import Padding, Pair

Order = tuple[int, int, int, int]

_BY_IMAGE: Order = (0, 1, 2, 3)
_BY_ROW: Order = (2, 1, 0, 3)  # its own inverse
_FEW_PLACES = 24  # Images of fewer places are multiplied faster row by row, for all images at once.
_LONG = 4096  # So many products are added up in the dtype of the images at most.
_PRODUCT_BYTES = 1 << 20


def suits(images: Array, size: Pair, kernel: Pair, stride: Pair, padding: Padding, groups: int) -> bool:
    """Returns whether this way is possible without a copy of the images (N, C, H, W), and fast.

    `size` is that of the other images, which are as large as these unless a dilated kernel leaves room.
    """
    return (
        kernel == stride == (1, 1)
        and images.shape[2:] == size
        and groups == 1
        and not any(map(any, padding))
        and images.size > 0
        and _order(images) is not None
    )


def _order(images: Array) -> Order | None:
    """Returns the order of axes in which images lie in memory: image by image, or row by row of all images."""
    if images.transpose(_BY_ROW).flags.c_contiguous:
        return _BY_ROW
    if images.flags.c_contiguous and images.shape[2] * images.shape[3] >= _FEW_PLACES:
        return _BY_IMAGE
    return None


def _matrices(images: Array, order: Order) -> Array:
    """Returns images, or rows of all images, as matrices of a row for each channel: (images or rows, C, places)."""
    laid = images.transpose(order)
    return laid.reshape(*laid.shape[:2], -1)


def convolve(xp: Namespace, x: Array, w: Array, b: Any) -> Array:
    """Returns the convolution of (N, C, H, W) with (O, C, 1, 1) into (N, O, H, W), which lies in memory as `x` does."""
    order = _order(x) or _BY_ROW
    matrices, o = _matrices(x, order), w.shape[0]
    laid = xp.empty((len(matrices), o, *(x.shape[axis] for axis in order[2:])), dtype=x.dtype)
    result = xp.empty_like(laid.transpose(order))  # an array that owns its memory
    out = _matrices(result, order)
    xp.matmul(w.reshape(w.shape[:2]), matrices, out=out)
    if b is not None:
        out += b[:, None]
    return result


def weight_gradient(xp: Namespace, x: Array, g: Array) -> Array:
    """Returns what `convolve` sends back to its weights."""
    order = _order(x) or _BY_ROW
    images, sent = _matrices(x, order), _matrices(g, order)
    (count, o, length), c = sent.shape, x.shape[1]
    places = count * length
    multiply = shifted.product_of(xp, places)
    total = xp.zeros((o, c), dtype=xp.float64 if places >= shifted.MANY_PLACES else x.dtype)
    at_once = max(1, _PRODUCT_BYTES // (o * c * x.dtype.itemsize))
    for first in range(0, count, at_once):
        some = slice(first, first + at_once)
        for start in range(0, length, _LONG):
            part = slice(start, start + _LONG)
            total += xp.sum(multiply(sent[some, :, part], images[some, :, part].mT), axis=0)
    return total.reshape(o, c, 1, 1).astype(x.dtype)
