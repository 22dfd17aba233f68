"""What the parts of the tour share in looks."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

NODE = "cyan"
VALUE = "green"
GRADIENT = "magenta"
QUIET = "dim"

INDENT = 2
LINE = 84
"""The longest line of prose."""


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
    """Four decimals, with a minus sign as wide as a digit."""
    return f"{value:.4f}".replace("-", "−")


def bar(share: float, width: int) -> str:
    """Returns a bar for a share of 1."""
    return "█" * max(1 if share > 0 else 0, round(share * width))
