"""The schedules that follow the number of steps taken.

Each is a function of that number, which gives the rate exactly as long as nothing else changes it. Where something did,
another schedule or an assignment to ``group["lr"]``, a schedule that multiplies goes on from the rate that it finds, so
schedules of one optimiser multiply. This is PyTorch's rule.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..graph.arguments import function, number, short_repr, whole
from .optimizer import Optimizer, OptimizerError


class Schedule:
    """The base of schedules: the optimiser, the count of steps, and the state in plain data.

    Attributes
    ----------
    optimizer:
        The optimiser whose rates are set.
    last_epoch: int
        The number of calls of `step`. The name is PyTorch's; steps need not be epochs.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        check_optimizer(type(self).__name__, optimizer)
        self.optimizer = optimizer
        self.last_epoch = 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """Returns the present rate of each parameter group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Returns the state in plain data, with the present rates, without the optimiser and without functions."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs), "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Loads a state from :meth:`state_dict`, and sets its rates.

        The optimiser's state can be loaded before or after.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"{type(self).__name__}: a state is a dict, as state_dict() gives it, not {short_repr(state_dict)}"
            )
        missing = [name for name in self.state_dict() if name not in state_dict and name != "_last_lr"]
        if missing:
            raise OptimizerError(f"{type(self).__name__}: the state lacks {', '.join(missing)}")
        if len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise OptimizerError(
                f"{type(self).__name__}: the state is of an optimiser with {len(state_dict['base_lrs'])} parameter "
                f"groups, this one has {len(self.base_lrs)}"
            )
        rates = state_dict.get("_last_lr", self.get_last_lr())
        if len(rates) != len(self.base_lrs):
            raise OptimizerError(
                f"{type(self).__name__}: the state has {len(rates)} rates for {len(self.base_lrs)} groups"
            )
        self.last_epoch = int(state_dict["last_epoch"])
        self.base_lrs = [float(rate) for rate in state_dict["base_lrs"]]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
            group["lr"] = float(rate)

    @property
    def most_steps(self) -> int | None:
        """The number of calls of `step` that the schedule allows; None for no limit."""
        return None


class LRScheduler(Schedule):
    """Base of the schedules that follow the number of steps taken.

    A new schedule defines `factor`, by which the initial rate is multiplied after a number of steps; or `rate`, if it
    needs the initial rate itself. `step` is called once after each epoch, or wherever the schedule counts.

    A schedule with a `factor` multiplies the present rate by the change of the factor, so it continues from a rate that
    was set by hand or by another schedule. A schedule with a `rate` overwrites the present rate.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if last_epoch != -1:
            raise OptimizerError(
                f"{type(self).__name__}: last_epoch is {short_repr(last_epoch)}, but a new schedule begins before its "
                "first step (-1): to go on with an old one, load its state: schedule.load_state_dict(state)"
            )
        super().__init__(optimizer)
        for i, (group, initial) in enumerate(zip(optimizer.param_groups, self.base_lrs, strict=True)):
            group["lr"] = float(self._first(group["lr"], initial, i))

    def factor(self, step: int) -> float:
        """Returns the multiplier of the initial rate after `step` steps."""
        raise NotImplementedError(f"{type(self).__name__} defines no factor")

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        """Returns the rate of parameter group number `group`, whose initial rate is `initial`, after `step` steps."""
        return initial * self.factor(step)

    def step(self) -> None:
        """Counts one step and sets the rates."""
        step = self.last_epoch + 1
        groups = self.optimizer.param_groups
        for group in groups[len(self.base_lrs) :]:  # added since
            group.setdefault("initial_lr", group["lr"])
            self.base_lrs.append(float(group["initial_lr"]))
        rates = [
            float(self._next(step, float(group["lr"]), initial, i))
            for i, (group, initial) in enumerate(zip(groups, self.base_lrs, strict=True))
        ]
        # All are known before the first is set, so a schedule that is at its end leaves all as it was.
        self.last_epoch = step
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        self._set_momentum(step)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._set_momentum(self.last_epoch)

    def _set_momentum(self, step: int) -> None:
        """Sets the momentum after `step` steps, for schedules that change it."""

    def _first(self, present: float, initial: float, group: int) -> float:
        """Returns the rate that a new schedule makes of the present one."""
        return present * self.factor(0) if self._is_factor else self.rate(0, initial, group)

    def _next(self, step: int, present: float, initial: float, group: int) -> float:
        """Returns the rate after `step` steps, if it was `present` before."""
        if not self._is_factor or present == self.rate(step - 1, initial, group):
            return self.rate(step, initial, group)
        return self._next_rate(step, present, initial, group)

    def _next_rate(self, step: int, present: float, initial: float, group: int) -> float:
        """Returns the rate after `step` steps from a `present` rate that something else has changed."""
        before, now = self.factor(step - 1), self.factor(step)
        if before == now:
            return present
        return present * now / before if before else self.rate(step, initial, group)

    @property
    def _is_factor(self) -> bool:
        return type(self).rate is LRScheduler.rate


