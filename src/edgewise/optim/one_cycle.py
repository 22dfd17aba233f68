"""The schedule that goes up once and down once, and moves the momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..graph.arguments import flag, number, whole
from .optimizer import Optimizer, OptimizerError
from .schedules import LRScheduler, check_optimizer


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to `max_lr`, and down to far below where it started; a step is a batch.

    L. N. Smith and N. Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates,
    arXiv:1708.07120, 2017, with cosines in place of lines, as in PyTorch. The momentum goes the other way: down
    while the rate goes up, and up again.

    Parameters
    ----------
    max_lr:
        The rate at the top, or a list of one for each parameter group.
    total_steps:
        The number of steps of the cycle; or else ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch:
        The number of epochs, and of batches in each.
    pct_start:
        The share of the steps that go up.
    anneal_strategy:
        ``"cos"`` to go along half a cosine, ``"linear"`` along a line.
    cycle_momentum:
        Whether the momentum is moved: the group's ``momentum``, or the first of its ``betas``. It is by default, also
        where the optimiser was made without momentum; False leaves it as it is.
    base_momentum, max_momentum:
        The momentum at the top of the cycle, and at its start and end, or lists of one for each parameter group.
    div_factor, final_div_factor:
        The rate starts at ``max_lr / div_factor`` and ends at that divided by `final_div_factor`.
    three_phase:
        Down to where it started in as many steps as up, and to the end in the rest.

    Raises OptimizerError if the number of steps is not given, or in both ways with different results, and if the
    momentum is to be moved of an optimiser that has none.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(type(self).__name__, optimizer)
        self.max_lrs = _for_each_group(optimizer, "max_lr", "rates", max_lr)
        self.total_steps = _cycle_length(total_steps, epochs, steps_per_epoch)
        if anneal_strategy not in ("cos", "linear"):
            raise OptimizerError(f"OneCycleLR: anneal_strategy is {anneal_strategy!r}; it must be 'cos' or 'linear'")
        self.anneal_strategy = anneal_strategy
        self.three_phase = flag("OneCycleLR", "three_phase", three_phase)
        self.pct_start = number(
            "OneCycleLR", "pct_start, a share of the steps,", pct_start, least=0, most=1, error=OptimizerError
        )
        self.div_factor = number("OneCycleLR", "div_factor", div_factor, above=0, error=OptimizerError)
        self.final_div_factor = number(
            "OneCycleLR", "final_div_factor", final_div_factor, above=0, error=OptimizerError
        )
        self.cycle_momentum = flag("OneCycleLR", "cycle_momentum", cycle_momentum)
        below = 1.0 if "betas" in optimizer.defaults else None
        self.base_momentums = _for_each_group(optimizer, "base_momentum", "momenta", base_momentum, below)
        self.max_momentums = _for_each_group(optimizer, "max_momentum", "momenta", max_momentum, below)
        if self.cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise OptimizerError(
                f"OneCycleLR: {type(optimizer).__name__} has no momentum or betas that could be moved: pass "
                "cycle_momentum=False"
            )
        for group, top in zip(optimizer.param_groups, self.max_lrs, strict=True):
            group["initial_lr"] = top / self.div_factor
        super().__init__(optimizer, last_epoch)
        self._set_momentum(0)

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        if step > self.total_steps:
            raise OptimizerError(
                f"OneCycleLR: step() was called {step} times, but the cycle has total_steps={self.total_steps}: it "
                "must be as many as there are batches in all epochs together"
            )
        top = _value_of_group(self.max_lrs, group)
        first = top / self.div_factor
        return self._value_in_cycle(step, first, top, first / self.final_div_factor)

    def _set_momentum(self, step: int) -> None:
        if not self.cycle_momentum:
            return
        for i, group in enumerate(self.optimizer.param_groups):
            high = _value_of_group(self.max_momentums, i)
            momentum = self._value_in_cycle(step, high, _value_of_group(self.base_momentums, i), high)
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum

    def _value_in_cycle(self, step: int, first: float, top: float, last: float) -> float:
        """Returns the value after `step` steps of a cycle from `first` to `top` and to `last`."""
        peak = self.pct_start * self.total_steps - 1
        # The steps at which each part of the cycle ends, and the values there.
        ends, values = [0.0, peak, self.total_steps - 1], [first, top, last]
        if self.three_phase:
            ends.insert(2, 2 * self.pct_start * self.total_steps - 2)
            values.insert(2, first)
        part = next((i for i, end in enumerate(ends[1:-1]) if step <= end), len(ends) - 2)
        length = ends[part + 1] - ends[part]
        done = (step - ends[part]) / length if length > 0 else 1.0
        if self.anneal_strategy == "linear":
            return values[part] + (values[part + 1] - values[part]) * done
        return _on_cosine(values[part], values[part + 1], done)

    @property
    def most_steps(self) -> int | None:
        return self.total_steps


def _for_each_group(optimizer: Optimizer, name: str, kind: str, value: Any, below: float | None = None) -> list[float]:
    """Returns one number for each parameter group, from a list of them or from one number for all."""
    groups = len(optimizer.param_groups)
    given = value if isinstance(value, (list, tuple)) else [value] * groups
    if len(given) != groups:
        raise OptimizerError(f"OneCycleLR: {len(given)} {kind} in {name} for {groups} parameter groups")
    return [number("OneCycleLR", name, one, least=0, below=below, error=OptimizerError) for one in given]


def _value_of_group(values: list[float], group: int) -> float:
    """Returns the value of a parameter group. A group that was added later has the value of the last."""
    return values[min(group, len(values) - 1)]


def _cycle_length(total: Any, epochs: Any, steps_per_epoch: Any) -> int:
    """Returns the steps of a cycle: their number, or that of epochs and of the steps in each."""
    length: int | None = None
    if epochs is not None and steps_per_epoch is not None:
        length = whole("OneCycleLR", "epochs", epochs, 1, OptimizerError)
        length *= whole("OneCycleLR", "steps_per_epoch", steps_per_epoch, 1, OptimizerError)
    if total is None:
        if length is None:
            raise OptimizerError("OneCycleLR: needs total_steps, or epochs and steps_per_epoch")
        return length
    steps: int = whole("OneCycleLR", "total_steps", total, 1, OptimizerError)
    if length not in (None, steps):
        raise OptimizerError(
            f"OneCycleLR: total_steps is {steps}, but epochs={epochs} of steps_per_epoch={steps_per_epoch} make "
            f"{length}: give one of the two"
        )
    return steps


def _on_cosine(start: float, end: float, done: float) -> float:
    """Returns a value along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
