"""The schedule that follows a measure of the training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..graph.arguments import number, whole
from .optimizer import Optimizer, OptimizerError
from .schedules import Schedule


class ReduceLROnPlateau(Schedule):
    """Lowers the rate when a measure has stopped getting better.

    Parameters
    ----------
    optimizer:
        The optimiser whose rates are lowered.
    mode:
        "min" if less is better, as for a loss; "max" if more is.
    factor:
        The multiplier of the rate, below 1.
    patience:
        The number of steps without a new best to tolerate.
    threshold, threshold_mode:
        By how much a new best must be better: that share of the best ("rel"), or that much ("abs").
    cooldown:
        How many steps after a reduction to wait before counting again.
    min_lr:
        The lowest rate, or a list of one for each parameter group.
    eps:
        The smallest change of the rate; smaller ones are skipped.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise OptimizerError(
                f"ReduceLROnPlateau: mode is {mode!r}, threshold_mode {threshold_mode!r}; they must be 'min' or 'max', "
                "and 'rel' or 'abs'"
            )
        super().__init__(optimizer)
        self.mode = mode
        kind, error = "ReduceLROnPlateau", OptimizerError
        self.factor = number(kind, "factor", factor, least=0, below=1, error=error)
        self.patience = whole(kind, "patience", patience, 0, error)
        self.threshold = number(kind, "threshold", threshold, least=0, error=error)
        self.threshold_mode = threshold_mode
        self.cooldown = whole(kind, "cooldown", cooldown, 0, error)
        groups = len(optimizer.param_groups)
        lowest = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(lowest) != groups:
            raise OptimizerError(f"{kind}: {len(lowest)} rates in min_lr for {groups} parameter groups")
        self.min_lrs = [number(kind, "min_lr", rate, least=0, error=error) for rate in lowest]
        self.eps = number(kind, "eps", eps, least=0, error=error)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def step(self, metrics: Any) -> None:
        """Takes the measure after one more epoch, and lowers the rate if it is time to."""
        value = number("ReduceLROnPlateau", "the measure given to step()", metrics, finite=False)
        self.last_epoch += 1
        if self._is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if math.isinf(self.best):
            return sign * value > sign * self.best
        if self.threshold_mode == "abs":
            return sign * value > sign * self.best + self.threshold
        # As in PyTorch, a share of the best's own value, whatever its sign.
        return sign * value > sign * self.best * (1 + sign * self.threshold)

    def _reduce(self) -> None:
        for i, group in enumerate(self.optimizer.param_groups):
            old = float(group["lr"])
            # A group that was added since has the last one's lowest rate.
            new = max(old * self.factor, self.min_lrs[min(i, len(self.min_lrs) - 1)])
            if old - new > self.eps:
                group["lr"] = new

    def state_dict(self) -> dict[str, Any]:
        """Returns the state in plain data."""
        return {
            **super().state_dict(),
            "best": self.best,
            "num_bad_epochs": self.num_bad_epochs,
            "cooldown_counter": self.cooldown_counter,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Loads a state from :meth:`state_dict`."""
        super().load_state_dict(state_dict)
        self.best = float(state_dict["best"])
        self.num_bad_epochs = int(state_dict["num_bad_epochs"])
        self.cooldown_counter = int(state_dict["cooldown_counter"])
