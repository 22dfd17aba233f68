"""Numbers: an array in a snapshot. A small one is whole, a large one a sample, statistics and a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..program.recorder import dtype_name

WHOLE = 4096
"""The most elements of an array that is kept whole."""

SAMPLE = 32
"""The most rows and columns of a sample."""

BINS = 40
"""The number of bins of a histogram."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of an array's elements; all but the counts are of the finite elements, in float64.

    Attributes
    ----------
    size, finite, nan, positive_infinity, negative_infinity, zeros:
        Counts of elements.
    smallest, largest, mean, deviation, norm:
        Of the finite elements; `deviation` is the population's standard deviation, `norm` the Euclidean norm. NaN if
        there are none; the norm of none is 0.
    bounds, counts:
        A histogram: `counts[i]` elements lie between `bounds[i]` and `bounds[i + 1]`.
    """

    size: int
    finite: int
    nan: int
    positive_infinity: int
    negative_infinity: int
    zeros: int
    smallest: float
    largest: float
    mean: float
    deviation: float
    norm: float
    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def nonfinite(self) -> list[tuple[int, str]]:
        """Returns how many elements are NaN, ∞ and −∞, without those that do not occur."""
        counts = ((self.nan, "NaN"), (self.positive_infinity, "∞"), (self.negative_infinity, "−∞"))
        return [(count, name) for count, name in counts if count]


class Numbers:
    """An array in a snapshot.

    `whole` is the array if it has at most :data:`WHOLE` elements, else None. `sample` is a 2-d excerpt for a heat map,
    `statistics` describe all elements. Both are computed when first read; until then a large array stays in memory.
    """

    __slots__ = ("_array", "_sample", "_statistics", "dtype", "shape")

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.shape = tuple(array.shape)
        self.dtype = dtype_name(array.dtype)
        self._array: np.ndarray[Any, Any] | None = array
        self._sample: np.ndarray[Any, Any] | None = None
        self._statistics: Statistics | None = None

    @classmethod
    def from_summary(
        cls, shape: tuple[int, ...], dtype: str, sample: np.ndarray[Any, Any], statistics: Statistics
    ) -> Numbers:
        """Makes the numbers of an array that no longer exists."""
        numbers = cls.__new__(cls)
        numbers.shape, numbers.dtype = shape, dtype
        numbers._array, numbers._sample, numbers._statistics = None, sample, statistics
        return numbers

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def whole(self) -> np.ndarray[Any, Any] | None:
        """The array itself if it is small."""
        array = self._array
        return array if array is not None and array.size <= WHOLE else None

    @property
    def array(self) -> np.ndarray[Any, Any] | None:
        """The full array; None once a large one was summarised."""
        return self._array

    @property
    def sample(self) -> np.ndarray[Any, Any]:
        """At most :data:`SAMPLE` × :data:`SAMPLE` elements, evenly spaced; leading axes are laid out as rows.

        Infinities and NaN between them take the nearest place.
        """
        self._summarise()
        assert self._sample is not None
        return self._sample

    @property
    def statistics(self) -> Statistics:
        """Counts, moments and histogram of all elements."""
        self._summarise()
        assert self._statistics is not None
        return self._statistics

    def item(self) -> float | int | bool:
        """Returns the only element as a Python number. Raises ValueError if there is not exactly one."""
        if self._array is None or self._array.size != 1:
            raise ValueError(f"an array of shape {self.shape} is no single number")
        number: float | int | bool = self._array.item()
        return number

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Numbers):
            return NotImplemented
        if (self.shape, self.dtype) != (other.shape, other.dtype):
            return False
        if self.whole is not None and other.whole is not None:
            return same_numbers(self.whole, other.whole)
        # By their texts, in which NaN equals NaN.
        return same_numbers(self.sample, other.sample) and repr(self.statistics) == repr(other.statistics)

    __hash__ = None  # type: ignore[assignment]

    def _summarise(self) -> None:
        if self._statistics is None:
            assert self._array is not None
            statistics = self._statistics = statistics_of(self._array)
            self._sample = sample_of(self._array)
            if statistics.finite < statistics.size:
                _include_nonfinite(self._sample, self._array)
            if self._array.size > WHOLE:
                self._array = None

    def __repr__(self) -> str:
        return f"Numbers({self.dtype}{list(self.shape)})"


def same_numbers(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Says whether two arrays hold the same numbers, with NaN in the same places."""
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def numpy_copy(array: Any) -> np.ndarray[Any, Any]:
    """Copies any library's array to NumPy. Elements repeated by broadcasting are copied once."""
    if not isinstance(array, np.ndarray):
        try:
            array = np.from_dlpack(array)
        except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
            array = np.asarray(array)
    if 0 in array.strides and array.size > 1:
        once = array[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in array.strides)]
        return np.broadcast_to(once.copy(), array.shape)
    copy: np.ndarray[Any, Any] = array.copy()
    return copy


def sample_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Copies evenly spaced elements into a table: a vector is one row, axes before the last two are stacked as rows."""
    columns = array.shape[-1] if array.ndim else 1
    table = array.reshape(-1, columns) if array.size else array.reshape(0, columns)
    rows = table if len(table) <= SAMPLE else table[_even_indices(len(table))]
    picked = rows if columns <= SAMPLE else rows[:, _even_indices(columns)]
    return picked.copy()


def _include_nonfinite(sample: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> None:
    """Puts each infinity, and then each NaN, into the nearest place of a sample."""
    table = array.reshape(-1, array.shape[-1] if array.ndim else 1)
    if table.shape == sample.shape:
        return
    for bad in (np.isinf(table), np.isnan(table)):
        rows, columns = np.nonzero(bad)
        at = [
            (index * ((few - 1) / max(1, many - 1))).round().astype(np.intp)
            for index, few, many in zip((rows, columns), sample.shape, table.shape, strict=True)
        ]
        sample[at[0], at[1]] = table[rows, columns]


def _even_indices(size: int) -> np.ndarray[Any, Any]:
    return np.linspace(0, size - 1, SAMPLE).round().astype(np.intp)


def statistics_of(array: np.ndarray[Any, Any]) -> Statistics:
    """Computes the statistics of any numeric or boolean array, also of an empty one."""
    numbers = array.astype(np.float64, copy=False).ravel()
    good = np.isfinite(numbers)
    finite = numbers if good.all() else numbers[good]
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        with np.errstate(over="ignore"):
            mean, deviation, norm = float(finite.mean()), float(finite.std()), float(np.linalg.norm(finite))
        width = high - low
        if width > 0 and math.isfinite(width):
            heights, edges = np.histogram(finite, BINS, (low, high))
            bounds, counts = tuple(edges.tolist()), tuple(heights.tolist())
        else:
            bounds, counts = (low, high), (finite.size,)
    else:
        low = high = mean = deviation = math.nan
        norm, bounds, counts = 0.0, (), ()
    return Statistics(
        size=numbers.size,
        finite=finite.size,
        nan=int(np.isnan(numbers).sum()),
        positive_infinity=int((numbers == math.inf).sum()),
        negative_infinity=int((numbers == -math.inf).sum()),
        zeros=int((finite == 0).sum()),
        smallest=low,
        largest=high,
        mean=mean,
        deviation=deviation,
        norm=norm,
        bounds=bounds,
        counts=counts,
    )
