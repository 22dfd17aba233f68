"""Nested loops over the elements of flat arrays, with constant strides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .identifiers import LOOP_VARIABLES, OFFSETS

Body = Callable[[Mapping[str, str]], list[str]]

_WIDTH = 118


@dataclass(frozen=True)
class Path:
    """How the place in one flat array moves with the loops: from `base`, by a stride for each."""

    strides: tuple[int, ...]
    base: int | str = 0


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of an array of this shape, with 0 along axes of size 1."""
    return tuple(math.prod(shape[i + 1 :]) if size != 1 else 0 for i, size in enumerate(shape))


def broadcast(shape: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """The strides with which an array of `shape` is read when it is broadcast to `sizes`."""
    return (*(0 for _ in range(len(sizes) - len(shape))), *row_major(shape))


def nested(
    sizes: Sequence[int], paths: Mapping[str, Path], body: Body, *, before: Body | None = None, depth: int = 0
) -> list[str]:
    """Lines of loops over `sizes`, whose body is given an expression of the place for each path.

    Neighbouring axes along which all paths go on evenly are one loop. `before` stands just outside the innermost loop,
    and is given the places there. `depth` says how many loops there are around already.
    """
    if 0 in sizes:
        return ["// There is no element."]
    sizes, strides = _merged(sizes, [path.strides for path in paths.values()])
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
    """One loop, on a line of its own if its body is one statement that fits."""
    head = f"for (let {variable} = {start}; {variable} < {size}; {variable}++)"
    if len(body) == 1 and not body[0].startswith(("for", "const", "let", "//")) and len(head + body[0]) < _WIDTH:
        return [f"{head} {body[0]}"]
    return [f"{head} {{", *indented(body), "}"]


def indented(lines: list[str]) -> list[str]:
    """The lines two columns to the right."""
    return [f"  {line}" for line in lines]


def loops_needed(sizes: Sequence[int], paths: Mapping[str, Path]) -> int:
    """How many loops `nested` would write."""
    return len(_merged(sizes, [path.strides for path in paths.values()])[0])


def loop_variable(number: int) -> str:
    """What the loop inside of so many others counts with."""
    return LOOP_VARIABLES[number] if number < len(LOOP_VARIABLES) else f"i{number}"


def _merged(sizes: Sequence[int], strides: Sequence[tuple[int, ...]]) -> tuple[list[int], list[tuple[int, ...]]]:
    """The fewest axes that do the same: without those of size 1, and neighbours as one where all strides allow it."""
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
    """Constants to compute outside the innermost loop, by what they are, and for each path where a row starts."""
    made: dict[str, str] = {}
    starts = {}
    for name, path in moving.items():
        text = str(path.base)
        for variable, stride in zip(variables[:-1], path.strides[:-1], strict=True):
            text = _sum(text, stride, variable)
        if " " in text:
            text = made.setdefault(text, _offset(depth, len(made)))
        starts[name] = text
    return made, starts


def _offset(depth: int, number: int) -> str:
    """Offsets inside other loops are told apart by the depth."""
    letter = OFFSETS[number] if number < len(OFFSETS) else f"o{number}_"
    return letter if depth == 0 else f"{letter}{depth}"


def _sum(text: str, stride: int, variable: str) -> str:
    if stride == 0:
        return text
    term = variable if abs(stride) == 1 else f"{abs(stride)} * {variable}"
    if text == "0":
        return term if stride > 0 else f"-{term}"
    return f"{text} {'+' if stride > 0 else '-'} {term}"
