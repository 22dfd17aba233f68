"""Prints reductions and scans."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .loops import Path, loop, loop_variable, loops_needed, nested_loops, row_major
from .use import Form, Use


@dataclass(frozen=True)
class _Accumulation:
    name: str
    start: str
    accumulate: Callable[[str, str], str]
    """Returns a statement that adds an element to the accumulator."""


_FOLDS = {
    "sum": _Accumulation("total", "0", lambda total, x: f"{total} += {x};"),
    "prod": _Accumulation("product", "1", lambda total, x: f"{total} *= {x};"),
    "max": _Accumulation("most", "-Infinity", lambda total, x: f"{total} = Math.max({total}, {x});"),
    "min": _Accumulation("least", "Infinity", lambda total, x: f"{total} = Math.min({total}, {x});"),
    "all": _Accumulation("every", "1", lambda total, x: f"if ({x} === 0) {total} = 0;"),
    "any": _Accumulation("some", "0", lambda total, x: f"if ({x} !== 0) {total} = 1;"),
}

_WIDE_ROW = 8


def _axes(use: Use) -> list[int]:
    axis, ndim = use.params.get("axis"), len(use.value().shape)
    if axis is None:
        return list(range(ndim))
    return [a % ndim for a in ((axis,) if isinstance(axis, int) else axis)]


def _reduction(name: str) -> Form:
    fold = _FOLDS[name]

    def form(use: Use) -> list[str]:
        shape, axes = use.value().shape, _axes(use)
        if math.prod(shape) == 0:
            return [f"{use.out}.fill({fold.start}); // of no element"]
        remaining = [a for a in range(len(shape)) if a not in axes]
        if _is_faster_by_rows(use, shape, axes):
            return _reduce_whole_rows(use, fold, shape, axes, remaining)
        return _reduce_each_result(use, fold, shape, axes, remaining)

    return form


def _is_faster_by_rows(use: Use, shape: tuple[int, ...], axes: list[int]) -> bool:
    """Says whether to accumulate whole rows of results at once, since the elements of a result lie far apart."""
    inner = [a for a in range(len(shape)) if shape[a] != 1][-1:]
    is_double = use.dtype in ("float32", "float64", "int64")
    return bool(inner) and inner[0] not in axes and shape[inner[0]] >= _WIDE_ROW and is_double


def _reduce_whole_rows(
    use: Use, fold: _Accumulation, shape: tuple[int, ...], axes: list[int], remaining: list[int]
) -> list[str]:
    steps = row_major(shape)
    results = row_major([shape[a] for a in remaining])
    to = dict(zip(remaining, results, strict=True))
    paths = {"x": Path(steps), "out": Path(tuple(0 if a in axes else to[a] for a in range(len(shape))))}
    body = lambda at: [fold.accumulate(f"{use.out}[{at['out']}]", f"{use.name()}[{at['x']}]")]
    return [f"{use.out}.fill({fold.start});", *nested_loops(shape, paths, body)]


def _reduce_each_result(
    use: Use, fold: _Accumulation, shape: tuple[int, ...], axes: list[int], remaining: list[int]
) -> list[str]:
    steps = row_major(shape)
    sizes = [shape[a] for a in remaining]
    paths = {"out": Path(row_major(sizes)), "x": Path(tuple(steps[a] for a in remaining))}

    def one_result(at: Mapping[str, str]) -> list[str]:
        inner = {"x": Path(tuple(steps[a] for a in axes), at["x"])}
        body = lambda place: [fold.accumulate(fold.name, f"{use.name()}[{place['x']}]")]
        loops = nested_loops([shape[a] for a in axes], inner, body, depth=loops_needed(sizes, paths))
        return [f"let {fold.name} = {fold.start};", *loops, f"{use.out}[{at['out']}] = {fold.name};"]

    return nested_loops(sizes, paths, one_result)


def _index_of_best(sign: str) -> Form:
    """Prints argmax and argmin: the first of the best elements, where NaN is best."""

    def form(use: Use) -> list[str]:
        shape, axes = use.value().shape, _axes(use)
        steps = row_major(shape)
        remaining = [a for a in range(len(shape)) if a not in axes]
        length, step = math.prod(shape[a] for a in axes), steps[axes[-1]] if axes else 1
        if len(axes) > 1:
            step = 1
        sizes = [shape[a] for a in remaining]
        paths = {"out": Path(row_major(sizes)), "x": Path(tuple(steps[a] for a in remaining))}
        variable = loop_variable(loops_needed(sizes, paths))

        def one_result(at: Mapping[str, str]) -> list[str]:
            x = use.name()
            here, so_far = (f"{x}[{_at(at['x'], step, index)}]" for index in (variable, "best"))
            return [
                "let best = 0;",
                *loop(variable, length, [f"if (isBefore({here}, {so_far}, {sign})) best = {variable};"], start=1),
                f"{use.out}[{at['out']}] = best;",
            ]

        return nested_loops(sizes, paths, one_result)

    return form


def _at(start: str, step: int, index: str) -> str:
    term = index if step == 1 else f"{step} * {index}"
    return term if start == "0" else f"{start} + {term}"


def _scan(start: str, sign: str) -> Form:
    def form(use: Use) -> list[str]:
        shape = use.shape
        if not shape:
            return [f"{use.out}[0] = {use.name()}[0];"]
        axis = use.params["axis"] % len(shape)
        steps = row_major(shape)
        others = [a for a in range(len(shape)) if a != axis]
        sizes = [shape[a] for a in others]
        paths = {"x": Path(tuple(steps[a] for a in others))}

        def one_result(at: Mapping[str, str]) -> list[str]:
            inner = {"x": Path((steps[axis],), at["x"])}

            def body(place: Mapping[str, str]) -> list[str]:
                return [f"total {sign}= {use.name()}[{place['x']}];", f"{use.out}[{place['x']}] = total;"]

            depth = loops_needed(sizes, paths)
            return [f"let total = {start};", *nested_loops([shape[axis]], inner, body, depth=depth)]

        return nested_loops(sizes, paths, one_result)

    return form


FORMS: dict[str, Form] = {
    **{name: _reduction(name) for name in _FOLDS},
    "argmax": _index_of_best("1"),
    "argmin": _index_of_best("-1"),
    "cumulative_prod": _scan("1", "*"),
    "cumulative_sum": _scan("0", "+"),
}
"""The form of each reduction and scan."""
