"""Convolution in one and two dimensions, its transpose, and the three operations that are each other's derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, is_float
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from . import strided
from .shape import _reshape
from .windows import Padding, Pair, added, columns, cropped, demand_room, offsets, output_size, padded, pair

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _forward(
    xp: Any, x: Array, w: Array, b: Any, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Any:
    kernel: Any = tuple(w.shape[2:])
    counts = output_size(x.shape[2:], kernel, stride, padding, dilation, "conv2d")
    if strided.available(xp):
        return strided.convolve(xp, x, w, b, counts, stride, padding, dilation, groups)
    cut = columns(xp, padded(xp, x, padding), kernel, stride, dilation, counts, groups)
    y = xp.reshape(xp.matmul(_matrix(xp, w, groups), cut), (x.shape[0], w.shape[0], *counts))
    return y if b is None else y + xp.reshape(b, (-1, 1, 1))


def _fused(
    xp: Any, x: Array, w: Array, b: Any, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    if not strided.available(xp):
        return None
    counts = output_size(x.shape[2:], (w.shape[2], w.shape[3]), stride, padding, dilation, "conv2d")
    return strided.convolve_both_ways(xp, x, w, b, counts, stride, padding, dilation, groups)


def _input_forward(
    xp: Any, g: Array, w: Array, *, size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    if strided.available(xp):
        return strided.input_gradient(xp, g, w, size, stride, padding, dilation, groups)
    n, (o, c, *kernel), counts = g.shape[0], w.shape, tuple(g.shape[2:])
    parts = xp.matmul(_matrix(xp, w, groups).mT, xp.reshape(g, (n, groups, o // groups, math.prod(counts))))
    parts = xp.reshape(parts, (n, c * groups, math.prod(kernel), *counts))
    (top, bottom), (left, right) = padding
    total = xp.zeros((n, c * groups, size[0] + top + bottom, size[1] + left + right), dtype=g.dtype)
    for i, key in enumerate(offsets((kernel[0], kernel[1]), stride, dilation, (counts[0], counts[1]))):
        total = added(total, key, parts[:, :, i, ...])
    return cropped(total, padding)


def _weight_forward(
    xp: Any, x: Array, g: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    if strided.available(xp):
        return strided.weight_gradient(xp, x, g, kernel, stride, padding, dilation, groups)
    (n, o, *counts), c = g.shape, x.shape[1]
    cut = columns(xp, padded(xp, x, padding), kernel, stride, dilation, (counts[0], counts[1]), groups)
    products = xp.matmul(xp.reshape(g, (n, groups, o // groups, math.prod(counts))), cut.mT)
    return xp.reshape(xp.sum(products, axis=0), (o, c // groups, *kernel))


def _matrix(xp: Any, w: Array, groups: int) -> Array:
    return xp.reshape(w, (groups, w.shape[0] // groups, math.prod(w.shape[1:])))


def _conv2d_x(xp: Any, g: Array, y: Array, x: Array, w: Array, b: Any, **how: Any) -> Array:
    return _conv2d_input.on(xp, g, w, size=tuple(x.shape[2:]), **how)


def _conv2d_w(xp: Any, g: Array, y: Array, x: Array, w: Array, b: Any, **how: Any) -> Array:
    return _conv2d_weight.on(xp, x, g, kernel=tuple(w.shape[2:]), **how)


def _windows(xp: Any, x: Array, w: Array, g: Array, **how: Any) -> Array:
    """Computes the convolution at as many places as `g` has.

    Where a dilated kernel lets the output of a transpose be larger by a stride or more, there is room for others.
    """
    y = _conv2d.on(xp, x, w, None, **how)
    return y if y.shape[2:] == g.shape[2:] else y[:, :, : g.shape[2], : g.shape[3]]


# With <a, b> the sum of products, <g, conv2d(x, w)> = <conv2d_input(g, w), x> = <conv2d_weight(x, g), w>: one
# trilinear form read in three ways. So the derivatives of each are the other two, to any order.
_conv2d = Operation(
    "conv2d",
    _forward,
    _conv2d_x,
    _conv2d_w,
    lambda xp, g, y, x, w, b, **how: xp.sum(g, axis=(0, 2, 3)),
    promotes=True,
    singular=True,
    wide=True,
    fused=_fused,
    roles={"x": "input"},
    notation="cross-correlation",
    words={
        "y": "the kernel is laid on a window of the input, and the products are summed",
        "x": "a pixel gets the gradient of each window that it is in, times the weight that lay on it",
        "w": "a weight gets all inputs on which it lay, times the gradients there",
        "b": "a bias gets the gradients of its channel, summed",
    },
    indices={"x": "n c r s", "w": "o c u v", "b": "o", "y": "n o i j", "g": "n o i j"},
    example=Example(
        (2, 3, 7, 6), (4, 3, 3, 2), (4,), stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1
    ),
    word="conv",
)
_conv2d_input: Operation = Operation(
    "conv_transpose2d",
    _input_forward,
    lambda xp, h, y, g, w, *, size, **how: _windows(xp, h, w, g, **how),
    lambda xp, h, y, g, w, *, size, **how: _conv2d_weight.on(xp, h, g, kernel=tuple(w.shape[2:]), **how),
    linear="each",
    promotes=True,
    singular=True,
    wide=True,
    notation="convolution",
    indices={"g": "n o i j", "w": "o c u v", "y": "n c r s", "h": "n c r s"},
    example=Example(
        (2, 4, 5, 5), (4, 3, 3, 2), size=(7, 6), stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1
    ),
    word="transposed conv",
)
_conv2d_weight: Operation = Operation(
    "conv2d_weight",
    _weight_forward,
    lambda xp, h, y, x, g, *, kernel, **how: _conv2d_input.on(xp, g, h, size=tuple(x.shape[2:]), **how),
    lambda xp, h, y, x, g, *, kernel, **how: _windows(xp, x, h, g, **how),
    linear="each",
    promotes=True,
    singular=True,
    wide=True,
    notation="cross-correlation",
    indices={"x": "n c r s", "g": "n o i j", "y": "o c u v", "h": "o c u v"},
    example=Example(
        (2, 3, 7, 6), (2, 4, 5, 5), kernel=(3, 2), stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1
    ),
    word="conv back to weights",
)


def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Pair = 1,
    padding: int | Pair | str = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Slides `weight` over images and takes the sum of products at each place (no flip, as in PyTorch).

    Parameters
    ----------
    input:
        Images (N, C, H, W), or one image (C, H, W).
    weight:
        Kernels (O, C / groups, height, width).
    bias:
        One number per output channel, (O,).
    stride, dilation:
        Step of the window, and distance between its elements: one integer or (vertical, horizontal).
    padding:
        Zeros around the image: one integer, (vertical, horizontal), ``"valid"`` for none, or ``"same"`` for as
        many as keep the size at stride 1, the odd one at the bottom and on the right.
    groups:
        Output channels see only the input channels of their own group.

    Raises
    ------
    ShapeError
        If the shapes don't fit together, or the kernel not into the padded image.
    """
    return _convolved("conv2d", input, weight, bias, stride, padding, dilation, groups)


