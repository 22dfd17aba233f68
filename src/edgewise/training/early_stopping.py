"""Stops a training that no longer improves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..graph.arguments import flag, number, whole
from .errors import TrainingError
from .history import Mode, check_mode, default_mode


class EarlyStopping:
    """Ends a training when a measure has had no new best for some epochs.

    L. Prechelt, Early Stopping – But When?, in: Neural Networks: Tricks of the Trade, 1998.

    Parameters
    ----------
    patience:
        The number of epochs without a new best after which to stop.
    monitor:
        The measure; "val_loss" if not given, or "loss" where nothing is validated.
    mode:
        Whether less or more is better: "min" or "max". If not given, "min" for losses and errors, else "max".
    min_delta:
        The smallest improvement of a new best.
    restore_best:
        Whether to restore the state of the best epoch when training ends, early or not.
    """

    def __init__(
        self,
        patience: int = 5,
        *,
        monitor: str | None = None,
        mode: Mode | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        if mode is not None:
            check_mode("EarlyStopping", mode)
        self.patience = whole("EarlyStopping", "patience", patience, 1, TrainingError)
        self.monitor = monitor
        self.mode = mode
        self.min_delta = number("EarlyStopping", "min_delta", min_delta, error=TrainingError)
        self.restore_best = flag("EarlyStopping", "restore_best", restore_best)
        self.reset()

    def reset(self) -> None:
        """Forgets all measures."""
        self.best: float | None = None
        self.waited = 0
        self.best_state: dict[str, Any] | None = None

    def measure(self, names: Collection[str]) -> str:
        """Returns the one of these measures to watch. Raises TrainingError if it isn't among them."""
        name = self.monitor or ("val_loss" if "val_loss" in names else "loss")
        if name not in names:
            raise TrainingError(f"EarlyStopping: there is no measure {name!r}; there are {', '.join(names)}")
        return name

    def update(self, row: Mapping[str, float], model: Any) -> bool:
        """Takes the measures of an epoch, and returns whether to stop."""
        name = self.measure(row)
        value = row[name]
        sign = -1 if (self.mode or default_mode(name)) == "min" else 1
        if self.best is None or sign * value > sign * self.best + self.min_delta:
            self.best = value
            self.waited = 0
            if self.restore_best and hasattr(model, "state_dict"):
                self.best_state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model: Any) -> None:
        """Restores the model's state of its best epoch, if that was kept."""
        if self.best_state is not None:
            model.load_state_dict(self.best_state)

    def settings(self) -> dict[str, Any]:
        """Returns the settings that a resumed training must share."""
        return {f"early_stopping, {name}": getattr(self, name) for name in ("patience", "monitor", "mode", "min_delta")}

    def state_dict(self) -> dict[str, Any]:
        """Returns the state in plain data."""
        return {"best": self.best, "waited": self.waited, "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Loads a state from :meth:`state_dict`."""
        self.best = state["best"]
        self.waited = state["waited"]
        self.best_state = state["best_state"]
