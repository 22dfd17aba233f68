"""Sizes of kernels, strides and the like: one number, or one for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Sizes: TypeAlias = int | Sequence[int]


def sizes(kind: str, name: str, given: Sizes, n: int) -> Any:
    """A tuple of `given` for each of `n` axes. Raises ValueError if it is for another number of them."""
    if isinstance(given, int):
        return (given,) * n
    result = tuple(given)
    if len(result) != n:
        raise ValueError(f"{kind}: {name} is one number or {n}, not {given!r}")
    return result
