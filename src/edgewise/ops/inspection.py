"""What a tensor is: its kind, its size, and how dtypes meet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arrays import common_dtype, is_float, join_dtypes, kind
from ..graph.edge import Edge, edge_of, wrap

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def is_tensor(x: Any) -> bool:
    """Returns whether `x` is a tensor."""
    return isinstance(x, Edge)


def is_floating_point(x: TensorLike) -> bool:
    """Returns whether the elements are floating-point numbers."""
    return is_float(edge_of(x).array)


def numel(x: TensorLike) -> int:
    """Returns the number of elements."""
    return math.prod(edge_of(x).shape)


def detach(x: Tensor) -> Tensor:
    """Returns the same values, in the same memory, as a leaf that requires no gradient."""
    return wrap(x.array)


def result_type(a: TensorLike, b: TensorLike) -> Any:
    """Returns the dtype in which an operation on two tensors or numbers gives its result.

    A number, or a tensor without axes, changes the dtype of a tensor with axes only if it is of a higher kind.
    """
    arrays = [edge_of(value).array for value in (a, b)]
    found = common_dtype(arrays)
    return arrays[0].dtype if found is None else found


def promote_types(a: Any, b: Any) -> Any:
    """Returns the smallest dtype that two dtypes meet in: a floating-point one beside integers stays as it is."""
    return join_dtypes(np, np.dtype(a), np.dtype(b))


def can_cast(source: Any, target: Any) -> bool:
    """Returns whether PyTorch casts one dtype to another in place: to the same kind or a higher one."""
    return kind(np, np.dtype(source)) <= kind(np, np.dtype(target))
