"""Text, tables and images of the tour in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

NODE = "cyan"
VALUE = "green"
GRADIENT = "magenta"
QUIET = "dim"

INDENT = 2
LINE = 84
"""The longest line of prose."""

GAP = 3
"""Columns between two images."""


def heading(console: Console, part: str, title: str) -> None:
    """Opens a part."""
    console.print()
    title_line = Text.assemble((f" {part} ", "bold reverse"), (f"  {title}", "bold"))
    console.print(Padding(title_line, (0, 0, 0, INDENT)))
    console.print()


def paragraph(console: Console, text: str | Text) -> None:
    """Prints prose, wrapped to the width of the terminal."""
    body = text if isinstance(text, Text) else Text(text)
    console.print(Padding(body, (0, INDENT)), width=min(console.width, LINE + 2 * INDENT))


def columns() -> Table:
    """Returns an empty table in the tour's style."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", border_style=QUIET)


def table(console: Console, shown: Table) -> None:
    """Prints a table."""
    console.print(Padding(shown, (0, INDENT, 0, INDENT - 1), expand=False))


def number(value: float) -> str:
    """Writes a number with four decimals, and a minus sign as wide as a digit."""
    return f"{value:.4f}".replace("-", "−")


def bar(share: float, width: int) -> str:
    """Returns a bar for a share of 1."""
    return "█" * max(1 if share > 0 else 0, round(share * width))


def show_images(console: Console, images: Sequence[Any], captions: Sequence[Sequence[str]]) -> None:
    """Prints images with captions, in as many rows as the width makes necessary."""
    fit = max(1, (console.width - INDENT) // (images[0].shape[1] + GAP))
    rows = -(-len(images) // fit)
    each = -(-len(images) // rows)
    for start in range(0, len(images), each):
        for line in image_lines(images[start : start + each], captions[start : start + each], console):
            console.print(line)
        console.print()


def image_lines(images: Sequence[Any], captions: Sequence[Sequence[str]], console: Console) -> list[Text]:
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
