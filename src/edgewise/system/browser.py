"""Opens a file in the user's browser, if there is a display."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path


def has_display() -> bool:
    """Returns whether a window would be visible: not on a server, and not in a remote shell."""
    if os.environ.get("BROWSER"):
        return True
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_in_browser(path: Path) -> bool:
    """Opens a file in the browser; returns False if there is no browser or no display.

    Without a display it tries nothing, because a text browser would take over the terminal.
    """
    try:
        return has_display() and webbrowser.open(path.absolute().as_uri())
    except webbrowser.Error:
        return False
