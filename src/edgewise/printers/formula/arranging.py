"""Readings of steps that arrange, pick and place elements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...program.primitives import INDEX
from ...program.program import Operand, Step, Value
from .expression import Expression, call, number, symbol

if TYPE_CHECKING:
    from .reading import Reader, Reading


def _along(name: str) -> Reading:
    def read(reader: Reader, step: Step) -> Expression:
        x = step.operands[0]
        axis = step.params["axis"]
        axes = axis if isinstance(axis, tuple) else (axis,)
        rank = len(x.shape) if isinstance(x, Value) else 0
        arguments = list(map(reader.formula_of, step.operands))
        for size in (step.params.get("shift"), step.params.get("repeats")):
            if size is not None:
                arguments += map(number, size if isinstance(size, tuple) else (size,))
        return Expression("over", (name, tuple(a % rank for a in axes), *arguments))

    return read


def along_rows(x: Expression, places: Expression, axis: int, rank: int) -> Expression:
    """Writes the elements at places along an axis, each from its own row: x[i, t]."""
    axis %= rank
    return Expression("index", (x, *[symbol("range")] * axis, places, *[symbol("range")] * (rank - axis - 1)))


def _take_along_axis(reader: Reader, step: Step) -> Expression:
    x, places = map(reader.formula_of, step.operands)
    return along_rows(x, places, step.params["axis"], len(step.output.shape))


def _concat(reader: Reader, step: Step) -> Expression:
    """Reads a concatenation; arrays that each got a new axis of size 1 for it are stacked."""
    formula = _along("concat")(reader, step)
    _, (axis,), *parts = formula.args
    stacked = all(_has_inserted_axis(reader, operand, axis) for operand in step.operands)
    return Expression("over", ("stack", (axis,), *parts)) if stacked else formula


def _has_inserted_axis(reader: Reader, operand: Operand, axis: int) -> bool:
    """Says whether an operand is another array with an axis of size 1 inserted."""
    step = reader.makers.get(operand) if isinstance(operand, Value) else None
    if step is None or step.primitive not in ("reshape", "slice"):
        return False
    shape = step.output.shape
    return shape[axis] == 1 and _shape(step.operands[0]) == shape[:axis] + shape[axis + 1 :]


def _reshape(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    formula = reader.formula_of(x)
    if not isinstance(x, Value):
        return formula
    after = step.output.shape
    if formula == symbol("range") and len(after) > 1 and math.prod(after) == max(after):
        return Expression("over", ("range", (after.index(max(after)),)))
    # A reshape to rows of a matrix, back from them, or of axes of size 1 is not written.
    if (
        is_rows(reader, step)
        or _was_rows(reader, step)
        or formula.head == "number"
        or [n for n in x.shape if n != 1] == [n for n in after if n != 1]
    ):
        return formula
    return call("reshape", formula)


_USERS_OF_ROWS = {"matmul", "permute", "sum", "scatter_add", "gather"}


def is_rows(reader: Reader, step: Step | None) -> bool:
    """Says whether a step makes all vectors along the last axis the rows of one matrix."""
    if step is None or step.primitive != "reshape" or len(step.output.shape) != 2:
        return False
    before = _shape(step.operands[0])
    uses = {use.primitive for use in reader.users.get(step.output, ())}
    return len(before) > 2 and before[-1] == step.output.shape[-1] and bool(uses) and uses <= _USERS_OF_ROWS


def _was_rows(reader: Reader, step: Step) -> bool:
    before, after = _shape(step.operands[0]), step.output.shape
    maker = reader.maker(step.operands[0])
    was_matrix = maker is not None and maker.primitive in ("matmul", "add", "gather")
    return was_matrix and len(before) == 2 < len(after) and before[-1] == after[-1]


def _broadcast_to(reader: Reader, step: Step) -> Expression:
    return reader.formula_of(step.operands[0])


def _permute(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    axes = tuple(step.params["axes"])
    rank = len(axes)
    formula = reader.formula_of(x)
    if rank >= 2 and axes == (*range(rank - 2), rank - 1, rank - 2):
        return Expression("transpose", (formula,))
    return Expression("permute", (formula, axes))


def _matmul(reader: Reader, step: Step) -> Expression:
    """Reads a product; one of all rows of two stacks is the sum of the products of their matrices."""
    formula = Expression("matmul", tuple(map(reader.formula_of, step.operands)))
    a, b = (reader.makers.get(x) if isinstance(x, Value) else None for x in step.operands)
    if a is None or b is None or a.primitive != "permute" or not isinstance(a.operands[0], Value):
        return formula
    rows = reader.makers.get(a.operands[0])
    if rows is None or not is_rows(reader, rows) or not is_rows(reader, b):
        return formula
    left, right = _shape(rows.operands[0]), _shape(b.operands[0])
    return Expression("over", ("sum", tuple(range(len(left) - 2)), formula)) if left[:-1] == right[:-1] else formula


FURTHER_MASK_AXIS = symbol("")
"""Stands for the indices of a mask's further axes, since the mask is written once."""


def _written_key(form: tuple[Any, ...], indices: list[Expression], shape: tuple[int, ...]) -> tuple[Expression, ...]:
    """Writes a key as in code, without the ends of slices at the ends of the axis, and without trailing full slices."""
    rest = iter(indices)
    axis = 0
    consuming = sum(part is not None and part is not Ellipsis for part in form)
    key = []
    for part in form:
        if part is Ellipsis:
            key.append(Expression("all", (True,)))
            axis += len(shape) - consuming
            continue
        if part is INDEX:
            index = _plain_index(next(rest))
            if index != FURTHER_MASK_AXIS:
                key.append(index)
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
    """Looks through a reshape, which only makes index arrays fit one another."""
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
    x = step.operands[0]
    sizes = [size for size in _shape(x) if size != 1]
    if sizes == [size for size in step.output.shape if size != 1] and all(
        part in (0, None, Ellipsis) or part == slice(None) for part in step.params["key"]
    ):
        return reader.formula_of(x)  # axes of size 1 are dropped
    return Expression("index", (reader.formula_of(x), *_written_key(step.params["key"], [], _shape(x))))


def _shape(operand: Operand) -> tuple[int, ...]:
    return operand.shape if isinstance(operand, Value) else ()


def _gather(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.formula_of, step.operands)
    return Expression("index", (x, *_written_key(step.params["form"], indices, _shape(step.operands[0]))))


def _scatter_add(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.formula_of, step.operands)
    key = _written_key(step.params["form"], indices, step.output.shape)
    # Index arrays can pick an element more than once; masks can't.
    is_summed = any(index not in reader.masks for index in step.operands[1:])
    return Expression("scatter", (x, *key)) if is_summed else Expression("at", (x, number(0), *key))


def _put(reader: Reader, step: Step) -> Expression:
    base, x, *indices = map(reader.formula_of, step.operands)
    return Expression("at", (x, base, *_written_key(step.params["form"], indices, step.output.shape)))


READINGS: dict[str, Reading] = {
    "cumulative_sum": _along("cumsum"),
    "cumulative_prod": _along("cumprod"),
    "concat": _concat,
    **{name: _along(name) for name in ("flip", "roll", "repeat", "sort", "argsort")},
    "take_along_axis": _take_along_axis,
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "permute": _permute,
    "matmul": _matmul,
    "slice": _slice,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "put": _put,
}
