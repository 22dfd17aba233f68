"""Prints formulas as a line of Unicode text."""

from __future__ import annotations

from . import notation, parts
from .expression import Expression, language
from .names import parts_of, printable

_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RANKS = str.maketrans("(in+−1)", "₍ᵢₙ₊₋₁₎", " ")


@language("unicode")
def to_unicode(formula: Expression) -> str:
    """Returns a formula in Unicode."""
    return _text(notation.boxes(formula))


def name_in_unicode(name: str) -> str:
    """Returns a name as it is written in a formula: W₂ for W2."""
    base, digits = parts_of(printable(name))
    return base + digits.translate(_SUBSCRIPTS)


def axes_text(axes: tuple[int, ...] | str) -> str:
    """Returns ``axis 0``, ``axes 0, 1`` and the like."""
    if isinstance(axes, str):
        return axes
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))


def _text(box: parts.Box) -> str:
    match box:
        case parts.Row():
            return "".join(map(_text, box.boxes))
        case parts.Name():
            return name_in_unicode(box.text)
        case parts.Numeral() | parts.Text():
            return box.text
        case parts.Word():
            return printable(box.text)
        case parts.Sign():
            return {"infix": f" {box.text} ", "comma": ", ", "colon": f"{box.text} "}.get(box.place, box.text)
        case parts.Fraction():
            return _text(box.flat)
        case parts.Superscript():
            exponent = _text(box.flat)
            if isinstance(box.exponent, parts.Word):
                return _text(box.base) + "ᵀ"
            bare = _text(box.exponent)
            if bare == "+":
                return _text(box.base) + "⁺"
            if bare.lstrip("−").isdecimal():
                return _text(box.base) + bare.translate(_SUPERSCRIPTS)
            return f"{_text(box.base)}^{exponent}"
        case parts.Subscript(below=parts.Brackets()):
            return _text(box.base) + _text(box.below).translate(_RANKS)
        case parts.Subscript():
            return f"{_text(box.base)}[{_text(box.below)}]"
        case parts.Root():
            return "√" + _text(box.flat)
        case parts.Brackets():
            return box.left + _text(box.inside) + box.right
        case parts.LargeOperator():
            space = " " if len(box.sign) == 1 else ""
            place = "" if box.axes is None else f"[{axes_text(box.axes)}]"
            if box.below is not None:
                place = f"[{_text(box.below)}]"
            return f"{printable(box.sign)}{place}{space}"
        case parts.Alternative():
            return _text(box.in_line)
        case parts.Cases():
            lines = [
                f"{_text(value)} if {_text(condition)}" if condition is not None else f"{_text(value)} otherwise"
                for value, condition in box.lines
            ]
            return "{" + "; ".join(lines) + "}"
