"""Batches of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arguments import flag, function, number, short_repr, whole
from ..graph.arrays import namespace
from ..graph.edge import Edge, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..ops.accurate import is_numpy
from ..ops.joining import stack
from ..ops.shape import clone
from ..tensor import Tensor, tensor
from .dataset import Subset, TensorDataset, check_dataset, check_generator, permutation

if TYPE_CHECKING:
    from ..ops.random import Generator

Collate = Callable[[list[Any]], Any]


class DataLoader:
    """Iterates over a dataset in batches; each ``for`` is one epoch.

    A batch has its own memory: ``x /= 255`` does not change the dataset.

    Parameters
    ----------
    dataset:
        An object with a length and items. Batches of a :class:`TensorDataset` are taken from its tensors at once,
        without making single items.
    batch_size:
        The number of items in a batch. None iterates over the items themselves, with arrays as tensors.
    shuffle:
        Whether each epoch has a new order.
    collate_fn:
        The function from a list of items to a batch; by default :func:`default_collate`. Without batches it receives
        one item.
    drop_last:
        Whether to leave out a last batch that is not full.
    generator:
        The source of the order; by default Edgewise's default generator.
    num_workers, pin_memory, timeout, persistent_workers, prefetch_factor, worker_init_fn:
        PyTorch's arguments, which must have PyTorch's defaults. There are no workers and no other memory: the ``for``
        makes each batch when it needs it.

    Raises
    ------
    ShapeError
        If the batch size is not at least 1.
    ArgumentError
        For `drop_last` without batches, and for settings of workers.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = False,
        *,
        collate_fn: Collate | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        timeout: float = 0,
        persistent_workers: bool = False,
        prefetch_factor: int | None = None,
        worker_init_fn: Callable[[int], None] | None = None,
    ) -> None:
        _check_workers(num_workers, timeout, persistent_workers, prefetch_factor, worker_init_fn)
        if flag("DataLoader", "pin_memory", pin_memory):
            raise ArgumentError(
                "DataLoader: pin_memory=True would do nothing, as tensors stay where they are: leave it out"
            )
        check_dataset("DataLoader", dataset)
        check_generator("DataLoader", generator)
        if collate_fn is not None:
            function("DataLoader", "collate_fn", collate_fn, "a list of items")
        self.dataset = dataset
        self.batch_size = None if batch_size is None else whole("DataLoader", "batch_size", batch_size, 1, ShapeError)
        self.shuffle = shuffle is not None and flag("DataLoader", "shuffle", shuffle)
        self.collate_fn = collate_fn
        self.drop_last = flag("DataLoader", "drop_last", drop_last)
        if self.drop_last and batch_size is None:
            raise ArgumentError(
                "DataLoader: with batch_size=None there are no batches, so drop_last can't leave one out"
            )
        self.generator = generator

    def __len__(self) -> int:
        """Returns the number of batches, or of items where there are no batches."""
        size = len(self.dataset)
        if self.batch_size is None:
            return size
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        return self.batches()

    def batches(self, start: int = 0) -> Iterator[Any]:
        """Returns the batches of one epoch from number `start` on. It draws the order at once."""
        size = len(self.dataset)
        order = permutation(size, self.generator) if self.shuffle else np.arange(size)
        if self.batch_size is None:
            convert = default_convert if self.collate_fn is None else self.collate_fn
            return (convert(self.dataset[int(i)]) for i in order[start:])
        ends = range(start * self.batch_size, len(self) * self.batch_size, self.batch_size)
        take = self._batcher()
        return (take(order[i : min(i + ends.step, size)]) for i in ends)

    def _batcher(self) -> Callable[[Any], Any]:
        """Returns the function that makes a batch from the indices of its items."""
        dataset, numbers = self.dataset, None
        if self.collate_fn is None:
            while type(dataset) is Subset:
                numbers = dataset.indices if numbers is None else dataset.indices[numbers]
                dataset = dataset.dataset
            if type(dataset) is TensorDataset:
                return _tensor_batcher(dataset.tensors, numbers, ordered=not self.shuffle)
        collate = default_collate if self.collate_fn is None else self.collate_fn
        return lambda chosen: collate([self.dataset[int(i)] for i in chosen])


