"""The commands ``edgewise see`` and ``edgewise explain``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..api.picture import Picture, picture_of
from ..api.watch import Watch
from ..capture.snapshot import Snapshot
from ..capture.storage import load
from ..graph.edge import Edge
from ..graph.errors import EdgewiseError, GradientError
from ..picture import Fit, Theme, View, ViewError
from ..system.browser import open_in_browser
from ..system.files import check_kind, is_made_by_edgewise
from .script import run

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
    page: str | None = None,
    theme: Theme = "auto",
    view: View = "graph",
    fit: Fit = "page",
    in_browser: bool = False,
) -> int:
    """Shows the graph of a script's last backward pass, or that of a saved snapshot; returns the exit code.

    The live page is written if it is named, or if the browser is to open it.
    """
    folder = Path.cwd()  # the script may go elsewhere
    drawing = OutputFile("picture", "--svg", svg, f"{Path(file).stem}.svg", folder)
    live = OutputFile("page", "--page", page, f"{Path(file).stem}.html", folder)
    has_page = in_browser or page is not None
    saved = Path(file).suffix.lower() == ".safetensors"
    try:
        for one in (drawing, live):
            if one.is_named:
                one.check(file)
        if has_page and drawing.is_same(live.path):
            raise EdgewiseError(f"the picture and the page can't both be in {live.shown}")
        taken, outputs, code, watch = (
            _load_snapshot(file, arguments) if saved else _run_script(file, arguments, has_page)
        )
    except BrokenPipeError:
        raise
    except (EdgewiseError, OSError) as error:
        return _print_refusal(_one_line(error))
    if taken is None:
        return code or FAILED
    try:
        picture = _picture(taken, outputs, theme, fit, view)
    except ViewError as error:
        print(f"edgewise see: {error}", file=sys.stderr)
        picture = _picture(taken, outputs, theme, fit)
    picture.print()
    print()

    def write_page(path: Path) -> None:
        if watch is None:
            picture.page(path)
        else:
            watch.page(path, theme=theme)

    for one, make in ((drawing, picture.svg), (live, write_page)):
        if one is live and not has_page:
            continue
        try:
            one.check_ours()
            make(one.path)
        except (EdgewiseError, OSError) as error:
            why = (
                f"{_one_line(error)}\nName another file for the {one.what} with {one.option}, before the script's name."
            )
            return _print_refusal(why)
        print(f"The {one.what} is in {one.shown}")
    sys.stdout.flush()
    if in_browser and not open_in_browser(live.path):
        print(f"edgewise see: found no browser to open {live.shown} in", file=sys.stderr)
    return code


class OutputFile:
    """A file to write: the named one, or one in the folder of the command."""

    def __init__(self, what: str, option: str, named: str | None, default: str, folder: Path) -> None:
        self.what, self.option = what, option
        self.is_named = named is not None
        self.path = folder / (default if named is None else named)
        self.shown = self.path.relative_to(folder) if self.path.is_relative_to(folder) else self.path

    def check(self, script: str) -> None:
        """Raises an error with the reason if the file can't be written: for example, it is the script itself."""
        if self.is_same(Path(script)):
            raise EdgewiseError(f"{self.option} names the script itself, {self.shown}, which would be lost")
        check_kind(self.path, "svg" if self.what == "picture" else "page")

    def is_same(self, other: Path) -> bool:
        """Returns whether another path is the same file."""
        return os.path.realpath(self.path) == os.path.realpath(other)

    def check_ours(self) -> None:
        """Raises FileExistsError for a file of others that the user did not name."""
        if not self.is_named and self.path.exists() and not is_made_by_edgewise(self.path):
            raise FileExistsError(f"{self.shown} exists, and was not made by Edgewise")


def explain(operation: str) -> int:
    """Prints the formulas of the operation of a name; returns the exit code."""
    from ..explanation import explain as explained

    try:
        print(explained(operation))
    except EdgewiseError as error:
        print(f"edgewise {error}", file=sys.stderr)
        return REFUSED
    return 0


_ToShow = tuple[Snapshot | None, Sequence[Edge], int, Watch | None]
"""A snapshot to show or None, its outputs if they are still alive, the exit code, and a watch of several passes."""


def _picture(taken: Snapshot, outputs: Sequence[Edge], theme: Theme, fit: Fit, view: View = "graph") -> Picture:
    if outputs:
        return picture_of(outputs, None, theme=theme, view=view, fit=fit)
    return Picture(taken, theme=theme, view=view, fit=fit)


def _load_snapshot(file: str, arguments: Sequence[str]) -> _ToShow:
    if arguments:
        raise EdgewiseError(f"{arguments[0]}: a saved snapshot takes no arguments")
    return load(file), (), 0, None


def _run_script(file: str, arguments: Sequence[str], keeps_graph: bool) -> _ToShow:
    ran = run(file, arguments, keeps_graph=keeps_graph)
    sys.stdout.flush()
    if ran.message:
        print(f"edgewise see: {ran.message}", file=sys.stderr)
    if not ran.watch.has_content:
        if ran.code == 0:
            print(f"edgewise see: {NO_BACKWARD.format(file=file)}", file=sys.stderr)
        return None, (), ran.code, None
    try:
        taken = ran.watch.snapshot
    except GradientError as error:
        print(f"edgewise see: {error}", file=sys.stderr)
        return None, (), ran.code, None
    if taken.until:
        stopped = taken.until.partition(": ")[0]
        print(f"\nWhat {file} computed until {stopped}; its backward pass was not run:\n", flush=True)
        return taken, (), ran.code, None
    passes = ran.watch.passes
    if len(passes) < 2:
        print(f"\nThe last backward pass of {file}:\n", flush=True)
        return taken, ran.watch.outputs, ran.code, None
    print(f"\nThe last training step of {file} has {len(passes)} backward passes.", flush=True)
    for step in passes[:-1]:
        print(f"\nThat of {step.name}:\n", flush=True)
        Picture(step.snapshot()).print()
    print(f"\nThat of {passes[-1].name}:\n", flush=True)
    return taken, ran.watch.outputs, ran.code, ran.watch


def _one_line(error: Exception) -> str:
    """Returns an error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _print_refusal(why: str) -> int:
    print(f"edgewise see: {why}", file=sys.stderr)
    return REFUSED
