"""What things look like, each look once: templates with places for texts, which the page fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, replace
from html import unescape
from typing import Any

from ..picture.chips import Drawn
from ..picture.scene import Image, Rectangle, Scene, Shape, Text, Thing
from ..picture.svg import _PASSAGE, LEFT_TO_RIGHT_MARK, escaped, svg_of

_NUMBERS = frozenset({"value", "gradient", "after"})
_BAD = frozenset({"nan", "infinite", "is-nan", "is-infinite"})
_MARKS = frozenset({"Σ", "new"})
_COUNTED = re.compile(r"\d.* .*(NaN|∞)$")  # how many numbers of an array are not finite
_HOLLOW = re.compile(r' href=""')


class Forms:
    """Templates, and forms: a template with its texts.

    Numbers are written by the page: a template only has their places. It drops the grounds of those that aren't finite.
    """

    def __init__(self) -> None:
        self.forms: list[list[Any]] = []
        self._scenes: list[Drawn] = []
        self._templates: dict[tuple[Any, ...], int] = {}
        self._known: dict[tuple[Any, ...], int] = {}

    def of(self, drawn: Drawn) -> int:
        """The number of its form."""
        texts: list[str] = []
        shapes = [plain for shape in drawn.shapes if (plain := _plain(shape, texts)) is not None]
        look = (drawn.width, drawn.height, drawn.port, *((type(shape), *_look(shape)) for shape in shapes))
        template = self._templates.get(look)
        if template is None:
            template = self._templates[look] = len(self._scenes)
            self._scenes.append(replace(drawn, shapes=shapes))
        return self._form((template, *texts))

    def again(self, form: int, text: str) -> int:
        """The same with another first text."""
        template, _, *texts = self.forms[form]
        return self._form((template, text, *texts))

    def _form(self, form: tuple[Any, ...]) -> int:
        if form not in self._known:
            self._known[form] = len(self.forms)
            self.forms.append(list(form))
        return self._known[form]

    def size(self, form: int) -> tuple[float, float, float]:
        """Width, height, and how far below the top lines arrive."""
        drawn = self._scenes[self.forms[form][0]]
        return drawn.width, drawn.height, drawn.port

    def templates(self) -> list[list[Any]]:
        """Of each template its elements, width, height and port."""
        things = [Thing("form", None, "", drawn.shapes) for drawn in self._scenes]
        scene = svg_of(Scene(0, 0, "", "", things)).splitlines()
        elements = [line for line in scene if line.startswith('<g data-kind="form">')]
        return [
            [_HOLLOW.sub("", text[20:-4]), round(drawn.width, 1), round(drawn.height, 1), round(drawn.port, 1)]
            for text, drawn in zip(elements, self._scenes, strict=True)
        ]


def _look(shape: Shape) -> tuple[Any, ...]:
    if isinstance(shape, Text):
        return shape.x, shape.y, shape.text, shape.role, shape.anchor
    if isinstance(shape, Rectangle):
        return shape.x, shape.y, shape.width, shape.height, shape.role, shape.radius
    return astuple(shape)


def _plain(shape: Shape, texts: list[str]) -> Shape | None:
    """The shape without what the page writes; other texts go to `texts`, and leave an empty place."""
    if isinstance(shape, Image):
        return replace(shape, source="")
    if isinstance(shape, Rectangle):
        return None if shape.role in _BAD else shape
    if not isinstance(shape, Text):
        return shape
    roles = shape.role.split()
    if "learnt" in roles:
        return replace(shape, text="‖∂·‖")
    if _NUMBERS.isdisjoint(roles):
        if shape.role == "shape" and shape.text.startswith("max "):
            return replace(shape, text="max", role="shape most")
        texts.append(_ordered(shape.text))
        return replace(shape, text="", role=f"{shape.role} slot")
    role = " ".join(role for role in roles if role not in _BAD)
    if shape.text in _MARKS:
        return replace(shape, role=role)
    counted = _COUNTED.match(shape.text)
    if counted and "small" in roles:
        return Text(shape.x, shape.y - 1, "max", "shape most", "end")
    if counted or shape.text.startswith("‖·‖"):
        return replace(shape, text="‖·‖", role=f"{role} norm")
    return replace(shape, text=" ".join("0" * len(shape.text.replace("…", "").split())), role=role)


def _ordered(text: str) -> str:
    """A text as it may stand in a picture: with nothing in it that turns the direction of a line around."""
    safe = unescape(escaped(text))
    return safe if safe.isascii() else _PASSAGE.sub(rf"\g<0>{LEFT_TO_RIGHT_MARK}", safe)


def boxed(width: float, lines: Sequence[tuple[str, float, str]], height: float) -> Drawn:
    """A closed module's box of so many lines: each its text, how far below the top it stands, and its role."""
    shapes: list[Shape] = [
        Rectangle(4, 4, width, height, "behind", 8),
        Rectangle(0, 0, width, height, "closed", 8),
        *(Text(width / 2, y, text, role, "middle") for text, y, role in lines),
    ]
    return Drawn(width + 4, height + 4, shapes, height / 2)
