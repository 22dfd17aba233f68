"""Output for a file or a pipe."""

from __future__ import annotations

import re
from typing import IO, Any, cast

_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)


class _Unpadded:
    """A stream that drops the blanks at the ends of lines, with which tables and prose are filled up to their width.

    It takes whole lines, as rich writes them.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(_BLANKS.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def unpadded(stream: IO[str]) -> IO[str]:
    """`stream`, without the blanks at the ends of lines."""
    return cast("IO[str]", _Unpadded(stream))
