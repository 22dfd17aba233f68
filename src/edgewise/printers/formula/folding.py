"""Simplifies the inner tree of an element: sums of terms that differ in places only, sums in sums, known places."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .expression import Expression, call, number, plus, product, quotient, symbol
from .indices import Condition, Index, each, names_in, substituted
from .letters import Letters

PLACE = "@"
"""Begins the names of places in which alike terms differ."""

WINDOW = "~"
"""Begins the letters for places in a window."""

Grid = tuple[int, list[tuple[int, int, int]]]


def simplified(formula: Expression, letters: Letters) -> Expression:
    """Simplifies an inner tree."""
    if formula.head == "add":
        return _sum(formula, letters)
    if formula.head == "call" and formula.args[0] in ("max", "min") and len(formula.args) > 2:
        return _extreme(formula, letters)
    formula = formula.with_children(lambda child: simplified(child, letters))
    if formula.head == "_each":
        return _each(formula, letters)
    return _product(formula) if formula.head in ("mul", "div") else formula


def _sum(formula: Expression, letters: Letters) -> Expression:
    terms = [simplified(term, letters) for term in _flat(formula, _is_sum)]
    terms = [term for term in terms if term != number(0)]
    folded = _folded(terms, "sum", letters)
    return folded[0] if len(folded) == 1 else plus(*folded)


def _is_sum(formula: Expression) -> tuple[Any, ...] | None:
    return formula.args if formula.head == "add" else None


def _extreme(formula: Expression, letters: Letters) -> Expression:
    name = formula.args[0]

    def arguments(piece: Expression) -> tuple[Any, ...] | None:
        same = piece.head == "call" and piece.args[0] == name and len(piece.args) > 2
        return piece.args[1:] if same else None

    terms = [simplified(term, letters) for term in _flat(formula, arguments)]
    folded = _folded(terms, name, letters)
    return folded[0] if len(folded) == 1 else call(name, *folded)


def _flat(formula: Expression, parts: Callable[[Expression], tuple[Any, ...] | None]) -> Iterable[Expression]:
    waiting = [formula]
    while waiting:
        piece = waiting.pop()
        inner = parts(piece)
        if inner is None:
            yield piece
        else:
            waiting += reversed(inner)


def _folded(terms: list[Expression], name: str, letters: Letters) -> list[Expression]:
    """Writes terms that are alike but for their places as one term under a sum sign, or max."""
    groups: dict[Expression, list[Expression]] = {}
    for term in (_with_plain_letters(one, letters) for one in terms):
        groups.setdefault(_skeleton(term), []).append(term)
    result: list[Expression] = []
    for group in groups.values():
        found = alike(group) if len(group) > 1 else None
        laid = grid(list(found[1].values()), len(group)) if found is not None and found[1] else None
        if found is None or laid is None:
            result += group
            continue
        template, places = found
        inner, steps = laid
        depth = 1 + max((int(one[1:]) for one in names_in(template) if one[0] == WINDOW), default=0)
        counts = [(f"{WINDOW}{depth}", len(group) // inner), (f"{WINDOW}{depth + 1}", inner)]
        counts = [(letter, size) for letter, size in counts if size > 1]
        letters.sizes.update(counts)
        indices = [Index.letter(letter) for letter, _ in counts]
        outer_index, inner_index = indices if len(indices) == 2 else (Index(), indices[0])
        replaced = {
            place: outer_index.times(outer).plus(inner_index.times(step)).plus(first)
            for place, (first, outer, step) in zip(places, steps, strict=True)
        }
        result.append(_each(each(name, substituted(template, replaced), (letter for letter, _ in counts)), letters))
    return result


def _with_plain_letters(formula: Expression, letters: Letters) -> Expression:
    """Numbers the letters of a term's sums, so that alike terms have the same letters."""
    bound = [letter for piece in formula.walk() if piece.head == "_each" for letter in piece.args[2]]
    names: dict[str, str] = {}
    for letter in dict.fromkeys(bound):
        if letter[0] != WINDOW:
            names[letter] = f"${len(names)}x{letters.sizes[letter]}"
            letters.sizes[names[letter]] = letters.sizes[letter]
    return _relettered(formula, names) if names else formula


