"""Formulas as patterns: places instead of names. Large graphs have many formulas, but few patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .expression import Expression, number, symbol
from .renaming import rename
from .unicode import name_in_unicode

FIRST_PLACE = 0x13000
"""The code of the letter for the first place; nobody's formulas are written in hieroglyphs."""

MOST_PLACES = 1000
"""There are as many of these letters."""

_STAND_IN = re.compile(f"([{chr(FIRST_PLACE)}-{chr(FIRST_PLACE + MOST_PLACES - 1)}])[0₀_]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A formula in which places stand for names, in the order in which they are read first.

    The names in `names` differ. Those that the formula defines after "where", and the letters
    of its sums, stay in it.
    """

    formula: Expression
    names: tuple[str, ...]

    @classmethod
    def of(cls, formula: Expression) -> Pattern:
        """Returns the pattern of a formula."""
        places: dict[str, Expression] = {}
        bound = _bound_names(formula)

        def place_of(name: str) -> Expression | None:
            return None if name in bound or name == COUNTING else places.setdefault(name, place(len(places)))

        return cls(with_symbols(formula, place_of), tuple(places))

    @classmethod
    def of_name(cls, name: str) -> Pattern:
        """Returns the pattern of a single symbol."""
        return cls(_FIRST, (name,))

    def expression(self) -> Expression:
        """Returns the formula with its names."""
        return with_symbols(self.formula, {place(i).args[0]: symbol(name) for i, name in enumerate(self.names)}.get)

    def unicode(self) -> str:
        """Returns the formula with its names as Unicode text. What differs in nothing but names is laid out once."""
        text = _text(self.formula, tuple(map(as_laid_out, self.names)))
        return self.expression().unicode() if text is None else filled(text, self.names)

    def with_names(self, change: Callable[[str], str]) -> Pattern:
        """Returns a simplified formula with other names; it is simplified again where names become equal."""
        names = tuple(map(change, self.names))
        if names == self.names:
            return self
        if len(set(names)) == len(names) and _own_names(self.formula).isdisjoint(names):
            return Pattern(self.formula, names)
        new = {old: symbol(name) for old, name in zip(self.names, names, strict=True) if name != old}
        return Pattern.of(rename(self.expression(), new))

    def is_name(self, name: str) -> bool:
        """Says whether the formula is this symbol alone."""
        return self.formula == _FIRST and self.names == (name,)


def place(index: int) -> Expression:
    """Returns the symbol of a place."""
    return symbol(chr(FIRST_PLACE + index))


def place_index(name: str) -> int:
    """Returns the number of the place that a symbol's name stands for."""
    return ord(name) - FIRST_PLACE


_FIRST = place(0)

COUNTING = "range"
"""The name of 0, 1, 2, …, which is no tensor's: as an index, each row has its own, and is written as a letter."""


@dataclass(frozen=True, slots=True)
class _Renaming:
    """A formula with new symbols, simplified.

    `sources` are the names in its places: numbers among the new names, or names that were there before. `own` are all
    names that were there before and stay. `alive` is what the key of this renaming has the ids of.
    """

    formula: Expression
    sources: tuple[int | str, ...]
    own: frozenset[str]
    alive: Any


class Renamer:
    """Renames formulas as :func:`~.tidy.rename` does; simplifies only once what differs in nothing but names."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], _Renaming] = {}
        self._numbers: dict[tuple[type, str], Pattern] = {}

    def number(self, value: float | int | bool) -> Pattern:
        """Returns the pattern of a number."""
        return self._numbers.setdefault((type(value), repr(value)), Pattern(number(value), ()))

    def rename(self, formula: Expression, symbols: Mapping[str, Pattern]) -> Pattern:
        """Replaces symbols of a formula by names or whole expressions, and simplifies the result."""
        names: dict[str, int] = {}
        key: list[Any] = [id(formula)]
        wanted = {name: new for name, new in symbols.items() if name in formula.names}
        for name, new in wanted.items():
            key += name, id(new.formula), *[names.setdefault(one, len(names)) for one in new.names]
        renaming = self._known.get(tuple(key))
        if renaming is None:
            renaming = self._known[tuple(key)] = _renaming(formula, wanted, names)
        if not names.keys().isdisjoint(renaming.own):  # then simplifying has to know which names are equal
            return Pattern.of(rename(formula, {name: new.expression() for name, new in wanted.items()}))
        given = tuple(names)
        return Pattern(renaming.formula, tuple(given[one] if isinstance(one, int) else one for one in renaming.sources))


def _renaming(formula: Expression, wanted: Mapping[str, Pattern], names: Mapping[str, int]) -> _Renaming:
    own = (formula.names - wanted.keys()) | _bound_names(formula)
    pattern = Pattern.of(rename(formula, {name: _with_places(new, names) for name, new in wanted.items()}))
    numbers: dict[str, int | str] = {place(number).args[0]: number for number in names.values()}
    sources = tuple(numbers.get(name, name) for name in pattern.names)
    return _Renaming(pattern.formula, sources, own, (formula, *wanted.values()))


def _with_places(pattern: Pattern, names: Mapping[str, int]) -> Expression:
    """Returns the formula of a pattern with the place of each name among others."""
    return with_symbols(
        pattern.formula, {place(i).args[0]: place(names[name]) for i, name in enumerate(pattern.names)}.get
    )


def _bound_names(formula: Expression) -> frozenset[str]:
    """Returns the names that a formula defines after "where", and the letters of its sums."""
    first = {"where": 1, "each": 3}
    step = {"where": 2, "each": 1}
    return frozenset(
        name
        for piece in formula.walk()
        if piece.head in first
        for name in piece.args[first[piece.head] :: step[piece.head]]
    )


@lru_cache(maxsize=4096)
def _own_names(formula: Expression) -> frozenset[str]:
    """Returns the names in the formula of a pattern, and those that it defines."""
    return frozenset(name for name in formula.names | _bound_names(formula) if not _is_place(name))


def _is_place(name: str) -> bool:
    return len(name) == 1 and FIRST_PLACE <= ord(name) < FIRST_PLACE + MOST_PLACES


_NUMBERED, _LONG = "0", "_"
"""Stands behind a place in a formula that is laid out for all names of a letter and a number, or of more letters."""


def as_laid_out(name: str) -> str:
    """Returns what counts of a name where a formula is laid out.

    A single letter is returned itself, as it may be one that numbers elements, and so is a number. Other names are all
    alike, or all those of a letter and a number.
    """
    is_letter = len(unicodedata.normalize("NFC", name).rstrip("\u0302\u0304′")) == 1
    if is_letter or name == COUNTING or name.lstrip("−").isdecimal():
        return name
    return _NUMBERED if name[:1].isalpha() and len(name.rstrip("0123456789′")) == 1 else _LONG


def stand_in(index: int, seen: str) -> str:
    """Returns what stands for the name of a place, of which `seen` counts."""
    return f"{place(index).args[0]}{seen}" if seen in (_NUMBERED, _LONG) else seen


def filled(text: str, names: Sequence[str], *, as_text: bool = True) -> str:
    """Returns a text, or a name, with names in place of their stand-ins; in a text as they are written in formulas."""
    if text.isascii():
        return text

    def name_of(found: re.Match[str]) -> str:
        name = names[place_index(found[1])]
        return name_in_unicode(name) if as_text else name

    return _STAND_IN.sub(name_of, text)


@lru_cache(maxsize=4096)
def _text(formula: Expression, seen: tuple[str, ...]) -> str | None:
    """Returns the text of the formula of a pattern with stand-ins for names of which `seen` counts.

    None if names can't be put into the text, as where ranks below a letter have characters of their own.
    """
    if any(piece.head == "ranked" for piece in formula.walk()):
        return None
    marked = {place(i).args[0]: symbol(stand_in(i, one)) for i, one in enumerate(seen)}
    return with_symbols(formula, marked.get).unicode()


def with_symbols(formula: Expression, new: Callable[[str], Expression | None]) -> Expression:
    """Returns a formula with those symbols replaced for which there are new ones."""
    if formula.head == "symbol":
        return new(formula.args[0]) or formula
    return formula.with_children(lambda child: with_symbols(child, new))
