"""Writes scenes as SVG text (Scalable Vector Graphics 1.1, W3C), without scripts or external files."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from .motion import Span, is_there, motion_rules, span_name
from .scene import Arrow, Circle, Curve, Image, Point, Rectangle, Scene, Shape, Text, Thing
from .style import Theme, class_of, style_sheet

# Letters of right-to-left scripts, with spaces between them, unless at the end.
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_HAS_RIGHT_TO_LEFT = re.compile(_RIGHT_TO_LEFT)
_PASSAGE = re.compile(f"(?>{_RIGHT_TO_LEFT}+(?: +{_RIGHT_TO_LEFT}+)*)(?!$)")
LEFT_TO_RIGHT_MARK = "\N{LEFT-TO-RIGHT MARK}"

LONGEST_TOOLTIP = 400  # the most characters of a tooltip

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;", "\t": " "}
# Markup, characters that XML 1.0 does not allow, and those that change the direction of a line.
_UNSAFE = re.compile("[&<>\"'\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]")


def svg_of(scene: Scene, theme: Theme = "auto", step: int | None = None) -> str:
    """Returns a picture as an SVG document: whole, or as it is in one of the steps of its story."""
    number = _Numbers()
    lines = _head(scene, theme, number)
    for thing in scene.things:
        shapes = [_WRITERS[type(shape)](shape, number) for shape in thing.shapes if is_there(shape, step)]
        lines.append(f"{_opened(thing)}{''.join(shapes)}</g>")
    lines.append("</svg>\n")
    return "\n".join(lines)


def animated_svg_of(scene: Scene, theme: Theme, seconds: float) -> str:
    """Returns a picture as an SVG document that goes through the steps of its story again and again.

    It is animated by its style sheet alone. For readers who prefer less motion, and in programs without animations, it
    is the whole picture.

    Parameters
    ----------
    scene:
        The picture.
    theme:
        Its colours.
    seconds:
        How long each step is shown.
    """
    number = _Numbers()
    spans: dict[Span, None] = {}
    groups = []
    for thing in scene.things:
        parts = []
        for (step, until), shapes in groupby(thing.shapes, key=lambda shape: (shape.step, shape.until)):
            text = "".join([_WRITERS[type(shape)](shape, number) for shape in shapes])
            if until is not None and until < scene.first:
                continue
            if step > scene.first or until is not None:
                spans[step, until] = None
                text = f'<g class="{span_name(scene, step, until)}">{text}</g>'
            parts.append(text)
        groups.append(f"{_opened(thing)}{''.join(parts)}</g>")
    return "\n".join([*_head(scene, theme, number, motion_rules(scene, spans, seconds)), *groups, "</svg>\n"])


def _head(scene: Scene, theme: Theme, number: _Numbers, rules: str = "") -> list[str]:
    width, height = number[scene.width], number[scene.height]
    shown = [number[side * scene.scale] for side in (scene.width, scene.height)]
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{class_of(theme)}" width="{shown[0]}" height="{shown[1]}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escaped(scene.title)}</title>",
        f"<desc>{escaped(scene.about)}</desc>",
        f"<style>{style_sheet(theme, steps=scene.last > 0)}{rules}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]


def _opened(thing: Thing) -> str:
    data = f' data-kind="{thing.kind}"' + ("" if thing.id is None else f' data-id="{thing.id}"')
    tooltip = f"<title>{escaped(thing.about[:LONGEST_TOOLTIP])}</title>" if thing.about else ""
    return f"<g{data}>{tooltip}"


def escaped(text: str) -> str:
    """Escapes a text for XML, between tags and in attributes."""
    return _UNSAFE.sub(lambda match: _MARKUP.get(match[0], "\N{REPLACEMENT CHARACTER}"), text)


class _Numbers(dict[float, str]):
    """Writes numbers with at most one decimal, cached: chips in a row share their heights."""

    def __missing__(self, value: float) -> str:
        text = f"{value:.1f}"
        if text[-1] == "0":
            text = text[:-2]
        text = self[value] = "0" if text == "-0" else text
        return text


def _rectangle(shape: Rectangle, number: _Numbers) -> str:
    radius = f' rx="{number[shape.radius]}"' if shape.radius else ""
    return (
        f'<rect class="{shape.role}" x="{number[shape.x]}" y="{number[shape.y]}" width="{number[shape.width]}" '
        f'height="{number[shape.height]}"{radius}/>'
    )


def _curve(shape: Curve, number: _Numbers) -> str:
    thick = "" if shape.width is None else f' style="stroke-width:{number[shape.width]}"'
    return f'<path class="{shape.role}" d="{_path(shape, number)}"{thick}/>'


def _arrow(shape: Arrow, number: _Numbers) -> str:
    back = -5 * shape.direction
    return f'<path class="{shape.role}" d="M{number[shape.x]} {number[shape.y]}l{back}-3.5v7z"/>'


def _circle(shape: Circle, number: _Numbers) -> str:
    seen = "" if shape.opacity is None else f' fill-opacity="{shape.opacity:.2f}"'
    place = f'cx="{number[shape.x]}" cy="{number[shape.y]}" r="{number[shape.radius]}"'
    return f'<circle class="{shape.role}" {place}{seen}/>'


def _image(shape: Image, number: _Numbers) -> str:
    return (
        f'<image x="{number[shape.x]}" y="{number[shape.y]}" width="{number[shape.width]}" '
        f'height="{number[shape.height]}" preserveAspectRatio="none" href="{shape.source}"/>'
    )


def _text(text: Text, number: _Numbers) -> str:
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    limit = "" if text.limit is None else f' textLength="{number[text.limit]}" lengthAdjust="spacingAndGlyphs"'
    shown = escaped(text.text)
    if not shown.isascii() and _HAS_RIGHT_TO_LEFT.search(shown):
        # A formula continues to the right after a right-to-left name.
        shown = _PASSAGE.sub(rf"\g<0>{LEFT_TO_RIGHT_MARK}", shown)
    return f'<text class="{text.role}" x="{number[text.x]}" y="{number[text.y]}"{anchor}{limit}>{shown}</text>'


_WRITERS: dict[type[Shape], Callable[[Any, _Numbers], str]] = {
    Text: _text,
    Rectangle: _rectangle,
    Curve: _curve,
    Arrow: _arrow,
    Circle: _circle,
    Image: _image,
}


def _path(curve: Curve, number: _Numbers) -> str:
    if curve.corner is not None:
        return _rounded_path(curve.points, curve.corner, number)
    side = curve.side
    points = iter(curve.points)
    x, y = next(points)
    level = number[y + side]
    path = f"M{number[x]} {level}"
    for to_x, to_y in points:
        if to_y == y:
            path += f"H{number[to_x]}"
        else:
            # Of two curves that fall side by side, the upper one is on the right.
            middle = number[(x + to_x) / 2 - (side if to_y > y else -side)]
            end = number[to_y + side]
            path += f"C{middle} {level} {middle} {end} {number[to_x]} {end}"
            level = end
        x, y = to_x, to_y
    return path


def _rounded_path(points: Sequence[Point], radius: float, number: _Numbers) -> str:
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
