"""Rules that write functions of arrays as mathematics does: running sums, products of all others, one-hot rows."""

from __future__ import annotations

from .expression import Expression, call, number, plus

_SO_FAR = {"cumsum": "sum", "cumprod": "prod"}
_KNOWN = {("exp", 0): 1, ("log", 1): 0, ("sqrt", 0): 0, ("sqrt", 1): 1}


def as_function_value(formula: Expression) -> Expression:
    """Writes the values of functions that everybody knows: exp(0) is 1; and products of others without their shape."""
    name, *arguments = formula.args
    if name == "reshape" and _is_product_of_others(arguments[0]) and arguments[0].args[2].args[:1] == ("reshape",):
        return Expression("over", ("prod", "others", arguments[0].args[2].args[1]))
    value = arguments[0].args[0] if len(arguments) == 1 and arguments[0].head == "number" else None
    if value is not None and name in ("abs", "sgn") and value == value:
        return number(abs(value) if name == "abs" else (value > 0) - (value < 0))
    known = None if value is None else _KNOWN.get((name, value))
    return formula if known is None else number(known)


def _is_product_of_others(formula: Expression) -> bool:
    return formula.head == "over" and formula.args[:2] == ("prod", "others, axis 0") and formula.args[2].head == "call"


def as_running_sum(formula: Expression) -> Expression:
    """Writes a cumulative sum as the sum so far, and one from the end as the sum from here on."""
    name, axes, *arguments = formula.args
    if name == "sum" and arguments == [number(0)]:
        return number(0)
    if name in _SO_FAR and len(arguments) == 1:
        return Expression("over", (_SO_FAR[name], _place("so far", axes), arguments[0]))
    if name != "flip" or arguments[0].head != "over":
        return formula
    inner, where, *operands = arguments[0].args
    if where != _place("so far", axes) or operands[0].head != "over" or operands[0].args[:2] != ("flip", axes):
        return formula
    return Expression("over", (inner, _place("from here on", axes), operands[0].args[2]))


def _place(words: str, axes: tuple[int, ...]) -> str:
    return f"{words}, axis {axes[0]}"


def as_product_of_others(formula: Expression) -> Expression:
    """Writes the product of all before an element and of all after it as that of all others."""
    factors = list(formula.args)
    for i, before in enumerate(factors[:-1]):
        found = _shifted_products(before)
        after = factors[i + 1]
        if found is None or after.head != "over" or after.args[0] != "flip":
            continue
        x, axes = found
        turned = Expression("over", ("flip", axes, x))
        if after.args[1] == axes and _shifted_products(after.args[2]) == (turned, axes):
            others = Expression("over", ("prod", f"others, axis {axes[0]}", x))
            factors[i : i + 2] = [others]
            return factors[0] if len(factors) == 1 else Expression(formula.head, tuple(factors))
    return formula


def _shifted_products(formula: Expression) -> tuple[Expression, tuple[int, ...]] | None:
    """Returns the array and the axis of 1 followed by the products so far of all but the last element."""
    if formula.head != "over" or formula.args[0] != "concat" or len(formula.args) != 4:
        return None
    _, axes, one, rest = formula.args
    if one != number(1) or rest.head != "over" or rest.args[:2] != ("prod", _place("so far", axes)):
        return None
    shortened = rest.args[2]
    if shortened.head != "index" or shortened.args[-1] != Expression("slice", (None, -1, None)):
        return None
    return shortened.args[0], axes


def as_one_hot(formula: Expression) -> Expression:
    """Writes where a place is that of a label as a one-hot row."""
    (condition,) = formula.args
    if condition.head == "compare" and condition.args[0] == "=" and condition.args[1].head == "over":
        name, *_ = condition.args[1].args
        if name == "range" and condition.args[2].head == "symbol":
            return call("onehot", condition.args[2])
    return formula


def with_flat_cases(formula: Expression) -> Expression:
    """Writes cases within a case beside each other: what holds in both, and what holds in the outer one."""
    value, condition, *rest = formula.args
    if value.head != "cases" or len(value.args) != 3:
        return formula
    inner, narrower, otherwise = value.args
    both = Expression("logic", ("and", narrower, condition))
    return Expression("cases", (inner, both, otherwise, condition, *rest))


def softplus(x: Expression) -> Expression:
    """Returns log(1 + exp(x))."""
    return call("log", plus(number(1), call("exp", x)))
