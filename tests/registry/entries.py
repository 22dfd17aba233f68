"""An entry for every operation: sampled inputs, and a reference in NumPy that shares no code with the operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

Sample = Callable[[np.random.Generator, tuple[int, ...]], Any]


@dataclass
class Case:
    """Inputs and parameters of one use of an operation."""

    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inputs = tuple(np.asarray(x) if isinstance(x, np.generic) else x for x in self.inputs)


@dataclass
class Entry:
    """Where an operation is tried, and what it should give there."""

    reference: Callable[..., Any]
    cases: list[Case]
    smooth: bool = True  # whether second derivatives are compared with differences too
    symmetric: bool = False  # whether the inputs are symmetric matrices, and must stay so


# What inputs are drawn from ------------------------------------------------------------------------------------------


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Any numbers, none near 0, where some operations have a kink."""
    x = rng.normal(size=shape)
    return x + np.where(x < 0, -0.1, 0.1)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.4, 2.5, shape)


def unit(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.1, 0.8, shape) * rng.choice([-1, 1], shape)


def chance(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.1, 0.9, shape)


def above_one(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(1.2, 3.0, shape)


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """No two equal, so that no maximum is tied."""
    count = math.prod(shape)
    return (rng.permutation(count).reshape(shape) - count / 2 + 0.3) * 0.37


def between(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Away from whole numbers and from halves."""
    return rng.integers(-3, 3, shape) + rng.choice([0.2, 0.3, 0.7, 0.8], shape)


def integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 7, shape)


def bools(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 2, shape).astype(bool)


# Shapes, by kind of operation ----------------------------------------------------------------------------------------

SHAPES = ((), (1,), (2, 3), (0, 2))
PAIRS = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((1,), (2, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((0, 3), (3,)),
)


def _rng(*key: Any) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, repr(key))))


def unary(reference: Any, sample: Sample = normal, smooth: bool = True, **params: Any) -> Entry:
    return Entry(reference, [Case((sample(_rng(s, params), s),), params) for s in SHAPES], smooth)


def binary(reference: Any, a: Sample = normal, b: Sample | None = None, smooth: bool = True) -> Entry:
    return Entry(reference, [Case((a(_rng(s, 0), s), (b or a)(_rng(t, 1), t))) for s, t in PAIRS], smooth)


def reduction(reference: Any, sample: Sample = normal, smooth: bool = True, **more: Iterable[Any]) -> Entry:
    """Over every kind of axes, with and without keepdims, and over nothing and a 0-d array where that has a meaning."""
    cases = []
    shape = (2, 3, 2)
    for axis, keepdims in product((None, 0, -1, (0, 2)), (False, True)):
        for values in product(*more.values()):
            params = {"axis": axis, "keepdims": keepdims, **dict(zip(more, values, strict=True))}
            cases.append(Case((sample(_rng(shape, axis), shape),), params))
    return Entry(reference, cases, smooth)


def at_axes(reference: Any, sample: Sample = normal, smooth: bool = True, **params: Any) -> Entry:
    """Along each of several axes, counted from the front."""
    shape = (2, 3, 2)
    return Entry(reference, [Case((sample(_rng(shape, a), shape),), {"axis": a, **params}) for a in (0, 1, 2)], smooth)


def explicit(
    reference: Any, *cases: tuple[tuple[Any, ...], dict[str, Any]], smooth: bool = True, symmetric: bool = False
) -> Entry:
    return Entry(reference, [Case(inputs, params) for inputs, params in cases], smooth, symmetric)


def some(*shape: int, sample: Sample = normal, seed: int = 0) -> Any:
    """One sampled array."""
    return sample(_rng(shape, seed), shape)
