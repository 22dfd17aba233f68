"""The tour's second part: a network that learns to read handwritten digits."""

from __future__ import annotations

import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import load, manual_seed, nn, no_grad, optim, save
from ..data import digits
from ..training import accuracy, fit
from ..training.progress import display
from .terminal import NODE, QUIET, columns, heading, paragraph, show_images, table

EPOCHS = 16
FILE = "digits.safetensors"
MISTAKES = 10

WIDE = 80
"""The columns from which on the table has blanks around its numbers."""


def network() -> nn.Sequential:
    """Returns a small convolutional network: from (N, 1, 8, 8) to a score for each of ten digits."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(32 * 4 * 4, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def show(console: Console, folder: Path, seed: int) -> None:
    """Trains the network, shows how well it reads, saves it in `folder`, and loads it back.

    On Ctrl-C it raises KeyboardInterrupt with a text that says what was saved.
    """
    path = folder / FILE
    before = _stamp(path)
    try:
        _show(console, path, seed)
    except KeyboardInterrupt:
        saved = _stamp(path) != before
        raise KeyboardInterrupt(f"Stopped; the network is in {path}." if saved else "Stopped; nothing saved.") from None


def _stamp(path: Path) -> int | None:
    """Returns what changes when a file is written."""
    return path.stat().st_mtime_ns if path.exists() else None


def _show(console: Console, path: Path, seed: int) -> None:
    heading(console, "2", "The same with 38,282 parameters: learning to read digits")
    manual_seed(seed)
    train, test = digits()
    model = network()
    _draw_examples(console, train)
    paragraph(
        console,
        f"{len(train):,} images of 8 × 8 pixels to learn from, and {len(test)} others to be tested on. There are two "
        "convolutions and two linear layers now, but each step is still forward, backward, and W ← W − η ∂L/∂W.",
    )
    console.print()
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    start = time.perf_counter()
    with one_thread():
        history = fit(
            model,
            train,
            loss=nn.CrossEntropyLoss(),
            optimizer=optimizer,
            schedule=optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS),
            epochs=EPOCHS,
            validation=test,
            metrics={"acc": accuracy},
            batch_size=32,
            progress=display(True, words=False),
        )
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    seconds = time.perf_counter() - start
    images, labels = test.tensors
    read = _read(model, images)
    right = float((read == labels.numpy()).mean())
    console.print()
    paragraph(
        console,
        Text.assemble(
            "After ",
            f"{seconds:.1f} s it reads ",
            (f"{right:.2%}".replace("%", " %"), "bold green"),
            f" of the {len(test)} test images right. Digits down the side, what was read along the top:",
        ),
    )
    table(console, confusion_table(confusion(labels.numpy(), read), wide=console.width >= WIDE))
    _draw_mistakes(console, images, labels, read)
    _save_and_load(console, model, images, labels, path)


def _read(model: nn.Module, images: Any) -> Any:
    """Returns the digit that the network takes each image for."""
    model.eval()
    with no_grad():
        return model(images).argmax(dim=1).numpy()


def _draw_examples(console: Console, train: Any) -> None:
    images, labels = (tensor.numpy() for tensor in train.tensors)
    chosen = [int((labels == digit).argmax()) for digit in range(10)]
    show_images(console, [images[i, 0] for i in chosen], [[str(labels[i])] for i in chosen])


def _draw_mistakes(console: Console, images: Any, labels: Any, read: Any) -> None:
    pixels, truth = images.numpy(), labels.numpy()
    wrong = [i for i in range(len(truth)) if truth[i] != read[i]][:MISTAKES]
    if wrong:
        paragraph(console, "What it got wrong:")
        console.print()
        captions = [[f"is {truth[i]}", f"read {read[i]}"] for i in wrong]
        show_images(console, [pixels[i, 0] for i in wrong], captions)


def _save_and_load(console: Console, model: nn.Module, images: Any, labels: Any, path: Path) -> None:
    save(model.state_dict(), path)
    again = network()
    again.load_state_dict(load(path))
    right = float((_read(again, images) == labels.numpy()).mean())
    console.print(f"  Saved to {path} ({path.stat().st_size / 1000:.0f} kB).", soft_wrap=True, markup=False)
    paragraph(console, f"Loaded into a new network, it reads {right * 100:.2f} % again.")


def confusion(truth: Any, read: Any) -> Any:
    """Returns how often each digit (row) was read as each (column)."""
    counts = np.zeros((10, 10), dtype=np.int64)
    np.add.at(counts, (truth, read), 1)
    return counts


def confusion_table(counts: Any, wide: bool) -> Table:
    """Returns the counts, with those on the diagonal set apart from the errors."""
    table = columns()
    if not wide:
        table.padding = 0
    table.add_column("digit", justify="right", style="bold", no_wrap=True)
    for digit in range(10):
        table.add_column(str(digit), justify="right", no_wrap=True)
    table.add_column("right", justify="right", no_wrap=True)
    for digit, row in enumerate(counts):
        cells = [_count(int(n), right=digit == column) for column, n in enumerate(row)]
        table.add_row(str(digit), *cells, f"{row[digit] / max(1, row.sum()):.1%}")
    return table


def _count(n: int, right: bool) -> Text:
    if n == 0:
        return Text("·", QUIET)
    return Text(str(n), NODE if right else "bold red")


def one_thread() -> AbstractContextManager[Any]:
    """Limits matrix products to one thread, if threadpoolctl is installed.

    Small products gain nothing from a second thread. On a busy machine they lose: two threads took 12 to 54 s for the
    tour, and one took 2 s.
    """
    try:
        limits = import_module("threadpoolctl").threadpool_limits
    except ImportError:
        return nullcontext()
    return limits(1, user_api="blas")  # type: ignore[no-any-return]


def place(folder: str | None) -> Path:
    """Returns the folder to save in: the given one, or one here, or a temporary one if this folder is read-only.

    It is made if need be. Raises OSError if the one asked for can't be made, or written to.
    """
    asked = Path("edgewise-demo" if folder is None else folder)
    try:
        asked.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=asked):
            return asked
    except OSError:
        if folder is not None:
            raise
        return Path(tempfile.mkdtemp(prefix="edgewise-demo-"))
