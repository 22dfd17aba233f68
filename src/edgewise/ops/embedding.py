"""Embeddings: rows of a table, looked up by number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, kind, namespace
from ..graph.edge import edge_of
from ..graph.errors import DTypeError, IndexingError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .portable import scatter_add

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _rows(xp: Any, weight: Array, index: Array, *, padding: int | None) -> Array:
    rows = xp.take(weight, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(rows, (*index.shape, weight.shape[1]))


def _summed_rows(xp: Any, g: Array, index: Array, *, size: int, padding: int | None) -> Array:
    flat, places = xp.reshape(g, (-1, g.shape[-1])), xp.reshape(index, (-1,))
    if padding is not None:
        flat = flat * xp.expand_dims(xp.astype(places != padding, g.dtype), axis=1)
    return scatter_add(xp, (size, g.shape[-1]), places, flat)


def _summed_rows_g(xp: Any, h: Array, y: Array, g: Array, index: Array, *, size: int, padding: int | None) -> Array:
    return _without.on(xp, _embedding.on(xp, h, index, padding=padding), index, padding=padding)


_embedding = Operation(
    "embedding",
    _rows,
    lambda xp, g, y, weight, index, *, padding: _embedding_weight.on(
        xp, g, index, size=weight.shape[0], padding=padding
    ),
    None,
    roles={"index": "index"},
    notation="rows",
    words={
        "y": "each index picks a row",
        "weight": "a row gets the sum of the gradients at the places where it was picked",
    },
    example=Example((6, 3), ((4,), "int64"), padding=None),
)
_embedding_weight: Operation = Operation(
    "embedding_weight",
    _summed_rows,
    _summed_rows_g,
    None,
    linear="each",
    singular=True,
    wide=True,
    roles={"index": "index"},
    notation="rows added",
    example=Example((4, 3), ((4,), "int64"), size=6, padding=None),
    word="rows added",
)
# Zeros where the padding row was looked up: the transpose of leaving it out of the sums.
_without: Operation = Operation(
    "without_padding",
    lambda xp, x, index, *, padding: (
        x if padding is None else x * xp.expand_dims(xp.astype(index != padding, x.dtype), axis=-1)
    ),
    lambda xp, g, y, x, index, *, padding: _without.on(xp, g, index, padding=padding),
    None,
    linear="each",
    singular=True,
    roles={"index": "index"},
    notation="rows without padding",
    example=Example((4, 3), ((4,), "int64"), padding=0),
    word="without padding",
)


def embedding(input: TensorLike, weight: TensorLike, padding_idx: int | None = None) -> Tensor:
    """Returns the rows of `weight` (count, size) that the integers `input` (...) number, as (..., size).

    A row looked up several times sums its gradients; the row `padding_idx` gets none.

    Raises IndexingError for a number that is no row, DTypeError for numbers that are not integers.
    """
    index, table = edge_of(input), edge_of(weight)
    if table.ndim != 2:
        raise ShapeError(f"embedding: weight has shape {table.shape}; it must be (count, size)")
    xp = namespace(index.array)
    if kind(xp, index.array.dtype) != 1:
        raise DTypeError(f"embedding: input has dtype {index.dtype}; row numbers must be integers: use input.long()")
    count = table.shape[0]
    if math.prod(index.shape):
        low, high = int(xp.min(index.array)), int(xp.max(index.array))
        if low < 0 or high >= count:
            raise IndexingError(
                f"embedding: {low if low < 0 else high} is no row of weight, of shape {table.shape}: "
                f"they are numbered 0 to {count - 1}"
            )
    if padding_idx is not None:
        if not -count <= padding_idx < count:
            raise IndexingError(f"embedding: padding_idx {padding_idx} is no row of weight, of shape {table.shape}")
        padding_idx %= count
    return _embedding(table, index, padding=padding_idx)
