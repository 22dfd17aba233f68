"""Watching the training that `fit` runs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..graph.modes import thread

if TYPE_CHECKING:
    from ..nn.module import Module
    from ..run import RunWatch


def check_watch(watch: Any) -> None:
    """Raises for an argument that can't watch or a file that can't be written, before the training."""
    if watch is None:
        return
    if isinstance(watch, (str, os.PathLike)):
        from ..run.frames import WRITING_METHODS
        from ..system.files import check_kind

        check_kind(watch, "page", WRITING_METHODS)
    elif not (hasattr(watch, "note") and hasattr(watch, "__enter__")):
        given = "True or False" if isinstance(watch, bool) else f"a {type(watch).__name__}"
        raise TypeError(f"fit: watch is a file for the page, such as 'run.html', or ew.watch(model), not {given}")


@contextmanager
def watching(watch: Any, model: Module) -> Iterator[RunWatch | None]:
    """Watches the training in a block. If `watch` is a file, writes its page at the end."""
    if watch is None:
        found: Any = next((one for one in reversed(thread.modes.observers) if hasattr(one, "note")), None)
        yield found
    elif not isinstance(watch, (str, os.PathLike)):
        if watch.is_on:
            yield watch
        else:
            with watch:
                yield watch
    else:
        from ..run import RunWatch

        made = RunWatch([model])
        try:
            with made:
                yield made
        finally:
            if made.run.frames:
                made.page(watch)
            elif made.run.steps:
                message = f"fit: no page was written to {os.fspath(watch)}. {made.run.remark}"
                warnings.warn(message, RuntimeWarning, stacklevel=4)
