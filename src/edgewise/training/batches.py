"""What a training accepts as data, as batches of inputs and a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..data.dataset import TensorDataset
from ..data.loader import DataLoader
from ..graph.edge import Edge
from ..tensor import Tensor, as_tensor
from .errors import TrainingError

if TYPE_CHECKING:
    from ..ops.random import Generator


def as_batches(
    what: str, data: Any, batch_size: int | None, default_size: int, shuffle: bool, generator: Generator | None = None
) -> Any:
    """A loader, or another iterable of batches, for any data that a user gives; errors call it `what`."""
    if isinstance(data, tuple) and data and all(hasattr(part, "shape") for part in data):
        data = TensorDataset(*data)
    elif isinstance(data, Edge) or (hasattr(data, "dtype") and hasattr(data, "shape")):
        data = TensorDataset(data)
    if isinstance(data, DataLoader):
        if batch_size is not None and batch_size != data.batch_size:
            raise TrainingError(
                f"{what} is a DataLoader with batches of {data.batch_size}: leave out batch_size={batch_size}"
            )
        loader: Any = data
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (list, tuple, dict)):
        size = default_size if batch_size is None else batch_size
        loader = DataLoader(data, size, shuffle and len(data) > 0, generator=generator)
    elif isinstance(data, Iterable):
        loader = data
    else:
        raise TypeError(
            f"{what} must be a Dataset, a DataLoader, a tuple of tensors (inputs, target), or an iterable of batches, "
            f"not a {type(data).__name__}"
        )
    if hasattr(loader, "__len__") and len(loader) == 0:
        raise TrainingError(
            f"{what} is empty"
            + (
                f": {len(loader.dataset)} items make no batch of {loader.batch_size}, and drop_last is set"
                if isinstance(loader, DataLoader) and len(loader.dataset)
                else ""
            )
        )
    return loader


def batches_from(loader: Any, start: int) -> Iterator[Any]:
    """The batches of one epoch from number `start` on."""
    if isinstance(loader, DataLoader):
        return loader.batches(start)
    batches: Iterator[Any] = iter(loader)
    for _ in range(start):
        next(batches, None)
    return batches


def count_of(loader: Any) -> int | None:
    """How many batches an epoch has, if that is known."""
    return len(loader) if hasattr(loader, "__len__") else None


def parts_of(batch: Any) -> list[Tensor]:
    """The tensors of a batch."""
    if isinstance(batch, (tuple, list)):
        return [as_tensor(part) for part in batch]
    return [as_tensor(batch)]


def inputs_and_target(batch: Any) -> tuple[list[Tensor], Tensor]:
    """A batch's tensors: all but the last are inputs of the model, the last is the target."""
    if isinstance(batch, dict):
        raise TrainingError(
            f"a batch is a dict with the keys {', '.join(map(str, batch))}; it must be (inputs, target): give the "
            "DataLoader a collate_fn that makes such a tuple"
        )
    parts = parts_of(batch)
    if len(parts) < 2:
        raise TrainingError(
            f"a batch must be (inputs, target), and has {len(parts)} part: give the target too, as in "
            "TensorDataset(images, labels)"
        )
    return parts[:-1], parts[-1]
