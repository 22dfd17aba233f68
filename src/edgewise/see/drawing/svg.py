"""Scenes as SVG text (Scalable Vector Graphics 1.1, W3C): no scripts, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from .scene import Circle, Curve, Image, Rectangle, Scene, Shape, Text
from .style import Theme, style_sheet

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
MOST_TOLD = 400  # characters of what a pointer is told


def svg_of(scene: Scene, theme: Theme = "auto") -> str:
    """The picture as one SVG document."""
    width, height = _number(scene.width), _number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" aria-labelledby="picture-title picture-about">',
        f'<title id="picture-title">{escaped(scene.title)}</title>',
        f'<desc id="picture-about">{escaped(scene.about)}</desc>',
        f"<style>{style_sheet(theme)}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]
    for thing in scene.things:
        data = "" if thing.id is None else f' data-kind="{thing.kind}" data-id="{thing.id}"'
        told = f"<title>{escaped(thing.about[:MOST_TOLD])}</title>" if thing.about else ""
        lines.append(f"<g{data}>{told}{''.join(_shapes(thing.shapes))}</g>")
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that is safe in XML: no markup, and no characters that XML does not allow."""
    return "".join(
        _ESCAPES.get(c)
        or (
            c
            if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff\x7f"
            else "\N{REPLACEMENT CHARACTER}"
        )
        for c in text.replace("\n", " ⏎ ").replace("\t", " ")
    )


def _shapes(shapes: list[Shape]) -> Iterator[str]:
    for shape in shapes:
        if isinstance(shape, Text):
            yield _text(shape)
        elif isinstance(shape, Rectangle):
            yield (
                f'<rect class="{shape.role}" x="{_number(shape.x)}" y="{_number(shape.y)}" '
                f'width="{_number(shape.width)}" height="{_number(shape.height)}"'
                + (f' rx="{_number(shape.radius)}"' if shape.radius else "")
                + "/>"
            )
        elif isinstance(shape, Curve):
            thick = f' stroke-width="{_number(shape.width)}"' if shape.width is not None else ""
            yield f'<path class="{shape.role}" d="{_path(shape)}"{thick}/>'
        elif isinstance(shape, Circle):
            seen = f' fill-opacity="{shape.opacity:.2f}"' if shape.opacity is not None else ""
            yield (
                f'<circle class="{shape.role}" cx="{_number(shape.x)}" cy="{_number(shape.y)}" '
                f'r="{_number(shape.radius)}"{seen}/>'
            )
        else:
            yield _image(shape)


def _text(text: Text) -> str:
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    limit = f' textLength="{_number(text.limit)}" lengthAdjust="spacingAndGlyphs"' if text.limit is not None else ""
    return (
        f'<text class="{text.role}" x="{_number(text.x)}" y="{_number(text.y)}"{anchor}{limit}>'
        f"{escaped(text.text)}</text>"
    )


def _image(image: Image) -> str:
    return (
        f'<image x="{_number(image.x)}" y="{_number(image.y)}" width="{_number(image.width)}" '
        f'height="{_number(image.height)}" preserveAspectRatio="none" href="{image.source}"/>'
    )


def _path(curve: Curve) -> str:
    (x, y), *rest = curve.points
    parts = [f"M{_number(x)} {_number(y)}"]
    for to_x, to_y in rest:
        if curve.straight or to_y == y:
            parts.append(f"L{_number(to_x)} {_number(to_y)}")
        else:
            middle = _number((x + to_x) / 2)
            parts.append(f"C{middle} {_number(y)} {middle} {_number(to_y)} {_number(to_x)} {_number(to_y)}")
        x, y = to_x, to_y
    return "".join(parts)


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
