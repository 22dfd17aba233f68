"""The command ``edgewise lab``."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ..graph.errors import EdgewiseError
from ..lab import EXPERIMENTS, Experiment
from ..lab.terminal import print_list
from ..system.browser import open_in_browser
from ..system.files import check_kind, is_made_by_edgewise

REFUSED = 2
FAILED = 1


def lab(name: str | None, settings: Sequence[str], *, page: str | None = None, in_browser: bool = False) -> int:
    """Lists the experiments, or runs one: prints what it found and writes its page. Returns the exit code.

    The exit code is 1 if the run does not bear out a claim.
    """
    if name is None:
        print_list(EXPERIMENTS)
        return 0
    experiment = EXPERIMENTS.get(name)
    if experiment is None:
        near = difflib.get_close_matches(name, EXPERIMENTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(EXPERIMENTS)}"
        return _refuse(f"there is no experiment {name}; {hint}")
    path = Path(f"{name}.html" if page is None else page)
    try:
        options = _options(experiment, settings)
        check_kind(path, "page")
        if page is None and path.exists() and not is_made_by_edgewise(path):
            raise FileExistsError(f"{path} exists, and was not made by Edgewise; name another file with --page")
        with Console(stderr=True).status(f"Running {name} …"):
            report = experiment.run(**options)
        report.print()
        report.page(path)
    except (EdgewiseError, OSError, TypeError, ValueError) as error:
        return _refuse(str(error))
    print(f"  The page is in {path}")
    sys.stdout.flush()
    if in_browser and not open_in_browser(path):
        print(f"edgewise lab: found no browser to open {path} in", file=sys.stderr)
    return 0 if report.holds else FAILED


def _options(experiment: Experiment, settings: Sequence[str]) -> dict[str, Any]:
    """Returns parameters that were given as texts, such as ``steps=100``."""
    known = experiment.parameters
    found = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            listed = ", ".join(f"{one}={default}" for one, default in known.items())
            raise ValueError(f"{setting}: {experiment.name} takes {listed}")
        found[name] = _value(text)
    return found


def _value(text: str) -> Any:
    """Returns what a text says: a number, a list in brackets, or else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _refuse(why: str) -> int:
    print(f"edgewise lab: {why}", file=sys.stderr)
    return REFUSED
