"""Watching steps for their pictures."""

from __future__ import annotations

from ..capture.watch import StepWatch
from .picture import Picture, picture_of

__all__ = ["Watch"]


class Watch(StepWatch):
    """The result of :func:`edgewise.watch`: it watches this thread's backward passes while its block runs."""

    @property
    def picture(self) -> Picture:
        """The picture of the last step, as :func:`edgewise.see` makes it.

        Its page runs the step if its loss is still alive when you ask for it.
        """
        snapshot = self.snapshot  # raises where there is none
        outputs = self.live_outputs
        return picture_of(outputs, None) if outputs else Picture(snapshot)
