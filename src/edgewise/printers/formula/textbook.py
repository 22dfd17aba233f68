"""Formulas from textbooks, for operations whose code goes from window to window or from row to row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .arranging import along_rows
from .expression import Expression, call, minus, negative, number, plus, product, quotient, symbol
from .mathematics import softplus


def textbook_formula(notation: str, arguments: Sequence[Expression], params: Mapping[str, Any]) -> Expression | None:
    """Returns the formula in an operation's own notation; None if it has none, as the one from its code is as good."""
    if notation in _FORMULAS_WITH_PARAMS:
        return _FORMULAS_WITH_PARAMS[notation](params, *arguments)
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


def _compared(sign: str, a: Expression, b: Expression) -> Expression:
    return Expression("compare", (sign, a, b))


def _element(array: Expression, *indices: Expression) -> Expression:
    return Expression("element", (array, *indices))


def _at(array: Expression, by: int = 0) -> Expression:
    """Writes the element at t along the axis, or at t + by."""
    return Expression("shifted", (array, by))


def _written(value: Any) -> Expression:
    """Writes a parameter, which is a letter already where formulas show it as one."""
    return value if isinstance(value, Expression) else number(value)


def _truncated_remainder(a: Expression, b: Expression) -> Expression:
    """Writes what is left of a when it is divided by b, with the sign of a."""
    sizes = call("abs", a), call("abs", b)
    return product(call("sgn", a), minus(sizes[0], product(sizes[1], call("floor", quotient(*sizes)))))


def _sinc(params: Mapping[str, Any], x: Expression) -> Expression:
    """Writes sin(πx)/(πx), or its n-th derivative by the rule for the product x · sinc(x) = sin(πx)/π."""
    angle = product(symbol("π"), x)
    value = quotient(call("sin", angle), angle)
    waves = (call("sin", angle), call("cos", angle), negative(call("sin", angle)), negative(call("cos", angle)))
    for n in range(1, params["order"] + 1):
        wave = product(Expression("pow", (symbol("π"), number(n - 1))), waves[n % 4])
        value = quotient(minus(wave, product(number(n), value)), x)
    return value


def _huber(params: Mapping[str, Any], d: Expression) -> Expression:
    """Writes a parabola near 0, and straight lines beyond."""
    delta, size = _written(params["delta"]), call("abs", d)
    line = product(delta, minus(size, quotient(delta, number(2))))
    parabola = quotient(Expression("pow", (d, number(2))), number(2))
    return Expression("cases", (parabola, _compared("≤", size, delta), line))


def _softplus(params: Mapping[str, Any], x: Expression) -> Expression:
    """Writes log(1 + exp(βx))/β, which is x beyond a threshold."""
    beta, threshold = _written(params["beta"]), _written(params["threshold"])
    scaled = product(beta, x)
    return Expression("cases", (quotient(softplus(scaled), beta), _compared("≤", scaled, threshold), x))


def _along(name: str, where: str, params: Mapping[str, Any], x: Expression) -> Expression:
    return Expression("over", (name, f"{where}, axis {params['axis']}", x))


def _running_logarithm(params: Mapping[str, Any], x: Expression) -> Expression:
    return call("log", _along("sum", "so far", params, call("exp", x)))


def _back_through_running_logarithm(
    params: Mapping[str, Any], g: Expression, y: Expression, x: Expression
) -> Expression:
    shares = _along("sum", "from here on", params, quotient(g, call("exp", y)))
    return _times(call("exp", x), shares)


def _back_through_running_product(params: Mapping[str, Any], g: Expression, y: Expression, x: Expression) -> Expression:
    return quotient(_along("sum", "from here on", params, _times(g, y)), x)


def _times_others(params: Mapping[str, Any], g: Expression, y: Expression, x: Expression) -> Expression:
    del y
    axis = params["axis"]
    axes = () if axis is None else (axis,) if isinstance(axis, int) else axis
    along = ", ".join(str(a % params["rank"]) for a in axes)
    where = f", {'axis' if len(axes) == 1 else 'axes'} {along}" if axes else ""
    return _times(g, Expression("over", ("prod", f"others{where}", x)))


