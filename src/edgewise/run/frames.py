"""The parts of a run: tensors that it follows, frames of measures, and curves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..graph.errors import EdgewiseError
from .measures import BINS, FIELDS, Array

WHOLE = 256
"""The most elements of a parameter whose elements are recorded beside its measures."""

MOST_WHOLE = 4096
"""The most elements that are recorded of all parameters together."""

MOST_POINTS = 2048
"""The most points of a curve."""

WRITING_METHODS = ("page", "save")
"""The methods of a run that write files."""


class RunError(EdgewiseError, ValueError):
    """Raised for a training of which nothing was recorded, or that can't be shown."""


@dataclass
class Series:
    """A tensor that the run follows.

    Attributes
    ----------
    kind:
        ``"parameter"``, or ``"output"`` of a module.
    model, name, module, type:
        Its model, its dotted name, and the path and the class of its module.
    shape:
        The parameter's shape, or the output's for the first batch.
    place:
        Its position in the model, by which series are sorted.
    row, gradient_row:
        The rows of a frame for its values and its gradient; an output has no gradient.
    whole:
        The start and number of its elements in a frame's `whole`, if they are recorded.
    """

    kind: str
    model: str
    name: str
    module: str
    type: str
    shape: tuple[int, ...]
    place: tuple[int, ...]
    row: int
    gradient_row: int | None = None
    whole: tuple[int, int] | None = None


@dataclass
class Frame:
    """The record of one step.

    Attributes
    ----------
    step, seconds:
        Its number, counted from 1, and its time since the watch began.
    rows, counts:
        The measures, with the columns :data:`FIELDS`, and the histograms.
    whole:
        The elements of small parameters, joined.
    rates:
        The learning rate of each optimiser.
    serial:
        A number that grows with each frame that is added or changed.
    """

    step: int
    seconds: float
    rows: Array
    counts: Array
    whole: Array
    rates: list[float]
    serial: int = 0

    def with_size(self, rows: int, whole: int) -> Frame:
        """Returns the frame with empty rows for series that were added later."""
        if len(self.rows) == rows and len(self.whole) == whole:
            return self
        frame = empty_frame(self.step, self.seconds, rows, whole)
        frame.rows[: len(self.rows)] = self.rows
        frame.counts[: len(self.counts)] = self.counts
        frame.whole[: len(self.whole)] = self.whole
        frame.rates, frame.serial = self.rates, self.serial
        return frame

    def merged_with(self, other: Frame) -> Frame:
        """Returns this frame with its gaps filled from another one."""
        rows, whole = max(len(self.rows), len(other.rows)), max(len(self.whole), len(other.whole))
        first, second = self.with_size(rows, whole), other.with_size(rows, whole)
        missing = first.rows[:, :1] == 0
        rates = [
            theirs if math.isnan(own) else own
            for own, theirs in zip(_pad(first.rates, second.rates), _pad(second.rates, first.rates), strict=True)
        ]
        return Frame(
            first.step,
            first.seconds,
            np.where(missing, second.rows, first.rows),
            np.where(missing, second.counts, first.counts),
            np.where(np.isnan(first.whole), second.whole, first.whole),
            rates,
        )


def _pad(values: list[float], other: list[float]) -> list[float]:
    return values + [math.nan] * (len(other) - len(values))


def empty_frame(step: int, seconds: float, rows: int, whole: int) -> Frame:
    """Makes a frame without measures."""
    empty = np.full((rows, len(FIELDS)), math.nan, np.float32)
    empty[:, 0] = 0
    counts = np.zeros((rows, BINS), np.uint8)
    return Frame(step, seconds, empty, counts, np.full(whole, math.nan, np.float32), [])


@dataclass
class Curve:
    """Numbers over the steps. Above :data:`MOST_POINTS` points, each pair is replaced by its mean.

    Each of `points` is a step, and the mean of the last `steps_per_point` numbers up to it.
    """

    name: str
    points: list[tuple[int, float]] = field(default_factory=list)
    steps_per_point: int = 1
    _pending: list[float] = field(default_factory=list)

    def add(self, step: int, value: float) -> None:
        """Adds a number."""
        self._pending.append(value)
        if len(self._pending) < self.steps_per_point:
            return
        self.points.append((step, _mean(self._pending)))
        self._pending = []
        if len(self.points) > MOST_POINTS:
            pairs = zip(self.points[0::2], self.points[1::2], strict=False)
            rest = [self.points[-1][1]] * (len(self.points) % 2)
            self.points = [(step, _mean([first, second])) for (_, first), (step, second) in pairs]
            self._pending = rest * self.steps_per_point
            self.steps_per_point *= 2


def _mean(values: list[float]) -> float:
    wrong = next((value for value in values if not math.isfinite(value)), None)
    return wrong if wrong is not None else sum(value / len(values) for value in values)
