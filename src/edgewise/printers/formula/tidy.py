"""Simplifies formulas for reading: 1·x, x + 0, −(−x), x·x.

A simplified formula has the same finite values up to rounding. So x/x stays, since it is undefined at 0, but
exp(x)/exp(x) becomes 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .expression import Expression, call, negative, number, plus, quotient
from .mathematics import as_function_value, as_one_hot, as_product_of_others, as_running_sum, with_flat_cases

ZERO, ONE = number(0), number(1)


def tidy(formula: Expression) -> Expression:
    """Simplifies a formula. To do so twice changes nothing more."""
    formula = formula.with_children(tidy)
    rule = _RULES.get(formula.head)
    return formula if rule is None else rule(formula)


def value_of(formula: Expression) -> float | int | None:
    """Returns the value of a number; None for other expressions."""
    return formula.args[0] if formula.head == "number" else None


def _neg(formula: Expression) -> Expression:
    (x,) = formula.args
    value = value_of(x)
    if value is not None:
        return number(-value) if value != 0 else ZERO
    if x.head == "neg":
        inner: Expression = x.args[0]
        return inner
    if x.head == "add" and any(term.head == "neg" for term in x.args):
        return _add(plus(*(_neg(negative(term)) for term in x.args)))
    if x.head in ("mul", "div"):
        return _product(Expression("mul", (number(-1), x)))
    return formula


def _add(formula: Expression) -> Expression:
    terms: list[Expression] = []
    constant: float | int = 0
    at = None
    for term in formula.args:
        for part in term.args if term.head == "add" else (term,):
            value = value_of(part)
            if value is None:
                terms.append(part)
            else:
                at = len(terms) if at is None else at
                constant += value
    terms = _without_overflow_guard(terms)
    if constant != 0 and at is not None:
        terms.insert(min(at, len(terms)), number(constant))
    if not terms:
        return number(constant)
    if len(terms) == 1:
        return terms[0]
    # A positive term comes first, if there is one.
    if _is_minus(terms[0]):
        positive = next((i for i, term in enumerate(terms) if not _is_minus(term)), None)
        if positive is not None:
            terms.insert(0, terms.pop(positive))
    return plus(*terms)


def _without_overflow_guard(terms: list[Expression]) -> list[Expression]:
    """Writes max(x, 0) + log(1 + exp(−|x|)) as log(1 + exp(x)), which is the same number.

    Likewise min(x, 0) − log(1 + exp(−|x|)) is −log(1 + exp(−x)).
    """
    for i, term in enumerate(terms):
        if term.head != "call" or term.args[0] not in ("max", "min") or term.args[2:] != (ZERO,):
            continue
        x = term.args[1]
        guarded = _softplus(_neg(negative(call("abs", x))))
        wanted = guarded if term.args[0] == "max" else negative(guarded)
        if wanted in terms:
            plain = _softplus(x) if term.args[0] == "max" else negative(_softplus(_neg(negative(x))))
            return [plain if j == i else one for j, one in enumerate(terms) if one != wanted]
        for bounded in terms:
            condition = _condition_of(bounded, wanted)
            if condition is not None and condition.args[:2] == ("≤", x) and term.args[0] == "max":
                bound = value_of(condition.args[2])
                beyond = x if bound is not None and bound >= 0 else term
                chosen = Expression("cases", (_softplus(x), condition, beyond))
                return [chosen if j == i else one for j, one in enumerate(terms) if one is not bounded]
    return terms


def _condition_of(term: Expression, factor: Expression) -> Expression | None:
    """Returns the comparison under which a term is a factor, and else 0."""
    if term.head not in ("mul", "hadamard") or len(term.args) != 2 or factor not in term.args:
        return None
    other: Expression = term.args[0] if term.args[1] == factor else term.args[1]
    condition: Expression | None = other.args[0] if other.head == "indicator" else None
    return condition if condition is not None and condition.head == "compare" else None


def _softplus(x: Expression) -> Expression:
    return call("log", plus(ONE, call("exp", x)))


def _is_minus(term: Expression) -> bool:
    value = value_of(term)
    return term.head == "neg" or (value is not None and value < 0)


class _Factors:
    """The factors of a product: numbers, and bases with their exponents above and below the line."""

    def __init__(self) -> None:
        self.coefficient: float | int = 1
        self.divisor: float | int = 1
        self.powers: dict[Expression, tuple[float | int, float | int, bool]] = {}

    def multiply_by(self, formula: Expression, exponent: float | int, array: bool) -> None:
        head, args = formula.head, formula.args
        value = value_of(formula)
        if value is not None and (value != 0 or exponent > 0):
            self._number(value, exponent)
        elif head == "neg":
            self._number(-1, exponent)
            self.multiply_by(args[0], exponent, array)
        elif head in ("mul", "hadamard"):
            for factor in args:
                self.multiply_by(factor, exponent, array or head == "hadamard")
        elif head == "div":
            self.multiply_by(args[0], exponent, array)
            self.multiply_by(args[1], -exponent, array)
        elif head == "pow" and value_of(args[1]) is not None:
            power = exponent * args[1].args[0]
            if args[0].head in ("div", "mul", "neg") and is_whole(power):
                self.multiply_by(args[0], int(power), array)
            else:
                self._base(args[0], power, array)
        else:
            self._base(formula, exponent, array)

    def _number(self, value: float | int, exponent: float | int) -> None:
        value = value if is_whole(value) else float(value)
        if is_whole(exponent) and abs(exponent) <= 8:
            try:
                power = value ** int(abs(exponent))
            except OverflowError:
                power = None
            if power is not None:
                if exponent > 0:
                    self.coefficient *= power
                else:
                    self.divisor *= power
                return
        self._base(number(value), exponent, False)

    def _base(self, base: Expression, exponent: float | int, array: bool) -> None:
        above, below, was_array = self.powers.get(base, (0, 0, False))
        above, below = (above + exponent, below) if exponent > 0 else (above, below - exponent)
        if above and below and sign_of(base)[1]:
            above, below = max(above - below, 0), max(below - above, 0)
        self.powers[base] = (above, below, array or was_array)

    def normalise(self) -> None:
        """Combines the coefficient and the divisor into one number, where that is exact or shorter."""
        if self.divisor < 0:
            self.coefficient, self.divisor = -self.coefficient, -self.divisor
        if is_whole(self.divisor) and is_whole(self.coefficient):
            self.coefficient, self.divisor = int(self.coefficient), int(self.divisor)
            if self.divisor and self.coefficient % self.divisor == 0:
                self.coefficient, self.divisor = self.coefficient // self.divisor, 1
        elif self.divisor not in (0, 1) and (
            self.coefficient != 1 or len(repr(1 / self.divisor)) <= len(repr(self.divisor))
        ):
            self.coefficient, self.divisor = self.coefficient / self.divisor, 1
        for small in (0.5, 0.25):
            if abs(self.coefficient) == small and self.divisor == 1:
                self.coefficient, self.divisor = (1 if self.coefficient > 0 else -1), int(1 / small)


def _product(formula: Expression) -> Expression:
    factors = _Factors()
    factors.multiply_by(formula, 1, formula.head == "hadamard")
    factors.normalise()
    if factors.coefficient == 0:
        return ZERO
    above = _side(factors, 1)
    below = _side(factors, -1)
    sign = factors.coefficient < 0
    size = abs(factors.coefficient)
    if size != 1 or not above:
        above = _with_number(size, above) if above else number(size)
    if factors.divisor != 1:
        below = _with_number(factors.divisor, below) if below else number(factors.divisor)
    assert above is not None
    result = above if below is None else _as_mean(above, below) or quotient(above, below)
    if not sign:
        return result
    value = value_of(result)
    return negative(result) if value is None else number(-value)


def _with_number(value: float | int, rest: Expression) -> Expression:
    return Expression("mul", (number(value), *(rest.args if rest.head == "mul" else (rest,))))


def _as_mean(above: Expression, below: Expression) -> Expression | None:
    """Writes a sum divided by a count as 1/n Σ; None for other quotients."""
    parts = above.args if above.head in ("mul", "hadamard") else (above,)
    heads = _heads(below)
    is_count = "count" in heads and heads <= {"count", "add", "number", "symbol", "neg"}
    if not is_count and not (heads == {"number"} and any(part.head == "each" for part in parts)):
        return None
    if not any(piece.head in ("over", "each") for part in parts for piece in (part, *part.children[:1])):
        return None
    return Expression("mul", (quotient(ONE, below), *(above.args if above.head == "mul" else (above,))))


def _heads(formula: Expression) -> set[str]:
    """Returns the heads of all pieces that are written: a count is written n."""
    inner = () if formula.head == "count" else formula.children
    return {formula.head}.union(*map(_heads, inner))


def sign_of(formula: Expression) -> tuple[bool, bool]:
    """Says whether a formula is never negative, and whether it is never 0, for all finite values of its symbols.

    This is known for numbers, counts, exp(x), 1 + x² and the like; else it is False.
    """
    head, args = formula.head, formula.args
    if head == "number":
        return args[0] >= 0, args[0] != 0
    if head == "count":
        return True, True
    signs = [sign_of(child) for child in formula.children]
    never_negative, never_zero = all(sign[0] for sign in signs), all(sign[1] for sign in signs)
    if head == "neg":
        return False, never_zero
    if head in ("mul", "hadamard", "div"):
        return never_negative, never_zero
    if head == "add":
        return never_negative, never_negative and any(sign[1] for sign in signs)
    if head == "pow":
        power = value_of(args[1])
        even = power is not None and power % 2 == 0
        return even or signs[0][0], signs[0][1] and (power is not None or signs[0][0])
    if head == "call":
        if args[0] in ("exp", "cosh", "σ"):
            return True, True
        if args[0] in ("sqrt", "abs"):
            return True, never_zero
        if args[0] == "log":
            return False, value_of(args[1]) not in (None, 1)
    return False, False


def _side(factors: _Factors, sign: int) -> Expression | None:
    """Joins the factors of the numerator (sign 1) or denominator (−1) into a formula; None if there are none."""
    scalars: list[Expression] = []
    arrays: list[Expression] = []
    for base, (over, under, array) in factors.powers.items():
        power = over if sign > 0 else under
        if power:
            (arrays if array else scalars).append(base if power == 1 else _power(base, number(_whole(power))))
    if len(arrays) > 1:
        scalars.append(Expression("hadamard", tuple(arrays)))
    else:
        scalars += arrays
    if not scalars:
        return None
    return scalars[0] if len(scalars) == 1 else Expression("mul", tuple(scalars))


def _whole(value: float | int) -> float | int:
    return int(value) if is_whole(value) else value


def _power(base: Expression, exponent: Expression) -> Expression:
    if value_of(exponent) == 0.5:
        return call("sqrt", base)
    if value_of(exponent) == 2 and base.head == "call" and base.args[0] == "sqrt" and sign_of(base.args[1])[0]:
        inner: Expression = base.args[1]
        return inner
    return Expression("pow", (base, exponent))


def _pow(formula: Expression) -> Expression:
    base, exponent = formula.args
    power = value_of(exponent)
    if power == 1:
        return base  # type: ignore[no-any-return]
    if power == 0:
        return ONE
    if power == -1:
        return _product(quotient(ONE, base))  # an exponent of −1 is the inverse of a matrix
    if power is not None:
        return _product(Expression("mul", (formula,)))
    return formula


def _compare(formula: Expression) -> Expression:
    """Simplifies a comparison: max(x, 0) > 0 is x > 0."""
    sign, a, b = formula.args
    if a == b and sign in ("=", "≠"):
        isnan = call("isnan", a)
        return isnan if sign == "≠" else Expression("logic", ("not", isnan))
    if value_of(b) == 0 and a.head == "add" and len(a.args) == 2 and a.args[1].head == "neg":
        return Expression("compare", (sign, a.args[0], a.args[1].args[0]))
    if sign == ">" and a.head == "call" and a.args[0] == "max" and len(a.args) == 3 and a.args[2] == b:
        return Expression("compare", (sign, a.args[1], b))
    return formula


def _cases(formula: Expression) -> Expression:
    """Simplifies cases: in the value elsewhere, the condition is known to be false."""
    value, condition, *rest = formula.args
    if len(rest) != 1:
        return formula
    elsewhere = _assuming(rest[0], condition)
    if value == elsewhere:
        return value  # type: ignore[no-any-return]
    numbers = value_of(value), value_of(elsewhere)
    if numbers == (1, 0):
        return Expression("indicator", (condition,))
    if numbers == (0, 1):
        return Expression("indicator", (_not(Expression("logic", ("not", condition))),))
    more = elsewhere.args if elsewhere.head == "cases" else (elsewhere,)
    return with_flat_cases(Expression("cases", (value, condition, *more)))


def _index(formula: Expression) -> Expression:
    """Simplifies an index: all elements are the array."""
    x, *key = formula.args
    return x if all(part.head == "all" for part in key) else formula


def _element(formula: Expression) -> Expression:
    """Simplifies an element: all elements of a number are the number."""
    array: Expression = formula.args[0]
    return array if array.head == "number" else formula


def _assuming(formula: Expression, condition: Expression) -> Expression:
    if formula.head == "cases" and formula.args[1] == condition and len(formula.args) == 3:
        elsewhere: Expression = formula.args[2]
        return elsewhere
    return formula.with_children(lambda child: _assuming(child, condition))


def _transpose(formula: Expression) -> Expression:
    (x,) = formula.args
    if x.head == "transpose":
        inner: Expression = x.args[0]
        return inner
    if x.head == "matmul" and any(factor.head == "transpose" for factor in x.args):
        return _matmul(Expression("matmul", tuple(_transpose(Expression("transpose", (f,))) for f in x.args[::-1])))
    return formula


def _matmul(formula: Expression) -> Expression:
    """Moves signs and numbers before a product of matrices."""
    factors: list[Expression] = []
    before: list[Expression] = []
    for factor in formula.args:
        inner = factor
        if inner.head == "neg":
            before.append(number(-1))
            inner = inner.args[0]
        if inner.head == "mul" and value_of(inner.args[0]) is not None and len(inner.args) == 2:
            before.append(inner.args[0])
            inner = inner.args[1]
        factors += inner.args if inner.head == "matmul" else [inner]
    result = Expression("matmul", tuple(factors))
    return _product(Expression("mul", (*before, result))) if before else result


def _not(formula: Expression) -> Expression:
    kind, *arguments = formula.args
    if kind == "not" and arguments[0].head == "compare":
        opposite = {"=": "≠", "≠": "="}.get(arguments[0].args[0])
        if opposite:
            return Expression("compare", (opposite, *arguments[0].args[1:]))
    return formula


_RULES: dict[str, Callable[[Expression], Any]] = {
    "neg": _neg,
    "add": _add,
    "mul": lambda formula: _product(as_product_of_others(formula)),
    "hadamard": lambda formula: _product(as_product_of_others(formula)),
    "div": _product,
    "pow": _pow,
    "compare": _compare,
    "cases": _cases,
    "transpose": _transpose,
    "matmul": _matmul,
    "logic": _not,
    "index": _index,
    "element": _element,
    "call": as_function_value,
    "over": as_running_sum,
    "indicator": as_one_hot,
}


def is_whole(value: float | int) -> bool:
    """Says whether a number is an integer that floating-point numbers hold exactly; infinities and NaN are not."""
    return -(2**53) <= value <= 2**53 and value == int(value)
