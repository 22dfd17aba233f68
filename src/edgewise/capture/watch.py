"""Watches training steps: records each backward pass as it runs, and the update of the parameters after it."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np

from ..graph.edge import Edge, next_serial
from ..graph.errors import GradientError
from ..graph.inplace import written_at
from ..graph.modes import thread
from ..graph.observer import Observer, add_observer, remove_observer
from ..graph.provenance import Use
from ..program.recorder import running
from .capture import Capture, capture, snapshot_until
from .names import formula_symbol
from .snapshot import Snapshot, TensorRecord, UpdateRecord
from .summary import Numbers, numpy_copy
from .update_rules import OptimiserStep, Rule, RuleWriter, gradient_symbol
from .variables import user_frame


class StepWatch(Observer):
    """Watches this thread's backward passes, and the updates after them, while its block runs."""

    def __init__(self, keep: int | None = 1) -> None:
        if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int)):
            raise TypeError(f"watch: keep is how many steps are kept, or None for all, not {keep!r}")
        if keep is not None and keep < 1:
            raise ValueError(f"watch: keep must be at least 1, or None for all steps, not {keep}")
        self._steps: deque[WatchedStep] = deque(maxlen=keep)
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
        try:
            step = WatchedStep(outputs, gradients, user_frame())
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
                step.watch_count += 1
        if step is not None:
            _remember(outputs, step)

    def parameter_steps(
        self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int
    ) -> None:
        """Records what a parameter holds before an optimiser writes it, at the time `serial`."""
        if self._steps and not running.recorders and _watches()[-1] is self:
            self._steps[-1].note(optimiser, parameter, group, state, serial)

    def _end_step(self) -> None:
        if self._steps:
            self._steps[-1].end()


def _watches() -> list[StepWatch]:
    """Returns the watches of steps in this thread, the innermost last."""
    return [observer for observer in thread.modes.observers if isinstance(observer, StepWatch)]


@dataclass(slots=True)
class _Parameter:
    """A parameter of a watched step.

    `array` is its array in the backward pass. `as_shown` says whether the optimiser used exactly the gradient of this
    backward pass, not a sum of several or a clipped one.
    """

    tensor: Any
    array: Any
    id: int
    optimiser_step: OptimiserStep | None = None
    as_shown: bool = False
    steps: int = 0
    after: Numbers | None = None


class _SeparateUses:
    """Holds the uses of operations that edges don't hold themselves, and their inputs, while the edges exist."""

    def __init__(self, uses: Mapping[Edge, Use]) -> None:
        self._uses: dict[int, tuple[weakref.ref[Edge], Use]] = {}
        for edge, use in uses.items():
            self._uses[id(edge)] = weakref.ref(edge, self._deletion_of(id(edge))), use

    def _deletion_of(self, key: int) -> Callable[[object], object]:
        uses = self._uses
        return lambda _: uses.pop(key, None)

    def alive(self) -> dict[Edge, Use]:
        """Returns the uses of edges that still exist."""
        entries = list(self._uses.values())
        return {edge: use for reference, use in entries if (edge := reference()) is not None}


