"""Traces single elements: which elements of a step's operands an element of its result comes from.

A step that moves elements, such as a slice, is run on their numbers instead, so its own code says where each comes
from. A sum, a product of matrices and a maximum are taken apart by their shapes. So every primitive has an answer, and
no operation needs one of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph.arrays import Array
from ..ops.accurate import NUMPY
from ..ops.portable import pick
from .primitives import BINARY, LINALG, PRIMITIVES, RANDOM, REDUCTIONS, SCANS, UNARY, fill_key
from .program import Program, Step, Value


@dataclass(frozen=True)
class Element:
    """One element of a value of a Program, by its position in row-major order."""

    value: Value
    position: int

    @property
    def index(self) -> tuple[int, ...]:
        """Its index along each axis."""
        return tuple(int(i) for i in np.unravel_index(self.position, self.value.shape)) if self.value.shape else ()


Source = Element | float
"""An element, or a number that the Program holds."""


@dataclass(frozen=True)
class Origin:
    """What an element was made from.

    Attributes
    ----------
    way:
        ``"copy"`` of one source; ``"call"`` of the primitive with one term of all its operands; ``"sum"`` of terms,
        each of which is one source or a product of two; ``"product"`` of terms of one source; ``"whole"`` if the
        primitive needs all sources at once, as the inverse of a matrix does; ``"none"`` if no element made it.
    primitive:
        The primitive that made it.
    terms:
        The sources.
    """

    way: str
    primitive: str
    terms: Sequence[tuple[Source, ...]]


class Elements:
    """The elements of all values in one run of a Program."""

    def __init__(self, program: Program, arguments: Sequence[Array]) -> None:
        self.arrays: dict[Value, Any] = {
            **{value: np.asarray(array) for value, array in zip(program.inputs, arguments, strict=True)},
            **{value: np.asarray(array) for value, array in program.constants.items()},
        }
        self._steps = {step.output: step for step in program.steps}
        self._codes: dict[Value, Any] = {}
        self._origins: dict[Element, Origin] = {}
        with np.errstate(all="ignore"):
            for step in program.steps:
                operands = [self.arrays[x] if isinstance(x, Value) else x for x in step.operands]
                self.arrays[step.output] = np.asarray(PRIMITIVES[step.primitive](NUMPY, *operands, **step.params))

    def number(self, source: Source) -> float:
        """Returns an element's number; 1 and 0 for True and False."""
        return float(self.arrays[source.value].flat[source.position]) if isinstance(source, Element) else source

    def origin(self, element: Element) -> Origin:
        """Returns what an element was made from. Inputs, constants and random numbers have the way ``"none"``."""
        known = self._origins.get(element)
        if known is None:
            step = self._steps.get(element.value)
            if step is None or step.primitive == RANDOM:
                return Origin("none", "" if step is None else step.primitive, [])
            known = self._origins[element] = _WAYS[step.primitive](self, step, element)
        return known

    # One method for each kind of primitive ---------------------------------------------------------------------------

    def elementwise(self, step: Step, element: Element) -> Origin:
        """Takes the elements of the operands at the same place, as broadcasting repeats them."""
        return Origin("call", step.primitive, [tuple(_at(x, element.index) for x in step.operands)])

    def moving(self, step: Step, element: Element) -> Origin:
        """Runs the step on numbers of elements, which says which one came here."""
        if element.value not in self._codes:
            self._codes[element.value] = self._run_on_codes(step)
        code = int(self._codes[element.value].flat[element.position])
        if not code:
            return Origin("none", step.primitive, [])
        for operand, first, size in _blocks(step):
            if first <= code < first + size:
                source = Element(operand, code - first) if isinstance(operand, Value) else float(operand)
                return Origin("copy", step.primitive, [(source,)])
        raise AssertionError(f"{step.primitive} gave {code}")

    def _run_on_codes(self, step: Step) -> Any:
        codes = {operand: first for operand, first, _ in _blocks(step)}
        moved = _moved_operands(step)
        operands = []
        for i, x in enumerate(step.operands):
            if i not in moved:
                operands.append(self.arrays[x] if isinstance(x, Value) else x)
            elif isinstance(x, Value):
                operands.append(codes[x] + np.arange(math.prod(x.shape)).reshape(x.shape))
            else:
                operands.append(codes[x])
        return PRIMITIVES[step.primitive](NUMPY, *operands, **step.params)

    def reduction(self, step: Step, element: Element) -> Origin:
        """Takes the elements along the reduced axes; of a maximum or minimum the first that wins."""
        x = _value(step)
        sources = _elements_along(
            x, _axes(step, len(x.shape)), element.index, keepdims=bool(step.params.get("keepdims"))
        )
        if step.primitive in ("max", "min"):
            numbers = [self.number(source) for source in sources]
            here = self.number(element)
            wins = (
                i for i, number in enumerate(numbers) if number == here or (math.isnan(number) and math.isnan(here))
            )
            return Origin("copy", step.primitive, [(sources[next(wins)],)])
        way = {"sum": "sum", "prod": "product"}.get(step.primitive, "whole")
        return Origin(way, step.primitive, [(source,) for source in sources])

    def scan(self, step: Step, element: Element) -> Origin:
        """Takes the elements up to this one along the axis."""
        x = _value(step)
        axis = step.params["axis"] % max(1, len(x.shape))
        sources = _elements_along(x, (axis,), element.index, keepdims=True)[: element.index[axis] + 1 if x.shape else 1]
        return Origin(
            "sum" if step.primitive == "cumulative_sum" else "product", step.primitive, [(s,) for s in sources]
        )

    def product(self, step: Step, element: Element) -> Origin:
        """Takes a row and a column of a product of matrices."""
        left, right = _value(step, 0), _value(step, 1)
        index = list(element.index)
        column = () if len(right.shape) == 1 else (index.pop(),)
        row = () if len(left.shape) == 1 else (index.pop(),)
        first, second = _place(left, (*index, *row, 0)), _place(right, (*index, 0, *column))
        step_down = right.shape[-1] if column else 1
        terms = [(Element(left, first + k), Element(right, second + k * step_down)) for k in range(left.shape[-1])]
        return Origin("sum", step.primitive, terms)

    def scattering(self, step: Step, element: Element) -> Origin:
        """Takes the elements that are added at this place. Slices put at most one there."""
        if len(step.operands) == 1:
            return self.moving(step, element)
        x = _value(step)
        if element.value not in self._codes:
            shape = step.params["shape"]
            indices = tuple(self.arrays[operand] for operand in step.operands[1:] if isinstance(operand, Value))
            places = np.arange(math.prod(shape)).reshape(shape)
            self._codes[element.value] = np.asarray(pick(NUMPY, places, fill_key(step.params["form"], indices)))
        places = self._codes[element.value]
        sizes = x.shape[max(0, len(x.shape) - places.ndim) :]  # leading axes of size 1 are left out
        numbers = np.broadcast_to(np.arange(math.prod(x.shape)).reshape(sizes), places.shape)
        return Origin("sum", step.primitive, [(Element(x, int(n)),) for n in numbers[places == element.position]])

    def sorting(self, step: Step, element: Element) -> Origin:
        """Takes the element that the order puts here."""
        x = _value(step)
        axis = step.params.get("axis", -1) % max(1, len(x.shape))
        row = _elements_along(x, (axis,), element.index, keepdims=True)
        if step.primitive == "argsort":
            return Origin("whole", step.primitive, [(source,) for source in row])
        order = np.argsort([self.number(source) for source in row], stable=True)
        return Origin("copy", step.primitive, [(row[int(order[element.index[axis] if x.shape else 0])],)])

    def whole(self, step: Step, element: Element) -> Origin:
        """Takes all elements of the matrices, or of the arrays."""
        sources: list[tuple[Source, ...]] = []
        for operand in step.operands:
            if not isinstance(operand, Value):
                continue
            batch = len(operand.shape) - 2 if step.primitive in LINALG else 0
            axes = tuple(range(batch, len(operand.shape)))
            sources += [(s,) for s in _elements_along(operand, axes, element.index[:batch], keepdims=False)]
        return Origin("whole", step.primitive, sources)


