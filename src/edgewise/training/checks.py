"""Checks of the arguments of `fit`, made before anything is changed."""

from __future__ import annotations

from typing import Any

from ..graph.arguments import flag, function, number, short_repr
from ..nn.module import Module
from ..optim.optimizer import Optimizer
from ..optim.plateau import ReduceLROnPlateau
from ..optim.schedules import Schedule
from . import checkpoint as checkpoints
from .calls import check_loss
from .early_stopping import EarlyStopping
from .errors import TrainingError


def check_arguments(model: Any, loss: Any, optimizer: Any, schedule: Any, every: str, early: Any) -> None:
    """Raises for arguments that can't be trained or don't belong together."""
    if not isinstance(model, Module):
        raise TypeError(f"fit: model is a {type(model).__name__}; it must be an nn.Module")
    parameters = list(model.parameters())
    if not parameters:
        raise TrainingError(f"fit: {type(model).__name__} has no parameters to train")
    check_loss("fit", loss)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"fit: optimizer is {optimizer!r}; make one first, such as ew.optim.SGD(model.parameters(), lr=0.1)"
        )
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in held for p in parameters):
        raise TrainingError("fit: the optimiser holds none of the model's parameters; was it made for another model?")
    if not any(p.requires_grad and id(p) in held for p in parameters):
        raise TrainingError("fit: every parameter is frozen (requires_grad is False), so there is nothing to train")
    if schedule is not None:
        if not isinstance(schedule, Schedule):
            raise TypeError(f"fit: schedule is {schedule!r}; it must be one of ew.optim.lr_scheduler")
        if schedule.optimizer is not optimizer:
            raise TrainingError("fit: the schedule belongs to another optimiser than the one given")
    if early is not None and not isinstance(early, EarlyStopping):
        raise TypeError(f"fit: early_stopping must be a number of epochs or an EarlyStopping, not {short_repr(early)}")
    if every not in ("epoch", "step"):
        raise TrainingError(f"fit: schedule_every is {every!r}; it must be 'epoch' or 'step'")
    if isinstance(schedule, ReduceLROnPlateau) and (every == "step" or schedule.mode == "max"):
        raise TrainingError(
            "fit: ReduceLROnPlateau watches the validation loss, or the loss, after each epoch: leave out "
            + ("schedule_every='step'" if every == "step" else "mode='max'")
        )


def check_steps(clip_norm: Any, on_step: Any, on_epoch: Any) -> None:
    """Raises for wrong arguments about steps and epochs."""
    if clip_norm is not None:
        number("fit", "clip_norm", clip_norm, above=0, error=TrainingError)
    for name, callback, takes in (("on_step", on_step, "a Step"), ("on_epoch", on_epoch, "the history")):
        if callback is not None:
            function("fit", name, callback, takes)


def check_checkpoint(path: Any, resume: Any) -> None:
    """Raises for a place where no checkpoint can be, or where none can be resumed from."""
    if flag("fit", "resume", resume) and path is None:
        raise TrainingError("resume=True needs a checkpoint: give checkpoint='path.safetensors'")
    if path is not None:
        checkpoints.check_place(path)


def check_rates(
    schedule: Schedule | None, by_step: bool, epochs: int, batches: int | None, epoch: int, step: int
) -> None:
    """Raises TrainingError if the schedule ends before the training does, as far as the number of batches is known."""
    most = None if schedule is None else schedule.most_steps
    if schedule is None or most is None or (by_step and batches is None):
        return
    needed = (epochs - epoch) * (batches or 0) - step if by_step else epochs - epoch
    if schedule.last_epoch + needed > most:
        counted = f" ({epochs} epochs of {batches} batches)" if by_step and not epoch else ""
        raise TrainingError(
            f"fit: the schedule, {type(schedule).__name__}, has rates for {most - schedule.last_epoch} more steps, but "
            f"the training takes {needed}{counted}: make it {schedule.last_epoch + needed - most} steps longer"
        )
