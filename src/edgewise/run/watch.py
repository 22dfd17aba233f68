"""Watching a training: some of an optimiser's steps are measured, at a cost that is bounded."""

from __future__ import annotations

import math
import os
import threading
import time
import warnings
import weakref
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

from ..capture.variables import user_frame
from ..graph.edge import Edge
from ..graph.observer import Observer, add_observer, remove_observer
from ..nn.module import Module
from ..program.recorder import running
from .frames import Curve, RunError, Series, blank
from .measures import UPDATE, Array, as_numpy, measure, sampled, update_size
from .models import Models, names_of
from .run import Run

AT_FIRST = 0.25
"""So many seconds may measuring take at the beginning, at every step, ..."""

SHARE = 0.03
"""... and then this part of the time that steps take, unless `every` says which steps are recorded."""


class RunWatch(Observer):
    """What :func:`edgewise.watch` gives for models: it records the run of their training while its block runs."""

    def __init__(self, models: Iterable[Module] = (), every: int | None = None, *, finds: bool = False) -> None:
        self._given = list(models)
        for model in self._given:
            if not isinstance(model, Module):
                raise TypeError(f"watch: it takes modules, such as the model that is trained, not {_told(model)}")
        if every is not None and (isinstance(every, bool) or not isinstance(every, int)):
            raise TypeError(f"watch: every is a number of steps, not {every!r}")
        if every is not None and every < 1:
            raise ValueError(f"watch: every must be at least 1, not {every}")
        self._names = names_of(self._given)
        self._finds = finds
        self._every = every
        self.run = Run(every or 1)
        self.is_on = False
        self._spent = 0.0
        self._cost: float | None = None
        self._gap = 1
        self._seconds = 0.0
        self._began = 0.0
        self._series: dict[Any, Series] = {}
        self._optimizers: weakref.WeakKeyDictionary[Any, _Stepping] = weakref.WeakKeyDictionary()
        self._passes = 0
        self._strangers: set[str] = set()
        self._start()

    def _start(self) -> None:
        """What is known while the block runs, and no longer."""
        self._models = Models(self._hear)
        self._outputs: dict[tuple[str, str], tuple[str, tuple[int, ...], Any]] = {}
        self._losses: list[float] = []
        self._aside: list[float] = []
        self._has_stepped = False
        self._since: tuple[float, int] | None = None
        """When steps began to be counted in this block, as if all that was spent had been since; and at which step."""
        self._others: set[int] = set()
        for stepping in self._optimizers.values():
            stepping.open = None

    def __enter__(self) -> RunWatch:
        if self.is_on:
            raise RuntimeError("watch: this one is watching already; make another with ew.watch(model)")
        self.is_on = True
        add_observer(self)
        self._start()
        self._models.thread = threading.get_ident()
        for model, name in zip(self._given, self._names, strict=True):
            self._models.add(model, name)
        self._models.listen(True)
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        remove_observer(self)
        self.is_on = False
        self._seconds += time.perf_counter() - self._began
        self._models.close()
        self._start()

    # What is made of it ----------------------------------------------------------------------------------------------

    def page(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """A page that replays the run: one HTML file that asks nothing of any server.

        It can be made at any time, also while the block runs. Returns its text, and writes it if a path is given.
        """
        return self._seen().page(path, title=title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the run in a safetensors file, which `edgewise.run.load` opens, and `edgewise watch` shows."""
        self._seen().save(path)

    def note(self, **numbers: float) -> None:
        """Notes numbers of the present step, such as ``watch.note(accuracy=0.93)``; each name becomes a curve."""
        for name, number in numbers.items():
            self.run.note(self.run.steps, name, float(number))

    def _seen(self) -> Run:
        """The run. Raises RunError, which says why, if there was none."""
        if self.run.frames:
            return self.run
        if self.run.remark:
            raise RunError(f"watch: there is no run to show. {self.run.remark}")
        if self._strangers:
            raise RunError(
                f"watch: {' and '.join(sorted(self._strangers))} took steps in the block, with none of the parameters "
                "of the model: was the optimiser made for another model?"
            )
        if self._passes:
            raise RunError(
                "watch: there were backward passes in the block, in this thread, but no optimiser took a step, so "
                "there is no run to show. Updates by hand are not seen: use one of ew.optim; or look at a single step "
                "with ew.watch() and ew.see(loss)"
            )
        raise RunError(
            "watch: no optimiser took a step in the block, in this thread, so there is no run to show: put the "
            "training loop into it"
        )

    def __repr__(self) -> str:
        recorded = len(self.run.frames)
        return f"<RunWatch: {self.run.steps:,} steps, {recorded} recorded{', watching' * self.is_on}>"

    # What the engine and the optimisers tell -------------------------------------------------------------------------

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:  # noqa: ARG002
        """Notes the loss before a backward pass changes any gradient."""
        if not running.recorders:
            if self._has_stepped:
                self._losses, self._aside, self._has_stepped = [], [], False
            self._passes += 1
            if all(math.prod(output.array.shape) == 1 for output in outputs):
                loss = sum(as_numpy(output.array).item() for output in outputs)
                # A gradient that is only asked for is mostly a part of the loss, unless there is nothing else.
                (self._losses if deposits else self._aside).append(loss)

    def step_begins(self, optimiser: Any) -> None:
        """Called by an optimiser before it writes anything."""
        if not running.recorders and not self.run.remark:
            try:
                self._step_begins(optimiser)
            except Exception as error:
                self._give_up(error)

    def step_ends(self, optimiser: Any) -> None:
        """Called by an optimiser when it has written its parameters."""
        if not running.recorders and not self.run.remark:
            try:
                self._step_ends(optimiser)
            except Exception as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Training goes on, whatever can't be measured of it."""
        self._models.listen(False)
        self._outputs = {}
        self.run.remark = f"Recording ended at step {self.run.steps}: {type(error).__name__}: {error}"
        message, frame = f"watch: {self.run.remark}", user_frame()
        if frame is None:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        else:
            # At the user's line, however deep in the library the step was taken.
            module = frame.f_globals.get("__name__")
            warnings.warn_explicit(message, RuntimeWarning, frame.f_code.co_filename, frame.f_lineno, module)

    # Steps -----------------------------------------------------------------------------------------------------------

    def _hear(self, model: str, path: str, kind: str, place: tuple[int, ...], array: Any) -> None:
        self._outputs[model, path] = kind, place, array

    def _step_begins(self, optimiser: Any) -> None:
        stepping = self._optimizers.get(optimiser) or self._met(optimiser)
        if stepping is None:
            return
        stepping.count += 1
        run = self.run
        run.steps = max(run.steps, stepping.count)
        if stepping.last is None or self._is_due(run.steps, stepping.last):
            began = time.perf_counter()
            stepping.begin(self._series_of(optimiser))
            stepping.took = time.perf_counter() - began

    def _step_ends(self, optimiser: Any) -> None:
        stepping = self._optimizers.get(optimiser)
        if stepping is None:
            return
        run = self.run
        loss = self._loss()
        if loss is not None:
            run.losses[stepping.number].add(run.steps, loss)
        self._has_stepped = True
        if stepping.open is not None:
            began = time.perf_counter()
            self._record(stepping, optimiser)
            stepping.last = run.steps
            self._space(stepping.took + time.perf_counter() - began)
        self._outputs = {}
        self._models.listen(self._is_near())

    def _loss(self) -> float | None:
        """The mean of the losses of which the backward passes since the last steps were."""
        values = self._losses or self._aside[-1:]
        return sum(values) / len(values) if values else None

    def _passed(self) -> float:
        """The seconds in which it was watching."""
        return self._seconds + time.perf_counter() - self._began

    def _is_near(self) -> bool:
        """Whether the next step is to be recorded, of one of the optimisers that step all the time."""
        run = self.run
        return any(
            self._is_due(max(run.steps, stepping.count + 1), stepping.last)
            for stepping in self._optimizers.values()
            if stepping.last is not None and stepping.count > run.steps - 2
        )

    def _is_due(self, step: int, last: int) -> bool:
        """Whether a step of an optimiser is to be recorded, after the last one that was."""
        stride = self.run.stride
        return step // stride > last // stride and step - last >= self._gap

    def _space(self, cost: float) -> None:
        """Sets how far apart records are, after one that took so long."""
        self._spent += cost
        self._cost = cost if self._cost is None else 0.8 * self._cost + 0.2 * cost
        if self._since is None:
            self._since = time.perf_counter() - self._spent, self.run.steps
        elif self._every is None and self._spent > AT_FIRST:
            # Without what came before the first step, such as reading the data.
            began, steps = self._since
            each = (time.perf_counter() - began - self._spent) / max(1, self.run.steps - steps)
            self._gap = math.ceil(self._cost / (SHARE * each)) if each > 0 else self._gap

    def _met(self, optimiser: Any) -> _Stepping | None:
        """An optimiser takes its first step. None if it has none of the models' parameters."""
        if id(optimiser) in self._others:
            return None
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        if self._finds:
            self._models.find(parameters)
        if not any(id(parameter) in self._models.parameters for parameter in parameters):
            self._others.add(id(optimiser))
            self._strangers.add(f"an optimiser ({type(optimiser).__name__})")
            return None
        run = self.run
        kind = type(optimiser).__name__
        number = len(run.optimizers)
        like = sum(name == kind or name.startswith(f"{kind} ") for name in run.optimizers)
        name = f"{kind} {like + 1}" if like else kind
        run.optimizers = [*run.optimizers, name]
        run.losses = [*run.losses, Curve(name)]
        # One that comes in later goes on from where the others are.
        stepping = self._optimizers[optimiser] = _Stepping(number, max(0, run.steps - 1))
        run.generation += 1
        return stepping

    def _series_of(self, optimiser: Any) -> list[tuple[Series, Any]]:
        """What this optimiser changes: the series, and the parameter."""
        found = []
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                place = self._models.parameters.get(id(parameter))
                if place is None:
                    continue
                key = "parameter", place.model, place.name
                if key not in self._series:
                    shape = tuple(parameter.array.shape)
                    self._series[key] = self.run.follow(
                        "parameter", place.model, place.name, place.module, place.type, shape, place.place
                    )
                found.append((self._series[key], parameter))
        return found

    def _record(self, stepping: _Stepping, optimiser: Any) -> None:
        run = self.run
        outputs = list(self._measured_outputs())
        assert stepping.open is not None
        frame = blank(run.steps, self._passed(), run.row_count, run.whole_size)
        for series, row, counts in outputs:
            frame.rows[series.row], frame.counts[series.row] = row, counts
        for series, parameter, opened in stepping.open:
            frame.rows[series.row], frame.counts[series.row] = opened.row, opened.counts
            gradient = series.gradient_row
            assert gradient is not None
            if opened.gradient is not None:
                frame.rows[gradient], frame.counts[gradient] = opened.gradient
                after = as_numpy(parameter.array)
                frame.rows[gradient, UPDATE] = update_size(opened.sample, sampled(after.reshape(-1), after.shape))
            if series.whole is not None:
                at, size = series.whole
                frame.whole[at : at + size] = opened.sample
        frame.rates = [math.nan] * len(run.optimizers)
        frame.rates[stepping.number] = float(optimiser.param_groups[0]["lr"])
        stepping.open = None
        run.add(frame)

    def _measured_outputs(self) -> Iterable[tuple[Series, Array, Array]]:
        seen: set[int] = set()
        for (model, path), (kind, place, array) in self._outputs.items():
            if id(array) in seen:
                continue  # what holds others, and gives what the last of them gave
            seen.add(id(array))
            row, counts = measure(as_numpy(array))
            key = "output", model, path
            if key not in self._series:
                name = path or kind
                self._series[key] = self.run.follow("output", model, name, path, kind, tuple(array.shape), place)
            yield self._series[key], row, counts


class _Opened:
    """What is kept of a parameter between the beginning of a step and its end."""

    def __init__(self, parameter: Any) -> None:
        array = as_numpy(parameter.array)
        self.row, self.counts = measure(array)
        self.sample = sampled(array.reshape(-1), array.shape).copy()
        gradient = parameter.grad
        self.gradient = None if gradient is None else measure(as_numpy(gradient.array), of_sizes=True)


class _Stepping:
    """An optimiser: its place among those of the run, its steps, and the last one that was recorded."""

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.count = count
        self.last: int | None = None
        self.took = 0.0
        self.open: list[tuple[Series, Any, _Opened]] | None = None

    def begin(self, changed: list[tuple[Series, Any]]) -> None:
        """Measures what the optimiser is about to change."""
        self.open = [(series, parameter, _Opened(parameter)) for series, parameter in changed]


def _told(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