def _relettered(formula: Expression, names: dict[str, str]) -> Expression:
    return substituted(_each_over(formula, names), {old: Index.letter(new) for old, new in names.items()})


def _each_over(piece: Expression, names: dict[str, str]) -> Expression:
    """Returns a formula in which what is done for each of some letters is done for other letters."""
    if piece.head == "_each":
        name, body, over, conditions = piece.args
        piece = Expression("_each", (name, body, tuple(names.get(one, one) for one in over), conditions))
    return piece.with_children(lambda child: _each_over(child, names))


def _skeleton(formula: Expression) -> Expression:
    """Returns a term without the constants in its indices."""
    return Expression(formula.head, tuple(map(_without_constants, formula.args)))


def _without_constants(arg: Any) -> Any:
    if isinstance(arg, Expression):
        return _skeleton(arg)
    if isinstance(arg, Index):
        return Index(arg.terms)
    return tuple(map(_without_constants, arg)) if isinstance(arg, tuple) else arg


def alike(terms: list[Expression]) -> tuple[Expression, dict[str, list[int]]] | None:
    """Returns terms as one with named places, and the numbers at these; None if more than indices differs."""
    if len({_skeleton(term) for term in terms}) > 1:
        return None
    places: dict[str, list[int]] = {}
    names: dict[tuple[int, ...], str] = {}

    def joined(args: tuple[Any, ...]) -> Any:
        first = args[0]
        if isinstance(first, Expression):
            return Expression(first.head, tuple(map(joined, zip(*(arg.args for arg in args), strict=True))))
        if isinstance(first, Index):
            numbers = tuple(arg.constant for arg in args)
            if len(set(numbers)) == 1:
                return first
            name = names.setdefault(numbers, f"{PLACE}{len(names)}")
            places[name] = list(numbers)
            return Index(first.terms).plus(Index.letter(name))
        return tuple(map(joined, zip(*args, strict=True))) if isinstance(first, tuple) else first

    return joined(tuple(terms)), places


