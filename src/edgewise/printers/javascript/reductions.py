"""Reductions and scans: many elements to one, and each with all before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .loops import Path, loop, loop_variable, loops_needed, nested, row_major
from .use import Form, Use


@dataclass(frozen=True)
class _Fold:
    name: str
    start: str
    more: Callable[[str, str], str]
    """A statement that takes one more element into what was found so far."""


_FOLDS = {
    "sum": _Fold("total", "0", lambda total, x: f"{total} += {x};"),
    "prod": _Fold("product", "1", lambda total, x: f"{total} *= {x};"),
    "max": _Fold("most", "-Infinity", lambda total, x: f"{total} = Math.max({total}, {x});"),
    "min": _Fold("least", "Infinity", lambda total, x: f"{total} = Math.min({total}, {x});"),
    "all": _Fold("every", "1", lambda total, x: f"if ({x} === 0) {total} = 0;"),
    "any": _Fold("some", "0", lambda total, x: f"if ({x} !== 0) {total} = 1;"),
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
        kept = [a for a in range(len(shape)) if a not in axes]
        if _by_rows(use, shape, axes):
            return _row_after_row(use, fold, shape, axes, kept)
        return _one_after_another(use, fold, shape, axes, kept)

    return form


def _by_rows(use: Use, shape: tuple[int, ...], axes: list[int]) -> bool:
    """Whether whole rows of results are best taken together, as the elements of one result lie far apart."""
    inner = [a for a in range(len(shape)) if shape[a] != 1][-1:]
    is_double = use.dtype in ("float32", "float64", "int64")
    return bool(inner) and inner[0] not in axes and shape[inner[0]] >= _WIDE_ROW and is_double


def _row_after_row(use: Use, fold: _Fold, shape: tuple[int, ...], axes: list[int], kept: list[int]) -> list[str]:
    steps = row_major(shape)
    results = row_major([shape[a] for a in kept])
    to = dict(zip(kept, results, strict=True))
    paths = {"x": Path(steps), "out": Path(tuple(0 if a in axes else to[a] for a in range(len(shape))))}
    body = lambda at: [fold.more(f"{use.out}[{at['out']}]", f"{use.name()}[{at['x']}]")]
    return [f"{use.out}.fill({fold.start});", *nested(shape, paths, body)]


def _one_after_another(use: Use, fold: _Fold, shape: tuple[int, ...], axes: list[int], kept: list[int]) -> list[str]:
    steps = row_major(shape)
    sizes = [shape[a] for a in kept]
    paths = {"out": Path(row_major(sizes)), "x": Path(tuple(steps[a] for a in kept))}

    def each(at: Mapping[str, str]) -> list[str]:
        inner = {"x": Path(tuple(steps[a] for a in axes), at["x"])}
        body = lambda place: [fold.more(fold.name, f"{use.name()}[{place['x']}]")]
        loops = nested([shape[a] for a in axes], inner, body, depth=loops_needed(sizes, paths))
        return [f"let {fold.name} = {fold.start};", *loops, f"{use.out}[{at['out']}] = {fold.name};"]

    return nested(sizes, paths, each)


def _place_of(sign: str) -> Form:
    """argmax and argmin: the first of the best, NaN being best of all."""

    def form(use: Use) -> list[str]:
        shape, axes = use.value().shape, _axes(use)
        steps = row_major(shape)
        kept = [a for a in range(len(shape)) if a not in axes]
        length, step = math.prod(shape[a] for a in axes), steps[axes[-1]] if axes else 1
        if len(axes) > 1:
            step = 1
        sizes = [shape[a] for a in kept]
        paths = {"out": Path(row_major(sizes)), "x": Path(tuple(steps[a] for a in kept))}
        variable = loop_variable(loops_needed(sizes, paths))

        def each(at: Mapping[str, str]) -> list[str]:
            x = use.name()
            here, so_far = (f"{x}[{_at(at['x'], step, index)}]" for index in (variable, "best"))
            return [
                "let best = 0;",
                *loop(variable, length, [f"if (isBefore({here}, {so_far}, {sign})) best = {variable};"], start=1),
                f"{use.out}[{at['out']}] = best;",
            ]

        return nested(sizes, paths, each)

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

        def each(at: Mapping[str, str]) -> list[str]:
            inner = {"x": Path((steps[axis],), at["x"])}

            def body(place: Mapping[str, str]) -> list[str]:
                return [f"total {sign}= {use.name()}[{place['x']}];", f"{use.out}[{place['x']}] = total;"]

            depth = loops_needed(sizes, paths)
            return [f"let total = {start};", *nested([shape[axis]], inner, body, depth=depth)]

        return nested(sizes, paths, each)

    return form


FORMS: dict[str, Form] = {
    **{name: _reduction(name) for name in _FOLDS},
    "argmax": _place_of("1"),
    "argmin": _place_of("-1"),
    "cumulative_prod": _scan("1", "*"),
    "cumulative_sum": _scan("0", "+"),
}
"""How each reduction and scan is printed."""
