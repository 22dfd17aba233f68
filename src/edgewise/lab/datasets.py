"""Points of a plane in two classes, to be told apart: small data sets that are made at random, with NumPy only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Made = tuple[Any, Any]

TURNS = 1.5
"""How often each arm of the spiral goes round."""


def _moons(generator: np.random.Generator, classes: Any) -> Any:
    angle = generator.uniform(0, np.pi, len(classes))
    x, y = np.cos(angle) - 0.5, np.sin(angle) - 0.25
    return np.where(classes == 0, (x, y), (-x, -y))


def _circles(generator: np.random.Generator, classes: Any) -> Any:
    angle = generator.uniform(0, 2 * np.pi, len(classes))
    return np.where(classes == 0, 1.2, 0.5) * (np.cos(angle), np.sin(angle))


def _clouds(generator: np.random.Generator, classes: Any) -> Any:
    middle = np.where(classes == 0, -0.7, 0.7)
    return middle + 0.3 * generator.normal(size=(2, len(classes)))


def _xor(generator: np.random.Generator, classes: Any) -> Any:
    x, y = generator.uniform(0.1, 1, (2, len(classes)))
    sign = generator.choice([-1, 1], len(classes))
    return sign * x, np.where(classes == 0, sign, -sign) * y


def _spiral(generator: np.random.Generator, classes: Any) -> Any:
    # The root spreads the points evenly along the arms.
    radius = 1.2 * np.sqrt(generator.uniform(0.02, 1, len(classes)))
    angle = 2 * np.pi * TURNS * radius / 1.2 + np.pi * classes
    return radius * np.cos(angle), radius * np.sin(angle)


DATASETS: dict[str, Callable[[np.random.Generator, Any], Any]] = {
    "moons": _moons,
    "circles": _circles,
    "clouds": _clouds,
    "xor": _xor,
    "spiral": _spiral,
}
"""What makes the points of each data set, as (2, n) coordinates for the class of each."""


def points(name: str, count: int = 256, *, noise: float = 0.1, seed: int = 0) -> Made:
    """Returns (count, 2) points in float32 from about -1.5 to 1.5, and their classes, 0 and 1 in turn.

    Parameters
    ----------
    name:
        ``"moons"``, two half circles in each other; ``"circles"``, one around the other; ``"clouds"``, two heaps that
        a line parts; ``"xor"``, opposite quarters; ``"spiral"``, two arms that go round each other.
    count:
        How many.
    noise:
        The standard deviation of what is added to each coordinate.
    seed:
        Of the random numbers. Points of one seed are the same on every machine.

    Raises
    ------
    ValueError
        If there is no such data set, the count is not positive, or the noise is negative.
    """
    make = DATASETS.get(name)
    if make is None:
        raise ValueError(f"points must be one of {', '.join(DATASETS)}, not {name!r}")
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    if not noise >= 0:
        raise ValueError(f"noise must be 0 or more, not {noise}")
    generator = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    made = np.stack(make(generator, classes), axis=1)
    made = made + noise * generator.normal(size=made.shape)
    return made.astype(np.float32), classes
