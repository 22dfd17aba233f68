"""Pooling in windows of given sizes and in given numbers of windows, from their definitions."""

from __future__ import annotations

import numpy as np

from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, distinct, normal, positive, some
from .composition import DEFAULT, Composition, constructed, varied


def _each(value, axes):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def _windows(size, kernel, stride, padding, dilation):
    """For each window along an axis, the places of its elements that are not padding."""
    count = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    starts = [i * stride - padding for i in range(count)]
    return [[p for p in range(start, start + dilation * kernel, dilation) if 0 <= p < size] for start in starts]


def _spread(size, count):
    """For each of `count` windows along an axis, its places: from floor(i s / n) to ceil((i + 1) s / n)."""
    return [list(range(int(np.floor(i * size / count)), int(np.ceil((i + 1) * size / count)))) for i in range(count)]


def _pooled(x, windows, take):
    y = np.empty((*x.shape[: -len(windows)], *map(len, windows)))
    for place in np.ndindex(*map(len, windows)):
        y[(..., *place)] = take(x[_at(windows, place)])
    return y


def _at(windows, place):
    return (..., *np.ix_(*(window[i] for window, i in zip(windows, place, strict=True))))


def _geometry(axes, x, kernel_size, stride, padding, dilation):
    kernel = _each(kernel_size, axes)
    step = kernel if stride is None else _each(stride, axes)
    sides, apart = _each(padding, axes), _each(dilation, axes)
    return [_windows(x.shape[i - axes], kernel[i], step[i], sides[i], apart[i]) for i in range(axes)]


def _max(axes):
    over = tuple(range(-axes, 0))

    def reference(x, kernel_size, stride=None, padding=0, dilation=1):
        windows = _geometry(axes, x, kernel_size, stride, padding, dilation)
        return _pooled(x, windows, lambda part: part.max(axis=over))

    return reference


def _shared(g, x, kernel_size, stride=None, padding=0, dilation=1):
    """The gradient of the largest elements: those of a window that are equal share it evenly."""
    windows = _geometry(2, x, kernel_size, stride, padding, dilation)
    total = np.zeros_like(x)
    for place in np.ndindex(*map(len, windows)):
        key = _at(windows, place)
        wins = x[key] == x[key].max(axis=(-2, -1), keepdims=True)
        total[key] += wins / wins.sum(axis=(-2, -1), keepdims=True) * g[(..., *place)][..., None, None]
    return (total,)


def _average(axes):
    over = tuple(range(-axes, 0))

    def reference(x, kernel_size, stride=None, padding=0, count_include_pad=True, divisor_override=None):
        windows = _geometry(axes, x, kernel_size, stride, padding, 1)
        if divisor_override is not None:
            return _pooled(x, windows, lambda part: part.sum(axis=over) / divisor_override)
        if not count_include_pad:
            return _pooled(x, windows, lambda part: part.mean(axis=over))
        return _pooled(x, windows, lambda part: part.sum(axis=over) / np.prod(_each(kernel_size, axes)))

    return reference


def _powers(axes):
    over = tuple(range(-axes, 0))

    def reference(x, norm_type, kernel_size, stride=None):
        windows = _geometry(axes, x, kernel_size, stride, 0, 1)
        return _pooled(x, windows, lambda part: (part**norm_type).sum(axis=over) ** (1 / norm_type))

    return reference


def _adaptive(axes, take):
    over = tuple(range(-axes, 0))

    def reference(x, output_size):
        counts = [n or size for n, size in zip(_each(output_size, axes), x.shape[-axes:], strict=True)]
        windows = [_spread(size, n) for size, n in zip(x.shape[-axes:], counts, strict=True)]
        return _pooled(x, windows, lambda part: take(part, axis=over))

    return reference


def _cases(axes, sample, shapes, kernels, strides, paddings, **more):
    def allowed(shape, kernel_size, padding=0, dilation=1, **_):
        kernel, sides, apart = _each(kernel_size, axes), _each(padding, axes), _each(dilation, axes)
        return all(
            p <= k // 2 and d * (k - 1) + 1 <= n + 2 * p
            for n, k, p, d in zip(shape[-axes:], kernel, sides, apart, strict=True)
        )

    return varied(
        lambda shape, **params: Case((some(*shape, sample=sample),), params),
        allowed,
        shape=shapes,
        kernel_size=kernels,
        stride=strides,
        padding=paddings,
        **more,
    )


