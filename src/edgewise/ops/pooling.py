"""Pooling: the largest element, or the mean, of each window of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, is_float
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from . import axes
from .composed import computed_in_single
from .indexing import getitem
from .joining import stack
from .reductions import amax
from .shape import _reshape, reshape
from .unpooling import lowest, pool_at_forward, unpool_forward
from .weighing import averaging, weighted_sums
from .windows import (
    WIDE,
    Padding,
    Pair,
    added,
    along,
    cropped,
    demand_room,
    offsets,
    output_size,
    padded,
    pair,
    spread_over_windows,
    window_sums,
)

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

_ONE = (1, 1)


def _max_forward(xp: Any, x: Array, *, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Array:
    counts = output_size(x.shape[2:], kernel, stride, padding, dilation, "max_pool2d")
    x = padded(xp, x, padding, lowest(xp, x) if padding != ((0, 0), (0, 0)) else 0)
    # First over the rows of each window, then over its columns.
    first, *rest = along(kernel[0], stride[0], dilation[0], counts[0])
    rows = x[:, :, first, :]
    for place in rest:
        rows = xp.maximum(rows, x[:, :, place, :])
    first, *rest = along(kernel[1], stride[1], dilation[1], counts[1])
    y = rows[..., first]
    for place in rest:
        y = xp.maximum(y, rows[..., place])
    return xp.asarray(y, copy=True) if kernel == _ONE else y


_max_pool2d = Operation(
    "max_pool2d",
    _max_forward,
    lambda xp, g, y, x, **how: _max_unpool2d.on(xp, g, y, x, **how),
    notation="window maximum",
    words={
        "y": "the largest element of each window",
        "x": "the gradient of a window goes to its largest element, in equal shares if there are several",
    },
    indices={"x": "n c r s", "y": "n c i j", "g": "n c i j"},
    example=Example((2, 3, 6, 4), kernel=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1)),
    word="max pool",
    letter="h",
)
# Where the maxima lie does not change with x, except at kinks: no gradient flows to x and y here.
_max_unpool2d: Operation = Operation(
    "max_unpool2d",
    unpool_forward,
    lambda xp, h, _, g, y, x, **how: _max_pool2d_at.on(xp, h, y, x, **how),
    None,
    None,
    linear="each",
    singular=True,
    wide=True,
    notation="to window maxima",
    indices={"x": "n c r s", "y": "n c i j", "g": "n c i j", "z": "n c r s"},
    example=Example(
        (2, 3, 3, 2),
        (2, 3, 3, 2),
        (2, 3, 6, 4),
        kernel=(2, 2),
        stride=(2, 2),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
    ),
    word="max pool back",
)
_max_pool2d_at: Operation = Operation(
    "max_pool2d_at",
    pool_at_forward,
    lambda xp, g, _, h, y, x, **how: _max_unpool2d.on(xp, g, y, x, **how),
    None,
    None,
    linear="each",
    singular=True,
    wide=True,
    notation="at window maxima",
    indices={"x": "n c r s", "y": "n c i j", "h": "n c r s", "z": "n c i j"},
    example=Example(
        (2, 3, 6, 4),
        (2, 3, 3, 2),
        (2, 3, 6, 4),
        kernel=(2, 2),
        stride=(2, 2),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
    ),
    word="max pool at",
)


def _scale(xp: Any, x: Array, size: Any, counts: Pair, how: dict[str, Any]) -> Any:
    """Returns what sums over windows are multiplied by: a number, or where the padding is not counted an array."""
    kernel, stride, padding = how["kernel"], how["stride"], how["padding"]
    if how["divisor"] is not None:
        return 1 / how["divisor"]
    if how["count_padding"] or padding == ((0, 0), (0, 0)):
        return 1 / (kernel[0] * kernel[1])
    inside = []
    for i in (0, 1):
        starts = [k * stride[i] - padding[i][0] for k in range(counts[i])]
        inside.append([1 / (min(start + kernel[i], size[i]) - max(start, 0)) for start in starts])
    rows, cols = (xp.asarray(numbers, dtype=x.dtype) for numbers in inside)
    return xp.expand_dims(rows, axis=1) * cols


def _avg_forward(xp: Any, x: Array, **how: Any) -> Array:
    kernel, stride, padding = how["kernel"], how["stride"], how["padding"]
    counts = output_size(x.shape[2:], kernel, stride, padding, _ONE, "avg_pool2d")
    scale = _scale(xp, x, x.shape[2:], counts, how)
    x = padded(xp, x, padding)
    if max(kernel) > WIDE:
        for axis in (2, 3):
            x = window_sums(xp, x, axis, kernel[axis - 2], stride[axis - 2], counts[axis - 2])
        return x * scale
    first, *rest = along(kernel[0], stride[0], 1, counts[0])
    rows = x[:, :, first, :]
    for place in rest:
        rows = rows + x[:, :, place, :]
    first, *rest = along(kernel[1], stride[1], 1, counts[1])
    y = rows[..., first]
    for place in rest:
        y = y + rows[..., place]
    return y * scale


def _avg_input_forward(xp: Any, g: Array, *, size: Pair, **how: Any) -> Array:
    counts = (g.shape[2], g.shape[3])
    g = g * _scale(xp, g, size, counts, how)
    kernel, stride = how["kernel"], how["stride"]
    (top, bottom), (left, right) = padding = how["padding"]
    tall, wide = size[0] + top + bottom, size[1] + left + right
    if max(kernel) > WIDE:
        g = spread_over_windows(xp, g, 2, kernel[0], stride[0], tall)
        return cropped(spread_over_windows(xp, g, 3, kernel[1], stride[1], wide), padding)
    zeros = xp.zeros((tall, g.shape[1], g.shape[0], wide), dtype=g.dtype)
    total = xp.permute_dims(zeros, (2, 1, 0, 3))
    for key in offsets(kernel, stride, _ONE, counts):
        total = added(total, key, g)
    return cropped(total, padding)


_avg_pool2d = Operation(
    "avg_pool2d",
    _avg_forward,
    lambda xp, g, y, x, **how: _avg_pool2d_input.on(xp, g, size=tuple(x.shape[2:]), **how),
    linear="each",
    singular=True,
    wide=True,
    notation="window mean",
    words={
        "y": "the mean of each window",
        "x": "the gradient of a window is shared equally by its elements",
    },
    indices={"x": "n c r s", "y": "n c i j", "g": "n c i j"},
    example=Example(
        (2, 3, 6, 4), kernel=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), count_padding=True, divisor=None
    ),
    word="average pool",
    letter="h",
)
_avg_pool2d_input: Operation = Operation(
    "avg_pool2d_input",
    _avg_input_forward,
    lambda xp, h, y, g, *, size, **how: _avg_pool2d.on(xp, h, **how),
    linear="each",
    singular=True,
    wide=True,
    notation="mean of windows",
    indices={"g": "n c i j", "y": "n c r s", "h": "n c r s"},
    example=Example(
        (2, 3, 3, 2),
        size=(6, 4),
        kernel=(2, 2),
        stride=(2, 2),
        padding=((0, 0), (0, 0)),
        count_padding=True,
        divisor=None,
    ),
    word="average pool back",
)


def max_pool2d(
    input: TensorLike,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Tensor:
    """Returns the largest element of each window of images (N, C, H, W) or (C, H, W).

    Equal largest elements share the gradient evenly. Windows lie side by side unless `stride` is given. `padding`,
    at most half of the window, never wins. Raises ShapeError if the window does not fit.
    """
    name = "max_pool2d"
    x = _image(name, input, 2)
    kernel, step, sides = _geometry(name, kernel_size, stride, padding)
    apart = pair(dilation, "dilation", name)
    return _pool_as_batch(
        x, lambda image: _max_pool2d(image, kernel=kernel, stride=step, padding=sides, dilation=apart)
    )


def avg_pool2d(
    input: TensorLike,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    *,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Returns the mean of each window of images (N, C, H, W) or (C, H, W).

    Windows lie side by side unless `stride` is given. The zeros of `padding` count as elements, unless
    `count_include_pad` is false. `divisor_override` divides the sums instead of the number of elements.

    Raises ShapeError if the window does not fit, and DTypeError for integers.
    """
    name = "avg_pool2d"
    x = _image(name, input, 2, floats=True)
    kernel, step, sides = _geometry(name, kernel_size, stride, padding)
    if divisor_override == 0:
        raise ArgumentError(f"{name}: divisor_override must not be 0")
    how: dict[str, Any] = {
        "kernel": kernel,
        "stride": step,
        "padding": sides,
        "count_padding": bool(count_include_pad),
        "divisor": divisor_override,
    }
    return _pool_as_batch(x, lambda image: _avg_pool2d(image, **how))


