"""Checks of settings, with errors for values of a wrong type or out of range."""

from __future__ import annotations

import math
import operator
from typing import Any

from .errors import ArgumentError


def number(
    where: str,
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    finite: bool = True,
    error: type[Exception] = ArgumentError,
) -> float:
    """Returns the value as a float. Raises TypeError if it is no number, and `error` if it is out of range."""
    result = _float(value)
    if result is None:
        raise TypeError(f"{where}: {name} must be a number, not {short_repr(value)}")
    inside = (
        (not finite or math.isfinite(result))
        and (least is None or result >= least)
        and (above is None or result > above)
        and (most is None or result <= most)
        and (below is None or result < below)
    )
    if not inside:
        bounds = {"at least": least, "above": above, "at most": most, "below": below}
        required = " and ".join(f"{word} {number_text(bound)}" for word, bound in bounds.items() if bound is not None)
        if finite and not math.isfinite(result):
            required = "finite" + (f", {required}" if required else "")
        raise error(f"{where}: {name} is {number_text(value)}; it must be {required}")
    return result


def number_text(value: Any, digits: int | None = None) -> str:
    """Returns a number as text, with all its digits or with `digits` significant ones: ``3``, ``0.1``, ``1e-5``.

    A NumPy number is written with its own dtype's digits, so a float32 of 0.1 is ``0.1``.
    """
    if type(value).__module__ not in ("builtins", "numpy"):
        value = float(value)  # of a tensor, or of another library
    text = str(value) if digits is None else f"{value:.{digits}g}"
    if "e" in text and not text.isalpha():
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return text.removesuffix(".0")


def whole(where: str, name: str, value: Any, least: int, error: type[Exception] = ArgumentError) -> int:
    """Returns the value as an int. Raises TypeError if it is no number, and `error` if not whole or below `least`."""
    if _float(value) is None:
        raise TypeError(f"{where}: {name} must be a whole number, not {short_repr(value)}")
    try:
        result = operator.index(value)
    except TypeError:
        result = least - 1
    if result < least:
        raise error(f"{where}: {name} is {value}; it must be a whole number, at least {least}")
    return result


def flag(where: str, name: str, value: Any) -> bool:
    """Returns the value as a bool. Raises TypeError unless it is one, or 0 or 1."""
    if type(value).__name__ in ("bool", "bool_") or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{where}: {name} must be True or False, not {short_repr(value)}")


def function(where: str, name: str, value: Any, takes: str) -> None:
    """Raises TypeError unless the value is a function. `takes` names its arguments for the message."""
    if not callable(value) or isinstance(value, type):
        raise TypeError(f"{where}: {name} must be a function of {takes}, not {short_repr(value)}")


def short_repr(value: Any) -> str:
    """Returns a value as text for a message, short even if it is large."""
    text = repr(value)
    if len(text) <= 60 and "\n" not in text:
        return text
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" + (f" of shape {tuple(shape)}" if isinstance(shape, tuple) else "")


def _float(value: Any) -> float | None:
    """Returns a number, or a tensor of one element, as a float; None for anything else, also bools and text."""
    if type(value).__name__ in ("bool", "bool_") or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None