def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | tuple[int] = 1,
    padding: int | tuple[int] | str = 0,
    dilation: int | tuple[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Slides `weight` (O, C / groups, length) over sequences (N, C, L) or (C, L): see :func:`conv2d`."""
    name = "conv1d"
    x, w = _tensors(name, input, weight, 1)
    around: Any = padding if isinstance(padding, str) else (0, pair(padding, "padding", name, 0)[1])
    step, apart = pair(stride, "stride", name)[1], pair(dilation, "dilation", name)[1]
    _check_channels(name, x, w, groups)
    if padding == "same" and step != 1:
        raise ArgumentError(f"{name}: padding='same' keeps the size at stride 1 only, not at {step}")
    if padding != "same":
        demand_room(name, x.shape[-1], w.shape[2], apart, 0 if isinstance(around, str) else around[1])
    x, w = _lifted(x), _lifted(w)
    y = _convolved(name, x, w, bias, (1, step), around, (1, apart), groups)
    return _reshape(y, shape=(*y.shape[:-2], y.shape[-1]))


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> Tensor:
    """Computes the transpose of :func:`conv2d`: each element of (N, C, H, W) adds its multiple of the kernel.

    `weight` is (C, O / groups, height, width). `padding` is cut from the output, and `output_padding`, smaller than
    the stride, adds rows and columns at the bottom and on the right, which sizes alone would leave open.

    Raises ShapeError if the shapes don't fit together.
    """
    name = "conv_transpose2d"
    x, w = _tensors(name, input, weight, 2)
    step, apart = pair(stride, "stride", name), pair(dilation, "dilation", name)
    around, extra = pair(padding, "padding", name, 0), pair(output_padding, "output_padding", name, 0)
    _check_transposed(name, x, w, bias, groups)
    if any(e >= max(s, d) for e, s, d in zip(extra, step, apart, strict=True)):
        raise ArgumentError(f"{name}: output_padding {extra} must be smaller than stride {step} or dilation {apart}")
    batched = x if x.ndim == 4 else _reshape(x, shape=(1, *x.shape))
    size = tuple(
        (batched.shape[2 + i] - 1) * step[i] - 2 * around[i] + apart[i] * (w.shape[2 + i] - 1) + extra[i] + 1
        for i in (0, 1)
    )
    if min(size) < 1:
        raise ShapeError(f"{name}: padding {around} leaves an output of size {size}: use less padding")
    sides = ((around[0], around[0]), (around[1], around[1]))
    y = _conv2d_input(batched, w, size=size, stride=step, padding=sides, dilation=apart, groups=groups)
    if bias is not None:
        y = y + _reshape(bias, shape=(-1, 1, 1))
    return y if x.ndim == 4 else _reshape(y, shape=y.shape[1:])


def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: int | tuple[int] = 1,
    padding: int | tuple[int] = 0,
    output_padding: int | tuple[int] = 0,
    groups: int = 1,
    dilation: int | tuple[int] = 1,
) -> Tensor:
    """Returns the transpose of :func:`conv1d`: see :func:`conv_transpose2d`. `weight` is (C, O / groups, length)."""
    name = "conv_transpose1d"
    x, w = _tensors(name, input, weight, 1)
    step, apart = pair(stride, "stride", name)[1], pair(dilation, "dilation", name)[1]
    around, extra = pair(padding, "padding", name, 0)[1], pair(output_padding, "output_padding", name, 0)[1]
    _check_transposed(name, x, w, bias, groups)
    if extra >= max(step, apart):
        raise ArgumentError(f"{name}: output_padding {extra} must be smaller than stride {step} or dilation {apart}")
    length = (x.shape[-1] - 1) * step - 2 * around + apart * (w.shape[2] - 1) + extra + 1
    if length < 1:
        raise ShapeError(f"{name}: padding {around} leaves an output of length {length}: use less padding")
    y = conv_transpose2d(_lifted(x), _lifted(w), bias, (1, step), (0, around), (0, extra), groups, (1, apart))
    return _reshape(y, shape=(*y.shape[:-2], y.shape[-1]))


def _check_transposed(name: str, x: Tensor, w: Tensor, bias: Any, groups: int) -> None:
    channels = x.shape[1 - w.ndim]
    if groups < 1 or channels != w.shape[0] or w.shape[0] % groups:
        window = "height, width" if w.ndim == 4 else "length"
        raise ShapeError(
            f"{name}: an input {x.shape} has {channels} channels and weight {w.shape} is for {w.shape[0]}, in "
            f"{groups} groups; weight must be (channels, output channels / groups, {window})"
        )
    _check_bias(name, bias, w.shape[1] * groups)


def _convolved(
    name: str, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    x, w = _tensors(name, input, weight, 2)
    step, apart = pair(stride, "stride", name), pair(dilation, "dilation", name)
    sides = _padding(name, padding, (w.shape[2], w.shape[3]), step, apart)
    _check_channels(name, x, w, groups)
    _check_bias(name, bias, w.shape[0])
    batched = x if x.ndim == 4 else _reshape(x, shape=(1, *x.shape))
    y = _conv2d(batched, w, bias, stride=step, padding=sides, dilation=apart, groups=groups)
    return y if x.ndim == 4 else _reshape(y, shape=y.shape[1:])


def _tensors(name: str, input: Any, weight: Any, axes: int) -> tuple[Tensor, Tensor]:
    """Returns images and kernels as tensors of the right number of axes."""
    x, w = edge_of(input), edge_of(weight)
    size = "H, W" if axes == 2 else "L"
    if x.ndim not in (axes + 1, axes + 2):
        raise ShapeError(f"{name}: input has shape {x.shape}; it must be (N, C, {size}) or (C, {size})")
    if w.ndim != axes + 2 or 0 in w.shape:
        raise ShapeError(f"{name}: weight has shape {w.shape}; it must have {axes + 2} axes, none of size 0")
    for tensor, argument in ((x, "input"), (w, "weight")):
        if not is_float(tensor.array):
            raise DTypeError(f"{name}: {argument} has dtype {tensor.dtype}; cast it first, as in x.float()")
    return x, w


def _check_channels(name: str, x: Tensor, w: Tensor, groups: int) -> None:
    channels = x.shape[1 - w.ndim]
    if groups < 1 or w.shape[0] % groups or channels != w.shape[1] * groups:
        raise ShapeError(
            f"{name}: an input {x.shape} has {channels} channels, but weight {w.shape} with groups={groups} is for "
            f"{w.shape[1] * groups}, and its {w.shape[0]} output channels must be a multiple of the groups"
        )


def _check_bias(name: str, bias: Any, channels: int) -> None:
    if bias is not None and tuple(getattr(bias, "shape", (len(bias),))) != (channels,):
        raise ShapeError(
            f"{name}: bias has shape {tuple(getattr(bias, 'shape', (len(bias),)))}; it must be ({channels},), one "
            "number per output channel"
        )


def _padding(name: str, padding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Padding:
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ArgumentError(f"{name}: padding is {padding!r}; it must be 'same', 'valid' or integers")
        if padding == "valid":
            return (0, 0), (0, 0)
        if stride != (1, 1):
            raise ArgumentError(f"{name}: padding='same' keeps the size at stride 1 only, not at {stride}")
        totals = [dilation[i] * (kernel[i] - 1) for i in (0, 1)]
        return (totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2)
    rows, cols = pair(padding, "padding", name, 0)
    return (rows, rows), (cols, cols)


def _lifted(x: Tensor) -> Tensor:
    """Returns sequences as images of height 1."""
    return _reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))
