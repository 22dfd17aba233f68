"""Scenes: what a picture consists of, as plain data with places and roles, before it becomes SVG.

Roles are words that say what a shape is; :mod:`.style` gives them colours and type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Part = Literal["", "value", "gradient", "after"]
Steps = Literal["all", "backward"]


@dataclass(slots=True, kw_only=True)
class Timed:
    """What shapes have in common: when they are seen.

    Attributes
    ----------
    part:
        Which numbers a shape belongs to: the value, the gradient, or the value after the update.
    step:
        The first step of a story in which it is seen; a picture without steps shows all.
    until:
        The last step in which it is seen, for marks that belong to steps. A picture without steps leaves them out.
    """

    part: Part = ""
    step: int = 0
    until: int | None = None


@dataclass(slots=True)
class Text(Timed):
    """A line of text. `anchor` is start, middle or end; y is the baseline; `limit`, if given, is not exceeded."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "start"
    limit: float | None = None


@dataclass(slots=True)
class Rectangle(Timed):
    """A box with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    role: str
    radius: float = 0.0


@dataclass(slots=True)
class Image(Timed):
    """A heat map, stretched into its box."""

    x: float
    y: float
    width: float
    height: float
    source: str


@dataclass(slots=True)
class Curve(Timed):
    """A line through points, level at each of them; or straight from point to point, with corners of a radius.

    `side` moves a line that is level at its points beside another: so far below, or above if it is negative.
    """

    points: list[Point]
    role: str
    side: float = 0.0
    width: float | None = None
    corner: float | None = None


@dataclass(slots=True)
class Arrow(Timed):
    """An arrowhead with its tip at a point, to the right (1) or to the left (−1)."""

    x: float
    y: float
    direction: int
    role: str


@dataclass(slots=True)
class Circle(Timed):
    """A disc."""

    x: float
    y: float
    radius: float
    role: str
    opacity: float | None = None


Shape = Text | Rectangle | Image | Curve | Arrow | Circle


@dataclass(slots=True)
class Thing:
    """What belongs together: a node, a tensor, an edge, a module, or the legend.

    `kind` and `id` say which record of the snapshot it shows, `about` is its tooltip.
    """

    kind: str
    id: int | None
    about: str = ""
    shapes: list[Shape] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """A picture: its size, title, description, and what is in it, from back to front.

    `scale` says how much smaller it is shown, and `first` and `last` which steps of a story it has.
    """

    width: float
    height: float
    title: str
    about: str
    things: list[Thing]
    scale: float = 1.0
    first: int = 0
    last: int = 0


def moved(shapes: list[Shape], dx: float, dy: float) -> list[Shape]:
    """Returns the shapes themselves, moved."""
    for shape in shapes:
        if isinstance(shape, Curve):
            shape.points = [(x + dx, y + dy) for x, y in shape.points]
        else:
            shape.x += dx
            shape.y += dy
    return shapes
