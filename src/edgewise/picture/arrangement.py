"""Arrangements: where everything is in a picture of a graph, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from ..layout import Point


@dataclass(slots=True)
class PlacedThing:
    """A thing, known by its key, such as ``"node 3"``, and the number of its look."""

    key: str
    form: int
    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class PlacedLine:
    """A line from thing to thing; within a cluster it may also begin or end at a port, whose key is None.

    It is level at its points. One that is `bent`, as it turns from row to row, is straight from point to point. Its
    first points up to `shared` are also those of another line, which leaves the same place and leads further.
    """

    tensor: int
    source: str | None
    target: str | None
    points: list[Point]
    back: bool
    bent: bool = False
    shared: int = 0


@dataclass(slots=True)
class PlacedFrame:
    """The frame of an open cluster; `level` is how far below its top the first line comes in."""

    scope: int
    x: float
    y: float
    width: float
    height: float
    level: float | None = None


@dataclass(slots=True)
class PlacedName:
    """The names of the tensors on lines, written where a row starts: their right end, width, and the lines' height.

    Lines of several tensors may come in at one height, as those that lead to one operation.
    """

    tensors: list[int]
    x: float
    y: float
    width: float


@dataclass(slots=True)
class Content:
    """A cluster with all that is open in it, around an origin at its top left corner, and the heights of its ports."""

    width: float
    height: float
    things: list[PlacedThing]
    lines: list[PlacedLine]
    frames: list[PlacedFrame]
    entries: dict[int, float]
    exits: dict[int, float]
    names: list[PlacedName]


@dataclass(slots=True)
class Arrangement:
    """A whole picture."""

    width: float
    height: float
    things: list[PlacedThing]
    lines: list[PlacedLine]
    frames: list[PlacedFrame]
    names: list[PlacedName]


@dataclass(frozen=True, slots=True)
class Solid:
    """A thing or a frame, which no row divides."""

    left: float
    right: float
    top: float
    bottom: float
