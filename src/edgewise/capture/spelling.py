"""How names are spelt in formulas and in lines of text: subscripts, powers and Greek letters."""

from __future__ import annotations

from ..printers.formula.names import GREEK, parts_of

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_GREEK_BY_SPELLING = {command[1:].removeprefix("var"): letter for letter, command in GREEK.items() if letter != "π"}
_LOW = "₀₁₂₃₄₅₆₇₈₉"
_RAISE = str.maketrans(_LOW, "0123456789")


def formula_symbol(name: str) -> str:
    """Returns the symbol of a name in formulas: digits at its end are a subscript, and ``eta`` is η."""
    base = name.rstrip(_LOW)
    if base and base != name:
        lowered = name[len(base) :].translate(_RAISE)
        return _GREEK_BY_SPELLING.get(base, base) + lowered if parts_of(base + lowered) == (base, lowered) else name
    letters, digits = parts_of(name)
    return _GREEK_BY_SPELLING.get(letters, letters) + digits


def with_subscripts(letter: str) -> str:
    """Writes a symbol in a line of text, with its subscript."""
    letters, digits = parts_of(letter)
    return letters + digits.translate(_SUBSCRIPT)


def subscript(number: int) -> str:
    """Writes a number as a subscript."""
    return str(number).translate(_SUBSCRIPT)


def without_number(name: str) -> str:
    """Returns a name without the number that tells it from others of the same name."""
    return name.rstrip(_LOW)


def superscript(number: int) -> str:
    """Writes a number as a power."""
    return str(number).translate(_SUPERSCRIPT)
