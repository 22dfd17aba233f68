"""Layers that only change shapes."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.errors import IndexingError, ShapeError
from ..tensor import Tensor
from ._support import check_tensor
from .module import Module


class Flatten(Module):
    """Makes the axes from `start_dim` to `end_dim` into one; as it stands, all but the batch axis."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        ndim = max(input.ndim, 1)
        if not (-ndim <= self.start_dim < ndim and -ndim <= self.end_dim < ndim):
            raise IndexingError(
                f"Flatten({self.extra_repr()}): the input of shape {tuple(input.shape)} lacks such axes"
            )
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Makes the axis `dim` into several of the sizes `unflattened_size`, one of which may be -1."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(type(self).__name__, input)
        shape = tuple(input.shape)
        if not -len(shape) <= self.dim < len(shape):
            raise IndexingError(f"Unflatten({self.extra_repr()}): the input of shape {shape} has no axis {self.dim}")
        axis = self.dim % len(shape)
        known = 1
        for size in self.unflattened_size:
            known *= size if size != -1 else 1
        fits = shape[axis] % known == 0 if -1 in self.unflattened_size and known else shape[axis] == known
        if not fits or self.unflattened_size.count(-1) > 1:
            raise ShapeError(
                f"Unflatten({self.extra_repr()}): axis {axis} of the input of shape {shape} has {shape[axis]} "
                f"elements, which don't make {self.unflattened_size}"
            )
        return input.reshape(shape[:axis] + self.unflattened_size + shape[axis + 1 :])

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
