"""What a run consists of: the tensors that it follows, frames of measures, and curves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..graph.errors import EdgewiseError
from .measures import BINS, FIELDS, Array

WHOLE = 256
"""Parameters of at most so many elements are kept as they are, beside what is measured of them."""

MOST_WHOLE = 4096
"""So many elements are kept of all parameters together."""

MOST_POINTS = 2048
"""A curve has at most so many points."""


METHODS = ("page", "save")
"""The methods of a run that write files."""


class RunError(EdgewiseError, ValueError):
    """A training of which nothing was seen, or that can't be shown."""


@dataclass
class Series:
    """A tensor that is followed.

    Attributes
    ----------
    kind:
        ``"parameter"``, or ``"output"`` of a module.
    model, name, module, type:
        Which model it belongs to; its dotted name; the path and the class of its module.
    shape:
        A parameter's; of an output that of the first batch seen.
    place:
        Where it comes in the model.
    row, gradient_row:
        Which rows of a frame are its values' and its gradient's; an output has no gradient.
    whole:
        Where in a frame's `whole` its elements are, if they are kept.
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
    """One step that was recorded.

    Attributes
    ----------
    step, seconds:
        Which one, counted from 1; when, after the watch began.
    rows, counts:
        What was measured: columns are :data:`FIELDS`; and the histograms.
    whole:
        The elements of small parameters, one after the other.
    rates:
        The learning rate of each optimiser.
    serial:
        Grows with each frame that is added or changed.
    """

    step: int
    seconds: float
    rows: Array
    counts: Array
    whole: Array
    rates: list[float]
    serial: int = 0

    def widened(self, rows: int, whole: int) -> Frame:
        """The same with room for series that came later."""
        if len(self.rows) == rows and len(self.whole) == whole:
            return self
        frame = blank(self.step, self.seconds, rows, whole)
        frame.rows[: len(self.rows)] = self.rows
        frame.counts[: len(self.counts)] = self.counts
        frame.whole[: len(self.whole)] = self.whole
        frame.rates, frame.serial = self.rates, self.serial
        return frame

    def filled(self, other: Frame) -> Frame:
        """This frame, and from another one what is missing here."""
        rows, whole = max(len(self.rows), len(other.rows)), max(len(self.whole), len(other.whole))
        first, second = self.widened(rows, whole), other.widened(rows, whole)
        missing = first.rows[:, :1] == 0
        rates = [
            theirs if math.isnan(own) else own
            for own, theirs in zip(_long(first.rates, second.rates), _long(second.rates, first.rates), strict=True)
        ]
        return Frame(
            first.step,
            first.seconds,
            np.where(missing, second.rows, first.rows),
            np.where(missing, second.counts, first.counts),
            np.where(np.isnan(first.whole), second.whole, first.whole),
            rates,
        )


def _long(values: list[float], other: list[float]) -> list[float]:
    return values + [math.nan] * (len(other) - len(values))


def blank(step: int, seconds: float, rows: int, whole: int) -> Frame:
    """A frame in which nothing was measured."""
    empty = np.full((rows, len(FIELDS)), math.nan, np.float32)
    empty[:, 0] = 0
    counts = np.zeros((rows, BINS), np.uint8)
    return Frame(step, seconds, empty, counts, np.full(whole, math.nan, np.float32), [])


@dataclass
class Curve:
    """Numbers over the steps. Of more than :data:`MOST_POINTS`, every two become one, their mean.

    Each of `points` is a step, and the mean of the `each` numbers up to it.
    """

    name: str
    points: list[tuple[int, float]] = field(default_factory=list)
    each: int = 1
    _waiting: list[float] = field(default_factory=list)

    def add(self, step: int, value: float) -> None:
        """Adds a number."""
        self._waiting.append(value)
        if len(self._waiting) < self.each:
            return
        self.points.append((step, _mean(self._waiting)))
        self._waiting = []
        if len(self.points) > MOST_POINTS:
            pairs = zip(self.points[0::2], self.points[1::2], strict=False)
            rest = [self.points[-1][1]] * (len(self.points) % 2)
            self.points = [(step, _mean([first, second])) for (_, first), (step, second) in pairs]
            self._waiting = rest * self.each
            self.each *= 2


def _mean(values: list[float]) -> float:
    wrong = next((value for value in values if not math.isfinite(value)), None)
    return wrong if wrong is not None else sum(value / len(values) for value in values)
