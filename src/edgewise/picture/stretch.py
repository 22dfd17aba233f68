"""Stretching makes room in a layout and moves nothing nearer to anything else; page/js/stretch.js mirrors it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

LEAST = 0.05  # Shorter parts are widened by nothing.

Stretch = Callable[[float], float]


def stretch(parts: Sequence[tuple[float, float, float]]) -> Stretch:
    """Returns a map that keeps or widens every distance.

    Each part says from where to where, and how long that is to be at least.
    """
    real = [(start, end, length) for start, end, length in parts if end - start > LEAST]
    if not real:
        return lambda at: at
    ends = sorted({at for start, end, _ in real for at in (start, end)})
    place = {end: index for index, end in enumerate(ends)}
    slopes = [1.0] * len(ends)
    for start, end, length in real:
        slope = length / (end - start)
        for index in range(place[start], place[end]):
            slopes[index] = max(slopes[index], slope)
    slopes[-1] = 1.0
    starts = [ends[0]]
    for index in range(1, len(ends)):
        starts.append(starts[-1] + (ends[index] - ends[index - 1]) * slopes[index - 1])

    def stretched(at: float) -> float:
        if at <= ends[0]:
            return at
        index = bisect_right(ends, at) - 1
        return starts[index] + (at - ends[index]) * slopes[index]

    return stretched
