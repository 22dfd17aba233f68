"""The registry of functions composed of others: how each is tried, and its definition in NumPy."""

from . import losses, margins, normalisations, pooling

COMPOSITIONS = [*losses.COMPOSITIONS, *margins.COMPOSITIONS, *pooling.COMPOSITIONS, *normalisations.COMPOSITIONS]
