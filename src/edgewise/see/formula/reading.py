"""Reading: from the Program of a kernel to its formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...record.primitives import INDEX
from ...record.program import Operand, Program, Step, Value
from .expression import Expression, call, minus, number, plus, product, quotient, symbol
from .numerals import known_number
from .sharing import with_definitions
from .tidy import tidy

LONGEST = 60
"""A formula of more pieces than this says less than the operation's name."""


class TooLongError(Exception):
    """The formula would have too many pieces to be read."""


class Reader:
    """Makes the formula of a Program.

    Parameters
    ----------
    program:
        What to read.
    symbols:
        A formula for each input, and for constants that have one.
    whole:
        Whether arrays are written as such, with ⊙ between; else the formula is of single elements.
    sizes:
        What counts of elements are recognised by: a product of sizes, to the axes and the array that it is of.
    floats:
        Values that are floating-point numbers from outside, at single points of which a kernel may take care.
    """

    def __init__(
        self,
        program: Program,
        symbols: Mapping[Value, Expression],
        *,
        whole: bool,
        counts: Mapping[float, Expression] | None = None,
    ) -> None:
        self.program = program
        self.known: dict[Value, Expression] = dict(symbols)
        self.whole = whole
        self.counts = counts or {}
        self.made: dict[Value, Step] = {}
        self.arrays = {value for value in program.inputs if math.prod(value.shape) != 1 or value.shape != ()}
        for value, array in program.constants.items():
            if value not in self.known:
                self.known[value] = _constant(array)
            elif value.shape:
                self.arrays.add(value)

    def formula(self) -> Expression:
        """Of the Program's only output. Raises TooLongError."""
        for step in self.program.steps:
            self.made[step.output] = step
            read = _READINGS.get(step.primitive)
            formula = _named(self, step) if read is None else read(self, step)
            if formula.size > 20 * LONGEST:
                raise TooLongError
            self.known[step.output] = formula
            if any(isinstance(x, Value) and x in self.arrays for x in step.operands) and step.output.shape:
                self.arrays.add(step.output)
        formula = with_definitions(tidy(self.known[self.program.outputs[0]]))
        if formula.size > LONGEST or sum(piece.head in ("slice", "at") for piece in formula.walk()) > 4:
            raise TooLongError
        return formula

    def of(self, operand: Operand) -> Expression:
        """The formula of an operand."""
        if isinstance(operand, Value):
            return self.known[operand]
        if operand is None:
            return symbol("none")
        return self.counts.get(operand) or known_number(operand) or number(operand)

    def is_array(self, operand: Operand) -> bool:
        """Whether an operand is written as an array: it depends on one, and is no single number."""
        return self.whole and isinstance(operand, Value) and operand in self.arrays

    def maker(self, operand: Operand) -> Step | None:
        """The step that made an operand, casts and views set aside."""
        step = self.made.get(operand) if isinstance(operand, Value) else None
        while step is not None and step.primitive in ("cast", "broadcast_to", "reshape"):
            inner = step.operands[0]
            step = self.made.get(inner) if isinstance(inner, Value) else None
        return step


def _constant(array: Any) -> Expression:
    """A constant of equal elements is a number."""
    first = array.flat[0].item() if array.size else 0
    if array.size <= 1 or bool(np.all(array == first)) or bool(np.all(np.isnan(array))):
        return known_number(first) or number(first)
    if max(array.shape) == array.size and np.array_equal(array.reshape(-1), np.arange(array.size)):
        return symbol("range")
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return symbol("I")
    return symbol("C")


Reading = Callable[[Reader, Step], Expression]


def _named(reader: Reader, step: Step) -> Expression:
    """As a function of its name, with the numbers among its parameters."""
    more = [number(value) for value in step.params.values() if type(value) in (int, float) and value != 0]
    return call(_FUNCTIONS.get(step.primitive, step.primitive), *map(reader.of, step.operands), *more)


def _multiply(reader: Reader, step: Step) -> Expression:
    a, b = step.operands
    factors = reader.of(a), reader.of(b)
    return Expression("hadamard", factors) if reader.is_array(a) and reader.is_array(b) else product(*factors)


def _divide(reader: Reader, step: Step) -> Expression:
    a, b = step.operands
    return quotient(reader.of(a), reader.of(b))


def _add(reader: Reader, step: Step) -> Expression:
    return Expression("add", tuple(map(reader.of, step.operands)))


def _subtract(reader: Reader, step: Step) -> Expression:
    a, b = map(reader.of, step.operands)
    return Expression("add", (a, Expression("neg", (b,))))


def _head(head: str) -> Reading:
    return lambda reader, step: Expression(head, tuple(map(reader.of, step.operands)))


def _square(reader: Reader, step: Step) -> Expression:
    return Expression("pow", (reader.of(step.operands[0]), number(2)))


