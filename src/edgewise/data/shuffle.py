"""Random orders."""

from __future__ import annotations

from typing import Any

from ..ops.random import Generator, randperm


def permutation(size: int, generator: Generator | None = None) -> Any:
    """The numbers below `size` in a random order, as a NumPy array."""
    return randperm(size, generator=generator).numpy()
