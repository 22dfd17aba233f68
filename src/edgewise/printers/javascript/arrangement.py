"""Prints primitives that put the same elements into another shape or order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

from .loops import Path, broadcast, indent, loops_needed, nested_loops, row_major
from .use import Form, Use, size


def shares_memory(use: Use) -> bool:
    """Says whether the result has its operand's elements in the same order, so that they can share an array."""
    step = use.step
    if step.primitive == "reshape":
        return True
    if step.primitive == "broadcast_to":
        return size(step.output) == size(use.value())
    if step.primitive == "permute":
        shape = use.value().shape
        axes = [axis for axis in step.params["axes"] if shape[axis] != 1]
        return axes == sorted(axes)
    return False


def copy_loops(use: Use, paths: Mapping[str, Path], sizes: tuple[int, ...], name: str) -> list[str]:
    """Returns loops that copy elements from one array's path to the result's."""
    return nested_loops(sizes, paths, lambda at: [f"{use.out}[{at['out']}] = {name}[{at['x']}];"])


def _broadcast_to(use: Use) -> list[str]:
    paths = {"out": Path(row_major(use.shape)), "x": Path(broadcast(use.value().shape, use.shape))}
    return copy_loops(use, paths, use.shape, use.name())


def _permute(use: Use) -> list[str]:
    steps = row_major(use.value().shape)
    paths = {"out": Path(row_major(use.shape)), "x": Path(tuple(steps[axis] for axis in use.params["axes"]))}
    return copy_loops(use, paths, use.shape, use.name())


def _concat(use: Use) -> list[str]:
    axis = use.params["axis"] % len(use.shape)
    to, lines, before = row_major(use.shape), [], 0
    along = math.prod(use.shape[axis + 1 :])
    shapes = {use.value(position).shape for position in range(len(use.step.operands))}
    if len(use.step.operands) > 2 and len(shapes) == 1:
        return _concat_same_shape(use, shapes.pop(), axis)
    for position in range(len(use.step.operands)):
        shape = use.value(position).shape
        if 0 not in shape:
            paths = {"out": Path(to, before * along), "x": Path(row_major(shape))}
            lines.append(copy_loops(use, paths, shape, use.name(position)))
        before += shape[axis]
    return blocks(lines)


def _with_part(at: Mapping[str, str]) -> list[str]:
    del at
    return ["const part = parts[i];"]


def _concat_same_shape(use: Use, shape: tuple[int, ...], axis: int) -> list[str]:
    """Prints parts of one shape, such as the windows of a convolution, with one more loop, over the parts."""
    count = len(use.step.operands)
    sizes = (count, *shape)
    paths = {
        "out": Path((math.prod(shape[axis:]), *row_major(use.shape))),
        "x": Path((0, *row_major(shape))),
    }
    names = ", ".join(use.name(position) for position in range(count))
    part, before = "parts[i]", None
    if loops_needed(sizes, paths) > 1:
        part, before = "part", _with_part
    loops = nested_loops(sizes, paths, lambda at: [f"{use.out}[{at['out']}] = {part}[{at['x']}];"], before=before)
    return [f"const parts = [{names}];", *loops]


def blocks(parts: list[list[str]]) -> list[str]:
    """Joins parts, each in braces if it declares constants."""
    if len(parts) == 1:
        return parts[0]
    return [
        line
        for part in parts
        for line in (["{", *indent(part), "}"] if any(line.startswith("const") for line in part) else part)
    ]


def _flip(use: Use) -> list[str]:
    shape, axis = use.shape, use.params["axis"]
    axes = {a % len(shape) for a in ((axis,) if isinstance(axis, int) else axis)}
    steps = row_major(shape)
    end = sum((shape[a] - 1) * steps[a] for a in axes)
    back = tuple(-step if a in axes else step for a, step in enumerate(steps))
    return copy_loops(use, {"out": Path(steps), "x": Path(back, end)}, shape, use.name())


def _roll(use: Use) -> list[str]:
    """Prints a roll: every axis is split in two parts, which are swapped."""
    shape, shift, axis = use.shape, use.params["shift"], use.params["axis"]
    shifts = dict.fromkeys(range(len(shape)), 0)
    axes = (axis,) if isinstance(axis, int) else axis
    amounts = (shift,) * len(axes) if isinstance(shift, int) else shift
    for a, by in zip(axes, amounts, strict=True):
        shifts[a % len(shape)] += by
    steps = row_major(shape)
    parts = []
    for a, length in enumerate(shape):
        by = shifts[a] % length if length else 0
        pieces = [(0, by, length - by), (length - by, 0, by)]  # from, to, how many
        parts.append([piece for piece in pieces if piece[2]])
    lines = []
    for combination in itertools.product(*parts):
        start, end = (
            sum(piece[side] * step for piece, step in zip(combination, steps, strict=True)) for side in (0, 1)
        )
        sizes = tuple(piece[2] for piece in combination)
        lines.append(copy_loops(use, {"out": Path(steps, end), "x": Path(steps, start)}, sizes, use.name()))
    return blocks(lines)


def _repeat(use: Use) -> list[str]:
    shape, times = use.value().shape, use.params["repeats"]
    axis = use.params["axis"] % len(shape)
    sizes = (*shape[: axis + 1], times, *shape[axis + 1 :])
    steps = row_major(shape)
    paths = {"out": Path(row_major(sizes)), "x": Path((*steps[: axis + 1], 0, *steps[axis + 1 :]))}
    return copy_loops(use, paths, sizes, use.name())


def _triangle(comparison: str) -> Form:
    def form(use: Use) -> list[str]:
        *outer, rows, columns = use.shape
        count = math.prod(outer)
        if not count * rows * columns:
            return []
        k = use.params["k"]
        line = "j" if not k else f"j {'-' if k > 0 else '+'} {abs(k)}"
        x, out = use.name(), use.out
        body = [f"for (let j = 0; j < {columns}; j++, o++) {out}[o] = {line} {comparison} i ? {x}[o] : 0;"]
        rows_lines = [f"for (let i = 0; i < {rows}; i++) {{", *indent(body), "}"]
        if count == 1:
            return ["let o = 0;", *rows_lines]
        return ["let o = 0;", f"for (let k = 0; k < {count}; k++) {{", *indent(rows_lines), "}"]

    return form


FORMS: dict[str, Form] = {
    "broadcast_to": _broadcast_to,
    "concat": _concat,
    "flip": _flip,
    "permute": _permute,
    "repeat": _repeat,
    "roll": _roll,
    "tril": _triangle("<="),
    "triu": _triangle(">="),
}
"""The form of each primitive of arrangement. Where `shares_memory` holds, nothing is printed."""
