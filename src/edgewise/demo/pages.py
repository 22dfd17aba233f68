"""The tour's last part: pages in which its networks run, for the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from .. import manual_seed, nn, see, tensor
from ..data import digits
from ..system.browser import open_in_browser
from . import article
from .terminal import INDENT, QUIET, heading, paragraph

BATCH = 32
BATCHES = 24
UNSEEN = 6
RATE = 0.3

ARTICLE, DIGITS = "article.html", "digits.html"


def show(console: Console, folder: Path, seed: int, only: str | None, browser: bool) -> None:
    """Writes the pages of what was shown into `folder`, says where, and opens them if there is a display."""
    pages = []
    if only != "digits":
        write_article(folder / ARTICLE)
        pages.append((folder / ARTICLE, "the first network, edge by edge"))
    if only != "edges":
        write_digits(folder / DIGITS, seed)
        pages.append((folder / DIGITS, "a network that learns to read digits, and its mistakes"))
    heading(console, "3", "The same in your browser, where it runs")
    paragraph(
        console,
        "Step forward and back along the edges, change any number and see what follows, and train. The whole page is "
        "one file; nothing is sent or loaded.",
    )
    console.print()
    for path, what in pages:
        console.print(Text(f"{' ' * INDENT}{path}", "bold"), soft_wrap=True)
        console.print(Text(f"{' ' * 2 * INDENT}{what}", QUIET), soft_wrap=True)
    if browser:
        for path, _ in pages:
            open_in_browser(path)


def write_article(path: Path) -> None:
    """Writes the page of the article's network."""
    see(article.network()).page(path, title="Every edge of a small network", learning_rate=article.RATE)


def write_digits(path: Path, seed: int = 0) -> None:
    """Writes the page of a network that has yet to learn, with digits to train on and others to test it with."""
    manual_seed(seed)
    train, test = digits(flat=True)
    images, labels = _batches(train, BATCHES)
    others, truths = _batches(test, UNSEEN)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    x, t = tensor(images[0]), tensor(labels[0])
    logits = model(x)
    loss = nn.functional.cross_entropy(logits, t)
    for name, one in (("x", x), ("t", t), ("logits", logits), ("loss", loss)):
        one.name = name  # of the library's own variables pictures know nothing
    see(loss).page(
        path,
        title="Learning to read digits",
        learning_rate=RATE,
        batches={x: images, t: labels},
        images=x,
        unseen={x: others, t: truths},
    )


def _batches(data: Any, count: int) -> tuple[Any, Any]:
    images, labels = (one.numpy()[: count * BATCH] for one in data.tensors)
    return images.reshape(count, BATCH, -1), labels.reshape(count, BATCH)
