"""Normalisations as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph.errors import ShapeError
from ..graph.traits import CallExample, CompositeTraits
from ..ops.creation import on_processor
from ..tensor import Tensor, tensor
from . import functional, init
from ._support import check_counts, check_tensor, shape_error
from .module import Module
from .parameter import Parameter, unset

SYMBOLS = {"weight": "γ", "bias": "β"}
"""What textbooks call the parameters of normalisations."""


class _BatchNorm(Module):
    """Base of batch normalisations over any number of axes."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _shapes: dict[int, str]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts(type(self).__name__, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        shape = (num_features,)
        self.register_parameter("weight", unset(shape, dtype) if affine else None)
        self.register_parameter("bias", unset(shape, dtype) if affine and bias else None)
        self.register_buffer("running_mean", unset(shape, dtype).detach() if track_running_stats else None)
        self.register_buffer("running_var", unset(shape, dtype).detach() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forgets the statistics of the batches seen so far."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Sets the scale to 1, the shift to 0, and forgets the statistics."""
        self.reset_running_stats()
        _ones_and_zeros(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        shape = input.shape
        if len(shape) not in self._shapes or shape[1] != self.num_features:
            expected = " or ".join(text.replace("C", str(self.num_features)) for text in self._shapes.values())
            raise shape_error(self, input, f"shape {expected}")
        share = 0.0 if self.momentum is None else self.momentum
        seen = 0
        if self.training and self.num_batches_tracked is not None:
            seen = int(self.num_batches_tracked.item()) + 1
            if self.momentum is None:
                # A mean over all batches, each counting the same.
                share = 1.0 / seen
        keep = not self.training or self.track_running_stats
        result = functional.batch_norm(
            input,
            self.running_mean if keep else None,
            self.running_var if keep else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            share,
            self.eps,
        )
        if self.training and self.num_batches_tracked is not None:
            init.constant_(self.num_batches_tracked, seen)
        return result

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


def _batch(*shape: int) -> CompositeTraits:
    """Returns what a batch normalisation says of itself, with an input of this shape as its example."""
    return CompositeTraits(
        CallExample({"x": shape}, (3,)),
        {"in evaluation": CallExample({"x": shape}, (3,), call=lambda module, x: module.eval()(x))},
        symbols={**SYMBOLS, "running_mean": "μ", "running_var": "v"},
        words="each channel to mean 0 and deviation 1 over the batch, then scaled by γ and shifted by β; in evaluation "
        "by the running mean μ and variance v",
    )


class BatchNorm1d(_BatchNorm):
    """Each channel of (N, C) or (N, C, L) to mean 0 and variance 1 over the batch, then scaled and shifted.

    Training uses the batch's own statistics and updates the running averages, in which each new batch has the weight
    `momentum` (or equal weight, if it is None). Evaluation uses the running averages.
    Ioffe and Szegedy, Batch normalization, ICML 2015.
    """

    _shapes = {2: "(N, C)", 3: "(N, C, L)"}  # noqa: RUF012
    _traits = _batch(5, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of (N, C, H, W) to mean 0 and variance 1 over the batch, then scaled and shifted.

    Training uses the batch's own statistics and updates the running averages, in which each new batch has the weight
    `momentum` (or equal weight, if it is None). Evaluation uses the running averages.
    Ioffe and Szegedy, Batch normalization, ICML 2015.
    """

    _shapes = {4: "(N, C, H, W)"}  # noqa: RUF012
    _traits = _batch(4, 3, 2, 2)


class _InstanceNorm(_BatchNorm):
    """Base of instance normalisations over any number of axes."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        alone, batched = sorted(self._shapes)
        if input.ndim not in (alone, batched) or input.shape[input.ndim - alone] != self.num_features:
            expected = " or ".join(text.replace("C", str(self.num_features)) for text in self._shapes.values())
            raise shape_error(self, input, f"shape {expected}")
        result = functional.instance_norm(
            input if input.ndim == batched else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return result if input.ndim == batched else result.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each example (N, C, L) or (C, L) to mean 0 and variance 1; with `affine` scaled and shifted.

    Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016.
    """

    _shapes = {2: "(C, L)", 3: "(N, C, L)"}  # noqa: RUF012


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image (N, C, H, W) or (C, H, W) to mean 0 and variance 1; with `affine` scaled and shifted.

    Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016.
    """

    _shapes = {3: "(C, H, W)", 4: "(N, C, H, W)"}  # noqa: RUF012


class LocalResponseNorm(Module):
    """Each element divided by (k + alpha·mean of squares over `size` neighbouring channels) to the power `beta`.

    Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, NIPS 2012.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """Each sample to mean 0 and variance 1 over its last axes, of shape `normalized_shape`, then scaled and shifted.

    Ba, Kiros and Hinton, Layer normalization, 2016 (arXiv 1607.06450).
    """

    weight: Parameter | None
    bias: Parameter | None
    _traits = CompositeTraits(
        CallExample({"x": (5, 4)}, (4,)),
        symbols=SYMBOLS,
        words="each sample to mean 0 and deviation 1, then scaled by γ and shifted by β",
    )

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts(type(self).__name__, normalized_shape=normalized_shape)
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.register_parameter("weight", unset(shape, dtype) if elementwise_affine else None)
        self.register_parameter("bias", unset(shape, dtype) if elementwise_affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the scale to 1 and the shift to 0."""
        _ones_and_zeros(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        _check_last_axes(self, input, self.normalized_shape)
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """The channels of (N, C, ...) in `num_groups` groups, each to mean 0 and variance 1, then scaled and shifted.

    Wu and He, Group normalization, ECCV 2018.
    """

    weight: Parameter | None
    bias: Parameter | None
    _traits = CompositeTraits(
        CallExample({"x": (3, 4, 5)}, (2, 4)),
        symbols=SYMBOLS,
        words="each group of channels to mean 0 and deviation 1, then scaled by γ and shifted by β",
    )

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels can't be divided into {num_groups} groups")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.register_parameter("weight", unset((num_channels,), dtype) if affine else None)
        self.register_parameter("bias", unset((num_channels,), dtype) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the scale to 1 and the shift to 0."""
        _ones_and_zeros(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        if input.ndim < 2 or input.shape[1] != self.num_channels:
            raise shape_error(self, input, f"shape (N, {self.num_channels}, ...)")
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Each sample divided by its root mean square over its last axes, of shape `normalized_shape`, then scaled.

    `eps` is the dtype's own if not given. Zhang and Sennrich, Root mean square layer normalization, NeurIPS 2019.
    """

    weight: Parameter | None
    _traits = CompositeTraits(
        CallExample({"x": (5, 4)}, (4, 1e-5)),
        symbols=SYMBOLS,
        words="each sample divided by its root mean square, then scaled by γ",
    )

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        check_counts(type(self).__name__, normalized_shape=normalized_shape)
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", unset(self.normalized_shape, dtype) if elementwise_affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the scale to 1."""
        _ones_and_zeros(self.weight, None)

    def forward(self, input: Tensor) -> Tensor:
        _check_last_axes(self, input, self.normalized_shape)
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _ones_and_zeros(weight: Parameter | None, bias: Parameter | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


def _check_last_axes(layer: Module, input: Tensor, shape: tuple[int, ...]) -> None:
    if not shape:
        raise ShapeError(f"{type(layer).__name__}: normalized_shape is empty, so there is nothing to normalise over")
    check_tensor(type(layer).__name__, input)
    if tuple(input.shape[-len(shape) :]) != shape:
        raise shape_error(layer, input, f"shape (..., {', '.join(map(str, shape))})")
