"""Operations that arrange, pick and place elements."""

from __future__ import annotations

import numpy as np

from edgewise.ops import arrangement, classification, embedding, indexing, joining, linear_algebra, padding, shape
from edgewise.ops.indexing import parse_key

from .entries import Case, Entry, at_axes, explicit, some

_KEYS = (
    0,
    slice(1, None, 2),
    (..., 1),
    (slice(None), None, 2),
    (slice(None, None, -1), slice(1)),
    np.array([2, 0, 2]),
    (np.array([0, 0, 2]), np.array([1, 1, 3])),
    (slice(None), np.array([[1, 0], [3, 3]])),
    (np.array([[1], [2]]), np.array([0, 2])),
    np.array([True, False, True]),
)
_SHAPE = (3, 4)


def _split(key):
    form, indices = parse_key(key)
    return form, tuple(index.array for index in indices)


def _rebuilt(form, indices):
    rest = iter(indices)
    key = tuple(next(rest) if repr(part) == "array" else part for part in form)
    return key[0] if len(key) == 1 else key


def _place(x, *indices, form, shape):
    result = np.zeros(shape)
    np.add.at(result, _rebuilt(form, indices), x)
    return result


def _setitem(x, value, *indices, form):
    result = np.array(x)
    result[_rebuilt(form, indices)] = value
    return result


def _getitem_cases():
    for key in _KEYS:
        form, indices = _split(key)
        yield Case((some(*_SHAPE), *indices), {"form": form})


def _place_cases():
    for key in _KEYS:
        form, indices = _split(key)
        yield Case((some(*np.zeros(_SHAPE)[key].shape), *indices), {"form": form, "shape": _SHAPE})


def _setitem_cases():
    for key in _KEYS[:6]:
        form, indices = _split(key)
        if len({*np.ravel(indices[0])} if indices else ()) == (indices[0].size if indices else 0):
            yield Case((some(*_SHAPE), some(*np.zeros(_SHAPE)[key].shape, seed=1), *indices), {"form": form})
            yield Case((some(*_SHAPE), some(seed=1), *indices), {"form": form})


def _pick(x, t, *, axis):
    return np.take_along_axis(x, np.expand_dims(t, axis), axis).squeeze(axis)


def _one_hot(t, axis, size):
    return np.moveaxis(np.eye(size)[t], -1, axis)


def _embedding_weight(g, index, *, size, padding):
    result = np.zeros((size, g.shape[-1]))
    for place in np.ndindex(index.shape):
        if index[place] != padding:
            result[index[place]] += g[place]
    return result


def _cross_entropy(x, t, *, axis):
    return np.log(np.exp(x).sum(axis=axis)) - _pick(x, t, axis=axis)


_CLASSES = np.array([1, 0, 2, 2])
_WORDS = np.array([[1, 0, 2], [2, 2, 1]])

