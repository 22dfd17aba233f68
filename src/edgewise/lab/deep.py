"""Deep networks, and how the size of a gradient changes on the way back through their layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from .. import nn
from ..nn.module import Module
from ..printers.figures import MINUS, figure
from .networks import activation_of, layers_of
from .report import Table
from .trials import Batch, Loss, norm

WIDTH = 32


class Deep(Module):
    """Linear layers from 64 inputs to 10 outputs, with 32 units between them and an activation after all but the last.

    `has_norms` puts LayerNorm before each activation; with `is_residual` each hidden layer adds to what came in.
    """

    def __init__(
        self,
        depth: int,
        activation: str,
        *,
        has_norms: bool = False,
        is_residual: bool = False,
    ) -> None:
        super().__init__()
        sizes = [64, *[WIDTH] * (depth - 1), 10]
        self.layers = nn.ModuleList([nn.Linear(*pair) for pair in pairwise(sizes)])
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH) if has_norms else nn.Identity() for _ in range(depth - 1)])
        self.activation = activation_of(activation)
        self.is_residual = is_residual

    def forward(self, x: Any) -> Any:
        """Returns the output of the last layer."""
        *hidden, last = self.layers
        h = x
        for i, (layer, normed) in enumerate(zip(hidden, self.norms, strict=True)):
            z = layer(h)
            a = self.activation(normed(z) if isinstance(normed, nn.LayerNorm) else z)
            h = h + a if self.is_residual and i > 0 else a
        return last(h)


def begin(model: Module, write: Callable[[Any], object]) -> Module:
    """Writes the first weights of all linear layers by `write`, and 0 into their biases. Returns the model."""
    for layer in linear_layers(model).values():
        write(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return model


def scaled(scale: float) -> Callable[[Any], object]:
    """Returns what draws weights from N(0, scale² / n) for n inputs."""
    return lambda weight: nn.init.normal_(weight, std=scale / math.sqrt(weight.shape[1]))


def passed_through(model: Module, loss: Loss, batch: Batch) -> list[Any]:
    """Returns the output of each linear layer, the first one first, with its gradient. Leaves none in parameters.

    Raises ValueError if there are less than two of them.
    """
    outputs: list[Any] = []

    def keep(_module: Module, _given: Any, output: Any) -> None:
        output.retain_grad()
        outputs.append(output)

    hooks = [layer.register_forward_hook(keep) for layer in linear_layers(model).values()]
    x, t = batch
    try:
        loss(model(x), t).backward()
    finally:
        for hook in hooks:
            hook.remove()
        model.zero_grad()
    if len(outputs) < 2:
        raise ValueError(f"model has {len(outputs)} linear layers, and gradients are compared between two or more")
    return outputs


def linear_layers(model: Module) -> dict[str, nn.Linear]:
    """Returns the linear layers of a network by their paths."""
    return {name: layer for name, layer in layers_of(model).items() if isinstance(layer, nn.Linear)}


def sizes_of(outputs: list[Any]) -> list[float]:
    """Returns the norm of the gradient at each output of a layer, over that at the last one."""
    norms = [norm(output.grad) for output in outputs]
    return [one / norms[-1] if norms[-1] else 0.0 for one in norms]


def ratio_map(caption: str, rows: str, names: list[str], scales: Sequence[float], ratios: Any) -> Table:
    """Returns ratios of gradients as a map over the scale of the weights, with shades by their logarithms."""
    cells = [(name, [figure(float(one), 2) for one in row]) for name, row in zip(names, ratios, strict=True)]
    shades = [[shade_of(float(one)) for one in row] for row in ratios]
    return Table(caption, [figure(one, 3) for one in scales], cells, shades, LEGEND, (rows, "scale of the weights"))


def shade_of(ratio: float) -> float:
    """Returns the shade of a ratio in a map: -1 for 1e-8 and less, 0 for 1, and 1 for 1e8 and more."""
    return max(-1.0, min(1.0, math.log10(ratio) / 8)) if ratio > 0 else -1.0


LEGEND = (
    (-1.0, f"1e{MINUS}8 or less"),
    (-0.5, f"1e{MINUS}4"),
    (0.0, "1"),
    (0.5, "1e4"),
    (1.0, "1e8 or more"),
)
