"""Random orders."""

from __future__ import annotations

from typing import Any

from ..ops.random import Generator, randperm, source


def check_generator(where: str, generator: Any) -> None:
    """Raises TypeError unless this is a source of random numbers."""
    try:
        source(generator)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


def permutation(size: int, generator: Generator | None = None) -> Any:
    """Returns the numbers below `size` in a random order, as a NumPy array."""
    return randperm(size, generator=generator).numpy()
