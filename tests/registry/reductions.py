"""Operations along axes: reductions, scans, order, normalisation."""

from __future__ import annotations

import numpy as np

from edgewise.ops import counting, cumulative, normalisation, norms, reductions, scan, softmax, sorting, statistics

from .entries import Case, Entry, at_axes, bools, distinct, explicit, integers, normal, reduction, some, unit


def _logsumexp(x, *, axis, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _var(x, *, axis, correction, keepdims):
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def _std(x, *, axis, correction, keepdims):
    return np.sqrt(_var(x, axis=axis, correction=correction, keepdims=keepdims))


def _softmax(x, *, axis):
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def _standardize(x, *, axes, eps):
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)


def _recurrence(b, a, *, axis):
    b, a = np.moveaxis(b, axis, 0), np.moveaxis(a, axis, 0)
    h = np.array(b)
    for i in reversed(range(len(b) - 1)):
        h[i] = b[i] + a[i] * h[i + 1]
    return np.moveaxis(h, 0, axis)


def _argsort(x, *, axis, descending):
    return np.argsort(-x if descending else x, axis=axis, kind="stable")


def _mode(x, *, axis):
    def place(row):
        values, counts = np.unique(row, return_counts=True)
        return np.nonzero(row == values[np.argmax(counts)])[0][-1]

    return np.expand_dims(np.apply_along_axis(place, axis, x), axis)


def _extreme_places(x, *, axis, largest):
    x = np.moveaxis(x, axis, 0)
    pick = np.argmax if largest else np.argmin
    return np.moveaxis(np.stack([pick(x[: i + 1], axis=0) for i in range(len(x))]), 0, axis)


def _middle(x, *, axis):
    return np.full([1 if i == axis else n for i, n in enumerate(x.shape)], (x.shape[axis] - 1) // 2)


_BOTH = {"axes": (1, 2), "eps": 1e-3}

ENTRIES = {
    reductions._sum: reduction(np.sum),
    reductions._mean: reduction(np.mean),
    reductions._amax: reduction(np.max, distinct),
    reductions._amin: reduction(np.min, distinct),
    reductions._prod: Entry(
        np.prod,
        [
            *reduction(np.prod).cases,
            Case((np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0]]),), {"axis": 1, "keepdims": False}),
            Case((np.zeros(()),), {"axis": None, "keepdims": False}),
            Case((np.zeros((0, 2)),), {"axis": 0, "keepdims": False}),
        ],
    ),
    reductions._logsumexp: reduction(_logsumexp),
    reductions._all: reduction(np.all, bools),
    reductions._any: reduction(np.any, bools),
    reductions._argmax: at_axes(np.argmax, distinct, keepdims=True),
    reductions._argmin: at_axes(np.argmin, distinct, keepdims=False),
    statistics._var: reduction(_var, correction=(0, 1)),
    statistics._std: reduction(_std, correction=(0, 1)),
    statistics._middle: at_axes(_middle),
    statistics._middle_number: at_axes(_middle),
    norms._euclidean: reduction(lambda x, *, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))),
    norms._power: reduction(
        lambda x, *, axis, keepdims, p: np.sum(np.abs(x) ** p, axis=axis, keepdims=keepdims) ** (1 / p), p=(3, 1.5)
    ),
    cumulative.cumsum_of: at_axes(np.cumsum),
    cumulative.cumprod_of: at_axes(np.cumprod),
    cumulative._logcumsumexp: at_axes(lambda x, *, axis: np.log(np.cumsum(np.exp(x), axis=axis))),
    cumulative._extreme_places: Entry(
        _extreme_places,
        [*at_axes(None, distinct, largest=True).cases, *at_axes(None, distinct, largest=False).cases],
    ),
    scan._recurrence: explicit(
        _recurrence,
        *(((some(2, 3, 4), some(2, 3, 4, sample=unit, seed=1)), {"axis": axis}) for axis in (0, 1, 2)),
    ),
    softmax._softmax: at_axes(_softmax),
    softmax._log_softmax: at_axes(lambda x, *, axis: np.log(_softmax(x, axis=axis))),
    sorting._argsort: Entry(
        _argsort,
        [*at_axes(None, distinct, descending=True).cases, *at_axes(None, distinct, descending=False).cases],
    ),
    sorting._searchsorted: explicit(
        lambda row, values, *, right: np.searchsorted(row, values, side="right" if right else "left"),
        ((np.array([1.0, 2.0, 2.0, 5.0]), some(2, 3)), {"right": False}),
        ((np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 0.0, 9.0])), {"right": True}),
    ),
    sorting._searchsorted_rows: explicit(
        lambda row, values, *, right: np.stack(
            [np.searchsorted(r, v, side="right" if right else "left") for r, v in zip(row, values, strict=True)]
        ),
        ((np.array([[1.0, 2.0, 5.0], [0.0, 0.5, 1.0]]), some(2, 2)), {"right": False}),
        ((np.array([[1.0, 2.0, 5.0], [0.0, 0.5, 1.0]]), np.array([[2.0, 2.0], [0.5, 0.4]])), {"right": True}),
    ),
    counting._mode: at_axes(_mode, integers),
    normalisation._standardize: explicit(
        _standardize, ((some(2, 3, 4),), _BOTH), ((some(2, 3, 4),), {"axes": (0,), "eps": 1e-5})
    ),
    normalisation._rms_norm: explicit(
        lambda x, *, axes, eps: x / np.sqrt((x * x).mean(axis=axes, keepdims=True) + eps),
        ((some(2, 3, 4, sample=normal),), _BOTH),
    ),
}
