"""How steps that arrange, pick and place elements are read."""

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
        arguments = list(map(reader.of, step.operands))
        for size in (step.params.get("shift"), step.params.get("repeats")):
            if size is not None:
                arguments += map(number, size if isinstance(size, tuple) else (size,))
        return Expression("over", (name, tuple(a % rank for a in axes), *arguments))

    return read


def _concat(reader: Reader, step: Step) -> Expression:
    """Arrays that have been given the axis, each with one place along it, are stacked."""
    formula = _along("concat")(reader, step)
    _, (axis,), *parts = formula.args
    stacked = all(_was_given(reader, operand, axis) for operand in step.operands)
    return Expression("over", ("stack", (axis,), *parts)) if stacked else formula


def _was_given(reader: Reader, operand: Operand, axis: int) -> bool:
    """Whether an operand was given an axis, of size 1, and is else as it was."""
    step = reader.made.get(operand) if isinstance(operand, Value) else None
    if step is None or step.primitive not in ("reshape", "slice"):
        return False
    shape = step.output.shape
    return shape[axis] == 1 and _shape(step.operands[0]) == shape[:axis] + shape[axis + 1 :]


def _reshape(reader: Reader, step: Step) -> Expression:
    (x,) = step.operands
    formula = reader.of(x)
    if not isinstance(x, Value):
        return formula
    after = step.output.shape
    if formula == symbol("range") and len(after) > 1 and math.prod(after) == max(after):
        return Expression("over", ("range", (after.index(max(after)),)))
    # All vectors along the last axis as rows, and back, need no saying; nor do axes of size 1.
    if (
        is_rows(reader, step)
        or _was_rows(reader, step)
        or formula.head == "number"
        or [n for n in x.shape if n != 1] == [n for n in after if n != 1]
    ):
        return formula
    return call("reshape", formula)


_TAKE_ROWS = {"matmul", "permute", "sum", "scatter_add", "gather"}


def is_rows(reader: Reader, step: Step | None) -> bool:
    """Whether a step lays out all vectors along the last axis as the rows of a matrix, for one product with them."""
    if step is None or step.primitive != "reshape" or len(step.output.shape) != 2:
        return False
    before = _shape(step.operands[0])
    uses = {use.primitive for use in reader.uses.get(step.output, ())}
    return len(before) > 2 and before[-1] == step.output.shape[-1] and bool(uses) and uses <= _TAKE_ROWS


def _was_rows(reader: Reader, step: Step) -> bool:
    before, after = _shape(step.operands[0]), step.output.shape
    maker = reader.maker(step.operands[0])
    made = maker is not None and maker.primitive in ("matmul", "add", "gather")
    return made and len(before) == 2 < len(after) and before[-1] == after[-1]


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
    """A product of all rows of two arrays, as matrices, is the sum of the products of their matrices."""
    formula = Expression("matmul", tuple(map(reader.of, step.operands)))
    a, b = (reader.made.get(x) if isinstance(x, Value) else None for x in step.operands)
    if a is None or b is None or a.primitive != "permute" or not isinstance(a.operands[0], Value):
        return formula
    rows = reader.made.get(a.operands[0])
    if rows is None or not is_rows(reader, rows) or not is_rows(reader, b):
        return formula
    left, right = _shape(rows.operands[0]), _shape(b.operands[0])
    return Expression("over", ("sum", tuple(range(len(left) - 2)), formula)) if left[:-1] == right[:-1] else formula


OF_THE_SAME_MASK = symbol("")
"""Stands for the second and further axes that a mask, written once, picks from."""


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
            index = _plain_index(next(rest))
            if index != OF_THE_SAME_MASK:
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
    x = step.operands[0]
    sizes = [size for size in _shape(x) if size != 1]
    if sizes == [size for size in step.output.shape if size != 1] and all(
        part in (0, None, Ellipsis) or part == slice(None) for part in step.params["key"]
    ):
        return reader.of(x)  # axes of size 1 are dropped
    return Expression("index", (reader.of(x), *_keyed(step.params["key"], [], _shape(x))))


def _shape(operand: Operand) -> tuple[int, ...]:
    return operand.shape if isinstance(operand, Value) else ()


def _gather(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.of, step.operands)
    return Expression("index", (x, *_keyed(step.params["form"], indices, _shape(step.operands[0]))))


def _scatter_add(reader: Reader, step: Step) -> Expression:
    x, *indices = map(reader.of, step.operands)
    key = _keyed(step.params["form"], indices, step.output.shape)
    # Only what indices pick may be picked more than once.
    is_summed = any(index not in reader.masks for index in step.operands[1:])
    return Expression("scatter", (x, *key)) if is_summed else Expression("at", (x, number(0), *key))


def _put(reader: Reader, step: Step) -> Expression:
    base, x, *indices = map(reader.of, step.operands)
    return Expression("at", (x, base, *_keyed(step.params["form"], indices, step.output.shape)))


READINGS: dict[str, Reading] = {
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
}
