"""Prints nested loops over the elements of flat arrays, with constant strides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .identifiers import LOOP_VARIABLES, OFFSETS

Body = Callable[[Mapping[str, str]], list[str]]

_WIDTH = 118


@dataclass(frozen=True)
class Path:
    """The position in a flat array within nested loops: `base`, plus each loop's variable times its stride."""

    strides: tuple[int, ...]
    base: int | str = 0


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """Returns the strides of an array of this shape, with 0 along axes of size 1."""
    return tuple(math.prod(shape[i + 1 :]) if size != 1 else 0 for i, size in enumerate(shape))


def broadcast(shape: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """Returns the strides of an array of `shape` when it is broadcast to `sizes`."""
    return (*(0 for _ in range(len(sizes) - len(shape))), *row_major(shape))


def nested_loops(
    sizes: Sequence[int], paths: Mapping[str, Path], body: Body, *, before: Body | None = None, depth: int = 0
) -> list[str]:
    """Returns the lines of loops over `sizes`. The body gets an expression of the position on each path.

    Neighbouring axes become one loop if the strides of all paths allow it. The lines of `before` come just outside the
    innermost loop. `depth` is the number of loops already around.
    """
    if 0 in sizes:
        return ["// There is no element."]
    sizes, strides = _merge_axes(sizes, [path.strides for path in paths.values()])
    moving = {name: Path(steps, path.base) for (name, path), steps in zip(paths.items(), strides, strict=True)}
    variables = [loop_variable(depth + i) for i in range(len(sizes))]
    offsets, starts = _offsets(moving, variables, depth)
    lines = [f"const {name} = {text};" for text, name in offsets.items()]
    if before is not None:
        lines += before(starts)
    if not sizes:
        return [*lines, *body(starts)]
    last = variables[-1]
    places = {name: _sum(starts[name], path.strides[-1], last) for name, path in moving.items()}
    lines += loop(last, sizes[-1], body(places))
    for variable, size in zip(variables[-2::-1], sizes[-2::-1], strict=True):
        lines = loop(variable, size, lines)
    return lines


def loop(variable: str, size: int, body: list[str], *, start: int = 0) -> list[str]:
    """Returns a loop, on one line if its body is one statement that fits."""
    head = f"for (let {variable} = {start}; {variable} < {size}; {variable}++)"
    if len(body) == 1 and not body[0].startswith(("for", "const", "let", "//")) and len(head + body[0]) < _WIDTH:
        return [f"{head} {body[0]}"]
    return [f"{head} {{", *indent(body), "}"]


def indent(lines: list[str]) -> list[str]:
    """Indents lines by two columns."""
    return [f"  {line}" for line in lines]


def loops_needed(sizes: Sequence[int], paths: Mapping[str, Path]) -> int:
    """Counts the loops that `nested_loops` would write."""
    return len(_merge_axes(sizes, [path.strides for path in paths.values()])[0])


def loop_variable(number: int) -> str:
    """Returns the variable of the loop inside `number` others."""
    return LOOP_VARIABLES[number] if number < len(LOOP_VARIABLES) else f"i{number}"


def _merge_axes(sizes: Sequence[int], strides: Sequence[tuple[int, ...]]) -> tuple[list[int], list[tuple[int, ...]]]:
    """Drops axes of size 1, and merges neighbouring axes where all strides allow it."""
    axes: list[tuple[int, list[int]]] = []
    for axis, size in enumerate(sizes):
        if size == 1:
            continue
        steps = [path[axis] for path in strides]
        if axes and all(outer == size * inner for outer, inner in zip(axes[-1][1], steps, strict=True)):
            axes[-1] = (axes[-1][0] * size, steps)
        else:
            axes.append((size, steps))
    merged = [tuple(steps[path] for _, steps in axes) for path in range(len(strides))]
    return [size for size, _ in axes], merged


def _offsets(moving: Mapping[str, Path], variables: list[str], depth: int) -> tuple[dict[str, str], dict[str, str]]:
    """Returns constants to compute outside the innermost loop, by their text, and each path's start of a row."""
    constants: dict[str, str] = {}
    starts = {}
    for name, path in moving.items():
        text = str(path.base)
        for variable, stride in zip(variables[:-1], path.strides[:-1], strict=True):
            text = _sum(text, stride, variable)
        if " " in text:
            text = constants.setdefault(text, _offset(depth, len(constants)))
        starts[name] = text
    return constants, starts


def _offset(depth: int, number: int) -> str:
    """Returns the name of an offset; inside other loops it has their depth as suffix."""
    letter = OFFSETS[number] if number < len(OFFSETS) else f"o{number}_"
    return letter if depth == 0 else f"{letter}{depth}"


def _sum(text: str, stride: int, variable: str) -> str:
    if stride == 0:
        return text
    term = variable if abs(stride) == 1 else f"{abs(stride)} * {variable}"
    if text == "0":
        return term if stride > 0 else f"-{term}"
    return f"{text} {'+' if stride > 0 else '-'} {term}"
