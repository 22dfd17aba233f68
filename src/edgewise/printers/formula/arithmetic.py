"""Readings of steps that compute with elements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...program.program import Operand, Step, Value
from .arranging import is_rows
from .expression import Expression, call, minus, negative, number, plus, product, quotient, symbol

if TYPE_CHECKING:
    from .reading import Reader, Reading


def as_function(reader: Reader, step: Step) -> Expression:
    """Reads a step as a function of its name, with its numeric parameters as arguments."""
    more = [number(value) for value in step.params.values() if type(value) in (int, float) and value != 0]
    return call(FUNCTION_NAMES.get(step.primitive, step.primitive), *map(reader.formula_of, step.operands), *more)


def _multiply(reader: Reader, step: Step) -> Expression:
    a, b = step.operands
    factors = reader.formula_of(a), reader.formula_of(b)
    if not (reader.is_array(a) and reader.is_array(b)):
        return product(*factors)
    outer = _outer(reader, step)
    if outer is not None:
        return outer
    scaled = _scaling_vector(reader, step)
    if scaled is None:
        return Expression("hadamard", factors)
    vector, is_column = scaled
    of_vector = call("diag", factors[vector])
    return Expression("matmul", (of_vector, factors[1 - vector]) if is_column else (factors[1 - vector], of_vector))


def _scaling_vector(reader: Reader, step: Step) -> tuple[int, bool] | None:
    """Finds the operand that is a vector scaling a matrix: its position, and whether it is a column."""
    shape = step.output.shape
    if len(shape) != 2 or 1 in shape:
        return None
    shapes = [x.shape if isinstance(x, Value) else () for x in step.operands]
    for i, operand in enumerate(step.operands):
        if isinstance(operand, Value) and shapes[1 - i] == shape and len(_shape_without_ones(reader, operand)) == 1:
            if shapes[i] == (shape[0], 1):
                return i, True
            if shapes[i] in ((1, shape[1]), shape[1:]):
                return i, False
    return None


def _outer(reader: Reader, step: Step) -> Expression | None:
    """Returns the product of a column and a row, x · yᵀ as in textbooks; None if the operands are others."""
    crossed = _column_and_row(reader, step)
    if crossed is None:
        return None
    return Expression("matmul", crossed if crossed[1].head == "transpose" else crossed[::-1])


def _column_and_row(reader: Reader, step: Step) -> tuple[Expression, ...] | None:
    """Returns both operands, if one is a column and the other a row, which is transposed; else None."""
    shape = step.output.shape
    if len(shape) != 2 or 1 in shape:
        return None
    columns = []
    for operand in step.operands:
        if not isinstance(operand, Value) or len(_shape_without_ones(reader, operand)) != 1:
            return None
        columns.append(operand.shape == (shape[0], 1))
    if sum(columns) != 1:
        return None
    return tuple(
        reader.formula_of(x) if is_column else Expression("transpose", (reader.formula_of(x),))
        for x, is_column in zip(step.operands, columns, strict=True)
    )


def _shape_without_ones(reader: Reader, operand: Value) -> tuple[int, ...]:
    """Returns the shape of an operand before axes of size 1 were inserted."""
    maker = reader.makers.get(operand)
    if maker is not None and maker.primitive in ("reshape", "slice"):
        source = maker.operands[0]
        if isinstance(source, Value) and math.prod(source.shape) == math.prod(operand.shape):
            return source.shape
    if maker is not None and 1 in operand.shape and maker.primitive in _ELEMENT_BY_ELEMENT:
        inner = [x for x in maker.operands if isinstance(x, Value) and x in reader.makers and x.shape == operand.shape]
        vectors = [_shape_without_ones(reader, x) for x in inner]
        return vectors[0] if vectors and len(set(map(len, vectors))) == 1 else operand.shape
    return operand.shape


_ELEMENT_BY_ELEMENT = ("where", "add", "subtract", "multiply", "divide", "square", "sqrt", "exp", "log", "negative")
"""Primitives whose result has the orientation of their operand."""


def _operands(reader: Reader, step: Step) -> tuple[Expression, ...]:
    return _column_and_row(reader, step) or tuple(map(reader.formula_of, step.operands))


def _divide(reader: Reader, step: Step) -> Expression:
    a, b = _operands(reader, step)
    exponent = _of_sigmoid(b)
    if exponent is not None and a.head != "number":
        arrays = all(map(reader.is_array, step.operands))
        return Expression("hadamard" if arrays else "mul", (a, call("σ", exponent)))
    scaled = _scaling_vector(reader, step)
    if scaled is None or scaled[0] == 0 or not reader.is_array(step.operands[0]):
        return quotient(a, b)
    of_vector = call("diag", quotient(number(1), b))
    return Expression("matmul", (of_vector, a) if scaled[1] else (a, of_vector))


def _of_sigmoid(below: Expression) -> Expression | None:
    """Returns u where 1/below is σ(u)."""
    if below.head != "add" or len(below.args) != 2 or below.args[0] != number(1):
        return None
    power = below.args[1]
    is_power = power.head == "call" and power.args[0] == "exp" and power.args[1].head == "neg"
    return power.args[1].args[0] if is_power else None


def _add(reader: Reader, step: Step) -> Expression:
    return Expression("add", _operands(reader, step))


def _subtract(reader: Reader, step: Step) -> Expression:
    a, b = _operands(reader, step)
    return Expression("add", (a, Expression("neg", (b,))))


def _floor_divide(reader: Reader, step: Step) -> Expression:
    return call("floor", _divide(reader, step))


def _head(head: str) -> Reading:
    return lambda reader, step: Expression(head, tuple(map(reader.formula_of, step.operands)))


def _head_with_sign(sign: str) -> Reading:
    return lambda reader, step: Expression("joined", (sign, *map(reader.formula_of, step.operands)))


def _square(reader: Reader, step: Step) -> Expression:
    return Expression("pow", (reader.formula_of(step.operands[0]), number(2)))


def _reciprocal(reader: Reader, step: Step) -> Expression:
    return quotient(number(1), reader.formula_of(step.operands[0]))


def _expm1(reader: Reader, step: Step) -> Expression:
    return minus(call("exp", reader.formula_of(step.operands[0])), number(1))


def _log1p(reader: Reader, step: Step) -> Expression:
    return call("log", plus(number(1), reader.formula_of(step.operands[0])))


def _logaddexp(reader: Reader, step: Step) -> Expression:
    return call("log", plus(*(call("exp", reader.formula_of(x)) for x in step.operands)))


def _hypot(reader: Reader, step: Step) -> Expression:
    return call("sqrt", plus(*(Expression("pow", (reader.formula_of(x), number(2))) for x in step.operands)))


def _times(reader: Reader, step: Step, a: Expression, b: Expression) -> Expression:
    """Writes a product of what a step reads, element by element."""
    return Expression("hadamard" if all(map(reader.is_array, step.operands)) else "mul", (a, b))


def _remainder(reader: Reader, step: Step) -> Expression:
    """Writes what is left of a when it is divided by b, with the sign of b: a − b⌊a/b⌋."""
    a, b = map(reader.formula_of, step.operands)
    return minus(a, _times(reader, step, b, call("floor", quotient(a, b))))


def _trunc(reader: Reader, step: Step) -> Expression:
    x = reader.formula_of(step.operands[0])
    return _times(reader, step, call("sgn", x), call("floor", call("abs", x)))


def _copysign(reader: Reader, step: Step) -> Expression:
    a, b = map(reader.formula_of, step.operands)
    return Expression("cases", (call("abs", a), Expression("compare", ("≥", b, number(0))), negative(call("abs", a))))


def _atan2(reader: Reader, step: Step) -> Expression:
    """Writes the angle of the point (b, a) by the quadrant in which it lies."""
    a, b = map(reader.formula_of, step.operands)
    angle, pi, zero = call("arctan", quotient(a, b)), symbol("π"), number(0)
    is_left, is_above = Expression("compare", ("<", b, zero)), Expression("compare", ("≥", a, zero))
    return Expression(
        "cases",
        (
            angle,
            Expression("compare", (">", b, zero)),
            plus(angle, pi),
            Expression("logic", ("and", is_left, is_above)),
            minus(angle, pi),
            is_left,
            product(quotient(pi, number(2)), call("sgn", a)),
        ),
    )


def _left_shift(reader: Reader, step: Step) -> Expression:
    a, b = map(reader.formula_of, step.operands)
    return _times(reader, step, a, Expression("pow", (number(2), b)))


def _right_shift(reader: Reader, step: Step) -> Expression:
    a, b = map(reader.formula_of, step.operands)
    return call("floor", quotient(a, Expression("pow", (number(2), b))))


def _bits_inverted(reader: Reader, step: Step) -> Expression:
    """Writes the integer of all other bits: −x − 1."""
    return minus(negative(reader.formula_of(step.operands[0])), number(1))


def _size_against_infinity(sign: str) -> Reading:
    return lambda reader, step: Expression(
        "compare", (sign, call("abs", reader.formula_of(step.operands[0])), number(math.inf))
    )


def _signbit(reader: Reader, step: Step) -> Expression:
    """Asks for a minus sign; of both zeros, −0 has the reciprocal −∞."""
    x = reader.formula_of(step.operands[0])
    sides = (x, quotient(number(1), x))
    return Expression("logic", ("or", *(Expression("compare", ("<", side, number(0))) for side in sides)))


def _solve(reader: Reader, step: Step) -> Expression:
    a, b = map(reader.formula_of, step.operands)
    return Expression("matmul", (call("inv", a), b))


def _compare(sign: str) -> Reading:
    return lambda reader, step: Expression("compare", (sign, *map(reader.formula_of, step.operands)))


def _logic(kind: str, bits: str = "") -> Reading:
    """Reads a connective; between the bits of integers it has a sign."""

    def read(reader: Reader, step: Step) -> Expression:
        arguments = tuple(map(reader.formula_of, step.operands))
        if bits and step.output.dtype != "bool":
            return Expression("joined", (bits, *arguments))
        return Expression("logic", (kind, *arguments))

    return read


def _invert(reader: Reader, step: Step) -> Expression:
    return _logic("not")(reader, step) if step.output.dtype == "bool" else _bits_inverted(reader, step)


def _cast(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    formula = reader.formula_of(x)
    is_condition = isinstance(x, Value) and x.dtype == "bool" and step.output.dtype != "bool"
    return Expression("indicator", (formula,)) if is_condition else formula


def _where(reader: Reader, step: Step) -> Expression:
    """Reads a choice; a guard against division by zero and the like is left out."""
    condition, a, b = step.operands
    numbers = [reader.formula_of(one).head == "number" for one in (a, b)]
    if numbers == [True, False] and _is_guard(reader, condition):
        return reader.formula_of(b)
    asked = reader.maker(condition)
    if asked is not None and asked.primitive == "isfinite" and reader.formula_of(b).head == "number":
        return reader.formula_of(a)
    return Expression("cases", (reader.formula_of(a), reader.formula_of(condition), reader.formula_of(b)))


def _is_guard(reader: Reader, condition: Operand) -> bool:
    """Says whether a condition holds only at single floating-point numbers."""
    step = reader.maker(condition)
    if step is None:
        return False
    if step.primitive == "isnan":
        return True
    if step.primitive == "equal":
        inner = reader.maker(step.operands[0])
        if inner is not None and inner.primitive == "subtract" and _column_and_row(reader, inner) is not None:
            return False  # all pairs, of which those of an element with itself are equal
        return any(isinstance(x, Value) and x.dtype.startswith("float") for x in step.operands)
    if step.primitive in ("bitwise_and", "logical_and"):
        return any(_is_guard(reader, operand) for operand in step.operands)
    return False


def _reduction(name: str) -> Reading:
    def read(reader: Reader, step: Step) -> Expression:
        x = step.operands[0]
        rank = len(x.shape) if isinstance(x, Value) else 0
        axis = step.params.get("axis")
        if isinstance(x, Value) and math.prod(x.shape) == 1:
            return reader.formula_of(x)
        axes = None if axis is None else tuple(a % rank for a in ((axis,) if isinstance(axis, int) else axis))
        maker = reader.makers.get(x) if isinstance(x, Value) else None
        if axes == (0,) and maker is not None and is_rows(reader, maker):
            inner = maker.operands[0]
            rank = len(inner.shape) if isinstance(inner, Value) else rank
            axes = tuple(range(rank - 1))
        if axes is not None and len(axes) == rank:
            axes = None
        return Expression("over", (name, axes, reader.formula_of(x)))

    return read


FUNCTION_NAMES = {
    "acos": "arccos",
    "acosh": "arcosh",
    "asin": "arcsin",
    "asinh": "arsinh",
    "atan": "arctan",
    "atanh": "artanh",
    "maximum": "max",
    "minimum": "min",
    "sign": "sgn",
    "log2": "log₂",
    "log10": "log₁₀",
    "log_of_abs_det": "logabsdet",
    "inv": "inv",
}

READINGS: dict[str, Reading] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "floor_divide": _floor_divide,
    "negative": _head("neg"),
    "pow": _head("pow"),
    "square": _square,
    "reciprocal": _reciprocal,
    "equal": _compare("="),
    "not_equal": _compare("≠"),
    "less": _compare("<"),
    "less_equal": _compare("≤"),
    "greater": _compare(">"),
    "greater_equal": _compare("≥"),
    "logical_and": _logic("and"),
    "logical_or": _logic("or"),
    "logical_not": _logic("not"),
    "logical_xor": _head_with_sign("⊕"),
    "bitwise_and": _logic("and", "∧"),
    "bitwise_or": _logic("or", "∨"),
    "bitwise_xor": _head_with_sign("⊕"),
    "bitwise_invert": _invert,
    "bitwise_left_shift": _left_shift,
    "bitwise_right_shift": _right_shift,
    "isinf": _size_against_infinity("="),
    "isfinite": _size_against_infinity("<"),
    "signbit": _signbit,
    "remainder": _remainder,
    "trunc": _trunc,
    "copysign": _copysign,
    "atan2": _atan2,
    "cast": _cast,
    "where": _where,
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "argmax", "argmin", "all", "any")},
    "expm1": _expm1,
    "log1p": _log1p,
    "logaddexp": _logaddexp,
    "hypot": _hypot,
    "solve": _solve,
}
