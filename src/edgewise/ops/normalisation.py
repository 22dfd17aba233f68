"""Normalisation: activations brought to mean 0 and variance 1 over some axes, then scaled and shifted."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, is_float, namespace, without_warnings
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import CallExample, Example
from ..graph.widening import to_float32
from . import runs
from .accurate import is_numpy
from .axes import one_axis, one_axis_argument
from .composed import computed_in_single, explained, scoped
from .exponential import rsqrt
from .linear_algebra import inner_products
from .naming import broadcasts
from .norms import vector_norm
from .padding import pad
from .pooling import avg_pool2d
from .selection import clip
from .shape import _reshape, broadcast_shapes, broadcast_to, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

Axes = tuple[int, ...]


def _mean(xp: Any, x: Array, axes: Axes) -> Array:
    return xp.mean(x, axis=axes, keepdims=True)


def _standardize_forward(xp: Any, x: Array, *, axes: Axes, eps: float) -> Array:
    d = x - _mean(xp, x, axes)
    return d * (1 / xp.sqrt(_mean(xp, d * d, axes) + eps))


def _standardize_x(xp: Any, g: Array, y: Array, x: Array, *, axes: Axes, eps: float) -> Array:
    d = x - _mean(xp, x, axes)
    scale = 1 / xp.sqrt(_mean(xp, d * d, axes) + eps)
    return scale * (g - _mean(xp, g, axes) - y * _mean(xp, g * y, axes))


def _standardize_fused(
    xp: Any, x: Array, *, axes: Axes, eps: float
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]] | None:
    """Runs forward and backward on NumPy's arrays, each written to as often as it can be."""
    if not is_numpy(xp):
        return None
    y = x - _mean(xp, x, axes)
    scale = 1 / xp.sqrt(_mean(xp, y * y, axes) + eps)
    y *= scale

    def back(g: Array) -> Callable[[int], Array]:
        part = g * y
        xp.multiply(y, _mean(xp, part, axes), out=part)
        xp.subtract(g, part, out=part)
        part -= _mean(xp, g, axes)
        part *= scale
        return lambda _: part

    return y, back


_standardize = Operation(
    "standardize",
    _standardize_forward,
    _standardize_x,
    singular=True,
    wide=True,
    fused=_standardize_fused,
    symbols={"eps": "ε", "y": "x̂"},
    words={
        "y": "brought to mean 0 and deviation 1",
        "x": "without the part that would shift the mean or the deviation, which cannot change",
    },
    example=Example((11, 13), axes=(1,), eps=1e-5),
    word="normalise",
)

_rms_norm = Operation(
    "rms_norm",
    lambda xp, x, *, axes, eps: x * (1 / xp.sqrt(_mean(xp, x * x, axes) + eps)),
    lambda xp, g, y, x, *, axes, eps: (1 / xp.sqrt(_mean(xp, x * x, axes) + eps)) * (g - y * _mean(xp, g * y, axes)),
    singular=True,
    wide=True,
    symbols={"eps": "ε", "y": "x̂"},
    words={
        "y": "divided by the root of the mean square",
        "x": "without the part that would change the mean square, which cannot change",
    },
    example=Example((11, 13), axes=(1,), eps=1e-5),
    word="RMS norm",
)


