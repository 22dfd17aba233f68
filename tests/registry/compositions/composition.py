"""What an entry of the registry of compositions is, and how its cases combine parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from ..entries import Case, normal, some

DEFAULT: Any = object()
"""A choice of a parameter: it is not given."""


@dataclass
class Composition:
    """A function of tensors, and its definition in NumPy, which takes the same arguments."""

    function: Callable[..., Any]
    reference: Callable[..., Any]
    cases: list[Case]
    # The arguments whose gradient is none, or 0, whatever differences say, by their names or places.
    still: tuple[int | str, ...] = ()
    # How many of several results gradients come from; all if not given.
    flowing: int | None = None
    # The gradients for (result's gradient, *inputs, **params), one for each float array; differences if not given.
    gradients: Callable[..., Any] | None = None
    # The dtype of the result, where it is not that of the inputs.
    dtype: str | None = None
    # The layer that computes the same: its result for (inputs, params), or None where there is none.
    layer: Callable[..., Any] | None = None


def constructed(kind: Callable[..., Any]) -> Callable[..., Any]:
    """A layer that is constructed with the parameters and called with the inputs."""
    return lambda inputs, params: kind(**params)(*inputs)


def pairwise(allowed: Callable[..., bool] | None = None, **choices: Any) -> list[dict[str, Any]]:
    """Few combinations of choices in which every allowed pair of two choices occurs."""
    names = list(choices)
    rows: list[tuple[dict[str, Any], int]] = []
    numbers: dict[Any, int] = {}  # each pair of choices has a bit
    for places in product(*(range(len(choices[name])) for name in names)):
        given = list(zip(names, places, strict=True))
        row = {name: choices[name][i] for name, i in given if choices[name][i] is not DEFAULT}
        if allowed is None or allowed(**row):
            pairs = list(combinations(given, 2)) if len(given) > 1 else given
            rows.append((row, sum(1 << numbers.setdefault(pair, len(numbers)) for pair in pairs)))
    found, covered = [], 0
    while True:
        rows = [(row, pairs) for row, pairs in rows if pairs & ~covered]
        if not rows:
            return found
        row, pairs = max(rows, key=lambda each: (each[1] & ~covered).bit_count())
        covered |= pairs
        found.append(row)


def varied(make: Callable[..., Case], allowed: Callable[..., bool] | None = None, **choices: Any) -> list[Case]:
    """The cases that `make` makes of pairwise combined choices."""
    return [make(**row) for row in pairwise(allowed, **choices)]


def uses(*cases: tuple[Any, ...]) -> list[Case]:
    """Cases of (inputs, params)."""
    return [Case(inputs, params) for inputs, params in cases]


def sampled(*shapes: tuple[int, ...], samples: Any = normal, **params: Any) -> Case:
    """Inputs of these shapes, each drawn from its sample."""
    drawn = samples if isinstance(samples, tuple) else (samples,) * len(shapes)
    return Case(
        tuple(some(*shape, sample=sample, seed=i) for i, (shape, sample) in enumerate(zip(shapes, drawn, strict=True))),
        params,
    )


def arrays(case: Case) -> list[tuple[int | str, Any]]:
    """The float arrays among a case's inputs and parameters, each with the argument that it is or belongs to."""
    found: list[tuple[int | str, Any]] = []

    def look(argument: int | str, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            found.append((argument, value))
        elif isinstance(value, (tuple, list)):
            for part in value:
                look(argument, part)

    for i, value in enumerate(case.inputs):
        look(i, value)
    for name, value in case.params.items():
        look(name, value)
    return found


def changed(case: Case, change: Callable[[Any], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs and parameters, with each array replaced by what `change` makes of it."""

    def of(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return change(value)
        return type(value)(map(of, value)) if isinstance(value, (tuple, list)) else value

    return tuple(map(of, case.inputs)), {name: of(value) for name, value in case.params.items()}
