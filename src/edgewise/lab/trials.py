"""Training the networks of an experiment on the same batches, and what is measured meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..capture.snapshot import Snapshot
from ..data import digits
from ..nn.module import Module
from ..optim import SGD
from ..tensor import Tensor, tensor
from ..training import accuracy

Loss = Callable[[Any, Any], Any]
Batch = tuple[Any, Any]

BATCH = 32


@dataclass
class Trial:
    """A network that was trained, with what was measured.

    Attributes
    ----------
    model:
        The trained network.
    losses:
        The loss of each step, before its update.
    norms:
        For each parameter, by name, the norm of its gradient at each step; NaN where it has none.
    """

    model: Module
    losses: list[float] = field(default_factory=list)
    norms: dict[str, list[float]] = field(default_factory=dict)

    def never_moved(self) -> list[str]:
        """Returns the parameters whose gradient was exactly 0, or absent, at every step."""
        return [name for name, norms in self.norms.items() if not any(norm > 0 for norm in norms)]


def train(
    model: Module,
    loss: Loss,
    batches: Sequence[Batch],
    *,
    rate: float,
    steps: int,
    optimizer: Any = None,
    on_step: Callable[[int, Module], None] | None = None,
) -> Trial:
    """Trains a network by gradient descent, on each batch in turn, and returns it with its losses and gradient norms.

    It stops where the loss is not finite any more. `on_step` is called after each backward pass, before the update.
    """
    trial = Trial(model, norms={name: [] for name, _ in model.named_parameters()})
    optimizer = SGD(model.parameters(), lr=rate) if optimizer is None else optimizer
    for step in range(steps):
        x, t = batches[step % len(batches)]
        optimizer.zero_grad()
        value = loss(model(x), t)
        value.backward()
        trial.losses.append(float(value))
        for name, parameter in model.named_parameters():
            gradient = parameter.grad
            trial.norms[name].append(float("nan") if gradient is None else norm(gradient))
        if on_step is not None:
            on_step(step, model)
        if not np.isfinite(trial.losses[-1]):
            break
        optimizer.step()
    return trial


def norm(gradient: Any) -> float:
    """Returns the Euclidean norm of all elements."""
    return float(np.linalg.norm(np.asarray(gradient.numpy(), dtype=np.float64)))


def digit_batches(count: int, *, size: int = BATCH) -> list[Batch]:
    """Returns the first batches of the digits: (size, 64) images from 0 to 1 in float32, and their labels."""
    images, labels = (one.numpy() for one in digits(flat=True)[0].tensors)
    return [(tensor(images[at : at + size]), tensor(labels[at : at + size])) for at in range(0, count * size, size)]


def unseen_digits() -> Batch:
    """Returns the 360 digits that no network here is trained on."""
    images, labels = digits(flat=True)[1].tensors
    return images, labels


def batches_of(data: Any, size: int = BATCH) -> list[Batch]:
    """Returns whole batches of a pair of inputs and targets, arrays or tensors whose first axes are as long."""
    x, t = (one if isinstance(one, Tensor) else tensor(one) for one in data)
    if len(x) != len(t):
        raise ValueError(f"data: {len(x)} inputs and {len(t)} targets; give as many of each")
    size = min(size, len(x))
    return [(x[at : at + size], t[at : at + size]) for at in range(0, len(x) - size + 1, size)]


def share_right(model: Module, data: Batch) -> float:
    """Returns the accuracy of a classifier on a batch."""
    x, t = data
    training = model.training
    model.eval()
    right = accuracy(model(x).detach(), t)
    model.train(training)
    return right


def as_batches(pairs: Sequence[Batch], x: Any, t: Any) -> Mapping[Any, list[Any]]:
    """Returns batches as a page takes them, for its inputs and its targets."""
    return {x: [one.numpy() for one, _ in pairs], t: [other.numpy() for _, other in pairs]}


@dataclass(frozen=True)
class Ending:
    """Where the gradient becomes 0 on the way back: the operation, what it would have come to, and the reason."""

    operation: str
    tensor: str
    why: str


def first_ending(snapshot: Snapshot) -> Ending | None:
    """Returns the first edge on the way back that brings only zeros, though a gradient arrives at its operation."""
    for node in reversed(snapshot.nodes):
        arriving = snapshot.tensors[node.output].gradient
        if arriving is None or _is_zero(arriving):
            continue
        edges = [snapshot.edges[one.edge] for one in node.arguments if one.edge is not None]
        for edge in edges:
            if edge.contribution is None or not _is_zero(edge.contribution):
                continue
            others = [snapshot.tensors[other.tensor] for other in edges if other is not edge]
            zero = next((other.symbol for other in others if _is_zero(other.value)), None)
            why = f"as {zero} = 0" if zero else "as its derivative is 0 at every element"
            return Ending(node.label, snapshot.tensors[edge.tensor].symbol, why)
    return None


def _is_zero(numbers: Any) -> bool:
    return bool(numbers.size and numbers.statistics.zeros == numbers.size)
