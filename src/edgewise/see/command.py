"""The commands ``edgewise see`` and ``edgewise explain``."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from ..graph.errors import EdgewiseError, GradientError
from .drawing import Theme, View, ViewError
from .files import check, is_ours
from .picture import Picture
from .script import run
from .snapshot import Snapshot
from .storage import load

FAILED = 1
REFUSED = 2

NO_BACKWARD = """\
{file} ran no backward pass, so there is no graph to show.
Call loss.backward() in it, in its main thread; or end it with ew.see(loss).print(), which needs none."""


def see(
    file: str,
    arguments: Sequence[str],
    *,
    svg: str | None = None,
    theme: Theme = "auto",
    view: View = "graph",
    in_browser: bool = False,
) -> int:
    """Shows the graph of a script's last backward pass, or that of a saved snapshot; returns the exit code."""
    drawing = Path(svg if svg is not None else f"{Path(file).stem}.svg").absolute()
    folder = Path.cwd()  # the script may go elsewhere
    saved = Path(file).suffix.lower() == ".safetensors"
    try:
        if svg is not None:
            check(drawing)
        taken, code = _saved(file, arguments) if saved else _ran(file, arguments)
    except BrokenPipeError:
        raise
    except (EdgewiseError, OSError) as error:
        return _refused(_said(error))
    if taken is None:
        return code or FAILED
    try:
        picture = Picture(taken, theme=theme, view=view)
    except ViewError as error:
        print(f"edgewise see: {error}", file=sys.stderr)
        picture = Picture(taken, theme=theme)
    picture.print()
    shown = drawing.relative_to(folder) if drawing.is_relative_to(folder) else drawing
    try:
        if svg is None and drawing.exists() and not is_ours(drawing):
            raise FileExistsError(f"{shown} is there, and is no picture that Edgewise drew")
        picture.svg(drawing)
    except (EdgewiseError, OSError) as error:
        return _refused(f"{_said(error)}\nName another file for the picture with --svg, before the script's name.")
    print(f"\nThe picture is in {shown}")
    sys.stdout.flush()
    if in_browser and not webbrowser.open(drawing.as_uri()):
        print(f"edgewise see: found no browser to open {shown} in", file=sys.stderr)
    return code


def explain(operation: str) -> int:
    """Prints the formulas of the operation of a name; returns the exit code."""
    from .explain import explain as explained

    try:
        print(explained(operation))
    except EdgewiseError as error:
        print(f"edgewise {error}", file=sys.stderr)
        return REFUSED
    return 0


def _saved(file: str, arguments: Sequence[str]) -> tuple[Snapshot | None, int]:
    if arguments:
        raise EdgewiseError(f"{arguments[0]}: a saved snapshot takes no arguments; options stand before its name")
    return load(file), 0


def _ran(file: str, arguments: Sequence[str]) -> tuple[Snapshot | None, int]:
    ran = run(file, arguments)
    sys.stdout.flush()
    if ran.said:
        print(f"edgewise see: {ran.said}", file=sys.stderr)
    if not ran.watch.has_seen:
        if ran.code == 0:
            print(f"edgewise see: {NO_BACKWARD.format(file=file)}", file=sys.stderr)
        return None, ran.code
    try:
        taken = ran.watch.snapshot
    except GradientError as error:
        print(f"edgewise see: {error}", file=sys.stderr)
        return None, ran.code
    print(f"\nThe last backward pass of {file}:\n", flush=True)
    return taken, ran.code


def _said(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _refused(why: str) -> int:
    print(f"edgewise see: {why}", file=sys.stderr)
    return REFUSED
