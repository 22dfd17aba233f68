"""Numbers as pictures and tables write them: four significant digits, few characters, no minus zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"


def figure(value: float | int | bool) -> str:
    """One number in at most 9 characters: ``0.7``, ``−1234``, ``1.2e−5``, ``NaN``, ``−∞``.

    Examples
    --------
    >>> [figure(x) for x in (0.70000005, -12.3456, 1.23e-5, 123456.0, -0.0, float("-inf"), True, 12)]
    ['0.7', '−12.35', '1.23e−5', '1.235e5', '0', '−∞', 'true', '12']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**7:
        return str(value).replace("-", MINUS)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = abs(float(f"{value:.3e}"))
    if 1e-3 <= size < 1e5:
        decimals = max(0, 3 - math.floor(math.log10(size)))
        text = f"{value:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, exponent = f"{value:.3e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text.replace("-", MINUS)


def figures(values: Sequence[float | int | bool]) -> list[str]:
    """Several numbers with as many decimals each, so that their points stand below each other.

    Examples
    --------
    >>> figures([0.5, -1.25, 10.0])
    ['0.50', '−1.25', '10.00']
    >>> figures([1.0, 2.0])
    ['1', '2']
    """
    plain = [figure(value) for value in values]
    if any("e" in text for text in plain) or all(isinstance(value, int) for value in values):
        return plain
    finite = [abs(float(value)) for value in values if math.isfinite(value)]
    whole = max((len(str(int(value))) for value in finite), default=1)
    decimals = min(max((len(text.partition(".")[2]) for text in plain), default=0), max(0, 5 - whole))
    return [
        figure(0.0 if round(value, decimals) == 0 else value)
        if not math.isfinite(value)
        else f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", MINUS)
        for value in values
    ]
