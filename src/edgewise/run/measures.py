"""Measures arrays during training, quickly, so that training hardly slows down."""

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
"""The columns of a row. A size of 0 means no measure. `from` and `to` are the ends of the histogram."""

BINS = 40

SAMPLED = 8192
"""The most elements that histograms and updates are computed from, evenly spaced."""

UPDATE = FIELDS.index("update")

Array = np.ndarray[Any, Any]


def as_numpy(array: Any) -> Array:
    """Converts any library's array to NumPy, without a copy if possible."""
    if isinstance(array, np.ndarray):
        return array
    try:
        shared: Array = np.from_dlpack(array)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
        shared = np.asarray(array)
    return shared


LEAST_SQUARE = 1e-28
"""Below it the sum of squares in 32 bits can have lost digits."""


def measure(array: Array, *, of_magnitudes: bool = False) -> tuple[Array, Array]:
    """Returns the measures of an array, and its histogram scaled so that the fullest bin has 255.

    With `of_magnitudes` the histogram is of log₁₀ |x| for x ≠ 0, since gradients vary by orders of magnitude.
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
            # Squares of large finite numbers overflow in a small type.
            flat = flat[finite].astype(np.float64)
            square = float(np.dot(flat, flat))
        elif square < LEAST_SQUARE:
            # Squares of small numbers, as of a vanishing gradient, underflow.
            flat = flat.astype(np.float64)
            square = float(np.dot(flat, flat))
        row[7:9] = nan, infinite
        if not flat.size:
            return row, counts
        low, high, mean = float(flat.min()), float(flat.max()), float(flat.mean(dtype=np.float64))
        variance = square / flat.size - mean * mean
        if variance < 1e-3 * mean * mean:  # the difference of two large numbers lost its digits
            variance = float(flat.var(dtype=np.float64))
        zeros = 1 - np.count_nonzero(flat != 0) / flat.size
        row[1:7] = math.sqrt(square), mean, math.sqrt(max(variance, 0)), low, high, zeros
        sample = sample_of(flat, array.shape).astype(np.float64)
        if of_magnitudes:
            sample = np.abs(sample)
            sample = np.log10(sample[sample > 0])
            if not sample.size:
                return row, counts
            low, high = float(sample.min()), float(sample.max())
    row[9:11] = low, high
    counts[:] = _histogram(sample, low, high)
    return row, counts


def sample_of(flat: Array, shape: tuple[int, ...]) -> Array:
    """Returns at most :data:`SAMPLED` elements, evenly spaced, and not all of one column."""
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


def relative_update(before: Array, after: Array) -> float:
    """Computes the relative size of an update: ‖after − before‖ / ‖before‖; NaN if `before` is 0."""
    with np.errstate(all="ignore"):
        change, size = float(np.linalg.norm(after - before)), float(np.linalg.norm(before))
    return change / size if size else math.nan
