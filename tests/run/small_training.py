"""A small network, and steps of its training."""

from __future__ import annotations

import numpy as np

import edgewise as ew
from edgewise import nn, optim


def small():
    ew.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))


X, T = ew.tensor(np.linspace(-1, 1, 20).reshape(5, 4)), ew.tensor(np.ones((5, 1)))


def step(model, optimizer, x=X):
    loss = nn.functional.mse_loss(model(x), T)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def trained(steps=6, every=1, **options):
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1, **options)
    with ew.watch(model, every=every) as watch:
        losses = [step(model, optimizer) for _ in range(steps)]
    return watch, losses
