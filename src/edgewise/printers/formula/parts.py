"""The parts that formulas are laid out in: small objects that each printer renders in its language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Name:
    """A symbol with the user's name."""

    text: str


@dataclass(frozen=True)
class Numeral:
    """Digits."""

    text: str


@dataclass(frozen=True)
class Sign:
    """An operator.

    `place` is "infix" (spaces around it), "tight" (no spaces), "prefix", "comma", "colon" (a space after it) or
    "beside": a product without a sign, of factors side by side.
    """

    text: str
    place: str


@dataclass(frozen=True)
class Word:
    """The name of a function, upright."""

    text: str


@dataclass(frozen=True)
class Text:
    """English words."""

    text: str


@dataclass(frozen=True)
class Fraction:
    """A fraction. `flat` is its form in a line of text, with the brackets that it needs there."""

    numerator: Box
    denominator: Box
    flat: Row


@dataclass(frozen=True)
class Superscript:
    """A superscript. `flat` is the exponent in a line of text, with the brackets that it needs there."""

    base: Box
    exponent: Box
    flat: Box


@dataclass(frozen=True)
class Subscript:
    """A subscript of indices."""

    base: Box
    below: Box


@dataclass(frozen=True)
class Root:
    """A square root. `flat` is its inside in a line of text, with the brackets that it needs there."""

    inside: Box
    flat: Box


@dataclass(frozen=True)
class Brackets:
    """Brackets around a box."""

    left: str
    inside: Box
    right: str


@dataclass(frozen=True)
class LargeOperator:
    """A sum sign or a function such as max, with the axes that it reduces, or a condition below it."""

    sign: str
    axes: tuple[int, ...] | str | None
    below: Box | None = None


@dataclass(frozen=True)
class Alternative:
    """Two ways to write a piece: in a line of text, and elsewhere."""

    in_line: Box
    two_dimensional: Box


@dataclass(frozen=True)
class Cases:
    """Values, each with its condition; the last has none."""

    lines: tuple[tuple[Box, Box | None], ...]


Box = (
    Row
    | Name
    | Numeral
    | Sign
    | Word
    | Text
    | Fraction
    | Superscript
    | Subscript
    | Root
    | Brackets
    | LargeOperator
    | Alternative
    | Cases
)
