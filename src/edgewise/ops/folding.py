"""Windows of images as columns and back, and channels as pixels and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from ..graph.edge import edge_of
from ..graph.errors import ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .accurate import is_numpy
from .shape import copied_if_view, permute, reshape
from .sums import FEW
from .windows import Pair, added, columns, cropped, offsets, output_size, padded, pair

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _unfold_forward(xp: Any, x: Array, *, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    sides = ((padding[0],) * 2, (padding[1],) * 2)
    counts = output_size(x.shape[2:], kernel, stride, sides, dilation, "unfold")
    cut = columns(xp, padded(xp, x, sides), kernel, stride, dilation, counts, 1)
    return xp.reshape(cut, (x.shape[0], x.shape[1] * math.prod(kernel), math.prod(counts)))


def _fold_forward(xp: Any, g: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    sides = ((padding[0],) * 2, (padding[1],) * 2)
    counts = output_size(size, kernel, stride, sides, dilation, "fold")
    n, channels = g.shape[0], g.shape[1] // math.prod(kernel)
    parts = xp.reshape(g, (n, channels, math.prod(kernel), *counts))
    overlapping = math.prod(-(-kernel[i] // stride[i]) for i in (0, 1))
    dtype = xp.float64 if overlapping > FEW and is_numpy(xp) else g.dtype
    total = xp.zeros((n, channels, size[0] + 2 * padding[0], size[1] + 2 * padding[1]), dtype=dtype)
    for i, key in enumerate(offsets(kernel, stride, dilation, counts)):
        total = added(total, key, parts[:, :, i, ...])
    return xp.astype(cropped(total, sides), g.dtype)


_unfold: Operation = Operation(
    "unfold",
    _unfold_forward,
    lambda xp, g, y, x, **how: _fold.on(xp, g, size=tuple(x.shape[2:]), **how),
    linear="each",
    words={"y": "each column holds what one window shows", "x": "each pixel gets the sum of its places in the columns"},
    example=Example((1, 1, 4, 4), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1)),
)
_fold: Operation = Operation(
    "fold",
    _fold_forward,
    lambda xp, h, y, g, *, size, **how: _unfold.on(xp, h, **how),
    linear="each",
    singular=True,
    wide=True,
    words={"y": "each pixel is the sum of its places in the columns", "g": "each column gets what its window shows"},
    example=Example((1, 4, 4), size=(4, 4), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1)),
)


def unfold(
    input: TensorLike,
    kernel_size: int | Pair,
    dilation: int | Pair = 1,
    padding: int | Pair = 0,
    stride: int | Pair = 1,
) -> Tensor:
    """Returns the windows of images (N, C, H, W) as columns (N, C * window elements, windows).

    An image may lack the N.
    """
    x = edge_of(input)
    if x.ndim not in (3, 4):
        raise ShapeError(f"unfold: input has shape {tuple(x.shape)}; it must be (N, C, H, W) or (C, H, W)")
    batch = x if x.ndim == 4 else reshape(x, (1, *x.shape))
    y = _unfold(batch, **_geometry("unfold", kernel_size, dilation, padding, stride))
    return y if x.ndim == 4 else reshape(y, tuple(y.shape[1:]))


def fold(
    input: TensorLike,
    output_size: int | Pair,
    kernel_size: int | Pair,
    dilation: int | Pair = 1,
    padding: int | Pair = 0,
    stride: int | Pair = 1,
) -> Tensor:
    """Returns the transpose of :func:`unfold`: columns laid into images of `output_size`, summed where they overlap.

    Raises ShapeError unless there are as many columns as windows, of a multiple of the window's elements.
    """
    x = edge_of(input)
    if x.ndim not in (2, 3):
        raise ShapeError(f"fold: input has shape {tuple(x.shape)}; it must be (N, C * window, L) or (C * window, L)")
    size = pair(output_size, "output_size", "fold")
    how = _geometry("fold", kernel_size, dilation, padding, stride)
    sides = ((how["padding"][0],) * 2, (how["padding"][1],) * 2)
    counts = _windows(size, how["kernel"], how["stride"], sides, how["dilation"], "fold")
    elements = math.prod(how["kernel"])
    if x.shape[-2] % elements or x.shape[-1] != math.prod(counts):
        raise ShapeError(
            f"fold: input has shape {tuple(x.shape)}; for windows of {how['kernel']} in an image of {size} it must be "
            f"(N, C * {elements}, {math.prod(counts)})"
        )
    batch = x if x.ndim == 3 else reshape(x, (1, *x.shape))
    y = _fold(batch, size=size, **how)
    return y if x.ndim == 3 else reshape(y, tuple(y.shape[1:]))


_windows = output_size


def _geometry(name: str, kernel: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {
        "kernel": pair(kernel, "kernel_size", name),
        "stride": pair(stride, "stride", name),
        "padding": pair(padding, "padding", name, 0),
        "dilation": pair(dilation, "dilation", name),
    }


def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """Turns (..., C * r², H, W) into (..., C, H * r, W * r): r² channels become the pixels of a block.

    r is `upscale_factor`.

    W. Shi et al., "Real-Time Single Image and Video Super-Resolution ..." (2016).
    """
    x, r = edge_of(input), upscale_factor
    if x.ndim < 3 or r < 1 or x.shape[-3] % (r * r):
        raise ShapeError(
            f"pixel_shuffle: input has shape {tuple(x.shape)}; it must be (..., C, H, W), with C a multiple of "
            f"upscale_factor² = {r * r}"
        )
    *front, c, h, w = x.shape
    n = len(front)
    parts = reshape(x, (*front, c // (r * r), r, r, h, w))
    moved = permute(parts, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return copied_if_view(reshape(moved, (*front, c // (r * r), h * r, w * r)), x)


def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """Turns (..., C, H * r, W * r) into (..., C * r², H, W), which undoes :func:`pixel_shuffle`."""
    x, r = edge_of(input), downscale_factor
    if x.ndim < 3 or r < 1 or x.shape[-2] % r or x.shape[-1] % r:
        raise ShapeError(
            f"pixel_unshuffle: input has shape {tuple(x.shape)}; it must be (..., C, H, W), with H and W multiples of "
            f"downscale_factor = {r}"
        )
    *front, c, h, w = x.shape
    n = len(front)
    parts = reshape(x, (*front, c, h // r, r, w // r, r))
    moved = permute(parts, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return copied_if_view(reshape(moved, (*front, c * r * r, h // r, w // r)), x)


def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """Reorders the channels (axis 1), in `groups` groups: one of each group in turn."""
    x = edge_of(input)
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle: input has shape {tuple(x.shape)}; it must be (N, C, ...), with C a multiple of {groups}"
        )
    n, c, *rest = x.shape
    parts = reshape(x, (n, groups, c // groups, *rest))
    return copied_if_view(reshape(permute(parts, (0, 2, 1, *range(3, parts.ndim))), tuple(x.shape)), x)
