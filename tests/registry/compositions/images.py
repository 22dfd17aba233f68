"""What slides over images, resizes, pads and rearranges them, from the definitions."""

from __future__ import annotations

import math

import numpy as np

from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, some
from .composition import DEFAULT, Composition, constructed, sampled, varied


def _each(value, axes):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


# Convolutions: each element of the output, input and kernel that go together ----------------------------------------


def _meeting(sizes, kernel, stride, padding, dilation):
    """The places in the input, the output and the kernel of everything that is multiplied."""
    for out in np.ndindex(*(sizes[1])):
        for inside in np.ndindex(*kernel):
            place = tuple(
                o * s + k * d - p for o, s, k, d, p in zip(out, stride, inside, dilation, padding, strict=True)
            )
            if all(0 <= i < n for i, n in zip(place, sizes[0], strict=True)):
                yield place, out, inside


def _conv(axes):
    def reference(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if x.ndim == axes + 1:
            return reference(x[None], w, bias, stride, padding, dilation, groups)[0]
        step, apart, kernel = _each(stride, axes), _each(dilation, axes), w.shape[2:]
        spans = [d * (k - 1) for d, k in zip(apart, kernel, strict=True)]
        before = {"same": [s // 2 for s in spans], "valid": [0] * axes}.get(padding if isinstance(padding, str) else "")
        after = {"same": [s - s // 2 for s in spans], "valid": [0] * axes}.get(
            padding if isinstance(padding, str) else ""
        )
        before, after = before or _each(padding, axes), after or _each(padding, axes)
        size = x.shape[2:]
        counts = [(size[i] + before[i] + after[i] - spans[i] - 1) // step[i] + 1 for i in range(axes)]
        y = np.zeros((len(x), len(w), *counts))
        each = w.shape[1]
        for place, out, inside in _meeting((size, counts), kernel, step, before, apart):
            for o in range(len(w)):
                first = o // (len(w) // groups) * each
                y[(slice(None), o, *out)] += (
                    x[(slice(None), slice(first, first + each), *place)] @ w[(o, slice(None), *inside)]
                )
        return y if bias is None else y + bias.reshape(-1, *(1,) * axes)

    return reference


def _transposed(axes):
    def reference(x, w, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        if x.ndim == axes + 1:
            return reference(x[None], w, bias, stride, padding, output_padding, groups, dilation)[0]
        step, apart, around = _each(stride, axes), _each(dilation, axes), _each(padding, axes)
        extra, kernel = _each(output_padding, axes), w.shape[2:]
        sizes = [
            (x.shape[2 + i] - 1) * step[i] - 2 * around[i] + apart[i] * (kernel[i] - 1) + extra[i] + 1
            for i in range(axes)
        ]
        y = np.zeros((len(x), w.shape[1] * groups, *sizes))
        for place, out, inside in _meeting((sizes, x.shape[2:]), kernel, step, around, apart):
            for c in range(len(w)):
                first = c // (len(w) // groups) * w.shape[1]
                part = x[(slice(None), c, *out)][:, None] * w[(c, slice(None), *inside)]
                y[(slice(None), slice(first, first + w.shape[1]), *place)] += part
        return y if bias is None else y + bias.reshape(-1, *(1,) * axes)

    return reference


def _convolved(axes, transposed=False):
    def make(shape, kernel, groups=1, bias=None, **params):
        channels = shape[-axes - 1]
        w = some(*((channels, 4 // groups) if transposed else (4, channels // groups)), *kernel, seed=1)
        if bias:
            params["bias"] = some(4, seed=2)
        return Case((some(*shape), w), {**params, **({} if groups == 1 else {"groups": groups})})

    def allowed(shape, kernel, stride=1, padding=0, dilation=1, output_padding=0, **_):
        step, apart = _each(stride, axes), _each(dilation, axes)
        if transposed:
            return all(e < max(s, d) for e, s, d in zip(_each(output_padding, axes), step, apart, strict=True))
        if isinstance(padding, str):
            return padding == "valid" or set(step) == {1}
        around = zip(shape[-axes:], kernel, apart, _each(padding, axes), strict=True)
        return all(n + 2 * p > d * (k - 1) for n, k, d, p in around)

    shapes = (((2, 2, 5, 4), (4, 4, 6)), ((2, 2, 6), (4, 5)))[axes == 1]
    more = {"output_padding": (DEFAULT, 1)} if transposed else {}
    return varied(
        make,
        allowed,
        shape=shapes,
        kernel=((2, 3), (3, 1), (1, 2)) if axes == 2 else ((2,), (3,), (1,)),
        stride=(DEFAULT, 2, (1, 2) if axes == 2 else (3,)),
        padding=(DEFAULT, 1, (1, 0) if axes == 2 else (1,), *(() if transposed else ("same", "valid"))),
        dilation=(DEFAULT, 2, (2, 1) if axes == 2 else (2,)),
        groups=(DEFAULT, 2),
        bias=(DEFAULT, True),
        **more,
    )


def _kernel_layer(kind, transposed=False):
    def layer(inputs, params):
        x, w = inputs
        how = {name: value for name, value in params.items() if name != "bias"}
        groups, axes = params.get("groups", 1), w.ndim - 2
        channels = (w.shape[0], w.shape[1] * groups) if transposed else (w.shape[1] * groups, w.shape[0])
        found = kind(
            *channels, tuple(w.shape[2:]) if axes > 1 else w.shape[2], bias="bias" in params, dtype="float64", **how
        )
        found.weight = nn.Parameter(w)
        if "bias" in params:
            found.bias = nn.Parameter(params["bias"])
        return found(x)

    return layer


# Resizing -----------------------------------------------------------------------------------------------------------


def _cubic(d, a=-0.75):
    d = abs(d)
    return (
        (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0
    )


def _resized(row, new, scale, mode, align):
    """One row of numbers brought to another size."""
    old = len(row)
    found = []
    for j in range(new):
        ratio = old / new if scale is None else 1 / scale
        if mode == "area":
            found.append(np.mean(row[j * old // new : -(-(j + 1) * old // new)]))
        elif mode in ("nearest", "nearest-exact"):
            found.append(row[min(int((j + (0.5 if mode != "nearest" else 0)) * ratio), old - 1)])
        else:
            place = (j * (old - 1) / (new - 1) if new > 1 else 0) if align else (j + 0.5) * ratio - 0.5
            if mode == "bicubic":
                near = range(math.floor(place) - 1, math.floor(place) + 3)
                found.append(sum(_cubic(place - k) * row[min(max(k, 0), old - 1)] for k in near))
            else:
                found.append(np.interp(place, np.arange(old), row))
    return np.array(found)


def _interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=False, recompute_scale_factor=False):
    axes = x.ndim - 2
    factors = [None] * axes if scale_factor is None else _each(scale_factor, axes)
    new = [math.floor(x.shape[2 + i] * factors[i]) for i in range(axes)] if size is None else _each(size, axes)
    factors = [None] * axes if recompute_scale_factor else factors
    for i in range(axes):
        x = np.apply_along_axis(_resized, 2 + i, x, new[i], factors[i], mode, align_corners)
    return x


def _allowed_mode(shape, mode="nearest", align_corners=None, size=None, scale_factor=None, recompute_scale_factor=None):
    axes = {"linear": (3,), "bilinear": (4,), "bicubic": (4,)}.get(mode, (3, 4, 5))
    if len(shape) not in axes or (size is None) == (scale_factor is None):
        return False
    if recompute_scale_factor is not None and scale_factor is None:
        return False
    if any(isinstance(given, tuple) and len(given) != len(shape) - 2 for given in (size, scale_factor)):
        return False
    return align_corners is None or mode in ("linear", "bilinear", "bicubic")


RESIZED = {
    "shape": ((2, 3, 5), (2, 1, 5, 4), (1, 2, 3, 2, 4)),
    "mode": (DEFAULT, "nearest-exact", "linear", "bilinear", "bicubic", "area"),
    "size": (DEFAULT, 3, (7, 3), 1),
    "scale_factor": (DEFAULT, 2, 1.7, (0.6, 2.3)),
    "align_corners": (DEFAULT, True, False),
    "recompute_scale_factor": (DEFAULT, True),
}


def _upsampled(inputs, params):
    return nn.Upsample(**params)(*inputs)


def _upsampled_by_lines(x, size):
    return nn.UpsamplingBilinear2d(size)(x)


def _upsampled_by_nearest(x, size):
    return nn.UpsamplingNearest2d(size)(x)


# Padding and rearranging --------------------------------------------------------------------------------------------


def _pad(x, pad, mode="constant", value=0.0):
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    for axis, (before, after) in enumerate(widths):  # negative widths cut off
        x = np.take(x, range(max(-before, 0), x.shape[axis] + min(after, 0)), axis=axis)
    widths = [(max(a, 0), max(b, 0)) for a, b in widths]
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(x, widths, names[mode], **({"constant_values": value} if mode == "constant" else {}))


PADDINGS = {
    "constant": {1: nn.ConstantPad1d, 2: nn.ConstantPad2d, 3: nn.ConstantPad3d},
    "reflect": {1: nn.ReflectionPad1d, 2: nn.ReflectionPad2d, 3: nn.ReflectionPad3d},
    "replicate": {1: nn.ReplicationPad1d, 2: nn.ReplicationPad2d, 3: nn.ReplicationPad3d},
    "circular": {1: nn.CircularPad1d, 2: nn.CircularPad2d, 3: nn.CircularPad3d},
}
ZEROS = {1: nn.ZeroPad1d, 2: nn.ZeroPad2d, 3: nn.ZeroPad3d}


def _padding_layer(inputs, params):
    axes, mode = len(params["pad"]) // 2, params.get("mode", "constant")
    value = params.get("value")
    if hasattr(value, "ndim") or inputs[0].ndim < axes or not axes:
        return None
    kind = ZEROS[axes] if mode == "constant" and value is None else PADDINGS[mode][axes]
    return kind(tuple(params["pad"]), *([] if value is None else [value]))(inputs[0])


def _unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    if x.ndim == 3:
        return _unfold(x[None], kernel_size, dilation, padding, stride)[0]
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = (_each(v, 2) for v in (kernel_size, dilation, padding, stride))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    columns = [
        x[:, :, i : i + dh * kh : dh, j : j + dw * kw : dw].reshape(len(x), -1)
        for i in range(0, x.shape[2] - dh * (kh - 1), sh)
        for j in range(0, x.shape[3] - dw * (kw - 1), sw)
    ]
    return np.stack(columns, axis=-1)


def _fold(y, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose: where each element of an image goes, from images with a single one."""
    if y.ndim == 2:
        return _fold(y[None], output_size, kernel_size, dilation, padding, stride)[0]
    size = _each(output_size, 2)
    units = np.eye(math.prod(size)).reshape(-1, 1, *size)
    where = _unfold(units, kernel_size, dilation, padding, stride)
    elements = where.shape[1]
    parts = y.reshape(len(y), -1, elements, y.shape[-1])
    return np.einsum("ncel,uel->ncu", parts, where).reshape(len(y), -1, *size)


SLIDING = {
    "kernel_size": (2, (3, 1), (2, 3)),
    "dilation": (DEFAULT, 2, (1, 2)),
    "padding": (DEFAULT, 1, (0, 2)),
    "stride": (DEFAULT, 2, (2, 1)),
}


def _folded(size, batch, **params):
    window = _unfold(np.zeros((1, 1, *_each(size, 2))), **params).shape
    return Case((some(*batch, 2 * window[1], window[2]),), {"output_size": size, **params})


def _fits(shape=None, size=None, kernel_size=2, dilation=1, padding=0, **_):
    given = shape[-2:] if size is None else _each(size, 2)
    parts = zip(given, _each(kernel_size, 2), _each(dilation, 2), _each(padding, 2), strict=True)
    return all(n + 2 * p > d * (k - 1) for n, k, d, p in parts)


def _shuffle(x, upscale_factor):
    r = upscale_factor
    *front, c, h, w = x.shape
    y = np.empty((*front, c // r**2, h * r, w * r))
    for i, j in np.ndindex(r, r):
        y[..., i::r, j::r] = x[..., i * r + j :: r * r, :, :]
    return y


def _unshuffle(x, downscale_factor):
    r = downscale_factor
    *front, c, h, w = x.shape
    y = np.empty((*front, c * r**2, h // r, w // r))
    for i, j in np.ndindex(r, r):
        y[..., i * r + j :: r * r, :, :] = x[..., i::r, j::r]
    return y


def _channels(x, groups):
    order = [group * (x.shape[1] // groups) + i for i in range(x.shape[1] // groups) for group in range(groups)]
    return x[:, order]


def _bilinear(x1, x2, weight, bias):
    return np.einsum("...i,oij,...j->...o", x1, weight, x2) + (0 if bias is None else bias)


def _bilinear_layer(x1, x2, weight, bias):
    layer = nn.Bilinear(weight.shape[1], weight.shape[2], weight.shape[0], bias=bias is not None)
    # The numbers of the parameters, so that they can want gradients in float64.
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None:
            delattr(layer, name)
            object.__setattr__(layer, name, value)
    return layer(x1, x2)


COMPOSITIONS = [
    Composition(F.conv2d, _conv(2), _convolved(2), layer=_kernel_layer(nn.Conv2d)),
    Composition(F.conv1d, _conv(1), _convolved(1), layer=_kernel_layer(nn.Conv1d)),
    Composition(F.conv_transpose2d, _transposed(2), _convolved(2, True), layer=_kernel_layer(nn.ConvTranspose2d, True)),
    Composition(F.conv_transpose1d, _transposed(1), _convolved(1, True), layer=_kernel_layer(nn.ConvTranspose1d, True)),
    Composition(
        F.interpolate,
        _interpolate,
        varied(lambda shape, **params: sampled(shape, **params), _allowed_mode, **RESIZED),
        layer=_upsampled,
    ),
    Composition(
        _upsampled_by_lines,
        lambda x, size: _interpolate(x, size, mode="bilinear", align_corners=True),
        [sampled((2, 3, 4, 3), size=(7, 5)), sampled((1, 2, 4, 3), size=2)],
    ),
    Composition(
        _upsampled_by_nearest,
        _interpolate,
        [sampled((2, 3, 4, 3), size=(7, 5)), sampled((1, 2, 4, 3), size=2)],
    ),
    Composition(
        F.pad,
        _pad,
        varied(
            lambda shape, pad, value=None, **params: Case(
                (some(*shape),),
                {
                    "pad": pad,
                    **params,
                    **({} if value is None else {"value": np.asarray(0.7) if value == "tensor" else value}),
                },
            ),
            lambda shape, pad, mode="constant", value=None: (
                (value is None or mode == "constant")
                and len(pad) <= 2 * len(shape)
                and not (mode == "reflect" and min(pad, default=0) < 0)
            ),
            shape=((5, 4), (3, 5, 6), (2, 3, 4, 5)),
            pad=((1, 2), (2, 0, 1, 3), (-1, 2), (1, -2, 0, 1), (1, 0, 2, 1, 0, 2), ()),
            mode=(DEFAULT, "reflect", "replicate", "circular"),
            value=(DEFAULT, 1.5, "tensor"),
        ),
        layer=_padding_layer,
    ),
    Composition(
        F.unfold,
        _unfold,
        varied(lambda shape, **params: sampled(shape, **params), _fits, shape=((2, 3, 6, 5), (2, 4, 7)), **SLIDING),
        layer=constructed(nn.Unfold),
    ),
    Composition(
        F.fold,
        _fold,
        varied(_folded, _fits, size=(5, (6, 4)), batch=((3,), ()), **SLIDING),
        layer=constructed(nn.Fold),
    ),
    Composition(
        F.pixel_shuffle,
        _shuffle,
        [
            sampled((2, 8, 3, 4), upscale_factor=2),
            sampled((9, 2, 3), upscale_factor=3),
            sampled((2, 3, 4), upscale_factor=1),
        ],
        layer=constructed(nn.PixelShuffle),
    ),
    Composition(
        F.pixel_unshuffle,
        _unshuffle,
        [sampled((2, 3, 4, 6), downscale_factor=2), sampled((2, 6, 3), downscale_factor=3)],
        layer=constructed(nn.PixelUnshuffle),
    ),
    Composition(
        F.channel_shuffle,
        _channels,
        [sampled((2, 6, 3), groups=g) for g in (1, 2, 3)] + [sampled((2, 8, 3, 4), groups=4)],
        layer=constructed(nn.ChannelShuffle),
    ),
    Composition(
        _bilinear_layer,
        _bilinear,
        [
            Case((some(5, 3), some(5, 2), some(4, 3, 2), some(4)), {}),
            Case((some(2, 5, 3), some(2, 5, 2), some(4, 3, 2), None), {}),
        ],
    ),
]
