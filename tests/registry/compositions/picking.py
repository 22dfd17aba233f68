"""Elements picked out and put in by indices and masks, from their definitions."""

from __future__ import annotations

import numpy as np

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

from ..entries import Case, bools, some
from .composition import Composition, uses

# Of a tensor (3, 4): places along either axis that differ from each other in every row.
ALONG = {0: np.array([[0, 2, 1, 1], [1, 0, 2, 0]]), 1: np.array([[3, 0], [1, 2], [0, 1]])}
LINE = {0: np.array([2, 0]), 1: np.array([1, 3, 0])}


def _index(dim, places):
    """The key for ``out[i, j] = x[places[i, j], j]``."""
    grid = list(np.indices(places.shape))
    grid[dim] = places
    return tuple(grid)


def _gather(x, dim, index):
    return x[_index(dim, index)]


def _scatter(x, dim, index, src=None, value=None):
    y = x.copy()
    part = value if src is None else src
    if isinstance(part, np.ndarray) and part.ndim:
        part = part[tuple(slice(n) for n in index.shape)]
    y[_index(dim, index)] = part
    return y


def _scatter_add(x, dim, index, src):
    y = x.copy()
    np.add.at(y, _index(dim, index), src[tuple(slice(n) for n in index.shape)])
    return y


def _slices(dim, index):
    return (slice(None),) * dim + (index,)


def _index_add(x, dim, index, source, alpha=1):
    y = x.copy()
    np.add.at(y, _slices(dim, index), alpha * source)
    return y


def _index_copy(x, dim, index, source):
    y = x.copy()
    y[_slices(dim, index)] = source
    return y


def _take_along(x, indices, dim=None):
    if dim is None:
        return x.ravel()[indices.ravel()]
    return np.take_along_axis(x, indices, axis=dim)


def _masked_scatter(x, mask, source):
    mask = np.broadcast_to(mask, x.shape)
    y = x.copy()
    y[mask] = source.ravel()[: mask.sum()]
    return y


def _index_put(x, indices, values, accumulate=False):
    y = x.copy()
    if accumulate:
        np.add.at(y, tuple(indices), values)
    else:
        y[tuple(indices)] = values
    return y


def _nonzero(x, as_tuple=False):
    return tuple(np.nonzero(x)) if as_tuple else np.argwhere(x)


def _one_hot(x, num_classes=-1):
    return np.eye(x.max() + 1 if num_classes < 0 else num_classes, dtype=int)[x]


def _bincount(x, weights=None, minlength=0):
    return np.bincount(x, weights, minlength)


def _clip(x, **bounds):
    return np.clip(x, bounds.get("min"), bounds.get("max"))


def _embedded(inputs, params):
    weight = inputs[1]
    layer = nn.Embedding(*weight.shape, **params)
    layer.weight = nn.Parameter(weight)
    return layer(inputs[0])


PICKS = [(dim, ALONG[dim]) for dim in (0, 1)]
NONE = [(0, np.zeros((0, 4), int)), (1, np.zeros((3, 0), int))]
MASK = some(3, 4, sample=bools)

