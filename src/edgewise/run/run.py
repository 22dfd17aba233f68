"""A run: the record of a training, in bounded memory."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from ..system.files import check_kind
from .frames import MOST_WHOLE, WHOLE, WRITING_METHODS, Curve, Frame, RunError, Series
from .measures import BINS, FIELDS, Array


class Run:
    """The record of a training.

    Attributes
    ----------
    series, frames:
        The tensors that the run follows, and their measures at some of the steps.
    losses:
        A curve of the loss for each optimiser.
    notes:
        Curves of noted numbers by name: the validation loss, for example.
    optimizers, models:
        Their names.
    steps:
        The number of steps, of which only some are in `frames`.
    stride:
        The number of steps from one record to the next. It doubles when there are too many frames, and every second
        frame is dropped.
    remark:
        A remark for the reader of the page.
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
        """Grows when earlier frames change other than by additions."""

    @property
    def most_frames(self) -> int:
        """The most frames; more are thinned out."""
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
        """Adds a frame, merged with the one of the same step if there is one, and thins out if there are too many."""
        self.serial += 1
        if self.frames and self.frames[-1].step == frame.step:
            frame = self.frames[-1].merged_with(frame)
            frame.serial = self.serial
            self.frames[-1] = frame
            return
        frame.serial = self.serial
        self.frames.append(frame)
        while len(self.frames) > self.most_frames:
            self._thin()

    def _thin(self) -> None:
        self.stride *= 2
        thinned: list[Frame] = []
        for frame in self.frames:
            if thinned and thinned[-1].step // self.stride == frame.step // self.stride:
                serial = thinned[-1].serial
                thinned[-1] = thinned[-1].merged_with(frame)
                thinned[-1].serial = serial
            else:
                thinned.append(frame)
        self.frames = thinned
        self.generation += 1

    def note(self, step: int, name: str, value: float) -> None:
        """Adds a number to a curve of notes."""
        if name not in self.notes:
            self.notes = {**self.notes, name: Curve(name)}
        self.notes[name].add(step, value)

    @property
    def rows(self) -> Array:
        """All frames' rows in one array: frame, row, field."""
        return self._stack("rows", (self.row_count, len(FIELDS)), np.float32)

    @property
    def counts(self) -> Array:
        """All frames' histograms in one array: frame, row, bin."""
        return self._stack("counts", (self.row_count, BINS), np.uint8)

    def _stack(self, what: str, shape: tuple[int, ...], dtype: Any) -> Array:
        frames = [frame.with_size(self.row_count, self.whole_size) for frame in self.frames]
        return np.stack([getattr(f, what) for f in frames]) if frames else np.zeros((0, *shape), dtype)

    def column(self, name: str, field: str, *, gradient: bool = False) -> Array:
        """Returns a measure of a tensor over the frames; NaN where it was not measured.

        `name` is a parameter's name, or the path of a module for its output. `field` is one of :data:`FIELDS`.
        """
        matches = [one for one in self.series if one.name == name or f"{one.model}.{one.name}" == name]
        if not matches:
            known = ", ".join(one.name for one in self.series[:8])
            raise RunError(f"the run has no tensor {name!r}; it has {known}{', ...' * (len(self.series) > 8)}")
        if field not in FIELDS:
            raise RunError(f"there is no measure {field!r}; there are {', '.join(FIELDS)}")
        if gradient and matches[0].gradient_row is None:
            raise RunError(f"{name} is the output of a module, of which no gradient was measured")
        row = matches[0].gradient_row if gradient or field == "update" else matches[0].row
        values = self.rows[:, row if row is not None else matches[0].row, :]
        column: Array = np.where(values[:, 0] > 0, values[:, FIELDS.index(field)], np.nan)
        return column

    @property
    def recorded_steps(self) -> list[int]:
        """The steps that have a frame."""
        return [frame.step for frame in self.frames]

    def page(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """Makes a page that replays the run: one HTML file that needs no server. Returns its text."""
        from .page import run_page

        return run_page(self, path, title=title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the run as a safetensors file, which :func:`load` reads."""
        check_kind(path, "save", WRITING_METHODS)
        from .storage import save

        save(self, path)

    def __repr__(self) -> str:
        return f"<Run: {self.steps:,} step{'s' * (self.steps != 1)}, {len(self.frames)} recorded>"


def load(path: str | os.PathLike[str]) -> Run:
    """Returns the run in a file.

    Raises
    ------
    FileFormatError
        If the file is of another kind, cut off, damaged, or made by a later version of Edgewise.
    """
    from .storage import read

    return read(path, Run())
