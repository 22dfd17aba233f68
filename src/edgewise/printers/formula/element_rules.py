"""Says, for each primitive, which elements of its operands an element of its result comes from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ...program.primitives import BINARY, INDEX, UNARY
from ...program.program import Operand, Step, Value
from .expression import Expression, number, plus, product
from .folding import alike, grid
from .indices import Index, as_number, substituted
from .letters import UnknownElementError

if TYPE_CHECKING:
    from .elements import ElementReader, Indices

    Rule = Callable[[ElementReader, Step, Indices], Expression]

ELEMENTWISE = frozenset((*UNARY, *BINARY, "where", "cast"))


def _shape(operand: Operand) -> tuple[int, ...]:
    return operand.shape if isinstance(operand, Value) else ()


def _reduction(name: str) -> Rule:
    def rule(reader: ElementReader, step: Step, indices: Indices) -> Expression:
        x = step.operands[0]
        shape = _shape(x)
        axis = step.params.get("axis")
        axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
        reduced = [a % len(shape) for a in axes]
        if step.params.get("keepdims"):
            indices = tuple(index for a, index in enumerate(indices) if a not in reduced)

        def body(over: Indices) -> Expression:
            rest, summed = iter(indices), dict(zip(reduced, over, strict=True))
            return reader.element(x, tuple(summed[a] if a in summed else next(rest) for a in range(len(shape))))

        return reader.over(step, name, [shape[a] for a in reduced], body)

    return rule


def _matmul(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    a, b = step.operands
    rank_a, rank_b = len(_shape(a)), len(_shape(b))
    batch = indices[: len(indices) - (rank_a > 1) - (rank_b > 1)]
    row = (indices[len(batch)],) if rank_a > 1 else ()
    column = indices[-1:] if rank_b > 1 else ()

    def own(operand: Operand, last: Indices) -> Indices:
        shape = _shape(operand)
        before = batch[len(batch) - max(len(shape) - 2, 0) :]
        return (*(Index() if n == 1 else index for n, index in zip(shape, before, strict=False)), *last)

    def body(over: Indices) -> Expression:
        return product(reader.element(a, own(a, row + over)), reader.element(b, own(b, over + column)))

    return reader.over(step, "sum", [_shape(a)[-1]], body)


def _reshape(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    (x,) = step.operands
    return reader.element(x, reshaped(reader, _shape(x), step.output.shape, indices))


def reshaped(reader: ElementReader, inside: tuple[int, ...], outside: tuple[int, ...], indices: Indices) -> Indices:
    """Returns the indices of an element before a reshape, from those after it."""
    before = [axis for axis, size in enumerate(inside) if size != 1]
    after = [axis for axis, size in enumerate(outside) if size != 1]
    result = [Index()] * len(inside)
    while before:
        group, index = [before.pop()], indices[after[-1]]
        size, known, factor = inside[group[0]], outside[after.pop()], 1
        while size != known:
            if size < known:
                group.append(before.pop())
                size *= inside[group[-1]]
            else:
                factor = known
                index = indices[after[-1]].times(factor).plus(index)
                known *= outside[after.pop()]
        for axis in group[:-1]:
            index, result[axis] = reader.divided(index, inside[axis])
        result[group[-1]] = index
    return tuple(result)


def _broadcast_to(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    return reader.aligned(step.operands[0], indices)


def _permute(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    axes = step.params["axes"]
    inside: dict[int, Index] = dict(zip(axes, indices, strict=True))
    return reader.element(step.operands[0], tuple(inside[axis] for axis in range(len(axes))))


def _full_key(form: tuple[Any, ...], rank: int) -> list[Any]:
    """Returns a key with a part for each axis, and None for each new one."""
    consuming = sum(part is not None and part is not Ellipsis for part in form)
    key: list[Any] = []
    for part in (*form, *((Ellipsis,) if Ellipsis not in form else ())):
        key += [slice(None)] * (rank - consuming) if part is Ellipsis else [part]
    return key


def _slice(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    x = step.operands[0]
    return reader.element(x, _inside_key(step.params["key"], _shape(x), indices))


def _inside_key(key: tuple[Any, ...], shape: tuple[int, ...], indices: Indices) -> Indices:
    """Returns the indices in an array of an element of ``x[key]``, for a key of numbers and slices."""
    rest = iter(indices)
    inside: list[Index] = []
    for part in _full_key(key, len(shape)):
        size = shape[len(inside)] if len(inside) < len(shape) else 0
        if part is None:
            next(rest)
        elif isinstance(part, slice):
            start, _, by = part.indices(size)
            inside.append(next(rest).times(by).plus(start))
        else:
            inside.append(Index((), part % size if size else part))
    return tuple(inside)


def _flip(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    x = step.operands[0]
    axis = step.params["axis"]
    axes = {a % len(indices) for a in ((axis,) if isinstance(axis, int) else axis)}
    size = _shape(x)
    return reader.element(
        x, tuple(Index((), size[a] - 1).minus(index) if a in axes else index for a, index in enumerate(indices))
    )


def _roll(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    """Writes an element of an array that was moved round, by where it stood: x[(i − 1) mod n]."""
    inside = list(indices)
    for by, axis in zip(_as_tuple(step.params["shift"]), _as_tuple(step.params["axis"]), strict=True):
        size = len(indices) and step.output.shape[axis]
        _, inside[axis] = reader.divided(inside[axis].plus(-by % size if size else 0), size)
    return reader.element(step.operands[0], tuple(inside))


def _as_tuple(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _concat(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    """Writes an element of one of the parts. A letter that runs over parts which differ in their places becomes two."""
    axis = step.params["axis"] % len(indices)
    index = indices[axis]
    starts = [0]
    for part in step.operands:
        starts.append(starts[-1] + _shape(part)[axis])

    def of(number_: int) -> Expression:
        before = Index((), starts[number_])
        return reader.element(step.operands[number_], (*indices[:axis], index.minus(before), *indices[axis + 1 :]))

    if not index.terms:
        return of(next(i for i, (_, stop) in enumerate(pairwise(starts)) if index.constant < stop))
    if all(stop - start == 1 for start, stop in pairwise(starts)):
        single = (*indices[:axis], Index(), *indices[axis + 1 :])
        elements = [reader.element(part, single) for part in step.operands]
        stacked = _same_but_places(reader, elements, index)
        if stacked is not None:
            return stacked
    args: list[Expression] = []
    for i, stop in enumerate(starts[1:-1]):
        args += [of(i), Expression("compare", ("<", as_number(index), number(stop)))]
    return Expression("cases", (*args, of(len(starts) - 2)))


def _same_but_places(reader: ElementReader, elements: list[Expression], index: Index) -> Expression | None:
    """Returns the formula of the element number `index` of a list whose elements differ in places only."""
    found = alike(elements)
    if found is None:
        return None
    template, places = found
    laid = grid(list(places.values()), len(elements))
    if laid is None:
        return None
    inner, steps = laid
    outer_index, inner_index = reader.divided(index, inner) if inner < len(elements) else (Index(), index)
    replaced = {}
    for name, (first, outer_step, inner_step) in zip(places, steps, strict=True):
        replaced[name] = outer_index.times(outer_step).plus(inner_index.times(inner_step)).plus(first)
    return substituted(template, replaced)


def _repeat(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    axis = step.params["axis"] % len(indices)
    whole, _ = reader.divided(indices[axis], step.params["repeats"])
    return reader.element(step.operands[0], (*indices[:axis], whole, *indices[axis + 1 :]))


def _triangle(sign: str) -> Rule:
    def rule(reader: ElementReader, step: Step, indices: Indices) -> Expression:
        row, column = indices[-2:]
        inside = Expression("compare", (sign, as_number(column), as_number(row.plus(step.params["k"]))))
        return product(reader.element(step.operands[0], indices), Expression("indicator", (inside,)))

    return rule


def _picked(
    reader: ElementReader, form: tuple[Any, ...], arrays: tuple[Operand, ...], shape: tuple[int, ...], indices: Indices
) -> list[Index]:
    """Returns for each axis of an array with this shape the index that an element of ``x[key]`` has there."""
    key = _full_key(form, len(shape))
    advanced = [i for i, part in enumerate(key) if part is INDEX or isinstance(part, int)]
    width = max((len(_shape(array)) for array in arrays), default=0)
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    first = sum(part is None or isinstance(part, slice) for part in key[: advanced[0]]) if together else 0
    shared, rest = indices[first : first + width], iter(indices[:first] + indices[first + width :])
    given = iter(arrays)
    inside: list[Index] = []
    for part in key:
        if part is None:
            next(rest)
        elif isinstance(part, slice):
            start, _, by = part.indices(shape[len(inside)])
            inside.append(next(rest).times(by).plus(start))
        elif part is INDEX:
            inside.append(_as_index(reader.aligned(next(given), shared)))
        else:
            inside.append(Index((), part % shape[len(inside)]))
    return inside


def _as_index(formula: Expression) -> Index:
    if formula.head == "_index":
        index: Index = formula.args[0]
        return index
    return Index.of(formula)


def _gather(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    x, *arrays = step.operands
    return reader.element(x, tuple(_picked(reader, step.params["form"], tuple(arrays), _shape(x), indices)))


def _scatter_add(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    values, *arrays = step.operands
    return _laid(reader, step, values, step.params["form"], tuple(arrays), indices)


def _laid(
    reader: ElementReader,
    step: Step,
    values: Operand,
    form: tuple[Any, ...],
    arrays: tuple[Operand, ...],
    indices: Indices,
) -> Expression:
    """Returns the sum of all elements of an array that are laid at a place."""
    shape = step.output.shape

    def conditions(over: Indices) -> list[Index]:
        if arrays:
            places = _picked(reader, form, arrays, shape, over)
        else:
            places = list(_inside_key(form, shape, over))
        return [place.minus(index) for place, index in zip(places, indices, strict=True)]

    sizes = _shape(values) if arrays else _laid_shape(form, shape)
    return reader.over(step, "sum", sizes, lambda over: reader.aligned(values, over), conditions)


def _laid_shape(form: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape of ``x[form]`` for an array of a shape, without index arrays."""
    rest, result = iter(shape), []
    for part in _full_key(form, len(shape)):
        size = 1 if part is None else next(rest)
        if part is None or isinstance(part, slice):
            result.append(size if part is None else len(range(*part.indices(size))))
    return tuple(result)


