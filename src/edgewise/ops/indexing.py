"""Reading, writing and gathering elements by index."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, kind, namespace
from ..graph.edge import Edge, edge_of, wrap
from ..graph.errors import ArgumentError, IndexingError
from ..graph.operation import Operation
from ..graph.traits import Example
from ..graph.views import place_of, root_of
from .accurate import is_numpy
from .portable import pick, put, scatter_add
from .shape import _permute, _reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


class _ArrayIndex:
    """Stands in a key for an index array, which is an input of the operation."""

    def __repr__(self) -> str:
        return "array"


_ARRAY = _ArrayIndex()
Form = tuple[Any, ...]


_PLAIN = (int, slice, type(None), type(Ellipsis))


def parse_key(key: Any, x: Any = None, name: str = "getitem") -> tuple[Form, list[Tensor]]:
    """Splits what stands in ``x[...]`` into its form (integers, slices, None, ...) and its index arrays.

    Lists become arrays of the library of `x`, and arrays of uint8 masks. Raises IndexingError, for the operation
    `name`, for what is no index.
    """
    form: list[Any] = []
    arrays: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if type(part) in _PLAIN:
            form.append(part if type(part) is not slice else _plain_slice(part, name))
        elif (number := _number_in(part)) is not None:
            form.append(number)
        elif isinstance(part, (bool, list, tuple, range, Edge)) or (hasattr(part, "dtype") and not _is_integer(part)):
            form.append(_ARRAY)
            arrays.append(_as_index(part, x, name))
        else:
            try:
                form.append(operator.index(part))
            except TypeError:
                raise IndexingError(
                    f"{name}: {part!r} is not an index: use integers, slices, ..., None, arrays of integers or bools"
                ) from None
    return tuple(form), arrays


def _plain_slice(part: slice, name: str) -> slice:
    """Returns a slice whose ends are integers of Python's."""
    ends = (part.start, part.stop, part.step)
    if not all(end is None or type(end) is int for end in ends):
        try:
            part = slice(*(None if end is None else operator.index(end) for end in ends))
        except TypeError:
            raise IndexingError(
                f"{name}: the ends and the step of a slice must be integers, not as in [{_slice_text(part)}]"
            ) from None
    if part.step == 0:
        raise ArgumentError(f"{name}: the step of a slice can't be 0, as it is in [{_slice_text(part)}]")
    return part


def _slice_text(part: slice) -> str:
    """Returns a slice as one writes it, whatever its ends are."""
    ends = (part.start, part.stop) if part.step is None else (part.start, part.stop, part.step)
    return ":".join("" if end is None else repr(end) for end in ends)


def _is_integer(part: Any) -> bool:
    """Returns whether this is one of NumPy's integers, which are no arrays."""
    return part.shape == () and not hasattr(part, "__setitem__") and hasattr(part, "__index__")


def _number_in(part: Any) -> int | None:
    """Returns the integer that an array without axes holds, which picks a view as the integer would.

    None for all else, and for arrays that have no number to look at, as while a Program is recorded.
    """
    array = part.array if isinstance(part, Edge) else part
    if getattr(array, "shape", None) != () or not hasattr(array, "item"):
        return None
    return int(array) if kind(namespace(array), array.dtype) == 1 else None


def _as_index(value: Any, x: Any, name: str) -> Tensor:
    try:
        index = edge_of(list(value) if isinstance(value, range) else value)
    except (TypeError, ValueError) as error:
        raise IndexingError(f"{name}: {value!r} can't be an index array: {error}") from None
    if kind(namespace(index.array), index.array.dtype) > 1:
        if 0 not in index.array.shape:
            raise IndexingError(f"{name}: an index array holds integers or bools, not {index.dtype}: use .long()")
        index = index.long()
    if str(index.array.dtype).rpartition(".")[2] == "uint8":
        index = index.bool()  # PyTorch's masks, before it had bools
    if isinstance(x, Edge) and type(x.array) is not type(index.array):
        index = wrap(namespace(x.array).asarray(index.array))
    return index


