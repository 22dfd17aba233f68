"""Lays formulas out for all printers: signs, brackets, fractions, subscripts.

The result is a tree of the boxes in `parts`, which each printer renders in its language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from .expression import Expression, number, quotient
from .numerals import numeral, textbook_number
from .parts import (
    Alternative,
    Box,
    Brackets,
    Cases,
    Fraction,
    LargeOperator,
    Name,
    Numeral,
    Root,
    Row,
    Sign,
    Subscript,
    Superscript,
    Text,
    Word,
)

# Precedences, loosest first.
WHERE, RELATION, SUM, REDUCTION, PRODUCT, POWER, ATOM = range(7)

BRACKETS = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "round": ("⌊", "⌉"), "norm": ("‖", "‖")}
BIG_SIGNS = {"sum": "Σ", "prod": "Π"}


def boxes(formula: Expression) -> Box:
    """Lays a formula out."""
    return _lay_out(formula)[0]


Layout = tuple[Box, int]
"""A box and its precedence."""


def _lay_out(formula: Expression) -> Layout:
    return _LAYOUTS[formula.head](*formula.args)


def _bracketed(formula: Expression, level: int) -> Box:
    """Lays out, in brackets if it holds together less than `level`."""
    box, own = _lay_out(formula)
    return box if own >= level else Brackets("(", box, ")")


def _number(value: Any) -> Layout:
    expression = textbook_number(value)
    if expression is not None:
        return _lay_out(expression)
    text = numeral(value)
    return (Row((Sign("−", "prefix"), Numeral(text[1:]))), SUM) if text.startswith("-") else (Numeral(text), ATOM)


def _partial(of: Expression, by: Expression) -> Layout:
    above, below = Row((Sign("∂", "prefix"), _bracketed(of, ATOM))), Row((Sign("∂", "prefix"), _bracketed(by, ATOM)))
    return Fraction(above, below, Row((above, Sign("/", "tight"), below))), POWER


def _add(*terms: Expression) -> Layout:
    parts: list[Box] = []
    for i, term in enumerate(terms):
        negative = _negative_operand(term)
        if i:
            parts.append(Sign("+" if negative is None else "−", "infix"))
        elif negative is not None:
            parts.append(Sign("−", "prefix"))
        parts.append(_bracketed(term if negative is None else negative, REDUCTION))
    return Row(tuple(parts)), SUM


def _negative_operand(term: Expression) -> Expression | None:
    """Returns the operand of the minus, if a term is written with one."""
    if term.head == "neg":
        inner: Expression = term.args[0]
        return inner
    if term.head == "number" and numeral(term.args[0]).startswith("-"):
        return Expression("number", (-term.args[0],))
    return None


def _neg(x: Expression) -> Layout:
    return Row((Sign("−", "prefix"), _bracketed(x, REDUCTION))), SUM


def _mul(*factors: Expression) -> Layout:
    parts: list[Box] = []
    for i, factor in enumerate(factors):
        last = i == len(factors) - 1
        level = REDUCTION if last and i else PRODUCT
        box = _bracketed(factor, level)
        if i and factor.head == "div":
            box = _bracketed(factor, POWER) if box == _lay_out(factor)[0] else box
        if i:
            no_sign = _needs_no_sign(factors[i - 1], parts[-1], factor, box)
            space = " " if _starts_with_operator(box) else ""
            parts.append(Sign(space, "beside") if no_sign else Sign("·", "infix"))
        parts.append(box)
    return Row(tuple(parts)), _product_precedence(factors[-1])


def _product_precedence(last: Expression) -> int:
    """Returns the precedence of a product: that of a sum over axes if it ends in one."""
    return REDUCTION if _lay_out(last)[1] == REDUCTION else PRODUCT


def _needs_no_sign(left: Expression, left_box: Box, right: Expression, right_box: Box) -> bool:
    """Says whether a product of two factors needs no sign between them."""
    if isinstance(right_box, Brackets) and right_box.left == "(":
        closed = left.head in ("call", "indicator") and not isinstance(left_box, Root)
        return closed or isinstance(left_box, (Numeral, Brackets))
    if isinstance(left_box, Numeral):
        if isinstance(right_box, Root) or (isinstance(right_box, Superscript) and isinstance(right_box.base, Root)):
            return True
        base = right
        while base.head in ("pow", "transpose", "hadamard", "matmul"):
            base = base.args[0]
        return base.head == "symbol" and base.args[0][:1].isalpha() and len(base.args[0].rstrip("0123456789′")) == 1
    return (
        isinstance(left_box, Fraction)
        and left.head != "partial"
        and isinstance(right_box, (LargeOperator, Row))
        and _starts_with_operator(right_box)
    )


def _starts_with_operator(box: Box) -> bool:
    return isinstance(box, LargeOperator) or (
        isinstance(box, Row) and bool(box.boxes) and _starts_with_operator(box.boxes[0])
    )


def _infix_product(sign: str) -> Callable[..., Layout]:
    def lay_out(*factors: Expression) -> Layout:
        parts: list[Box] = []
        for i, factor in enumerate(factors):
            if i:
                parts.append(Sign(sign, "infix"))
            is_product = factor.head in ("div", "mul", "hadamard", "matmul")
            last = i == len(factors) - 1
            parts.append(_bracketed(factor, POWER if is_product else REDUCTION if last and i else PRODUCT))
        return Row(tuple(parts)), _product_precedence(factors[-1])

    return lay_out


def _div(a: Expression, b: Expression) -> Layout:
    above, below = _bracketed(a, PRODUCT), _bracketed(b, POWER)
    loose = " " if _has_spaces(above) or _has_spaces(below) else ""
    # ∂L/∂x is a fraction itself, and in a line it has no brackets.
    first = Brackets("(", above, ")") if a.head == "partial" and not loose else above
    second = Brackets("(", below, ")") if b.head == "partial" else below
    flat = Row((first, Sign("/", "infix" if loose else "tight"), second))
    if a.head == "partial" and b.head in ("number", "count"):
        # ∂L/∂x/2 could be read as the gradient by x/2.
        factor = quotient(number(1), b) if b.head == "count" else number(1 / b.args[0])
        flat = Row((_bracketed(factor, PRODUCT), Sign("·", "infix"), above))
    return Fraction(_lay_out(a)[0], _lay_out(b)[0], flat), PRODUCT


def _has_spaces(box: Box) -> bool:
    """Says whether a box has spaces in a line of text."""
    if isinstance(box, Row):
        return any(isinstance(part, Sign) and part.place in ("infix", "beside") for part in box.boxes) or any(
            _has_spaces(part) for part in box.boxes
        )
    return isinstance(box, Fraction) and _has_spaces(box.flat)


def _pow(base: Expression, exponent: Expression) -> Layout:
    box, flat = _lay_out(exponent)[0], _bracketed(exponent, ATOM)
    return Superscript(_bracketed(base, ATOM), box, flat), POWER


def _call(name: str, *arguments: Expression) -> Layout:
    if name in BRACKETS and len(arguments) == 1:
        left, right = BRACKETS[name]
        return Brackets(left, _lay_out(arguments[0])[0], right), ATOM
    if name == "inv":
        power = Row((Sign("−", "prefix"), Numeral("1")))
        return Superscript(_bracketed(arguments[0], ATOM), power, power), POWER
    if name == "pinv":
        return Superscript(_bracketed(arguments[0], ATOM), Sign("+", "tight"), Sign("+", "tight")), POWER
    if name == "isnan":
        return Row((_bracketed(arguments[0], SUM), Text(" is NaN"))), RELATION
    if name == "mod":
        return Row((_bracketed(arguments[0], PRODUCT), Text(" mod "), _bracketed(arguments[1], PRODUCT))), SUM
    if name == "sqrt":
        return Root(_lay_out(arguments[0])[0], _bracketed(arguments[0], ATOM)), POWER
    box = Row((Word(name), Brackets("(", _comma_separated(arguments), ")")))
    if name == "exp":
        exponent = _lay_out(arguments[0])[0]
        return Alternative(box, Superscript(Name("e"), exponent, exponent)), ATOM
    return box, ATOM


def _comma_separated(arguments: tuple[Expression, ...]) -> Box:
    parts: list[Box] = []
    for argument in arguments:
        if parts:
            parts.append(Sign(",", "comma"))
        parts.append(_bracketed(argument, RELATION))
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def _over(name: str, axes: tuple[int, ...] | str | None, *arguments: Expression) -> Layout:
    if name in BIG_SIGNS:
        return Row((LargeOperator(BIG_SIGNS[name], axes), _bracketed(arguments[0], POWER))), REDUCTION
    if not arguments:
        return LargeOperator(name, axes), ATOM
    return Row((LargeOperator(name, axes), Brackets("(", _comma_separated(arguments), ")"))), ATOM


def _count(axes: Any, x: Expression) -> Layout:
    del axes, x
    return Name("n"), ATOM


def _transpose(x: Expression) -> Layout:
    return Superscript(_bracketed(x, ATOM), Word("T"), Word("T")), POWER


def _permute(x: Expression, axes: tuple[int, ...]) -> Layout:
    order: list[Box] = [Text("axes ")]
    for i, axis in enumerate(axes):
        order += [Sign(",", "comma")] * (i > 0) + [Numeral(str(axis))]
    return Row((Word("permute"), Brackets("(", Row((_bracketed(x, RELATION), Sign(",", "comma"), *order)), ")"))), ATOM


def _compare(sign: str, a: Expression, b: Expression) -> Layout:
    return Row((_bracketed(a, SUM), Sign(sign, "infix"), _bracketed(b, SUM))), RELATION


def _between(a: Expression, x: Expression, b: Expression) -> Layout:
    low, middle, high = (_bracketed(one, SUM) for one in (a, x, b))
    return Row((low, Sign("≤", "infix"), middle, Sign("<", "infix"), high)), RELATION


def _logic(kind: str, *arguments: Expression) -> Layout:
    if kind == "not" and arguments[0].head == "call" and arguments[0].args[0] == "isnan":
        return Row((_bracketed(arguments[0].args[1], SUM), Text(" is not NaN"))), RELATION
    if kind == "not":
        return Row((Word("not"), Text(" "), _bracketed(arguments[0], ATOM))), RELATION
    parts: list[Box] = []
    for argument in arguments:
        if parts:
            parts.append(Text(f" {kind} "))
        mixed = argument.head == "logic" and argument.args[0] != "not"
        parts.append(_bracketed(argument, SUM if mixed else RELATION))
    return Row(tuple(parts)), RELATION


def _indicator(condition: Expression) -> Layout:
    return Row((Numeral("1"), Brackets("[", _lay_out(condition)[0], "]"))), ATOM


def _cases(*args: Expression) -> Layout:
    lines = [(_bracketed(args[i], RELATION), _lay_out(args[i + 1])[0]) for i in range(0, len(args) - 1, 2)]
    return Cases((*lines, (_bracketed(args[-1], RELATION), None))), ATOM


def _key(parts: tuple[Expression, ...]) -> Box:
    listed: list[Box] = []
    for part in parts:
        if listed:
            listed.append(Sign(",", "comma"))
        listed.append(_lay_out(part)[0])
    return Brackets("[", Row(tuple(listed)), "]")


def _index(x: Expression, *key: Expression) -> Layout:
    """Lays out an index; where each row has its own, the rows have a letter: x[i, t]."""
    used = frozenset[str]().union(*(one.names for one in (x, *key)))
    rows = (Expression("symbol", (letter,)) for letter in "ijklmn" if letter not in used)
    key = tuple(next(rows) if part == Expression("symbol", ("range",)) else part for part in key)
    return Row((_bracketed(x, ATOM), _key(key))), ATOM


def _slice(start: int | None, stop: int | None, step: int | None) -> Layout:
    parts: list[Box] = []
    for i, end in enumerate((start, stop, step)):
        if i == 1 or (i == 2 and end is not None):
            parts.append(Sign(":", "tight"))
        if end is not None:
            parts.append(Numeral(numeral(end).replace("-", "−")))
    return Row(tuple(parts)), ATOM


def _all(many: bool = False) -> Layout:
    return (Sign("…", "tight") if many else Sign(":", "tight")), ATOM


def _place(*beside: Expression) -> Name:
    """Returns a name for an index that no formula beside it uses."""
    used = frozenset[str]().union(*(one.names for one in beside))
    return Name(next((name for name in "ijk" if name not in used), "place"))


def _put(x: Expression, base: Expression, *key: Expression) -> Layout:
    where = Row((_place(x, base, *key), Sign("∈", "infix"), _key(key)))
    return Cases(((_bracketed(x, RELATION), where), (_bracketed(base, RELATION), None))), ATOM


def _scatter(x: Expression, *key: Expression) -> Layout:
    indices = _lay_out(key[0])[0] if len(key) == 1 else _key(key)
    return Row(
        (LargeOperator("Σ", None, Row((indices, Sign("=", "infix"), _place(x, *key)))), _bracketed(x, POWER))
    ), REDUCTION


def _element(array: Expression, *indices: Expression) -> Layout:
    listed = _listed([_lay_out(index)[0] for index in indices])
    inside = Row(tuple(listed))
    if array.head == "partial":
        of, by = array.args
        above = Row((Sign("∂", "prefix"), _bracketed(of, ATOM)))
        below = Row((Sign("∂", "prefix"), _element(by, *indices)[0]))
        return Fraction(above, below, Row((above, Sign("/", "tight"), below))), POWER
    base = _bracketed(array, ATOM)
    in_line = Row((base, Brackets("[", inside, "]")))
    numbered = all(index.head == "number" for index in indices)
    if array.head == "symbol" and _takes_subscripts(array.args[0]) and not numbered:
        return Alternative(in_line, Subscript(base, inside)), ATOM
    return in_line, ATOM


def _ranked(x: Expression, count: Expression | None) -> Layout:
    """Lays out where an order statistic stands: j with x[j] = x₍ᵢ₎, the i-th smallest element."""
    place, array = _place(x, Expression("symbol", ("i",))), _bracketed(x, ATOM)
    rank: Box = Name("i")
    if count is not None:
        rank = Row((_lay_out(count)[0], Sign("+", "infix"), Numeral("1"), Sign("−", "infix"), rank))
    element, ranked = Row((array, Brackets("[", place, "]"))), Subscript(array, Brackets("(", rank, ")"))
    return Row((place, Sign(":", "infix"), element, Sign("=", "infix"), ranked)), RELATION


def _shifted(x: Expression, by: int) -> Layout:
    """Lays out an element of a sequence by where it stands: x[t + 1]."""
    step: tuple[Box, ...] = (Sign("+" if by > 0 else "−", "infix"), Numeral(str(abs(by)))) if by else ()
    return Row((_bracketed(x, ATOM), Brackets("[", Row((Name("t"), *step)), "]"))), ATOM


def _takes_subscripts(name: str) -> bool:
    """Says whether indices are written below a name: it is one letter, without digits that are below it already."""
    return len(unicodedata.normalize("NFC", name).rstrip("\u0302\u0304′")) == 1


def _each(name: str, x: Expression, condition: Expression | None, *letters: str) -> Layout:
    """Lays out a sum over letters: below the sign the letters, with the bounds that are theirs, and the conditions."""
    conditions: tuple[Expression, ...] = () if condition is None else (condition,)
    if condition is not None and condition.head == "logic" and condition.args[0] == "and":
        conditions = condition.args[1:]
    bounds = {one.args[1].args[0]: one for one in conditions if _is_bound(one, letters)}
    below = _listed([_lay_out(bounds[letter])[0] if letter in bounds else Name(letter) for letter in letters])
    others = [_lay_out(one)[0] for one in conditions if one not in bounds.values()]
    if others:
        below += [Sign(":", "colon"), *_listed(others)]
    sign = LargeOperator(BIG_SIGNS.get(name, name), None, Row(tuple(below)))
    if name in BIG_SIGNS:
        return Row((sign, _bracketed(x, PRODUCT))), REDUCTION
    return Row((sign, Brackets("(", _lay_out(x)[0], ")"))), ATOM


def _is_bound(condition: Expression, letters: tuple[str, ...]) -> bool:
    """Says whether a condition is that a letter of the sum is less than a number."""
    if condition.head != "compare" or condition.args[0] != "<" or condition.args[2].head != "number":
        return False
    return condition.args[1].head == "symbol" and condition.args[1].args[0] in letters


def _listed(boxes: list[Box]) -> list[Box]:
    """Puts commas between boxes."""
    return [part for i, box in enumerate(boxes) for part in ((Sign(",", "comma"), box) if i else (box,))]


def _where(body: Expression, *definitions: Any) -> Layout:
    parts: list[Box] = [_lay_out(body)[0], Text(", where ")]
    for i in range(0, len(definitions), 2):
        if i:
            parts.append(Text(" and " if i == len(definitions) - 2 else ", "))
        is_sequence = any(piece.head == "shifted" for piece in definitions[i + 1].walk())
        parts += [Name(definitions[i]), *[Brackets("[", Name("t"), "]")] * is_sequence]
        parts += [Sign("=", "infix"), _lay_out(definitions[i + 1])[0]]
    return Row(tuple(parts)), WHERE


_LAYOUTS: dict[str, Callable[..., Layout]] = {
    "number": _number,
    "symbol": lambda name: (Name(name), ATOM),
    "partial": _partial,
    "add": _add,
    "neg": _neg,
    "mul": _mul,
    "hadamard": _infix_product("⊙"),
    "matmul": _infix_product("·"),
    "div": _div,
    "pow": _pow,
    "call": _call,
    "over": _over,
    "count": _count,
    "transpose": _transpose,
    "permute": _permute,
    "compare": _compare,
    "between": _between,
    "logic": _logic,
    "indicator": _indicator,
    "cases": _cases,
    "index": _index,
    "slice": _slice,
    "all": _all,
    "at": _put,
    "scatter": _scatter,
    "joined": lambda sign, *factors: _infix_product(sign)(*factors),
    "element": _element,
    "ranked": _ranked,
    "shifted": _shifted,
    "each": _each,
    "where": _where,
}
