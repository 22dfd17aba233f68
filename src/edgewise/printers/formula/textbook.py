"""What textbooks write for operations whose code says less, as it goes from window to window or from row to row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .expression import Expression, call, number, plus, quotient, symbol


def textbook(notation: str, given: Sequence[Expression], params: Mapping[str, Any]) -> Expression | None:
    """The formula in a notation that an operation asks for; None without one, as what its code says is as good then."""
    if notation in _OF_ROWS:
        rows, index = given
        return _OF_ROWS[notation](rows, index, params["padding"])
    return _OF_ARRAYS[notation](*given) if notation in _OF_ARRAYS else None


def _convolution(sign: str) -> Callable[..., Expression]:
    """⋆ is the cross-correlation, ∗ the convolution, in which the kernel is turned round."""

    def written(x: Expression, w: Expression, *bias: Expression) -> Expression:
        both = Expression("joined", (sign, x, w))
        return plus(both, *bias) if bias else both

    return written


def _over(name: str, windows: str, x: Expression) -> Expression:
    return Expression("over", (name, windows, x))


def _equal(a: Expression, b: Expression) -> Expression:
    return Expression("indicator", (Expression("compare", ("=", a, b)),))


def _times(a: Expression, b: Expression) -> Expression:
    return Expression("hadamard", (a, b))


def _to_the_largest(g: Expression, y: Expression, x: Expression) -> Expression:
    """What came to a window, in equal parts to those that are the largest of it."""
    largest = _equal(x, y)
    return _over("sum", "windows", _times(g, quotient(largest, _over("sum", "window", largest))))


def _at_the_largest(h: Expression, y: Expression, x: Expression) -> Expression:
    largest = _equal(x, y)
    return quotient(_over("sum", "window", _times(h, largest)), _over("sum", "window", largest))


def _mean(windows: str) -> Callable[[Expression], Expression]:
    return lambda x: Expression("mul", (quotient(number(1), Expression("count", (None, x))), _over("sum", windows, x)))


def _without_padding(x: Expression, index: Expression, padding: int | None) -> Expression:
    if padding is None:
        return x
    return _times(Expression("indicator", (Expression("compare", ("≠", index, number(padding))),)), x)


_OF_ARRAYS: dict[str, Callable[..., Expression]] = {
    "cross-correlation": _convolution("⋆"),
    "convolution": _convolution("∗"),
    "window maximum": lambda x: _over("max", "window", x),
    "to window maxima": _to_the_largest,
    "at window maxima": _at_the_largest,
    "window mean": _mean("window"),
    "mean of windows": _mean("windows"),
    "one-hot": lambda _, index: _equal(symbol("i"), index),
    "log of determinant": lambda x: call("log", call("abs", call("det", x))),
    "sign of determinant": lambda x: call("sgn", call("det", x)),
}

_OF_ROWS: dict[str, Callable[[Expression, Expression, int | None], Expression]] = {
    "rows": lambda weight, index, _: Expression("index", (weight, index)),
    "rows added": lambda g, index, padding: Expression("scatter", (_without_padding(g, index, padding), index)),
    "rows without padding": _without_padding,
}
