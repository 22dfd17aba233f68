"""Formulas as a line of text."""

from __future__ import annotations

from .expression import Expression, language
from .names import parts_of, shown
from .notation import (
    Big,
    Box,
    Cases,
    Choice,
    Fence,
    Fraction,
    Name,
    Numeral,
    Plain,
    Raised,
    Root,
    Row,
    Sign,
    Word,
    boxes,
)

_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@language("unicode")
def written(formula: Expression) -> str:
    """The formula in Unicode."""
    return _text(boxes(formula))


def written_name(name: str) -> str:
    """A name as it stands in a formula: W₂ for W2."""
    base, digits = parts_of(shown(name))
    return base + digits.translate(_LOWERED)


def axes_text(axes: tuple[int, ...] | str) -> str:
    """``axis 0``, ``axes 0, 1``."""
    if isinstance(axes, str):
        return axes
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))


def _text(box: Box) -> str:
    match box:
        case Row():
            return "".join(map(_text, box.boxes))
        case Name():
            return written_name(box.text)
        case Numeral() | Plain():
            return box.text
        case Word():
            return shown(box.text)
        case Sign():
            return {"infix": f" {box.text} ", "comma": ", "}.get(box.place, box.text)
        case Fraction():
            return _text(box.flat)
        case Raised():
            exponent = _text(box.flat)
            if isinstance(box.exponent, Word):
                return _text(box.base) + "ᵀ"
            bare = _text(box.exponent)
            if bare.lstrip("−").isdecimal():
                return _text(box.base) + bare.translate(_RAISED)
            return f"{_text(box.base)}^{exponent}"
        case Root():
            return "√" + _text(box.flat)
        case Fence():
            return box.left + _text(box.inside) + box.right
        case Big():
            space = " " if len(box.sign) == 1 else ""
            place = "" if box.axes is None else f"[{axes_text(box.axes)}]"
            if box.below is not None:
                place = f"[{_text(box.below)}]"
            return f"{shown(box.sign)}{place}{space}"
        case Choice():
            return _text(box.line)
        case Cases():
            lines = [
                f"{_text(value)} if {_text(condition)}" if condition is not None else f"{_text(value)} otherwise"
                for value, condition in box.lines
            ]
            return "{" + "; ".join(lines) + "}"
