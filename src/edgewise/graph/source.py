"""Finds the line of the user's program that made a node."""

from __future__ import annotations

import os
import sys
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .edge import Edge
    from .provenance import UnrecordedUse

LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


library_files = frozenset(
    os.path.join(folder, name) for folder, _, names in os.walk(LIBRARY) for name in names if name.endswith(".py")
)
"""Edgewise's own source files, which the search for the user's line skips."""


def caller(depth: int) -> tuple[CodeType, int]:
    """Returns code object and instruction of the nearest frame outside Edgewise, from `depth` frames up.

    A frame would keep every local variable of the caller alive. A line number takes ten times as long to find and is
    rarely needed.
    """
    frame = sys._getframe(depth)
    while frame.f_code.co_filename in library_files:
        if frame.f_back is None:
            break
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def line_of(code: CodeType | None, instruction: int) -> tuple[str, int] | None:
    """Returns file and line of an instruction; None without code."""
    if code is None:
        return None
    for index, (line, *_) in enumerate(code.co_positions()):
        if index == instruction // 2 and line is not None:
            return code.co_filename, line
    return code.co_filename, code.co_firstlineno


def line(use: Edge | UnrecordedUse) -> tuple[str, int] | None:
    """Returns file and line of the user's program that used an operation."""
    return line_of(use.code, use.instruction)


def where(use: Edge | UnrecordedUse) -> str:
    """Returns that line in words, for messages."""
    place = line(use)
    return "recorded at an unknown line" if place is None else f"recorded at {place[0]}:{place[1]}"


def user_line() -> str:
    """Returns ``"file.py:12"`` of the user's statement now running, for error messages."""
    place = line_of(*caller(2))
    return "an unknown line" if place is None else f"{place[0]}:{place[1]}"
