"""Writes numbers for formulas."""

from __future__ import annotations

import math

from ..figures import MINUS
from .expression import Expression, call, number, product, quotient, symbol

_SIGNIFICANT_DIGITS = 5
"""The number of significant digits of a number that needs more."""

_PI = symbol("π")
_CONSTANTS: dict[float, Expression] = {
    math.pi: _PI,
    math.log(2): call("log", number(2)),
    math.log(10): call("log", number(10)),
    math.sqrt(2): call("sqrt", number(2)),
    math.sqrt(0.5): quotient(number(1), call("sqrt", number(2))),
    2 / math.sqrt(math.pi): quotient(number(2), call("sqrt", _PI)),
    math.sqrt(2 / math.pi): call("sqrt", quotient(number(2), _PI)),
    1 / math.sqrt(2 * math.pi): quotient(number(1), call("sqrt", product(number(2), _PI))),
}
"""Numbers that are decimals in code and expressions in a textbook."""

_FRACTIONS = {1 / k: (1, k) for k in range(3, 1000) if len(repr(1 / k)) > 8}
_FRACTIONS.update({p / q: (p, q) for q in (3, 6, 7, 9) for p in range(2, q) if math.gcd(p, q) == 1})
"""One third, two thirds, one sixth, and so on."""


def textbook_number(value: float | int) -> Expression | None:
    """Returns a textbook's expression for a number; None if it writes the digits."""
    if isinstance(value, bool) or not isinstance(value, float):
        return None
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    if value in _FRACTIONS:
        above, below = _FRACTIONS[value]
        return quotient(number(above), number(below))
    return None


def numeral(value: float | int | bool) -> str:
    """Returns the digits of a number, at most a few significant ones.

    A leading ASCII minus marks a negative number. The minus of an exponent is the typographic one.

    Examples
    --------
    >>> [numeral(x) for x in (-0.5, 1e-8, 2.5e-7, 1e20)]
    ['-0.5', '1e−8', '2.5e−7', '1e20']
    """
    if isinstance(value, bool):
        return str(int(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    exact = repr(float(value))
    text = exact if len(exact) <= _SIGNIFICANT_DIGITS + 2 else f"{value:.{_SIGNIFICANT_DIGITS}g}"
    digits, _, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}".replace("e-", f"e{MINUS}") if exponent else text
