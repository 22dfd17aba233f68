"""One watched backward pass, with the updates of parameters after it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from ..graph.edge import Edge, next_serial
from ..graph.inplace import written_at
from ..graph.provenance import Use
from .capture import Capture, capture
from .snapshot import Snapshot, TensorRecord, UpdateRecord
from .spelling import formula_symbol
from .summary import Numbers, numpy_copy
from .update_rules import OptimiserStep, Rule, RuleWriter, gradient_symbol


@dataclass(slots=True)
class _Parameter:
    """A parameter of a watched step.

    `array` is its array in the backward pass. `as_shown` says whether the optimiser used exactly the gradient of this
    backward pass, not a sum of several or a clipped one. `added` are earlier passes, if it used the sum of theirs and
    of this one.
    """

    tensor: Any
    array: Any
    id: int
    optimiser_step: OptimiserStep | None = None
    as_shown: bool = False
    added: tuple[WatchedStep, ...] = ()
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
        # A tensor has one weak reference, which stays the same after the program has let the tensor go.
        leaves = [edge for edge in found.tensor_ids if edge.operation is None]
        self._reached = [weakref.ref(edge) for edge in leaves if edge.requires_grad]
        self.serial = next_serial()
        self._optimiser_steps: dict[int, OptimiserStep] = {}
        self._leaves = found.with_leaves().leaves
        self._held: tuple[Edge, ...] = ()
        self.gradients_used: dict[int, tuple[WatchedStep, ...] | None] = {}
        self.watch_count = 0
        self._open = True
        self._parameters: dict[int, _Parameter] = {
            id(edge): _Parameter(edge, edge.array, number)
            for edge, number in found.tensor_ids.items()
            if edge.operation is None and edge.requires_grad
        }

    @property
    def name(self) -> str:
        """What is differentiated in this pass."""
        return self._snapshot.objective.name

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
            self._leaves,
            self._uses.alive(),
        )

    def has(self, parameter: Any) -> bool:
        """Whether this pass reached a parameter."""
        return id(parameter) in self._parameters

    def shares(self, other: WatchedStep) -> bool:
        """Whether both passes reached the same parameter."""
        return any(one is another for one in self._reached for another in other._reached)

    def gradient_of(self, parameter: Any) -> Any:
        """Returns the gradient of a parameter in this pass, if it is whole."""
        watched = self._parameters.get(id(parameter))
        gradient = None if watched is None else self._snapshot.tensors[watched.id].gradient
        return None if gradient is None else gradient.array

    def hold(self, outputs: Sequence[Edge]) -> None:
        """Holds the outputs, so that the graph outlives the program's variables."""
        self._held = tuple(outputs)

    def release(self) -> None:
        """Drops what only pages of the present training step need."""
        self._leaves = {}
        self._held = ()

    @property
    def needs_optimiser(self) -> bool:
        """Whether an optimiser must stay alive until its rules are written."""
        watched = self._parameters.values()
        return any(one.optimiser_step is not None and one.optimiser_step.needs_optimiser for one in watched)

    def note(
        self,
        optimiser: Any,
        parameter: Any,
        group: dict[str, Any],
        state: dict[str, Any],
        serial: int,
        before: Sequence[WatchedStep] = (),
    ) -> None:
        """Records that an optimiser is about to write a parameter. Gradients of passes `before` may be part of it."""
        watched = self._parameters.get(id(parameter))
        if watched is None:
            return
        watched.steps += 1
        if watched.tensor is None:
            if watched.after is not None:
                return  # it was written before this pass ended
            watched.tensor, watched.array = parameter, parameter.array
        if watched.steps == 1 and not self._is_written(watched):
            watched.optimiser_step = OptimiserStep.of(optimiser, group, state, serial)
            gradient = self.gradient_of(parameter)
            watched.as_shown = gradient is not None and _agree(gradient, parameter.grad.array)
            watched.added = () if watched.as_shown else self._added(parameter, before)

    def _added(self, parameter: Any, before: Sequence[WatchedStep]) -> tuple[WatchedStep, ...]:
        """Returns the earlier passes whose gradients, with that of this one, make the gradient that is used."""
        total, added = self.gradient_of(parameter), []
        for step in before:
            gradient = step.gradient_of(parameter)
            if gradient is None or total is None:
                continue
            total = total + gradient
            added.append(step)
            if _agree(total, parameter.grad.array):
                return tuple(added)
        return ()

    def _is_written(self, watched: _Parameter) -> bool:
        array = watched.tensor.array
        return array is not watched.array or written_at(array) > self.serial

    def end(self) -> None:
        """Copies the parameters as they are now, and drops the references to them."""
        self._copy()
        self._open = False
        for watched in self._parameters.values():
            watched.tensor = watched.array = None

    def _copy(self) -> None:
        for watched in self._parameters.values():
            if watched.tensor is not None and self._is_written(watched):
                watched.after = Numbers(numpy_copy(watched.tensor.array))
                # No single rule describes two steps, or a step and a write by hand.
                if watched.optimiser_step is not None and (
                    watched.steps > 1 or written_at(watched.tensor.array) > watched.optimiser_step.serial
                ):
                    watched.optimiser_step = None

    def snapshot(self) -> Snapshot:
        """Returns the snapshot with the updates so far, and writes their rules."""
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
                    self.gradients_used[watched.id] = watched.added if watched.added or watched.as_shown else None
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
