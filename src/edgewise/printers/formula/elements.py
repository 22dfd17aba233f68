"""Finds the formula of one element of a Program's result: which elements of the inputs it comes from, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...graph.operation import Operation
from ...program.program import Operand, Program, Step, Value
from . import element_rules
from .arithmetic import READINGS, as_function
from .expression import Expression, call, number, quotient
from .indices import Index, as_number, each
from .letters import Letters, SplitError, UnknownElementError
from .reading import Reader
from .recording import KnownArray, record_kernel
from .textbook import textbook_formula

MOST_PIECES = 1500
"""The most pieces of an inner tree; elements of larger ones are not worth reading."""


MOST_LOOKUPS = 3000
"""The most elements of values between that are read for one element."""


Indices = tuple[Index, ...]
Given = Callable[[Indices], Expression]


class ElementReader:
    """Reads elements of the values of a Program.

    Parameters
    ----------
    program:
        The Program.
    given:
        For each input, and for constants with a symbol, a function from indices to an element's formula.
    counts:
        The expression of each number that is a count of elements.
    letters:
        The letters of the formula.
    """

    def __init__(
        self, program: Program, given: Mapping[Value, Given], counts: Mapping[float, Expression], letters: Letters
    ) -> None:
        self.program, self.given, self.counts, self.letters = program, given, counts, letters
        self.arrays = Reader(program, {}, whole=False, counts=counts)
        self.arrays.makers = {step.output: step for step in program.steps}
        self._known: dict[tuple[Value, Indices], Expression] = {}
        self._inner: dict[Step, ElementReader] = {}

    def element(self, operand: Operand, indices: Indices) -> Expression:
        """Returns the formula of an element. Raises UnknownElementError, SplitError."""
        if not isinstance(operand, Value):
            return self.arrays.formula_of(operand)
        key = operand, indices
        if key not in self._known:
            self.letters.lookups += 1
            if self.letters.lookups > MOST_LOOKUPS:
                raise UnknownElementError("too long")
            formula = self._element(operand, indices)
            if formula.size > MOST_PIECES:
                raise UnknownElementError("too long")
            self._known[key] = formula
        return self._known[key]

    def _element(self, value: Value, indices: Indices) -> Expression:
        if value in self.given:
            return self.given[value](indices)
        if value in self.program.constants:
            return _constant_element(self.program.constants[value], indices)
        step = self.arrays.makers.get(value)
        if step is None:
            raise UnknownElementError("an argument without a symbol")
        if step.primitive == "apply":
            return self._applied(step, indices)
        rule = element_rules.RULES.get(step.primitive)
        if rule is not None:
            return rule(self, step, indices)
        if step.primitive in element_rules.ELEMENTWISE:
            return self._elementwise(step, indices)
        raise UnknownElementError(step.primitive)

    def aligned(self, operand: Operand, indices: Indices) -> Expression:
        """Returns an element of an operand that is broadcast to the axes of `indices`."""
        if not isinstance(operand, Value):
            return self.element(operand, ())
        own = indices[len(indices) - len(operand.shape) :]
        fitted = (Index() if size == 1 else index for index, size in zip(own, operand.shape, strict=True))
        return self.element(operand, tuple(fitted))

    def _elementwise(self, step: Step, indices: Indices) -> Expression:
        single = _Single(self, step, indices)
        read = READINGS.get(step.primitive)
        return as_function(single, single.step) if read is None else read(single, single.step)

    def over(
        self,
        step: Step,
        name: str,
        sizes: Sequence[int],
        body: Callable[[Indices], Expression],
        conditions: Callable[[Indices], Sequence[Index]] = lambda _: (),
    ) -> Expression:
        """Returns a function such as a sum over indices of axes for which conditions are 0.

        A letter for several axes at once is split.
        """
        pieces: list[list[tuple[str, int]]] = []
        for axis, size in enumerate(sizes):
            pieces.append([] if size == 1 else [(self.letters.of((step, axis, size), size), size)])
        while True:
            indices = tuple(_joined(axis) for axis in pieces)
            try:
                formula, met = body(indices), conditions(indices)
            except SplitError as error:
                place = next(
                    ((axis, i) for axis in pieces for i, (name_, _) in enumerate(axis) if name_ == error.letter), None
                )
                if place is None:
                    raise
                axis_pieces, i = place
                axis_pieces[i : i + 1] = self._halves(error.letter, axis_pieces[i][1], error.size)
                continue
            return each(name, formula, (letter for axis in pieces for letter, _ in axis), met)

    def _halves(self, letter: str, size: int, inner: int) -> list[tuple[str, int]]:
        return [
            (self.letters.of((letter, part, count), count), count) for part, count in ((0, size // inner), (1, inner))
        ]

    def divided(self, index: Index, size: int) -> tuple[Index, Index]:
        """Returns the quotient and the rest of an index and a size."""
        if size == 1:
            return index, Index()
        whole = tuple((atom, factor // size) for atom, factor in index.terms if factor % size == 0)
        outer = Index(whole, index.constant // size)
        inner = Index(tuple((atom, factor) for atom, factor in index.terms if factor % size), index.constant % size)
        bounds = inner.bounds(self.letters.sizes)
        if bounds is not None and bounds[0] >= 0 and bounds[1] < size:
            return outer, inner
        letter = inner.single_letter
        letter_size = self.letters.sizes.get(letter or "", 0)
        if letter and letter_size % size == 0 and letter not in self.letters.unsplit:
            raise SplitError(letter, size)
        rest = as_number(inner)
        floor = Index.of(call("floor", quotient(rest, number(size))))
        return outer.plus(floor), Index.of(call("mod", rest, number(size)))

    def _applied(self, step: Step, indices: Indices) -> Expression:
        operation: Operation = step.params["operation"]
        params = step.params["params"]
        if operation.elementwise:
            arguments = [self.aligned(x, indices) for x in step.operands if x is not None]
            written = textbook_formula(operation.traits.notation, arguments, params)
            if written is not None:
                return written
            if operation.traits.sign:
                return call(operation.traits.sign, *arguments)
        if step not in self._inner:
            program, arguments_inside = _recorded(operation, step, params)
            given = {
                inside: _element_function(self, outside)
                for outside, inside in zip(step.operands, arguments_inside, strict=True)
                if isinstance(inside, Value)
            }
            self._inner[step] = ElementReader(program, given, self.counts, self.letters)
        reader = self._inner[step]
        return reader.element(reader.program.outputs[0], indices)


def _element_function(reader: ElementReader, operand: Operand) -> Given:
    return lambda indices: reader.element(operand, indices)


def _recorded(operation: Operation, step: Step, params: Mapping[str, Any]) -> tuple[Program, tuple[Any, ...]]:
    """Records an operation on arrays like the operands of a step."""
    examples = [_example(operand) for operand in step.operands]
    with np.errstate(all="ignore"):
        kernel = record_kernel(operation.forward, examples, dict(params))
    return kernel.program, kernel.arguments


def _example(operand: Operand) -> Any:
    if not isinstance(operand, Value):
        return operand
    if operand.dtype == "bool":
        return KnownArray(np.ones(operand.shape, bool))
    return np.full(operand.shape, operand.dtype[0] == "f", operand.dtype)


def _joined(pieces: list[tuple[str, int]]) -> Index:
    """Returns the index of an axis that several letters number, the last one fastest."""
    index, factor = Index(), 1
    for letter, size in reversed(pieces):
        index = Index.letter(letter).times(factor).plus(index)
        factor *= size
    return index


def _constant_element(array: Any, indices: Indices) -> Expression:
    """Returns an element of a constant: of equal elements, of a range, or of the identity."""
    first = array.flat[0].item() if array.size else 0
    if array.size <= 1 or bool(np.all(array == first)) or bool(np.all(np.isnan(array))):
        return number(first)
    if array.dtype.kind in "iu" and max(array.shape) == array.size:
        row = array.reshape(-1)
        step = int(row[1] - row[0])
        if np.array_equal(row, row[0] + step * np.arange(array.size)):
            axis = array.shape.index(array.size)
            return as_number(indices[axis].times(step).plus(int(row[0])))
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return Expression("indicator", (Expression("compare", ("=", *map(as_number, indices))),))
    raise UnknownElementError("a constant")


class _Single(Reader):
    """Shows the readings of elementwise steps single elements in place of arrays."""

    def __init__(self, reader: ElementReader, step: Step, indices: Indices) -> None:
        arrays = reader.arrays
        self.program, self.counts, self.whole = arrays.program, arrays.counts, False
        self.makers, self.users = arrays.makers, arrays.users
        self.arrays, self.masks = set(), set()
        self.formulas = {}
        self._originals: dict[Value, Operand] = {}
        operands: list[Operand] = []
        for operand in step.operands:
            if isinstance(operand, Value):
                single = Value((), operand.dtype)
                self.formulas[single] = reader.aligned(operand, indices)
                self._originals[single] = operand
                operands.append(single)
            else:
                operands.append(operand)
        self.step = Step(step.primitive, tuple(operands), step.params, Value((), step.output.dtype))

    def maker(self, operand: Operand) -> Step | None:
        original = self._originals.get(operand, operand) if isinstance(operand, Value) else operand
        return super().maker(original)
