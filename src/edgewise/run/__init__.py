"""Recordings of trainings: the watch, its page, and the server that shows a running one."""

from .frames import RunError as RunError
from .run import Run as Run
from .run import load as load
from .watch import RunWatch as RunWatch

__all__ = ["Run", "RunError", "RunWatch", "load"]
