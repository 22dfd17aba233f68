"""Makes small example arrays, on which kernels are recorded for their formulas."""

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

_MOST_ELEMENTS = 2_000_000
"""The most elements of real arrays on which a kernel is recorded."""

_PRIMES = (11, 13, 17, 19, 23, 29, 31, 37)
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23)


@lru_cache(maxsize=256)
def example(shape: Shape, dtype: str) -> Any:
    """Makes an array that any operation accepts: indices are 0, matrices have an inverse."""
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
class ExampleShapes:
    """Shapes to record on, with matching parameters.

    With `has_distinct_sizes`, each size is a different prime, so that counts of elements can be recognised.
    """

    shapes: tuple[Shape, ...]
    params: dict[str, Any]
    has_distinct_sizes: bool


def example_shapes(shapes: list[Shape], params: dict[str, Any]) -> Iterator[tuple[ExampleShapes, ...]]:
    """Yields groups of shapes to record on instead of the real ones, the best first.

    A formula that is the same for both of a pair holds for all sizes. The first pair replaces each size, the second
    only the large ones, since windows must fit. The real sizes come last, alone.
    """
    sizes = sorted({size for shape in shapes for size in shape} - {1})
    rank = max(map(len, shapes), default=0)
    large = [size for size in sizes if size > 7]
    for replaced, has_distinct_sizes in ((sizes, True), (large, False)):
        if len(replaced) < len(_PRIMES) and (has_distinct_sizes or large):
            pair = []
            for later in (0, 1):
                primes = (_PRIMES if rank < 4 or not has_distinct_sizes else _SMALL_PRIMES)[later:]
                to = {**{size: size for size in (1, *sizes)}, **dict(zip(replaced, primes, strict=False))}
                pair.append(_with_sizes(shapes, params, to, has_distinct_sizes))
            yield tuple(pair)
    if sum(map(math.prod, shapes)) <= _MOST_ELEMENTS:
        yield (ExampleShapes(tuple(shapes), params, False),)


def _with_sizes(
    shapes: list[Shape], params: dict[str, Any], to: dict[int, int], has_distinct_sizes: bool
) -> ExampleShapes:
    new = tuple(tuple(to[size] for size in shape) for shape in shapes)
    return ExampleShapes(
        new, {name: _param_with_sizes(name, value, to) for name, value in params.items()}, has_distinct_sizes
    )


def _param_with_sizes(name: str, value: Any, to: dict[int, int]) -> Any:
    """Replaces the sizes in a parameter by those of the example."""
    if name == "size" and type(value) is int:
        return to.get(value, value)
    if name in ("shape", "size") and isinstance(value, tuple) and all(type(part) is int for part in value):
        return tuple(to.get(part, part) for part in value)
    return value


def element_counts(inputs: list[tuple[str, Shape]], params: dict[str, Any]) -> dict[float, Expression]:
    """Returns the numbers that are counts of elements, their inverses, or counts less one if there is a correction."""
    expressions: dict[float, Expression] = {}
    corrected = any(name in ("correction", "unbiased", "ddof") for name in params)
    for name, shape in inputs:
        for length in range(1, len(shape) + 1):
            for axes in combinations(range(len(shape)), length):
                size = math.prod(shape[axis] for axis in axes)
                if size == 1:
                    continue
                count = Expression("count", (None if length == len(shape) else axes, symbol(name)))
                expressions.setdefault(float(size), count)
                expressions.setdefault(1 / size, quotient(number(1), count))
                if corrected:
                    expressions.setdefault(float(size - 1), minus(count, number(1)))
    return expressions