def max_pool1d(
    input: TensorLike,
    kernel_size: int | tuple[int],
    stride: int | tuple[int] | None = None,
    padding: int | tuple[int] = 0,
    dilation: int | tuple[int] = 1,
) -> Tensor:
    """Returns the largest element of each window of sequences (N, C, L) or (C, L): see :func:`max_pool2d`."""
    name = "max_pool1d"
    x = _image(name, input, 1)
    kernel, step = _line(name, kernel_size, stride)
    apart = pair(dilation, "dilation", name)[1]
    before = _before(name, x, kernel[1], apart, padding)
    return _without_height(max_pool2d(_with_height(x), kernel, step, (0, before), (1, apart)))


def avg_pool1d(
    input: TensorLike,
    kernel_size: int | tuple[int],
    stride: int | tuple[int] | None = None,
    padding: int | tuple[int] = 0,
    *,
    count_include_pad: bool = True,
) -> Tensor:
    """Returns the mean of each window of sequences (N, C, L) or (C, L): see :func:`avg_pool2d`."""
    name = "avg_pool1d"
    x = _image(name, input, 1, floats=True)
    kernel, step = _line(name, kernel_size, stride)
    sides = (0, _before(name, x, kernel[1], 1, padding))
    return _without_height(avg_pool2d(_with_height(x), kernel, step, sides, count_include_pad=count_include_pad))


