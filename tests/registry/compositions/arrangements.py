"""Tensors put together, taken apart and laid out in another way, from their definitions."""

from __future__ import annotations

import itertools

import numpy as np

import edgewise as ew
from edgewise import nn

from ..entries import integers, some
from .composition import DEFAULT, Composition, constructed, sampled, uses, varied

LISTS = (((2, 3), (2, 3)), ((4,), (4,), (4,)), ((2, 3, 4), (2, 3, 4)), ((), ()))


def _listed(function):
    """A function of a list, as one of several arguments."""

    def computed(*tensors, **params):
        return function(list(tensors), **params)

    computed.of = function
    return computed


def _joined(function, formula, *shapes):
    return Composition(_listed(function), lambda *x, **p: formula(x, **p), [sampled(*each) for each in shapes])


def _of_shapes(function, formula, *shapes, **choices):
    cases = varied(lambda shape, **params: sampled(shape, **params), shape=shapes, **choices)
    return Composition(function, formula, cases)


def _fixed(function, formula, *cases, layer=None):
    made = [sampled(shape, **params) for shape, params in cases]
    return Composition(function, formula, made, layer=None if layer is None else constructed(layer))


def _pieces(x, sizes, dim):
    cuts = np.cumsum(sizes)[:-1]
    return tuple(np.split(x, cuts, axis=dim))


def _split(x, split_size_or_sections, dim=0):
    whole, size = x.shape[dim], split_size_or_sections
    if isinstance(size, int):
        return _pieces(x, [min(size, whole - i) for i in range(0, whole, size)], dim)
    return _pieces(x, list(size), dim)


def _chunk(x, chunks, dim=0):
    return _split(x, -(-x.shape[dim] // chunks), dim)


def _unbind(x, dim=0):
    return tuple(np.take(x, i, axis=dim) for i in range(x.shape[dim]))


def _meshgrid(*rows, indexing="ij"):
    return tuple(np.meshgrid(*rows, indexing=indexing))


def _blocks(*blocks):
    blocks = [np.atleast_2d(b) for b in blocks]
    y = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)))
    row = column = 0
    for b in blocks:
        y[row : row + len(b), column : column + b.shape[1]] = b
        row, column = row + len(b), column + b.shape[1]
    return y


def _products(*rows):
    return rows[0] if len(rows) == 1 else np.array(list(itertools.product(*rows)))


def _combinations(x, r=2, with_replacement=False):
    ways = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return np.array(list(ways(x, r))).reshape(-1, r)


def _squeeze(x, dim=None):
    dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    drop = {d % x.ndim for d in dims if x.shape[d] == 1}
    return x.reshape([n for i, n in enumerate(x.shape) if i not in drop])


def _flatten(x, start_dim=0, end_dim=-1):
    first, last = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


def _unflatten(x, dim, sizes):
    at = dim % x.ndim
    return x.reshape(*x.shape[:at], *sizes, *x.shape[at + 1 :])


def _tile(x, *repeats):
    return np.tile(x, (*(1,) * (x.ndim - len(repeats)), *repeats))


def _atleast_3d(*x):
    found = tuple(np.atleast_3d(each) for each in x)
    return found if len(found) > 1 else found[0]


