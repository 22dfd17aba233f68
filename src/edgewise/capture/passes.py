"""The backward passes of one training step, such as those of a generator and of its discriminator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import FrameType
from typing import Any

from .watched_step import WatchedStep

MOST_PASSES = 6
"""Of more passes the last ones are kept."""

_MOST_FRAMES = 30

_Call = tuple[tuple[Any, int], ...]
"""A place in the program from which a backward pass was called: code and instruction, and those of its callers."""


class Passes:
    """Collects the backward passes of the present training step.

    A pass called at the same place as an earlier one begins the next training step.
    """

    def __init__(self) -> None:
        self._passes: list[tuple[_Call, WatchedStep]] = []
        self._counts: Counter[_Call] = Counter()

    def add(self, step: WatchedStep, frame: FrameType | None) -> None:
        """Adds the pass that begins now."""
        call = _call_of(frame)
        self._counts[call] += 1
        if any(known == call for known, _ in self._passes):
            self._drop(len(self._passes))
        self._passes.append((call, step))
        self._drop(len(self._passes) - MOST_PASSES)

    def hold(self, outputs: Sequence[Any]) -> None:
        """Holds the graph of the last pass until the next training step."""
        if self._passes:
            self._passes[-1][1].hold(outputs)

    def _drop(self, count: int) -> None:
        for _, step in self._passes[: max(0, count)]:
            step.release()
        del self._passes[: max(0, count)]

    def steps(self) -> list[WatchedStep]:
        """Returns the passes of the last one's step: they run as often as it, and share parameters with it."""
        if not self._passes:
            return []
        last = self._counts[self._passes[-1][0]]
        found: list[WatchedStep] = []
        for call, step in reversed(self._passes):
            count = self._counts[call]
            if (count == last or count > last > 1) and (not found or any(step.shares(other) for other in found)):
                found.insert(0, step)
        return found

    def step_of(self, parameter: Any) -> WatchedStep | None:
        """Returns the last pass that reached a parameter."""
        return next((step for _, step in reversed(self._passes) if step.has(parameter)), None)

    def before(self, step: WatchedStep) -> Sequence[WatchedStep]:
        """Returns the passes before one, the latest first."""
        steps = [one for _, one in self._passes]
        return steps[: steps.index(step)][::-1] if step in steps else ()

    def end(self) -> None:
        """Copies the parameters as they are after the step."""
        for _, step in self._passes:
            step.end()


def _call_of(frame: FrameType | None) -> _Call:
    found: list[tuple[Any, int]] = []
    while frame is not None and len(found) < _MOST_FRAMES:
        found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)
