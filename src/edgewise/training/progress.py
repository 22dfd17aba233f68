"""The display of a running training."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, TypeAlias

from .errors import TrainingError
from .history import number

Choice: TypeAlias = "bool | Literal['plain', 'rich'] | Quiet"

_STOPPING = "stopping at the end of this step"
_AGAIN = " (Ctrl-C again interrupts at once)"

_PAUSE = 0.1
"""Seconds between two updates of the display, which keep its cost small."""


class Quiet:
    """Shows nothing. The other displays override its methods."""

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def begin(self, epoch: int, epochs: int, steps: int | None, done: int) -> None:
        """Runs when an epoch begins, or continues after `done` of its steps."""

    def step(self, done: int, means: Mapping[str, float]) -> None:
        """Runs after a step with the means of the epoch so far."""

    def end(self, epoch: int, epochs: int, row: Mapping[str, float]) -> None:
        """Runs after an epoch with its measures."""

    def say(self, text: str) -> None:
        """Shows a message."""

    def stopping(self) -> None:
        """Runs in the signal handler of Ctrl-C, in the middle of anything, such as a print."""


class Plain(Quiet):
    """A line for each epoch; without `words`, nothing else."""

    def __init__(self, words: bool = True) -> None:
        self._words = words

    def end(self, epoch: int, epochs: int, row: Mapping[str, float]) -> None:
        print(epoch_line(epoch, epochs, row), flush=True)

    def say(self, text: str) -> None:
        if self._words:
            print(text, flush=True)

    def stopping(self) -> None:
        if not self._words:
            return
        # Past Python's buffers, which may be in use just now.
        with suppress(OSError):
            os.write(2, f"\n{_STOPPING}{_AGAIN}\n".encode())


class Rich(Quiet):
    """A bar for the running epoch with loss, metrics and the time left, below a line for each epoch that is over.

    Without `words`, nothing else.
    """

    def __init__(self, words: bool = True) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[means]}"),
            TextColumn("[dim]{task.fields[left]}"),
            refresh_per_second=8,
            transient=True,
        )
        self._words = words
        self._task: Any = None
        self._shown = 0.0
        self._taken = 0
        self._seconds = 0.0
        self._at = 0.0
        self._remaining = 0
        self._steps: int | None = None

    def __enter__(self) -> Rich:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def begin(self, epoch: int, epochs: int, steps: int | None, done: int) -> None:
        if self._task is None:
            self._task = self._bar.add_task("", count="", means="", left="")
        self._steps = steps
        self._remaining = epochs - epoch
        self._at = time.perf_counter()
        self._bar.reset(self._task, total=steps, completed=done, description=f"epoch {epoch}/{epochs}")
        self._bar.update(self._task, means="", left="", count=self._count(done))

    def step(self, done: int, means: Mapping[str, float]) -> None:
        now = time.perf_counter()
        self._seconds += now - self._at
        self._at = now
        self._taken += 1
        if now - self._shown < _PAUSE:
            return
        self._shown = now
        left = ""
        if self._steps is not None:
            ahead = self._remaining * self._steps + self._steps - done
            left = f"{clock_text(ahead * self._seconds / self._taken)} left"
        text = "  ".join(f"{name} {number(name, value)}" for name, value in means.items())
        self._bar.update(self._task, completed=done, means=text, left=left, count=self._count(done))

    def _count(self, done: int) -> str:
        return str(done) if self._steps is None else f"{done}/{self._steps}"

    def end(self, epoch: int, epochs: int, row: Mapping[str, float]) -> None:
        console = self._bar.console
        console.print(wrap_entries(epoch_line(epoch, epochs, row), console.width), highlight=False)

    def stopping(self) -> None:
        if self._words and self._task is not None:
            self._bar.update(self._task, means=_STOPPING, left="")

    def say(self, text: str) -> None:
        if self._words:
            self._bar.console.print(text, highlight=False, markup=False)


def display(choice: Choice, words: bool = True) -> Quiet:
    """Returns the display for `progress=`; True means a bar on a terminal, and plain lines elsewhere."""
    if isinstance(choice, Quiet):
        return choice
    if choice not in (True, False, "plain", "rich"):
        raise TrainingError(f"progress is {choice!r}; it must be True, False, 'plain' or 'rich'")
    if choice is False:
        return Quiet()
    if choice == "plain" or (choice is True and not _is_terminal()):
        return Plain(words)
    return Rich(words)


def _is_terminal() -> bool:
    if sys.stdout is not None and sys.stdout.isatty():
        return True
    return "ipykernel" in sys.modules


def epoch_line(epoch: int, epochs: int, row: Mapping[str, float]) -> str:
    """Returns a line such as ``epoch  3/10  loss 0.4312  val_loss 0.4521  4.1 s``."""
    width = len(str(epochs))
    parts = [f"{name} {number(name, value)}" for name, value in row.items() if name not in ("seconds", "lr")]
    return "  ".join([f"epoch {epoch:>{width}}/{epochs}", *parts, f"{row.get('seconds', 0.0):.1f} s"])


def wrap_entries(line: str, width: int) -> str:
    """Returns entries in a line, separated by two blanks, and broken between entries beyond `width`."""
    lines = [""]
    for entry in line.split("  "):
        longer = f"{lines[-1]}  {entry}" if lines[-1] else entry
        if len(longer) > width and lines[-1]:
            lines.append(f"    {entry}")
        else:
            lines[-1] = longer
    return "\n".join(lines)


def clock_text(seconds: float) -> str:
    """Returns a time such as ``4:07`` or ``1:04:07``."""
    whole = round(seconds)
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