COMPOSITIONS = [
    _joined(ew.hstack, np.hstack, *LISTS, ((2, 3), (2, 1))),
    _joined(ew.vstack, np.vstack, *LISTS, ((2, 3), (1, 3))),
    _joined(ew.dstack, np.dstack, *LISTS, ((2, 3, 1), (2, 3))),
    _joined(ew.column_stack, np.column_stack, ((3,), (3, 2)), ((4,), (4,)), ((2, 3), (2, 1))),
    Composition(ew.meshgrid, _meshgrid, [sampled((3,), (4,)), sampled((3,), (4,), (2,), indexing="xy"), sampled((3,))]),
    Composition(ew.block_diag, _blocks, [sampled((2, 3), (1, 2), (3,)), sampled((2, 2)), sampled((), (2, 1))]),
    Composition(ew.cartesian_prod, _products, [sampled((3,)), sampled((3,), (2,)), sampled((2,), (3,), (2,))]),
    _of_shapes(ew.combinations, _combinations, (4,), (3,), r=(DEFAULT, 1, 3), with_replacement=(DEFAULT, True)),
    Composition(
        ew.broadcast_tensors,
        lambda *x: tuple(np.broadcast_arrays(*x)),
        [sampled((2, 1), (3,)), sampled((), (2, 3)), sampled((4, 1, 2), (3, 1), (2,))],
    ),
    Composition(
        ew.broadcast_to,
        lambda x, *shape: np.broadcast_to(x, shape),
        uses(((some(3, 1), 3, 4), {}), ((some(2), 3, 2), {}), ((np.asarray(0.7), 2, 3), {})),
    ),
    *(
        Composition(
            function, formula, [sampled(()), sampled((3,)), sampled((2, 3)), sampled((2, 3, 4)), sampled((3,), ())]
        )
        for function, formula in (
            (ew.atleast_1d, np.atleast_1d),
            (ew.atleast_2d, np.atleast_2d),
            (ew.atleast_3d, _atleast_3d),
        )
    ),
    _of_shapes(ew.ravel, np.ravel, (2, 3), (2, 3, 4), ()),
    _of_shapes(ew.fliplr, np.fliplr, (2, 3), (2, 3, 4)),
    _of_shapes(ew.flipud, np.flipud, (2, 3), (4,)),
    _of_shapes(
        ew.rot90,
        lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims),
        (2, 3),
        (2, 3, 4),
        k=(DEFAULT, 0, 2, 3, -1, 5),
        dims=(DEFAULT, (1, 0), (-1, 0)),
    ),
    _fixed(
        ew.narrow,
        lambda x, dim, start, length: np.take(x, range(start, start + length), axis=dim),
        *(((4, 5), {"dim": d, "start": s, "length": n}) for d, s, n in ((0, 1, 2), (1, 0, 5), (-1, 3, 1))),
    ),
    _fixed(
        ew.select,
        lambda x, dim, index: np.take(x, index, axis=dim),
        *(((3, 4, 5), {"dim": d, "index": i}) for d, i in ((0, 1), (1, 3), (-1, 0), (2, -1))),
    ),
    _of_shapes(ew.unbind, _unbind, (3, 2), (2, 3, 4), dim=(DEFAULT, 1, -1)),
    _of_shapes(ew.split, _split, (5, 6), (6, 4, 7), split_size_or_sections=(2, 3, 4), dim=(DEFAULT, 1, -1)),
    _fixed(
        ew.split,
        _split,
        ((6, 4), {"split_size_or_sections": [1, 3, 2]}),
        ((2, 5), {"split_size_or_sections": (4, 1), "dim": 1}),
    ),
    _fixed(
        ew.split_with_sizes,
        lambda x, split_sizes, dim=0: _pieces(x, split_sizes, dim),
        ((6, 4), {"split_sizes": [1, 3, 2]}),
        ((2, 5), {"split_sizes": (4, 1), "dim": 1}),
    ),
    _of_shapes(ew.chunk, _chunk, (5, 6), (6, 4, 7), chunks=(1, 2, 3, 4), dim=(DEFAULT, 1, -1)),
    _of_shapes(
        ew.tensor_split,
        lambda x, indices_or_sections, dim=0: tuple(np.array_split(x, indices_or_sections, axis=dim)),
        (5, 6),
        (6, 4, 7),
        indices_or_sections=(1, 2, 3, 4, [2, 3], (1, 4)),
        dim=(DEFAULT, 1, -1),
    ),
    _fixed(
        ew.hsplit,
        lambda x, indices_or_sections: tuple(np.hsplit(x, indices_or_sections)),
        ((6,), {"indices_or_sections": 3}),
        ((2, 4), {"indices_or_sections": 2}),
        ((3, 5), {"indices_or_sections": [1, 3]}),
    ),
    _fixed(
        ew.vsplit,
        lambda x, indices_or_sections: tuple(np.vsplit(x, indices_or_sections)),
        ((6, 2), {"indices_or_sections": 3}),
        ((4, 2, 3), {"indices_or_sections": [1, 3]}),
    ),
    _fixed(
        ew.dsplit,
        lambda x, indices_or_sections: tuple(np.dsplit(x, indices_or_sections)),
        ((2, 3, 6), {"indices_or_sections": 3}),
        ((2, 1, 4), {"indices_or_sections": [1, 3]}),
    ),
    Composition(
        ew.tile,
        _tile,
        uses(*((((some(2, 3)), *reps), {}) for reps in ((2,), (2, 3), (3, 1, 2), (1,))))
        + uses(((some(2, 3, 4), 2, 2), {})),
    ),
    _fixed(
        ew.movedim,
        lambda x, source, destination: np.moveaxis(x, source, destination),
        *(
            ((2, 3, 4, 5), {"source": s, "destination": d})
            for s, d in ((0, 2), (-1, 0), ((0, 1), (2, 0)), ((3, 0), (-3, -1)))
        ),
    ),
    _fixed(
        ew.transpose,
        lambda x, dim0, dim1: np.swapaxes(x, dim0, dim1),
        *(((2, 3, 4), {"dim0": a, "dim1": b}) for a, b in ((0, 1), (-1, 0), (2, 1), (1, 1))),
    ),
    _of_shapes(ew.t, np.transpose, (2, 3), (4,), ()),
    _of_shapes(ew.adjoint, lambda x: np.swapaxes(x, -1, -2), (2, 3), (2, 3, 4)),
    _of_shapes(ew.squeeze, _squeeze, (1, 3, 1), (2, 1, 4), dim=(DEFAULT, 0, 1, -1, (0, 1), (0, -1))),
    _of_shapes(ew.unsqueeze, lambda x, dim: np.expand_dims(x, dim), (2, 3), (4, 2), dim=(0, 1, 2, -1, -2)),
    Composition(
        ew.flatten,
        _flatten,
        varied(
            lambda shape, **params: sampled(shape, **params),
            shape=((2, 3, 4, 5), (2, 1, 3)),
            start_dim=(DEFAULT, 1, -2),
            end_dim=(DEFAULT, -1, 2),
        ),
        layer=lambda inputs, params: nn.Flatten(**{"start_dim": 0, **params})(*inputs),
    ),
    _fixed(
        ew.unflatten,
        _unflatten,
        *(((2, 6, 3), {"dim": d, "sizes": s}) for d, s in ((1, (2, 3)), (1, (3, -1)), (-1, (3, 1)), (0, (1, 2)))),
        layer=lambda dim, sizes: nn.Unflatten(dim, sizes),
    ),
    Composition(
        ew.unravel_index,
        lambda indices, shape: tuple(np.unravel_index(indices, shape)),
        [
            sampled((5,), samples=integers, shape=(3, 4)),
            sampled((2, 3), samples=integers, shape=(2, 2, 3)),
            sampled((4,), samples=integers, shape=9),
        ],
    ),
]