def grid(vectors: list[list[int]], count: int) -> Grid | None:
    """Lays numbers out in rows: the length of a row, and for each list its first number and its two steps.

    Number m of a list must be first + outer · ⌊m/length⌋ + inner · (m mod length). Returns None if none of the lengths
    fits all lists.
    """
    for length in [count, *(one for one in range(2, count) if count % one == 0)]:
        steps = []
        for numbers in vectors:
            first, inner = numbers[0], numbers[1] - numbers[0]
            outer = numbers[length] - first if length < count else 0
            if any(value != first + outer * (m // length) + inner * (m % length) for m, value in enumerate(numbers)):
                break
            steps.append((first, outer, inner))
        else:
            return length, steps
    return None


def _each(formula: Expression, letters: Letters) -> Expression:
    """Merges a sum of sums, solves conditions for letters, and moves factors out of a sum."""
    if formula.head != "_each":
        return formula
    name, body, over, conditions = formula.args
    if name in ("sum", "max", "min", "prod"):
        over, conditions, body = _merged(name, body, over, conditions)
    if name != "sum":
        return each(name, body, over, conditions)
    over, conditions, body = _solved(body, over, conditions, letters)
    bound = frozenset(over)
    outside: list[Expression] = []
    inside: list[Expression] = []
    for factor in _factors(body):
        (outside if names_in(factor).isdisjoint(bound) else inside).append(factor)
    if not inside:
        outside, inside = [], list(_factors(body))
    own = tuple(one for one in conditions if not names_in(_held([one])).isdisjoint(bound))
    outside += [Expression("indicator", (Expression("_holds", (one,)),)) for one in conditions if one not in own]
    return _joined([*outside, each(name, _joined(inside), over, own)])


def _joined(factors: list[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else product(*factors)


Letter = str
Conditions = tuple[Condition, ...]


def _merged(
    name: str, body: Expression, over: tuple[Letter, ...], conditions: Conditions
) -> tuple[tuple[Letter, ...], Conditions, Expression]:
    """Takes the letters of a sum that is the body, or a factor of it that depends on the letters outside."""
    while True:
        factors = list(_factors(body)) if name == "sum" else [body]
        inner = [factor for factor in factors if factor.head == "_each" and factor.args[0] == name]
        if len(inner) != 1 or (len(factors) > 1 and names_in(inner[0]).isdisjoint(over)):
            return over, conditions, body
        _, within, more, further = inner[0].args
        factors[factors.index(inner[0])] = within
        body = _joined(factors)
        over, conditions = (*over, *more), (*conditions, *further)


def _solved(
    body: Expression, over: tuple[Letter, ...], conditions: Conditions, letters: Letters
) -> tuple[tuple[Letter, ...], Conditions, Expression]:
    """Puts what a condition says of a letter into the formula, where elements outside an array count as 0.

    Where a place in a window follows from the condition, that it is in the window is the condition.
    """
    waiting: list[Condition] = list(conditions)
    remaining: list[Condition] = []
    while waiting:
        condition = waiting.pop(0)
        name = window = None
        if isinstance(condition, Index):
            name = _solvable(condition, body, over, letters)
            window = name or next((one for one in _determined(condition) if one in over and one[0] == WINDOW), None)
        if not isinstance(condition, Index) or window is None:
            remaining.append(condition)
            continue
        place = _place(condition, window)
        body, *changed = (substituted(one, {window: place}) for one in (body, _held(waiting), _held(remaining)))
        waiting, remaining = (list(one.args) for one in changed)
        if name is None:
            remaining.append((place, letters.sizes[window]))
        over = tuple(letter for letter in over if letter != window)
    return over, tuple(one for one in remaining if one != Index()), body


def _place(condition: Index, letter: Letter) -> Index:
    """Returns what a letter is by a condition."""
    factor = dict(condition.terms)[symbol(letter)]
    return condition.minus(Index.letter(letter).times(factor)).times(-factor)


def _held(conditions: list[Condition]) -> Expression:
    return Expression("_conditions", tuple(conditions))


def _determined(condition: Index) -> list[Letter]:
    """Returns the letters that a condition determines by the others."""
    return [atom.args[0] for atom, factor in condition.terms if atom.head == "symbol" and abs(factor) == 1]


def _solvable(condition: Index, body: Expression, over: tuple[Letter, ...], letters: Letters) -> str | None:
    """Returns a letter that a condition determines, and that numbers a whole axis of a factor; None if there is none.

    A letter that always has the value of another one is first, those that stand for the places in a window come last.
    """
    for letter in _determined(condition):
        bounds = _place(condition, letter).bounds(letters.sizes)
        if letter in over and bounds is not None and bounds[0] >= 0 and bounds[1] < letters.sizes[letter]:
            return letter
    whole: set[str] = set()
    elsewhere: set[str] = set()
    for factor in _factors(body):
        elsewhere |= names_in(factor) if factor.head != "_element" else set()
        if factor.head == "_element":
            for size, index in zip(factor.args[1], factor.args[2:], strict=True):
                letter = index.single_letter
                if letter is not None and letters.sizes.get(letter) == size:
                    whole.add(letter)
    found = [letter for letter in _determined(condition) if letter in over and letter in whole]
    found = [letter for letter in found if letter not in elsewhere]  # beside an element outside it could be 0/0
    return min(found, key=lambda name: name[0] == WINDOW, default=None)


def _factors(formula: Expression) -> Iterable[Expression]:
    return _flat(formula, _factors_of)


def _factors_of(formula: Expression) -> tuple[Any, ...] | None:
    if formula.head == "div" and formula.args[0] != number(1):
        return formula.args[0], quotient(number(1), formula.args[1])
    return formula.args if formula.head == "mul" else None


def _product(formula: Expression) -> Expression:
    factors = list(_factors(formula))
    return number(0) if number(0) in factors else product(*factors)