IMAGES, LINES = ((2, 3, 7, 6), (3, 5, 8)), ((2, 3, 7), (3, 8))
KERNELS, STRIDES, PADDINGS = (2, 3, (3, 2), (1, 3), (4, 1)), (DEFAULT, 1, 2, (2, 3)), (DEFAULT, 1, (1, 0), (0, 1))
ON_IMAGES = (2, IMAGES, KERNELS, STRIDES, PADDINGS)
ON_LINES = (1, LINES, (2, 3, (4,), 1), (DEFAULT, 1, 2, (3,)), (DEFAULT, 1, (1,)))


def _tried(axes, shapes, kernels, strides, paddings, *, sample, **more):
    return _cases(axes, sample, shapes, kernels, strides, paddings, **more)


def _tied(rng, shape):
    """Few different numbers, so that many windows have several largest elements."""
    return rng.integers(0, 3, shape).astype(float)


def _counts(sample, shapes, counts):
    return varied(
        lambda shape, output_size: Case((some(*shape, sample=sample),), {"output_size": output_size}),
        shape=shapes,
        output_size=counts,
    )


IMAGE_COUNTS = (1, 2, 3, (2, 3), (4, 2), (None, 3), (3, None), None, (6, 8), (7, 2))
LINE_COUNTS = (1, 2, 3, 5, (4,), 8)

COMPOSITIONS = [
    Composition(
        F.max_pool2d,
        _max(2),
        _tried(*ON_IMAGES, sample=distinct, dilation=(DEFAULT, 2, (1, 2))),
        layer=constructed(nn.MaxPool2d),
    ),
    Composition(
        F.max_pool2d,
        _max(2),
        _tried(*ON_IMAGES, sample=_tied, dilation=(DEFAULT, (2, 1))),
        gradients=_shared,
    ),
    Composition(
        F.max_pool1d,
        _max(1),
        _tried(*ON_LINES, sample=distinct, dilation=(DEFAULT, 2)),
        layer=constructed(nn.MaxPool1d),
    ),
    Composition(
        F.avg_pool2d,
        _average(2),
        _tried(*ON_IMAGES, sample=normal, count_include_pad=(DEFAULT, True, False), divisor_override=(DEFAULT, 3)),
        layer=constructed(nn.AvgPool2d),
    ),
    Composition(
        F.avg_pool1d,
        _average(1),
        _tried(*ON_LINES, sample=normal, count_include_pad=(DEFAULT, True, False)),
        layer=constructed(nn.AvgPool1d),
    ),
    Composition(
        F.adaptive_avg_pool2d,
        _adaptive(2, np.mean),
        _counts(normal, ((2, 3, 7, 6), (3, 6, 8), (2, 1, 4, 12)), IMAGE_COUNTS),
        layer=constructed(nn.AdaptiveAvgPool2d),
    ),
    Composition(
        F.adaptive_max_pool2d,
        _adaptive(2, np.max),
        _counts(distinct, ((2, 3, 7, 6), (3, 6, 8), (2, 1, 4, 12)), IMAGE_COUNTS),
        layer=constructed(nn.AdaptiveMaxPool2d),
    ),
    Composition(
        F.adaptive_avg_pool1d,
        _adaptive(1, np.mean),
        _counts(normal, ((2, 3, 8), (3, 7)), LINE_COUNTS),
        layer=constructed(nn.AdaptiveAvgPool1d),
    ),
    Composition(
        F.adaptive_max_pool1d,
        _adaptive(1, np.max),
        _counts(distinct, ((2, 3, 8), (3, 7)), LINE_COUNTS),
        layer=constructed(nn.AdaptiveMaxPool1d),
    ),
    Composition(
        F.lp_pool2d,
        _powers(2),
        varied(
            lambda shape, **params: Case((some(*shape, sample=positive),), params),
            shape=((2, 3, 5, 6), (3, 6, 4)),
            norm_type=(2, 3, 1, 1.5),
            kernel_size=(2, (3, 2)),
            stride=(DEFAULT, 1, (2, 1)),
        ),
        layer=constructed(nn.LPPool2d),
    ),
    Composition(
        F.lp_pool1d,
        _powers(1),
        varied(
            lambda shape, **params: Case((some(*shape, sample=positive),), params),
            shape=((2, 3, 7), (3, 6)),
            norm_type=(2, 4, 1, 0.5),
            kernel_size=(2, 3),
            stride=(DEFAULT, 1),
        ),
        layer=constructed(nn.LPPool1d),
    ),
]
