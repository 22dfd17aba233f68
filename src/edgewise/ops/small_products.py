"""Products of stacks of matrices in pieces, where matrices have few rows.

BLAS first copies its operands into an order of its own, which takes as long as the multiplications where these are few
for each element. OpenBLAS makes products of at most a million multiplications without such copies on processors with
vectors of 512 bits, twice as fast. Elsewhere pieces take no longer than the whole.
"""

from __future__ import annotations

from ..graph.arrays import Array, Namespace

_MOST = 10**6
"""So many multiplications are a small product."""

_WIDE = 64
NARROW = 32
"""Columns of a piece: whole vectors of a processor."""


def are_small(rows: int, deep: int) -> bool:
    """Returns whether pieces of a product of matrices (rows, deep) and (deep, columns) can be small enough."""
    return rows * deep * NARROW <= _MOST


def multiply(xp: Namespace, a: Array, b: Array, out: Array) -> None:
    """Writes the product of stacks of matrices into `out`."""
    (rows, deep), columns = a.shape[-2:], b.shape[-1]
    wide = columns
    if rows * deep * columns > _MOST and are_small(rows, deep):
        wide = _WIDE if rows * deep * _WIDE <= _MOST else NARROW
    for first in range(0, columns, wide):
        some = slice(first, first + wide)
        xp.matmul(a, b[..., some], out=out[..., some])
