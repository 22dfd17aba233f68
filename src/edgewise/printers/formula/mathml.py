"""Prints formulas in presentation MathML, with elements that browsers draw by themselves."""

from __future__ import annotations

from html import escape

from . import notation, parts
from .expression import Expression, language
from .names import labelled_parts, parts_of, printable
from .unicode import axes_text


@language("mathml")
def to_mathml(formula: Expression) -> str:
    """Returns a formula as a `math` element."""
    return f"<math>{_markup(notation.boxes(formula))}</math>"


def _row(*parts: str) -> str:
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def name_in_mathml(name: str) -> str:
    """Returns a name as an identifier, with digits after letters as a subscript."""
    labelled = labelled_parts(name)
    if labelled is not None:
        return "<msub>{}</msub>".format("".join(f"<mi>{escape(part)}</mi>" for part in labelled))
    base, digits = parts_of(printable(name))
    identifier = f"<mi>{escape(base)}</mi>"
    return f"<msub>{identifier}<mn>{digits}</mn></msub>" if digits else identifier


def _markup(box: parts.Box) -> str:
    match box:
        case parts.Row():
            return _row(*[_markup(part) for part in box.boxes])
        case parts.Name():
            return name_in_mathml(box.text)
        case parts.Numeral():
            return f"<mn>{escape(box.text)}</mn>"
        case parts.Word():
            return "<mo>⊤</mo>" if box.text == "T" else f"<mi>{escape(printable(box.text))}</mi>"
        case parts.Text():
            text = escape(box.text).replace(" ", "\N{NO-BREAK SPACE}")
            return f"<mtext>{text}</mtext>"
        case parts.Sign():
            return _sign(box)
        case parts.Fraction():
            return f"<mfrac>{_markup(box.numerator)}{_markup(box.denominator)}</mfrac>"
        case parts.Superscript():
            return f"<msup>{_markup(box.base)}{_markup(box.exponent)}</msup>"
        case parts.Subscript():
            return f"<msub>{_markup(box.base)}{_markup(box.below)}</msub>"
        case parts.Root():
            return f"<msqrt>{_markup(box.inside)}</msqrt>"
        case parts.Brackets():
            left = f'<mo form="prefix" fence="true">{box.left}</mo>'
            right = f'<mo form="postfix" fence="true">{box.right}</mo>'
            return f"<mrow>{left}{_markup(box.inside)}{right}</mrow>"
        case parts.LargeOperator():
            sign = (
                f"<mo>{'∑' if box.sign == 'Σ' else '∏'}</mo>"
                if len(box.sign) == 1
                else f"<mi>{escape(printable(box.sign))}</mi>"
            )
            if box.below is not None:
                return f"<munder>{sign}{_markup(box.below)}</munder>"
            return sign if box.axes is None else f"<munder>{sign}<mtext>{escape(axes_text(box.axes))}</mtext></munder>"
        case parts.Alternative():
            return _markup(box.two_dimensional)
        case parts.Cases():
            lines = "".join(_line(value, condition) for value, condition in box.lines)
            return f'<mrow><mo form="prefix" fence="true">{{</mo><mtable>{lines}</mtable></mrow>'


def _line(value: parts.Box, condition: parts.Box | None) -> str:
    condition_cell = (
        "<mtext>otherwise</mtext>"
        if condition is None
        else f"<mrow><mtext>if\N{NO-BREAK SPACE}</mtext>{_markup(condition)}</mrow>"
    )
    return f"<mtr><mtd>{_markup(value)}</mtd><mtd>{condition_cell}</mtd></mtr>"


def _sign(sign: parts.Sign) -> str:
    if sign.place == "beside":
        return "<mo>\N{INVISIBLE TIMES}</mo>"
    if sign.place == "prefix":
        return f'<mo form="prefix">{escape(sign.text)}</mo>'
    if sign.place == "comma":
        return '<mo separator="true">,</mo>'
    return f"<mo>{escape(sign.text)}</mo>"
