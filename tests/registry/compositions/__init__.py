"""The registry of functions composed of others: how each is tried, and its definition in NumPy."""

from . import (
    activations,
    algebra,
    arrangements,
    elements,
    images,
    losses,
    margins,
    normalisations,
    picking,
    pooling,
    statistics,
)

COMPOSITIONS = [
    *activations.COMPOSITIONS,
    *algebra.COMPOSITIONS,
    *arrangements.COMPOSITIONS,
    *elements.COMPOSITIONS,
    *images.COMPOSITIONS,
    *losses.COMPOSITIONS,
    *margins.COMPOSITIONS,
    *picking.COMPOSITIONS,
    *statistics.COMPOSITIONS,
    *pooling.COMPOSITIONS,
    *normalisations.COMPOSITIONS,
]
