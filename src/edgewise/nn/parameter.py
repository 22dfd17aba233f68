"""Tensors that a module learns."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph.edge import Edge, start_leaf, wrap
from ..graph.modes import thread
from ..graph.views import share_memory
from ..ops.creation import dtype_of
from ..tensor import Tensor
from ..tensor.convert import array_from


class Parameter(Tensor):
    """A leaf tensor that a module learns.

    Assigned to an attribute of a :class:`Module` it becomes one of the module's parameters, which optimisers
    update and `state_dict` holds. Attributes of any name can be set on it.

    Parameters
    ----------
    data:
        The first values. A tensor is taken over with its memory, anything else is copied.
    requires_grad:
        Whether gradients are wanted. Raises DTypeError if so and the data has no floating-point dtype.
    """

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        start_leaf(self, array_from(data, None, copy=not isinstance(data, Edge)))
        if isinstance(data, Edge):
            share_memory(self, data)
        if requires_grad:
            self.requires_grad_()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        result: Parameter = super().__deepcopy__(memo)
        result.grad = None  # as in PyTorch: a copy of a model begins without gradients
        result.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return result


class Buffer(Tensor):
    """A tensor that belongs to a module but isn't learned.

    Assigned to an attribute of a :class:`Module` it is registered as with `register_buffer`.

    Parameters
    ----------
    data:
        The values. A tensor is taken over with its memory, anything else is copied.
    persistent:
        Whether `state_dict` is to hold it.
    """

    def __init__(self, data: Any = (), *, persistent: bool = True) -> None:
        start_leaf(self, array_from(data, None, copy=not isinstance(data, Edge)))
        if isinstance(data, Edge):
            share_memory(self, data)
        self.persistent = persistent

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        result: Buffer = super().__deepcopy__(memo)
        result.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return result


def unset(shape: Sequence[int], dtype: Any = None) -> Parameter:
    """Returns a parameter whose values are still to be written by an initialiser."""
    wanted = dtype_of(np, thread.modes.default_dtype if dtype is None else dtype)
    return Parameter(wrap(np.empty(tuple(shape), wanted)))
