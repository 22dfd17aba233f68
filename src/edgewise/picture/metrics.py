"""How wide texts are, near enough for boxes to be sized without a browser and without font files."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FONT = "Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, system-ui, sans-serif"

# Advance widths in thousandths of the font size: the larger of Liberation Sans, which is as wide as Arial, and
# DejaVu Sans, the widest of the common sans-serif faces. Measured in a browser, and rounded up into groups.
_WIDTHS = {
    "′'ijlI .,·": 320,
    ":;|/\\f-ᵀ": 370,
    "()[]t!r₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹": 410,
    '"J*‖∂sz': 525,
    "⁻c_?Lkvxyλ": 592,
    "FTaeoθΣhnuσηbdgpq0123456789{}$μ√β": 637,
    "αφEKPSYAVBXZ": 686,
    "CRUNHDG": 778,
    "&OQw∞+−=<>~#^×↦⊙≥≤M": 838,
    "%mW…→←@↻": 1015,
}
_BOLD = 1.13
WIDEST = 1.2  # no letter is wider than this many times the font size, not even a bold one
LONGEST = 1000  # characters of a text that are looked at


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Returns an upper estimate of the width of a text, in the units of the font size."""
    return sum(map(_WIDTH_OF.__getitem__, text)) * size * (_BOLD if bold else 1.0) / 1000


class _Widths(dict[str, int]):
    """Of the characters above, and then of every one that was met."""

    def __missing__(self, character: str) -> int:
        if unicodedata.combining(character):
            width = 0
        else:
            width = 1050 if unicodedata.east_asian_width(character) in "WF" else 840
        self[character] = width
        return width


_WIDTH_OF = _Widths({character: width for characters, width in _WIDTHS.items() for character in characters})


def fitted(text: str, width: float, size: float, *, bold: bool = False, middle: bool = False) -> str:
    """Returns the text, shortened with an ellipsis to be no wider than `width`: at its end, or in its middle."""
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + text[-LONGEST // 2 :]
    if len(text) * WIDEST * size <= width or text_width(text, size, bold=bold) <= width:
        return text
    least, most = 0, len(text) - 1  # how many characters are kept: found by halving
    while least < most:
        kept = (least + most + 1) // 2
        if text_width(_shortened(text, kept, middle), size, bold=bold) <= width:
            least = kept
        else:
            most = kept - 1
    return _shortened(text, least, middle)


def _shortened(text: str, kept: int, middle: bool) -> str:
    head = (kept + 1) // 2 if middle else kept
    tail = text[len(text) - (kept - head) :] if kept > head else ""
    return f"{text[:head].rstrip()}…{tail.lstrip()}"
