"""Indices of array elements: sums of letters with whole factors, such as 2i + u − 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .expression import Expression, call, negative, number, plus, product, quotient, symbol


@dataclass(frozen=True)
class Index:
    """A whole number: a constant, and letters or elements of index arrays, each times a factor."""

    terms: tuple[tuple[Expression, int], ...] = ()
    constant: int = 0

    @classmethod
    def letter(cls, name: str) -> Index:
        """Makes the index that is one letter."""
        return cls(((symbol(name), 1),))

    @classmethod
    def of(cls, expression: Expression) -> Index:
        """Makes the index that is any expression."""
        value = expression.args[0] if expression.head == "number" else None
        return cls((), int(value)) if value is not None else cls(((expression, 1),))

    def plus(self, other: Index | int) -> Index:
        """Returns the sum."""
        if isinstance(other, int):
            return Index(self.terms, self.constant + other)
        factors = dict(self.terms)
        for atom, factor in other.terms:
            factors[atom] = factors.get(atom, 0) + factor
        _join_quotients(factors)
        terms = tuple((atom, factor) for atom, factor in factors.items() if factor)
        return Index(terms, self.constant + other.constant)

    def times(self, factor: int) -> Index:
        """Returns the product with a number."""
        terms = tuple((atom, factor * own) for atom, own in self.terms) if factor else ()
        return Index(terms, factor * self.constant)

    def minus(self, other: Index | int) -> Index:
        """Returns the difference."""
        return self.plus(-other if isinstance(other, int) else other.times(-1))

    @property
    def single_letter(self) -> str | None:
        """The letter, if the index is nothing else."""
        if len(self.terms) == 1 and self.constant == 0:
            atom, factor = self.terms[0]
            if factor == 1 and atom.head == "symbol":
                return str(atom.args[0])
        return None

    @property
    def letters(self) -> frozenset[str]:
        """All letters in the index, also those in elements of index arrays."""
        return frozenset[str]().union(*(names_in(atom) for atom, _ in self.terms))

    def substituted(self, indices: Mapping[str, Index]) -> Index:
        """Replaces letters by other indices."""
        if self.letters.isdisjoint(indices):
            return self
        result = Index((), self.constant)
        for atom, factor in self.terms:
            if atom.head == "symbol" and atom.args[0] in indices:
                result = result.plus(indices[atom.args[0]].times(factor))
            else:
                result = result.plus(Index(((substituted(atom, indices), factor),)))
        return result

    def bounds(self, sizes: Mapping[str, int]) -> tuple[int, int] | None:
        """Returns the least and the largest value, if all letters count elements of axes with these sizes."""
        low = high = self.constant
        for atom, factor in self.terms:
            ends = _ends(atom, sizes)
            if ends is None:
                return None
            low += min(factor * end for end in ends)
            high += max(factor * end for end in ends)
        return low, high

    def expression(self) -> Expression:
        """Returns the index as a formula, positive terms first."""
        ordered = sorted(self.terms, key=lambda term: term[1] < 0)
        terms = [_scaled(atom, factor) for atom, factor in ordered]
        if self.constant > 0 or not terms:
            terms.append(number(self.constant))
        elif self.constant < 0:
            terms.append(negative(number(-self.constant)))
        return terms[0] if len(terms) == 1 else plus(*terms)


def _ends(atom: Expression, sizes: Mapping[str, int]) -> tuple[int, int] | None:
    """Returns the least and the largest value of a letter, or of a quotient or a rest of an index."""
    if atom.head == "symbol":
        size = sizes.get(atom.args[0])
        return None if size is None else (0, size - 1)
    if atom.head == "call" and atom.args[0] == "mod":
        return 0, int(atom.args[2].args[0]) - 1
    if atom.head == "call" and atom.args[0] == "floor" and atom.args[1].args[0].head == "_index":
        inside, size = atom.args[1].args
        bounds = inside.args[0].bounds(sizes)
        return None if bounds is None else (bounds[0] // size.args[0], bounds[1] // size.args[0])
    return None


def _join_quotients(factors: dict[Expression, int]) -> None:
    """Replaces s · ⌊x/s⌋ + mod(x, s) by x."""
    for rest, factor in list(factors.items()):
        if rest.head == "call" and rest.args[0] == "mod":
            x, size = rest.args[1:]
            floor = call("floor", quotient(x, size))
            whole = x.head != "_index" or not x.args[0].constant
            if whole and factors.get(floor) == factor * size.args[0]:
                del factors[rest], factors[floor]
                terms = x.args[0].terms if x.head == "_index" else ((x, 1),)
                for atom, own in terms:
                    factors[atom] = factors.get(atom, 0) + factor * own


def _scaled(atom: Expression, factor: int) -> Expression:
    if abs(factor) != 1:
        atom = product(number(abs(factor)), atom)
    return negative(atom) if factor < 0 else atom


# The inner tree, in which elements are found: the heads below stand for those of formulas, with an Index in their
# arguments in place of an expression.
#   "_element": array, shape, *indices
#   "_index": an Index as a number
#   "_each": name, body, letters, conditions: Indices that are 0
#   "_inside": body, what it is elsewhere, (Index, size), ...: inside if 0 ≤ index < size, for all


Condition = Index | tuple[Index, int]
"""An index that must be 0, or one that must be at least 0 and less than a size."""


def element(array: Expression, shape: tuple[int, ...], indices: Iterable[Index]) -> Expression:
    """Makes an element of an array."""
    indices = tuple(indices)
    return Expression("_element", (array, shape, *indices)) if indices else array


def each(name: str, body: Expression, letters: Iterable[str], conditions: Iterable[Condition] = ()) -> Expression:
    """Makes a function such as a sum over all values of letters for which the conditions are 0."""
    letters, conditions = tuple(letters), tuple(conditions)
    if letters:
        return Expression("_each", (name, body, letters, conditions))
    met = [Expression("indicator", (Expression("_holds", (one,)),)) for one in conditions if one != Index()]
    return product(body, *met) if met else body


def as_number(index: Index) -> Expression:
    """Makes a number of an index."""
    return number(index.constant) if not index.terms else Expression("_index", (index,))


def parts(formula: Expression) -> Iterable[Index]:
    """Yields the indices in the arguments of a piece, not in its children."""
    for arg in formula.args:
        if isinstance(arg, Index):
            yield arg
        elif isinstance(arg, tuple):
            for part in arg:
                if isinstance(part, Index):
                    yield part
                elif isinstance(part, tuple):
                    yield from (one for one in part if isinstance(one, Index))


_names: dict[Expression, frozenset[str]] = {}


def names_in(formula: Expression) -> frozenset[str]:
    """Returns all symbols and letters of an inner tree, bound ones too."""
    if len(_names) > 20_000:
        _names.clear()
    found = _names.get(formula)
    if found is None:
        own = {formula.args[0]} if formula.head == "symbol" else set()
        indices = [index.letters for index in parts(formula)]
        found = _names[formula] = frozenset(own.union(*indices, *(names_in(child) for child in formula.children)))
    return found


def substituted(formula: Expression, indices: Mapping[str, Index]) -> Expression:
    """Replaces letters by indices in an inner tree."""
    if names_in(formula).isdisjoint(indices):
        return formula
    if formula.head == "symbol":
        return as_number(indices[formula.args[0]])
    return Expression(formula.head, tuple(_substituted_argument(arg, indices) for arg in formula.args))


def _substituted_argument(arg: object, indices: Mapping[str, Index]) -> object:
    if isinstance(arg, Expression):
        return substituted(arg, indices)
    if isinstance(arg, Index):
        return arg.substituted(indices)
    if isinstance(arg, tuple):
        return tuple(_substituted_argument(part, indices) for part in arg)
    return arg
