"""Datasets: objects with a length and indexed items; and random orders of these."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arguments import number, number_text, short_repr
from ..graph.errors import IndexingError, ShapeError
from ..tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from ..ops.random import Generator
from ..ops.random import Generator, randperm, source


class Dataset:
    """Base of datasets. A dataset defines `__len__` and `__getitem__`, which returns the item of an index."""

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} defines no __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no __getitem__")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


def check_dataset(where: str, dataset: Any) -> None:
    """Raises TypeError for an object without a length or indexed items."""
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__") or isinstance(dataset, (Mapping, str)):
        raise TypeError(
            f"{where}: the dataset, a {type(dataset).__name__}, must have a length and indexed items: define "
            "__len__ and __getitem__, or make a TensorDataset of tensors"
        )


class TensorDataset(Dataset):
    """Tensors, or arrays, of equal length: item i is the tuple of the i-th of each.

    Raises ShapeError if their lengths differ.
    """

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ShapeError("TensorDataset: needs at least one tensor")
        self.tensors: tuple[Tensor, ...] = tuple(as_tensor(tensor).detach() for tensor in tensors)
        for tensor in self.tensors:
            if tensor.ndim == 0:
                raise ShapeError("TensorDataset: a 0-d tensor has no items")
        lengths = [tensor.shape[0] for tensor in self.tensors]
        if len(set(lengths)) > 1:
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in self.tensors)
            raise ShapeError(f"TensorDataset: the tensors must have equally many items; their shapes are {shapes}")

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __repr__(self) -> str:
        return f"TensorDataset({', '.join(f'{t.dtype} {tuple(t.shape)}' for t in self.tensors)})"


class Subset(Dataset):
    """The items of another dataset that `indices` lists."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        check_dataset("Subset", dataset)
        self.dataset = dataset
        given = np.asarray(indices)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise TypeError(f"Subset: indices must be a list of integers, not {short_repr(indices)}")
        self.indices = given.astype(np.int64)
        size = len(dataset)
        outside = self.indices[(self.indices < -size) | (self.indices >= size)]
        if outside.size:
            raise IndexingError(f"Subset: index {int(outside[0])} is out of range for a dataset of {size} items")
        self.indices = np.where(self.indices < 0, self.indices + size, self.indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]


class ConcatDataset(Dataset):
    """Datasets one after another."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets) if isinstance(datasets, Iterable) else [datasets]
        if not self.datasets:
            raise ShapeError("ConcatDataset: needs at least one dataset")
        for dataset in self.datasets:
            check_dataset("ConcatDataset", dataset)
        self._ends = list(accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Any:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexingError(f"ConcatDataset: index {index} is out of range for {len(self)} items")
        which = bisect_right(self._ends, position)
        start = self._ends[which - 1] if which else 0
        return self.datasets[which][position - start]


def random_split(
    dataset: Any, lengths: Sequence[int] | Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Splits a dataset at random into parts that share no item.

    Parameters
    ----------
    dataset:
        An object with a length and items.
    lengths:
        The number of items of each part; or the fraction of each, which add up to 1. Items left over by rounding go one
        by one to the first parts.
    generator:
        The source of randomness; by default Edgewise's default generator.

    Raises
    ------
    ShapeError
        If the lengths don't add up to the dataset's, or the shares to 1.
    """
    check_dataset("random_split", dataset)
    check_generator("random_split", generator)
    given: Any = lengths
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(
            f"random_split: lengths must be a list, such as [0.8, 0.2] or [800, 200], not {short_repr(given)}"
        )
    given = list(given)
    size = len(dataset)
    parts = [number("random_split", "a length", length, least=0, error=ShapeError) for length in given]
    total = sum(parts)
    whole = all(hasattr(length, "__index__") for length in given)
    if whole and total == size:
        counts = [int(part) for part in parts]
    elif not whole and math.isclose(total, 1.0):
        counts = [math.floor(size * part + 1e-9) for part in parts]
        for i in range(size - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        raise ShapeError(
            f"random_split: lengths {given} add up to {number_text(total)}; they must be whole numbers that add up to "
            f"the dataset's {size}, or shares that add up to 1.0"
        )
    order = permutation(size, generator)
    ends = list(accumulate(counts))
    return [Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends, strict=True)]


def check_generator(where: str, generator: Any) -> None:
    """Raises TypeError unless this is a source of random numbers."""
    try:
        source(generator)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


def permutation(size: int, generator: Generator | None = None) -> Any:
    """Returns the numbers below `size` in a random order, as a NumPy array."""
    return randperm(size, generator=generator).numpy()
