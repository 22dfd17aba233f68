"""The schedules that follow the number of steps taken."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .optimizer import Optimizer, OptimizerError


class Schedule:
    """What all schedules share: the optimiser, the count of steps, and the state in plain data.

    Attributes
    ----------
    optimizer:
        Whose rates are set.
    last_epoch: int
        How many times `step` was called; PyTorch's name, though steps need not be epochs.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: optimizer is a {type(optimizer).__name__}, not an optimiser")
        self.optimizer = optimizer
        self.last_epoch = 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rate now, of each parameter group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The state in plain data, without the optimiser and without functions."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over a state that :meth:`state_dict` gave. The rates themselves are in the optimiser's state."""
        missing = [name for name in self.state_dict() if name not in state_dict]
        if missing:
            raise OptimizerError(f"{type(self).__name__}: the state lacks {', '.join(missing)}")
        if len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise OptimizerError(
                f"{type(self).__name__}: the state is of an optimiser with {len(state_dict['base_lrs'])} parameter "
                f"groups, this one has {len(self.base_lrs)}"
            )
        self.last_epoch = int(state_dict["last_epoch"])
        self.base_lrs = [float(rate) for rate in state_dict["base_lrs"]]


class LRScheduler(Schedule):
    """Base of the schedules that follow the number of steps taken.

    A new schedule defines `factor`, by what the initial rate is multiplied after so many steps; or `rate`, if it needs
    to know the initial rate itself. `step` is called once after each epoch, or wherever the schedule counts.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)
        self._set(0)

    def factor(self, step: int) -> float:
        """What the initial rate is multiplied by after `step` steps."""
        raise NotImplementedError(f"{type(self).__name__} defines no factor")

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        """The rate of parameter group number `group`, whose initial rate is `initial`, after `step` steps."""
        return initial * self.factor(step)

    def step(self) -> None:
        """Counts one step and sets the rates."""
        self._set(self.last_epoch + 1)

    def _set(self, step: int) -> None:
        self.last_epoch = step
        groups = self.optimizer.param_groups
        for group in groups[len(self.base_lrs) :]:  # added since
            group.setdefault("initial_lr", group["lr"])
            self.base_lrs.append(float(group["initial_lr"]))
        for i, (group, initial) in enumerate(zip(groups, self.base_lrs, strict=True)):
            group["lr"] = float(self.rate(step, initial, i))


class LambdaLR(LRScheduler):
    """The initial rate times a function of the number of steps; a list of functions, one for each parameter group."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]
    ) -> None:
        functions = [lr_lambda] * len(optimizer.param_groups) if callable(lr_lambda) else list(lr_lambda)
        if len(functions) != len(optimizer.param_groups):
            raise OptimizerError(
                f"LambdaLR: {len(functions)} functions for {len(optimizer.param_groups)} parameter groups"
            )
        self.lr_lambdas = functions
        super().__init__(optimizer)

    def rate(self, step: int, initial: float, group: int) -> float:
        return initial * self.lr_lambdas[min(group, len(self.lr_lambdas) - 1)](step)


class StepLR(LRScheduler):
    """The rate times `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = _positive("StepLR", "step_size", step_size)
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        return self.gamma ** (step // self.step_size)


class MultiStepLR(LRScheduler):
    """The rate times `gamma` at each of the `milestones`."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        return self.gamma ** bisect_right(self.milestones, step)


class ExponentialLR(LRScheduler):
    """The rate times `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        return self.gamma**step


class ConstantLR(LRScheduler):
    """The rate times `factor` for the first `total_iters` steps, then the initial rate."""

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5) -> None:
        self.multiplier = factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        return self.multiplier if step < self.total_iters else 1.0


class LinearLR(LRScheduler):
    """From `start_factor` to `end_factor` times the initial rate, evenly over `total_iters` steps: a warm-up."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise OptimizerError(
                f"LinearLR: start_factor {start_factor} must be above 0, end_factor {end_factor} at least 0, neither "
                "above 1"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = _positive("LinearLR", "total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, step: int) -> float:
        done = min(step, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * done


class CosineAnnealingLR(LRScheduler):
    """From the initial rate down to `eta_min` along half a cosine, in `T_max` steps.

    I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, equation 5, without
    the restarts: as in PyTorch, the rate rises again along the cosine when it goes on past `T_max`.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = _positive("CosineAnnealingLR", "T_max", T_max)
        self.eta_min = eta_min
        super().__init__(optimizer)

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        return self.eta_min + (initial - self.eta_min) * (1 + math.cos(math.pi * step / self.T_max)) / 2


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to `max_lr`, and down to far below where it started; a step is a batch.

    L. N. Smith and N. Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates,
    arXiv:1708.07120, 2017, with cosines in place of lines, as in PyTorch. Momentum is left as it is, as with PyTorch's
    ``cycle_momentum=False``.

    Parameters
    ----------
    max_lr:
        The rate at the top, or a list of one for each parameter group.
    total_steps:
        How many steps the cycle has.
    pct_start:
        The share of them that go up.
    div_factor, final_div_factor:
        The rate starts at ``max_lr / div_factor`` and ends at that divided by `final_div_factor`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        groups = optimizer.param_groups
        rates = [float(max_lr)] * len(groups) if isinstance(max_lr, (int, float)) else [float(rate) for rate in max_lr]
        if len(rates) != len(groups):
            raise OptimizerError(f"OneCycleLR: {len(rates)} rates in max_lr for {len(groups)} parameter groups")
        if not 0 <= pct_start <= 1:
            raise OptimizerError(f"OneCycleLR: pct_start is {pct_start}; it is a share, from 0 to 1")
        self.max_lrs = rates
        self.total_steps = _positive("OneCycleLR", "total_steps", total_steps)
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
        super().__init__(optimizer)

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        if step >= self.total_steps:
            raise OptimizerError(f"OneCycleLR: step {step} of a cycle of {self.total_steps}, whose last is one less")
        top = self.max_lrs[min(group, len(self.max_lrs) - 1)]
        start = top / self.div_factor
        peak = self.pct_start * self.total_steps - 1
        if step <= peak:
            return _between(start, top, step / peak if peak > 0 else 1.0)
        return _between(top, start / self.final_div_factor, (step - peak) / (self.total_steps - 1 - peak))


class SequentialLR(LRScheduler):
    """One schedule after another, such as a warm-up and then a cosine.

    Parameters
    ----------
    schedulers:
        In their order, all of the same optimiser. Each counts from the step at which it takes over.
    milestones:
        The steps at which the second, the third, ... take over.
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]) -> None:
        for scheduler in schedulers:
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"SequentialLR: a {type(scheduler).__name__} can't be one of a sequence")
            if scheduler.optimizer is not optimizer:
                raise OptimizerError("SequentialLR: the schedules must all be of its own optimiser")
        if len(milestones) != len(schedulers) - 1 or list(milestones) != sorted(set(milestones)):
            raise OptimizerError(
                f"SequentialLR: {len(schedulers)} schedules need {max(len(schedulers) - 1, 0)} milestones, in growing "
                f"order; got {list(milestones)}"
            )
        self.schedulers = list(schedulers)
        self.milestones = list(milestones)
        super().__init__(optimizer)

    def rate(self, step: int, initial: float, group: int) -> float:
        i = bisect_right(self.milestones, step)
        return self.schedulers[i].rate(step - ([0, *self.milestones])[i], initial, group)


def _between(start: float, end: float, done: float) -> float:
    """Along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


def _positive(kind: str, name: str, value: int) -> int:
    if value < 1:
        raise OptimizerError(f"{kind}: {name} is {value}; it must be at least 1")
    return value
