"""Matrix products and decompositions, convolution and pooling."""

from __future__ import annotations

import itertools

import numpy as np

from edgewise.ops import (
    convolution,
    decompositions,
    distances,
    einsum,
    folding,
    inverses,
    linear,
    linear_algebra,
    pooling,
)

from .entries import explicit, some

_PADDED = ((1, 0), (2, 1))
_HOW = {"stride": (2, 1), "padding": _PADDED, "dilation": (1, 2), "groups": 2}
_PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def _cdist(a, b, *, p):
    d = np.abs(a[..., :, None, :] - b[..., None, :, :])
    if p == 0:
        return (d != 0).sum(-1).astype(float)
    return d.max(-1) if p == np.inf else (d**p).sum(-1) ** (1 / p)


def _weighted_differences(w, a, b):
    return (w[..., None] * (a[..., :, None, :] - b[..., None, :, :])).sum(-2)


def _projected_differences(h, a, b):
    return (h[..., :, None, :] * (a[..., :, None, :] - b[..., None, :, :])).sum(-1)


def _windows(size, kernel, stride, padding, dilation):
    """Every output place, element of the window and input place that go together."""
    counts = [
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    for out in np.ndindex(*counts):
        for inside in np.ndindex(*kernel):
            place = tuple(
                o * s + i * d - p[0] for o, s, i, d, p in zip(out, stride, inside, dilation, padding, strict=True)
            )
            if all(0 <= i < n for i, n in zip(place, size, strict=True)):
                yield out, inside, place


def _counts(size, kernel, stride, padding, dilation):
    return tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def _channels(outputs, inputs, groups):
    """Which output channel sees which input channel, and as which of its own."""
    for o, i in itertools.product(range(outputs), range(inputs)):
        if o // (outputs // groups) == i // (inputs // groups):
            yield o, i, i % (inputs // groups)


def _conv2d(x, w, b, *, groups, **how):
    y = np.zeros((x.shape[0], w.shape[0], *_counts(x.shape[2:], w.shape[2:], **how)))
    for out, inside, place in _windows(x.shape[2:], w.shape[2:], **how):
        for o, i, own in _channels(w.shape[0], x.shape[1], groups):
            y[(slice(None), o, *out)] += w[(o, own, *inside)] * x[(slice(None), i, *place)]
    return y if b is None else y + b[:, None, None]


def _conv2d_input(g, w, *, size, groups, **how):
    x = np.zeros((g.shape[0], w.shape[1] * groups, *size))
    for out, inside, place in _windows(size, w.shape[2:], **how):
        for o, i, own in _channels(w.shape[0], x.shape[1], groups):
            x[(slice(None), i, *place)] += w[(o, own, *inside)] * g[(slice(None), o, *out)]
    return x


def _conv2d_weight(x, g, *, kernel, groups, **how):
    w = np.zeros((g.shape[1], x.shape[1] // groups, *kernel))
    for out, inside, place in _windows(x.shape[2:], kernel, **how):
        for o, i, own in _channels(g.shape[1], x.shape[1], groups):
            w[(o, own, *inside)] += np.sum(x[(slice(None), i, *place)] * g[(slice(None), o, *out)])
    return w


def _max_pool2d(x, *, kernel, **how):
    y = np.full((*x.shape[:2], *_counts(x.shape[2:], kernel, **how)), -np.inf)
    for out, _, place in _windows(x.shape[2:], kernel, **how):
        y[(..., *out)] = np.maximum(y[(..., *out)], x[(..., *place)])
    return y


def _max_unpool2d(g, y, x, *, kernel, **how):
    result = np.zeros_like(x)
    for out, _, place in _windows(x.shape[2:], kernel, **how):
        result[(..., *place)] += g[(..., *out)] * (x[(..., *place)] == y[(..., *out)])
    return result


def _max_pool2d_at(h, y, x, *, kernel, **how):
    result = np.zeros_like(y)
    for out, _, place in _windows(x.shape[2:], kernel, **how):
        result[(..., *out)] += h[(..., *place)] * (x[(..., *place)] == y[(..., *out)])
    return result


def _avg_pool2d(x, *, kernel, stride, padding, **_):
    how = {"stride": stride, "padding": padding, "dilation": (1, 1)}
    y = np.zeros((*x.shape[:2], *_counts(x.shape[2:], kernel, **how)))
    for out, _inside, place in _windows(x.shape[2:], kernel, **how):
        y[(..., *out)] += x[(..., *place)] / (kernel[0] * kernel[1])
    return y


def _avg_pool2d_input(g, *, size, kernel, stride, padding, **_):
    how = {"stride": stride, "padding": padding, "dilation": (1, 1)}
    x = np.zeros((*g.shape[:2], *size))
    for out, _inside, place in _windows(size, kernel, **how):
        x[(..., *place)] += g[(..., *out)] / (kernel[0] * kernel[1])
    return x


def _unfold(x, *, kernel, stride, padding, dilation):
    how = {"stride": stride, "padding": [(p, p) for p in padding], "dilation": dilation}
    counts = _counts(x.shape[2:], kernel, **how)
    y = np.zeros((*x.shape[:2], *kernel, *counts))
    for out, inside, place in _windows(x.shape[2:], kernel, **how):
        y[(..., *inside, *out)] = x[(..., *place)]
    return y.reshape(x.shape[0], -1, counts[0] * counts[1])


def _fold(g, *, size, kernel, stride, padding, dilation):
    how = {"stride": stride, "padding": [(p, p) for p in padding], "dilation": dilation}
    parts = g.reshape(g.shape[0], -1, *kernel, *_counts(size, kernel, **how))
    x = np.zeros((*parts.shape[:2], *size))
    for out, inside, place in _windows(size, kernel, **how):
        x[(..., *place)] += parts[(..., *inside, *out)]
    return x


def _pooled():
    """Images of distinct elements, their maxima, and gradients for both."""
    x = np.random.default_rng(0).permutation(2 * 2 * 5 * 6).reshape(2, 2, 5, 6) * 0.1
    how = {"kernel": (2, 3), "stride": (2, 1), "padding": ((1, 0), (1, 1)), "dilation": (1, 1)}
    y = _max_pool2d(x, **how)
    return x, y, some(*y.shape), some(*x.shape, seed=1), how


_X, _Y, _G, _H, _POOL = _pooled()
_FOLDED = {"kernel": (2, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
_TILES = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
_AVERAGE = {"kernel": (2, 3), "stride": (2, 1), "padding": ((1, 0), (1, 1)), "count_padding": True, "divisor": None}


def _definite(*batch, n=3, seed=0):
    a = np.random.default_rng(seed).normal(size=(*batch, n, n))
    return a @ np.swapaxes(a, -1, -2) + 2 * np.eye(n)


def _square(*batch, n=3, seed=0):
    return np.random.default_rng(seed).normal(size=(*batch, n, n)) + 2 * np.eye(n)


def _cofactors(x):
    return np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2)


_LINEAR = (
    ((some(4, 3), some(2, 3), some(2)), {}),
    ((some(2, 4, 3), some(2, 3), None), {}),
    ((some(3), some(2, 3), some(2)), {}),
)

ENTRIES = {
    distances._cdist: explicit(
        _cdist,
        *(((some(3, 4), some(2, 4, seed=5)), {"p": p}) for p in (2.0, 0.0, 0.5, 1.0, 3.0, np.inf)),
        ((some(2, 1, 3, 2), some(3, 4, 2, seed=5)), {"p": 2.0}),
        ((some(0, 2), some(3, 2)), {"p": 2.0}),
    ),
    distances._weighted: explicit(
        _weighted_differences,
        ((some(3, 2), some(3, 4, seed=1), some(2, 4, seed=2)), {}),
        ((some(2, 3, 2), some(3, 4, seed=1), some(2, 2, 4, seed=2)), {}),
    ),
    distances._projected: explicit(
        _projected_differences,
        ((some(3, 4), some(3, 4, seed=1), some(2, 4, seed=2)), {}),
        ((some(2, 3, 4), some(3, 4, seed=1), some(2, 2, 4, seed=2)), {}),
    ),
    linear_algebra._matmul: explicit(
        np.matmul,
        *(
            ((some(*a), some(*b, seed=1)), {})
            for a, b in (
                ((2, 3), (3, 4)),
                ((3,), (3,)),
                ((3,), (3, 4)),
                ((2, 3), (3,)),
                ((5, 2, 3), (3, 4)),
                ((5, 2, 3), (5, 3, 4)),
                ((2, 3), (5, 3, 4)),
                ((5, 1, 2, 3), (4, 3, 2)),
                ((5, 2, 3), (3,)),
                ((3,), (5, 3, 4)),
                ((0, 3), (3, 2)),
            )
        ),
    ),
    linear._linear: explicit(lambda x, w, b: x @ w.T + (0 if b is None else b), *_LINEAR),
    einsum._einsum: explicit(
        lambda *operands, inputs, output: np.einsum(",".join(inputs) + "->" + output, *operands),
        ((some(2, 3), some(3, 4)), {"inputs": ("ij", "jk"), "output": "ki"}),
        ((some(2, 3), some(3, 4), some(4, 2)), {"inputs": ("ij", "jk", "kl"), "output": "il"}),
        ((some(2, 3, 4), some(2, 4, 2)), {"inputs": ("bij", "bjk"), "output": "bik"}),
        ((some(2, 3),), {"inputs": ("ij",), "output": "ji"}),
    ),
    inverses._inv: explicit(np.linalg.inv, ((_square(),), {}), ((_square(2),), {})),
    inverses._det: explicit(np.linalg.det, ((_square(),), {}), ((_square(2),), {})),
    inverses._cofactors: explicit(_cofactors, ((_square(),), {}), ((_square(2),), {})),
    inverses._logabsdet: explicit(lambda x: np.linalg.slogdet(x)[1], ((_square(),), {}), ((_square(2),), {})),
    inverses._sign_of_det: explicit(lambda x: np.linalg.slogdet(x)[0], ((_square(),), {}), ((-_square(),), {})),
    inverses._solve: explicit(
        np.linalg.solve, ((_square(), some(3, 2)), {}), ((_square(2), some(2, 3, 1)), {}), ((_square(), some(3)), {})
    ),
    decompositions._cholesky: explicit(np.linalg.cholesky, ((_definite(),), {}), ((_definite(2),), {}), symmetric=True),
    decompositions._pinv: explicit(
        lambda x, *, rtol: np.linalg.pinv(x, rtol=rtol),
        ((some(3, 2),), {"rtol": 1e-12}),
        ((some(2, 3),), {"rtol": 1e-12}),
    ),
    convolution._conv2d: explicit(
        _conv2d,
        ((some(2, 4, 5, 6), some(4, 2, 2, 2), some(4)), _HOW),
        ((some(2, 2, 4, 4), some(3, 2, 3, 3), None), _PLAIN),
    ),
    convolution._conv2d_input: explicit(
        _conv2d_input,
        ((some(2, 4, *_counts((5, 6), (2, 2), (2, 1), _PADDED, (1, 2))), some(4, 2, 2, 2)), {**_HOW, "size": (5, 6)}),
    ),
    convolution._conv2d_weight: explicit(
        _conv2d_weight,
        (
            (some(2, 4, 5, 6), some(2, 4, *_counts((5, 6), (2, 2), (2, 1), _PADDED, (1, 2)))),
            {**_HOW, "kernel": (2, 2)},
        ),
    ),
    folding._unfold: explicit(_unfold, ((some(2, 3, 5, 6),), _FOLDED)),
    folding._fold: explicit(_fold, ((some(2, 12, 12),), {**_FOLDED, "size": (5, 6)})),
    pooling._max_pool2d: explicit(_max_pool2d, ((_X,), _POOL), ((_X[:, :, :4],), _TILES)),
    pooling._max_unpool2d: explicit(_max_unpool2d, ((_G, _Y, _X), _POOL)),
    pooling._max_pool2d_at: explicit(_max_pool2d_at, ((_H, _Y, _X), _POOL)),
    pooling._avg_pool2d: explicit(_avg_pool2d, ((some(2, 2, 5, 6),), _AVERAGE)),
    pooling._avg_pool2d_input: explicit(_avg_pool2d_input, ((_G,), {**_AVERAGE, "size": (5, 6)})),
}
