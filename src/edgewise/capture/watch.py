"""Watching steps: each backward pass is kept as it is run, and what the update then makes of the parameters."""

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
from ..graph.provenance import Made
from ..program.recorder import running
from .capture import Taken, snapshot_until, take
from .names import letter_of
from .snapshot import Snapshot, TensorRecord, UpdateRecord
from .summary import Numbers, numpy_copy
from .update_rules import Rule, Rules, Stepped, gradient_symbol
from .variables import user_frame


class StepWatch(Observer):
    """Watches this thread's backward passes, and the updates after them, while its block runs."""

    def __init__(self, keep: int | None = 1) -> None:
        if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int)):
            raise TypeError(f"watch: keep is how many steps are kept, or None for all, not {keep!r}")
        if keep is not None and keep < 1:
            raise ValueError(f"watch: keep must be at least 1, or None for all steps, not {keep}")
        self._steps: deque[Step] = deque(maxlen=keep)
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
            self._stopped = self._until(error)
        remove_observer(self)
        self._on = False
        self._end_step()
        for step in self._steps:
            if step.keeps_optimiser:
                step.snapshot()  # writes the rules

    def _until(self, error: BaseException) -> Snapshot | None:
        """What was computed since the last backward pass until an error ended the block.

        An interrupt may come at any time: then the last step tells more, if there was one.
        """
        if self._steps and not isinstance(error, Exception):
            return None
        try:
            return snapshot_until(error, self._steps[-1].serial if self._steps else 0)
        except Exception:  # the program's own error is the one to be seen
            return None

    @property
    def has_seen(self) -> bool:
        """Whether there is anything to show: a backward pass, or what was computed until an error ended the block."""
        return bool(self._steps) or self._problem is not None or self._stopped is not None

    @property
    def snapshots(self) -> list[Snapshot]:
        """The last steps, the latest last: as many as `keep` says."""
        return [step.snapshot() for step in self._steps]

    @property
    def snapshot(self) -> Snapshot:
        """The last step; or, if an error ended the block later, what was computed until then, without gradients.

        Raises GradientError if there was neither.
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
        """The outputs of the step that `snapshot` shows, as far as they are still alive."""
        return self._steps[-1].outputs if self._stopped is None else ()

    def __repr__(self) -> str:
        return f"<Watch: {len(self._steps)} step{'s' * (len(self._steps) != 1)} kept{', watching' * self._on}>"

    # What the engine and the optimisers tell -------------------------------------------------------------------------

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:  # noqa: ARG002
        """Takes a snapshot before a backward pass changes any gradient."""
        watches = _watches()
        if running.recorders or watches[-1] is not self:
            return  # what is recorded has no values, and the innermost watch shares its steps with the others
        step: Step | None = None
        problem: Exception | None = None
        try:
            step = Step(outputs, gradients, user_frame())
        except Exception as error:  # the backward pass says itself what is wrong; a picture must not stop a training
            problem = error.with_traceback(None)
        for watch in watches:
            watch._end_step()
            watch._problem = problem
            if step is not None:
                if len(watch._steps) == watch._steps.maxlen:
                    watch._steps[0].keepers -= 1
                    if not watch._steps[0].keepers:
                        _forget(watch._steps[0])
                watch._steps.append(step)
                step.keepers += 1
        if step is not None:
            _remember(outputs, step)

    def parameter_steps(
        self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int
    ) -> None:
        """Called by an optimiser before it writes a parameter, at the time `serial`."""
        if self._steps and not running.recorders and _watches()[-1] is self:
            self._steps[-1].note(optimiser, parameter, group, state, serial)

    def _end_step(self) -> None:
        if self._steps:
            self._steps[-1].end()


def _watches() -> list[StepWatch]:
    """The watches of steps in this thread, the innermost last."""
    return [observer for observer in thread.modes.observers if isinstance(observer, StepWatch)]


@dataclass(slots=True)
class _Parameter:
    """A parameter of a watched step.

    `array` is the one that it held in the backward pass. `as_shown` says whether the optimiser used the gradient that
    this backward pass gave, and not a sum of several or a clipped one.
    """

    tensor: Any
    array: Any
    id: int
    stepped: Stepped | None = None
    as_shown: bool = False
    steps: int = 0
    after: Numbers | None = None


class _Prepared:
    """How leaves were made, each as long as it is there: then what it was made of stays, too."""

    def __init__(self, made: Mapping[Edge, Made]) -> None:
        self._made: dict[int, tuple[weakref.ref[Edge], Made]] = {}
        for edge, one in made.items():
            self._made[id(edge)] = weakref.ref(edge, self._forgetting(id(edge))), one

    def _forgetting(self, key: int) -> Callable[[object], object]:
        made = self._made
        return lambda _: made.pop(key, None)

    def still_there(self) -> dict[Edge, Made]:
        """Those that are left."""
        return {edge: one for known, one in list(self._made.values()) if (edge := known()) is not None}


class Step:
    """One backward pass, and what became of its parameters until the next one or the end of the block."""

    def __init__(self, outputs: Sequence[Edge], gradients: Sequence[Any], frame: FrameType | None) -> None:
        taken = take(outputs, list(gradients), frame)
        self._snapshot = taken.snapshot
        self._outputs = [weakref.ref(output) for output in outputs]
        self._starts_at_one = all(gradient is None for gradient in gradients)
        self._numbers = [(weakref.ref(edge), number) for edge, number in taken.numbers.items()]
        self._prepared = _Prepared(taken.prepared)
        self.serial = next_serial()
        self._stepped: dict[int, Stepped] = {}
        self.keepers = 0
        self._open = True
        self._parameters: dict[int, _Parameter] = {
            id(edge): _Parameter(edge, edge.array, number)
            for edge, number in taken.numbers.items()
            if edge.operation is None and edge.requires_grad
        }

    def is_of(self, outputs: Sequence[Any]) -> bool:
        """Whether it is the step of these tensors."""
        own = [output() for output in self._outputs]
        return len(own) == len(outputs) and all(a is b for a, b in zip(own, outputs, strict=True))

    @property
    def outputs(self) -> tuple[Edge, ...]:
        """What it is of, if that is still there, and enough to run it again."""
        own = [output() for output in self._outputs]
        there = tuple(output for output in own if output is not None)
        return there if self._starts_at_one and len(there) == len(own) else ()

    def taken(self) -> Taken:
        """The snapshot, and the numbers of the tensors that are still there."""
        numbers = ((edge(), number) for edge, number in self._numbers)
        snapshot = self.snapshot()
        return Taken(
            snapshot,
            {edge: number for edge, number in numbers if edge is not None},
            dict(self._stepped),
            prepared=self._prepared.still_there(),
        )

    @property
    def keeps_optimiser(self) -> bool:
        """Whether an optimiser has to be kept until the rules are written."""
        known = self._parameters.values()
        return any(one.stepped is not None and one.stepped.keeps_optimiser for one in known)

    def note(self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int) -> None:
        """An optimiser is about to write a parameter."""
        known = self._parameters.get(id(parameter))
        if known is None or not self._open:
            return
        known.steps += 1
        if known.steps == 1 and not self._is_written(known):
            known.stepped = Stepped.of(optimiser, group, state, serial)
            gradient = self._snapshot.tensors[known.id].gradient
            known.as_shown = gradient is not None and _agree(gradient.kept, parameter.grad.array)

    def _is_written(self, known: _Parameter) -> bool:
        array = known.tensor.array
        return array is not known.array or written_at(array) > self.serial

    def end(self) -> None:
        """Copies what the parameters are now, and lets go of them."""
        if self._open:
            self._copy()
            self._open = False
            for known in self._parameters.values():
                known.tensor = known.array = None

    def _copy(self) -> None:
        for known in self._parameters.values():
            if self._is_written(known):
                known.after = Numbers(numpy_copy(known.tensor.array))
                # Two steps, or one and a write by hand, are no single rule.
                if known.stepped is not None and (
                    known.steps > 1 or written_at(known.tensor.array) > known.stepped.serial
                ):
                    known.stepped = None

    def snapshot(self) -> Snapshot:
        """The snapshot, with the updates that there were until now; where it is asked for, the rules are written."""
        if self._open:
            self._copy()
        rules = Rules({letter_of(tensor.symbol) for tensor in self._snapshot.tensors})
        for known in self._parameters.values():
            if known.after is not None:
                tensor = self._snapshot.tensors[known.id]
                rule = self._rule(rules, known, tensor)
                told = (None, {}) if rule is None else (rule.formula, rule.meanings)
                tensor.update = UpdateRecord(known.after, *told)
                if known.stepped is not None and not known.stepped.keeps_optimiser:
                    self._stepped[known.id] = known.stepped
        if not self._open:
            self._parameters = {}
        return self._snapshot

    def _rule(self, rules: Rules, known: _Parameter, tensor: TensorRecord) -> Rule | None:
        if known.stepped is None:
            return None
        letter = letter_of(tensor.symbol)
        gradient = gradient_symbol(letter, self._loss() if known.as_shown else None)
        return rules.rule(known.stepped, letter, gradient, len(tensor.shape))

    def _loss(self) -> str:
        return letter_of(self._snapshot.objective.symbol)


def _agree(a: Any, b: Any) -> bool:
    """Whether two gradients are the same: of two runs of one backward pass, up to rounding."""
    b = b if isinstance(b, np.ndarray) else numpy_copy(b)
    if a is None or a.shape != b.shape:
        return False
    if bool((a == b).all()):
        return True
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-6 * float(np.abs(a).max(initial=0)), equal_nan=True))


# Finding steps again -------------------------------------------------------------------------------------------------

_steps: dict[int, tuple[weakref.ref[Edge], Step]] = {}
"""By the identity of the first output, as tensors are compared by what they hold."""
_changes = threading.RLock()


def _remember(outputs: Sequence[Edge], step: Step) -> None:
    key = id(outputs[0])

    def gone(output: weakref.ref[Edge]) -> None:
        with _changes:
            if key in _steps and _steps[key][0] is output:
                del _steps[key]

    with _changes:
        _steps[key] = weakref.ref(outputs[0], gone), step


def _forget(step: Step) -> None:
    with _changes:
        for key in [key for key, (_, known) in _steps.items() if known is step]:
            del _steps[key]


def _known(output: Edge) -> Step | None:
    with _changes:
        found = _steps.get(id(output))
    return None if found is None or found[0]() is not output else found[1]


def taken_of(outputs: Sequence[Any], gradients: Any = None) -> Taken:
    """What was watched of the backward pass of some tensors; of others a snapshot as they are now.

    With gradients to start from, it is always a new one.
    """
    if gradients is None and outputs and isinstance(outputs[0], Edge):
        step = _known(outputs[0])
        if step is not None and step.is_of(outputs):
            return step.taken()
    return take(outputs, gradients, user_frame())
