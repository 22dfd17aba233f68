"""Tensors taken apart: parts along an axis, as views of the whole."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, IndexingError, ShapeError
from .axes import key_along, one_axis
from .indexing import _getitem, getitem

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def split(
    x: TensorLike, split_size_or_sections: int | Sequence[int], dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Splits along an axis into pieces of one size, the last one perhaps smaller, or of the sizes listed.

    Raises ArgumentError if the size is not positive, ShapeError if those listed don't add up to the axis.
    """
    x = edge_of(x)
    at = one_axis("split", dim if axis is None else axis, x.shape)
    whole = _size("split", x, at)
    if isinstance(split_size_or_sections, (list, tuple)):
        parts = [operator.index(size) for size in split_size_or_sections]
        if sum(parts) != whole or any(size < 0 for size in parts):
            raise ShapeError(
                f"split: the sizes {parts} must add up to {whole}, the size of axis {at} of shape {tuple(x.shape)}"
            )
    else:
        part = operator.index(split_size_or_sections)  # type: ignore[arg-type]
        if part <= 0:
            raise ArgumentError(f"split: the size of a piece must be positive, not {part}")
        parts = [min(part, whole - start) for start in range(0, whole, part)] or [0]
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return tuple(
        _getitem.apply(x, form=key_along(at, slice(end - size, end))) for size, end in zip(parts, ends, strict=True)
    )


def _size(name: str, x: Tensor, axis: int) -> int:
    if x.ndim == 0:
        raise ShapeError(f"{name}: a 0-d tensor has no axis to take apart")
    return int(x.shape[axis])


def chunk(x: TensorLike, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """Splits an axis into at most `chunks` pieces, of one size but for the last."""
    x = edge_of(x)
    at = one_axis("chunk", dim if axis is None else axis, x.shape)
    if chunks <= 0:
        raise ArgumentError(f"chunk: the number of pieces must be positive, not {chunks}")
    whole = _size("chunk", x, at)
    if whole == 0:
        return split(x, [0] * chunks, at)
    return split(x, -(-whole // chunks), at)


def unbind(x: TensorLike, dim: int = 0, *, axis: int | None = None) -> tuple[Tensor, ...]:
    """Returns the slices along an axis, each without that axis."""
    x = edge_of(x)
    at = one_axis("unbind", dim if axis is None else axis, x.shape)
    return tuple(getitem(x, key_along(at, i)) for i in range(_size("unbind", x, at)))


def select(x: TensorLike, dim: int, index: int) -> Tensor:
    """Returns the slice at one index of an axis, without that axis. Raises IndexingError if there is no such index."""
    x = edge_of(x)
    at = one_axis("select", dim, x.shape)
    size = _size("select", x, at)
    if not -size <= index < size:
        raise IndexingError(f"select: index {index} is out of range for axis {at} of shape {tuple(x.shape)}")
    return getitem(x, key_along(at, operator.index(index)))


def narrow(x: TensorLike, dim: int, start: int, length: int) -> Tensor:
    """Returns `length` elements of an axis from `start` on. Raises IndexingError if they are not all there."""
    x = edge_of(x)
    at = one_axis("narrow", dim, x.shape)
    size = _size("narrow", x, at)
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise IndexingError(f"narrow: {length} elements from {start} on are not in axis {at} of shape {tuple(x.shape)}")
    return getitem(x, key_along(at, slice(first, first + length)))


def tensor_split(
    x: TensorLike, indices_or_sections: int | Sequence[int], dim: int = 0, *, axis: int | None = None
) -> tuple[Tensor, ...]:
    """Splits an axis into a number of pieces, the first ones larger by one, or before each index listed."""
    x = edge_of(x)
    at = one_axis("tensor_split", dim if axis is None else axis, x.shape)
    if x.ndim == 0:
        raise ShapeError("tensor_split: a 0-d tensor has no axis to take apart")
    whole = x.shape[at]
    given: Any = indices_or_sections.tolist() if hasattr(indices_or_sections, "tolist") else indices_or_sections
    if isinstance(given, (list, tuple)):
        cuts = [0, *given, whole]
    else:
        if given < 1:
            raise ArgumentError(f"tensor_split: the number of pieces must be positive, not {given}")
        part, larger = divmod(whole, given)
        cuts = [i * part + min(i, larger) for i in range(given + 1)]
    return tuple(getitem(x, key_along(at, slice(*slice(a, b).indices(whole)))) for a, b in itertools.pairwise(cuts))


def _split_along(name: str, x: TensorLike, parts: int | Sequence[int], axis: int, least: int) -> tuple[Tensor, ...]:
    x = edge_of(x)
    if x.ndim < least:
        raise ShapeError(f"{name}: needs at least {least} axes, not shape {tuple(x.shape)}")
    if isinstance(parts, int) and (parts < 1 or x.shape[axis] % parts):
        raise ShapeError(f"{name}: axis {axis} of shape {tuple(x.shape)} has no {parts} equal pieces")
    return tensor_split(x, parts, axis)


def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Splits the second axis, or a row's only one, into equal pieces or before each index."""
    x = edge_of(x)
    return _split_along("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1, 1)


def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Splits the first axis of at least two into equal pieces or before each index."""
    return _split_along("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Splits the third axis into equal pieces or before each index."""
    return _split_along("dsplit", x, indices_or_sections, 2, 3)


def split_with_sizes(x: TensorLike, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Splits an axis into pieces of the sizes listed."""
    return split(x, list(split_sizes), dim)
