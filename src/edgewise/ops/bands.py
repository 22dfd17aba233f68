"""Convolution of each channel by a kernel of its own, as products with band matrices.

A row of the output is a product of the rows of the image below the kernel, one after the other as they lie in memory,
with a matrix that has the kernel's elements along its diagonals, and zeros elsewhere. BLAS multiplies so for all images
at a time, and most products are with zeros: it still takes less time than NumPy, which adds up shifted images one
element of the kernel after the other. So many columns of the output are computed at a time that zeros do not prevail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph.arrays import Array, Namespace
from .shifted import copy_rows, images_in_rows
from .windows import Padding, Pair

_COLUMNS = 16
"""So many columns are computed at a time at most: as many as a vector of a processor holds numbers."""

_FEW_IMAGES = 8
_WIDE = 40
"""Products for fewer or wider images take as long as sums of shifted images."""


def suits(images: Any, w: Any, dilation: Pair) -> bool:
    """Returns whether this way is faster, for shapes of images (N, C, H, W) and kernels whose rows are side by side."""
    n, _, _, wide = images
    return n >= _FEW_IMAGES and 0 < wide <= _WIDE and (dilation[0] == 1 or w[2] == 1)


def convolve(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array | None:
    """Returns the convolution of (N, C, H, W) with (C, 1, kernel) into (N, C, *counts); None if not all is finite."""
    result = images_in_rows(xp, (*x.shape[:2], *counts), x.dtype)
    top, tall = padding[0][0], w.shape[2]
    rows = (counts[0] - 1) * stride[0] + tall
    for made, read, band in _parts(xp, w, x.shape[3], counts[1], stride[1], padding[1][0], dilation[1], False):
        images = _laid(xp, x[..., read], top, rows)
        if not _finite(xp, images):
            return None
        matrices = band.reshape(len(band), 1, -1, band.shape[3])
        xp.matmul(_below(xp, images, 0, stride[0], counts[0], tall), matrices, out=_by_row(result[..., made]))
    if b is not None:
        result += b[:, None, None]
    return result


def input_gradient(
    xp: Namespace, g: Array, w: Array, size: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array | None:
    """Returns what `convolve` sends back to its images of `size`; None if not all is finite."""
    result = images_in_rows(xp, (*g.shape[:2], *size), g.dtype)
    (top, _), tall, step = padding[0], w.shape[2], stride[0]
    before = -(-tall // step) - 1  # the rows of zeros above, and below
    after = max(0, (size[0] - 1 + top) // step + 1 - g.shape[2])
    for made, read, band in _parts(xp, w, g.shape[3], size[1], stride[1], padding[1][0], dilation[1], True):
        arrived = _laid(xp, g[..., read], before, before + g.shape[2] + after)
        if not _finite(xp, arrived):
            return None
        for phase in range(min(step, size[0])):
            # Every `step` rows of the images lie below the same rows of the kernel.
            first = (phase - top) % step
            out = _by_row(result[:, :, first::step, made])
            some = band[:, phase::step][:, ::-1]
            if some.shape[1] == 0:
                out[...] = 0
                continue
            start = before + (first + top - phase) // step - (some.shape[1] - 1)
            matrices = some.swapaxes(2, 3).reshape(len(some), 1, -1, some.shape[2])
            xp.matmul(_below(xp, arrived, start, 1, out.shape[1], some.shape[1]), matrices, out=out)
    return result


def _parts(
    xp: Namespace, w: Array, given: int, wanted: int, stride: int, left: int, dilation: int, back: bool
) -> Iterator[tuple[slice, slice, Array]]:
    """Yields columns that are computed at a time, columns of what is given that they need, and the band matrices.

    These have the shape (C, kernel height, columns of images, columns of outputs). `back` is the way back to images.
    """
    reach = dilation * (w.shape[3] - 1)
    many = -(-wanted // -(-wanted // _COLUMNS))  # parts of about the same size
    for start in range(0, wanted, many):
        stop = min(start + many, wanted)
        if back:
            low, high = -((reach - left - start) // stride), (stop - 1 + left) // stride + 1
        else:
            low, high = start * stride - left, (stop - 1) * stride - left + reach + 1
        low = min(max(0, low), given - 1)
        made, read = slice(start, stop), slice(low, max(low + 1, min(high, given)))
        images, outputs = (made, read) if back else (read, made)
        yield made, read, _band(xp, w, images, outputs, stride, left, dilation)


def _band(xp: Namespace, w: Array, images: slice, outputs: slice, stride: int, left: int, dilation: int) -> Array:
    """Returns a kernel's rows as matrices (C, height, columns of images, columns of outputs)."""
    c, _, tall, wide = w.shape
    high, across = images.stop - images.start, outputs.stop - outputs.start
    flat = xp.zeros((c, tall, high * across), dtype=w.dtype)
    for j in range(wide):
        # Output column u has this element on column stride * u + apart of the images, both counted within the part.
        apart = outputs.start * stride + j * dilation - left - images.start
        first, last = max(0, -(apart // stride)), min(across - 1, (high - 1 - apart) // stride)
        if first <= last:
            start = (stride * first + apart) * across + first
            diagonal = flat[..., start : start + (last - first) * (stride * across + 1) + 1 : stride * across + 1]
            diagonal += w[:, 0, :, j, None]
    return flat.reshape(c, tall, high, across)


def _laid(xp: Namespace, x: Array, above: int, rows: int) -> Array:
    """Returns so many rows of images (N, C, H, W) as (C, N, rows, W), the first below rows of zeros."""
    n, c, h, w = x.shape
    images = xp.empty((c, n, rows, w), dtype=x.dtype)
    above = min(above, rows)
    some = min(h, rows - above)
    images[:, :, :above] = 0
    images[:, :, above + some :] = 0
    copy_rows(x.transpose(1, 0, 2, 3)[:, :, :some], images[:, :, above : above + some])
    return images


def _below(xp: Namespace, images: Array, start: int, step: int, count: int, tall: int) -> Array:
    """Returns for `count` rows of the output, `step` apart, the rows that each needs, as (C, count, N, tall * W)."""
    c, n, _, wide = images.shape
    s = images.strides
    shape, strides = (c, count, n, tall * wide), (s[0], step * s[2], s[1], s[3])
    return xp.lib.stride_tricks.as_strided(images[:, :, start:], shape, strides, writeable=False)


def _by_row(images: Array) -> Array:
    """Returns images as matrices for each channel and row: (C, H, N, W)."""
    return images.transpose(1, 2, 0, 3)


def _finite(xp: Namespace, images: Array) -> bool:
    """Returns whether all numbers are finite: zeros times others would spread NaN to outputs that do not see them."""
    rows = images.reshape(len(images), -1)
    return not xp.any(xp.vecdot(rows, xp.zeros(rows.shape[1], dtype=rows.dtype)))
