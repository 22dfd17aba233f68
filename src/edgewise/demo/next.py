"""What to try after the tour, as commands that work where the tour was given."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

SOURCES = Path(__file__).parent.parent.parent.parent
"""The folder with the examples and the documentation, if this is not an installed copy."""

FILES = (
    ("examples/by_hand.py", "backpropagation in NumPy, beside the graph"),
    ("examples/fashion_mnist.py", "clothes instead of digits: 60,000 images"),
    ("docs/tutorial.md", "tensors, gradients, a network of your own"),
    ("docs/operations.md", "an operation of your own, its gradient checked"),
)


def steps() -> list[tuple[str, str]]:
    """Returns each with why to take it; files only where they are."""
    command = _command()
    result = [
        (f"{command} demo --seed 1", "the digits from other first weights"),
        (f"{command} demo --only edges", "the first part again"),
    ]
    script = SOURCES / "examples" / "article.py"
    if script.is_file():
        result.append((f"{command} see {shlex.quote(_from_here(script))}", "a script's last backward pass, drawn"))
    for name, why in FILES:
        path = SOURCES / name
        if path.is_file():
            shown = shlex.quote(_from_here(path))
            result.append((f"{_python()} {shown}" if path.suffix == ".py" else shown, why))
    return result


def _command() -> str:
    """What runs this installation's command: its name alone only where the shell would find this one by it."""
    found = shutil.which("edgewise")
    if found is not None and os.path.abspath(Path(found).parent) == os.path.abspath(Path(sys.executable).parent):
        return "edgewise"
    return f"{_python()} -m edgewise"


def _python() -> str:
    """What runs this Python: as short as the shell allows."""
    if not sys.executable:
        return "python3"
    path = os.path.abspath(sys.executable)
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found is not None and os.path.abspath(found) == path:
            return name
    shown = _from_here(Path(path))
    return shlex.quote(shown if os.sep in shown else os.path.join(os.curdir, shown))


def _from_here(path: Path) -> str:
    """Returns the path, relative to the working directory if it lies below. It follows no links."""
    try:
        return str(Path(os.path.abspath(path)).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
