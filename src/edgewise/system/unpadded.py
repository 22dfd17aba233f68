"""Output without the blanks that rich adds at the ends of lines."""

from __future__ import annotations

import re
import sys
from typing import IO, Any, cast

from rich.console import Console


def plain_console() -> Console:
    """Returns a console for the standard output; what is no terminal gets no blanks at the ends of lines."""
    console = Console(highlight=False)
    if console.is_terminal:
        return console
    return Console(highlight=False, file=cast("IO[str]", Unpadded(sys.stdout)))


class Unpadded:
    """A stream that drops the blanks at the ends of lines, with which rich fills tables and prose up to their width."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