ENTRIES = {
    shape._reshape: explicit(
        lambda x, *, shape: np.reshape(x, shape),
        ((some(2, 3),), {"shape": (3, 2)}),
        ((some(2, 3),), {"shape": (6,)}),
        ((some(1),), {"shape": ()}),
        ((some(0, 2),), {"shape": (2, 0, 5)}),
    ),
    shape._broadcast_to: explicit(
        lambda x, *, shape: np.broadcast_to(x, shape),
        ((some(3),), {"shape": (2, 3)}),
        ((some(2, 1),), {"shape": (4, 2, 3)}),
        ((some(),), {"shape": (2, 2)}),
        ((some(1),), {"shape": (0,)}),
    ),
    shape._permute: explicit(
        lambda x, *, axes: np.transpose(x, axes),
        ((some(2, 3, 4),), {"axes": (2, 0, 1)}),
        ((some(2, 3),), {"axes": (1, 0)}),
        ((some(),), {"axes": ()}),
    ),
    joining._concat: explicit(
        lambda *tensors, axis: np.concatenate(tensors, axis),
        ((some(2, 3), some(1, 3), some(2, 3, seed=1)), {"axis": 0}),
        ((some(2, 3), some(2, 1)), {"axis": 1}),
        ((some(0, 3), some(2, 3)), {"axis": 0}),
    ),
    joining._stack: explicit(
        lambda *tensors, axis: np.stack(tensors, axis),
        ((some(2, 3), some(2, 3, seed=1)), {"axis": 1}),
        ((some(), some(seed=1), some(seed=2)), {"axis": 0}),
    ),
    arrangement._tile: explicit(
        lambda x, *, repeats: np.tile(x, repeats),
        ((some(2, 3),), {"repeats": (2, 1)}),
        ((some(2, 3),), {"repeats": (2, 1, 3)}),
    ),
    arrangement._repeat: at_axes(lambda x, *, times, axis: np.repeat(x, times, axis), times=3),
    arrangement._flip: Entry(
        lambda x, *, axis: np.flip(x, axis), [Case((some(2, 3),), {"axis": a}) for a in ((0,), (1,), (0, 1))]
    ),
    arrangement._roll: explicit(
        lambda x, *, shift, axis: np.roll(x, shift, axis),
        ((some(2, 3),), {"shift": (1,), "axis": (1,)}),
        ((some(2, 3),), {"shift": (-1, 2), "axis": (0, 1)}),
    ),
    padding._pad: explicit(
        lambda x, value, *, widths: np.pad(x, widths, constant_values=value),
        ((some(2, 3), 0.5), {"widths": ((1, 0), (0, 2))}),
        ((some(2, 3), some()), {"widths": ((1, 1), (2, 0))}),
    ),
    indexing._getitem: Entry(lambda x, *indices, form: x[_rebuilt(form, indices)], list(_getitem_cases())),
    indexing._place: Entry(_place, list(_place_cases())),
    indexing._setitem: Entry(_setitem, list(_setitem_cases())),
    linear_algebra._tril: explicit(lambda x, *, k: np.tril(x, k), *(((some(2, 3, 4),), {"k": k}) for k in (-1, 0, 2))),
    linear_algebra._triu: explicit(lambda x, *, k: np.triu(x, k), *(((some(2, 3, 4),), {"k": k}) for k in (-1, 0, 2))),
    classification._pick: explicit(_pick, ((some(4, 3), _CLASSES), {"axis": 1}), ((some(3, 4), _CLASSES), {"axis": 0})),
    classification._unpick: explicit(
        lambda g, t, *, axis, size: np.expand_dims(g, axis) * _one_hot(t, axis, size),
        ((some(4), _CLASSES), {"axis": 1, "size": 3}),
        ((some(4), _CLASSES), {"axis": 0, "size": 3}),
    ),
    classification._one_hot_like: explicit(
        lambda x, t, *, axis: _one_hot(t, axis, x.shape[axis]), ((some(4, 3), _CLASSES), {"axis": 1})
    ),
    classification._cross_entropy: explicit(
        _cross_entropy, ((some(4, 3), _CLASSES), {"axis": 1}), ((some(3, 4), _CLASSES), {"axis": 0})
    ),
    embedding._embedding: explicit(
        lambda weight, index, *, padding: weight[index] if padding is None else None,
        ((some(3, 2), _WORDS), {"padding": None}),
    ),
    embedding._embedding_weight: explicit(
        _embedding_weight,
        ((some(2, 3, 4), _WORDS), {"size": 3, "padding": None}),
        ((some(2, 3, 4), _WORDS), {"size": 5, "padding": 2}),
    ),
    embedding._without: explicit(
        lambda x, index, *, padding: x if padding is None else x * (index != padding)[..., None],
        ((some(2, 3, 4), _WORDS), {"padding": None}),
        ((some(2, 3, 4), _WORDS), {"padding": 2}),
    ),
}