class LambdaLR(LRScheduler):
    """The initial rate times a function of the number of steps; a list of functions, one for each parameter group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(type(self).__name__, optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else _items("LambdaLR", "lr_lambda", lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise OptimizerError(f"LambdaLR: {len(self.lr_lambdas)} functions for {groups} parameter groups")
        for one in self.lr_lambdas:
            function("LambdaLR", "lr_lambda", one, "the number of steps")
        super().__init__(optimizer, last_epoch)

    def rate(self, step: int, initial: float, group: int) -> float:
        factor = self.lr_lambdas[min(group, len(self.lr_lambdas) - 1)](step)
        return initial * number("LambdaLR", f"what lr_lambda({step}) returns", factor, error=OptimizerError)


class StepLR(LRScheduler):
    """The rate times `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = whole("StepLR", "step_size", step_size, 1, OptimizerError)
        self.gamma = check_rate("StepLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.gamma ** (step // self.step_size)


class MultiStepLR(LRScheduler):
    """The rate times `gamma` at each of the `milestones`."""

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = sorted(_steps("MultiStepLR", milestones))
        self.gamma = check_rate("MultiStepLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.gamma ** bisect_right(self.milestones, step)


class ExponentialLR(LRScheduler):
    """The rate times `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = check_rate("ExponentialLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.gamma**step


class ConstantLR(LRScheduler):
    """The rate times `factor` for the first `total_iters` steps, then the initial rate."""

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        self.multiplier = check_rate("ConstantLR", "factor", factor)
        self.total_iters = whole("ConstantLR", "total_iters", total_iters, 0, OptimizerError)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.multiplier if step < self.total_iters else 1.0


class LinearLR(LRScheduler):
    """From `start_factor` to `end_factor` times the initial rate, evenly over `total_iters` steps: a warm-up."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = number("LinearLR", "start_factor", start_factor, above=0, most=1, error=OptimizerError)
        self.end_factor = number("LinearLR", "end_factor", end_factor, least=0, most=1, error=OptimizerError)
        self.total_iters = whole("LinearLR", "total_iters", total_iters, 1, OptimizerError)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        done = min(step, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * done


class CosineAnnealingLR(LRScheduler):
    """From the initial rate down to `eta_min` along half a cosine, in `T_max` steps.

    I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017, equation 5, without
    the restarts: as in PyTorch, the rate rises again along the cosine when it goes on past `T_max`.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = whole("CosineAnnealingLR", "T_max", T_max, 1, OptimizerError)
        self.eta_min = check_rate("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def rate(self, step: int, initial: float, group: int) -> float:  # noqa: ARG002
        return self.eta_min + (initial - self.eta_min) * self._cosine_share(step)

    def _cosine_share(self, step: int) -> float:
        return (1 + math.cos(math.pi * step / self.T_max)) / 2

    def _first(self, present: float, initial: float, group: int) -> float:  # noqa: ARG002
        return present

    def _next_rate(self, step: int, present: float, initial: float, group: int) -> float:  # noqa: ARG002
        if (step - 1 - self.T_max) % (
            2 * self.T_max
        ) == 0:  # from the bottom of the cosine nothing can be multiplied up
            return present + (initial - self.eta_min) * self._cosine_share(step)
        return self.eta_min + (present - self.eta_min) * self._cosine_share(step) / self._cosine_share(step - 1)

    @property
    def _is_factor(self) -> bool:
        return True


class SequentialLR(LRScheduler):
    """One schedule after another, such as a warm-up and then a cosine.

    Parameters
    ----------
    schedulers:
        In their order, all of the same optimiser. Each counts from the step at which it takes over.
    milestones:
        The steps at which the second, the third, ... take over.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(type(self).__name__, optimizer)
        schedulers = _items("SequentialLR", "schedulers", schedulers)
        milestones = _steps("SequentialLR", milestones)
        if not schedulers:
            raise OptimizerError("SequentialLR: needs at least one schedule")
        for scheduler in schedulers:
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"SequentialLR: a {type(scheduler).__name__} can't be one of a sequence")
            if scheduler.optimizer is not optimizer:
                raise OptimizerError("SequentialLR: the schedules must all be of its own optimiser")
        if len(milestones) != len(schedulers) - 1 or milestones != sorted(set(milestones)):
            raise OptimizerError(
                f"SequentialLR: {len(schedulers)} schedules need {len(schedulers) - 1} milestones, in growing order; "
                f"got {milestones}"
            )
        self.schedulers: list[LRScheduler] = schedulers
        self.milestones = milestones
        super().__init__(optimizer, last_epoch)

    def rate(self, step: int, initial: float, group: int) -> float:
        schedule, since = self._schedule_at(step)
        return schedule.rate(since, initial, group)

    def _next(self, step: int, present: float, initial: float, group: int) -> float:
        schedule, since = self._schedule_at(step)
        return schedule._next(since, present, initial, group) if since else schedule.rate(0, initial, group)

    def _set_momentum(self, step: int) -> None:
        schedule, since = self._schedule_at(step)
        schedule._set_momentum(since)

    def _schedule_at(self, step: int) -> tuple[LRScheduler, int]:
        """Returns the schedule that is active after `step` steps, and the number of its own steps."""
        i = bisect_right(self.milestones, step)
        return self.schedulers[i], step - [0, *self.milestones][i]

    @property
    def most_steps(self) -> int | None:
        last = self.schedulers[-1].most_steps
        return None if last is None else [0, *self.milestones][-1] + last


def check_optimizer(kind: str, optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{kind}: optimizer is a {type(optimizer).__name__}, not an optimiser")


def check_rate(kind: str, name: str, value: Any) -> float:
    return number(kind, name, value, least=0, error=OptimizerError)


def _items(kind: str, name: str, value: Any) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{kind}: {name} must be a list, not {short_repr(value)}")
    return list(value)


def _steps(kind: str, value: Any) -> list[int]:
    return [whole(kind, "a milestone", step, 0, OptimizerError) for step in _items(kind, "milestones", value)]
