"""Prints formulas in LaTeX's mathematics mode, with amsmath."""

from __future__ import annotations

from . import notation, parts
from .expression import Expression, language
from .names import GREEK, HAT, labelled_parts, parts_of, printable
from .unicode import axes_text

_SIGNS = {
    "·": r"\cdot",
    "⊙": r"\odot",
    "⋆": r"\star",
    "∗": r"\ast",
    "∈": r"\in",
    "∧": r"\land",
    "∨": r"\lor",
    "⊕": r"\oplus",
    "−": "-",
    "≠": r"\neq",
    "≤": r"\leq",
    "≥": r"\geq",
    "∂": r"\partial ",
    "…": r"\dots",
    "Σ": r"\sum",
    "Π": r"\prod",
}
_LEFT_BRACKETS = {"|": r"\lvert ", "⌊": r"\lfloor ", "⌈": r"\lceil ", "‖": r"\lVert "}
_RIGHT_BRACKETS = {"|": r"\rvert ", "⌋": r"\rfloor ", "⌉": r"\rceil ", "‖": r"\rVert "}
_TALL_COMMANDS = (r"\frac", r"\sum", r"\prod", r"\begin")
"""Commands that make brackets around them grow."""

_WORD = 3
"""Labels of so many letters are words."""

_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_DIGITS = str.maketrans(_SUBSCRIPTS, "0123456789")

_FUNCTIONS = {
    "arccos",
    "arcsin",
    "arctan",
    "cos",
    "cosh",
    "det",
    "exp",
    "log",
    "max",
    "min",
    "sin",
    "sinh",
    "tan",
    "tanh",
}
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "…": r"\dots{}",
    "→": r"$\to$",
    "′": "'",
}


@language("latex")
def to_latex(formula: Expression) -> str:
    """Returns a formula in LaTeX."""
    return _text(notation.boxes(formula))


def escape(text: str) -> str:
    """Escapes any text for LaTeX's text mode."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def name_in_latex(name: str) -> str:
    """Returns a name as a symbol: one letter in italics, a Greek one by its command, several as an upright word."""
    labelled = labelled_parts(name)
    if labelled is not None:
        letter, label = labelled
        below = label if len(label) < _WORD else rf"\text{{{label}}}"
        return f"{name_in_latex(letter)}_{{{below}}}"
    base, digits = parts_of(printable(name))
    if base in GREEK:
        text = GREEK[base]
    elif len(base) == 1 and base.isascii() and base.isalpha():
        text = base
    elif len(base) == 2 and base[1] == HAT:
        text = rf"\hat{{{base[0]}}}"
    elif base == "ℓ":
        text = r"\ell"
    elif base == "∞":
        text = r"\infty"
    else:
        text = rf"\text{{{escape(base)}}}"
    return f"{text}_{{{digits}}}" if digits else text


def _function(name: str) -> str:
    if name in _FUNCTIONS:
        return rf"\{name}"
    if name in GREEK:
        return GREEK[name]
    base = name.rstrip(_SUBSCRIPTS)
    if base != name:
        return f"{_function(base)}_{{{name[len(base) :].translate(_DIGITS)}}}"
    return rf"\operatorname{{{escape(printable(name))}}}"


def _text(box: parts.Box) -> str:
    match box:
        case parts.Row():
            return "".join(_text(part) for part in box.boxes)
        case parts.Name():
            return name_in_latex(box.text)
        case parts.Numeral():
            return _numeral(box.text)
        case parts.Word():
            return r"\top" if box.text == "T" else _function(box.text)
        case parts.Text():
            return rf"\text{{{escape(box.text)}}}"
        case parts.Sign():
            sign = _SIGNS.get(box.text, box.text)
            return {"infix": f" {sign} ", "comma": ", ", "colon": f"{sign} ", "beside": " "}.get(box.place, sign)
        case parts.Fraction():
            return rf"\frac{{{_text(box.numerator)}}}{{{_text(box.denominator)}}}"
        case parts.Superscript():
            inner = box.base.two_dimensional if isinstance(box.base, parts.Alternative) else box.base
            base = f"{{{_text(inner)}}}" if isinstance(inner, parts.Superscript) else _text(inner)
            return f"{base}^{{{_text(box.exponent)}}}"
        case parts.Subscript():
            return f"{_text(box.base)}_{{{_text(box.below)}}}"
        case parts.Root():
            return rf"\sqrt{{{_text(box.inside)}}}"
        case parts.Brackets():
            inside = _text(box.inside)
            tall = any(command in inside for command in _TALL_COMMANDS)
            left, right = _LEFT_BRACKETS.get(box.left, box.left), _RIGHT_BRACKETS.get(box.right, box.right)
            return rf"\left{left} {inside} \right{right}" if tall else f"{left}{inside}{right}"
        case parts.LargeOperator():
            sign = _SIGNS.get(box.sign) or _function(box.sign)
            subscript = "" if box.axes is None else rf"_{{\text{{{axes_text(box.axes)}}}}}"
            if box.below is not None:
                subscript = f"_{{{_text(box.below)}}}"
            return f"{sign}{subscript} " if box.sign in _SIGNS else f"{sign}{subscript}"
        case parts.Alternative():
            return _text(box.two_dimensional)
        case parts.Cases():
            lines = [
                rf"{_text(value)} & \text{{if }} {_text(condition)}"
                if condition is not None
                else rf"{_text(value)} & \text{{otherwise}}"
                for value, condition in box.lines
            ]
            return r"\begin{cases}" + r" \\ ".join(lines) + r"\end{cases}"


def _numeral(text: str) -> str:
    if text.endswith("∞"):
        return text.replace("∞", r"\infty").replace("−", "-")
    if "e" in text:
        digits, _, exponent = text.partition("e")
        power = rf"10^{{{exponent.replace('−', '-')}}}"
        return power if digits == "1" else rf"{digits} \cdot {power}"
    return r"\text{NaN}" if text == "NaN" else text.replace("−", "-")