def _reciprocal(reader: Reader, step: Step) -> Expression:
    return quotient(number(1), reader.of(step.operands[0]))


def _expm1(reader: Reader, step: Step) -> Expression:
    return minus(call("exp", reader.of(step.operands[0])), number(1))


def _log1p(reader: Reader, step: Step) -> Expression:
    return call("log", plus(number(1), reader.of(step.operands[0])))


def _logaddexp(reader: Reader, step: Step) -> Expression:
    return call("log", plus(*(call("exp", reader.of(x)) for x in step.operands)))


def _hypot(reader: Reader, step: Step) -> Expression:
    return call("sqrt", plus(*(Expression("pow", (reader.of(x), number(2))) for x in step.operands)))


def _compare(sign: str) -> Reading:
    return lambda reader, step: Expression("compare", (sign, *map(reader.of, step.operands)))


def _logic(kind: str, bits: str = "") -> Reading:
    def read(reader: Reader, step: Step) -> Expression:
        arguments = tuple(map(reader.of, step.operands))
        return (
            call(bits, *arguments) if bits and step.output.dtype != "bool" else Expression("logic", (kind, *arguments))
        )

    return read


def _cast(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    formula = reader.of(x)
    is_condition = isinstance(x, Value) and x.dtype == "bool" and step.output.dtype != "bool"
    return Expression("indicator", (formula,)) if is_condition else formula


def _where(reader: Reader, step: Step) -> Expression:
    """Choices, but not the guards by which code avoids dividing by zero and the like."""
    condition, a, b = step.operands
    if reader.of(a).head == "number" and _is_guard(reader, condition):
        return reader.of(b)
    asked = reader.maker(condition)
    if asked is not None and asked.primitive == "isfinite" and reader.of(b).head == "number":
        return reader.of(a)
    return Expression("cases", (reader.of(a), reader.of(condition), reader.of(b)))


def _is_guard(reader: Reader, condition: Operand) -> bool:
    """Whether a condition holds at single points of floating-point numbers only."""
    step = reader.maker(condition)
    if step is None:
        return False
    if step.primitive == "isnan":
        return True
    if step.primitive == "equal":
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
            return reader.of(x)
        axes = None if axis is None else tuple(a % rank for a in ((axis,) if isinstance(axis, int) else axis))
        if axes is not None and len(axes) == rank:
            axes = None
        return Expression("over", (name, axes, reader.of(x)))

    return read


def _along(name: str) -> Reading:
    def read(reader: Reader, step: Step) -> Expression:
        x = step.operands[0]
        axis = step.params["axis"]
        axes = axis if isinstance(axis, tuple) else (axis,)
        rank = len(x.shape) if isinstance(x, Value) else 0
        arguments = list(map(reader.of, step.operands))
        for size in (step.params.get("shift"), step.params.get("repeats")):
            if size is not None:
                arguments += map(number, size if isinstance(size, tuple) else (size,))
        return Expression("over", (name, tuple(a % rank for a in axes), *arguments))

    return read


def _concat(reader: Reader, step: Step) -> Expression:
    """Arrays that have been given the axis, each with one place along it, are stacked."""
    formula = _along("concat")(reader, step)
    _, axes, *parts = formula.args
    stacked = all(_added(reader, operand) == axes for operand in step.operands)
    return Expression("over", ("stack", axes, *parts)) if stacked else formula


def _added(reader: Reader, operand: Operand) -> tuple[int, ...] | None:
    """The axes of size 1 that an operand was given."""
    step = reader.made.get(operand) if isinstance(operand, Value) else None
    if step is None or step.primitive != "reshape":
        return None
    return _added_ones(_shape(step.operands[0]), step.output.shape)


def _reshape(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    formula = reader.of(x)
    if not isinstance(x, Value):
        return formula
    after = step.output.shape
    # All vectors along the last axis as rows, and back, need no saying; nor do axes of size 1.
    rows = x.shape and x.shape[-1:] == after[-1:] and 2 in (len(x.shape), len(after))
    if rows or formula.head == "number" or [n for n in x.shape if n != 1] == [n for n in after if n != 1]:
        return formula
    return call("reshape", formula)


def _added_ones(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...] | None:
    """At which axes of `after` there is a size 1 that `before` lacks; None if they differ otherwise."""
    if len(after) < len(before):
        return None
    added, i = [], 0
    for axis, size in enumerate(after):
        if i < len(before) and before[i] == size and (size != 1 or len(after) - axis == len(before) - i):
            i += 1
        elif size == 1:
            added.append(axis)
        else:
            return None
    return tuple(added) if i == len(before) else None


def _broadcast_to(reader: Reader, step: Step) -> Expression:
    return reader.of(step.operands[0])


def _permute(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    axes = tuple(step.params["axes"])
    rank = len(axes)
    formula = reader.of(x)
    if rank >= 2 and axes == (*range(rank - 2), rank - 1, rank - 2):
        return Expression("transpose", (formula,))
    return Expression("permute", (formula, axes))


def _matmul(reader: Reader, step: Step) -> Expression:
    return Expression("matmul", tuple(map(reader.of, step.operands)))


def _keyed(form: tuple[Any, ...], indices: list[Expression], shape: tuple[int, ...]) -> tuple[Expression, ...]:
    """A key as one writes it: without ends of slices that are those of the axis, and without what is behind."""
    rest = iter(indices)
    axis = 0
    behind = sum(part is not None and part is not Ellipsis for part in form)
    key = []
    for part in form:
        if part is Ellipsis:
            key.append(Expression("all", (True,)))
            axis += len(shape) - behind
            continue
        if part is INDEX:
            key.append(_plain_index(next(rest)))
        elif isinstance(part, slice):
            key.append(_plain_slice(part, shape[axis] if axis < len(shape) else 0))
        elif part is None:
            key.append(symbol("new"))
            continue
        else:
            key.append(number(part))
        axis += 1
    while len(key) > 1 and key[-1].head == "all":
        key.pop()
    return tuple(key)


def _plain_index(index: Expression) -> Expression:
    """Index arrays are reshaped only to fit one another."""
    inner: Expression = index.args[1] if index.head == "call" and index.args[0] == "reshape" else index
    return inner


def _plain_slice(part: slice, size: int) -> Expression:
    step = None if part.step == 1 else part.step
    backwards = step is not None and step < 0
    start, stop = part.start, part.stop
    if start == (size - 1 if backwards else 0):
        start = None
    if not backwards and stop is not None and stop >= size:
        stop = None
    if (start, stop, step) == (None, None, None):
        return Expression("all", ())
    return Expression("slice", (start, stop, step))


def _slice(reader: Reader, step: Step) -> Expression:
    return Expression("index", (reader.of(step.operands[0]), *_keyed(step.params["key"], [], _shape(step.operands[0]))))


def _shape(operand: Operand) -> tuple[int, ...]:
    return operand.shape if isinstance(operand, Value) else ()


def _gather(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.of, step.operands)
    return Expression("index", (x, *_keyed(step.params["form"], indices, _shape(step.operands[0]))))


def _scatter_add(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.of, step.operands)
    return Expression("at", (x, number(0), *_keyed(step.params["form"], indices, step.output.shape)))


def _put(reader: Reader, step: Step) -> Expression:
    base, x, *indices = map(reader.of, step.operands)
    return Expression("at", (x, base, *_keyed(step.params["form"], indices, step.output.shape)))


def _apply(reader: Reader, step: Step) -> Expression:
    name, params = step.params["operation"], step.params["params"]
    arguments = [reader.of(x) for x in step.operands if x is not None]
    axis = params.get("axis")
    first = step.operands[0]
    rank = len(first.shape) if isinstance(first, Value) else 0
    sign = SIGNS.get(name, name)
    if "inputs" in params and "output" in params:
        arguments.insert(0, symbol(f"{', '.join(params['inputs'])} → {params['output']}"))
    if params.get("order"):
        sign += "′" * params["order"]
    if isinstance(axis, int) and not isinstance(axis, bool) and rank:
        return Expression("over", (sign, (axis % rank,), *arguments))
    return call(sign, *arguments)


SIGNS = {"sigmoid": "σ"}
"""What operations are called in textbooks, where that is not their name."""

_FUNCTIONS = {
    "acos": "arccos",
    "acosh": "arcosh",
    "asin": "arcsin",
    "asinh": "arsinh",
    "atan": "arctan",
    "atan2": "atan2",
    "atanh": "artanh",
    "maximum": "max",
    "minimum": "min",
    "sign": "sgn",
    "log2": "log₂",
    "log10": "log₁₀",
    "remainder": "mod",
    "floor_divide": "floor_div",
    "log_of_abs_det": "logabsdet",
    "inv": "inv",
}

_READINGS: dict[str, Reading] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
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
    "bitwise_and": _logic("and", "bitand"),
    "bitwise_or": _logic("or", "bitor"),
    "bitwise_invert": _logic("not", "bitnot"),
    "cast": _cast,
    "where": _where,
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "argmax", "argmin", "all", "any")},
    "cumulative_sum": _along("cumsum"),
    "cumulative_prod": _along("cumprod"),
    "concat": _concat,
    **{name: _along(name) for name in ("flip", "roll", "repeat", "sort", "argsort", "take_along_axis")},
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "permute": _permute,
    "matmul": _matmul,
    "slice": _slice,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "put": _put,
    "expm1": _expm1,
    "log1p": _log1p,
    "logaddexp": _logaddexp,
    "hypot": _hypot,
    "apply": _apply,
}
