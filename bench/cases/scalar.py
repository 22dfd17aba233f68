"""The article's scalar network: a step of gradient descent on six numbers."""

from __future__ import annotations

TITLE = "The scalar network"
ABOUT = "`|W2 · relu(W1 · x + b1) + b2 − t|` on 0-d tensors: forward, backward and `W ← W − η ∂L/∂W` on four numbers."
UNIT, UNITS = "µs a step", 1
THREADED = False
CHECKED, TOLERANCE = 8, 1e-4

X, T, ETA = 1.5, 40.0, 1e-4
START = (0.8, -0.2, 0.5, 0.1)


def edgewise():
    import edgewise as ew

    W1, b1, W2, b2 = parameters = [ew.tensor(value, requires_grad=True) for value in START]
    x, t = ew.tensor(X), ew.tensor(T)

    def step():
        loss = (ew.relu(x * W1 + b1) * W2 + b2 - t).abs()
        loss.backward()
        with ew.no_grad():
            for parameter in parameters:
                parameter -= ETA * parameter.grad
                parameter.grad = None
        return loss.item()

    return step


def torch():
    import torch

    W1, b1, W2, b2 = parameters = [torch.tensor(value, requires_grad=True) for value in START]
    x, t = torch.tensor(X), torch.tensor(T)

    def step():
        loss = (torch.relu(x * W1 + b1) * W2 + b2 - t).abs()
        loss.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter -= ETA * parameter.grad
                parameter.grad = None
        return loss.item()

    return step


def micrograd():
    from micrograd.engine import Value

    W1, b1, W2, b2 = parameters = [Value(value) for value in START]

    def step():
        error = (X * W1 + b1).relu() * W2 + b2 - T
        loss = error.relu() + (-error).relu()
        for parameter in parameters:
            parameter.grad = 0
        loss.backward()
        for parameter in parameters:
            parameter.data -= ETA * parameter.grad
        return loss.data

    return step


def mygrad():
    import mygrad as mg
    from mygrad.nnet import relu

    arrays = list(START)

    def step():
        W1, b1, W2, b2 = parameters = [mg.tensor(value) for value in arrays]
        loss = mg.abs(relu(X * W1 + b1) * W2 + b2 - T)
        loss.backward()
        arrays[:] = [parameter.item() - ETA * parameter.grad.item() for parameter in parameters]
        return loss.item()

    return step


def autograd():
    import autograd.numpy as np
    from autograd import value_and_grad

    def loss(parameters):
        W1, b1, W2, b2 = parameters
        return np.abs(np.maximum(X * W1 + b1, 0.0) * W2 + b2 - T)

    run = value_and_grad(loss)
    values = list(START)

    def step():
        value, gradients = run(values)
        values[:] = [a - ETA * g for a, g in zip(values, gradients, strict=True)]
        return value

    return step


VARIANTS = {"edgewise": edgewise, "torch": torch, "micrograd": micrograd, "mygrad": mygrad, "autograd": autograd}
