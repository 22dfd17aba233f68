"""Opening a file in the reader's browser, where there is one to look at."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path


def has_display() -> bool:
    """Whether a window would be seen: not on a server, and not at the far end of a remote shell."""
    if os.environ.get("BROWSER"):
        return True
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def opened(path: Path) -> bool:
    """Opens a file in the browser; False if there is none, or no display to show it on.

    Without a display nothing is tried: a browser for terminals would take this one.
    """
    try:
        return has_display() and webbrowser.open(path.absolute().as_uri())
    except webbrowser.Error:
        return False