def _blocks(step: Step) -> list[tuple[Any, int, int]]:
    """Returns the operands that a step moves, each with its elements' first number and their count."""
    found: dict[Any, tuple[Any, int, int]] = {}
    first = 1
    for i in _moved_operands(step):
        operand = step.operands[i]
        size = math.prod(operand.shape) if isinstance(operand, Value) else 1
        if operand not in found:
            found[operand] = (operand, first, size)
            first += size
    return list(found.values())


def _moved_operands(step: Step) -> range:
    """Returns the positions of the operands whose elements a step moves; others are indices or conditions."""
    last = {"where": 3, "put": 2, "concat": len(step.operands)}.get(step.primitive, 1)
    return range(1 if step.primitive == "where" else 0, last)


def _value(step: Step, position: int = 0) -> Value:
    operand = step.operands[position]
    assert isinstance(operand, Value)
    return operand


def _at(operand: Any, index: Sequence[int]) -> Source:
    """Returns an operand's element at an index of the result, of which it may lack or repeat axes."""
    return Element(operand, _place(operand, index)) if isinstance(operand, Value) else float(operand)


def _place(operand: Value, index: Sequence[int]) -> int:
    """Returns the position of an operand's element at an index of the result."""
    shape = operand.shape
    own = [0 if size == 1 else i for size, i in zip(shape, index[len(index) - len(shape) :], strict=True)]
    return _position(own, shape)


def _position(index: Sequence[int], shape: Sequence[int]) -> int:
    position = 0
    for i, size in zip(index, shape, strict=True):
        position = position * size + i
    return position


def _axes(step: Step, count: int) -> tuple[int, ...]:
    axis = step.params.get("axis")
    return (
        tuple(range(count)) if axis is None else tuple(a % count for a in ((axis,) if isinstance(axis, int) else axis))
    )


def _elements_along(x: Value, axes: Sequence[int], index: Sequence[int], *, keepdims: bool) -> list[Element]:
    """Returns the elements along some axes of `x`, at an index of the others."""
    rest = iter(index)
    start, step = 0, math.prod(x.shape)
    positions = np.zeros((), dtype=np.int64)
    for axis, size in enumerate(x.shape):
        step //= max(1, size)
        if axis in axes:
            positions = positions[..., None] + step * np.arange(size)
            if keepdims:
                next(rest)
        else:
            start += step * next(rest)
    return [Element(x, start + int(position)) for position in positions.ravel()]


_MOVING = (
    *("broadcast_to", "cast", "concat", "flip", "gather", "permute", "put", "repeat", "reshape", "roll"),
    *("slice", "take_along_axis", "tril", "triu", "where"),
)
"""Primitives whose result has the elements of their operands."""

_WAYS: Mapping[str, Callable[[Elements, Step, Element], Origin]] = {
    **dict.fromkeys((*UNARY, *BINARY), Elements.elementwise),
    **dict.fromkeys(_MOVING, Elements.moving),
    **dict.fromkeys(REDUCTIONS, Elements.reduction),
    **dict.fromkeys(SCANS, Elements.scan),
    **dict.fromkeys((*LINALG, "searchsorted"), Elements.whole),
    "argsort": Elements.sorting,
    "matmul": Elements.product,
    "scatter_add": Elements.scattering,
    "sort": Elements.sorting,
}
"""How each primitive is taken apart."""
