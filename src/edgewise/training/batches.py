"""The data that a training accepts, as batches of inputs and a target; and how much each batch weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.dataset import TensorDataset
from ..data.loader import DataLoader
from ..graph.arguments import short_repr
from ..graph.edge import Edge
from ..tensor import Tensor, as_tensor, tensor
from .errors import TrainingError

if TYPE_CHECKING:
    from ..ops.random import Generator
import math
from functools import partial

from ..graph.arrays import kind, namespace
from ..nn import functional
from ..nn.loss import CrossEntropyLoss, NLLLoss
from ..nn.module import Module

_FORMS = "a Dataset, a DataLoader, a tuple of tensors (inputs, target), or an iterable of batches"


def as_batches(
    what: str, data: Any, batch_size: int | None, default_size: int, shuffle: bool, generator: Generator | None = None
) -> Any:
    """Returns a loader, or another iterable of batches, for any data that a user gives; errors call it `what`."""
    if isinstance(data, (Mapping, str)):
        raise TypeError(f"{what} must be {_FORMS}, not {short_repr(data)}")
    if isinstance(data, tuple) and data and all(_is_array(part) for part in data):
        data = TensorDataset(*data)
    elif isinstance(data, Edge) or (hasattr(data, "dtype") and hasattr(data, "shape")):
        data = TensorDataset(data)
    if isinstance(data, DataLoader):
        if batch_size is not None and batch_size != data.batch_size:
            raise TrainingError(
                f"{what} is a DataLoader with batches of {data.batch_size}: leave out batch_size={batch_size}"
            )
        if generator is not None and generator is not data.generator:
            raise TrainingError(f"{what} is a DataLoader, which draws its own order: give it the generator instead")
        loader: Any = data
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (list, tuple, dict)):
        size = default_size if batch_size is None else batch_size
        loader = DataLoader(data, size, shuffle and len(data) > 0, generator=generator)
    elif isinstance(data, Iterable):
        if batch_size is not None or generator is not None:
            name = "generator" if batch_size is None else "batch_size"
            raise TrainingError(f"{what} is a {type(data).__name__} of batches, made already: leave out {name}")
        loader = _CopiedBatches(data) if isinstance(data, (list, tuple)) else data
    else:
        raise TypeError(f"{what} must be {_FORMS}, not {short_repr(data)}")
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


class _CopiedBatches:
    """Existing batches, returned as copies, so that a model that writes into one changes no later epoch."""

    def __init__(self, batches: Sequence[Any]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[Tensor]]:
        return ([tensor(part) for part in tensors_of(batch)] for batch in self.batches)


def batches_from(loader: Any, start: int) -> Iterator[Any]:
    """Returns the batches of one epoch from number `start` on."""
    if isinstance(loader, DataLoader):
        return loader.batches(start)
    batches: Iterator[Any] = iter(loader)
    for _ in range(start):
        next(batches, None)
    return batches


def batch_count(loader: Any) -> int | None:
    """Returns the number of batches in an epoch, or None if it is unknown."""
    return len(loader) if hasattr(loader, "__len__") else None


def tensors_of(batch: Any) -> list[Tensor]:
    """Returns the tensors of a batch."""
    if isinstance(batch, Mapping):
        raise TrainingError(
            f"a batch is a dict with the keys {', '.join(map(str, batch))}; it must be (inputs, target): give the "
            "DataLoader a collate_fn that makes such a tuple"
        )
    if isinstance(batch, (tuple, list)):
        return [as_tensor(part) for part in batch]
    return [as_tensor(batch)]


def inputs_and_target(batch: Any) -> tuple[list[Tensor], Tensor]:
    """Returns a batch's tensors: all but the last are inputs of the model, the last is the target."""
    parts = tensors_of(batch)
    if len(parts) < 2:
        raise TrainingError(
            f"a batch must be (inputs, target), and has {len(parts)} part: give the target too, as in "
            "TensorDataset(images, labels)"
        )
    if parts[-1].ndim == 0 or len(parts[-1]) == 0:
        raise TrainingError(
            f"a batch's target has shape {tuple(parts[-1].shape)}; its first axis must be the items, at least one. A "
            "DataLoader makes batches of single items"
        )
    return parts[:-1], parts[-1]


def _is_array(part: Any) -> bool:
    """Returns whether this is a tensor, an array, or a nested list of numbers, and not a batch, which holds arrays."""
    return hasattr(part, "shape") or (isinstance(part, list) and not any(hasattr(item, "shape") for item in part))


IGNORED = -100
"""The label that losses pass over, if they are not given another one."""

_OF_CLASSES = (functional.cross_entropy, functional.nll_loss)


def batch_weight(loss: Any, target: Any) -> float | None:
    """Returns the weight of a batch, with which the mean of losses is the loss of all items at once.

    For a loss of classes, that is the sum of the weights of the labels that are not ignored; for the other losses of
    `nn`, the number of elements; for other functions, the number of items. It is None if losses are to be added, as
    with ``reduction="sum"``.
    """
    options = _options(loss)
    if options is None:
        return float(len(target))
    if options.get("reduction", "mean") == "sum":
        return None
    labels = target.array
    xp = namespace(labels)
    if "of classes" not in options or kind(xp, labels.dtype) != 1:
        return float(len(target) if options.get("reduction") == "batchmean" else math.prod(target.shape))
    counts = labels != ignored_label(loss)
    weight = options.get("weight")
    if weight is None:
        return float(xp.sum(xp.astype(counts, xp.float64)))
    classes = xp.reshape(xp.where(counts, labels, xp.zeros_like(labels)), (-1,))
    weights = xp.astype(xp.take(weight.array if hasattr(weight, "array") else weight, classes, axis=0), xp.float64)
    return float(xp.sum(xp.where(xp.reshape(counts, (-1,)), weights, xp.zeros_like(weights))))


def ignored_label(loss: Any) -> int:
    """Returns the label that a loss ignores."""
    options = _options(loss) or {}
    return int(options.get("ignore_index", IGNORED))


def _options(loss: Any) -> dict[str, Any] | None:
    """Returns the settings of a loss of `nn`, or of a partial of `nn.functional`; None for any other."""
    if isinstance(loss, Module):
        names = ("reduction", "ignore_index", "weight")
        options = {name: getattr(loss, name) for name in names if hasattr(loss, name)}
        if "reduction" not in options:
            return None
        return {**options, "of classes": True} if isinstance(loss, (CrossEntropyLoss, NLLLoss)) else options
    function = loss.func if isinstance(loss, partial) and not loss.args else loss
    if function not in _OF_CLASSES:
        return None
    return {**(loss.keywords if isinstance(loss, partial) else {}), "of classes": True}
