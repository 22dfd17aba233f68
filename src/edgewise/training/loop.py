"""A ready-made training loop."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..data.loader import DataLoader
from ..graph.arguments import number_text, whole
from ..graph.modes import no_grad
from ..nn.module import Module
from ..ops.random import default_generator
from ..optim.clip import clip_grad_norm_
from ..optim.plateau import ReduceLROnPlateau
from . import checkpoint as checkpoints
from .batches import as_batches, batch_count, batch_weight, batches_from, ignored_label, inputs_and_target
from .calls import Loss, check_trainable, compute_loss, compute_output
from .checks import check_arguments, check_checkpoint, check_rates, check_steps
from .early_stopping import EarlyStopping
from .errors import NonFiniteLossError, TrainingError
from .evaluation import run_evaluation
from .history import History
from .interrupt import Interrupt
from .metrics import Averages, Metric, measure, metrics_by_name
from .progress import Choice, Quiet, display
from .settings import Settings, data_settings, group_settings
from .watching import check_watch, watching

if TYPE_CHECKING:
    from ..ops.random import Generator
    from ..optim.optimizer import Optimizer
    from ..optim.schedules import Schedule
    from ..run import RunWatch


class Step(NamedTuple):
    """The argument of `on_step`: epoch and step, counted from 1, and the means of the epoch so far."""

    epoch: int
    step: int
    means: dict[str, float]


def fit(
    model: Module,
    train_data: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    validation: Any = None,
    metrics: Any = (),
    schedule: Schedule | None = None,
    schedule_every: Literal["epoch", "step"] = "epoch",
    batch_size: int | None = None,
    generator: Generator | None = None,
    clip_norm: float | None = None,
    early_stopping: int | EarlyStopping | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Choice = True,
    watch: RunWatch | str | os.PathLike[str] | None = None,
    on_step: Callable[[Step], Any] | None = None,
    on_epoch: Callable[[History], Any] | None = None,
) -> History:
    """Trains a model, and returns the history of its epochs.

    Ctrl-C stops at the end of the running step, saves the checkpoint if there is one, and returns the history. A second
    Ctrl-C interrupts at once.

    Parameters
    ----------
    model:
        The module to train. It is called with the inputs of a batch. It trains in training mode, except for parts in
        evaluation mode, such as a frozen batch norm. Afterwards every part is in its mode from before.
    train_data:
        A Dataset, a DataLoader, a tuple of tensors ``(inputs, target)``, or a collection of batches to iterate over in
        each epoch. The last part of a batch is the target, the others are inputs. A Dataset is shuffled in each
        epoch.
    loss:
        ``loss(output, target)``: the mean over the batch, a scalar. The epoch's average is the loss of all items at
        once for losses of `nn`, also with class weights and ignored labels; other losses are averaged over items.
    optimizer:
        The optimiser of the model's parameters.
    epochs:
        The number of passes over the data, including those of a resumed training.
    validation:
        Data, in any of these forms, to measure the model on after each epoch.
    metrics:
        Names ("accuracy", "top5_accuracy", "binary_accuracy", "mean_absolute_error", "mean_squared_error"), functions
        of (output, target), or a dict of functions by name.
    schedule, schedule_every:
        A learning-rate schedule of the optimiser, and whether it counts epochs or steps.
    batch_size:
        The batch size for data without batches; by default 64 for training and 256 for validation.
    generator:
        The generator for the order of a Dataset's items; by default Edgewise's default generator.
    clip_norm:
        The largest norm of a step's gradients; larger ones are scaled down.
    early_stopping:
        The number of epochs without a better validation loss after which to stop; or an :class:`EarlyStopping`.
    checkpoint:
        A file for model, optimiser, schedule, generators and history, written after each epoch and on an interrupt. An
        existing file is replaced.
    resume:
        Whether to continue from the checkpoint, if it exists. The numbers equal those of an uninterrupted training.
        Pass the same arguments as before: data with as many items in the same batches, metrics, and the optimiser's
        hyperparameters, such as the learning rate; only `epochs` can grow. The loss function and the settings of the
        schedule are not compared.
    progress:
        True for a bar on a terminal and a line for each epoch elsewhere; "plain" for lines, "rich" for the bar, False
        for nothing.
    watch:
        A file for a page that replays the training, such as ``"run.html"``; it is written when the training ends in any
        way. Or the result of ``ew.watch(model)``, to continue it.
    on_step, on_epoch:
        Called after each step with a :class:`Step`, and after each epoch with the history.

    Raises
    ------
    TrainingError
        For arguments that can't work or don't fit each other or the checkpoint to resume from.
    NonFiniteLossError
        When the loss becomes NaN or infinite. The parameters are those before that step.
    """
    if isinstance(early_stopping, int):
        early_stopping = EarlyStopping(early_stopping)
    check_arguments(model, loss, optimizer, schedule, schedule_every, early_stopping)
    check_steps(clip_norm, on_step, on_epoch)
    check_checkpoint(checkpoint, resume)
    check_watch(watch)
    run = _Run()
    run.model, run.loss, run.optimizer = model, loss, optimizer
    run.in_evaluation = [part for part in model.modules() if model.training and not part.training]
    run.epochs = whole("fit", "epochs", epochs, 0, TrainingError)
    run.schedule, run.by_step, run.clip_norm = schedule, schedule_every == "step", clip_norm
    run.train = as_batches("train_data", train_data, batch_size, 64, True, generator)
    run.validation = None if validation is None else as_batches("validation", validation, None, 256, False)
    run.metrics = metrics_by_name(metrics)
    run.early, run.path = early_stopping, checkpoint
    run.on_step, run.on_epoch = on_step, on_epoch
    run.history = History({name: [] for name in run.measures()})
    if early_stopping is not None:
        early_stopping.reset()
        early_stopping.measure(run.measures())
    run.settings = run.comparable_settings()
    run.generators = checkpoints.generators({"train": run.train, "validation": run.validation})
    modes = [(module, module.training) for module in model.modules()]
    with watching(watch, model) as run.watch, display(progress) as shown, Interrupt(shown.stopping) as interrupt:
        run.shown, run.interrupt = shown, interrupt
        try:
            if resume and checkpoint is not None and os.path.exists(checkpoint):
                run.load(checkpoint)
            run.go()
        finally:
            for module, training in modes:
                module.training = training
    return run.history


class _StoppedError(Exception):
    """Leaves a validation that was interrupted."""


class _Run:
    """One training: its parts and its state."""

    model: Module
    in_evaluation: list[Module]
    """The parts that stay in evaluation mode: those that were in it while the model as a whole was not."""
    loss: Loss
    optimizer: Optimizer
    epochs: int
    schedule: Schedule | None
    by_step: bool
    clip_norm: float | None
    train: Any
    validation: Any
    metrics: dict[str, Metric]
    early: EarlyStopping | None
    path: str | os.PathLike[str] | None
    on_step: Callable[[Step], Any] | None
    on_epoch: Callable[[History], Any] | None
    watch: RunWatch | None
    generators: dict[str, Generator]
    history: History
    settings: Settings
    """The settings that the training began with."""
    shown: Quiet
    interrupt: Interrupt

    def __init__(self) -> None:
        self.epoch = 0
        self.step = 0
        """The steps of this epoch that are done."""
        self.averages = Averages()
        self.seconds = 0.0
        self.order: dict[str, int] | None = None
        """The state of the loader's generator before it drew the order of this epoch."""
        self.ended_early = False
        self.no_rate: Exception | None = None
        """Why the schedule has no rate for a further step. It ends the training only if there is one."""

    # The loop ----------------------------------------------------------------------------------------------------

    def go(self) -> None:
        check_rates(self.schedule, self.by_step, self.epochs, batch_count(self.train), self.epoch, self.step)
        while self.epoch < self.epochs and not self.ended_early:
            if self._stop_requested() or not self._epoch():
                self._interrupted()
                return
        if self.early is not None:
            self.early.restore(self.model)
        if self.no_rate is not None:
            self.shown.say(f"the schedule has no rate for a further step: {self.no_rate}")
        history = self.history
        history.stopped = "early" if self.ended_early else "finished"
        if self.ended_early:
            history.note = f"stopped early: no better for {self.early.waited if self.early else 0} epochs"
            self.shown.say(history.note)

    def _epoch(self) -> bool:
        """Continues the current epoch to its end; returns False if it was interrupted."""
        began = time.perf_counter() - self.seconds
        batches = self._batches()
        self.model.train()
        for part in self.in_evaluation:
            part.training = False
        self.shown.begin(self.epoch + 1, self.epochs, batch_count(self.train), self.step)
        for batch in batches:
            self._train_on(batch)
            self.seconds = time.perf_counter() - began
            if self._stop_requested():
                return False
        if not self.step:
            raise TrainingError(
                "train_data gave no batches in this epoch. A generator can be used only once: give a list"
            )
        row = self.averages.means()
        rate = float(self.optimizer.param_groups[0]["lr"])
        if self.validation is not None:
            before = checkpoints.states(self.generators)
            try:
                means = run_evaluation(self.model, self.validation, self.loss, self.metrics, self._raise_if_requested)
            except _StoppedError:
                # A resumed training repeats this epoch's validation from its start.
                checkpoints.set_states(self.generators, before)
                return False
            if not means:
                raise TrainingError(
                    f"validation gave no batches in epoch {self.epoch + 1}. A generator can be used only once: give a "
                    "list"
                )
            row.update({f"val_{name}": value for name, value in means.items()})
        row["lr"] = rate
        row["seconds"] = time.perf_counter() - began
        self._close(row)
        return True

    def _batches(self) -> Any:
        """Returns the batches of this epoch that are still to come."""
        own = self.train.generator or default_generator if isinstance(self.train, DataLoader) else None
        if self.step == 0:
            self.order = None if own is None else own.get_state()
            return batches_from(self.train, 0)
        # In the middle of an epoch: the order is drawn again as it was, and then all goes on from where it stood.
        now = checkpoints.states(self.generators)
        if own is not None and self.order is not None:
            own.set_state(self.order)
        batches = batches_from(self.train, self.step)
        checkpoints.set_states(self.generators, now)
        return batches

    def _train_on(self, batch: Any) -> None:
        if self.no_rate is not None:
            raise self.no_rate
        inputs, target = inputs_and_target(batch)
        optimizer = self.optimizer
        output = compute_output(self.model, inputs)
        loss = check_trainable(self.loss, compute_loss(self.loss, output, target))
        weight = batch_weight(self.loss, target)
        # A batch of ignored labels alone has no loss, and nothing to learn from.
        value = math.nan if weight == 0 else self._check_finite(float(loss), len(target))
        optimizer.zero_grad()
        if weight != 0:
            loss.backward()
            if self.clip_norm is not None:
                clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], self.clip_norm)
            optimizer.step()
        self.step += 1
        if self.schedule is not None and self.by_step:
            self._step_schedule(self.schedule)
        with no_grad():
            measured = measure(self.metrics, output, target, ignored_label(self.loss))
        self.averages.add({"loss": (value, weight), **measured})
        means = self.averages.means()
        self.shown.step(self.step, means)
        if self.on_step is not None:
            with self.interrupt.caught():
                self.on_step(Step(self.epoch + 1, self.step, means))

    def _check_finite(self, value: float, items: int) -> float:
        if not math.isfinite(value):
            rates = ", ".join(number_text(float(group["lr"])) for group in self.optimizer.param_groups)
            raise NonFiniteLossError(
                f"the loss became {value} in step {self.step + 1} of epoch {self.epoch + 1}, on a batch of {items} "
                f"(learning rate {rates}). Often the learning rate is too high, the inputs are not scaled or hold NaN, "
                "or a gradient explodes (clip_norm=1.0). To see the operation and the line where it begins, run again "
                "within `with ew.autograd.detect_anomaly():`"
            )
        return value

    def _close(self, row: dict[str, float]) -> None:
        """Ends an epoch with its measures."""
        self.history.append(row)
        if self.watch is not None:
            # The loss itself is seen at every step.
            self.watch.note(**{name: value for name, value in row.items() if name not in ("loss", "lr", "seconds")})
        if self.schedule is not None and not self.by_step:
            self._step_schedule(self.schedule, row.get("val_loss", row["loss"]))
        if self.early is not None:
            self.ended_early = self.early.update(row, self.model)
        self.shown.end(self.epoch + 1, self.epochs, row)
        self.epoch += 1
        self.step = 0
        self.seconds = 0.0
        self.averages = Averages()
        try:
            if self.on_epoch is not None:
                with self.interrupt.caught():
                    self.on_epoch(self.history)
        finally:
            # After the callback, which may have changed a rate; and also where it failed.
            if self.path is not None:
                self.save(self.path)

    def _step_schedule(self, schedule: Any, measured: float | None = None) -> None:
        try:
            if isinstance(schedule, ReduceLROnPlateau):
                schedule.step(measured)
            else:
                schedule.step()
        except Exception as error:
            self.no_rate = error

    # Stopping and going on ---------------------------------------------------------------------------------------

    def _stop_requested(self) -> bool:
        return self.interrupt.requested

    def _raise_if_requested(self) -> None:
        if self.interrupt.requested:
            raise _StoppedError

    def _interrupted(self) -> None:
        history = self.history
        history.stopped = "interrupted"
        if self.step:
            where = f"interrupted in epoch {self.epoch + 1} after step {self.step}"
        else:
            where = f"interrupted after epoch {self.epoch}" if self.epoch else "interrupted before the first step"
        if self.path is None:
            history.note = f"{where}; not saved, since no checkpoint was given"
        else:
            self.save(self.path)
            history.note = (
                f"{where}; saved to {os.fspath(self.path)}. To go on, call fit again with resume=True and the same "
                "arguments"
            )
        self.shown.say(history.note)

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "early_stopping": self.early,
        }

    def measures(self) -> list[str]:
        """Returns the names in the history of this training."""
        names = ["loss", *self.metrics]
        validated = [] if self.validation is None else [f"val_{name}" for name in names]
        return [*names, *validated, "lr", "seconds"]

    def comparable_settings(self) -> Settings:
        """Returns the settings that a resumed training must share."""
        early = self.early
        return {
            **data_settings("train_data", self.train),
            **data_settings("validation", self.validation),
            "metrics": list(self.metrics),
            **group_settings(self.optimizer.param_groups, self.schedule is not None),
            "schedule, every": None if self.schedule is None else "step" if self.by_step else "epoch",
            "clip_norm": self.clip_norm,
            **({} if early is None else early.settings()),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        checkpoints.write(
            path,
            self._parts(),
            {
                "epoch": self.epoch,
                "step": self.step,
                "seconds": self.seconds,
                "averages": self.averages.state_dict(),
                "order": self.order,
                "generators": checkpoints.states(self.generators),
                "history": self.history.to_dict(),
                "ended_early": self.ended_early,
                "settings": self.settings,
            },
        )

    def load(self, path: str | os.PathLike[str]) -> None:
        state = checkpoints.read(path, self._parts(), self.settings)
        self.settings = state["settings"]
        self.epoch = state["epoch"]
        self.step = state["step"]
        self.seconds = state["seconds"]
        self.averages.load_state_dict(state["averages"])
        self.order = state["order"]
        self.history = History(state["history"])
        self.ended_early = state["ended_early"]
        checkpoints.set_states(self.generators, state["generators"])
        if self.epoch >= self.epochs:
            self.shown.say(
                f"{os.fspath(path)} is at the end of epoch {self.epoch}: epochs={self.epochs} asks for no more"
            )
        else:
            step = f", step {self.step + 1}" if self.step else ""
            self.shown.say(f"resuming from {os.fspath(path)} at epoch {self.epoch + 1}{step}")
