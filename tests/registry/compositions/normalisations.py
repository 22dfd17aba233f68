"""Normalisations, in training and evaluation, from their definitions."""

from __future__ import annotations

import numpy as np

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, normal, positive, some
from .composition import DEFAULT, Composition, constructed, varied


def _channelled(values, ndim):
    return values.reshape(-1, *(1,) * (ndim - 2))


def _affine(y, weight, bias):
    y = y if weight is None else y * _channelled(weight, y.ndim)
    return y if bias is None else y + _channelled(bias, y.ndim)


def _standard(x, axes, eps):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)


def _with_statistics(function):
    """What a normalisation gives, and the running statistics after it, which it changes in place."""

    def computed(x, mean, var, *rest, **params):
        mean, var = (None if each is None else each.detach().clone() for each in (mean, var))
        return tuple(each for each in (function(x, mean, var, *rest, **params), mean, var) if each is not None)

    computed.of = function
    return computed


def _found(*results):
    return tuple(each for each in results if each is not None)


def _moved(running, value, momentum):
    return None if running is None else (1 - momentum) * running + momentum * value


def _batch_norm(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    axes = (0, *range(2, x.ndim))
    if training or mean is None or var is None:
        y = _affine(_standard(x, axes, eps), weight, bias)
        if not training:
            return _found(y, mean, var)
        return _found(y, _moved(mean, x.mean(axis=axes), momentum), _moved(var, x.var(axis=axes, ddof=1), momentum))
    y = (x - _channelled(mean, x.ndim)) / np.sqrt(_channelled(var, x.ndim) + eps)
    return _affine(y, weight, bias), mean, var


def _instance_norm(x, mean, var, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    if not use_input_stats:
        return _batch_norm(x, mean, var, weight, bias, False, momentum, eps)
    axes = tuple(range(2, x.ndim))
    means, variances = x.mean(axis=axes).mean(axis=0), x.var(axis=axes, ddof=1).mean(axis=0)
    y = _affine(_standard(x, axes, eps), weight, bias)
    return _found(y, _moved(mean, means, momentum), _moved(var, variances, momentum))


def _group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    groups = x.reshape(len(x), num_groups, -1)
    return _affine(_standard(groups, (2,), eps).reshape(x.shape), weight, bias)


def _layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    y = _standard(x, tuple(range(-len(last), 0)), eps) * (1 if weight is None else weight)
    return y + (0 if bias is None else bias)


def _rms_norm(x, normalized_shape, weight=None, eps=None):
    last = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    mean = np.mean(x**2, axis=tuple(range(-len(last), 0)), keepdims=True)
    y = x / np.sqrt(mean + (np.finfo(x.dtype).eps if eps is None else eps))
    return y if weight is None else y * weight


def _response(x, size, alpha=1e-4, beta=0.75, k=1.0):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        around = x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        y[:, c] = x[:, c] / (k + alpha / size * np.sum(around**2, axis=1)) ** beta
    return y


def _normalize(x, p=2.0, dim=1, eps=1e-12):
    lengths = np.sum(np.abs(x) ** p, axis=dim, keepdims=True) ** (1 / p)
    return x / np.maximum(lengths, eps)


def _cosine_similarity(a, b, dim=1, eps=1e-8):
    lengths = [np.maximum(np.sqrt(np.sum(v * v, axis=dim)), eps) for v in np.broadcast_arrays(a, b)]
    return np.sum(a * b, axis=dim) / lengths[0] / lengths[1]


def _parts(channels, affine):
    """The scale and the shift, of those that are there."""
    sizes = channels if isinstance(channels, tuple) else (channels,)
    parts = {"weight": some(*sizes, sample=positive, seed=3), "bias": some(*sizes, seed=4)}
    return {name: part for name, part in parts.items() if affine in (name, "both")}


def _statistics(channels, running):
    mean, var = some(channels, seed=1), some(channels, sample=positive, seed=2)
    return mean if running in ("mean", "both") else None, var if running in ("var", "both") else None


def _batches(shape, running, affine=None, **params):
    inputs = (some(*shape), *_statistics(shape[1], running))
    return Case(inputs, {**_parts(shape[1], affine), **params})


AFFINE = (DEFAULT, "weight", "bias", "both")
RUNNING = ("both", "mean", "var", None)
SHAPES = ((5, 3), (4, 3, 2), (2, 3, 4, 5))


def _set(layer, **values):
    for name, value in values.items():
        if value is not None:
            target = getattr(layer, name)
            with ew.no_grad():
                target.copy_(value)
    return layer


def _learned(params, kind, *sizes, training=True, **how):
    """The layer with the scale and the shift of the parameters, which must be both or none, or a scale alone."""
    weight, bias = params.get("weight"), params.get("bias")
    if weight is None and bias is not None:
        return None
    layer = kind(*sizes, **({} if kind is nn.RMSNorm else {"bias": bias is not None}), dtype="float64", **how)
    layer.train(training)
    return _set(layer, weight=weight, **({} if bias is None else {"bias": bias}))


def _batch_layer(kinds, flag, default):
    def layer(inputs, params):
        x, mean, var = inputs
        if x.ndim not in kinds or (mean is None) != (var is None):
            return None
        how = {name: params[name] for name in ("momentum", "eps") if name in params}
        found = _learned(
            params,
            kinds[x.ndim],
            x.shape[1],
            training=params.get(flag, default),
            affine="weight" in params,
            track_running_stats=mean is not None,
            **how,
        )
        if found is None:
            return None
        _set(found, running_mean=mean, running_var=var)
        return tuple(each for each in (found(x), found.running_mean, found.running_var) if each is not None)

    return layer


def _last_axes_layer(kind, affine):
    def layer(inputs, params):
        how = {"eps": params["eps"]} if "eps" in params else {}
        found = _learned(params, kind, params["normalized_shape"], **{affine: "weight" in params}, **how)
        return None if found is None else found(*inputs)

    return layer


def _group_layer(inputs, params):
    how = {"eps": params["eps"]} if "eps" in params else {}
    sizes = params["num_groups"], inputs[0].shape[1]
    found = _learned(params, nn.GroupNorm, *sizes, affine="weight" in params, **how)
    return None if found is None else found(*inputs)


def _over_last(shape, last, affine=None, **params):
    sizes = (last,) if isinstance(last, int) else tuple(last)
    return Case((some(*shape),), {"normalized_shape": last, **_parts(sizes, affine), **params})


def _ends(shape, last, **_):
    sizes = (last,) if isinstance(last, int) else tuple(last)
    return shape[-len(sizes) :] == sizes


LAST = {"shape": ((4, 3), (2, 4, 3), (3,)), "last": (3, (3,), (4, 3), [2, 4, 3])}

COMPOSITIONS = [
    Composition(
        _with_statistics(F.batch_norm),
        _batch_norm,
        varied(
            _batches,
            shape=SHAPES,
            running=RUNNING,
            affine=AFFINE,
            training=(DEFAULT, False, True),
            momentum=(DEFAULT, 0.3),
            eps=(DEFAULT, 0.1),
        ),
        still=(1, 2),
        flowing=1,
        layer=_batch_layer({2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}, "training", False),
    ),
    Composition(
        _with_statistics(F.instance_norm),
        _instance_norm,
        varied(
            _batches,
            lambda running, use_input_stats=True, **_: use_input_stats or running == "both",
            shape=SHAPES[1:],
            running=RUNNING,
            affine=AFFINE,
            use_input_stats=(DEFAULT, False, True),
            momentum=(DEFAULT, 0.3),
            eps=(DEFAULT, 0.1),
        ),
        still=(1, 2),
        flowing=1,
        layer=_batch_layer({3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d}, "use_input_stats", True),
    ),
    Composition(
        F.group_norm,
        _group_norm,
        varied(
            lambda shape, affine=None, **params: Case((some(*shape),), {**_parts(shape[1], affine), **params}),
            lambda shape, num_groups, **_: shape[1] % num_groups == 0,
            shape=((3, 6), (2, 6, 3), (3, 4, 2, 5)),
            num_groups=(1, 2, 3, 4),
            affine=AFFINE,
            eps=(DEFAULT, 0.1),
        ),
        layer=_group_layer,
    ),
    Composition(
        F.layer_norm,
        _layer_norm,
        varied(_over_last, _ends, **LAST, affine=AFFINE, eps=(DEFAULT, 0.1)),
        layer=_last_axes_layer(nn.LayerNorm, "elementwise_affine"),
    ),
    Composition(
        F.rms_norm,
        _rms_norm,
        varied(_over_last, _ends, **LAST, affine=(DEFAULT, "weight"), eps=(DEFAULT, 0.1)),
        layer=_last_axes_layer(nn.RMSNorm, "elementwise_affine"),
    ),
    Composition(
        F.local_response_norm,
        _response,
        varied(
            lambda shape, **params: Case((some(*shape),), params),
            shape=((2, 5, 3), (3, 4, 2, 2)),
            size=(1, 2, 3, 4),
            alpha=(DEFAULT, 0.7),
            beta=(DEFAULT, 0.5),
            k=(DEFAULT, 2.0),
        ),
        layer=constructed(nn.LocalResponseNorm),
    ),
    Composition(
        F.normalize,
        _normalize,
        varied(
            lambda shape, **params: Case((some(*shape),), params),
            shape=((4, 3), (2, 3, 4)),
            p=(DEFAULT, 1.0, 3.0),
            dim=(DEFAULT, 0, -1),
            eps=(DEFAULT, 2.0),
        ),
    ),
    Composition(
        F.cosine_similarity,
        _cosine_similarity,
        varied(
            lambda shapes, **params: Case(tuple(some(*s, sample=normal, seed=i) for i, s in enumerate(shapes)), params),
            shapes=(((4, 3), (4, 3)), ((2, 1, 3), (2, 4, 3)), ((2, 4, 1), (4, 3))),
            dim=(DEFAULT, -1, 0),
            eps=(DEFAULT, 2.0),
        ),
        layer=constructed(nn.CosineSimilarity),
    ),
]
