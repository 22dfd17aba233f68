"""Reads pictures: SVG as an XML parser sees it, and the boxes of a scene."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from edgewise.picture.metrics import text_width
from edgewise.picture.scene import Arrow, Circle, Curve, Image, Rectangle, Text
from edgewise.picture.style import style_sheet

SVG = "{http://www.w3.org/2000/svg}"
_SIZES = {
    role: (float(size), "font-weight" in rule)
    for rule in style_sheet("light").splitlines()
    for size in re.findall(r"font-size:\s*([\d.]+)px", rule)
    for role in re.findall(r"\.edgewise-light \.([\w-]+)", rule)
}


def things(svg, kind):
    """The groups of a kind: what each shows, with its texts."""
    root = ElementTree.fromstring(svg)
    found = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("data-kind") == kind:
            texts = [text.text or "" for text in group.iter(f"{SVG}text")]
            found[int(group.get("data-id", -1))] = (group, texts)
    return found


def classes(group):
    return [role for element in group.iter() for role in element.get("class", "").split()]


def box(shape):
    """Left, top, right, bottom."""
    if isinstance(shape, Text):
        size, bold = next((_SIZES[role] for role in shape.role.split() if role in _SIZES), (12.0, False))
        width = text_width(shape.text, size, bold=bold) if shape.limit is None else shape.limit
        left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
        return left, shape.y - 0.75 * size, left + width, shape.y + 0.1 * size
    if isinstance(shape, (Rectangle, Image)):
        return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    if isinstance(shape, Circle):
        return shape.x - shape.radius, shape.y - shape.radius, shape.x + shape.radius, shape.y + shape.radius
    assert isinstance(shape, (Curve, Arrow))
    points = shape.points if isinstance(shape, Curve) else [(shape.x, shape.y)]
    return min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points)


def overlap(a, b, by=0.5):
    return a[0] + by < b[2] and b[0] + by < a[2] and a[1] + by < b[3] and b[1] + by < a[3]


def within(inner, outer, by=0.5):
    return (
        inner[0] >= outer[0] - by
        and inner[1] >= outer[1] - by
        and inner[2] <= outer[2] + by
        and inner[3] <= outer[3] + by
    )