@explained(
    CallExample(
        {"x": (5, 3), "γ": (3,), "β": (3,)}, call=lambda function, x, *scales: function(x, None, None, *scales, True)
    ),
    "each channel to mean 0 and deviation 1 over the batch, then scaled by γ and shifted by β",
)
def batch_norm(
    input: TensorLike,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each channel (axis 1) to mean 0 and variance 1, then scales by `weight` and shifts by `bias`, both (C,).

    In training, mean and variance are those of the batch, over all axes but the channels', and `running_mean` and
    `running_var`, if given, move towards them in place by the fraction `momentum` (the variance unbiased, as in
    PyTorch). Otherwise the running ones are used, unless they are None.

    Raises ShapeError if sizes don't fit, or in training if a channel has a single value, whose variance says nothing.
    """
    name = "batch_norm"
    x = _floating(name, input)
    if x.ndim < 2:
        raise ShapeError(f"{name}: input has shape {x.shape}; it must be (N, C, ...)")
    channels = x.shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for argument, value in given.items():
        if value is not None and _shape(value) != (channels,):
            raise ShapeError(
                f"{name}: {argument} has shape {_shape(value)}; for an input {x.shape} it must be ({channels},)"
            )
    spread = (channels,) + (1,) * (x.ndim - 2)
    axes = (0, *range(2, x.ndim))
    if not training and running_mean is not None and running_var is not None:
        scale = rsqrt(running_var + eps) if weight is None else rsqrt(running_var + eps) * weight
        shift = -running_mean * scale if bias is None else bias - running_mean * scale
        return x * _reshape(scale, shape=spread) + _reshape(shift, shape=spread)
    count = math.prod(x.shape) // max(channels, 1)
    if training and count <= 1:
        raise ShapeError(
            f"{name}: in training each channel needs more than one value, but the input has shape {x.shape}: use a "
            "larger batch, or eval()"
        )
    if training:
        xp = namespace(x.array)
        (array,) = to_float32(xp, [x.array])
        if running_mean is not None:
            _move(running_mean, xp.mean(array, axis=axes), momentum)
        if running_var is not None:
            _move(running_var, xp.var(array, axis=axes, correction=1.0), momentum)
    return _affine(_standardize(x, axes=axes, eps=float(eps)), weight, bias, spread)


def _move(running: Tensor, value: Array, momentum: float) -> None:
    """Moves running statistics towards the batch's, outside any graph."""
    xp = namespace(value)
    with without_warnings(value):
        moved = (1 - momentum) * running.array + momentum * value
        running.detach()._write(xp.astype(moved, running.dtype) if moved.dtype != running.dtype else moved)


@explained(
    CallExample({"x": (5, 4), "γ": (4,), "β": (4,)}, call=lambda function, x, *scales: function(x, (4,), *scales)),
    "each sample to mean 0 and deviation 1, then scaled by γ and shifted by β",
)
@computed_in_single
def layer_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each example to mean 0 and variance 1 over its last axes, of `normalized_shape`; then scales and shifts.

    `weight` and `bias` have `normalized_shape`. Raises ShapeError if the input does not end in it.
    """
    x, axes = _last_axes("layer_norm", input, normalized_shape, weight, bias)
    eps = float(eps)

    def steps(x: Tensor, weight: TensorLike | None, bias: TensorLike | None) -> Tensor:
        return _affine(_standardize(x, axes=axes, eps=eps), weight, bias, None)

    scale, shift = (None if given is None else edge_of(given) for given in (weight, bias))
    if runs.is_for(x, scale, shift):
        return runs.in_one_go(runs.RUNS["layer_norm"], steps, x, scale, shift, axes=len(axes), eps=eps)
    return steps(x, scale, shift)


@computed_in_single
def rms_norm(
    input: TensorLike,
    normalized_shape: int | Sequence[int],
    weight: TensorLike | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divides each example by the root of its mean square over its last axes, of `normalized_shape`; then scales.

    `eps` is added to the mean square; the default is the dtype's smallest step from 1.
    """
    x, axes = _last_axes("rms_norm", input, normalized_shape, weight, None)
    if eps is None:
        eps = float(namespace(x.array).finfo(x.dtype).eps)
    return _affine(_rms_norm(x, axes=axes, eps=float(eps)), weight, None, None)


@explained(
    CallExample({"x": (3, 4, 5), "γ": (4,), "β": (4,)}, call=lambda function, x, *scales: function(x, 2, *scales)),
    "each group of channels to mean 0 and deviation 1, then scaled by γ and shifted by β",
)
@computed_in_single
def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each group of channels of each example (N, C, ...) to mean 0 and variance 1; then scales and shifts.

    `weight` and `bias` are (C,). Raises ShapeError if the groups don't divide the channels.
    """
    name = "group_norm"
    x = _floating(name, input)
    if x.ndim < 2 or num_groups < 1 or x.shape[1] % num_groups:
        raise ShapeError(
            f"{name}: input has shape {x.shape}; it must be (N, C, ...), with C a multiple of num_groups={num_groups}"
        )
    for argument, value in (("weight", weight), ("bias", bias)):
        if value is not None and _shape(value) != (x.shape[1],):
            raise ShapeError(
                f"{name}: {argument} has shape {_shape(value)}; for an input {x.shape} it must be ({x.shape[1]},)"
            )
    grouped = _reshape(x, shape=(x.shape[0], num_groups, x.shape[1] // num_groups, *x.shape[2:]))
    y = _standardize(grouped, axes=tuple(range(2, grouped.ndim)), eps=float(eps))
    return _affine(_reshape(y, shape=x.shape), weight, bias, (x.shape[1],) + (1,) * (x.ndim - 2))


def instance_norm(
    input: TensorLike,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Brings each channel of each example (N, C, ...) to mean 0 and variance 1; then scales and shifts.

    `running_mean` and `running_var`, if given, move towards the examples' average ones by the fraction `momentum`;
    without `use_input_stats` they are used instead of each example's own.
    """
    name = "instance_norm"
    x = _floating(name, input)
    if x.ndim < 3:
        raise ShapeError(f"{name}: input has shape {x.shape}; it must be (N, C, ...) with at least one more axis")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ArgumentError(f"{name}: without use_input_stats, running_mean and running_var must be given")
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    if math.prod(x.shape[2:]) == 1:
        raise ShapeError(f"{name}: each channel needs more than one value, but the input has shape {x.shape}")
    xp, axes = namespace(x.array), tuple(range(2, x.ndim))
    (array,) = to_float32(xp, [x.array])
    if running_mean is not None:
        _move(running_mean, xp.mean(array, axis=(0, *axes)), momentum)
    if running_var is not None:
        _move(running_var, xp.mean(xp.var(array, axis=axes, correction=1.0), axis=0), momentum)
    return group_norm(x, x.shape[1], weight, bias, eps)


@scoped
@computed_in_single
def normalize(
    input: TensorLike, p: float = 2.0, dim: int | tuple[int, ...] | None = None, eps: float = 1e-12, *, axis: Any = None
) -> Tensor:
    """Divides by the `p`-norm along `dim` (or `axis`), which is 1 if not given, but by no less than `eps`."""
    along = one_axis_argument("normalize", dim, axis)
    x = _floating("normalize", input)
    return x / clip(vector_norm(x, ord=p, dim=1 if along is None else along, keepdim=True), min=eps)


@scoped
@broadcasts("x1", "x2")
@computed_in_single
def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Computes the cosine of the angle between vectors along `dim`; takes their lengths as at least `eps`."""
    a, b = _floating("cosine_similarity", x1), _floating("cosine_similarity", x2)
    shape = broadcast_shapes(tuple(a.shape), tuple(b.shape))
    if not shape:
        shape, a, b = (1,), _reshape(a, shape=(1,)), _reshape(b, shape=(1,))
    at = one_axis("cosine_similarity", dim, shape) - len(shape)
    a, b = (_vectors(x, at, shape) for x in (a, b))
    lengths_a, lengths_b = (vector_norm(x, dim=at) for x in (a, b))
    held_a, held_b = clip(lengths_a, min=eps), clip(lengths_b, min=eps)
    if _extreme(lengths_a) or _extreme(lengths_b):
        return inner_products(a / unsqueeze(held_a, at), b / unsqueeze(held_b, at), at)
    return inner_products(a, b, at) / (held_a * held_b)


def _extreme(lengths: Tensor) -> bool:
    """Returns whether products of such lengths may overflow or underflow, where NumPy's arrays show the numbers."""
    x = lengths.array
    if not is_numpy(namespace(x)) or x.dtype != "float32":
        return False
    return bool(((x > 1e15) | ((x < 1e-15) & (x > 0))).any())


def _vectors(x: Tensor, axis: int, shape: tuple[int, ...]) -> Tensor:
    """Returns `x` with the axes of `shape`, repeated along `axis` only, which is counted from the end."""
    x = _reshape(x, shape=(*(1,) * (len(shape) - x.ndim), *x.shape)) if x.ndim < len(shape) else x
    wanted = tuple(shape[i] if i == len(shape) + axis else size for i, size in enumerate(x.shape))
    return broadcast_to(x, wanted) if wanted != tuple(x.shape) else x


@scoped
@computed_in_single
def local_response_norm(
    input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divides (N, C, ...) by (k + alpha * mean of squares over `size` neighbouring channels) to the power `beta`."""
    x = _floating("local_response_norm", input)
    if x.ndim < 3 or size < 1:
        raise ShapeError(
            f"local_response_norm: input has shape {x.shape} and size is {size}; it must be (N, C, L, ...)"
        )
    squares = _reshape(x * x, shape=(x.shape[0], 1, x.shape[1], math.prod(x.shape[2:])))
    around = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    means = _reshape(avg_pool2d(around, (size, 1), 1), shape=x.shape)
    return x / (means * alpha + k) ** beta


def _affine(y: Tensor, weight: Any, bias: Any, shape: tuple[int, ...] | None) -> Tensor:
    if weight is not None:
        y = y * (weight if shape is None else _reshape(weight, shape=shape))
    if bias is not None:
        y = y + (bias if shape is None else _reshape(bias, shape=shape))
    return y


def _floating(name: str, input: Any) -> Tensor:
    x = edge_of(input)
    if not is_float(x.array):
        raise DTypeError(f"{name}: input has dtype {x.dtype}; it must be floating point: cast it, as in x.float()")
    return x


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(edge_of(value).shape)


def _last_axes(name: str, input: Any, normalized_shape: Any, weight: Any, bias: Any) -> tuple[Tensor, Axes]:
    x = _floating(name, input)
    try:
        last: tuple[int, ...] = (operator.index(normalized_shape),)
    except TypeError:
        last = tuple(operator.index(size) for size in normalized_shape)
    if not last or x.ndim < len(last) or x.shape[-len(last) :] != last:
        raise ShapeError(f"{name}: input has shape {x.shape}, which does not end in normalized_shape {last}")
    for argument, value in (("weight", weight), ("bias", bias)):
        if value is not None and _shape(value) != last:
            raise ShapeError(f"{name}: {argument} has shape {_shape(value)}; it must be normalized_shape {last}")
    return x, tuple(range(-len(last), 0))
