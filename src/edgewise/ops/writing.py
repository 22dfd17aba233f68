"""Values written into a copy of a tensor at places, masks and diagonals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..graph.arrays import namespace
from ..graph.errors import ShapeError
from ..graph.operation import edge_of, wrap
from .arithmetic import add
from .gathering import _mask
from .indexing import _getitem, _place, _setitem, parse_key
from .naming import broadcasts
from .reductions import count_nonzero
from .shape import broadcast_shapes, broadcast_to, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def index_put(
    x: TensorLike, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: bool = False
) -> Tensor:
    """A copy of `x` with `values` at the places that index tensors, one for each of the first axes, pick together.

    With `accumulate` the values are added instead, and places that occur more than once sum.
    """
    x = edge_of(x)
    key = tuple(slice(None) if index is None else edge_of(index) for index in indices)
    form, arrays = parse_key(key, x, "index_put")
    if not accumulate:
        return _setitem(x, edge_of(values).to(x.dtype), *arrays, form=form)
    filled = broadcast_to(edge_of(values).to(x.dtype), tuple(_getitem(x.detach(), *arrays, form=form).shape))
    return add(x, _place(filled, *arrays, form=form, shape=tuple(x.shape)))


@broadcasts("x", "mask")
def masked_scatter(x: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """A copy of `x` where, in order, the elements of `source` stand where `mask` is true; the mask is broadcast."""
    x, mask, values = edge_of(x), _mask("masked_scatter", mask), edge_of(source)
    shape = broadcast_shapes(tuple(x.shape), tuple(mask.shape))
    mask = broadcast_to(mask, shape)
    wanted = int(count_nonzero(mask).item())
    row = reshape(values, math.prod(values.shape))
    if row.shape[0] < wanted:
        raise ShapeError(f"masked_scatter: source has {row.shape[0]} elements; the mask is true at {wanted} places")
    form, arrays = parse_key(mask, x, "masked_scatter")
    return _setitem(broadcast_to(x, shape), row[:wanted].to(x.dtype), *arrays, form=form)


def fill_diagonal(x: TensorLike, fill_value: float, wrap_around: bool = False) -> Tensor:
    """A copy of `x` with one value on its main diagonal, where all indices are equal.

    In a matrix with more rows than columns, `wrap_around` begins anew one row below where the diagonal ends.
    Raises ShapeError for a row, and for more than two axes of different sizes.
    """
    x = edge_of(x)
    shape = tuple(x.shape)
    if x.ndim < 2 or (x.ndim > 2 and len(set(shape)) > 1):
        raise ShapeError(f"fill_diagonal_: needs a matrix, or more axes of one size, not shape {shape}")
    xp = namespace(x.array)
    if x.ndim == 2 and wrap_around and shape[0] > shape[1]:
        numbers = xp.arange(0, math.prod(shape), shape[1] + 1, dtype=xp.int64)
        places = [numbers // shape[1], numbers % shape[1]]
    else:
        places = [xp.arange(min(shape), dtype=xp.int64)] * x.ndim
    form, arrays = parse_key(tuple(wrap(part) for part in places), x, "fill_diagonal_")
    return _setitem(x, fill_value, *arrays, form=form)
