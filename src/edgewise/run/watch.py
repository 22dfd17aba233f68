"""Watches a training: measures some of an optimiser's steps, at a bounded cost."""

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
from .frames import Curve, RunError, Series, empty_frame
from .measures import UPDATE, Array, as_numpy, measure, relative_update, sample_of
from .models import Models, variable_names
from .run import Run

FREE_SECONDS = 0.25
"""The most seconds of measuring every step at first. After it, measuring takes at most :data:`SHARE` of the time."""

SHARE = 0.03
"""The share of the steps' time that measuring takes, unless `every` says which steps are recorded."""


class RunWatch(Observer):
    """Records the training of models while its block runs; :func:`edgewise.watch` makes it."""

    def __init__(self, models: Iterable[Module] = (), every: int | None = None, *, find_models: bool = False) -> None:
        self._watched = list(models)
        for model in self._watched:
            if not isinstance(model, Module):
                raise TypeError(f"watch: it takes modules, such as the model that is trained, not {_kind_name(model)}")
        if every is not None and (isinstance(every, bool) or not isinstance(every, int)):
            raise TypeError(f"watch: every is a number of steps, not {every!r}")
        if every is not None and every < 1:
            raise ValueError(f"watch: every must be at least 1, not {every}")
        self._names = variable_names(self._watched)
        self._find_models = find_models
        self._every = every
        self.run = Run(every or 1)
        self.is_on = False
        self._spent = 0.0
        self._cost: float | None = None
        self._gap = 1
        self._seconds = 0.0
        self._began = 0.0
        self._series: dict[Any, Series] = {}
        self._optimizers: weakref.WeakKeyDictionary[Any, _OptimiserProgress] = weakref.WeakKeyDictionary()
        self._passes = 0
        self._unrelated: set[str] = set()
        self._reset()

    def _reset(self) -> None:
        """Resets what is known only while the block runs."""
        self._models = Models(self._store_output)
        self._outputs: dict[tuple[str, str], tuple[str, tuple[int, ...], Any]] = {}
        self._losses: list[float] = []
        self._side_losses: list[float] = []
        self._has_stepped = False
        self._since: tuple[float, int] | None = None
        """The time from which steps of this block count, less the time spent on measuring, and the step then."""
        self._unrelated_ids: set[int] = set()
        for progress in self._optimizers.values():
            progress.pending = None

    def __enter__(self) -> RunWatch:
        if self.is_on:
            raise RuntimeError("watch: this one is watching already; make another with ew.watch(model)")
        self.is_on = True
        add_observer(self)
        self._reset()
        self._models.thread = threading.get_ident()
        for model, name in zip(self._watched, self._names, strict=True):
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
        self._reset()

    # Results ---------------------------------------------------------------------------------------------------------

    def page(self, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
        """Makes a page that replays the run: one HTML file that needs no server.

        You can make it at any time, also while the block runs. Returns its text, and writes it if a path is given.
        """
        return self._recorded_run().page(path, title=title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the run as a safetensors file, which `edgewise.run.load` opens and `edgewise watch` shows."""
        self._recorded_run().save(path)

    def note(self, **numbers: float) -> None:
        """Notes numbers of the present step, such as ``watch.note(accuracy=0.93)``; each name becomes a curve."""
        for name, number in numbers.items():
            self.run.note(self.run.steps, name, float(number))

    def _recorded_run(self) -> Run:
        """Returns the run. Raises RunError with the reason if there is none."""
        if self.run.frames:
            return self.run
        if self.run.remark:
            raise RunError(f"watch: there is no run to show. {self.run.remark}")
        if self._unrelated:
            raise RunError(
                f"watch: {' and '.join(sorted(self._unrelated))} took steps in the block, with none of the parameters "
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

    # Calls from the engine and the optimisers ------------------------------------------------------------------------

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:  # noqa: ARG002
        """Notes the loss before a backward pass changes any gradient."""
        if not running.recorders:
            if self._has_stepped:
                self._losses, self._side_losses, self._has_stepped = [], [], False
            self._passes += 1
            if all(math.prod(output.array.shape) == 1 for output in outputs):
                loss = sum(as_numpy(output.array).item() for output in outputs)
                # The output of grad() is usually a part of the loss, so it counts only without other losses.
                (self._losses if deposits else self._side_losses).append(loss)

    def step_begins(self, optimiser: Any) -> None:
        """Records what is needed before an optimiser writes anything."""
        if not running.recorders and not self.run.remark:
            try:
                self._step_begins(optimiser)
            except Exception as error:
                self._give_up(error)

    def step_ends(self, optimiser: Any) -> None:
        """Records the step after an optimiser has written its parameters."""
        if not running.recorders and not self.run.remark:
            try:
                self._step_ends(optimiser)
            except Exception as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Ends recording with a warning: an error in measuring must not stop the training."""
        self._models.listen(False)
        self._outputs = {}
        self.run.remark = f"Recording ended at step {self.run.steps}: {type(error).__name__}: {error}"
        message, frame = f"watch: {self.run.remark}", user_frame()
        if frame is None:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        else:
            # The warning points at the user's line, however deep in the library the step ran.
            module = frame.f_globals.get("__name__")
            warnings.warn_explicit(message, RuntimeWarning, frame.f_code.co_filename, frame.f_lineno, module)

    # Steps -----------------------------------------------------------------------------------------------------------

    def _store_output(self, model: str, path: str, kind: str, place: tuple[int, ...], array: Any) -> None:
        self._outputs[model, path] = kind, place, array

    def _step_begins(self, optimiser: Any) -> None:
        progress = self._optimizers.get(optimiser) or self._register(optimiser)
        if progress is None:
            return
        progress.count += 1
        run = self.run
        run.steps = max(run.steps, progress.count)
        if progress.last is None or self._is_due(run.steps, progress.last):
            began = time.perf_counter()
            progress.begin(self._series_of(optimiser))
            progress.seconds_before = time.perf_counter() - began

    def _step_ends(self, optimiser: Any) -> None:
        progress = self._optimizers.get(optimiser)
        if progress is None:
            return
        run = self.run
        loss = self._loss()
        if loss is not None:
            run.losses[progress.number].add(run.steps, loss)
        self._has_stepped = True
        if progress.pending is not None:
            began = time.perf_counter()
            self._record(progress, optimiser)
            progress.last = run.steps
            self._set_gap(progress.seconds_before + time.perf_counter() - began)
        self._outputs = {}
        self._models.listen(self._is_near())

    def _loss(self) -> float | None:
        """Returns the mean loss of the backward passes since the last step."""
        values = self._losses or self._side_losses[-1:]
        return sum(values) / len(values) if values else None

    def _seconds_spent(self) -> float:
        """Returns the seconds spent watching."""
        return self._seconds + time.perf_counter() - self._began

    def _is_near(self) -> bool:
        """Says whether the next step of an optimiser that steps regularly is recorded."""
        run = self.run
        return any(
            self._is_due(max(run.steps, progress.count + 1), progress.last)
            for progress in self._optimizers.values()
            if progress.last is not None and progress.count > run.steps - 2
        )

    def _is_due(self, step: int, last: int) -> bool:
        """Says whether a step of an optimiser is recorded, after its last recorded one."""
        stride = self.run.stride
        return step // stride > last // stride and step - last >= self._gap

    def _set_gap(self, cost: float) -> None:
        """Sets the gap between records, after one that took `cost` seconds."""
        self._spent += cost
        self._cost = cost if self._cost is None else 0.8 * self._cost + 0.2 * cost
        if self._since is None:
            self._since = time.perf_counter() - self._spent, self.run.steps
        elif self._every is None and self._spent > FREE_SECONDS:
            # Time before the first step, such as for reading the data, does not count.
            began, steps = self._since
            each = (time.perf_counter() - began - self._spent) / max(1, self.run.steps - steps)
            self._gap = math.ceil(self._cost / (SHARE * each)) if each > 0 else self._gap

    def _register(self, optimiser: Any) -> _OptimiserProgress | None:
        """Registers an optimiser at its first step. Returns None if it has none of the models' parameters."""
        if id(optimiser) in self._unrelated_ids:
            return None
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        if self._find_models:
            self._models.find(parameters)
        if not any(id(parameter) in self._models.parameters for parameter in parameters):
            self._unrelated_ids.add(id(optimiser))
            self._unrelated.add(f"an optimiser ({type(optimiser).__name__})")
            return None
        run = self.run
        kind = type(optimiser).__name__
        number = len(run.optimizers)
        like = sum(name == kind or name.startswith(f"{kind} ") for name in run.optimizers)
        name = f"{kind} {like + 1}" if like else kind
        run.optimizers = [*run.optimizers, name]
        run.losses = [*run.losses, Curve(name)]
        # An optimiser that comes later counts on from the others' steps.
        progress = self._optimizers[optimiser] = _OptimiserProgress(number, max(0, run.steps - 1))
        run.generation += 1
        return progress

    def _series_of(self, optimiser: Any) -> list[tuple[Series, Any]]:
        """Returns the series of an optimiser's parameters, each with the parameter."""
        found = []
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                location = self._models.parameters.get(id(parameter))
                if location is None:
                    continue
                key = "parameter", location.model, location.name
                if key not in self._series:
                    shape = tuple(parameter.array.shape)
                    self._series[key] = self.run.follow(
                        "parameter",
                        location.model,
                        location.name,
                        location.module,
                        location.type,
                        shape,
                        location.position,
                    )
                found.append((self._series[key], parameter))
        return found

    def _record(self, progress: _OptimiserProgress, optimiser: Any) -> None:
        run = self.run
        outputs = list(self._measured_outputs())
        assert progress.pending is not None
        frame = empty_frame(run.steps, self._seconds_spent(), run.row_count, run.whole_size)
        for series, row, counts in outputs:
            frame.rows[series.row], frame.counts[series.row] = row, counts
        for series, parameter, before in progress.pending:
            frame.rows[series.row], frame.counts[series.row] = before.row, before.counts
            gradient = series.gradient_row
            assert gradient is not None
            if before.gradient is not None:
                frame.rows[gradient], frame.counts[gradient] = before.gradient
                after = as_numpy(parameter.array)
                frame.rows[gradient, UPDATE] = relative_update(before.sample, sample_of(after.reshape(-1), after.shape))
            if series.whole is not None:
                at, size = series.whole
                frame.whole[at : at + size] = before.sample
        frame.rates = [math.nan] * len(run.optimizers)
        frame.rates[progress.number] = float(optimiser.param_groups[0]["lr"])
        progress.pending = None
        run.add(frame)

    def _measured_outputs(self) -> Iterable[tuple[Series, Array, Array]]:
        seen: set[int] = set()
        for (model, path), (kind, place, array) in self._outputs.items():
            if id(array) in seen:
                continue  # a container returns the output of its last module
            seen.add(id(array))
            row, counts = measure(as_numpy(array))
            key = "output", model, path
            if key not in self._series:
                name = path or kind
                self._series[key] = self.run.follow("output", model, name, path, kind, tuple(array.shape), place)
            yield self._series[key], row, counts


class _BeforeStep:
    """The measures of a parameter before a step."""

    def __init__(self, parameter: Any) -> None:
        array = as_numpy(parameter.array)
        self.row, self.counts = measure(array)
        self.sample = sample_of(array.reshape(-1), array.shape).copy()
        gradient = parameter.grad
        self.gradient = None if gradient is None else measure(as_numpy(gradient.array), of_magnitudes=True)


class _OptimiserProgress:
    """An optimiser's number in the run, its count of steps, and the last recorded one."""

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.count = count
        self.last: int | None = None
        self.seconds_before = 0.0
        self.pending: list[tuple[Series, Any, _BeforeStep]] | None = None

    def begin(self, changed: list[tuple[Series, Any]]) -> None:
        """Measures the parameters that the optimiser is about to change."""
        self.pending = [(series, parameter, _BeforeStep(parameter)) for series, parameter in changed]


def _kind_name(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
