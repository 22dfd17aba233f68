"""Prints slices, indices and sorting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...program import Value
from . import literals
from .keys import Selection, select
from .loops import Path, broadcast, nested_loops, row_major
from .use import Form, Use


def _slice(use: Use) -> list[str]:
    selection = select(use.value().shape, use.params["key"], [])
    _check(use, selection, use.shape)
    paths = {"out": Path(row_major(use.shape)), "x": selection.path}
    return nested_loops(use.shape, paths, lambda at: [f"{use.out}[{at['out']}] = {use.name()}[{at['x']}];"])


def _gather(use: Use) -> list[str]:
    selection = select(use.value().shape, use.params["form"], _values(use, 1))
    _check(use, selection, use.shape)
    paths = {"out": Path(row_major(use.shape))}
    return _at_indices(use, selection, 1, paths, lambda at: f"{use.out}[{at['out']}] = {use.name()}[{at['x']}];")


def _put(use: Use) -> list[str]:
    selection = select(use.shape, use.params["form"], _values(use, 2))
    operand = use.step.operands[1]
    paths = {}
    if isinstance(operand, Value):
        paths["value"] = Path(broadcast(_without_ones(operand.shape, selection.sizes), selection.sizes))

    def write(at: Mapping[str, str]) -> str:
        if isinstance(operand, Value):
            element = f"{use.names[operand]}[{at['value']}]"
        else:
            element = literals.number(operand or 0, use.dtype)
        return f"{use.out}[{at['x']}] = {element};"

    return [f"{use.out}.set({use.name()});", *_at_indices(use, selection, 2, paths, write)]


def _scatter_add(use: Use) -> list[str]:
    selection = select(use.shape, use.params["form"], _values(use, 1))
    paths = {"value": Path(broadcast(_without_ones(use.value().shape, selection.sizes), selection.sizes))}
    write = lambda at: f"{use.out}[{at['x']}] += {use.name()}[{at['value']}];"
    return [f"{use.out}.fill(0);", *_at_indices(use, selection, 1, paths, write)]


def _without_ones(shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Drops leading axes of size 1, which NumPy allows in an assignment."""
    while len(shape) > len(sizes) and shape[0] == 1:
        shape = shape[1:]
    return shape


def _values(use: Use, start: int) -> list[Value]:
    return [use.value(i) for i in range(start, len(use.step.operands))]


def _check(use: Use, selection: Selection, shape: tuple[int, ...]) -> None:
    if selection.sizes != shape:
        raise use.error(f"picks {list(selection.sizes)} where {list(shape)} was recorded")


def _at_indices(
    use: Use, selection: Selection, start: int, paths: Mapping[str, Path], statement: Callable[[Mapping[str, str]], str]
) -> list[str]:
    """Returns loops over a selection. Indices that are constant along the innermost loop are read outside of it."""
    everything = {
        **paths,
        "x": selection.path,
        **{f"index {i}": path for i, (path, _, _) in enumerate(selection.indices)},
    }
    names = [use.name(start + i) for i in range(len(selection.indices))]

    def terms(at: Mapping[str, str]) -> str:
        parts = []
        for i, (_, size, stride) in enumerate(selection.indices):
            index = f"inside({names[i]}[{at[f'index {i}']}], {size})"
            parts.append(f"{stride} * {index}" if stride > 1 else index)  # the stride of an axis of size 1 is 0
        return " + ".join(parts)

    def with_row(at: Mapping[str, str], more: str) -> Mapping[str, str]:
        here = more if at["x"] == "0" else f"{at['x']} + {more}"
        return {**at, "x": here}

    if not selection.indices:
        return nested_loops(selection.sizes, everything, lambda at: [statement(at)])
    last = next((axis for axis in range(len(selection.sizes) - 1, -1, -1) if selection.sizes[axis] != 1), None)
    if last is not None and all(path.strides[last] == 0 for path, _, _ in selection.indices):
        return nested_loops(
            selection.sizes,
            everything,
            lambda at: [statement(with_row(at, "row"))],
            before=lambda at: [f"const row = {terms(at)};"],
        )
    return nested_loops(selection.sizes, everything, lambda at: [statement(with_row(at, terms(at)))])


def _take_along_axis(use: Use) -> list[str]:
    x, indices = use.value(0), use.value(1)
    axis = use.params["axis"] % len(use.shape)
    steps = list(broadcast(x.shape, use.shape))
    along, steps[axis] = row_major(x.shape)[axis], 0
    selection = Selection(
        use.shape,
        Path(tuple(steps)),
        [(Path(broadcast(indices.shape, use.shape)), x.shape[axis], along)],
    )
    paths = {"out": Path(row_major(use.shape))}
    return _at_indices(use, selection, 1, paths, lambda at: f"{use.out}[{at['out']}] = {use.name()}[{at['x']}];")


def _order(helper: str) -> Form:
    """Prints sorting along an axis, by a helper that gets the start, step and length of a row."""

    def form(use: Use) -> list[str]:
        shape = use.value().shape
        if not shape:
            return [f"{use.out}[0] = {'0' if helper == 'argsort' else use.name() + '[0]'};"]
        axis = use.params.get("axis", -1) % len(shape)
        steps = row_major(shape)
        others = [a for a in range(len(shape)) if a != axis]
        paths = {"x": Path(tuple(steps[a] for a in others))}
        return nested_loops(
            [shape[a] for a in others],
            paths,
            lambda at: [f"{helper}({use.name()}, {use.out}, {at['x']}, {steps[axis] or 1}, {shape[axis]});"],
        )

    return form


def _searchsorted(use: Use) -> list[str]:
    row, side = use.value(0), use.params.get("side", "left")
    if len(row.shape) != 1:
        raise use.error("has a JavaScript form for one row of sorted numbers only")
    helper = "searchLeft" if side == "left" else "searchRight"
    paths = {"out": Path(row_major(use.shape)), "x": Path(row_major(use.shape))}
    return nested_loops(
        use.shape,
        paths,
        lambda at: [f"{use.out}[{at['out']}] = {helper}({use.name(0)}, {use.name(1)}[{at['x']}]);"],
    )


FORMS: dict[str, Form] = {
    "argsort": _order("argsort"),
    "gather": _gather,
    "put": _put,
    "scatter_add": _scatter_add,
    "searchsorted": _searchsorted,
    "slice": _slice,
    "sort": _order("sort"),
    "take_along_axis": _take_along_axis,
}
"""The form of each primitive of indexing and sorting."""
