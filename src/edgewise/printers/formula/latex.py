"""Formulas in LaTeX's mathematics mode, with amsmath."""

from __future__ import annotations

from .expression import Expression, language
from .names import GREEK, parts_of, shown
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

_SIGNS = {
    "·": r"\cdot",
    "⊙": r"\odot",
    "⋆": r"\star",
    "∗": r"\ast",
    "∈": r"\in",
    "−": "-",
    "≠": r"\neq",
    "≤": r"\leq",
    "≥": r"\geq",
    "∂": r"\partial ",
    "…": r"\dots",
    "Σ": r"\sum",
    "Π": r"\prod",
}
_FENCES = {
    "|": (r"\lvert ", r"\rvert "),
    "⌊": (r"\lfloor ", r"\rfloor "),
    "⌈": (r"\lceil ", r"\rceil "),
    "‖": (r"\lVert ", r"\rVert "),
}
_TALL = (r"\frac", r"\sum", r"\prod", r"\begin")
"""What brackets around it must grow with."""

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
def written(formula: Expression) -> str:
    """The formula in LaTeX."""
    return _text(boxes(formula))


def escaped(text: str) -> str:
    """Any text, as LaTeX's text mode shows it."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def written_name(name: str) -> str:
    """A name as a symbol: one letter in italics, a Greek one by its command, several as an upright word."""
    base, digits = parts_of(shown(name))
    if base in GREEK:
        text = GREEK[base]
    elif len(base) == 1 and base.isascii() and base.isalpha():
        text = base
    elif base == "∞":
        text = r"\infty"
    else:
        text = rf"\text{{{escaped(base)}}}"
    return f"{text}_{{{digits}}}" if digits else text


def _function(name: str) -> str:
    if name in _FUNCTIONS:
        return rf"\{name}"
    if name in GREEK:
        return GREEK[name]
    if name in ("log₂", "log₁₀"):
        return rf"\log_{{{name[3:].translate(str.maketrans('₀₁₂', '012'))}}}"
    return rf"\operatorname{{{escaped(shown(name))}}}"


def _text(box: Box) -> str:
    match box:
        case Row():
            return "".join(_text(part) for part in box.boxes)
        case Name():
            return written_name(box.text)
        case Numeral():
            return _numeral(box.text)
        case Word():
            return r"\top" if box.text == "T" else _function(box.text)
        case Plain():
            return rf"\text{{{escaped(box.text)}}}"
        case Sign():
            sign = _SIGNS.get(box.text, box.text)
            return {"infix": f" {sign} ", "comma": ", ", "beside": " "}.get(box.place, sign)
        case Fraction():
            return rf"\frac{{{_text(box.above)}}}{{{_text(box.below)}}}"
        case Raised():
            inner = box.base.raised if isinstance(box.base, Choice) else box.base
            base = f"{{{_text(inner)}}}" if isinstance(inner, Raised) else _text(inner)
            return f"{base}^{{{_text(box.exponent)}}}"
        case Root():
            return rf"\sqrt{{{_text(box.inside)}}}"
        case Fence():
            inside = _text(box.inside)
            tall = any(command in inside for command in _TALL)
            left, right = _FENCES.get(box.left, (box.left, box.right))
            return rf"\left{left} {inside} \right{right}" if tall else f"{left}{inside}{right}"
        case Big():
            sign = _SIGNS.get(box.sign) or _function(box.sign)
            place = "" if box.axes is None else rf"_{{\text{{{axes_text(box.axes)}}}}}"
            if box.below is not None:
                place = f"_{{{_text(box.below)}}}"
            return f"{sign}{place} " if box.sign in _SIGNS else f"{sign}{place}"
        case Choice():
            return _text(box.raised)
        case Cases():
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
