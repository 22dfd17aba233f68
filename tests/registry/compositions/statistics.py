"""Statistics, orders and counts over axes, from their definitions."""

from __future__ import annotations

import numpy as np

import edgewise as ew

from ..entries import Case, distinct, integers, normal, some
from .composition import DEFAULT, Composition, sampled, uses, varied

SHAPE = ((2, 3, 4),)
AXES = (DEFAULT, 0, 1, -1, (0, 2), (-1, 1))
AXIS = (0, 1, -1)
KEEP = (DEFAULT, True)


def _over(function, formula, dims=AXES, sample=normal, spoil=None, still=(), **choices):
    def make(shape, **params):
        x = some(*shape, sample=sample)
        return Case((x if spoil is None else spoil(x),), params)

    return Composition(function, formula, varied(make, shape=SHAPE, dim=dims, keepdim=KEEP, **choices), still=still)


def _with_nan(x):
    x = x.copy()
    x[0, 1, 2] = x[1, 0, 3] = np.nan
    return x


def _only_numbers(g, x, dim=None, keepdim=False, divide=False):
    count = np.sum(~np.isnan(x), axis=dim, keepdims=True)
    if not keepdim and dim is not None:
        g = np.expand_dims(g, dim)
    return (np.where(np.isnan(x), 0, g / (count if divide else 1)),)


def _moments(spread):
    def formula(x, dim=None, unbiased=True, keepdim=False, correction=None):
        degrees = int(unbiased) if correction is None else correction
        return spread(x, axis=dim, ddof=degrees, keepdims=keepdim), np.mean(x, axis=dim, keepdims=keepdim)

    return formula


def _ranked(x, at, dim, keepdim):
    """The element of a rank along an axis, and where it stands."""
    places = np.take(np.argsort(x, axis=dim, kind="stable"), [at], axis=dim)
    values = np.take_along_axis(x, places, axis=dim)
    return tuple(each if keepdim else np.squeeze(each, dim) for each in (values, places))


