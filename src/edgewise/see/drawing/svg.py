"""Scenes as SVG text (Scalable Vector Graphics 1.1, W3C): no scripts, nothing from elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from .scene import Arrow, Circle, Curve, Image, Point, Rectangle, Scene, Shape, Text
from .style import Theme, class_of, style_sheet

# Letters that are written from right to left, and spaces between them, if more follows.
_LEFTWARD = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_PASSAGE = re.compile(f"(?>{_LEFTWARD}+(?: +{_LEFTWARD}+)*)(?!$)")
_ON = "\N{LEFT-TO-RIGHT MARK}"

MOST_TOLD = 400  # characters of what a pointer is told

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;", "\t": " "}
# All that is markup, that XML 1.0 does not allow, or that turns the direction of a line around.
_UNSAFE = re.compile("[&<>\"'\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]")


def svg_of(scene: Scene, theme: Theme = "auto") -> str:
    """The picture as one SVG document."""
    width, height = _number(scene.width), _number(scene.height)
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
        lines.append(f"<g{data}>{told}{''.join(map(_shape, thing.shapes))}</g>")
    lines.append("</svg>\n")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that is safe in XML, between tags and in attributes."""
    return _UNSAFE.sub(lambda found: _MARKUP.get(found[0], "\N{REPLACEMENT CHARACTER}"), text)


def _shape(shape: Shape) -> str:
    if isinstance(shape, Text):
        return _text(shape)
    if isinstance(shape, Rectangle):
        radius = f' rx="{_number(shape.radius)}"' if shape.radius else ""
        return f'<rect class="{shape.role}" {_box(shape)}{radius}/>'
    if isinstance(shape, Curve):
        thick = "" if shape.width is None else f' style="stroke-width:{_number(shape.width)}"'
        return f'<path class="{shape.role}" d="{_path(shape)}"{thick}/>'
    if isinstance(shape, Arrow):
        back = -5 * shape.direction
        return f'<path class="{shape.role}" d="M{_number(shape.x)} {_number(shape.y)}l{back}-3.5v7z"/>'
    if isinstance(shape, Circle):
        seen = "" if shape.opacity is None else f' fill-opacity="{shape.opacity:.2f}"'
        place = f'cx="{_number(shape.x)}" cy="{_number(shape.y)}" r="{_number(shape.radius)}"'
        return f'<circle class="{shape.role}" {place}{seen}/>'
    return f'<image {_box(shape)} preserveAspectRatio="none" href="{shape.source}"/>'


def _box(shape: Rectangle | Image) -> str:
    place = f'x="{_number(shape.x)}" y="{_number(shape.y)}"'
    return f'{place} width="{_number(shape.width)}" height="{_number(shape.height)}"'


def _text(text: Text) -> str:
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    limit = "" if text.limit is None else f' textLength="{_number(text.limit)}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{_number(text.x)}" y="{_number(text.y)}"'
    shown = escaped(text.text)
    if not shown.isascii():
        # A formula goes on to the right after a name that is written to the left.
        shown = _PASSAGE.sub(rf"\g<0>{_ON}", shown)
    return f'<text class="{text.role}" {place}{anchor}{limit}>{shown}</text>'


def _path(curve: Curve) -> str:
    if curve.corner is not None:
        return _bent(curve.points, curve.corner)
    side = curve.side
    (x, y), *rest = curve.points
    parts = [f"M{_number(x)} {_number(y + side)}"]
    for to_x, to_y in rest:
        at = f"{_number(to_x)} {_number(to_y + side)}"
        if to_y == y:
            parts.append(f"H{_number(to_x)}")
        else:
            # Beside another curve that falls, what is above it is right of it.
            middle = _number((x + to_x) / 2 - (side if to_y > y else -side))
            parts.append(f"C{middle} {_number(y + side)} {middle} {_number(to_y + side)} {at}")
        x, y = to_x, to_y
    return "".join(parts)


def _bent(points: Sequence[Point], radius: float) -> str:
    parts = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_pair(into)}Q{_pair(corner)} {_pair(out)}")
    return "".join(parts) + f"L{_pair(points[-1])}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(0.5, distance / (math.hypot(dx, dy) or 1.0))
    return start[0] + dx * share, start[1] + dy * share


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
