"""Reading, writing and gathering elements by index."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, kind, namespace
from ..graph.edge import Edge
from ..graph.errors import IndexingError
from ..graph.operation import Operation, wrap
from .portable import scatter_add

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


class _ArrayIndex:
    """Stands in a key for an index array, which is an input of the operation."""

    def __repr__(self) -> str:
        return "array"


_ARRAY = _ArrayIndex()
Form = tuple[Any, ...]


def parse_key(key: Any) -> tuple[Form, list[Any]]:
    """Splits what stands in ``x[...]`` into its form (integers, slices, None, ...) and its index arrays."""
    form: list[Any] = []
    arrays: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if part is None or part is Ellipsis or type(part) is int:
            form.append(part)
        elif isinstance(part, slice):
            form.append(slice(*(None if end is None else operator.index(end) for end in _ends(part))))
        elif isinstance(part, (bool, list, tuple, Edge)) or hasattr(part, "dtype"):
            form.append(_ARRAY)
            arrays.append(part)
        else:
            try:
                form.append(operator.index(part))
            except TypeError:
                raise IndexingError(
                    f"getitem: {part!r} is not an index: use integers, slices, ..., None, arrays of integers or bools"
                ) from None
    return tuple(form), [_as_index(array) for array in arrays]


def _ends(part: slice) -> tuple[Any, Any, Any]:
    return part.start, part.stop, part.step


def _as_index(value: Any) -> Any:
    from ..tensor import as_tensor

    index = as_tensor(value)
    array = index.array
    if kind(namespace(array), array.dtype) > 1:
        if 0 in array.shape:
            return index.long()
        raise IndexingError(f"getitem: an index array holds integers or bools, not {index.dtype}: use .long()")
    return index


def _key(form: Form, arrays: tuple[Array, ...]) -> Any:
    """Puts the arrays back into the form."""
    rest = iter(arrays)
    key = tuple(next(rest) if part is _ARRAY else part for part in form)
    return key[0] if len(key) == 1 else key


_getitem = Operation(
    "getitem",
    lambda xp, x, *indices, form: x[_key(form, indices)],
    lambda xp, g, y, x, *indices, form: _place.on(xp, g, *indices, form=form, shape=tuple(x.shape)),
    None,
    linear="each",
)
_place = Operation(
    "place",
    lambda xp, x, *indices, form, shape: scatter_add(xp, shape, _key(form, indices), x, unique=not indices),
    lambda xp, g, y, x, *indices, form, shape: _getitem.on(xp, g, *indices, form=form),
    None,
    linear="each",
)


def _assigned(xp: Any, x: Array, value: Any, *indices: Array, form: Form) -> Array:
    result = xp.asarray(x, copy=True)
    key = _key(form, indices)
    if hasattr(result, "at"):
        return result.at[key].set(value)
    result[key] = value
    return result


_setitem = Operation(
    "setitem",
    _assigned,
    lambda xp, g, y, x, value, *indices, form: _setitem.on(xp, g, 0.0, *indices, form=form),
    lambda xp, g, y, x, value, *indices, form: _getitem.on(xp, g, *indices, form=form),
    None,
    linear="jointly",
    broadcasts=True,
)


def getitem(x: TensorLike, key: Any) -> Tensor:
    """``x[key]`` with every kind of NumPy index. An element picked several times sums its gradients.

    Raises IndexingError for an index out of range or of a kind that can't index.
    """
    form, indices = parse_key(key)
    return _getitem(x, *indices, form=form)


def grid(places: Tensor, axis: int) -> tuple[Any, ...]:
    """The key that takes each element of `places` as the index along `axis`, and its own position along the others."""
    xp = namespace(places.array)
    key: list[Any] = []
    for i, size in enumerate(places.shape):
        if i == axis:
            key.append(places)
        else:
            row = xp.arange(size, dtype=xp.int64)
            key.append(wrap(xp.reshape(row, tuple(-1 if j == i else 1 for j in range(places.ndim)))))
    return tuple(key)
