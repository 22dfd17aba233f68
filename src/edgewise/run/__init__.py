"""Records trainings as runs, and shows them: a page that replays a run, and a server that shows it live."""

from .frames import RunError as RunError
from .run import Run as Run
from .run import load as load
from .watch import RunWatch as RunWatch

__all__ = ["Run", "RunError", "RunWatch", "load"]
