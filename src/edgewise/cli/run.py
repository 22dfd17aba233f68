"""The command ``edgewise watch``."""

from __future__ import annotations

import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from ..graph.errors import EdgewiseError
from ..run import load
from ..run.frames import WRITING_METHODS, RunError
from ..run.serve import LiveServer
from ..run.watch import RunWatch
from ..system.browser import has_display, open_in_browser
from ..system.files import check_kind, is_made_by_edgewise
from .script import INTERRUPTED, execute
from .script import check as check_script

FAILED = 1
REFUSED = 2


def watch(
    file: str,
    arguments: Sequence[str],
    *,
    page: str | None = None,
    every: int | None = None,
    port: int = 0,
    in_browser: bool = True,
) -> int:
    """Runs a script and shows its training in the browser while it goes on; at the end its page is written.

    A saved run (.safetensors) is shown again. Returns the exit code: that of the script.
    """
    target = Path.cwd() / (f"{Path(file).stem}-run.html" if page is None else page)
    try:
        check_kind(target, "page", WRITING_METHODS)
        if page is None and target.exists() and not is_made_by_edgewise(target):
            raise FileExistsError(f"{target.name} exists, and was not made by Edgewise: name another with --page")
        if Path(file).suffix.lower() == ".safetensors":
            return _show_saved_run(file, target, in_browser)
        check_script(file)
        watching = RunWatch(every=every, find_models=True)
        server = LiveServer(watching.run, f"Training of {Path(file).name}", port)
    except (EdgewiseError, OSError, ValueError) as error:
        print(f"edgewise watch: {_one_line(error)}", file=sys.stderr)
        return REFUSED
    with server:
        print(f"Watching {file} at {server.address}", flush=True)
        if in_browser and has_display():
            webbrowser.open(server.address)
        began = time.perf_counter()
        code, message = execute(file, arguments, watching)
        sys.stdout.flush()
        how = "was stopped" if code == INTERRUPTED else "ended" if code == 0 else f"ended with exit code {code}"
        server.end(f"The run {how} after {time.perf_counter() - began:.1f} s.")
    if message:
        print(f"edgewise watch: {message}", file=sys.stderr)
    run = watching.run
    if code and not run.steps:
        print(
            f"edgewise watch: {file} ended before any step of an optimiser, so there is no run to show. "
            f"What it computed until then is shown by  edgewise see {file}",
            file=sys.stderr,
        )
        return code
    if code:
        print(f"edgewise watch: {file} came as far as step {run.steps:,}", file=sys.stderr)
    try:
        watching.page(target, title=f"Training of {Path(file).name}")
    except (RunError, OSError) as error:
        print(f"edgewise watch: {_one_line(error).removeprefix('watch: ')}", file=sys.stderr)
        return code or FAILED
    print(f"\nThe page of the run is in {_short_path(target)}")
    return code


def _show_saved_run(file: str, target: Path, in_browser: bool) -> int:
    load(file).page(target)
    print(f"The page of the run is in {_short_path(target)}")
    if in_browser:
        open_in_browser(target)
    return 0


def _short_path(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
