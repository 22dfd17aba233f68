"""Writes numbers for pictures and tables: four significant digits, few characters, no minus zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"


def figure(value: float | int | bool, digits: int = 4) -> str:
    """Writes a number with `digits` significant digits, by default at most 9 characters: ``0.7``, ``1.2e−5``, ``−∞``.

    Examples
    --------
    >>> [figure(x) for x in (0.70000005, -12.3456, 1.23e-5, 123456.0, -0.0, float("-inf"), True, 12)]
    ['0.7', '−12.35', '1.23e−5', '1.235e5', '0', '−∞', 'true', '12']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**7:
        return str(value).replace("-", MINUS)
    # The usual case needs neither an exponent nor rounding to tens.
    if 1e-3 <= abs(value) < 10**digits - 1 <= 99_999:
        return f"{value:.{digits}g}".replace("-", MINUS)
    if value == 0:
        return "0"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(float(f"{value:.{digits - 1}e}"))
    if 1e-3 <= size < 1e5:
        decimals = max(0, digits - 1 - math.floor(math.log10(size)))
        text = f"{value:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text.replace("-", MINUS)


def figures(values: Sequence[float | int | bool]) -> list[str]:
    """Writes numbers for a column: at most 7 characters each, with the same number of decimals.

    A number without a nonzero digit in these decimals is written with an exponent.

    Examples
    --------
    >>> figures([0.5, -1.25, 10.0])
    ['0.50', '−1.25', '10.00']
    >>> figures([1.0, 2.0])
    ['1', '2']
    >>> figures([1.5, -1.234e-5, float("nan")])
    ['1.5', '−1.2e−5', 'NaN']
    """
    ordinary = [size for value in values if (size := abs(float(value))) < 1e5]
    largest = max(ordinary, default=0.0)
    whole = 1 if largest < 9 else len(str(int(float(f"{largest:.3e}"))))
    most = 4 if largest < 0.99995 else max(0, 4 - whole)
    needed = 0
    if most:
        for size in ordinary:
            places = f"{size:.{most}f}"[-most:].rstrip("0")
            if len(places) > needed:
                needed = len(places)
    return [_in_column(value, needed) for value in values]


def _in_column(value: float | int | bool, decimals: int) -> str:
    if isinstance(value, bool) or not math.isfinite(value):
        return figure(value)
    if value == 0:
        return "0" if isinstance(value, int) else f"{0:.{decimals}f}"
    if abs(value) < 1e5:
        text = f"{value:.{decimals}f}"
        if text.strip("-0."):
            return text.replace("-", MINUS)
    if isinstance(value, int) and abs(value) < 10**6:
        return figure(value)
    mantissa, exponent = f"{value:.1e}".split("e")
    if abs(int(exponent)) > 9:
        mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", MINUS)
