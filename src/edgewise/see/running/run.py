"""A run: what was recorded of a training, in bounded memory."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...graph.errors import EdgewiseError
from ..files import check_kind
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


class Run:
    """What was recorded of a training.

    Attributes
    ----------
    series, frames:
        The tensors that were followed, and what was measured of them at some of the steps.
    losses:
        A curve of the loss for each optimiser.
    notes:
        Curves by the names under which numbers were noted: the validation loss, for example.
    optimizers, models:
        Their names.
    steps:
        How many were taken, of which only some are in `frames`.
    stride:
        Every so many steps one is recorded. It doubles when there are too many frames, and every second one goes.
    remark:
        What whoever looks at it should know.
    """

    def __init__(self, stride: int = 1) -> None:
        self.series: list[Series] = []
        self.frames: list[Frame] = []
        self.losses: list[Curve] = []
        self.notes: dict[str, Curve] = {}
        self.optimizers: list[str] = []
        self.models: list[str] = []
        self.steps = 0
        self.stride = stride
        self.remark = ""
        self.row_count = 0
        self.whole_size = 0
        self.serial = 0
        self.generation = 0
        """Grows when frames that were there are changed by more than being added to."""

    @property
    def most_frames(self) -> int:
        """More are thinned out."""
        return max(96, min(400, 24_000 // max(self.row_count, 1)))

    def follow(
        self,
        kind: str,
        model: str,
        name: str,
        module: str,
        type: str,
        shape: tuple[int, ...],
        place: tuple[int, ...],
    ) -> Series:
        """Adds a series."""
        series = Series(kind, model, name, module, type, shape, place, self.row_count)
        self.row_count += 1
        if kind == "parameter":
            series.gradient_row = self.row_count
            self.row_count += 1
            size = math.prod(shape)
            if size <= WHOLE and self.whole_size + size <= MOST_WHOLE:
                series.whole = self.whole_size, size
                self.whole_size += size
        self.series = [*self.series, series]
        if model not in self.models:
            self.models = [*self.models, model]
        self.generation += 1
        return series

    def add(self, frame: Frame) -> None:
        """Adds a frame, or to the one of this step what that lacks; thins out if there are too many."""
        self.serial += 1
        if self.frames and self.frames[-1].step == frame.step:
            frame = self.frames[-1].filled(frame)
            frame.serial = self.serial
            self.frames[-1] = frame
            return
        frame.serial = self.serial
        self.frames.append(frame)
        while len(self.frames) > self.most_frames:
            self._thin()

    def _thin(self) -> None:
        self.stride *= 2
        kept: list[Frame] = []
        for frame in self.frames:
            if kept and kept[-1].step // self.stride == frame.step // self.stride:
                serial = kept[-1].serial
                kept[-1] = kept[-1].filled(frame)
                kept[-1].serial = serial
            else:
                kept.append(frame)
        self.frames = kept
        self.generation += 1

    def note(self, step: int, name: str, value: float) -> None:
        """Adds a number to a curve of notes."""
        if name not in self.notes:
            self.notes = {**self.notes, name: Curve(name)}
        self.notes[name].add(step, value)

    @property
    def rows(self) -> Array:
        """All frames' rows in one array: frame, row, field."""
        return self._stacked("rows", (self.row_count, len(FIELDS)), np.float32)

    @property
    def counts(self) -> Array:
        """All frames' histograms in one array: frame, row, bin."""
        return self._stacked("counts", (self.row_count, BINS), np.uint8)

    def _stacked(self, what: str, shape: tuple[int, ...], dtype: Any) -> Array:
        frames = [frame.widened(self.row_count, self.whole_size) for frame in self.frames]
        return np.stack([getattr(f, what) for f in frames]) if frames else np.zeros((0, *shape), dtype)

    def column(self, name: str, field: str, *, gradient: bool = False) -> Array:
        """A measure of a tensor over the frames; NaN where it was not measured.

        `name` is a parameter's name, or the path of a module, for its output; `field` one of :data:`FIELDS`.
        """
        found = [one for one in self.series if one.name == name or f"{one.model}.{one.name}" == name]
        if not found:
            known = ", ".join(one.name for one in self.series[:8])
            raise RunError(f"the run has no tensor {name!r}; it has {known}{', ...' * (len(self.series) > 8)}")
        if field not in FIELDS:
            raise RunError(f"there is no measure {field!r}; there are {', '.join(FIELDS)}")
        if gradient and found[0].gradient_row is None:
            raise RunError(f"{name} is the output of a module, of which no gradient was measured")
        row = found[0].gradient_row if gradient or field == "update" else found[0].row
        values = self.rows[:, row if row is not None else found[0].row, :]
        column: Array = np.where(values[:, 0] > 0, values[:, FIELDS.index(field)], np.nan)
        return column

    @property
    def recorded_steps(self) -> list[int]:
        """The steps of which there is a frame."""
        return [frame.step for frame in self.frames]

    def page(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """A page that replays the run: one HTML file that asks nothing of any server. Returns its text."""
        from .page import run_page

        return run_page(self, path, title=title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the run, for :func:`load`: a safetensors file."""
        check_kind(path, "save", METHODS)
        from .storage import save

        save(self, path)

    def __repr__(self) -> str:
        return f"<Run: {self.steps:,} step{'s' * (self.steps != 1)}, {len(self.frames)} recorded>"
