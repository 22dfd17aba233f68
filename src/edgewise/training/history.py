"""The measures of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from ..graph.arguments import number_text
from .errors import TrainingError

Mode = Literal["min", "max"]

_LESS_IS_BETTER = ("loss", "error")


def default_mode(name: str) -> Mode:
    """Returns "min" for losses and errors, of which less is better, and "max" for other measures."""
    return "min" if name.endswith(_LESS_IS_BETTER) else "max"


def check_mode(where: str, mode: object) -> None:
    """Raises TrainingError unless this is a mode."""
    if mode not in ("min", "max"):
        raise TrainingError(f"{where}: mode is {mode!r}; it must be 'min' or 'max'")


class History:
    """The loss, the metrics, the learning rate and the seconds of every epoch.

    ``history["val_loss"]`` is the list of a measure over the epochs. Measures of validation data begin with ``val_``.

    Attributes
    ----------
    stopped: str
        Why training ended: "finished", "early" or "interrupted"; "" while it goes on.
    note: str
        The same in words, with advice.
    """

    def __init__(self, values: Mapping[str, Sequence[float]] | None = None) -> None:
        self._values: dict[str, list[float]] = {name: list(column) for name, column in (values or {}).items()}
        self.stopped = ""
        self.note = ""

    def append(self, row: Mapping[str, float]) -> None:
        """Adds an epoch."""
        if self._values and set(row) != set(self._values):
            raise TrainingError(f"this epoch measures {', '.join(row)}; those before, {', '.join(self._values)}")
        for name, value in row.items():
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self._values:
            raise KeyError(f"the history has no {name!r}; it has {', '.join(self._values) or 'no epochs'}")
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        """Returns the number of epochs."""
        return len(next(iter(self._values.values()), []))

    @property
    def last(self) -> dict[str, float]:
        """The measures of the last epoch."""
        return {name: column[-1] for name, column in self._values.items() if column}

    def best_epoch(self, name: str | None = None, mode: Mode | None = None) -> int:
        """Returns the number, from 1, of the first epoch in which a measure was best.

        Parameters
        ----------
        name:
            The measure; "val_loss" if not given, or "loss" where nothing was validated.
        mode:
            Whether less or more is better: "min" or "max". If not given, "min" for losses and errors.
        """
        column = self[name or self._default()]
        if not column:
            raise TrainingError("the history has no epochs yet")
        mode = mode or default_mode(name or "loss")
        check_mode("best_epoch", mode)
        return 1 + column.index(min(column) if mode == "min" else max(column))

    def best(self, name: str | None = None, mode: Mode | None = None) -> float:
        """Returns the best value of a measure over the epochs: see :meth:`best_epoch`."""
        return self[name or self._default()][self.best_epoch(name, mode) - 1]

    def _default(self) -> str:
        return "val_loss" if "val_loss" in self._values else "loss"

    def to_dict(self) -> dict[str, list[float]]:
        """Returns the measures as lists, as a DataFrame or JSON takes them."""
        return {name: list(column) for name, column in self._values.items()}

    def plot(self, names: Sequence[str] | None = None, axes: Any = None) -> Any:
        """Draws the measures over the epochs with matplotlib, training and validation together; returns the figure.

        Parameters
        ----------
        names:
            The measures to draw, without ``val_``; all but rate and time if not given.
        axes:
            As many matplotlib axes to draw on.

        Raises
        ------
        ImportError
            If matplotlib is missing: ``pip install 'edgewise[plot]'``.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError("drawing needs matplotlib: pip install 'edgewise[plot]'") from error
        if names is None:
            names = [name for name in self._values if not name.startswith("val_") and name not in ("lr", "seconds")]
        if not names or not len(self):
            raise TrainingError("the history has no epochs to draw")
        if axes is None:
            figure = Figure(figsize=(5 * len(names), 3.6), layout="constrained")
            axes = [figure.add_subplot(1, len(names), i + 1) for i in range(len(names))]
        else:
            axes = list(axes) if isinstance(axes, Sequence) or hasattr(axes, "__len__") else [axes]
            figure = axes[0].figure
        epochs = range(1, len(self) + 1)
        for axis, name in zip(axes, names, strict=True):
            axis.plot(epochs, self[name], marker="o", markersize=3, label="training")
            if f"val_{name}" in self._values:
                axis.plot(epochs, self[f"val_{name}"], marker="o", markersize=3, label="validation")
                axis.legend()
            axis.set_xlabel("epoch")
            axis.set_title(name)
            axis.grid(alpha=0.3)
        return figure

    def __repr__(self) -> str:
        if not len(self):
            return "History(no epochs)" if not self.note else f"History(no epochs; {self.note})"
        names = list(self._values)
        table = [["epoch", *names]]
        best = self.best_epoch()
        shown = [*range(len(self))] if len(self) <= 20 else [*range(5), None, *range(len(self) - 10, len(self))]
        for i in shown:
            if i is None:
                table.append(["...", *["" for _ in names]])
            else:
                mark = "*" if i + 1 == best else " "
                table.append([f"{i + 1}{mark}", *[number(name, self._values[name][i]) for name in names]])
        widths = [max(len(row[i]) for row in table) for i in range(len(names) + 1)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        lines[0] = lines[0].replace("epoch", "epoch", 1)
        lines.append(f"* best {self._default()}" + (f"; {self.note}" if self.note else ""))
        return "\n".join(lines)


def number(name: str, value: float) -> str:
    """Returns a measure as text: seconds with one decimal, rates with four digits, others with four decimals."""
    if name == "seconds":
        return f"{value:.1f}"
    if name == "lr" or (value != 0 and not 1e-3 <= abs(value) < 1e5):
        return number_text(value, 4)
    return f"{value:.4f}"
