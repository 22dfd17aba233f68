"""Watches training steps: records each backward pass as it runs, and the update of the parameters after it."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from ..graph.edge import Edge
from ..graph.errors import GradientError
from ..graph.modes import thread
from ..graph.observer import Observer, add_observer, remove_observer
from ..program.recorder import running
from .capture import Capture, capture, snapshot_until
from .passes import Passes
from .snapshot import Snapshot
from .variables import user_frame
from .watched_step import WatchedStep


class StepWatch(Observer):
    """Watches this thread's backward passes, and the updates after them, while its block runs."""

    def __init__(self, keep: int | None = 1) -> None:
        if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int)):
            raise TypeError(f"watch: keep is how many steps are kept, or None for all, not {keep!r}")
        if keep is not None and keep < 1:
            raise ValueError(f"watch: keep must be at least 1, or None for all steps, not {keep}")
        self._steps: deque[WatchedStep] = deque(maxlen=keep)
        self._passes = Passes()
        self._on = False
        self._problem: Exception | None = None
        self._stopped: Snapshot | None = None

    def __enter__(self) -> Self:
        if self._on:
            raise RuntimeError("watch: this one is watching already; make another with ew.watch()")
        self._on = True
        self._stopped = None
        add_observer(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stopped = self._failed_graph(error)
        remove_observer(self)
        self._on = False
        self._end_step()
        for step in self._steps:
            if step.needs_optimiser:
                step.snapshot()  # writes the rules

    def _failed_graph(self, error: BaseException) -> Snapshot | None:
        """Returns the graph computed between the last backward pass and the error that ended the block.

        After an interrupt, which can come at any time, the last step says more if there is one: then this is None.
        """
        if self._steps and not isinstance(error, Exception):
            return None
        try:
            return snapshot_until(error, self._steps[-1].serial if self._steps else 0)
        except Exception:  # the program's own error is the one to be seen
            return None

    @property
    def has_content(self) -> bool:
        """Whether there is anything to show: a backward pass, or a graph that an error cut off."""
        return bool(self._steps) or self._problem is not None or self._stopped is not None

    @property
    def snapshots(self) -> list[Snapshot]:
        """The last `keep` steps, the latest last."""
        return [step.snapshot() for step in self._steps]

    @property
    def snapshot(self) -> Snapshot:
        """The last step; if an error ended the block after it, the graph computed until then, without gradients.

        Raises GradientError if there is neither.
        """
        if self._stopped is not None:
            return self._stopped
        if self._problem is not None:
            raise GradientError(f"watch: the last backward pass can't be shown: {self._problem}") from self._problem
        if not self._steps:
            raise GradientError(
                "watch: no backward pass was run in the block, in this thread, so there is nothing to show: put the "
                "whole step into it, loss.backward() too"
            )
        return self._steps[-1].snapshot()

    @property
    def passes(self) -> list[WatchedStep]:
        """The backward passes of the last training step, in order: those called at different places in turn."""
        return self._passes.steps()

    @property
    def live_outputs(self) -> Sequence[Edge]:
        """The outputs of the step that `snapshot` shows, if they are still alive."""
        return self._steps[-1].outputs if self._stopped is None else ()

    def __repr__(self) -> str:
        return f"<Watch: {len(self._steps)} step{'s' * (len(self._steps) != 1)} kept{', watching' * self._on}>"

    # Calls from the engine and the optimisers ------------------------------------------------------------------------

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:  # noqa: ARG002
        """Takes a snapshot before a backward pass changes any gradient."""
        watches = _watches()
        if running.recorders or watches[-1] is not self:
            return  # recording arrays have no values, and the innermost watch shares its steps with the others
        step: WatchedStep | None = None
        problem: Exception | None = None
        frame = user_frame()
        try:
            step = WatchedStep(outputs, gradients, frame)
        except Exception as error:  # the backward pass raises its own error; a picture must not stop a training
            problem = error.with_traceback(None)
        for watch in watches:
            watch._end_step()
            watch._problem = problem
            if step is not None:
                if len(watch._steps) == watch._steps.maxlen:
                    watch._steps[0].watch_count -= 1
                    if not watch._steps[0].watch_count:
                        _forget(watch._steps[0])
                watch._steps.append(step)
                watch._passes.add(step, frame)
                step.watch_count += 1
        if step is not None:
            _remember(outputs, step)

    def parameter_steps(
        self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int
    ) -> None:
        """Records what a parameter holds before an optimiser writes it, at the time `serial`."""
        if not self._steps or running.recorders or _watches()[-1] is not self:
            return
        step = self._passes.step_of(parameter)
        if step is not None:
            step.note(optimiser, parameter, group, state, serial, self._passes.before(step))

    def _end_step(self) -> None:
        if self._steps:
            self._steps[-1].end()
        self._passes.end()


def _watches() -> list[StepWatch]:
    """Returns the watches of steps in this thread, the innermost last."""
    return [observer for observer in thread.modes.observers if isinstance(observer, StepWatch)]


# Finding a tensor's step ---------------------------------------------------------------------------------------------

_steps: dict[int, tuple[weakref.ref[Edge], WatchedStep]] = {}
"""Steps by the identity of their first output, since `==` compares the values of tensors."""
_changes = threading.RLock()


def _remember(outputs: Sequence[Edge], step: WatchedStep) -> None:
    key = id(outputs[0])

    # Bound here, as globals are gone where the interpreter ends.
    def delete(output: weakref.ref[Edge], steps: Any = _steps, changes: Any = _changes) -> None:
        with changes:
            if key in steps and steps[key][0] is output:
                del steps[key]

    with _changes:
        _steps[key] = weakref.ref(outputs[0], delete), step


def _forget(step: WatchedStep) -> None:
    with _changes:
        for key in [key for key, (_, watched) in _steps.items() if watched is step]:
            del _steps[key]


def _find_step(output: Edge) -> WatchedStep | None:
    with _changes:
        found = _steps.get(id(output))
    return None if found is None or found[0]() is not output else found[1]


def capture_of(outputs: Sequence[Any], gradients: Any = None) -> Capture:
    """Returns the watched step of some tensors, or a new capture if there is none.

    With gradients to start from, the capture is always new.
    """
    if gradients is None and outputs and isinstance(outputs[0], Edge):
        step = _find_step(outputs[0])
        if step is not None and step.is_of(outputs):
            return step.capture()
    return capture(outputs, gradients, user_frame())