def _key(form: Form, arrays: tuple[Array, ...]) -> Any:
    """Puts the arrays back into the form."""
    if arrays:
        rest = iter(arrays)
        form = tuple(next(rest) if part is _ARRAY else part for part in form)
    return form[0] if len(form) == 1 else form


def _accumulate_places(xp: Any, total: Array, g: Array, x: Array, *indices: Array, form: Form) -> bool:
    """Adds to the elements that a key without index arrays picks, of which none is picked twice."""
    if indices or not is_numpy(xp) or not hasattr(total, "__setitem__"):  # a sum of 0-d arrays is a number
        return False
    total[_key(form, ())] += g
    return True


_getitem: Operation = Operation(
    "getitem",
    lambda xp, x, *indices, form: pick(xp, x, _key(form, indices)),
    lambda xp, g, y, x, *indices, form: _place.on(xp, g, *indices, form=form, shape=tuple(x.shape)),
    None,
    linear="each",
    put=lambda x, part, *, form: _setitem(x, part, form=form),
    accumulate=_accumulate_places,
    roles={"indices": "index", "form": "key"},
    example=Example((6, 5), form=(0,)),
    word="part",
)
_place: Operation = Operation(
    "place",
    lambda xp, x, *indices, form, shape: scatter_add(xp, shape, _key(form, indices), x),
    lambda xp, g, y, x, *indices, form, shape: _getitem.on(xp, g, *indices, form=form),
    None,
    linear="each",
    singular=True,
    wide=True,
    roles={"indices": "index", "form": "key"},
    words={"y": "x is put at the places of the key, and 0 elsewhere"},
    example=Example((5,), form=(0,), shape=(6, 5)),
    word="put",
)


def _setitem_value(xp: Any, g: Array, y: Array, x: Array, value: Array, *indices: Array, form: Form) -> Array:
    if form == (_ARRAY,) and kind(xp, indices[0].dtype) == 0 and value.ndim <= x.ndim - indices[0].ndim:
        mask = xp.reshape(indices[0], (*indices[0].shape, *(1,) * (x.ndim - indices[0].ndim)))
        return xp.where(mask, g, 0.0)  # of a fixed shape, so that it can be recorded
    part = _getitem.on(xp, g, *indices, form=form)
    extra = value.ndim - part.ndim  # leading axes of size 1, as NumPy lets a value have
    return part if extra <= 0 else xp.reshape(part, (*(1,) * extra, *part.shape))


def _setitem_fault(x: Array, value: Array, *indices: Array, form: Form) -> str | None:
    try:
        picked = pick(namespace(x), x, _key(form, indices)).shape
    except IndexError as error:
        return str(error)
    return f"a value of shape {tuple(value.shape)} can't be broadcast to the elements assigned to, {tuple(picked)}"


_setitem: Operation = Operation(
    "setitem",
    lambda xp, x, value, *indices, form: put(xp, x, _key(form, indices), value),
    lambda xp, g, y, x, value, *indices, form: _setitem.on(xp, g, 0.0, *indices, form=form),
    _setitem_value,
    None,
    linear="jointly",
    broadcasts=True,
    diagnose=_setitem_fault,
    roles={"indices": "index", "form": "key"},
    example=Example((6, 5), (5,), form=(0,)),
    word="set part",
)


def getitem(x: TensorLike, key: Any) -> Tensor:
    """Returns ``x[key]`` with every kind of index. An element picked several times sums its gradients.

    The axes of the result stand as in PyTorch: an integer beside index arrays takes its slice first, and the axes of
    the index arrays stand where these do, or in front if a slice parts them.

    Raises IndexingError for an index out of range or of a kind that can't index.
    """
    form, indices = parse_key(key, x)
    y = _getitem.apply(x, *indices, form=form)
    if indices and len(form) > 2:
        order = axes_in_torch(form, indices, len(edge_of(x).shape))
        if order is not None:
            return _permute(y, axes=order)
    return y


