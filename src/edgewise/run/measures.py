"""What is measured of an array while it is trained: quickly, so that training goes on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FIELDS = (
    "size",
    "norm",
    "mean",
    "deviation",
    "low",
    "high",
    "zeros",
    "nan",
    "infinite",
    "from",
    "to",
    "update",
)
"""The columns of a row. Without a size nothing was measured. `from` and `to` are the ends of the histogram."""

BINS = 40

SAMPLED = 8192
"""Histograms and updates are those of so many elements, evenly spaced, where an array has more."""

UPDATE = FIELDS.index("update")

Array = np.ndarray[Any, Any]


def as_numpy(array: Any) -> Array:
    """Any library's array as one of NumPy's, without a copy where that is possible."""
    if isinstance(array, np.ndarray):
        return array
    try:
        shared: Array = np.from_dlpack(array)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
        shared = np.asarray(array)
    return shared


TINY = 1e-28
"""Below it the sum of squares in 32 bits may have lost some."""


def measure(array: Array, *, of_sizes: bool = False) -> tuple[Array, Array]:
    """The row of an array, and its histogram in numbers from 0 to 255, the fullest bin having 255.

    With `of_sizes` the histogram is that of log₁₀ |x| where x is not 0: gradients shrink by orders of magnitude.
    """
    row = np.full(len(FIELDS), math.nan, np.float32)
    counts = np.zeros(BINS, np.uint8)
    row[0] = array.size
    if not array.size:
        return row, counts
    flat = array.reshape(-1)
    if flat.dtype not in (np.float32, np.float64):
        flat = flat.astype(np.float32)
    nan = infinite = 0
    with np.errstate(all="ignore"):
        square = float(np.dot(flat, flat))
        if not math.isfinite(square):
            finite = np.isfinite(flat)
            nan = int(np.isnan(flat).sum())
            infinite = flat.size - int(finite.sum()) - nan
            # Large numbers in a small type overflow when they are squared, though none of them is infinite.
            flat = flat[finite].astype(np.float64)
            square = float(np.dot(flat, flat))
        elif square < TINY:
            # Nor do small ones vanish, as those of a gradient that does.
            flat = flat.astype(np.float64)
            square = float(np.dot(flat, flat))
        row[7:9] = nan, infinite
        if not flat.size:
            return row, counts
        low, high, mean = float(flat.min()), float(flat.max()), float(flat.mean(dtype=np.float64))
        variance = square / flat.size - mean * mean
        if variance < 1e-3 * mean * mean:  # little is left of a difference of two large numbers
            variance = float(flat.var(dtype=np.float64))
        zeros = 1 - np.count_nonzero(flat != 0) / flat.size
        row[1:7] = math.sqrt(square), mean, math.sqrt(max(variance, 0)), low, high, zeros
        sample = sampled(flat, array.shape).astype(np.float64)
        if of_sizes:
            sample = np.abs(sample)
            sample = np.log10(sample[sample > 0])
            if not sample.size:
                return row, counts
            low, high = float(sample.min()), float(sample.max())
    row[9:11] = low, high
    counts[:] = _histogram(sample, low, high)
    return row, counts


def sampled(flat: Array, shape: tuple[int, ...]) -> Array:
    """At most :data:`SAMPLED` elements, evenly spaced, and not all of one column."""
    step = max(1, -(-flat.size // SAMPLED))
    columns = shape[-1] if shape else 1
    while step > 1 and math.gcd(step, columns) > 1:
        step += 1
    return flat[::step]


def _histogram(sample: Array, low: float, high: float) -> Array:
    if not high > low:
        places = np.zeros(sample.size, np.intp)
    else:
        places = ((sample - low) * (BINS / (high - low))).astype(np.intp)
        np.minimum(places, BINS - 1, out=places)
    counts = np.bincount(places, minlength=BINS)
    most = counts.max(initial=1)
    return np.asarray(-(-counts * 255 // most), np.uint8)


def update_size(before: Array, after: Array) -> float:
    """The size of an update beside that of what it changes: ‖after − before‖ / ‖before‖; NaN if there was nothing."""
    with np.errstate(all="ignore"):
        change, size = float(np.linalg.norm(after - before)), float(np.linalg.norm(before))
    return change / size if size else math.nan
