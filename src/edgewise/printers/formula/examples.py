"""Small arrays on which kernels are recorded for their formulas, in place of the real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from .expression import Expression, minus, number, quotient, symbol

Shape = tuple[int, ...]

_LARGEST = 2_000_000
"""Real shapes of more elements than this are not recorded; what depends on sizes is then written by name."""

_PRIMES = (11, 13, 17, 19, 23, 29, 31, 37)
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23)


@lru_cache(maxsize=256)
def example(shape: Shape, dtype: str) -> Any:
    """An array that any operation can take: indices are 0, matrices have an inverse."""
    if dtype == "bool":
        return np.ones(shape, bool)
    if dtype.startswith(("int", "uint")):
        return np.zeros(shape, dtype)
    if math.prod(shape) > 50_000:
        return np.broadcast_to(np.asarray(0.5, dtype), shape)
    values = np.random.default_rng(0).uniform(0.2, 0.8, shape)
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        values = 0.05 * (values + np.swapaxes(values, -1, -2)) + np.eye(shape[-1])
    return values.astype(dtype)


@dataclass(frozen=True)
class Scaling:
    """Shapes to record on, and the parameters that go with them.

    `counted` says that each size is a prime number of its own, so that numbers of elements are known where they occur.
    """

    shapes: tuple[Shape, ...]
    params: dict[str, Any]
    counted: bool


def scalings(shapes: list[Shape], params: dict[str, Any]) -> Iterator[tuple[Scaling, ...]]:
    """Shapes to record on in place of these, the best first.

    They come in pairs: a formula that is the same for both holds for all sizes. First each size is replaced, then only
    large ones, as windows must fit. The real sizes come last, alone.
    """
    sizes = sorted({size for shape in shapes for size in shape} - {1})
    rank = max(map(len, shapes), default=0)
    large = [size for size in sizes if size > 7]
    for replaced, counted in ((sizes, True), (large, False)):
        if len(replaced) < len(_PRIMES) and (counted or large):
            pair = []
            for later in (0, 1):
                primes = (_PRIMES if rank < 4 or not counted else _SMALL_PRIMES)[later:]
                to = {**{size: size for size in (1, *sizes)}, **dict(zip(replaced, primes, strict=False))}
                pair.append(_scaled(shapes, params, to, counted))
            yield tuple(pair)
    if sum(map(math.prod, shapes)) <= _LARGEST:
        yield (Scaling(tuple(shapes), params, False),)


def _scaled(shapes: list[Shape], params: dict[str, Any], to: dict[int, int], counted: bool) -> Scaling:
    new = tuple(tuple(to[size] for size in shape) for shape in shapes)
    return Scaling(new, {name: _resized(name, value, to) for name, value in params.items()}, counted)


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
