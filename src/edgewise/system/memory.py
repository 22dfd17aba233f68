"""Memory: what freed arrays leave for the next ones, and large graphs without the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pauses the garbage collector. Graphs have no cycles, and a large one then takes half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def keep_freed_memory() -> None:
    """Lets this process keep up to 62 MB of freed memory instead of returning it to the system at once.

    A training step makes and frees the same large arrays again and again. glibc, the allocator on most Linux
    systems, returns each of them to the system, which must then clear and map new pages for the next. It learns to
    keep blocks up to the largest one it has seen freed, at most 32 MB, and twice that in all: so one such block is
    freed here, without ever having been touched. Elsewhere this does nothing.
    """
    with suppress(MemoryError):
        np.empty(31 << 20, dtype=np.uint8)
