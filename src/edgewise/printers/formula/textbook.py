"""Formulas from textbooks, for operations whose code goes from window to window or from row to row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .expression import Expression, call, number, plus, quotient
from .mathematics import softplus


def textbook_formula(notation: str, arguments: Sequence[Expression], params: Mapping[str, Any]) -> Expression | None:
    """Returns the formula in an operation's own notation; None if it has none, as the one from its code is as good."""
    if notation in _INDEXING_FORMULAS:
        rows, index = arguments
        return _INDEXING_FORMULAS[notation](rows, index, params["padding"])
    return _FORMULAS[notation](*arguments) if notation in _FORMULAS else None


def nested_formula(notation: str, arguments: Sequence[Expression], params: Mapping[str, Any]) -> Expression | None:
    """Returns the formula of an operation inside another one's, where that is shorter than its own; else None."""
    if notation == "log of 1 + exp" and params.get("beta") == 1:
        return softplus(*arguments)
    return None


def _convolution(sign: str) -> Callable[..., Expression]:
    """Writes ⋆, the cross-correlation, or ∗, the convolution, which flips the kernel."""

    def formula(x: Expression, w: Expression, *bias: Expression) -> Expression:
        convolved = Expression("joined", (sign, x, w))
        return plus(convolved, *bias) if bias else convolved

    return formula


def _reduce(name: str, windows: str, x: Expression) -> Expression:
    return Expression("over", (name, windows, x))


def _equal(a: Expression, b: Expression) -> Expression:
    return Expression("indicator", (Expression("compare", ("=", a, b)),))


def _times(a: Expression, b: Expression) -> Expression:
    return Expression("hadamard", (a, b))


def _max_unpool(g: Expression, y: Expression, x: Expression) -> Expression:
    """Shares the gradient of a window equally among its largest elements."""
    largest = _equal(x, y)
    return _reduce("sum", "windows", _times(g, quotient(largest, _reduce("sum", "window", largest))))


def _max_pool_at(h: Expression, y: Expression, x: Expression) -> Expression:
    largest = _equal(x, y)
    return quotient(_reduce("sum", "window", _times(h, largest)), _reduce("sum", "window", largest))


def _mean(windows: str) -> Callable[[Expression], Expression]:
    return lambda x: Expression(
        "mul", (quotient(number(1), Expression("count", (None, x))), _reduce("sum", windows, x))
    )


def _without_padding(x: Expression, index: Expression, padding: int | None) -> Expression:
    if padding is None:
        return x
    return _times(Expression("indicator", (Expression("compare", ("≠", index, number(padding))),)), x)


_FORMULAS: dict[str, Callable[..., Expression]] = {
    "cross-correlation": _convolution("⋆"),
    "convolution": _convolution("∗"),
    "window maximum": lambda x: _reduce("max", "window", x),
    "to window maxima": _max_unpool,
    "at window maxima": _max_pool_at,
    "window mean": _mean("window"),
    "mean of windows": _mean("windows"),
    "one-hot": lambda _, index: call("onehot", index),
    "log of determinant": lambda x: call("log", call("abs", call("det", x))),
    "sign of determinant": lambda x: call("sgn", call("det", x)),
    "log of gamma": lambda x: call("log", call("abs", call("Γ", x))),
}

_INDEXING_FORMULAS: dict[str, Callable[[Expression, Expression, int | None], Expression]] = {
    "rows": lambda weight, index, _: Expression("index", (weight, index)),
    "rows added": lambda g, index, padding: Expression("scatter", (_without_padding(g, index, padding), index)),
    "rows without padding": _without_padding,
}
