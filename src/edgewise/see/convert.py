"""SVG as PNG and as PDF, by two libraries that come with ``pip install "edgewise[pictures]"``."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Any

from ..graph.errors import EdgewiseError
from .drawing.metrics import FONT

EXTRA = 'pip install "edgewise[pictures]"'

MOST_PIXELS = 100_000_000

_FONTS = f"{FONT.removesuffix(', sans-serif')}, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', 'Open Sans', sans-serif"
"""With those of Linux, as one of the libraries asks for no other than these."""

_LOW_ONES, _HIGH_ONES = "₀₁₂₃₄₅₆₇₈₉", "⁰⁴⁵⁶⁷⁸⁹⁻ᵀ"
_PLAIN = dict(zip(_LOW_ONES + _HIGH_ONES, "0123456789" + "0456789−T", strict=True))


class MissingExtraError(EdgewiseError, ImportError):
    """Something is asked for that a plain install of Edgewise can't do."""


def png_of(svg: str, scale: float) -> bytes:
    """A PNG of an SVG in a fixed theme, `scale` pixels for each of its units."""
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)"', svg[:400])[:2])
    if width * height * scale * scale > MOST_PIXELS:
        raise ValueError(
            f"png: the picture would be {width * scale:,.0f} × {height * scale:,.0f} pixels; a smaller scale, or "
            "closed modules, make it smaller, and SVG and PDF have no such limit"
        )
    resvg: Any = _library("resvg_py", "png")
    _check_fonts()
    png: bytes = resvg.svg_to_bytes(svg_string=_plainly(svg), zoom=scale, image_rendering="optimize_speed")
    return png


def pdf_of(svg: str) -> bytes:
    """A PDF of an SVG in a fixed theme, with its text as text."""
    svg2pdf: Any = _library("svg2pdf_py", "pdf")
    _check_fonts()
    pdf: bytes = svg2pdf.svg_to_pdf(_plainly(svg), svg2pdf.FontDatabase.system())
    return pdf


def _library(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{what}: a plain install makes SVG only; for PNG and PDF:  {EXTRA}", name=name
        ) from error


@cache
def _check_fonts() -> None:
    """Raises EdgewiseError where no font is installed, as then all text would be missing."""
    resvg: Any = _library("resvg_py", "png")
    form = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15" font-family="{}">{}</text></svg>'
    )
    shown, empty = (resvg.svg_to_bytes(svg_string=form.format(_FONTS, text)) for text in ("W", ""))
    if shown == empty:
        raise EdgewiseError(
            "no font was found on this computer, so the picture would have no text: install one, such as DejaVu"
        )


def _plainly(svg: str) -> str:
    """The SVG without characters that few fonts have: for one of them, a whole text would change its font.

    Digits below and above the line become smaller ones, and the strokes of a norm two single ones.
    """
    svg = svg.replace(FONT, _FONTS)
    return re.sub(r">([^<>]+)</text>", lambda text: f">{_raised(text[1].replace('‖', '||'))}</text>", svg)


def _raised(text: str) -> str:
    pieces = []
    for run in re.findall(f"[{_LOW_ONES}]+|[{_HIGH_ONES}]+|[^{_LOW_ONES}{_HIGH_ONES}]+", text):
        if run[0] in _PLAIN:
            shift = "sub" if run[0] in _LOW_ONES else "super"
            run = f'<tspan baseline-shift="{shift}" font-size="70%">{"".join(_PLAIN[c] for c in run)}</tspan>'
        pieces.append(run)
    return "".join(pieces)
