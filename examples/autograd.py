"""An autograd framework in a hundred lines: edges are data, nodes are operations, and gradients are computed once.

Run it: it trains a network on XOR. The course, docs/course/own-autograd.md, builds it piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Back = Callable[[Array], tuple[Array, ...]]


class Tensor:
    """An edge: its data, its gradient, and the node that made it, as its inputs and a function that sends back."""

    def __init__(self, data: Any, inputs: tuple[Tensor, ...] = (), back: Back | None = None) -> None:
        self.data = np.asarray(data, dtype=float)
        self.grad: Array | None = None
        self.inputs, self.back = inputs, back

    def receive(self, gradient: Array) -> None:
        """Adds a gradient from one use. Where the value was broadcast, its copies' gradients are summed."""
        while gradient.ndim > self.data.ndim:
            gradient = gradient.sum(axis=0)
        for axis, size in enumerate(self.data.shape):
            if size == 1 and gradient.shape[axis] > 1:
                gradient = gradient.sum(axis=axis, keepdims=True)
        self.grad = gradient if self.grad is None else self.grad + gradient

    def backward(self) -> None:
        """Sends gradients back through the graph: each node once, after all uses of its result."""
        order: list[Tensor] = []
        seen: set[int] = set()
        stack = [(self, False)]
        while stack:
            tensor, is_done = stack.pop()
            if is_done:
                order.append(tensor)
            elif id(tensor) not in seen:
                seen.add(id(tensor))
                stack.append((tensor, True))
                stack.extend((one, False) for one in tensor.inputs)
        self.receive(np.ones_like(self.data))
        for tensor in reversed(order):
            if tensor.back is not None and tensor.grad is not None:
                for one, gradient in zip(tensor.inputs, tensor.back(tensor.grad), strict=True):
                    one.receive(gradient)

    # Each operation: what it computes, and for each input the gradient that goes back to it.

    def __add__(self, other: Any) -> Tensor:
        other = as_tensor(other)
        return Tensor(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other: Any) -> Tensor:
        other = as_tensor(other)
        return Tensor(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def __matmul__(self, other: Tensor) -> Tensor:
        return Tensor(self.data @ other.data, (self, other), lambda g: (g @ other.data.T, self.data.T @ g))

    def __sub__(self, other: Any) -> Tensor:
        return self + as_tensor(other) * -1

    def tanh(self) -> Tensor:
        y = np.tanh(self.data)
        return Tensor(y, (self,), lambda g: (g * (1 - y * y),))

    def relu(self) -> Tensor:
        return Tensor(np.maximum(self.data, 0), (self,), lambda g: (g * (self.data > 0),))

    def mean(self) -> Tensor:
        share = 1 / self.data.size
        return Tensor(self.data.mean(), (self,), lambda g: (np.full(self.data.shape, g * share),))


def as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(value)


def train(steps: int = 500, rate: float = 0.2, seed: int = 0) -> list[float]:
    """Learns XOR with four hidden neurons, and returns the losses."""
    rng = np.random.default_rng(seed)
    x, t = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), Tensor([[0], [1], [1], [0]])
    parameters = W1, b1, W2, b2 = [Tensor(rng.normal(size=shape)) for shape in ((2, 4), (1, 4), (4, 1), (1, 1))]
    losses = []
    for _ in range(steps):
        for parameter in parameters:
            parameter.grad = None
        error = (x @ W1 + b1).tanh() @ W2 + b2 - t
        loss = (error * error).mean()
        loss.backward()
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.data -= rate * parameter.grad
        losses.append(float(loss.data))
    return losses


if __name__ == "__main__":
    losses = train()
    print(f"The loss falls from {losses[0]:.3f} to {losses[-1]:.6f}.")
