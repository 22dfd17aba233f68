"""Tiny tensors: what an operation costs when there is next to nothing to compute."""

from __future__ import annotations

import numpy as np

TITLE = "A chain of tiny operations"
ABOUT = "`y = tanh(y * a + b)`, 34 times over on 3×3 float32, then `sum` and backward: 103 operations."
LINKS = 34
UNIT, UNITS = "µs an operation, forward and backward", 3 * LINKS + 1
THREADED = False
CHECKED, TOLERANCE = 1, 1e-4

_random = np.random.default_rng(0)
A, B, Y = (_random.uniform(0.5, 1.0, (3, 3)).astype(np.float32) for _ in range(3))


def edgewise():
    import edgewise as ew

    a, b, start = (ew.tensor(array, requires_grad=True) for array in (A, B, Y))
    return _like_torch(ew.tanh, a, b, start)


def torch():
    import torch

    a, b, start = (torch.tensor(array, requires_grad=True) for array in (A, B, Y))
    return _like_torch(torch.tanh, a, b, start)


def mygrad():
    import mygrad as mg

    a, b, start = (mg.tensor(array) for array in (A, B, Y))
    return _like_torch(mg.tanh, a, b, start)


def _like_torch(tanh, a, b, start):
    def step():
        a.grad = b.grad = start.grad = None
        y = start
        for _ in range(LINKS):
            y = tanh(y * a + b)
        loss = y.sum()
        loss.backward()
        return loss.item()

    def step_of_mygrad():
        y = start
        for _ in range(LINKS):
            y = tanh(y * a + b)
        loss = y.sum()
        loss.backward()
        return loss.item()

    return step_of_mygrad if type(a).__module__.startswith("mygrad") else step


def autograd():
    import autograd.numpy as np
    from autograd import value_and_grad

    def loss(parameters):
        a, b, y = parameters
        for _ in range(LINKS):
            y = np.tanh(y * a + b)
        return np.sum(y)

    run = value_and_grad(loss)
    return lambda: run((A, B, Y))[0]


VARIANTS = {"edgewise": edgewise, "torch": torch, "mygrad": mygrad, "autograd": autograd}
