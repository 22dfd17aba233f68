"""A line to learn, and a short training."""

from __future__ import annotations

import edgewise as ew
from edgewise import nn
from edgewise.data import TensorDataset
from edgewise.optim import SGD


def squares():
    """A line to learn: y = 2 x - 1."""
    x = ew.linspace(-1, 1, 20).reshape(20, 1)
    return TensorDataset(x, 2 * x - 1)


def line():
    ew.manual_seed(0)
    return nn.Linear(1, 1)


def fit(model=None, data=None, **options):
    model = line() if model is None else model
    options = {"loss": nn.MSELoss(), "epochs": 1, "progress": False, **options}
    if "optimizer" not in options:
        options["optimizer"] = SGD(model.parameters(), lr=0.1)
    return ew.fit(model, squares() if data is None else data, **options)
