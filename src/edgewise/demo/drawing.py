"""Digits and how they were read, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from .look import INDENT, NODE, QUIET, columns

GAP = 3
"""Columns between two images."""


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


def show_images(console: Console, images: Sequence[Any], captions: Sequence[Sequence[str]]) -> None:
    """Prints images with captions, in as many rows as the width makes necessary."""
    fit = max(1, (console.width - INDENT) // (images[0].shape[1] + GAP))
    rows = -(-len(images) // fit)
    each = -(-len(images) // rows)
    for start in range(0, len(images), each):
        for line in drawn(images[start : start + each], captions[start : start + each], console):
            console.print(line)
        console.print()


def drawn(images: Sequence[Any], captions: Sequence[Sequence[str]], console: Console) -> list[Text]:
    """Lines that show images side by side, two pixels to a character, with lines of caption below each.

    Pixels are between 0 and 1. With colours they are shades of grey, without, black or white.
    """
    height, width = images[0].shape
    lines = []
    for y in range(0, height, 2):
        line = Text(" " * INDENT)
        for image in images:
            for top, bottom in zip(image[y], image[y + 1], strict=True):
                line.append_text(_two_pixels(float(top), float(bottom), console))
            line.append(" " * GAP)
        lines.append(line)
    for k in range(len(captions[0])):
        cells = [f"{caption[k]:<{width + GAP}}" for caption in captions]
        lines.append(Text(" " * INDENT + "".join(cells), QUIET if k else ""))
    return lines


def _two_pixels(top: float, bottom: float, console: Console) -> Text:
    if console.color_system is not None and not console.no_color:
        return Text("▀", Style(color=_grey(top), bgcolor=_grey(bottom)))
    return Text(" ▄▀█"[2 * (top > 0.5) + (bottom > 0.5)])


def _grey(shade: float) -> str:
    level = round(24 + 220 * min(1.0, max(0.0, shade)))
    return f"rgb({level},{level},{level})"