def _before(name: str, x: Tensor, kernel: int, dilation: int, padding: Any) -> int:
    """Returns the padding on either side of a sequence. Raises ShapeError if it or the window is too much."""
    before = pair(padding, "padding", name, 0)[1]
    if before > kernel // 2:
        raise ShapeError(
            f"{name}: padding {before} is more than half of kernel_size {kernel}, so that a window could lie in the "
            "padding alone: use less"
        )
    demand_room(name, x.shape[-1], kernel, dilation, before)
    return before


@computed_in_single
def adaptive_avg_pool2d(input: TensorLike, output_size: int | tuple[int | None, int | None] | None) -> Tensor:
    """Returns means of as many windows as an output of `output_size` needs; None keeps an axis as it is.

    Window i of n over an axis of size s is from floor(i s / n) to ceil((i + 1) s / n), so neighbours may overlap.
    """
    name = "adaptive_avg_pool2d"
    x = _image(name, input, 2, floats=True)
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    counts = pair(tuple(x.shape[i - 2] if wanted[i] is None else wanted[i] for i in (0, 1)), "output_size", name)
    if x.shape[-2] % counts[0] == 0 and x.shape[-1] % counts[1] == 0:
        return avg_pool2d(x, (x.shape[-2] // counts[0], x.shape[-1] // counts[1]))
    for i in (0, 1):
        x = weighted_sums(x, x.ndim - 2 + i, averaging(x.shape[i - 2], counts[i]))
    return x


def _image(name: str, input: Any, axes: int, *, floats: bool = False) -> Tensor:
    x = edge_of(input)
    if x.ndim not in (axes + 1, axes + 2):
        size = "H, W" if axes == 2 else "L"
        raise ShapeError(f"{name}: input has shape {x.shape}; it must be (N, C, {size}) or (C, {size})")
    if floats and not is_float(x.array):
        raise DTypeError(f"{name}: input has dtype {x.dtype}, which has no means: cast it first, as in x.float()")
    return x


def _geometry(name: str, kernel_size: Any, stride: Any, padding: Any) -> tuple[Pair, Pair, Padding]:
    kernel = pair(kernel_size, "kernel_size", name)
    step = kernel if stride is None else pair(stride, "stride", name)
    rows, cols = pair(padding, "padding", name, 0)
    if rows > kernel[0] // 2 or cols > kernel[1] // 2:
        raise ShapeError(
            f"{name}: padding {(rows, cols)} is more than half of kernel_size {kernel}, so that a window could lie in "
            "the padding alone: use less"
        )
    return kernel, step, ((rows, rows), (cols, cols))


def _line(name: str, kernel_size: Any, stride: Any) -> tuple[Pair, Pair]:
    kernel = pair(kernel_size, "kernel_size", name)[1]
    return (1, kernel), (1, kernel if stride is None else pair(stride, "stride", name)[1])


def _pool_as_batch(x: Tensor, pool: Any) -> Tensor:
    """Runs `pool` on a batch; one image is taken as a batch of one."""
    if x.ndim == 4:
        return pool(x)  # type: ignore[no-any-return]
    y = pool(_reshape(x, shape=(1, *x.shape)))
    return _reshape(y, shape=y.shape[1:])


def _with_height(x: Tensor) -> Tensor:
    return _reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))


def _without_height(y: Tensor) -> Tensor:
    return _reshape(y, shape=(*y.shape[:-2], y.shape[-1]))


def adaptive_avg_pool1d(input: TensorLike, output_size: int | tuple[int]) -> Tensor:
    """Returns means of `output_size` windows of sequences (N, C, L) or (C, L): see :func:`adaptive_avg_pool2d`."""
    x = _image("adaptive_avg_pool1d", input, 1, floats=True)
    return _without_height(
        adaptive_avg_pool2d(_with_height(x), (1, pair(output_size, "output_size", "adaptive_avg_pool1d")[1]))
    )


def adaptive_max_pool1d(input: TensorLike, output_size: int | tuple[int]) -> Tensor:
    """Returns largest elements of `output_size` windows of (N, C, L) or (C, L): see :func:`adaptive_max_pool2d`."""
    x = _image("adaptive_max_pool1d", input, 1)
    return _without_height(
        adaptive_max_pool2d(_with_height(x), (1, pair(output_size, "output_size", "adaptive_max_pool1d")[1]))
    )


def adaptive_max_pool2d(input: TensorLike, output_size: int | tuple[int | None, int | None] | None) -> Tensor:
    """Returns the largest elements of as many windows as `output_size` needs; None keeps an axis as it is.

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
        band = getitem(x, axes.key_along(x.ndim - 2, part))
        found += [amax(getitem(band, axes.key_along(x.ndim - 1, place)), dim=(-2, -1)) for place in cols]
    return reshape(stack(found, -1), (*x.shape[:-2], *counts))


def _windows(size: int, count: int) -> list[slice]:
    return [slice(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
