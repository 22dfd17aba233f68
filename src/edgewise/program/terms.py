"""Terms: what an element was made from, and the algebra that writes them as people do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .elements import Element


@dataclass(frozen=True)
class Term:
    """A part of the sum of an element.

    Attributes
    ----------
    kind:
        ``"leaf"`` of an element with a name; ``"number"``; ``"part"``, which has a line of its own; ``"sum"``,
        ``"product"``, ``"quotient"``, ``"negative"``; ``"call"`` of a function; or ``"winner"`` of a maximum.
    terms:
        What it is made of.
    element:
        The element that it is, if it is one.
    name:
        The function of a call.
    value:
        The number.
    rest, rest_value:
        The number of terms of a sum or product that are not shown, and what they come to.
    """

    kind: str
    terms: tuple[Term, ...] = ()
    element: Element | None = None
    name: str = ""
    value: float = math.nan
    rest: int = 0
    rest_value: float = 0.0


SHOWN_WHOLE = 8
"""A sum of at most so many terms is written in full,"""

SHOWN_FIRST = 5
"""and of a longer one these terms; of the others there are their number and their sum."""

COMPOSED = ("sum", "product", "quotient", "negative", "call")
"""The kinds of terms that are made of others."""


def size_of(term: Term) -> int:
    """Returns the number of elements and numbers in a term."""
    return sum(map(size_of, term.terms)) + bool(term.rest) if term.terms else 1


def value_of(term: Term) -> float:
    """Returns the number that a term comes to."""
    if not math.isnan(term.value) or not term.terms:
        return term.value
    values = [value_of(one) for one in term.terms]
    if term.kind == "sum":
        return math.fsum(values) + term.rest_value
    if term.kind == "product":
        return math.prod(values) * (term.rest_value if term.rest else 1)
    if term.kind == "negative":
        return -values[0]
    if term.kind == "quotient":
        return values[0] / values[1] if values[1] else math.nan
    return values[0] if term.kind == "winner" else math.nan


def terms_in(term: Term) -> Iterator[Term]:
    """Yields a term and all terms in it."""
    yield term
    for part in term.terms:
        yield from terms_in(part)


def replace_terms(term: Term, changes: dict[Term, Term]) -> Term:
    """Returns a term with some of the terms in it replaced."""
    if term in changes:
        return changes[term]
    return replace(term, terms=tuple(replace_terms(part, changes) for part in term.terms)) if term.terms else term


def atoms(term: Term) -> Iterator[Element]:
    """Yields the elements that a term has as leaves, parts and numbers."""
    return (one.element for one in terms_in(term) if not one.terms and one.element is not None)


def parts_in(term: Term) -> Iterator[Element]:
    """Yields the parts that a term refers to."""
    return (one.element for one in terms_in(term) if one.kind == "part" and one.element is not None)


def apply(name: str, terms: list[Term]) -> Term:
    """Applies a primitive."""
    if name == "add":
        return add(terms)
    if name == "subtract":
        return add([terms[0], negate(terms[1])])
    if name == "negative":
        return negate(terms[0])
    if name == "multiply":
        return multiply(terms)
    if name == "divide":
        return divide(*terms)
    if name == "reciprocal":
        return divide(Term("number", value=1.0), terms[0])
    if name in ("maximum", "minimum"):
        inner = [part for term in terms for part in (term.terms if term.name == name else (term,))]
        return Term("call", tuple(inner), name=name)
    return Term("call", tuple(terms), name=name)


def negate(term: Term) -> Term:
    """Changes the sign."""
    if term.kind == "negative":
        return term.terms[0]
    if term.kind == "number" and term.element is None:
        return Term("number", value=-term.value)
    return Term("negative", (term,), value=-term.value)


def add(terms: list[Term], rest: int = 0, rest_value: float = 0.0) -> Term:
    """Adds terms. What is 0 in any run, such as padding, is left out."""
    flat: list[Term] = []
    for term in terms:
        inner = term.terms[0] if term.kind == "negative" else term
        if inner.kind == "sum":
            flat += inner.terms if inner is term else map(negate, inner.terms)
            rest += inner.rest
            rest_value += inner.rest_value if inner is term else -inner.rest_value
        elif not is_number(term, 0.0):
            flat.append(term)
    flat = without_shift(flat)
    if len(flat) > SHOWN_WHOLE:
        hidden = flat[SHOWN_FIRST:]
        flat = flat[:SHOWN_FIRST]
        rest += len(hidden)
        rest_value += math.fsum(map(value_of, hidden))
    if rest or len(flat) > 1:
        return Term("sum", tuple(flat), rest=rest, rest_value=rest_value)
    return flat[0] if flat else Term("number", value=0.0)


def multiply(terms: list[Term], rest: int = 0, rest_value: float = 1.0) -> Term:
    """Multiplies terms. A factor of 1 that is 1 in any run is left out."""
    flat: list[Term] = []
    below: list[Term] = []
    sign = 1
    for given in terms:
        term = given
        if term.kind == "negative":
            sign, term = -sign, term.terms[0]
        if is_number(term, 0.0):
            return Term("number", value=0.0)
        if is_number(term, -1.0):
            sign = -sign
        elif term.kind == "product" and not term.rest:
            flat += term.terms
        elif term.kind == "quotient" and is_number(term.terms[0], 1.0):
            below.append(term.terms[1])
        elif not is_number(term, 1.0):
            flat.append(term)
    flat = with_squares(flat)
    if rest or len(flat) > 1:
        made = Term("product", tuple(flat), rest=rest, rest_value=rest_value)
    else:
        made = flat[0] if flat else Term("number", value=1.0)
    if below:
        made = fraction_of(made, multiply(below))
    return made if sign > 0 else negate(made)


def with_squares(factors: list[Term]) -> list[Term]:
    """Writes a · a as the square of a."""
    found: list[Term] = []
    for factor in factors:
        if found and found[-1] == factor:
            found[-1] = Term("call", (factor,), name="square")
        else:
            found.append(factor)
    return found


def fraction_of(above: Term, below: Term) -> Term:
    """Makes a fraction as it stands."""
    return Term("quotient", (above, below))


def is_over(term: Term, part: Element) -> bool:
    """Says whether a term is a fraction with this part as its denominator."""
    return term.kind == "quotient" and term.terms[1].kind == "part" and term.terms[1].element == part


def divide(above: Term, below: Term) -> Term:
    """Divides; in softmax the maximum that both have is left out."""
    if is_number(below, 1.0):
        return above
    if above.kind == "negative":
        return negate(divide(above.terms[0], below))
    shift = shift_of(above)
    if shift is not None and below.kind == "sum" and shifts_of(below) == {shift.element}:
        above, below = exp_without_shift(above), unshifted_sum(below, shift)
    return fraction_of(above, below)


def is_number(term: Term, value: float) -> bool:
    """Says whether a term is this number in any run, not an element that happens to have it."""
    return term.kind == "number" and term.element is None and term.value == value


# The maximum that softmax subtracts -----------------------------------------------------------------------------------


def shift_of(term: Term) -> Term | None:
    """Returns the winner that is subtracted last in exp_of(z − m)."""
    if term.kind != "call" or term.name != "exp" or term.terms[0].kind != "sum":
        return None
    last = term.terms[0].terms[-1]
    return last.terms[0] if last.kind == "negative" and last.terms[0].kind == "winner" else None


def shifts_of(total: Term) -> set[Element | None]:
    """Returns the winners that the terms of a sum subtract."""
    return {None if shift is None else shift.element for shift in map(shift_of, total.terms)}


def exp_without_shift(term: Term) -> Term:
    """Returns exp(z) for exp(z − m)."""
    return Term("call", (add(list(term.terms[0].terms[:-1])),), name="exp")


def unshifted_sum(total: Term, shift: Term) -> Term:
    """Returns a sum of such terms without m."""
    terms = tuple(map(exp_without_shift, total.terms))
    return Term("sum", terms, rest=total.rest, rest_value=total.rest_value * exp_of(shift.value) if total.rest else 0.0)


def exp_of(value: float) -> float:
    """Returns the exponential, ∞ where it is too large."""
    return math.exp(value) if value < 700 else math.inf


def without_shift(terms: list[Term]) -> list[Term]:
    """Leaves out m in m + log(exp_of(a − m) + exp_of(b − m)), and where both are subtracted."""
    for i, term in enumerate(terms):
        inner = term.terms[0] if term.kind == "negative" else term
        if inner.kind != "call" or inner.name != "log" or inner.terms[0].kind != "sum":
            continue
        total = inner.terms[0]
        shift = shift_of(total.terms[0])
        if shift is None or shifts_of(total) != {shift.element}:
            continue
        for j, other in enumerate(terms):
            negated = other.kind == "negative"
            if negated == (inner is not term) and (other.terms[0] if negated else other) == shift:
                logarithm = Term("call", (unshifted_sum(total, shift),), name="log")
                changed = [*terms]
                changed[i] = negate(logarithm) if negated else logarithm
                return changed[:j] + changed[j + 1 :]
    return terms