def _check_workers(
    num_workers: Any, timeout: Any, persistent_workers: Any, prefetch_factor: Any, worker_init_fn: Any
) -> None:
    """Raises ArgumentError for settings that need workers."""
    wanted = {
        "num_workers": whole("DataLoader", "num_workers", num_workers, 0),
        "timeout": number("DataLoader", "timeout", timeout, least=0),
        "persistent_workers": flag("DataLoader", "persistent_workers", persistent_workers),
        "prefetch_factor": prefetch_factor,
        "worker_init_fn": worker_init_fn,
    }
    for name, value in wanted.items():
        if value:
            remedy = "pass num_workers=0" if name == "num_workers" else "leave it out"
            raise ArgumentError(
                f"DataLoader: {name} is {short_repr(value)}, but there are no workers: batches are made one after "
                f"another in the calling thread, so it would have no effect. To load in that way, {remedy}"
            )


def _tensor_batcher(tensors: Sequence[Tensor], numbers: Any, *, ordered: bool) -> Callable[[Any], Any]:
    def take(chosen: Any) -> list[Tensor]:
        if numbers is not None:
            chosen = numbers[chosen]
        elif ordered and len(chosen):
            # Nothing needs to be gathered; but a batch is a copy, so that writing into it leaves the data as it is.
            between = slice(int(chosen[0]), int(chosen[-1]) + 1)
            return [wrap(namespace(t.array).asarray(t.array[between, ...], copy=True)) for t in tensors]
        return [wrap(_take_rows(tensor.array, chosen)) for tensor in tensors]

    return take


def _take_rows(array: Any, chosen: Any) -> Any:
    xp = namespace(array)
    return xp.take(array, chosen if is_numpy(xp) else xp.asarray(chosen), axis=0)


_ALIKE: tuple[tuple[type, ...], ...] = (
    (Edge,),
    (str, bytes),
    (np.ndarray, np.generic),
    (bool, int, float),
    (Mapping,),
    (tuple, list),
)
"""The kinds of items that a batch can be made of."""


def default_collate(items: list[Any]) -> Any:
    """Returns one batch of a list of items of like form.

    Tensors and arrays are stacked, numbers become a tensor; tuples and lists are collated place by place into a list,
    named tuples into one of their kind, dicts key by key; strings stay a list.
    """
    first = items[0]
    alike = next((kinds for kinds in _ALIKE if isinstance(first, kinds)), (type(first),))
    for item in items:
        if not isinstance(item, alike):
            raise TypeError(
                f"default_collate: a {type(first).__name__} and a {type(item).__name__} can't be in one batch: make "
                "the items alike, or give the DataLoader a collate_fn"
            )
    if isinstance(first, Edge):
        shapes = {tuple(item.shape) for item in items}
        if len(shapes) > 1:
            raise ShapeError(
                f"default_collate: items of shapes {', '.join(map(str, sorted(shapes)))} can't be stacked: pad them, "
                "or give the DataLoader a collate_fn"
            )
        return stack(items)
    if isinstance(first, (str, bytes)):  # NumPy's strings are among them
        return items
    if isinstance(first, (np.ndarray, np.generic)):
        kinds = [item.dtype for item in items if item.dtype.kind not in "biuf"]
        if kinds:
            raise DTypeError(
                f"default_collate: arrays of dtype {kinds[0]} can't become a tensor: make numbers of them in the data "
                "set, or give the DataLoader a collate_fn"
            )
        shapes = {item.shape for item in items}
        if len(shapes) > 1:
            return default_collate([tensor(item) for item in items])
        return wrap(np.stack(items))
    if isinstance(first, (bool, int, float)):
        return tensor(items)
    if isinstance(first, Mapping):
        for item in items:
            if item.keys() != first.keys():
                raise ShapeError(
                    f"default_collate: items have different keys: {', '.join(map(str, first))}, and "
                    f"{', '.join(map(str, item))}"
                )
        return {key: default_collate([item[key] for item in items]) for key in first}
    if isinstance(first, (tuple, list)):
        sizes = {len(item) for item in items}
        if len(sizes) > 1:
            raise ShapeError(f"default_collate: items have {' and '.join(map(str, sorted(sizes)))} parts")
        collated = [default_collate(list(parts)) for parts in zip(*items, strict=True)]
        return type(first)(*collated) if hasattr(first, "_fields") else collated
    raise TypeError(
        f"default_collate: can't make a batch of {type(first).__name__} items; give the DataLoader a collate_fn"
    )


def default_convert(item: Any) -> Any:
    """Returns an item with its arrays as tensors with their own memory."""
    if isinstance(item, Edge):
        return clone(item)
    if isinstance(item, (np.ndarray, np.generic)) and item.dtype.kind in "biuf":
        return wrap(np.array(item))
    if isinstance(item, Mapping):
        return {key: default_convert(value) for key, value in item.items()}
    if isinstance(item, (tuple, list)):
        parts = [default_convert(part) for part in item]
        return type(item)(*parts) if hasattr(item, "_fields") else parts
    return item