def _median(x, dim=None, keepdim=False):
    if dim is None:
        return _ranked(x.ravel(), (x.size - 1) // 2, 0, False)[0].reshape((1,) * x.ndim if keepdim else ())
    return _ranked(x, (x.shape[dim] - 1) // 2, dim, keepdim)


def _nanmedian(x, dim=None, keepdim=False):
    if dim is None:
        row = np.sort(x[~np.isnan(x)])
        return row[(len(row) - 1) // 2].reshape((1,) * x.ndim if keepdim else ())
    at = np.expand_dims((np.sum(~np.isnan(x), axis=dim) - 1) // 2, dim)
    places = np.take_along_axis(np.argsort(x, axis=dim, kind="stable"), at, axis=dim)
    values = np.take_along_axis(x, places, axis=dim)
    return tuple(each if keepdim else np.squeeze(each, dim) for each in (values, places))


def _extreme(largest):
    def formula(x, dim=None, keepdim=False):
        values = (np.max if largest else np.min)(x, axis=dim, keepdims=keepdim)
        if dim is None:
            return values
        return values, (np.argmax if largest else np.argmin)(x, axis=dim, keepdims=keepdim)

    return formula


def _so_far(largest):
    def formula(x, dim):
        x = np.moveaxis(x, dim, -1)
        pick = np.argmax if largest else np.argmin
        places = np.stack([pick(x[..., : i + 1], axis=-1) for i in range(x.shape[-1])], axis=-1)
        return tuple(np.moveaxis(each, -1, dim) for each in (np.take_along_axis(x, places, -1), places))

    return formula


def _sort(x, dim=-1, descending=False):
    places = np.argsort(-x if descending else x, axis=dim, kind="stable")
    return np.take_along_axis(x, places, axis=dim), places


def _topk(x, k, dim=-1, largest=True):
    values, places = _sort(x, dim, largest)
    return np.take(values, range(k), axis=dim), np.take(places, range(k), axis=dim)


def _quantile(x, q, dim=None, keepdim=False, interpolation="linear"):
    return np.quantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


def _diff(x, n=1, dim=-1, prepend=None, append=None):
    ends = {name: part for name, part in (("prepend", prepend), ("append", append)) if part is not None}
    return np.diff(x, n, axis=dim, **ends)


def _different(shape, ends=None, **params):
    dim = params.get("dim", -1)
    part = some(*(2 if i == dim % len(shape) else n for i, n in enumerate(shape)), seed=4)
    names = {"before": ["prepend"], "after": ["append"], "both": ["prepend", "append"]}.get(ends, [])
    return Case((some(*shape),), {**params, **dict.fromkeys(names, part)})


def _mode(x, dim=-1, keepdim=False):
    x = np.moveaxis(x, dim, -1)
    values, places = np.empty(x.shape[:-1]), np.empty(x.shape[:-1], dtype=int)
    for at in np.ndindex(*x.shape[:-1]):
        numbers, counts = np.unique(x[at], return_counts=True)
        values[at] = numbers[np.argmax(counts)]
        places[at] = np.flatnonzero(x[at] == values[at])[-1]
    return tuple(np.expand_dims(each, dim) if keepdim else each for each in (values, places))


def _to_last(g, x, dim=-1, keepdim=False):
    """The gradient of the most frequent element goes to where it last stood."""
    _values, places = _mode(x, dim, True)
    total = np.zeros_like(x)
    np.put_along_axis(total, places, g if keepdim else np.expand_dims(g, dim), dim)
    return (total,)


def _shares(rng, shape):
    return rng.uniform(0.05, 0.95, shape)


def _few(rng, shape):
    return rng.integers(0, 3, shape).astype(float)


def _consecutive(x, return_inverse=False, return_counts=False):
    row = x.ravel()
    starts = np.concatenate([[True], row[1:] != row[:-1]])
    found = [row[starts]]
    if return_inverse:
        found.append((np.cumsum(starts) - 1).reshape(x.shape))
    if return_counts:
        found.append(np.diff([*np.flatnonzero(starts), row.size]))
    return tuple(found) if len(found) > 1 else found[0]


def _unique(x, return_inverse=False, return_counts=False, dim=None):
    return np.unique(x, return_inverse=return_inverse, return_counts=return_counts, axis=dim)


def _histogram(x, bins=100, min=0, max=0):
    return np.histogram(x, bins, None if min == max else (min, max))[0].astype(x.dtype)


def _bucketize(x, boundaries, right=False):
    return np.searchsorted(boundaries, x, side="right" if right else "left")


COMPOSITIONS = [
    _over(ew.std_mean, _moments(np.std), unbiased=(DEFAULT, False, True)),
    _over(ew.var_mean, _moments(np.var), unbiased=(DEFAULT, False, True)),
    _over(ew.std_mean, _moments(np.std), correction=(0, 1.5)),
    _over(ew.var_mean, _moments(np.var), correction=(0, 1.5)),
    _over(ew.std, lambda x, **params: _moments(np.std)(x, **params)[0], unbiased=(DEFAULT, False, True)),
    _over(ew.var, lambda x, **params: _moments(np.var)(x, **params)[0], unbiased=(DEFAULT, False, True)),
    _over(ew.nansum, lambda x, dim=None, keepdim=False: np.nansum(x, axis=dim, keepdims=keepdim)),
    _over(ew.nanmean, lambda x, dim=None, keepdim=False: np.nanmean(x, axis=dim, keepdims=keepdim)),
    *(
        Composition(
            function,
            lambda x, dim=None, keepdim=False, of=formula: of(x, axis=dim, keepdims=keepdim),
            _over(function, formula, spoil=_with_nan).cases,
            gradients=lambda g, x, dim=None, keepdim=False, divide=divide: _only_numbers(g, x, dim, keepdim, divide),
        )
        for function, formula, divide in ((ew.nansum, np.nansum, False), (ew.nanmean, np.nanmean, True))
    ),
    _over(ew.median, _median, (DEFAULT, *AXIS), distinct),
    _over(ew.nanmedian, _nanmedian, (DEFAULT, *AXIS), distinct),
    _over(ew.max, _extreme(True), (DEFAULT, *AXIS), distinct),
    _over(ew.min, _extreme(False), (DEFAULT, *AXIS), distinct),
    Composition(
        ew.aminmax,
        lambda x, dim=None, keepdim=False: (
            np.min(x, axis=dim, keepdims=keepdim),
            np.max(x, axis=dim, keepdims=keepdim),
        ),
        varied(lambda **params: sampled((2, 3, 4), samples=distinct, **params), dim=(DEFAULT, *AXIS), keepdim=KEEP),
    ),
    Composition(ew.cummax, _so_far(True), [sampled((3, 4, 2), samples=distinct, dim=d) for d in AXIS]),
    Composition(ew.cummin, _so_far(False), [sampled((3, 4, 2), samples=distinct, dim=d) for d in AXIS]),
    Composition(
        ew.sort,
        _sort,
        varied(lambda **p: sampled((2, 3, 4), samples=distinct, **p), dim=(DEFAULT, *AXIS), descending=(DEFAULT, True)),
    ),
    Composition(
        ew.msort, lambda x: np.sort(x, axis=0), [sampled((3, 4), samples=distinct), sampled((5,), samples=distinct)]
    ),
    Composition(
        ew.topk,
        _topk,
        varied(
            lambda **p: sampled((3, 4, 5), samples=distinct, **p),
            k=(1, 2, 3),
            dim=(DEFAULT, *AXIS),
            largest=(DEFAULT, False),
        ),
    ),
    _over(
        ew.kthvalue,
        lambda x, k, dim=-1, keepdim=False: _ranked(x, k - 1, dim, keepdim),
        (DEFAULT, 0, 1),
        distinct,
        k=(1, 2),
    ),
    _over(
        ew.quantile,
        _quantile,
        (DEFAULT, *AXIS),
        distinct,
        q=(0.3, 0.75, 0.0, 1.0),
        interpolation=(DEFAULT, "lower", "higher", "midpoint", "nearest"),
    ),
    Composition(
        ew.quantile,
        _quantile,
        [
            sampled((2, 5), (3,), samples=(distinct, _shares), **p)
            for p in ({}, {"dim": 1}, {"dim": 0, "keepdim": True})
        ],
    ),
    Composition(
        ew.diff,
        _diff,
        varied(
            _different,
            shape=((4, 5), (3, 4, 5)),
            n=(DEFAULT, 2, 0),
            dim=(DEFAULT, 0, 1),
            ends=(DEFAULT, "before", "after", "both"),
        ),
    ),
    _over(
        ew.count_nonzero,
        lambda x, dim=None, keepdim=False: np.count_nonzero(x, axis=dim, keepdims=keepdim),
        sample=_few,
        still=(0,),
    ),
    Composition(
        ew.mode,
        _mode,
        varied(lambda **p: sampled((3, 4, 5), samples=_few, **p), dim=(DEFAULT, 0, 1), keepdim=KEEP),
        gradients=_to_last,
        flowing=1,
    ),
    Composition(
        ew.unique_consecutive,
        _consecutive,
        varied(
            lambda shape, **p: sampled(shape, samples=_few, **p),
            shape=((9,), (3, 4)),
            return_inverse=(DEFAULT, True),
            return_counts=(DEFAULT, True),
        ),
        still=(0,),
    ),
    Composition(
        ew.unique,
        _unique,
        varied(
            lambda shape, **p: sampled(shape, samples=_few, **p),
            shape=((9,), (3, 4)),
            return_inverse=(DEFAULT, True),
            return_counts=(DEFAULT, True),
            dim=(DEFAULT,),
        ),
        still=(0,),
    ),
    Composition(
        ew.histc,
        _histogram,
        [
            sampled((20,), bins=5),
            sampled((4, 6), bins=4, min=-1, max=1),
            sampled((20,)),
            sampled((20,), bins=3, min=0, max=2),
        ],
        still=(0,),
    ),
    Composition(
        ew.isin,
        lambda elements, test_elements, invert=False: np.isin(elements, test_elements, invert=invert),
        [
            sampled((3, 4), (2,), samples=integers),
            sampled((5,), (2, 2), samples=integers, invert=True),
            sampled((3,), (0,), samples=integers),
        ],
    ),
    Composition(
        ew.bucketize,
        _bucketize,
        uses(
            *(
                ((np.array([[-1.0, 0.0, 0.5], [1.0, 2.0, 3.0]]), np.array([0.0, 1.0, 2.0])), p)
                for p in ({}, {"right": True})
            )
        ),
        still=(0, 1),
    ),
]
