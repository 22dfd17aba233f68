"""Small arrays on which kernels are recorded for their formulas, in place of the real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from .expression import Expression, minus, number, quotient, symbol

Shape = tuple[int, ...]

_LARGEST = 200_000
"""An example has at most so many elements; what can't be recorded on smaller ones is written by name."""

_PRIMES = (11, 13, 17, 19, 23, 29, 31, 37)
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23)


@lru_cache(maxsize=256)
def example(shape: Shape, dtype: str) -> Any:
    """An array that any operation can take: indices are 0, matrices have an inverse."""
    if dtype == "bool":
        return np.ones(shape, bool)
    if dtype.startswith(("int", "uint")):
        return np.zeros(shape, dtype)
    values = np.random.default_rng(0).uniform(0.2, 0.8, shape)
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        values = 0.05 * (values + np.swapaxes(values, -1, -2)) + np.eye(shape[-1])
    return values.astype(dtype)


def scalings(shapes: list[Shape], params: dict[str, Any]) -> Iterator[tuple[list[Shape], dict[str, Any], bool]]:
    """Shapes to record on, and parameters that go with them, the best first.

    True with shapes in which each size has a prime number of its own, so that numbers of elements are known where they
    occur. Shapes in which only large sizes are made small, and the real ones, follow.
    """
    sizes = sorted({size for shape in shapes for size in shape} - {1})
    rank = max(map(len, shapes), default=0)
    primes = _PRIMES if rank < 4 else _SMALL_PRIMES
    yield from _scaled(shapes, params, dict(zip(sizes, primes, strict=False)), True)
    large = dict(zip([size for size in sizes if size > 7], _PRIMES, strict=False))
    yield from _scaled(shapes, params, {**{size: size for size in sizes}, **large}, False)
    yield from _scaled(shapes, params, {size: size for size in sizes}, False)


def _scaled(
    shapes: list[Shape], params: dict[str, Any], to: dict[int, int], known: bool
) -> Iterator[tuple[list[Shape], dict[str, Any], bool]]:
    to = {1: 1, **to}
    if any(size not in to for shape in shapes for size in shape):
        return
    new = [tuple(to[size] for size in shape) for shape in shapes]
    if sum(map(math.prod, new)) <= _LARGEST:
        yield new, {name: _resized(name, value, to) for name, value in params.items()}, known


def _resized(name: str, value: Any, to: dict[int, int]) -> Any:
    """A parameter that says sizes, with those of the example."""
    if name == "size" and type(value) is int:
        return to.get(value, value)
    if name in ("shape", "size") and isinstance(value, tuple) and all(type(part) is int for part in value):
        return tuple(to.get(part, part) for part in value)
    return value


def counts(inputs: list[tuple[str, Shape]], params: dict[str, Any]) -> dict[float, Expression]:
    """Numbers that are numbers of elements, or one divided by them, or one less if there is a correction."""
    found: dict[float, Expression] = {}
    corrected = any(name in ("correction", "unbiased", "ddof") for name in params)
    for name, shape in inputs:
        for length in range(1, len(shape) + 1):
            for axes in combinations(range(len(shape)), length):
                size = math.prod(shape[axis] for axis in axes)
                if size == 1:
                    continue
                count = Expression("count", (None if length == len(shape) else axes, symbol(name)))
                found.setdefault(float(size), count)
                found.setdefault(1 / size, quotient(number(1), count))
                if corrected:
                    found.setdefault(float(size - 1), minus(count, number(1)))
    return found
