"""Runs to be shown."""

from __future__ import annotations

from typing import Any

import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.run import RunWatch


class Training:
    """A small classifier that learns."""

    def __init__(self) -> None:
        ew.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
        self.optimiser = optim.SGD(self.model.parameters(), lr=0.1)
        self.x, self.t = ew.randn(12, 4), ew.randint(0, 3, (12,))

    def steps(self, count: int) -> None:
        """Takes steps."""
        for _ in range(count):
            self.optimiser.zero_grad()
            nn.functional.cross_entropy(self.model(self.x), self.t).backward()
            self.optimiser.step()


@pytest.fixture
def training() -> Training:
    """One that has not begun."""
    return Training()


@pytest.fixture
def watched(training: Training) -> RunWatch:
    """A run of 20 steps."""
    with ew.watch(training.model, every=1) as watch:
        training.steps(20)
    found: Any = watch
    return found
