"""One gradient in reverse mode, in forward mode, and by finite differences, with the passes counted."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import nn
from ..autograd import grad
from ..graph.transforms import jvp
from ..ops.random import manual_seed
from ..printers.figures import figure
from ..tensor import tensor

LIFT = 1e-4
"""By how much finite differences move a parameter to each side."""


def gradient_in_each_mode(units: int, seed: int) -> dict[str, Any]:
    """Returns what each mode takes for the gradient of a network with so many hidden units, and how far they differ."""
    manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, units), nn.Tanh(), nn.Linear(units, 1)).double()
    generator = np.random.default_rng(seed)
    data, target = tensor(generator.normal(size=(16, 3))), tensor(generator.normal(size=(16, 1)))
    first = [parameter.detach().numpy().copy() for parameter in model.parameters()]
    n = sum(array.size for array in first)
    passes = {"forward": 0, "backward": 0}

    def count_backward(_gradient: Any) -> None:
        passes["backward"] += 1

    def loss(*parameters: Any) -> Any:
        passes["forward"] += 1
        W1, b1, W2, b2 = parameters
        y = (data @ W1.T + b1).tanh() @ W2.T + b2
        return ((y - target) ** 2).mean()

    def reverse() -> Any:
        leaves = [tensor(array, requires_grad=True) for array in first]
        value = loss(*leaves)
        value.register_hook(count_backward)
        return [one.numpy() for one in grad(value, leaves)]

    def moved(i: int, k: int, by: float) -> list[Any]:
        arrays = [array.copy() for array in first]
        arrays[i].flat[k] += by
        return [tensor(array) for array in arrays]

    def forward_mode() -> Any:
        leaves, unit = [tensor(array) for array in first], [np.zeros_like(array) for array in first]
        found = [np.zeros_like(array) for array in first]
        for i, array in enumerate(found):
            for k in range(array.size):
                unit[i].flat[k] = 1
                array.flat[k] = float(jvp(loss, leaves, [tensor(one.copy()) for one in unit])[1])
                unit[i].flat[k] = 0
        return found

    def differences() -> Any:
        found = [np.zeros_like(array) for array in first]
        for i, array in enumerate(found):
            for k in range(array.size):
                above, below = (float(loss(*moved(i, k, by))) for by in (LIFT, -LIFT))
                array.flat[k] = (above - below) / (2 * LIFT)
        return found

    result: dict[str, Any] = {"n": n, "rows": [], "passes": [], "off": []}
    exact: Any = None
    for name, way in (("reverse", reverse), ("forward mode", forward_mode), ("differences", differences)):
        passes.update(forward=0, backward=0)
        began = time.process_time()
        found = way()
        took = time.process_time() - began
        exact = found if exact is None else exact
        size = max(float(np.abs(one).max()) for one in exact)
        off = max(float(np.abs(one - other).max()) for one, other in zip(found, exact, strict=True)) / size
        counted = (passes["forward"], passes["backward"])
        result["passes"].append(counted)
        result["off"].append(off)
        cells = [*map(str, counted), f"{figure(1000 * took, 2)} ms", figure(off, 1)]
        result["rows"].append((f"{n} parameters, {name}", cells))
    return result
