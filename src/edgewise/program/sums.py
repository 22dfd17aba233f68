"""Writes one element as the sum that made it, in terms of elements that have names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .elements import Element, Elements, Origin, Source
from .primitives import RANDOM
from .terms import (
    COMPOSED,
    SHOWN_FIRST,
    SHOWN_WHOLE,
    Term,
    add,
    apply,
    atoms,
    exp_of,
    exp_without_shift,
    fraction_of,
    is_over,
    multiply,
    parts_in,
    replace_terms,
    shift_of,
    shifts_of,
    size_of,
    terms_in,
    unshifted_sum,
)

MOST_PARTS = 6
"""At most so many parts are written as lines of their own. Further ones are only numbers."""

LEAST_PART = 4
"""So many elements and numbers make a part that is used several times a line of its own; a shorter one is repeated."""

LONGEST_FUNCTION = 12
"""A longer formula of one element only, as that of erf is, is a number,"""

LONGEST = 24
"""and so is any formula within another that is longer than this."""

MOST_COUNTED = 5000
"""So many uses of elements are counted at most to find the parts."""

MOST_FOLLOWED = 2000
"""In a longer sum, terms that are 0 in any run are not looked for among those that are not shown."""

DEEPEST = 40
"""How deep terms are nested at most; what is deeper is only a number."""


@dataclass
class Sum:
    """How one element was made: its term, and the parts that have lines of their own, in order."""

    element: Element
    term: Term
    parts: dict[Element, Term] = field(default_factory=dict)


def sum_of(elements: Elements, element: Element, is_named: Callable[[Element], bool]) -> Sum:
    """Writes an element in terms of those that have names, from the steps between them.

    What is used several times is a part with a line of its own. A maximum that is subtracted before `exp` and cancels,
    as in softmax, is left out.
    """
    return _Writer(elements, element, is_named).sum()


def sources_of(elements: Elements, element: Element, is_named: Callable[[Element], bool], most: int) -> list[Element]:
    """Returns the named elements that an element was made from, each once and at most so many."""
    found: dict[Element, None] = {}
    seen = {element}
    waiting = [element]
    while waiting and len(found) < most:
        for source in (s for term in elements.origin(waiting.pop()).terms for s in term):
            if not isinstance(source, Element) or source in seen:
                continue
            seen.add(source)
            if is_named(source):
                found[source] = None
            else:
                waiting.append(source)
    return list(found)


class _Writer:
    def __init__(self, elements: Elements, element: Element, is_named: Callable[[Element], bool]) -> None:
        self._elements = elements
        self._element = element
        self._is_named = is_named
        self._uses: Counter[Element] = Counter()
        self._parts: dict[Element, Term] = {}

    def sum(self) -> Sum:
        start = self._follow_copies(self._element)[0]
        if not isinstance(start, Element) or self._ends(start):
            return Sum(self._element, self._followed_term(start, 0))
        self._count(start)
        term = self._without_shift_of_parts(self._term_of(start, 0))
        used: dict[Element, None] = {}
        waiting = [term]
        while waiting:
            for part in parts_in(waiting.pop()):
                if part not in used:
                    used[part] = None
                    waiting.append(self._parts[part])
        return Sum(self._element, term, {part: made for part, made in self._parts.items() if part in used})

    def _ends(self, element: Element) -> bool:
        return element != self._element and self._is_named(element)

    def _follow_copies(self, source: Source) -> tuple[Source, bool]:
        """Follows copies to what was copied, and says whether it is the winner of a maximum."""
        won = False
        while isinstance(source, Element) and not self._ends(source):
            origin = self._elements.origin(source)
            if origin.way == "none" and origin.primitive != RANDOM:
                return self._elements.number(source), won
            if origin.way != "copy":
                break
            source = origin.terms[0][0]
            won = won or origin.primitive == "max"
        return source, won

    def _count(self, element: Element) -> None:
        """Counts how often each element is used in what is shown. What can't be a part uses its own sources again."""
        waiting = [element]
        for _ in range(MOST_COUNTED):
            if not waiting:
                break
            for term in self._split_terms(self._elements.origin(waiting.pop()))[0]:
                for source, _ in map(self._follow_copies, term):
                    if isinstance(source, Element) and not self._ends(source):
                        self._uses[source] += 1
                        if self._uses[source] == 1 or not self._may_be_part(source):
                            waiting.append(source)

    def _may_be_part(self, element: Element) -> bool:
        """Says whether an element may have a line of its own: not if it is a function or a difference of others."""
        origin = self._elements.origin(element)
        return origin.way != "call" or (len(origin.terms[0]) == 2 and origin.primitive != "subtract")

    def _split_terms(self, origin: Origin) -> tuple[list[tuple[Source, ...]], list[tuple[Source, ...]]]:
        """Splits the terms of a sum into those to show and the others, without what is 0 in any run."""
        terms = list(origin.terms)
        if origin.way == "sum" and len(terms) <= MOST_FOLLOWED:
            terms = [term for term in terms if not any(self._follow_copies(source)[0] == 0.0 for source in term)]
        count = len(terms) if len(terms) <= SHOWN_WHOLE else SHOWN_FIRST
        return terms[:count], terms[count:]

    def _terms_behind(self, term: tuple[Source, ...]) -> int:
        """Returns how many terms a term is that is not shown: several if it is a sum itself."""
        source = self._follow_copies(term[0])[0]
        if len(term) > 1 or not isinstance(source, Element) or self._ends(source):
            return 1
        origin = self._elements.origin(source)
        return len(origin.terms) if origin.way == "sum" else 1

    def _term(self, given: Source, depth: int) -> Term:
        source, won = self._follow_copies(given)
        term = self._followed_term(source, depth)
        return Term("winner", (term,), source, value=term.value) if won and isinstance(source, Element) else term

    def _followed_term(self, source: Source, depth: int) -> Term:
        if not isinstance(source, Element):
            return Term("number", value=source)
        number = self._elements.number(source)
        if self._ends(source):
            return Term("leaf", element=source, value=number)
        if depth > DEEPEST or self._elements.origin(source).way == "none":
            return Term("number", element=source, value=number)
        if source in self._parts:
            return Term("part", element=source, value=number)
        made = self._term_of(source, depth + 1)
        size = size_of(made)
        if size > LONGEST or (size > LONGEST_FUNCTION and len(set(atoms(made))) < 2):
            return Term("number", element=source, value=number)
        if self._uses[source] < 2 or size < LEAST_PART or not self._may_be_part(source):
            return made
        if len(self._parts) >= MOST_PARTS:
            return Term("number", element=source, value=number)
        self._parts[source] = made
        return Term("part", element=source, value=number)

    def _without_shift_of_parts(self, term: Term) -> Term:
        """Leaves out the maximum in parts that are the denominators of softmax and nothing else."""
        for part, made in list(self._parts.items()):
            shifts = shifts_of(made) if made.kind == "sum" else {None}
            if len(shifts) > 1 or None in shifts:
                continue
            everything = [one for whole in (term, *self._parts.values()) for one in terms_in(whole)]
            fractions = [one for one in everything if is_over(one, part)]
            uses = [one for one in everything if one.kind == "part" and one.element == part]
            shift = shift_of(made.terms[0])
            above = [shift_of(one.terms[0]) for one in fractions]
            if shift is None or len(uses) != len(fractions) or any(one != shift for one in above):
                continue
            plain = replace(unshifted_sum(made, shift), element=part, value=made.value * exp_of(shift.value))
            below = Term("part", element=part, value=plain.value)
            changes = {one: fraction_of(exp_without_shift(one.terms[0]), below) for one in fractions}
            self._parts = {**{other: replace_terms(one, changes) for other, one in self._parts.items()}, part: plain}
            term = replace_terms(term, changes)
        return term

    def _term_of(self, element: Element, depth: int) -> Term:
        """Writes what an element was made from."""
        origin = self._elements.origin(element)
        number = self._elements.number(element)
        if origin.way == "none":
            return Term("number", element=element, value=number)
        first, others = self._split_terms(origin)
        shown = [[self._term(source, depth) for source in term] for term in first]
        hidden = [[self._elements.number(source) for source in term] for term in others]
        if origin.way == "copy":
            return shown[0][0]
        if origin.way == "call":
            made = apply(origin.primitive, shown[0])
        elif origin.way == "whole":
            made = Term("call", tuple(term for (term,) in shown), name=origin.primitive, rest=len(hidden))
        elif origin.way == "sum":
            rest = math.fsum(math.prod(term) for term in hidden)
            count = len(others) * self._terms_behind(others[0]) if others else 0
            made = add(list(map(multiply, shown)), count, rest)
        else:
            rest = math.prod(math.prod(term) for term in hidden)
            made = multiply([term for (term,) in shown], len(hidden), rest)
        return replace(made, element=element, value=number) if made.kind in COMPOSED else made
