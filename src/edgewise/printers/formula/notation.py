"""How formulas are laid out in a line, the same in every printed form: signs, brackets, fractions, subscripts.

The result is made of boxes: small objects that each printer renders in its own language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .expression import Expression, number, quotient
from .numerals import known_number, numeral


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Name:
    """A symbol as the user calls it."""

    text: str


@dataclass(frozen=True)
class Numeral:
    """Digits."""

    text: str


@dataclass(frozen=True)
class Sign:
    """An operator. `place` is "infix" with space around, "prefix", "tight" without space, "comma" or "beside" (no sign
    but at most a space is written, and a multiplication meant)."""

    text: str
    place: str


@dataclass(frozen=True)
class Word:
    """The name of a function, upright."""

    text: str


@dataclass(frozen=True)
class Plain:
    """Words of English."""

    text: str


@dataclass(frozen=True)
class Fraction:
    """One above the other; in a line of text with brackets where they are needed, which `flat` has."""

    above: Box
    below: Box
    flat: Row


@dataclass(frozen=True)
class Raised:
    """A superscript. `flat` is the exponent in brackets where a line of text needs them."""

    base: Box
    exponent: Box
    flat: Box


@dataclass(frozen=True)
class Root:
    """A square root; in a line of text of `flat`, in brackets where they are needed."""

    inside: Box
    flat: Box


@dataclass(frozen=True)
class Fence:
    """Brackets around."""

    left: str
    inside: Box
    right: str


@dataclass(frozen=True)
class Big:
    """A sum sign or a function such as max, with the axes it goes over written to it, or what must hold below it."""

    sign: str
    axes: tuple[int, ...] | str | None
    below: Box | None = None


@dataclass(frozen=True)
class Choice:
    """What is written one way in a line of text, and another way elsewhere."""

    line: Box
    raised: Box


@dataclass(frozen=True)
class Cases:
    """Values, each with its condition; the last has none."""

    lines: tuple[tuple[Box, Box | None], ...]


Box = Row | Name | Numeral | Sign | Word | Plain | Fraction | Raised | Root | Fence | Big | Choice | Cases

# How tightly the parts of a formula hold together.
WHERE, RELATION, SUM, REDUCTION, PRODUCT, POWER, ATOM = range(7)

FENCES = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "norm": ("‖", "‖")}
BIG_SIGNS = {"sum": "Σ", "prod": "Π"}


def boxes(formula: Expression) -> Box:
    """The formula laid out."""
    return _laid(formula)[0]


Laid = tuple[Box, int]


def _laid(formula: Expression) -> Laid:
    return _LAYOUTS[formula.head](*formula.args)


def _at(formula: Expression, level: int) -> Box:
    """Laid out, in brackets if it holds together less than `level`."""
    box, own = _laid(formula)
    return box if own >= level else Fence("(", box, ")")


def _number(value: Any) -> Laid:
    known = known_number(value)
    if known is not None:
        return _laid(known)
    text = numeral(value)
    return (Row((Sign("−", "prefix"), Numeral(text[1:]))), SUM) if text.startswith("-") else (Numeral(text), ATOM)


def _partial(of: Expression, by: Expression) -> Laid:
    above, below = Row((Sign("∂", "prefix"), _at(of, ATOM))), Row((Sign("∂", "prefix"), _at(by, ATOM)))
    return Fraction(above, below, Row((above, Sign("/", "tight"), below))), POWER


def _add(*terms: Expression) -> Laid:
    parts: list[Box] = []
    for i, term in enumerate(terms):
        negative = _negated(term)
        if i:
            parts.append(Sign("+" if negative is None else "−", "infix"))
        elif negative is not None:
            parts.append(Sign("−", "prefix"))
        parts.append(_at(term if negative is None else negative, REDUCTION))
    return Row(tuple(parts)), SUM


def _negated(term: Expression) -> Expression | None:
    """What a term is the negative of, if it is written with a minus."""
    if term.head == "neg":
        inner: Expression = term.args[0]
        return inner
    if term.head == "number" and numeral(term.args[0]).startswith("-"):
        return Expression("number", (-term.args[0],))
    return None


def _neg(x: Expression) -> Laid:
    return Row((Sign("−", "prefix"), _at(x, REDUCTION))), SUM


def _mul(*factors: Expression) -> Laid:
    parts: list[Box] = []
    for i, factor in enumerate(factors):
        last = i == len(factors) - 1
        level = REDUCTION if last and i else PRODUCT
        box = _at(factor, level)
        if i and factor.head == "div":
            box = _at(factor, POWER) if box == _laid(factor)[0] else box
        if i:
            beside = _beside(factors[i - 1], parts[-1], factor, box)
            space = " " if _starts_big(box) else ""
            parts.append(Sign(space, "beside") if beside else Sign("·", "infix"))
        parts.append(box)
    return Row(tuple(parts)), _loosest(factors[-1])


def _loosest(last: Expression) -> int:
    """A product that ends in a sum over axes reaches as far as that does."""
    return REDUCTION if _laid(last)[1] == REDUCTION else PRODUCT


def _beside(left: Expression, left_box: Box, right: Expression, right_box: Box) -> bool:
    """Whether a product of two can do without a sign."""
    if isinstance(right_box, Fence) and right_box.left == "(":
        closed = left.head in ("call", "indicator") and not isinstance(left_box, Root)
        return closed or isinstance(left_box, (Numeral, Fence))
    if isinstance(left_box, Numeral):
        if isinstance(right_box, Root) or (isinstance(right_box, Raised) and isinstance(right_box.base, Root)):
            return True
        base = right
        while base.head in ("pow", "transpose", "hadamard", "matmul"):
            base = base.args[0]
        return base.head == "symbol" and base.args[0][:1].isalpha() and len(base.args[0].rstrip("0123456789′")) == 1
    return isinstance(left_box, Fraction) and isinstance(right_box, (Big, Row)) and _starts_big(right_box)


def _starts_big(box: Box) -> bool:
    return isinstance(box, Big) or (isinstance(box, Row) and bool(box.boxes) and _starts_big(box.boxes[0]))


def _joined(sign: str) -> Callable[..., Laid]:
    def laid(*factors: Expression) -> Laid:
        parts: list[Box] = []
        for i, factor in enumerate(factors):
            if i:
                parts.append(Sign(sign, "infix"))
            alike = factor.head in ("div", "mul", "hadamard", "matmul")
            last = i == len(factors) - 1
            parts.append(_at(factor, POWER if alike else REDUCTION if last and i else PRODUCT))
        return Row(tuple(parts)), _loosest(factors[-1])

    return laid


def _div(a: Expression, b: Expression) -> Laid:
    above, below = _at(a, PRODUCT), _at(b, POWER)
    loose = " " if _wide(above) or _wide(below) else ""
    # ∂L/∂x is a fraction in itself, which in a line has no brackets of its own.
    first = Fence("(", above, ")") if a.head == "partial" and not loose else above
    second = Fence("(", below, ")") if b.head == "partial" else below
    flat = Row((first, Sign("/", "infix" if loose else "tight"), second))
    if a.head == "partial" and b.head in ("number", "count"):
        # ∂L/∂x/2 might be the gradient by x/2.
        factor = quotient(number(1), b) if b.head == "count" else number(1 / b.args[0])
        flat = Row((_at(factor, PRODUCT), Sign("·", "infix"), above))
    return Fraction(_laid(a)[0], _laid(b)[0], flat), PRODUCT


def _wide(box: Box) -> bool:
    """Whether it has spaces in it when it is written in a line."""
    if isinstance(box, Row):
        return any(isinstance(part, Sign) and part.place in ("infix", "beside") for part in box.boxes) or any(
            _wide(part) for part in box.boxes
        )
    return isinstance(box, Fraction) and _wide(box.flat)


def _pow(base: Expression, exponent: Expression) -> Laid:
    box, flat = _laid(exponent)[0], _at(exponent, ATOM)
    return Raised(_at(base, ATOM), box, flat), POWER


def _call(name: str, *arguments: Expression) -> Laid:
    if name in FENCES and len(arguments) == 1:
        left, right = FENCES[name]
        return Fence(left, _laid(arguments[0])[0], right), ATOM
    if name == "sqrt":
        return Root(_laid(arguments[0])[0], _at(arguments[0], ATOM)), POWER
    box = Row((Word(name), Fence("(", _listed(arguments), ")")))
    if name == "exp":
        exponent = _laid(arguments[0])[0]
        return Choice(box, Raised(Name("e"), exponent, exponent)), ATOM
    return box, ATOM


def _listed(arguments: tuple[Expression, ...]) -> Box:
    parts: list[Box] = []
    for argument in arguments:
        if parts:
            parts.append(Sign(",", "comma"))
        parts.append(_at(argument, RELATION))
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def _over(name: str, axes: tuple[int, ...] | str | None, *arguments: Expression) -> Laid:
    if name in BIG_SIGNS:
        return Row((Big(BIG_SIGNS[name], axes), _at(arguments[0], POWER))), REDUCTION
    if not arguments:
        return Big(name, axes), ATOM
    return Row((Big(name, axes), Fence("(", _listed(arguments), ")"))), ATOM


def _count(axes: Any, x: Expression) -> Laid:
    del axes, x
    return Name("n"), ATOM


def _transpose(x: Expression) -> Laid:
    return Raised(_at(x, ATOM), Word("T"), Word("T")), POWER


def _permute(x: Expression, axes: tuple[int, ...]) -> Laid:
    order: list[Box] = [Plain("axes ")]
    for i, axis in enumerate(axes):
        order += [Sign(",", "comma")] * (i > 0) + [Numeral(str(axis))]
    return Row((Word("permute"), Fence("(", Row((_at(x, RELATION), Sign(",", "comma"), *order)), ")"))), ATOM


def _compare(sign: str, a: Expression, b: Expression) -> Laid:
    return Row((_at(a, SUM), Sign(sign, "infix"), _at(b, SUM))), RELATION


def _logic(kind: str, *arguments: Expression) -> Laid:
    if kind == "not":
        return Row((Word("not"), Plain(" "), _at(arguments[0], ATOM))), RELATION
    parts: list[Box] = []
    for argument in arguments:
        if parts:
            parts.append(Plain(f" {kind} "))
        mixed = argument.head == "logic" and argument.args[0] != "not"
        parts.append(_at(argument, SUM if mixed else RELATION))
    return Row(tuple(parts)), RELATION


def _indicator(condition: Expression) -> Laid:
    return Row((Numeral("1"), Fence("[", _laid(condition)[0], "]"))), ATOM


def _cases(*args: Expression) -> Laid:
    lines = [(_at(args[i], RELATION), _laid(args[i + 1])[0]) for i in range(0, len(args) - 1, 2)]
    return Cases((*lines, (_at(args[-1], RELATION), None))), ATOM


def _key(parts: tuple[Expression, ...]) -> Box:
    listed: list[Box] = []
    for part in parts:
        if listed:
            listed.append(Sign(",", "comma"))
        listed.append(_laid(part)[0])
    return Fence("[", Row(tuple(listed)), "]")


def _index(x: Expression, *key: Expression) -> Laid:
    return Row((_at(x, ATOM), _key(key))), ATOM


def _slice(start: int | None, stop: int | None, step: int | None) -> Laid:
    parts: list[Box] = []
    for i, end in enumerate((start, stop, step)):
        if i == 1 or (i == 2 and end is not None):
            parts.append(Sign(":", "tight"))
        if end is not None:
            parts.append(Numeral(numeral(end).replace("-", "−")))
    return Row(tuple(parts)), ATOM


def _all(many: bool = False) -> Laid:
    return (Sign("…", "tight") if many else Sign(":", "tight")), ATOM


def _place(*beside: Expression) -> Name:
    """A name for a place in an array that nothing beside it has."""
    known = frozenset[str]().union(*(one.names for one in beside))
    return Name(next((name for name in "ijk" if name not in known), "place"))


def _put(x: Expression, base: Expression, *key: Expression) -> Laid:
    where = Row((_place(x, base, *key), Sign("∈", "infix"), _key(key)))
    return Cases(((_at(x, RELATION), where), (_at(base, RELATION), None))), ATOM


def _scatter(x: Expression, *key: Expression) -> Laid:
    given = _laid(key[0])[0] if len(key) == 1 else _key(key)
    return Row((Big("Σ", None, Row((given, Sign("=", "infix"), _place(x, *key)))), _at(x, POWER))), REDUCTION


def _where(body: Expression, *definitions: Any) -> Laid:
    parts: list[Box] = [_laid(body)[0], Plain(", where ")]
    for i in range(0, len(definitions), 2):
        if i:
            parts.append(Plain(" and " if i == len(definitions) - 2 else ", "))
        parts += [Name(definitions[i]), Sign("=", "infix"), _laid(definitions[i + 1])[0]]
    return Row(tuple(parts)), WHERE


_LAYOUTS: dict[str, Callable[..., Laid]] = {
    "number": _number,
    "symbol": lambda name: (Name(name), ATOM),
    "partial": _partial,
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "hadamard": _joined("⊙"),
    "matmul": _joined("·"),
    "div": _div,
    "pow": _pow,
    "call": _call,
    "over": _over,
    "count": _count,
    "transpose": _transpose,
    "permute": _permute,
    "compare": _compare,
    "logic": _logic,
    "indicator": _indicator,
    "cases": _cases,
    "index": _index,
    "slice": _slice,
    "all": _all,
    "at": _put,
    "scatter": _scatter,
    "joined": lambda sign, *factors: _joined(sign)(*factors),
    "where": _where,
}
