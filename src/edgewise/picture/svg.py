"""Scenes as SVG text (Scalable Vector Graphics 1.1, W3C): no scripts, nothing from elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from .scene import Arrow, Circle, Curve, Image, Point, Rectangle, Scene, Shape, Text
from .style import Theme, class_of, style_sheet

# Letters that are written from right to left, and spaces between them, if more follows.
_LEFTWARD = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_LEFTWARDS = re.compile(_LEFTWARD)
_PASSAGE = re.compile(f"(?>{_LEFTWARD}+(?: +{_LEFTWARD}+)*)(?!$)")
_ON = "\N{LEFT-TO-RIGHT MARK}"

MOST_TOLD = 400  # characters of what a pointer is told

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;", "\t": " "}
# All that is markup, that XML 1.0 does not allow, or that turns the direction of a line around.
_UNSAFE = re.compile("[&<>\"'\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]")


def svg_of(scene: Scene, theme: Theme = "auto") -> str:
    """The picture as one SVG document."""
    number = _Written()
    width, height = number[scene.width], number[scene.height]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{class_of(theme)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escaped(scene.title)}</title>",
        f"<desc>{escaped(scene.about)}</desc>",
        f"<style>{style_sheet(theme)}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]
    for thing in scene.things:
        data = f' data-kind="{thing.kind}"' + ("" if thing.id is None else f' data-id="{thing.id}"')
        told = f"<title>{escaped(thing.about[:MOST_TOLD])}</title>" if thing.about else ""
        shapes = "".join([_WRITERS[type(shape)](shape, number) for shape in thing.shapes])
        lines.append(f"<g{data}>{told}{shapes}</g>")
    lines.append("</svg>\n")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that is safe in XML, between tags and in attributes."""
    return _UNSAFE.sub(lambda found: _MARKUP.get(found[0], "\N{REPLACEMENT CHARACTER}"), text)


class _Written(dict[float, str]):
    """Numbers with one decimal at most. A picture has many of each: those in a row of chips share their heights."""

    def __missing__(self, value: float) -> str:
        text = f"{value:.1f}"
        if text[-1] == "0":
            text = text[:-2]
        text = self[value] = "0" if text == "-0" else text
        return text


def _rectangle(shape: Rectangle, number: _Written) -> str:
    radius = f' rx="{number[shape.radius]}"' if shape.radius else ""
    return (
        f'<rect class="{shape.role}" x="{number[shape.x]}" y="{number[shape.y]}" width="{number[shape.width]}" '
        f'height="{number[shape.height]}"{radius}/>'
    )


def _curve(shape: Curve, number: _Written) -> str:
    thick = "" if shape.width is None else f' style="stroke-width:{number[shape.width]}"'
    return f'<path class="{shape.role}" d="{_path(shape, number)}"{thick}/>'


def _arrow(shape: Arrow, number: _Written) -> str:
    back = -5 * shape.direction
    return f'<path class="{shape.role}" d="M{number[shape.x]} {number[shape.y]}l{back}-3.5v7z"/>'


def _circle(shape: Circle, number: _Written) -> str:
    seen = "" if shape.opacity is None else f' fill-opacity="{shape.opacity:.2f}"'
    place = f'cx="{number[shape.x]}" cy="{number[shape.y]}" r="{number[shape.radius]}"'
    return f'<circle class="{shape.role}" {place}{seen}/>'


def _image(shape: Image, number: _Written) -> str:
    return (
        f'<image x="{number[shape.x]}" y="{number[shape.y]}" width="{number[shape.width]}" '
        f'height="{number[shape.height]}" preserveAspectRatio="none" href="{shape.source}"/>'
    )


def _text(text: Text, number: _Written) -> str:
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    limit = "" if text.limit is None else f' textLength="{number[text.limit]}" lengthAdjust="spacingAndGlyphs"'
    shown = escaped(text.text)
    if not shown.isascii() and _LEFTWARDS.search(shown):
        # A formula goes on to the right after a name that is written to the left.
        shown = _PASSAGE.sub(rf"\g<0>{_ON}", shown)
    return f'<text class="{text.role}" x="{number[text.x]}" y="{number[text.y]}"{anchor}{limit}>{shown}</text>'


_WRITERS: dict[type[Shape], Callable[[Any, _Written], str]] = {
    Text: _text,
    Rectangle: _rectangle,
    Curve: _curve,
    Arrow: _arrow,
    Circle: _circle,
    Image: _image,
}


def _path(curve: Curve, number: _Written) -> str:
    if curve.corner is not None:
        return _bent(curve.points, curve.corner, number)
    side = curve.side
    points = iter(curve.points)
    x, y = next(points)
    level = number[y + side]
    path = f"M{number[x]} {level}"
    for to_x, to_y in points:
        if to_y == y:
            path += f"H{number[to_x]}"
        else:
            # Beside another curve that falls, what is above it is right of it.
            middle = number[(x + to_x) / 2 - (side if to_y > y else -side)]
            end = number[to_y + side]
            path += f"C{middle} {level} {middle} {end} {number[to_x]} {end}"
            level = end
        x, y = to_x, to_y
    return path


def _bent(points: Sequence[Point], radius: float, number: _Written) -> str:
    def pair(point: Point) -> str:
        return f"{number[point[0]]} {number[point[1]]}"

    parts = [f"M{pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{pair(into)}Q{pair(corner)} {pair(out)}")
    return "".join(parts) + f"L{pair(points[-1])}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(0.5, distance / (math.hypot(dx, dy) or 1.0))
    return start[0] + dx * share, start[1] + dy * share
