"""The tour that ``edgewise demo`` gives."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..system.unpadded import plain_console
from . import article, digits, pages
from .terminal import INDENT, QUIET, heading

SOURCES = Path(__file__).parent.parent.parent.parent
"""The folder with the examples and the documentation, unless this is an installed copy."""

FILES = (
    ("examples/by_hand.py", "backpropagation in NumPy, beside the graph"),
    ("examples/fashion_mnist.py", "clothes instead of digits: 60,000 images"),
    ("docs/course/index.md", "the course: backprop in fifteen short chapters"),
    ("docs/tutorial.md", "tensors, gradients, a network of your own"),
    ("docs/operations.md", "an operation of your own, its gradient checked"),
)


def run(folder: str | None = None, seed: int = 0, only: str | None = None, browser: bool = False) -> None:
    """Gives the tour, or one part of it: ``"edges"`` or ``"digits"``.

    It ends with pages of the same networks. They open in the browser with `browser`, on a terminal, if there is a
    display.

    Raises OSError, before anything is shown, if `folder` can't be made or written to.
    """
    place = digits.place(folder)
    console = plain_console()
    if only != "digits":
        article.show(console, place)
    if only != "edges":
        digits.show(console, place, seed)
    pages.show(console, place, seed, only, browser and console.is_terminal)
    heading(console, "→", "What to try next")
    _next(console)


def _next(console: Console) -> None:
    """Prints commands and their purposes: side by side if all fit, else one below the other."""
    shown = next_steps()
    column = max(len(what) for what, _ in shown) + 2
    wide = INDENT + column + max(len(why) for _, why in shown) <= console.width
    for what, why in shown:
        if wide:
            line = Text.assemble(" " * INDENT, (f"{what:<{column}}", "bold"), (why, QUIET))
        else:
            line = Text.assemble(" " * INDENT, (what, "bold"), "\n", " " * 2 * INDENT, (why, QUIET))
        console.print(line, soft_wrap=True)
    console.print()


def next_steps() -> list[tuple[str, str]]:
    """Returns commands that work in this folder, and files that exist, each with its purpose."""
    program = Path(sys.executable)
    python = _shell_name(program)
    installed = shutil.which("edgewise") == str(program.with_name("edgewise"))
    command = "edgewise" if installed else f"{python} -m edgewise"
    steps = [
        (f"{command} demo --seed 1", "the digits from other first weights"),
        (f"{command} demo --only edges", "the first part again"),
        (f"{command} lab", "questions about backprop, as experiments with pages"),
    ]
    script = SOURCES / "examples" / "article.py"
    if script.is_file():
        steps.append((f"{command} see {shlex.quote(_from_here(script))}", "a script's last backward pass, drawn"))
    for name, purpose in FILES:
        path = SOURCES / name
        if path.is_file():
            shown = shlex.quote(_from_here(path))
            steps.append((f"{python} {shown}" if path.suffix == ".py" else shown, purpose))
    return steps


def _shell_name(program: Path) -> str:
    """Returns the program's name if the shell finds this one by it, and its path otherwise."""
    if shutil.which(program.name) == str(program):
        return program.name
    shown = _from_here(program)
    return shlex.quote(shown if os.sep in shown else os.path.join(os.curdir, shown))


def _from_here(path: Path) -> str:
    """Returns the path, relative to the working directory if it lies below. It follows no links."""
    try:
        return str(Path(os.path.abspath(path)).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
