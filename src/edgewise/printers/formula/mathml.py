"""Formulas in presentation MathML, of elements that browsers draw by themselves."""

from __future__ import annotations

from html import escape

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
from .unicode import axes_text


@language("mathml")
def written(formula: Expression) -> str:
    """The formula as a `math` element."""
    return f"<math>{_markup(boxes(formula))}</math>"


def _row(*parts: str) -> str:
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def written_name(name: str) -> str:
    """A name as an identifier: a subscript for the digits behind letters."""
    base, digits = parts_of(shown(name))
    identifier = f"<mi>{escape(base)}</mi>"
    return f"<msub>{identifier}<mn>{digits}</mn></msub>" if digits else identifier


def _markup(box: Box) -> str:
    match box:
        case Row():
            return _row(*[_markup(part) for part in box.boxes])
        case Name():
            return written_name(box.text)
        case Numeral():
            return f"<mn>{escape(box.text)}</mn>"
        case Word():
            return "<mo>⊤</mo>" if box.text == "T" else f"<mi>{escape(shown(box.text))}</mi>"
        case Plain():
            text = escape(box.text).replace(" ", "\N{NO-BREAK SPACE}")
            return f"<mtext>{text}</mtext>"
        case Sign():
            return _sign(box)
        case Fraction():
            return f"<mfrac>{_markup(box.above)}{_markup(box.below)}</mfrac>"
        case Raised():
            return f"<msup>{_markup(box.base)}{_markup(box.exponent)}</msup>"
        case Root():
            return f"<msqrt>{_markup(box.inside)}</msqrt>"
        case Fence():
            left = f'<mo form="prefix" fence="true">{box.left}</mo>'
            right = f'<mo form="postfix" fence="true">{box.right}</mo>'
            return f"<mrow>{left}{_markup(box.inside)}{right}</mrow>"
        case Big():
            sign = (
                f"<mo>{'∑' if box.sign == 'Σ' else '∏'}</mo>"
                if len(box.sign) == 1
                else f"<mi>{escape(shown(box.sign))}</mi>"
            )
            if box.below is not None:
                return f"<munder>{sign}{_markup(box.below)}</munder>"
            return sign if box.axes is None else f"<munder>{sign}<mtext>{escape(axes_text(box.axes))}</mtext></munder>"
        case Choice():
            return _markup(box.raised)
        case Cases():
            lines = "".join(_line(value, condition) for value, condition in box.lines)
            return f'<mrow><mo form="prefix" fence="true">{{</mo><mtable>{lines}</mtable></mrow>'


def _line(value: Box, condition: Box | None) -> str:
    behind = "<mtext>otherwise</mtext>" if condition is None else f"<mrow><mtext>if </mtext>{_markup(condition)}</mrow>"
    return f"<mtr><mtd>{_markup(value)}</mtd><mtd>{behind}</mtd></mtr>"


def _sign(sign: Sign) -> str:
    if sign.place == "beside":
        return "<mo>\N{INVISIBLE TIMES}</mo>"
    if sign.place == "prefix":
        return f'<mo form="prefix">{escape(sign.text)}</mo>'
    if sign.place == "comma":
        return '<mo separator="true">,</mo>'
    return f"<mo>{escape(sign.text)}</mo>"
