"""The networks of the experiments, and their sides in a page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from .. import nn
from ..capture.watch import capture_of
from ..nn.module import Module
from ..picture import View
from ..picture.chain import ViewError, chain_of
from .report import Side, Table
from .trials import Batch, Loss, as_batches, share_right, unseen_digits


def mlp(*sizes: int, activation: str = "relu") -> nn.Sequential:
    """Returns linear layers of these sizes, named ``layer1`` and on, with an activation between them.

    Raises ValueError if there is no such activation.
    """
    layers: OrderedDict[str, Module] = OrderedDict()
    for i, (before, after) in enumerate(pairwise(sizes), 1):
        if i > 1:
            layers[f"{activation}{i - 1}"] = activation_of(activation)
        layers[f"layer{i}"] = nn.Linear(before, after)
    return nn.Sequential(layers)


ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "identity": nn.Identity,
}
"""The activations that experiments take by name."""


def activation_of(name: str) -> Module:
    """Returns an activation by its name. Raises ValueError if there is no such activation."""
    kind = ACTIVATIONS.get(name)
    if kind is None:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {name!r}")
    return kind()


def layers_of(model: Module) -> dict[str, Module]:
    """Returns the modules that have parameters of their own, by their paths."""
    return {
        name or "model": module
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    }


def chosen_layers(model: Module, which: str | Sequence[str]) -> list[str]:
    """Returns the paths of ``"all"`` layers, the ``"first"``, the ``"last"``, or those that are named.

    Raises ValueError if the model has no such layer.
    """
    known = list(layers_of(model))
    if not known:
        raise ValueError("model has no parameters, so there is no layer to choose")
    if isinstance(which, str):
        which = {"all": known, "first": known[:1], "last": known[-1:]}.get(which, [which])
    unknown = [name for name in which if name not in known]
    if unknown or not which:
        wrong = f"not {unknown[0]!r}" if unknown else "at least one of them"
        raise ValueError(f"layers must be 'all', 'first', 'last', or of {', '.join(known)}, {wrong}")
    return list(which)


def named(layers: Sequence[str]) -> list[str]:
    """Returns what prose calls layers: those that have only numbers are "layer 2"."""
    return [f"layer {name}" if name.isdigit() else name for name in layers]


def side(
    name: str,
    about: str,
    model: Module,
    batches: Sequence[Batch],
    loss: Loss,
    rate: float,
    **options: Any,
) -> Side:
    """Returns a network as it is now for a page, which trains it on these batches in turn."""
    x, t = batches[0]
    x.name, t.name = "x", "t"
    value = loss(model(x), t)
    value.name = "loss"
    return Side(name, about, value, as_batches(batches, x, t), rate, **options)


def outcomes(
    caption: str, columns: Sequence[str], rows: Sequence[tuple[str, Module, list[str]]], *, digits: bool
) -> Table:
    """Returns a table of trained networks: the name, the network and the cells of each.

    With `digits` a last column has the share of unseen digits that each gets right.
    """
    if digits:
        columns = [*columns, "unseen digits right"]
        rows = [(name, model, [*cells, f"{share_right(model, unseen_digits()):.1%}"]) for name, model, cells in rows]
    return Table(caption, columns, [(name, cells) for name, _, cells in rows])


def neurons_or_graph(loss: Any) -> View:
    """Returns which view shows a network best: its neurons, if they can be drawn."""
    try:
        chain_of(capture_of((loss,)).snapshot)
    except ViewError:
        return "graph"
    return "neurons"


def listed(names: Sequence[str], nothing: str = "none") -> str:
    """Returns names as a list in a sentence."""
    if not names:
        return nothing
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
