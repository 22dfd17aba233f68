"""Reading: from the Program of a kernel to its formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...graph.operation import Operation
from ...program.program import Operand, Program, Step, Value
from . import arithmetic, arranging
from .expression import Expression, call, number, symbol
from .numerals import known_number
from .sharing import with_definitions
from .textbook import textbook
from .tidy import tidy

LONGEST = 75
"""A formula of more pieces than this says less than the operation's name."""


class TooLongError(Exception):
    """The formula would have too many pieces to be read."""


class Reader:
    """Makes the formula of a Program.

    Parameters
    ----------
    program:
        What to read.
    symbols:
        A formula for each input, and for constants that have one.
    whole:
        Whether arrays are written as such, with ⊙ between; else the formula is of single elements.
    sizes:
        What counts of elements are recognised by: a product of sizes, to the axes and the array that it is of.
    floats:
        Values that are floating-point numbers from outside, at single points of which a kernel may take care.
    """

    def __init__(
        self,
        program: Program,
        symbols: Mapping[Value, Expression],
        *,
        whole: bool,
        counts: Mapping[float, Expression] | None = None,
    ) -> None:
        self.program = program
        self.known: dict[Value, Expression] = dict(symbols)
        self.whole = whole
        self.counts = counts or {}
        self.made: dict[Value, Step] = {}
        self.uses: dict[Value, list[Step]] = {}
        for step in program.steps:
            for operand in step.operands:
                if isinstance(operand, Value):
                    self.uses.setdefault(operand, []).append(step)
        self.arrays = {value for value in program.inputs if math.prod(value.shape) != 1 or value.shape != ()}
        self.masks = program.constants.keys() & self.known.keys()
        for value, array in program.constants.items():
            if value not in self.known:
                self.known[value] = _constant(array)
            elif value.shape:
                self.arrays.add(value)

    def formula(self) -> Expression:
        """Of the Program's first output. Raises TooLongError."""
        self._read({})
        formula = with_definitions(tidy(self.known[self.program.outputs[0]]))
        if formula.size > LONGEST or sum(piece.head in ("slice", "at") for piece in formula.walk()) > 4:
            raise TooLongError
        return formula

    def parts(self, names: Mapping[Value, str]) -> tuple[Expression, dict[str, Expression]]:
        """The formula of the first output, in which some values have names, and the formulas of these.

        Raises TooLongError if one of them is too long.
        """
        named = self._read(names)
        formulas = [tidy(formula) for formula in (self.known[self.program.outputs[0]], *named.values())]
        if any(formula.size > LONGEST for formula in formulas):
            raise TooLongError
        return formulas[0], dict(zip(named, formulas[1:], strict=True))

    def _read(self, names: Mapping[Value, str]) -> dict[str, Expression]:
        """Reads the steps; gives what stands behind each name, in the order of the steps."""
        named: dict[str, Expression] = {}
        for step in self.program.steps:
            self.made[step.output] = step
            read = _READINGS.get(step.primitive)
            formula = arithmetic.named(self, step) if read is None else read(self, step)
            if formula.size > 20 * LONGEST:
                raise TooLongError
            if step.output in names:
                named[names[step.output]] = formula
                formula = symbol(names[step.output])
            self.known[step.output] = formula
            if any(isinstance(x, Value) and x in self.arrays for x in step.operands) and step.output.shape:
                self.arrays.add(step.output)
        return named

    def of(self, operand: Operand) -> Expression:
        """The formula of an operand."""
        if isinstance(operand, Value):
            return self.known[operand]
        if operand is None:
            return symbol("none")
        found = self.counts.get(operand) or known_number(operand)
        if found is None and isinstance(operand, float) and math.isfinite(operand):
            whole = round(operand)
            if whole and abs(operand - whole) < 1e-12:
                operand = whole  # as 0.1 / (1 - 0.9), which is a little more than one
        return found or number(operand)

    def is_array(self, operand: Operand) -> bool:
        """Whether an operand is written as an array: it depends on one, and is no single number."""
        return self.whole and isinstance(operand, Value) and operand in self.arrays

    def maker(self, operand: Operand) -> Step | None:
        """The step that made an operand, casts and views set aside."""
        step = self.made.get(operand) if isinstance(operand, Value) else None
        while step is not None and step.primitive in ("cast", "broadcast_to", "reshape"):
            inner = step.operands[0]
            step = self.made.get(inner) if isinstance(inner, Value) else None
        return step


def _constant(array: Any) -> Expression:
    """A constant of equal elements is a number."""
    first = array.flat[0].item() if array.size else 0
    if array.size <= 1 or bool(np.all(array == first)) or bool(np.all(np.isnan(array))):
        return known_number(first) or number(first)
    if max(array.shape) == array.size and np.array_equal(array.reshape(-1), np.arange(array.size)):
        axis = next((axis for axis, size in enumerate(array.shape) if size != 1), 0)
        return symbol("range") if array.ndim == 1 else Expression("over", ("range", (axis,)))
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return symbol("I")
    return symbol("C")


Reading = Callable[[Reader, Step], Expression]


def _apply(reader: Reader, step: Step) -> Expression:
    operation, params = step.params["operation"], step.params["params"]
    arguments = [reader.of(x) for x in step.operands if x is not None]
    known = textbook(operation.traits.notation, arguments, params)
    if known is not None:
        return known
    axis = params.get("axis")
    first = step.operands[0]
    rank = len(first.shape) if isinstance(first, Value) else 0
    sign = sign_of(operation)
    if "inputs" in params and "output" in params:
        arguments.insert(0, symbol(f"{', '.join(params['inputs'])} → {params['output']}"))
    if params.get("order"):
        sign += "′" * params["order"]
    if isinstance(axis, int) and not isinstance(axis, bool) and rank:
        return Expression("over", (sign, (axis % rank,), *arguments))
    return call(sign, *arguments)


def sign_of(operation: Operation) -> str:
    """Returns what formulas write for an operation: its own sign, or its name."""
    return operation.traits.sign or operation.name


_READINGS: dict[str, Reading] = {**arithmetic.READINGS, **arranging.READINGS, "apply": _apply}
