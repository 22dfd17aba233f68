"""Shape, layout and dtype: the same elements, arranged otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..graph.arrays import is_view_of
from ..graph.edge import Edge, edge_of
from ..graph.errors import InPlaceError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .axes import Axis, many_axes, one_axis, one_axis_argument, sizes

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

_cast = Operation(
    "cast",
    lambda xp, x, *, dtype: xp.astype(x, dtype),
    lambda xp, g, y, x, *, dtype: g,  # the engine casts gradients to their input's dtype
    elementwise=True,
    example=Example((6,), dtype="float64"),
    word="convert",
)


def cast(x: TensorLike, *, dtype: Any) -> Tensor:
    """Returns `x` in another dtype. Its gradient comes back in the old one; none flows through integers."""
    return _cast(x, dtype=dtype)


_clone = Operation(
    "clone",
    lambda xp, x: xp.asarray(x, copy=True),
    lambda xp, g, y, x: g,
    elementwise=True,
    kind="move",
    word="copy",
)


_detach = Operation("detach", lambda xp, x: x, None)


def clone(x: TensorLike) -> Tensor:
    """Returns the same values in memory of their own. Gradients flow through."""
    return _clone(x)


def copied_if_view(y: Tensor, x: Tensor) -> Tensor:
    """Returns `y`, or a copy where it shares memory with `x`: for results that are always copies."""
    return clone(y) if y is x or is_view_of(y.array, x.array) else y


_reshape: Operation = Operation(
    "reshape",
    lambda xp, x, *, shape: xp.reshape(x, shape),
    lambda xp, g, y, x, *, shape: xp.reshape(g, tuple(x.shape)),
    linear="each",
    put=lambda x, part, *, shape: _reshape(part, shape=tuple(x.shape)),
    kind="move",
    example=Example((6, 4), shape=(4, 6)),
)


def reshape(x: TensorLike, *shape: int | Sequence[int]) -> Tensor:
    """Returns the same elements in another shape. One size may be -1: what is left for it.

    The sizes are given one by one or as one tuple. Raises ShapeError if they don't hold as many elements.
    """
    return _reshape_with_free_size("reshape", edge_of(x), sizes("reshape", shape))


def _reshape_with_free_size(name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Returns `x` in `shape`, whose -1 becomes the size that is left."""
    return _reshape(x, shape=_full_shape(name, tuple(x.shape), shape))


