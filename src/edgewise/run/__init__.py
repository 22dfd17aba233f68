"""Watching real training: what is recorded of a run, its page, and the server that shows it while it goes on."""

from .frames import RunError as RunError
from .run import Run as Run
from .run import load as load
from .watch import RunWatch as RunWatch

__all__ = ["Run", "RunError", "RunWatch", "load"]
