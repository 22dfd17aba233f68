"""How wide text is: a table of advance widths, so that a picture needs no font to be laid out."""

from __future__ import annotations

import unicodedata

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# Advance widths in thousandths of the font size, the largest among the common sans-serif faces, in groups.
_WIDTHS = {
    "ijl'|.,:;!·": 290,
    "ftrI()[]{}/\\-1 ": 400,
    'cksvxyzJ?*"^': 555,
    "abdeghnopquL023456789$_#+−=<>~": 610,
    "ABCDEFGHKNOPQRSTUVXYZ&wσηβαθφ∂": 730,
    "mMW%@Σ∞←→↦": 960,
    "₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ′": 420,
}
_WIDTH_OF = {character: width for characters, width in _WIDTHS.items() for character in characters}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """An upper estimate of the width of a text, in the units of the font size."""
    total = sum(_WIDTH_OF.get(character) or _other(character) for character in text)
    return total * size / 1000 * (1.06 if bold else 1.0)


def _other(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 1050 if unicodedata.east_asian_width(character) in "WF" else 700


def fitted(text: str, width: float, size: float, *, bold: bool = False, middle: bool = False) -> str:
    """The text, shortened with an ellipsis to be no wider than `width`: at its end, or in its middle."""
    text = text if len(text) < 1000 else text[:500] + text[-500:]
    if text_width(text, size, bold=bold) <= width:
        return text
    for kept in range(len(text) - 1, 0, -1):
        head = kept // 2 if middle else kept
        shortened = f"{text[:head].rstrip()}…{text[len(text) - (kept - head) :] if middle else ''}"
        if text_width(shortened, size, bold=bold) <= width:
            return shortened
    return "…"