class WatchedStep:
    """One backward pass, and the parameters' updates until the next one or the end of the block."""

    def __init__(self, outputs: Sequence[Edge], gradients: Sequence[Any], frame: FrameType | None) -> None:
        found = capture(outputs, list(gradients), frame)
        self._snapshot = found.snapshot
        self._outputs = [weakref.ref(output) for output in outputs]
        self._starts_at_one = all(gradient is None for gradient in gradients)
        self._numbers = [(weakref.ref(edge), number) for edge, number in found.tensor_ids.items()]
        self._uses = _SeparateUses(found.uses)
        self.serial = next_serial()
        self._optimiser_steps: dict[int, OptimiserStep] = {}
        self.watch_count = 0
        self._open = True
        self._parameters: dict[int, _Parameter] = {
            id(edge): _Parameter(edge, edge.array, number)
            for edge, number in found.tensor_ids.items()
            if edge.operation is None and edge.requires_grad
        }

    def is_of(self, outputs: Sequence[Any]) -> bool:
        """Says whether these tensors are the outputs of this step."""
        own = [output() for output in self._outputs]
        return len(own) == len(outputs) and all(a is b for a, b in zip(own, outputs, strict=True))

    @property
    def outputs(self) -> tuple[Edge, ...]:
        """The outputs if all are alive and started from a gradient of 1, so that the step can run again; else empty."""
        own = [output() for output in self._outputs]
        there = tuple(output for output in own if output is not None)
        return there if self._starts_at_one and len(there) == len(own) else ()

    def capture(self) -> Capture:
        """Returns the snapshot, and the ids of the tensors that are still alive."""
        numbers = ((edge(), number) for edge, number in self._numbers)
        snapshot = self.snapshot()
        return Capture(
            snapshot,
            {edge: number for edge, number in numbers if edge is not None},
            dict(self._optimiser_steps),
            uses=self._uses.alive(),
        )

    @property
    def needs_optimiser(self) -> bool:
        """Whether an optimiser must stay alive until its rules are written."""
        watched = self._parameters.values()
        return any(one.optimiser_step is not None and one.optimiser_step.needs_optimiser for one in watched)

    def note(self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int) -> None:
        """Records that an optimiser is about to write a parameter."""
        watched = self._parameters.get(id(parameter))
        if watched is None or not self._open:
            return
        watched.steps += 1
        if watched.steps == 1 and not self._is_written(watched):
            watched.optimiser_step = OptimiserStep.of(optimiser, group, state, serial)
            gradient = self._snapshot.tensors[watched.id].gradient
            watched.as_shown = gradient is not None and _agree(gradient.array, parameter.grad.array)

    def _is_written(self, watched: _Parameter) -> bool:
        array = watched.tensor.array
        return array is not watched.array or written_at(array) > self.serial

    def end(self) -> None:
        """Copies the parameters as they are now, and drops the references to them."""
        if self._open:
            self._copy()
            self._open = False
            for watched in self._parameters.values():
                watched.tensor = watched.array = None

    def _copy(self) -> None:
        for watched in self._parameters.values():
            if self._is_written(watched):
                watched.after = Numbers(numpy_copy(watched.tensor.array))
                # No single rule describes two steps, or a step and a write by hand.
                if watched.optimiser_step is not None and (
                    watched.steps > 1 or written_at(watched.tensor.array) > watched.optimiser_step.serial
                ):
                    watched.optimiser_step = None

    def snapshot(self) -> Snapshot:
        """Returns the snapshot with the updates so far, and writes their rules."""
        if self._open:
            self._copy()
        rules = RuleWriter({formula_symbol(tensor.symbol) for tensor in self._snapshot.tensors})
        for watched in self._parameters.values():
            if watched.after is not None:
                tensor = self._snapshot.tensors[watched.id]
                rule = self._rule(rules, watched, tensor)
                formula, meanings = (None, {}) if rule is None else (rule.formula, rule.meanings)
                tensor.update = UpdateRecord(watched.after, formula, meanings)
                if watched.optimiser_step is not None and not watched.optimiser_step.needs_optimiser:
                    self._optimiser_steps[watched.id] = watched.optimiser_step
        if not self._open:
            self._parameters = {}
        return self._snapshot

    def _rule(self, rules: RuleWriter, watched: _Parameter, tensor: TensorRecord) -> Rule | None:
        if watched.optimiser_step is None:
            return None
        letter = formula_symbol(tensor.symbol)
        gradient = gradient_symbol(letter, self._loss() if watched.as_shown else None)
        return rules.rule(watched.optimiser_step, letter, gradient, len(tensor.shape))

    def _loss(self) -> str:
        return formula_symbol(self._snapshot.objective.symbol)


def _agree(a: Any, b: Any) -> bool:
    """Says whether two gradients agree up to rounding, as two runs of one backward pass do."""
    b = b if isinstance(b, np.ndarray) else numpy_copy(b)
    if a is None or a.shape != b.shape:
        return False
    if bool((a == b).all()):
        return True
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-6 * float(np.abs(a).max(initial=0)), equal_nan=True))


# Finding a tensor's step ---------------------------------------------------------------------------------------------

_steps: dict[int, tuple[weakref.ref[Edge], WatchedStep]] = {}
"""Steps by the identity of their first output, since `==` compares the values of tensors."""
_changes = threading.RLock()


def _remember(outputs: Sequence[Edge], step: WatchedStep) -> None:
    key = id(outputs[0])

    def delete(output: weakref.ref[Edge]) -> None:
        with _changes:
            if key in _steps and _steps[key][0] is output:
                del _steps[key]

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
