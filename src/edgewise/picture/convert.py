"""Converts SVG to PNG and PDF, by two libraries that come with ``pip install "edgewise[pictures]"``."""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..graph.errors import EdgewiseError
from .metrics import FONT
from .svg import escaped

EXTRA = 'pip install "edgewise[pictures]"'

MOST_PIXELS = 100_000_000

_FAMILIES = (
    *(name.strip(" '") for name in FONT.removesuffix(", system-ui, sans-serif").split(",")),
    "Helvetica",
    "Liberation Sans",
    "Noto Sans",
    "DejaVu Sans",
    "Open Sans",
    "Verdana",
    "Ubuntu",
    "Cantarell",
    "FreeSans",
    "Lucida Grande",
    "Arial Unicode MS",
)
"""The font families for texts: the first that is installed and has all signs of formulas is used."""

_USUAL_SIGNS, _RARE_SIGNS = "∂−√Σ∞≤≥≠·×…", "‖⊙′∈⋆◂→←↦∏∑↻✗"
_NONE = "no such family"
_BAND = 30  # pixels: the height of one text of a trial

_SPELLED = {
    "−": "–",
    "‖": '<tspan letter-spacing="-1">|</tspan>|',
    "⊙": "∗",
    "∗": "*",
    "⋆": "*",
    "′": "'",
    "∈": "in",
    "∏": "Π",
    "∑": "Σ",
    "→": "-&gt;",
    "←": "&lt;-",
    "↦": "-&gt;",
    "◂": "◄",
    "◄": "&lt;",
    "↻": "again",
    "✗": "x",
    "≈": "~",
    "⊤": "T",
    "⌊": "[",
    "⌋": "]",
    "⌈": "[",
    "⌉": "]",
}
"""How signs are written with a font that lacks them; what replaces a sign may be replaced in turn."""

_LOW_ONES, _HIGH_ONES = "₀₁₂₃₄₅₆₇₈₉₊₋ᵢⱼₖ", "⁰⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀⁿˣᵃᵇᵏ"
_DIGITS = dict(zip(_LOW_ONES + _HIGH_ONES, "0123456789+−ijk" + "0456789+−()Tnxabk", strict=True))


class MissingExtraError(EdgewiseError, ImportError):
    """Raised for a feature that needs more than a plain install of Edgewise."""


def png_of(svg: str, scale: float) -> bytes:
    """Converts an SVG in a fixed theme to PNG, with `scale` pixels per unit."""
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)"', svg[:400])[:2])
    if width * height * scale * scale > MOST_PIXELS:
        raise ValueError(
            f"png: the picture would be {width * scale:,.0f} × {height * scale:,.0f} pixels; a smaller scale, or "
            "closed modules, make it smaller, and SVG and PDF have no such limit"
        )
    resvg: Any = _library("resvg_py", "png")
    png: bytes = resvg.svg_to_bytes(svg_string=_with_common_signs(svg), zoom=scale, image_rendering="optimize_speed")
    return png


def pdf_of(svg: str) -> bytes:
    """Converts an SVG in a fixed theme to PDF, with selectable text."""
    svg2pdf: Any = _library("svg2pdf_py", "pdf")
    pdf: bytes = svg2pdf.svg_to_pdf(_with_common_signs(svg), svg2pdf.FontDatabase.system())
    return pdf


def _library(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{what}: a plain install makes SVG only; for PNG and PDF:  {EXTRA}", name=name
        ) from error


@dataclass(frozen=True)
class _Font:
    """The family that texts are set in, and the signs of formulas that it lacks."""

    family: str
    lacking: frozenset[str] = frozenset()


@cache
def _font() -> _Font:
    """Returns the first family that has the most signs of formulas.

    Where a letter is missing in a family, the whole text is set in any other one that has it, with serifs perhaps. That
    is how families are tried: whether a W looks the same with signs behind it, which are out of sight.

    Raises
    ------
    EdgewiseError
        If no font is installed, as then all text would be missing.
    """
    families = (_NONE, *_FAMILIES)
    texts = ("", "W", f"W{_USUAL_SIGNS}", f"W{_USUAL_SIGNS}{_RARE_SIGNS}")
    bands = iter(_bands([(family, text) for family in families for text in texts]))
    seen = {family: [next(bands) for _ in texts] for family in families}
    empty, usual = seen.pop(_NONE)[:2]
    installed = {family: bands for family, bands in seen.items() if bands[1] not in (empty, usual)}
    for place in (3, 2, 1):
        for family, bands_of_family in installed.items():
            if bands_of_family[place] == bands_of_family[1]:
                return _Font(family, _lacking(family))
    if usual == empty:
        raise EdgewiseError(
            "no font was found on this computer, so the picture would have no text: install one, such as DejaVu"
        )
    return _Font("sans-serif", _lacking("sans-serif"))


def _lacking(family: str) -> frozenset[str]:
    """Returns the signs with another spelling that a family lacks."""
    with_none, *others = _bands([(family, f"W{sign}") for sign in ("", *_SPELLED)])
    return frozenset(sign for sign, band in zip(_SPELLED, others, strict=True) if band != with_none)


def _bands(trials: Sequence[tuple[str, str]]) -> list[bytes]:
    """Renders the start of each text in its family as rows of a PNG, equal if the texts look the same."""
    resvg: Any = _library("resvg_py", "png")
    texts = "".join(
        f'<text x="1" y="{i * _BAND + 22}" font-family="{escaped(repr(family))}" font-size="20">{text}</text>'
        for i, (family, text) in enumerate(trials)
    )
    size = f'width="14" height="{len(trials) * _BAND}"'
    png = resvg.svg_to_bytes(svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{texts}</svg>')
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    rows = zlib.decompress(data)
    band = len(rows) // len(trials)
    return [rows[i * band : (i + 1) * band] for i in range(len(trials))]


def _with_common_signs(svg: str) -> str:
    """Sets an SVG in one font, without characters that the font lacks, which would change the font of a whole text.

    Subscripts and superscripts become smaller digits, and signs are spelled in another way where they are missing.
    """
    font = _font()
    svg = svg.replace(FONT, f"'{font.family}', sans-serif")
    lacking = str.maketrans({sign: _spelling(sign, font) for sign in font.lacking})
    return re.sub(r">([^<>]+)</text>", lambda text: f">{_with_small_digits(text[1]).translate(lacking)}</text>", svg)


def _spelling(sign: str, font: _Font) -> str:
    """Returns how a sign is written with a font."""
    while sign in font.lacking:
        sign = _SPELLED[sign]
    return sign


def _with_small_digits(text: str) -> str:
    pieces = []
    for run in re.findall(f"[{_LOW_ONES}]+|[{_HIGH_ONES}]+|[^{_LOW_ONES}{_HIGH_ONES}]+", text):
        if run[0] in _DIGITS:
            shift = "sub" if run[0] in _LOW_ONES else "super"
            run = f'<tspan baseline-shift="{shift}" font-size="70%">{"".join(_DIGITS[c] for c in run)}</tspan>'
        pieces.append(run)
    return "".join(pieces)
