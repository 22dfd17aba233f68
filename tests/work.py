"""Counts work in lines of code that run, which neither a slow machine nor a busy one changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def lines_run(work: Callable[[], Any]) -> int:
    """Returns how many lines of the package `work` runs."""
    count = 0

    def note(_frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event == "line"

    # Asked once for each call, and what it returns once for each line: that one has to be short.
    def trace(frame: Any, _event: str, _: Any) -> Any:
        return note if "edgewise" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