@lru_cache(maxsize=1024)
def _full_shape(name: str, old: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns `shape` with the size that is left in place of -1. Raises ShapeError if it holds another number."""
    if -1 in shape:
        rest = -math.prod(shape)
        if shape.count(-1) > 1 or rest <= 0 or math.prod(old) % rest:
            why = "only one size may be -1" if shape.count(-1) > 1 else "no size would fit for the -1"
            raise ShapeError(f"{name}: {math.prod(old)} elements of shape {old} can't take the shape {shape}: {why}")
        shape = tuple(math.prod(old) // rest if size == -1 else size for size in shape)
    elif math.prod(shape) != math.prod(old) or any(size < 0 for size in shape):
        raise ShapeError(
            f"{name}: {math.prod(old)} elements of shape {old} can't take the shape {shape}, "
            f"which holds {math.prod(shape)}"
        )
    return shape


def flatten(x: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Joins the axes from `start_dim` to `end_dim`, both included, into one. A 0-d tensor becomes one of shape (1,).

    Of a single axis there is nothing to lay together: then it is `x` itself.
    """
    x = edge_of(x)
    shape = tuple(x.shape)
    first, last = one_axis("flatten", start_dim, shape), one_axis("flatten", end_dim, shape)
    if first > last:
        raise ShapeError(f"flatten: start_dim={start_dim} comes after end_dim={end_dim} in shape {shape}")
    if shape and first == last:
        return x
    return _reshape(x, shape=(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def unflatten(x: TensorLike, dim: int, sizes: Sequence[int]) -> Tensor:
    """Splits one axis into several of the given sizes, of which one may be -1."""
    x = edge_of(x)
    shape = tuple(x.shape)
    at = one_axis("unflatten", dim, shape)
    parts = tuple(sizes)
    if -1 in parts:
        rest = -math.prod(parts)
        if rest <= 0 or shape[at] % rest:
            raise ShapeError(f"unflatten: axis {dim} of shape {shape} can't be unfolded into {parts}")
        parts = tuple(shape[at] // rest if size == -1 else size for size in parts)
    if math.prod(parts) != math.prod(shape[at : at + 1]):
        raise ShapeError(
            f"unflatten: axis {dim} of shape {shape} can't be unfolded into {parts}: they hold {math.prod(parts)}"
        )
    return _reshape(x, shape=(*shape[:at], *parts, *shape[at + 1 :]))


def squeeze(x: TensorLike, dim: Axis = None, *, axis: Axis = None) -> Tensor:
    """Removes axes of size 1: all of them, or those named; axes of another size stay, as in PyTorch."""
    x = edge_of(x)
    shape = tuple(x.shape)
    named_axes = many_axes("squeeze", one_axis_argument("squeeze", dim, axis), shape)
    return _reshape(x, shape=tuple(size for i, size in enumerate(shape) if size != 1 or i not in named_axes))


def unsqueeze(x: TensorLike, dim: Axis = None, *, axis: Axis = None) -> Tensor:
    """Adds axes of size 1 at the places `dim` of the result."""
    x = edge_of(x)
    wanted = one_axis_argument("unsqueeze", dim, axis)
    count = len(wanted) if isinstance(wanted, (tuple, list)) else 1
    if wanted is None:
        raise TypeError("unsqueeze: needs the place of the new axis, as in dim=0")
    places = many_axes("unsqueeze", wanted, (*x.shape, *(1,) * count))
    old = iter(x.shape)
    return _reshape(x, shape=tuple(1 if i in places else next(old) for i in range(x.ndim + count)))


def _spread(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcasts `x` to a shape, writable where each element still has a place of its own."""
    y = xp.broadcast_to(x, shape)
    flags = getattr(y, "flags", None)
    if flags is not None and y.size == x.size and x.flags.writeable:
        flags.writeable = True
    return y


def _put_expanded(x: Tensor, part: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    if math.prod(shape) != math.prod(x.shape):
        raise InPlaceError(
            f"expand: this tensor shows {math.prod(x.shape)} elements of memory several times, in the shape {shape}, "
            "so it can't be changed in place: take a copy first, x.clone()"
        )
    return _reshape(part, shape=tuple(x.shape))


_broadcast_to = Operation(
    "expand",
    lambda xp, x, *, shape: _spread(xp, x, shape),
    lambda xp, g, y, x, *, shape: g,  # the engine sums over the axes along which x was repeated
    linear="each",
    broadcasts=True,
    put=_put_expanded,
    example=Example((1, 6), shape=(4, 6)),
    word="repeat",
)


def broadcast_to(x: TensorLike, *shape: int | Sequence[int]) -> Tensor:
    """Repeats `x`, without copying, along axes of size 1 and along new axes in front.

    A size of -1 keeps the one that is there. Raises ShapeError if another size than 1 would have to change.
    """
    x = edge_of(x)
    old, wanted = tuple(x.shape), sizes("expand", shape)
    extra = len(wanted) - len(old)
    new = tuple(old[i - extra] if size == -1 and i >= extra else size for i, size in enumerate(wanted))
    if extra < 0 or -1 in new or any(a not in (1, b) for a, b in zip(old, new[extra:], strict=True)):
        raise ShapeError(
            f"expand: shape {old} can't be expanded to {wanted}: only axes of size 1 and new axes in front can grow, "
            "and -1 stands for an axis that is there"
        )
    return _broadcast_to(x, shape=new)


expand = broadcast_to


def expand_as(x: TensorLike, other: TensorLike) -> Tensor:
    """Returns `x` expanded to the shape of `other`."""
    return broadcast_to(x, tuple(edge_of(other).shape))


def broadcast_shapes(*shapes: int | Sequence[int]) -> tuple[int, ...]:
    """Returns the shape in which arrays of these shapes meet. Raises ShapeError if they can't."""
    listed = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    result: list[int] = []
    for back in range(1, max((len(shape) for shape in listed), default=0) + 1):
        found = {shape[-back] for shape in listed if len(shape) >= back} - {1}
        if len(found) > 1:
            raise ShapeError(
                f"broadcast: shapes {' and '.join(map(str, listed))} don't fit together: axis -{back} is "
                f"{' and '.join(map(str, sorted(found)))}, where sizes must be equal or 1"
            )
        result.append(found.pop() if found else 1)
    return tuple(reversed(result))


def broadcast_tensors(*tensors: TensorLike) -> tuple[Tensor, ...]:
    """Returns the tensors expanded to the shape in which they meet."""
    converted = [edge_of(x) for x in tensors]
    shape = broadcast_shapes(*(tuple(x.shape) for x in converted))
    return tuple(broadcast_to(x, shape) for x in converted)


@lru_cache(maxsize=1024)
def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    order = [axis % len(axes) for axis in axes]
    return tuple(order.index(i) for i in range(len(order)))


_permute: Operation = Operation(
    "permute",
    lambda xp, x, *, axes: xp.permute_dims(x, axes),
    lambda xp, g, y, x, *, axes: xp.permute_dims(g, _inverse(axes)),
    linear="each",
    put=lambda x, part, *, axes: _permute(part, axes=_inverse(axes)),
    kind="transposition",
    example=Example((4, 5), axes=(1, 0)),
    word="transpose",
)


def permute(x: TensorLike, *dims: int | Sequence[int]) -> Tensor:
    """Reorders the axes: axis i of the result is axis ``dims[i]`` of `x`."""
    x = edge_of(x)
    order = many_axes("permute", sizes("permute", dims), x.shape)
    if len(order) != x.ndim:
        raise ShapeError(f"permute: dims={order} must name each of the {x.ndim} axes of shape {tuple(x.shape)} once")
    return _permute(x, axes=order)


def transpose(x: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Exchanges two axes."""
    x = edge_of(x)
    a, b = one_axis("transpose", dim0, x.shape), one_axis("transpose", dim1, x.shape)
    order = list(range(x.ndim))
    if order:
        order[a], order[b] = b, a
    return _permute(x, axes=tuple(order))


def t(x: TensorLike) -> Tensor:
    """Transposes a matrix; returns tensors of fewer axes as they are."""
    x = edge_of(x)
    if x.ndim > 2:
        raise ShapeError(f"t: takes at most 2 axes, not shape {tuple(x.shape)}: use .mT or transpose")
    return _permute(x, axes=tuple(reversed(range(x.ndim))))


def adjoint(x: TensorLike) -> Tensor:
    """Exchanges the last two axes: transposes matrices."""
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"mT: needs at least 2 axes, not shape {tuple(x.shape)}")
    return _permute(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def movedim(x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Moves the axes `source` to the places `destination`; the others keep their order."""
    x = edge_of(x)
    start, end = many_axes("movedim", source, x.shape), many_axes("movedim", destination, x.shape)
    if len(start) != len(end):
        raise ShapeError(f"movedim: {len(start)} axes can't move to {len(end)} places: {source} to {destination}")
    places = dict(zip(end, start, strict=True))
    others = iter(i for i in range(x.ndim) if i not in start)
    return _permute(x, axes=tuple(places[i] if i in places else next(others) for i in range(x.ndim)))


def tensors_among(x: Any, others: Sequence[Any]) -> Sequence[Any] | None:
    """Returns what several arguments, or one tuple or list of tensors, stand for; None for a single tensor."""
    if others:
        return (x, *others)
    return x if isinstance(x, (tuple, list)) and x and all(isinstance(part, Edge) for part in x) else None


def atleast_1d(x: TensorLike, *others: TensorLike) -> Any:
    """Returns `x` with at least one axis. Of several tensors, or of a tuple of them, a tuple."""
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_1d(part) for part in several)
    x = edge_of(x)
    return x if x.ndim else reshape(x, 1)


def atleast_2d(x: TensorLike, *others: TensorLike) -> Any:
    """Returns `x` with at least two axes, new ones in front. Of several tensors, or of a tuple of them, a tuple."""
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_2d(part) for part in several)
    x = atleast_1d(x)
    return x if x.ndim > 1 else reshape(x, (1, -1) if x.shape[0] else (1, 0))


def ravel(x: TensorLike) -> Tensor:
    """Returns all elements in one row."""
    return flatten(x)


def atleast_3d(x: TensorLike, *others: TensorLike) -> Any:
    """Returns `x` with at least three axes: a row along the second, a matrix along the first two.

    Of several tensors, or of a tuple of them, a tuple.
    """
    if (several := tensors_among(x, others)) is not None:
        return tuple(atleast_3d(part) for part in several)
    x = edge_of(x)
    shape = tuple(x.shape)
    return x if x.ndim > 2 else reshape(x, (*shape, 1) if x.ndim == 2 else (1, *shape, 1) if shape else (1, 1, 1))
