"""Arguments at their bounds: the smallest and largest that are taken, and the first beyond them, which are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise import nn, optim
from edgewise.nn import functional as F

X, IMAGE = ew.ones(2, 6), ew.ones(1, 2, 6, 6)


def _sgd() -> Any:
    return optim.SGD([nn.Parameter([1.0])], lr=0.1)


def _two_groups() -> Any:
    return optim.SGD([{"params": [nn.Parameter([1.0])]}, {"params": [nn.Parameter([1.0])]}], lr=0.1)


TAKEN: dict[str, Callable[[], Any]] = {
    "milestone 0": lambda: optim.lr_scheduler.MultiStepLR(_sgd(), [0]),
    "one step": lambda: optim.lr_scheduler.OneCycleLR(_sgd(), max_lr=1.0, total_steps=1),
    "a rate for each group": lambda: optim.lr_scheduler.OneCycleLR(_two_groups(), max_lr=[1.0, 2.0], total_steps=4),
    "one rate for all groups": lambda: optim.lr_scheduler.OneCycleLR(_two_groups(), max_lr=1.0, total_steps=4),
    "lr 0": lambda: optim.SGD([nn.Parameter([1.0])], lr=0.0),
    "momentum 0": lambda: optim.SGD([nn.Parameter([1.0])], lr=0.1, momentum=0.0),
    "betas 0": lambda: optim.Adam([nn.Parameter([1.0])], betas=(0.0, 0.0)),
    "beta 0": lambda: F.smooth_l1_loss(X, X, beta=0),
    "layer with beta 0": lambda: nn.SmoothL1Loss(beta=0)(X, X),
    "size 1": lambda: F.local_response_norm(IMAGE, 1),
    "no smoothing": lambda: F.cross_entropy(X, ew.tensor([0, 1]), label_smoothing=0.0),
    "all smoothing": lambda: F.cross_entropy(X, ew.tensor([0, 5]), label_smoothing=1.0),
    "the last class": lambda: F.nll_loss(X, ew.tensor([5, 0])),
    "p 0": lambda: F.dropout(X, 0.0),
    "p 1": lambda: F.dropout(X, 1.0),
    "lambd 0": lambda: F.softshrink(X, 0.0),
    "half of the window": lambda: F.max_pool2d(IMAGE, 2, padding=1),
    "half of either window": lambda: F.max_pool2d(IMAGE, (2, 3), padding=(1, 1)),
    "a window of all": lambda: F.max_pool2d(IMAGE, 6),
    "one window": lambda: F.adaptive_avg_pool2d(IMAGE, 1),
    "variance 0": lambda: F.gaussian_nll_loss(X, X, ew.zeros(2, 6)),
    "one channel each": lambda: F.group_norm(IMAGE, 2),
    "channels without images": lambda: nn.GroupNorm(2, 6)(X),
    "probabilities 0 and 1": lambda: F.binary_cross_entropy(ew.tensor([0.0, 1.0]), ew.tensor([0.0, 1.0])),
    "two values in a channel": lambda: F.batch_norm(X, None, None, training=True),
    "q 0 and 1": lambda: ew.quantile(X, ew.tensor([0.0, 1.0])),
    "the last of all": lambda: ew.kthvalue(X, 6),
    "no elements of a row": lambda: ew.combinations(X[0], 0),
    "one piece": lambda: ew.tensor_split(X, 1),
    "one bin": lambda: ew.histc(X, 1, 0, 0),
    "padding of all but one": lambda: F.pad(IMAGE, (5, 5), mode="reflect"),
    "all of it around": lambda: F.pad(IMAGE, (6, 6), mode="circular"),
    "all cut off": lambda: F.pad(X, (-3, -3)),
    "a step of 1": lambda: X.unfold(1, 6, 1),
    "one group": lambda: F.conv2d(IMAGE, ew.ones(2, 2, 6, 6)),
    "one output padding": lambda: F.conv_transpose2d(IMAGE, ew.ones(2, 1, 1, 1), stride=2, output_padding=1),
    "one number each": lambda: F.conv2d(IMAGE, ew.ones(2, 2, 1, 1), stride=(2,)),
    "groups of zeros": lambda: ew.zeros(0, 3) ** ew.zeros(0, 3),
    "one gradient": lambda: (ew.ones(2, requires_grad=True) * 2).backward(ew.ones(2)),
    "one element": lambda: (ew.ones(1, 1, requires_grad=True) * 2).backward(),
    "order 0": lambda: ew.polygamma(0, X),
}


@at_once
@pytest.mark.parametrize("name", TAKEN)
def test_the_last_argument_that_is_allowed_is_taken(name):
    TAKEN[name]()


def _called(layer: Any, shape: tuple[int, ...]) -> Callable[[], Any]:
    return lambda: layer(ew.ones(*shape))


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "threshold_mode": (
        lambda: optim.lr_scheduler.ReduceLROnPlateau(_sgd(), threshold_mode="relative"),
        ValueError,
        "threshold_mode",
    ),
    "another optimizer": (
        lambda: optim.lr_scheduler.SequentialLR(_sgd(), [optim.lr_scheduler.StepLR(_sgd(), 2)], []),
        ValueError,
        "SequentialLR: the schedules must all be of its own optimiser",
    ),
    "scores with three axes": (
        lambda: F.multi_margin_loss(ew.ones(2, 3, 4), ew.zeros(2, 3).long()),
        ew.ShapeError,
        r"multi_margin_loss: scores of shape \(2, 3, 4\)",
    ),
    "targets beside one row of scores": (
        lambda: F.multi_margin_loss(ew.ones(3), ew.tensor([0, 1])),
        ew.ShapeError,
        r"multi_margin_loss: scores of shape \(3,\) and targets of shape \(2,\)",
    ),
    "p of margins": (lambda: F.multi_margin_loss(X, ew.tensor([0, 1]), p=3), ew.ArgumentError, "p is 3"),
    "layer with p 3": (lambda: nn.MultiMarginLoss(p=3), ValueError, "p is 3"),
    "padding in the height": (lambda: F.max_pool2d(IMAGE, (2, 4), padding=2), ew.ShapeError, r"padding \(2, 2\)"),
    "padding in the width": (lambda: F.avg_pool2d(IMAGE, (4, 2), padding=2), ew.ShapeError, r"padding \(2, 2\)"),
    "padding of a row": (lambda: F.max_pool1d(IMAGE[0], 2, padding=2), ew.ShapeError, "padding 2"),
    "three sizes": (lambda: F.max_pool2d(IMAGE, (2, 2, 2)), ew.DTypeError, "a pair of integers"),
    "no sizes": (lambda: F.max_pool2d(IMAGE, ()), ew.DTypeError, "a pair of integers"),
    "a window of 0": (lambda: F.max_pool2d(IMAGE, 0), ew.ArgumentError, "at least 1"),
    "a stride of 0": (lambda: F.max_pool2d(IMAGE, 2, stride=(1, 0)), ew.ArgumentError, "at least 1"),
    "negative padding": (lambda: F.unfold(IMAGE, 2, padding=-1), ew.ArgumentError, "at least 0"),
    "a window of more": (lambda: F.max_pool2d(IMAGE, (6, 7)), ew.ShapeError, "does not fit into the width 6"),
    **{
        f"{name} of whole numbers": (call, ew.DTypeError, f"{name}: .*int64")
        for name, call in {
            "avg_pool1d": lambda: F.avg_pool1d(IMAGE[0].long(), 2),
            "avg_pool2d": lambda: F.avg_pool2d(IMAGE.long(), 2),
            "adaptive_avg_pool1d": lambda: F.adaptive_avg_pool1d(IMAGE[0].long(), 2),
            "adaptive_avg_pool2d": lambda: F.adaptive_avg_pool2d(IMAGE.long(), (2, 4)),
        }.items()
    },
    "divisor 0": (lambda: F.avg_pool2d(IMAGE, 2, divisor_override=0), ew.ArgumentError, "divisor_override"),
    "shapes before powers": (
        lambda: ew.tensor([[2, 0]]) ** ew.tensor([1, 0, 3]),
        ew.ShapeError,
        r"\(1, 2\).*\(3,\)",
    ),
    "negative powers": (lambda: ew.tensor([2, 0]) ** ew.tensor([1, -1]), ew.EdgewiseError, "negative"),
    "a gradient too few": (
        lambda: ew.autograd.backward([ew.ones(1, requires_grad=True) * 2] * 2, [ew.ones(1)]),
        ew.GradientError,
        "2 outputs but 1 gradients",
    ),
    "rates": (
        lambda: optim.lr_scheduler.OneCycleLR(_two_groups(), max_lr=[1.0], total_steps=4),
        ValueError,
        "max_lr",
    ),
    "no steps": (lambda: optim.lr_scheduler.OneCycleLR(_sgd(), max_lr=1.0, total_steps=0), ValueError, "total_steps"),
    "delta 0": (lambda: F.huber_loss(X, X, delta=0), ew.ArgumentError, "delta is 0"),
    "layer with delta 0": (lambda: nn.HuberLoss(delta=0.0), ValueError, "delta"),
    "beta below 0": (lambda: F.smooth_l1_loss(X, X, beta=-0.1), ew.ArgumentError, "beta is -0.1"),
    "layer with beta below 0": (lambda: nn.SmoothL1Loss(beta=-0.1), ValueError, "beta"),
    "more smoothing": (
        lambda: F.cross_entropy(X, ew.tensor([0, 1]), label_smoothing=1.1),
        ew.ArgumentError,
        "label_smoothing is 1.1",
    ),
    "less smoothing": (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ValueError, "label_smoothing"),
    "a class too many": (lambda: F.nll_loss(X, ew.tensor([6, 0])), ew.IndexingError, "target 6 is no class"),
    "a class below 0": (lambda: F.nll_loss(X, ew.tensor([-1, 0])), ew.IndexingError, "target -1 is no class"),
    "margin 0": (lambda: nn.TripletMarginLoss(margin=0.0), ValueError, "margin"),
    "p above 1": (lambda: F.dropout(X, 1.01), ew.ArgumentError, "p is 1.01"),
    "p below 0": (lambda: F.dropout(X, -0.01), ew.ArgumentError, "p is -0.01"),
    "lambd below 0": (lambda: F.softshrink(X, -0.1), ew.ArgumentError, "lambd is -0.1"),
    "alpha 0": (lambda: F.celu(X, 0.0), ew.ArgumentError, "alpha"),
    "variance below 0": (
        lambda: F.gaussian_nll_loss(X, X, ew.full((2, 6), -0.1)),
        ew.ArgumentError,
        "var must not be negative",
    ),
    "a variance of another shape": (
        lambda: F.gaussian_nll_loss(X, X, ew.ones(6)),
        ew.ShapeError,
        r"var has shape \(6,\)",
    ),
    "a probability above 1": (
        lambda: F.binary_cross_entropy(ew.tensor([0.5, 1.01]), ew.tensor([0.0, 1.0])),
        ew.ArgumentError,
        "goes from 0.5 to 1.01",
    ),
    "a probability below 0": (
        lambda: F.binary_cross_entropy(ew.tensor([-0.01]), ew.tensor([0.0])),
        ew.ArgumentError,
        "probabilities between 0 and 1",
    ),
    "a reduction": (lambda: F.mse_loss(X, X, reduction="average"), ew.ArgumentError, "reduction is 'average'"),
    "a layer's reduction": (lambda: nn.MSELoss(reduction="average"), ValueError, "reduction is 'average'"),
    "a weight of more axes": (
        lambda: F.binary_cross_entropy(ew.tensor([0.5]), ew.tensor([0.5]), ew.ones(2, 1)),
        ew.ShapeError,
        "does not broadcast",
    ),
    "a weight for other classes": (
        lambda: F.cross_entropy(X, ew.tensor([0, 1]), ew.ones(5)),
        ew.ShapeError,
        r"it must be \(6,\)",
    ),
    "a single score": (lambda: F.cross_entropy(ew.tensor(1.0), ew.tensor(0)), ew.ShapeError, "single number"),
    "soft targets of other shape": (lambda: F.cross_entropy(X, ew.ones(2)), ew.DTypeError, r"target\.long\(\)"),
    "cosines of images": (
        lambda: F.cosine_embedding_loss(ew.ones(2, 3, 4), ew.ones(2, 3, 4), ew.ones(2, 3)),
        ew.ShapeError,
        "cosine_embedding_loss: inputs of shape",
    ),
    "one value in a channel": (
        lambda: F.batch_norm(ew.ones(1, 3), None, None, training=True),
        ew.ShapeError,
        "more than one value",
    ),
    "one value of an example": (lambda: F.instance_norm(ew.ones(4, 3, 1)), ew.ShapeError, "more than one value"),
    "examples without more axes": (lambda: F.instance_norm(X), ew.ShapeError, "at least one more axis"),
    "statistics that are missing": (
        lambda: F.instance_norm(IMAGE, running_mean=ew.zeros(2), use_input_stats=False),
        ew.ArgumentError,
        "must be given",
    ),
    "a row for batches": (lambda: F.batch_norm(ew.ones(4), None, None), ew.ShapeError, r"\(N, C, \.\.\.\)"),
    "groups that don't divide": (lambda: F.group_norm(ew.ones(2, 6), 4), ew.ShapeError, "multiple of num_groups=4"),
    "no groups": (lambda: F.group_norm(ew.ones(2, 6), 0), ew.ShapeError, "num_groups=0"),
    "a row for groups": (lambda: nn.GroupNorm(2, 6)(ew.ones(6)), ew.ShapeError, "GroupNorm"),
    "a weight for other channels": (lambda: F.group_norm(X, 2, ew.ones(2)), ew.ShapeError, r"it must be \(6,\)"),
    "a shape that does not end so": (lambda: F.layer_norm(X, (2,)), ew.ShapeError, r"normalized_shape \(2,\)"),
    "a bias of another shape": (lambda: F.layer_norm(X, (6,), bias=ew.ones(2)), ew.ShapeError, "bias has shape"),
    "no neighbours": (lambda: F.local_response_norm(IMAGE, 0), ew.ShapeError, "size is 0"),
    "channels alone": (lambda: F.local_response_norm(X, 2), ew.ShapeError, "local_response_norm"),
    "other channels": (_called(nn.BatchNorm1d(2), (4, 3)), ew.ShapeError, r"\(N, 2\)"),
    "other axes": (_called(nn.BatchNorm2d(2), (4, 2)), ew.ShapeError, r"\(N, 2, H, W\)"),
    "examples of other axes": (_called(nn.InstanceNorm1d(2), (4, 2, 3, 3)), ew.ShapeError, r"\(N, 2, L\)"),
    "q above 1": (lambda: ew.quantile(X, 1.01), ew.ArgumentError, "q=1.01"),
    "q below 0": (lambda: ew.quantile(X, -0.01), ew.ArgumentError, "q=-0.01"),
    "beyond the last": (lambda: ew.kthvalue(X, 7), ew.ShapeError, "k=7"),
    "before the first": (lambda: ew.kthvalue(X, 0), ew.ShapeError, "k=0"),
    "no pieces": (lambda: ew.tensor_split(X, 0), ew.ArgumentError, "must be positive"),
    "unequal pieces": (lambda: ew.hsplit(X, 4), ew.ShapeError, "no 4 equal pieces"),
    "no bins": (lambda: ew.histc(X, 0), ew.ArgumentError, "bins=0"),
    "all mirrored": (lambda: F.pad(IMAGE, (6, 5), mode="reflect"), ew.ShapeError, "more than the 5 elements"),
    "more than all around": (lambda: F.pad(IMAGE, (5, 7), mode="circular"), ew.ShapeError, "more than the 6 elements"),
    "more cut off": (lambda: F.pad(X, (-4, -3)), ew.ShapeError, "cuts off more"),
    "half a pair": (lambda: F.pad(X, (1, 2, 3)), ew.ShapeError, "must be pairs"),
    "pairs for more axes": (lambda: F.pad(X, (1,) * 6), ew.ShapeError, "must be pairs"),
    "output padding": (
        lambda: F.conv_transpose2d(IMAGE, ew.ones(2, 1, 1, 1), stride=2, output_padding=2),
        ew.ArgumentError,
        "output_padding",
    ),
    "same at a stride": (
        lambda: F.conv2d(IMAGE, ew.ones(2, 2, 1, 1), stride=2, padding="same"),
        ew.ArgumentError,
        "at stride 1 only",
    ),
    "three channels in two groups": (
        lambda: F.conv2d(ew.ones(1, 4, 3, 3), ew.ones(3, 2, 1, 1), groups=2),
        ew.ShapeError,
        "multiple of the groups",
    ),
    "a bias for other channels": (
        lambda: F.conv2d(IMAGE, ew.ones(3, 2, 1, 1), ew.ones(2)),
        ew.ShapeError,
        r"it must be \(3,\)",
    ),
    "the kernel's axes": (lambda: F.conv2d(IMAGE, ew.ones(3, 2, 1)), ew.ShapeError, "must have 4 axes"),
    "x and dx": (lambda: ew.trapezoid(X, X, dx=1.0), TypeError, "x and dx"),
    "points": (lambda: ew.trapezoid(X, ew.ones(5)), ew.ShapeError, "5 points"),
    "no points": (lambda: ew.trapezoid(ew.tensor(1.0)), ew.ShapeError, "0-d tensor"),
    "rows of other lengths": (lambda: ew.cdist(X, ew.ones(2, 5)), ew.ShapeError, "same M"),
    "three axes of variables": (lambda: ew.cov(IMAGE), ew.ShapeError, "matrix of variables"),
    "weights of other observations": (lambda: ew.cov(X, fweights=ew.tensor([1, 2])), ew.ShapeError, "6 observations"),
    "odd halves": (lambda: F.glu(ew.ones(2, 3)), ew.ShapeError, "halves"),
    "a mask and causal": (
        lambda: F.scaled_dot_product_attention(X, X, X, ew.ones(2, 2), is_causal=True),
        ew.ArgumentError,
        "not both",
    ),
    "keys of another length": (
        lambda: F.scaled_dot_product_attention(X, ew.ones(2, 5), X),
        ew.ShapeError,
        "scaled_dot_product_attention",
    ),
    "no size": (lambda: F.interpolate(IMAGE), ew.ArgumentError, "either size or scale_factor"),
    "both sizes": (lambda: F.interpolate(IMAGE, 3, 2.0), ew.ArgumentError, "either size or scale_factor"),
    "size 0": (lambda: F.interpolate(IMAGE, 0), ew.ShapeError, "sizes must be positive"),
    "a line of an image": (lambda: F.interpolate(IMAGE, 3, mode="linear"), ew.ShapeError, "mode 'linear'"),
    "corners of the nearest": (
        lambda: F.interpolate(IMAGE, 3, align_corners=False),
        ew.ArgumentError,
        "align_corners",
    ),
    **{
        f"{kind.__name__} of a matrix": (_called(kind(2), (2, 6)), ew.ShapeError, f"{kind.__name__}.*shape")
        for kind in (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
    },
    **{
        f"{kind.__name__} of a row": (_called(kind(2), (6,)), ew.ShapeError, f"{kind.__name__}.*shape")
        for kind in (nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d)
    },
    **{
        f"{kind.__name__} of other sizes": (_called(kind(3), (2, 6)), ew.ShapeError, f"{kind.__name__}.*shape")
        for kind in (nn.LayerNorm, nn.RMSNorm)
    },
    **{
        f"{name} of {value}": (
            lambda call=call, value=value: call(ew.tensor([[1.0, value], [0.0, 2.0]])),
            ew.EdgewiseError,
            name,
        )
        for value in (np.inf, np.nan)
        for name, call in {"pinv": ew.linalg.pinv, "svd": ew.linalg.svd}.items()
    },
    "order below 0": (lambda: ew.polygamma(-1, X), ew.ArgumentError, "polygamma"),
    "one factor": (lambda: ew.linalg.multi_dot([X]), ew.ShapeError, "two factors"),
    "channels for pixels": (lambda: F.pixel_shuffle(ew.ones(1, 3, 2, 2), 2), ew.ShapeError, "multiple of"),
    "rows for pixels": (lambda: F.pixel_unshuffle(ew.ones(1, 1, 3, 2), 2), ew.ShapeError, "multiples of"),
    "too few columns": (lambda: F.fold(ew.ones(1, 4, 3), 3, 2), ew.ShapeError, r"\(N, C \* 4, 4\)"),
}


@at_once
@pytest.mark.parametrize("name", REFUSED)
def test_the_first_argument_beyond_is_refused(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call()


def test_smallest_arguments_mean_what_they_should():
    assert F.smooth_l1_loss(ew.tensor([1.0]), ew.tensor([3.0]), beta=0).item() == 2
    np.testing.assert_allclose(F.local_response_norm(IMAGE, 1, alpha=3.0).numpy(), 1 / 4**0.75, rtol=1e-6)
    optimizer = _sgd()
    schedule = optim.lr_scheduler.MultiStepLR(optimizer, [0], gamma=0.5)
    assert schedule.get_last_lr() == [0.05]