def _put(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    """Writes an element of the base with other values put somewhere; adding to what is there is a sum."""
    base, values, *arrays = step.operands
    form = step.params["form"]
    if arrays:
        raise UnknownElementError("put")
    added = _added_to(reader, base, values, form)
    below = reader.element(base, indices)
    if added is not None:
        return plus(below, _laid(reader, step, added, form, (), indices))
    if below == number(0):
        return _laid(reader, step, values, form, (), indices)
    return _covered(reader, step, values, below, indices)


def _added_to(reader: ElementReader, base: Operand, values: Operand, form: tuple[Any, ...]) -> Operand:
    """Returns what is added to the elements of the base that are at a key; None if others take their place."""
    maker = reader.arrays.makers.get(values) if isinstance(values, Value) else None
    if maker is None or maker.primitive != "add":
        return None
    key = _full_key(form, len(_shape(base)))
    for own, other in (maker.operands, maker.operands[::-1]):
        sliced = reader.arrays.makers.get(own) if isinstance(own, Value) else None
        is_there = sliced is not None and sliced.primitive == "slice" and sliced.operands[0] is base
        if sliced is not None and is_there and _full_key(sliced.params["key"], len(_shape(base))) == key:
            return other
    return None


def _covered(reader: ElementReader, step: Step, values: Operand, below: Expression, indices: Indices) -> Expression:
    """Returns the element of an array that covers part of another one, element by element."""
    inside: list[Index] = []
    conditions: list[tuple[Index, int]] = []
    for part, size, index in zip(_full_key(step.params["form"], len(indices)), step.output.shape, indices, strict=True):
        start, stop, by = part.indices(size) if isinstance(part, slice) else (0, 0, 0)
        if by != 1:
            raise UnknownElementError("put")
        inside.append(index.minus(start))
        if (start, stop) != (0, size):
            conditions.append((inside[-1], stop - start))
    covering = reader.aligned(values, tuple(inside))
    return Expression("_inside", (covering, below, *conditions))


def _take_along_axis(reader: ElementReader, step: Step, indices: Indices) -> Expression:
    x, places = step.operands
    axis = step.params["axis"] % len(indices)
    place = _as_index(reader.aligned(places, indices))
    return reader.element(x, (*indices[:axis], place, *indices[axis + 1 :]))


RULES: dict[str, Rule] = {
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "any", "all")},
    "matmul": _matmul,
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "permute": _permute,
    "slice": _slice,
    "flip": _flip,
    "roll": _roll,
    "concat": _concat,
    "repeat": _repeat,
    "tril": _triangle("≤"),
    "triu": _triangle("≥"),
    "gather": _gather,
    "scatter_add": _scatter_add,
    "put": _put,
    "take_along_axis": _take_along_axis,
}