def _recurrence(b: Expression, a: Expression) -> Expression:
    """Writes each result by the one after it: q[t], where q[t] = b[t] + a[t] · q[t + 1]."""
    step = plus(_at(b), product(_at(a), _at(symbol("q"), 1)))
    return Expression("where", (symbol("q"), "q", step))


def _back_through_recurrence(g: Expression, y: Expression, b: Expression, a: Expression) -> Expression:
    """Writes a gradient by the one before it: q[t], where q[t] = g[t] + a[t − 1] · q[t − 1]."""
    del y, b
    step = plus(_at(g), product(_at(a, -1), _at(symbol("q"), -1)))
    return Expression("where", (symbol("q"), "q", step))


def _back_to_factors(g: Expression, y: Expression, b: Expression, a: Expression) -> Expression:
    body = product(_at(symbol("q")), _at(y, 1))
    return Expression("where", (body, *_back_through_recurrence(g, y, b, a).args[1:]))


def _running_extreme(params: Mapping[str, Any], x: Expression) -> Expression:
    return _along("argmax" if params["largest"] else "argmin", "so far", params, x)


def _order(params: Mapping[str, Any], x: Expression) -> Expression:
    """Writes the places at which elements stand by their rank: j with x[j] = x₍ᵢ₎."""
    count = Expression("count", ((params["axis"],), x)) if params["descending"] else None
    return Expression("ranked", (x, count))


def _most_frequent(params: Mapping[str, Any], x: Expression) -> Expression:
    """Writes the place of the element that most elements equal."""
    del params
    equal = _equal(_element(x, symbol("k")), _element(x, symbol("j")))
    return Expression("each", ("argmax", Expression("each", ("sum", equal, None, "k")), None, "j"))


def _places_in_row(params: Mapping[str, Any], row: Expression, values: Expression) -> Expression:
    """Writes how many elements of a sorted row are smaller."""
    smaller = _compared("≤" if params["right"] else "<", _element(row, symbol("k")), values)
    return Expression("each", ("sum", Expression("indicator", (smaller,)), None, "k"))


def _class_scores(params: Mapping[str, Any], x: Expression, t: Expression) -> Expression:
    """Writes the scores of the classes t: x[i, t]."""
    return along_rows(x, t, params["axis"], params["rank"])


def _back_to_classes(
    params: Mapping[str, Any], g: Expression, y: Expression, x: Expression, t: Expression
) -> Expression:
    """Writes what is put at the classes t, and 0 elsewhere."""
    del y, x
    one_hot = call("onehot", t)
    if params["rank"] == 2 and params["axis"] % 2 == 1:
        return Expression("matmul", (call("diag", g), one_hot))
    return _times(g, one_hot)


def _cofactors(x: Expression) -> Expression:
    return product(call("det", x), Expression("transpose", (call("inv", x),)))


_FORMULAS_WITH_PARAMS: dict[str, Callable[..., Expression]] = {
    "cardinal sine": _sinc,
    "parabola with straight ends": _huber,
    "log of 1 + exp": _softplus,
    "running log of exps": _running_logarithm,
    "back through running log of exps": _back_through_running_logarithm,
    "back through running product": _back_through_running_product,
    "times the product of the others": _times_others,
    "place of running extreme": _running_extreme,
    "places in order": _order,
    "place of the most frequent": _most_frequent,
    "places in a sorted row": _places_in_row,
    "scores of classes": _class_scores,
    "put at classes": _back_to_classes,
}

_FORMULAS: dict[str, Callable[..., Expression]] = {
    "truncated remainder": _truncated_remainder,
    "complement of erf": lambda x: minus(number(1), call("erf", x)),
    "recurrence": _recurrence,
    "back through recurrence": _back_through_recurrence,
    "back to factors of recurrence": _back_to_factors,
    "cofactors": _cofactors,
    "pseudo-inverse": lambda x: call("pinv", x),
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
