"""Single functions and layers, forward and backward, beside PyTorch's: rows of work rather than of frameworks."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

TITLE = "Functions and layers"
ABOUT = (
    "Forward and backward, the gradient of the result given: of activations for their input, of convolutions for "
    "images, weights and biases (of those with one channel without the images), of recurrent layers for all weights."
)
UNIT, UNITS = "ms a step", 1
THREADED = True
CHECKED, TOLERANCE = 2, 1e-3

# Batch, channels in and out, kernel, size, stride, padding, groups.
CONVOLUTIONS = {
    "conv 16→16, 3×3, on 32×32, batch 32": (32, 16, 16, 3, 32, 1, 1, 1),
    "conv 32→64, 3×3, on 32×32, batch 64": (64, 32, 64, 3, 32, 1, 1, 1),
    "conv 64→64, 1×1, on 16×16, batch 32": (32, 64, 64, 1, 16, 1, 0, 1),
    "conv 16→32, 5×5, on 28×28, batch 32": (32, 16, 32, 5, 28, 1, 2, 1),
    "conv 32→64, 3×3, stride 2, on 32×32, batch 32": (32, 32, 64, 3, 32, 2, 1, 1),
    "conv 1→16, 3×3, on 28×28, batch 64": (64, 1, 16, 3, 28, 1, 1, 1),
    "conv 32→32, 3×3, depthwise, on 32×32, batch 32": (32, 32, 32, 3, 32, 1, 1, 32),
    "conv 64→64, 3×3, depthwise, on 16×16, batch 32": (32, 64, 64, 3, 16, 1, 1, 64),
    "conv 64→64, 3×3, 8 groups, on 16×16, batch 32": (32, 64, 64, 3, 16, 1, 1, 8),
}
# Kind, input and hidden size, steps, batch, layers, both directions.
RECURRENT = {
    "LSTM 28→64, 28 steps, batch 16": ("LSTM", 28, 64, 28, 16, 1, False),
    "LSTM 28→64, 2 layers, both directions, 28 steps, batch 16": ("LSTM", 28, 64, 28, 16, 2, True),
    "LSTM 200→200, 2 layers, 35 steps, batch 20": ("LSTM", 200, 200, 35, 20, 2, False),
    "GRU 200→200, 2 layers, 35 steps, batch 20": ("GRU", 200, 200, 35, 20, 2, False),
    "RNN 200→200, 2 layers, 35 steps, batch 20": ("RNN", 200, 200, 35, 20, 2, False),
}
SIZES = ((64, 128), (768, 512), (4096, 3072))
_random = np.random.default_rng(0)


def _normal(*shape: int) -> np.ndarray[Any, Any]:
    return _random.standard_normal(shape).astype(np.float32)


def activation(library: Any, name: str, shape: tuple[int, int]) -> Callable[[], float]:
    function = library.erf if name == "erf" else library.nn.functional.gelu
    x, gradient = library.tensor(_normal(*shape), requires_grad=True), library.tensor(_normal(*shape))

    def step() -> float:
        x.grad = None
        function(x).backward(gradient)
        return float(x.grad[0, 0])

    return step


def convolution(
    library: Any, n: int, c: int, o: int, kernel: int, size: int, stride: int, padding: int, groups: int
) -> Callable[[], float]:
    x = library.tensor(_normal(n, c, size, size), requires_grad=c > 1)
    w = library.tensor(_normal(o, c // groups, kernel, kernel), requires_grad=True)
    b = library.tensor(_normal(o), requires_grad=True)
    out = (size + 2 * padding - kernel) // stride + 1
    gradient = library.tensor(_normal(n, o, out, out))

    def step() -> float:
        x.grad = w.grad = b.grad = None
        y = library.nn.functional.conv2d(x, w, b, stride=stride, padding=padding, groups=groups)
        y.backward(gradient)
        return float(w.grad[0, 0, 0, 0])

    return step


def recurrent(
    library: Any, kind: str, inputs: int, hidden: int, steps: int, batch: int, layers: int, both: bool
) -> Callable[[], float]:
    layer = getattr(library.nn, kind)(inputs, hidden, layers, bidirectional=both)
    with library.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(library.tensor(_normal(*parameter.shape) / hidden**0.5))
    x, gradient = (
        library.tensor(_normal(steps, batch, inputs)),
        library.tensor(_normal(steps, batch, hidden * (1 + both))),
    )

    def step() -> float:
        layer.zero_grad()
        layer(x)[0].backward(gradient)
        return float(layer.weight_ih_l0.grad[0, 0])

    return step


def _started(library: str, make: Callable[..., Callable[[], float]], how: tuple[Any, ...]) -> Callable[[], float]:
    return make(importlib.import_module(library), *how)


_WORK: dict[str, tuple[Callable[..., Callable[[], float]], tuple[Any, ...]]] = {
    f"{name}, {shape[0]}×{shape[1]}": (activation, (name, shape)) for name in ("exact GELU", "erf") for shape in SIZES
}
_WORK |= {name: (convolution, how) for name, how in CONVOLUTIONS.items()}
_WORK |= {name: (recurrent, how) for name, how in RECURRENT.items()}

WORK = {
    work: {f"{library}: {work}": functools.partial(_started, library, *how) for library in ("edgewise", "torch")}
    for work, how in _WORK.items()
}
VARIANTS = {name: start for variants in WORK.values() for name, start in variants.items()}
