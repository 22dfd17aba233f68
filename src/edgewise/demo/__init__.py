"""The tour that ``edgewise demo`` gives."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from . import article, digits, pages
from .look import INDENT, QUIET, heading
from .next import steps
from .unpadded import unpadded


def run(folder: str | None = None, seed: int = 0, only: str | None = None, browser: bool = False) -> None:
    """Gives the tour, or one part of it: ``"edges"`` or ``"digits"``.

    It ends with pages of the same networks, which are opened if `browser` says so, someone reads what it prints, and
    there is a display.

    Raises OSError, before anything is shown, if `folder` can't be made, or written to.
    """
    place = digits.place(folder)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, file=unpadded(sys.stdout))
    if only != "digits":
        article.show(console, place)
    if only != "edges":
        digits.show(console, place, seed)
    pages.show(console, place, seed, only, browser and console.is_terminal)
    heading(console, "→", "What to try next")
    _next(console)


def _next(console: Console) -> None:
    """Commands and why to give them: beside each other where all fit, else one below the other."""
    shown = steps()
    column = max(len(what) for what, _ in shown) + 2
    wide = INDENT + column + max(len(why) for _, why in shown) <= console.width
    for what, why in shown:
        if wide:
            line = Text.assemble(" " * INDENT, (f"{what:<{column}}", "bold"), (why, QUIET))
        else:
            line = Text.assemble(" " * INDENT, (what, "bold"), "\n", " " * 2 * INDENT, (why, QUIET))
        console.print(line, soft_wrap=True)
    console.print()
