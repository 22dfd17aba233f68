"""How single elements are computed, written once for all that differ in nothing but names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from ..printers.formula.pattern import Pattern, as_laid_out, filled, stand_in
from ..printers.formula.unicode import name_in_unicode


@dataclass(frozen=True, slots=True)
class ElementFormula:
    """How one element of a result or of a gradient is computed.

    `lines` are equations: the element, then the parts that it names. `words` say the same in a few words, and what
    elements outside an array are. `axes` say to what each axis belongs, and over what sums run.
    """

    lines: tuple[tuple[Pattern, Pattern], ...]
    words: str = ""
    axes: str = ""


class ElementFormulas:
    """Element formulas by what they are made from, each with stand-ins for names."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[ElementFormula, Any]] = {}

    def written(
        self,
        key: Hashable,
        names: Sequence[str],
        own: Collection[str],
        write: Callable[[Sequence[str]], ElementFormula],
        alive: Any,
    ) -> ElementFormula:
        """Returns what `write` gives for some names; it is called once for all that are laid out alike.

        `key` says from what else it is made, and `alive` is what that has the ids of. `own` are names that are there
        before, which equal ones among the new names would change.
        """
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        seen = tuple(map(as_laid_out, places))
        if any(name != one and name in own for name, one in zip(places, seen, strict=True)):
            return write(names)
        if len(set(map(name_in_unicode, places))) < len(places):  # words would name as one what is written alike
            return write(names)
        whole_key = key, seen, tuple(places[name] for name in names)
        if whole_key not in self._known:
            self._known[whole_key] = write([stand_in(places[name], seen[places[name]]) for name in names]), alive
        return _with_names(self._known[whole_key][0], [*places])


def _with_names(formula: ElementFormula, names: Sequence[str]) -> ElementFormula:
    """Returns a formula with names in place of their stand-ins."""

    def side(pattern: Pattern) -> Pattern:
        return Pattern(pattern.formula, tuple(filled(name, names, as_text=False) for name in pattern.names))

    return ElementFormula(
        tuple((side(left), side(right)) for left, right in formula.lines),
        filled(formula.words, names),
        filled(formula.axes, names),
    )