def value_to_set(value: TensorLike, form: Form, indices: Sequence[Tensor], ndim: int) -> TensorLike:
    """Returns what is assigned at a key to a tensor of `ndim` axes, with the axes that NumPy wants, in its order.

    Leading axes of size 1 may be more than the key picks, as in PyTorch.
    """
    order = axes_in_torch(form, indices, ndim) if len(form) > 2 and indices else None
    shape = tuple(value.shape) if hasattr(value, "shape") else None
    if order is None and (shape is None or shape[:1] != (1,)):
        return value
    value = edge_of(value)
    shape = tuple(value.shape)
    extra = len(shape) - (_picked_axes(form, indices, ndim) if order is None else len(order))
    if extra > 0 and all(size == 1 for size in shape[:extra]):
        value = _reshape(value, shape=shape[extra:])
    if order is None or not shape or len(value.shape) > len(order):
        return value
    if extra < 0:
        value = _reshape(value, shape=(*(1,) * -extra, *shape))
    return _permute(value, axes=tuple(order.index(axis) for axis in range(len(order))))


_PICKED, _FIXED = -1, -2


def _axes_made(form: Form, indices: Sequence[Tensor], ndim: int) -> tuple[list[int], int, int]:
    """Returns how many axes each part of a key makes, and how many the index arrays make, and how many go unmentioned.

    A part that index arrays pick from has the number _PICKED, an integer _FIXED, also if it comes as a 0-d array.
    """
    made: list[int] = []
    arrays, used, wide = iter(indices), 0, 0
    for part in form:
        if part is _ARRAY:
            array = next(arrays).array
            mask = kind(namespace(array), array.dtype) == 0
            made.append(_PICKED if mask or array.ndim else _FIXED)
            used += array.ndim if mask else 1
            wide = max(wide, 1 if mask else array.ndim)
        else:
            made.append(_FIXED if type(part) is int else 0 if part is Ellipsis else 1)
            used += part is not None and part is not Ellipsis
    rest = max(ndim - used, 0)
    if Ellipsis in form:
        made[form.index(Ellipsis)] = rest
        rest = 0
    return made, wide, rest


def _picked_axes(form: Form, indices: Sequence[Tensor], ndim: int) -> int:
    """Returns how many axes the elements at a key have."""
    made, wide, rest = _axes_made(form, indices, ndim)
    return sum(axes for axes in made if axes > 0) + wide + rest


def axes_in_torch(form: Form, indices: Sequence[Tensor], ndim: int) -> tuple[int, ...] | None:
    """Returns which axis of NumPy's result stands at each place of PyTorch's; None if the order is the same.

    NumPy counts an integer as an index array. So where a slice lies between one and an index array, it puts the index
    arrays' axes in front.
    """
    made, wide, rest = _axes_made(form, indices, ndim)
    if _PICKED not in made or (_FIXED not in made and Ellipsis not in form):
        return None
    first, last = made.index(_PICKED), len(made) - 1 - made[::-1].index(_PICKED)
    before = sum(axes for axes in made[:first] if axes > 0)
    standing = [i for i, axes in enumerate(made) if axes < 0]
    in_front = any(axes >= 0 for axes in made[standing[0] : standing[-1]])
    if not in_front or not before or any(axes > 0 for axes in made[first:last]):
        return None
    others = sum(axes for axes in made if axes > 0) + rest
    return (*range(wide, wide + before), *range(wide), *range(wide + before, wide + others))


def is_part(value: Any, x: Any, form: Form) -> bool:
    """Returns whether a tensor is the view ``x[form]`` itself."""
    place, whole = place_of(value), place_of(x)
    if place is None or whole is None or place.memory is not whole.memory or root_of(value) is not root_of(x):
        return False
    *before, last = place.steps or (None,)
    return last is not None and last.view is _VIEW and last.params["form"] == form and tuple(before) == whole.steps


_VIEW = _getitem.apply_without_place


def grid(places: Tensor, axis: int) -> tuple[Any, ...]:
    """Returns the key that takes each of `places` as the index along `axis`, and its own position along the others."""
    xp = namespace(places.array)
    key: list[Any] = []
    for i, size in enumerate(places.shape):
        if i == axis:
            key.append(places)
        else:
            row = xp.arange(size, dtype=xp.int64)
            key.append(wrap(xp.reshape(row, tuple(-1 if j == i else 1 for j in range(places.ndim)))))
    return tuple(key)
