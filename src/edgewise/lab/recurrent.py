"""A recurrent network that reads digits row by row, and gradient descent with clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn
from ..graph.arrays import Array, Namespace
from ..nn import functional as F
from ..nn.module import Module
from ..optim import Optimizer
from ..tensor import tensor
from .networks import activation_of
from .trials import Batch, norm

TIMES = 8
"""A digit is read row by row: so many time steps."""
WIDTH = 16


class Recurrent(Module):
    """h_t = activation(U x_t + b + s · h_(t-1) W), unrolled over time, and a linear layer after the last one.

    W is orthogonal, so all its eigenvalues have size 1, and s is the size of those of s · W.
    """

    def __init__(self, activation: str, eigenvalue: float) -> None:
        super().__init__()
        self.input = nn.Linear(8, WIDTH)
        self.W = nn.Parameter(nn.init.orthogonal_(tensor(np.zeros((WIDTH, WIDTH), np.float32))))
        self.output = nn.Linear(WIDTH, 10)
        self.activation = activation_of(activation)
        self.eigenvalue = tensor(float(eigenvalue))
        self.states: list[Any] = []

    def forward(self, x: Any) -> Any:
        """Returns the output after the last time step, and keeps the states."""
        h = self.activation(self.input(x[:, 0]))
        self.states = [h]
        for time in range(1, TIMES):
            h = self.activation(self.input(x[:, time]) + h @ (self.eigenvalue * self.W))
            self.states.append(h)
        return self.output(h)

    def gradients(self, batch: Batch) -> list[float]:
        """Returns the norm of the gradient at the state of each time step, over that at the last one."""
        x, t = batch
        y = self(x)
        for state in self.states:
            state.retain_grad()
        F.cross_entropy(y, t).backward()
        self.zero_grad()
        norms = [norm(state.grad) for state in self.states]
        return [one / norms[-1] if norms[-1] else 0.0 for one in norms]


class ClippedSGD(Optimizer):
    """Gradient descent that shortens the gradient of a parameter to `most`, if it is longer."""

    def __init__(self, params: Any, lr: float, most: float) -> None:
        super().__init__(params, {"lr": lr, "most": most})

    def _start(self, xp: Namespace, p: Array, group: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def _advance(self, xp: Namespace, p: Array, g: Array, state: Any, group: dict[str, Any]) -> Array:  # noqa: ARG002
        length = xp.sqrt(xp.sum(g * g))
        return p - group["lr"] * (g * xp.minimum(1.0, group["most"] / length))