COMPOSITIONS = [
    Composition(ew.gather, _gather, [Case((some(3, 4), d, i), {}) for d, i in PICKS + NONE]),
    Composition(
        ew.scatter,
        _scatter,
        [Case((some(3, 4), d, i, some(*i.shape, seed=2)), {}) for d, i in PICKS]
        + [Case((some(3, 4), d, i, some(3, 4, seed=2)), {}) for d, i in PICKS]
        + [Case((some(3, 4), d, i), {"value": 1.5}) for d, i in PICKS],
    ),
    Composition(
        ew.scatter_add,
        _scatter_add,
        [Case((some(3, 4), d, i, some(3, 4, seed=2)), {}) for d, i in PICKS + NONE]
        + [Case((some(3, 4), 0, np.array([[1, 1, 0], [1, 0, 0]]), some(2, 3, seed=2)), {})],
    ),
    Composition(
        ew.index_select,
        lambda x, dim, index: np.take(x, index, axis=dim),
        [Case((some(3, 4), d, LINE[d]), {}) for d in (0, 1)] + [Case((some(2, 3, 4), -1, np.array([0, 0, 3])), {})],
    ),
    Composition(
        ew.index_add,
        _index_add,
        [
            Case((some(3, 4), 0, np.array([2, 2]), some(2, 4, seed=1)), {}),
            Case((some(3, 4), 1, LINE[1], some(3, 3, seed=1)), {"alpha": -0.7}),
        ],
    ),
    Composition(
        ew.index_copy,
        _index_copy,
        [
            Case((some(3, 4), 0, LINE[0], some(2, 4, seed=1)), {}),
            Case((some(3, 4), 1, LINE[1], some(3, 3, seed=1)), {}),
        ],
    ),
    Composition(
        ew.index_fill,
        _index_copy,
        [Case((some(3, 4), d, LINE[d], value), {}) for d in (0, 1) for value in (1.5, np.asarray(0.7))],
    ),
    Composition(ew.take, lambda x, index: x.ravel()[index], uses(((some(3, 4), np.array([[0, 5], [11, 5]])), {}))),
    Composition(
        ew.take_along_dim,
        _take_along,
        [Case((some(3, 4), i), {"dim": d}) for d, i in ((0, ALONG[0]), (1, ALONG[1]), (1, np.array([[2, 0]])))]
        + [Case((some(1, 4), ALONG[1]), {"dim": 1}), Case((some(3, 4), np.array([[7, 1]])), {})],
    ),
    Composition(
        ew.masked_fill,
        lambda x, mask, value: np.where(mask, value, x),
        uses(
            *(
                ((some(3, 4), mask, value), {})
                for mask in (MASK, MASK[0], MASK[:, :1])
                for value in (1.5, np.asarray(0.7))
            )
        ),
    ),
    Composition(
        ew.masked_select,
        lambda x, mask: x[np.broadcast_to(mask, x.shape)],
        uses(((some(3, 4), MASK), {}), ((some(3, 4), MASK[0]), {})),
    ),
    Composition(
        ew.masked_scatter,
        _masked_scatter,
        uses(((some(3, 4), MASK, some(12, seed=1)), {}), ((some(3, 4), MASK[0], some(3, 5, seed=1)), {})),
    ),
    Composition(
        ew.index_put,
        _index_put,
        uses(
            ((some(3, 4), (np.array([0, 2]), np.array([1, 3])), some(2, seed=1)), {}),
            ((some(3, 4), (np.array([0, 0]), np.array([1, 1])), some(2, seed=1)), {"accumulate": True}),
            ((some(3, 4), (np.array([2, 1]),), some(2, 4, seed=1)), {}),
            ((some(3, 4), (MASK,), np.asarray(0.7)), {}),
        ),
    ),
    Composition(
        ew.nonzero, _nonzero, uses(((MASK,), {}), ((MASK,), {"as_tuple": True}), ((some(3, 4) * MASK,), {})), still=(0,)
    ),
    Composition(ew.argwhere, np.argwhere, uses(((MASK,), {}), ((some(3, 4) * MASK,), {})), still=(0,)),
    Composition(F.one_hot, _one_hot, uses(((ALONG[0],), {}), ((LINE[0],), {"num_classes": 5}))),
    Composition(
        ew.bincount,
        _bincount,
        uses(
            ((np.array([0, 3, 3, 1]),), {}),
            ((np.array([0, 3, 3, 1]), some(4)), {}),
            ((np.array([1, 1]),), {"minlength": 4}),
        ),
    ),
    Composition(
        F.embedding,
        lambda places, weight: weight[places],
        uses(((ALONG[0], some(4, 3)), {}), ((LINE[0], some(5, 2)), {})),
        layer=_embedded,
    ),
    Composition(
        ew.tril_indices,
        lambda row, col, offset=0: np.array(np.tril_indices(row, offset, col)),
        uses(((3, 4), {}), ((4, 3, 1), {}), ((3, 3, -1), {})),
    ),
    Composition(
        ew.triu_indices,
        lambda row, col, offset=0: np.array(np.triu_indices(row, offset, col)),
        uses(((3, 4), {}), ((4, 3, 1), {}), ((3, 3, -1), {})),
    ),
    Composition(
        ew.where,
        np.where,
        [Case((MASK, some(3, 4), some(4, seed=1)), {}), Case((MASK[:, :1], some(4), np.asarray(0.7)), {})],
    ),
    Composition(
        ew.clip,
        _clip,
        [
            Case((some(3, 4),), {"min": some(4, seed=1)}),
            Case((some(3, 4),), {"max": some(4, seed=1)}),
            Case((some(3, 4),), {"min": some(3, 1, seed=1) - 1, "max": some(4, seed=2) + 1}),
            Case((some(3, 4),), {"min": -0.5, "max": some(4, seed=2) + 1}),
            Case((some(3, 4),), {"min": 0.5}),
            Case((some(3, 4),), {"max": 0.5}),
        ],
    ),
]
