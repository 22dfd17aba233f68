"""Reads the formula of a kernel from its Program, and gives names to its long pieces."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ...graph.operation import Operation
from ...program.program import Operand, Program, Step, Value
from . import arithmetic, arranging
from .expression import Expression, call, fresh_names, number, symbol
from .numerals import textbook_number
from .textbook import nested_formula, textbook_formula
from .tidy import tidy

LONGEST = 75
"""The most pieces of a formula; a longer one is less clear than the operation's name."""


class TooLongError(Exception):
    """Raised for a formula of too many pieces."""


class Reader:
    """Makes the formula of a Program.

    Parameters
    ----------
    program:
        The Program to read.
    symbols:
        A formula for each input, and for constants that have one.
    whole:
        Whether the formula is of whole arrays, with ⊙ between them; else of single elements.
    counts:
        The expression of each number that is a count of elements.
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
        self.formulas: dict[Value, Expression] = dict(symbols)
        self.whole = whole
        self.counts = counts or {}
        self.makers: dict[Value, Step] = {}
        self.users: dict[Value, list[Step]] = {}
        for step in program.steps:
            for operand in step.operands:
                if isinstance(operand, Value):
                    self.users.setdefault(operand, []).append(step)
        self.arrays = {value for value in program.inputs if math.prod(value.shape) != 1 or value.shape != ()}
        self.masks = program.constants.keys() & self.formulas.keys()
        for value, array in program.constants.items():
            if value not in self.formulas:
                self.formulas[value] = _constant(array)
            elif value.shape:
                self.arrays.add(value)

    def formula(self, names: Mapping[Value, str] | None = None) -> Expression:
        """Returns the formula of the Program's first output, with definitions of named values. Raises TooLongError."""
        definitions = {name: tidy(formula) for name, formula in self._read(names or {}).items()}
        formula = with_definitions(tidy(self.formulas[self.program.outputs[0]]), definitions)
        if formula.size > LONGEST or sum(piece.head in ("slice", "at") for piece in formula.walk()) > 4:
            raise TooLongError
        return formula

    def parts(self, names: Mapping[Value, str]) -> tuple[Expression, dict[str, Expression]]:
        """Returns the formula of the first output with names for some values, and the formulas of these values.

        Raises TooLongError if one of them is too long.
        """
        definitions = self._read(names)
        formulas = [tidy(formula) for formula in (self.formulas[self.program.outputs[0]], *definitions.values())]
        if any(formula.size > LONGEST for formula in formulas):
            raise TooLongError
        return formulas[0], dict(zip(definitions, formulas[1:], strict=True))

    def _read(self, names: Mapping[Value, str]) -> dict[str, Expression]:
        """Reads the steps, and returns the formula of each name, in the order of the steps."""
        definitions: dict[str, Expression] = {}
        for step in self.program.steps:
            self.makers[step.output] = step
            read = _READINGS.get(step.primitive)
            formula = arithmetic.as_function(self, step) if read is None else read(self, step)
            if formula.size > 20 * LONGEST:
                raise TooLongError
            if step.output in names:
                definitions[names[step.output]] = formula
                formula = symbol(names[step.output])
            self.formulas[step.output] = formula
            if any(isinstance(x, Value) and x in self.arrays for x in step.operands) and step.output.shape:
                self.arrays.add(step.output)
        return definitions

    def formula_of(self, operand: Operand) -> Expression:
        """Returns the formula of an operand."""
        if isinstance(operand, Value):
            return self.formulas[operand]
        if operand is None:
            return symbol("none")
        expression = self.counts.get(operand) or textbook_number(operand)
        if expression is None and isinstance(operand, float) and math.isfinite(operand):
            whole = round(operand)
            if whole and abs(operand - whole) < 1e-12:
                operand = whole  # for example 0.1 / (1 - 0.9), which is slightly more than 1
        return expression or number(operand)

    def is_array(self, operand: Operand) -> bool:
        """Says whether an operand is written as an array: it depends on one, and is not a single number."""
        return self.whole and isinstance(operand, Value) and operand in self.arrays

    def maker(self, operand: Operand) -> Step | None:
        """Returns the step that made an operand, looking through casts and views."""
        step = self.makers.get(operand) if isinstance(operand, Value) else None
        while step is not None and step.primitive in ("cast", "broadcast_to", "reshape"):
            inner = step.operands[0]
            step = self.makers.get(inner) if isinstance(inner, Value) else None
        return step


def _constant(array: Any) -> Expression:
    """Writes a constant; one of equal elements is a number."""
    first = array.flat[0].item() if array.size else 0
    if array.size <= 1 or bool(np.all(array == first)) or bool(np.all(np.isnan(array))):
        return textbook_number(first) or number(first)
    if max(array.shape) == array.size and np.array_equal(array.reshape(-1), np.arange(array.size)):
        axis = next((axis for axis, size in enumerate(array.shape) if size != 1), 0)
        return symbol("range") if array.ndim == 1 else Expression("over", ("range", (axis,)))
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return symbol("I")
    return symbol("C")


Reading = Callable[[Reader, Step], Expression]


def _apply(reader: Reader, step: Step) -> Expression:
    operation, params = step.params["operation"], step.params["params"]
    arguments = [reader.formula_of(x) for x in step.operands if x is not None]
    notation = operation.traits.notation
    first = step.operands[0]
    rank = len(first.shape) if isinstance(first, Value) else 0
    written = {**params, "rank": rank}
    from_textbook = nested_formula(notation, arguments, written) or textbook_formula(notation, arguments, written)
    if from_textbook is not None:
        return from_textbook
    axis = params.get("axis")
    sign = sign_of(operation)
    if "inputs" in params and "output" in params:
        arguments.insert(0, symbol(f"{', '.join(params['inputs'])} → {params['output']}"))
    if params.get("order"):
        sign += "′" * params["order"]
    if operation.traits.kind == "probabilities" and axis in (-1, rank - 1):
        return call(sign, *arguments)  # as in textbooks, of each row
    if isinstance(axis, int) and not isinstance(axis, bool) and rank:
        return Expression("over", (sign, (axis % rank,), *arguments))
    return call(sign, *arguments)


def sign_of(operation: Operation) -> str:
    """Returns an operation's sign in formulas: its own, or its name."""
    return operation.traits.sign or operation.name


_READINGS: dict[str, Reading] = {**arithmetic.READINGS, **arranging.READINGS, "apply": _apply}


SHORT = 5
"""The fewest pieces of an expression that gets a name."""

LONG = 14
"""The fewest pieces of both numerator and denominator for which the denominator gets a name."""


NONE: Mapping[str, Expression] = MappingProxyType({})


def with_definitions(formula: Expression, named: Mapping[str, Expression] = NONE) -> Expression:
    """Adds "where a = …" to a formula for long pieces that occur more than once, the largest first.

    The parts that are `named` already come last, if they are used.
    """
    definitions: list[tuple[str, Expression]] = []
    used = formula.names.union(named, *(one.names for one in named.values()))
    names = (name for name in fresh_names() if name not in used)
    while (piece := _largest_repeated_piece(formula, [body for _, body in definitions])) is not None:
        name = next(names)
        definitions = [(other, _replace(body, piece, symbol(name))) for other, body in definitions]
        formula = _replace(formula, piece, symbol(name))
        definitions.append((name, piece))
    if formula.head == "div" and all(part.size >= LONG for part in formula.args):
        name = next(names)
        numerator, denominator = formula.args
        formula = Expression("div", (numerator, symbol(name)))
        definitions.insert(0, (name, denominator))
    definitions += _used(named, formula, *(definition for _, definition in definitions))
    if not definitions:
        return formula
    return Expression("where", (formula, *(part for definition in definitions for part in definition)))


def _used(named: Mapping[str, Expression], *formulas: Expression) -> list[tuple[str, Expression]]:
    """Returns the named parts that formulas use, or that those parts use, the last ones first."""
    names = frozenset[str]().union(*(formula.names for formula in formulas))
    used: list[tuple[str, Expression]] = []
    for name, definition in reversed([*named.items()]):
        if name in names:
            used.append((name, definition))
            names |= definition.names
    return used


def _largest_repeated_piece(formula: Expression, bodies: list[Expression]) -> Expression | None:
    """Returns the largest piece that occurs more than once."""
    counts = Counter(piece for whole in (formula, *bodies) for piece in whole.walk() if piece.size >= SHORT)
    repeated = [piece for piece, count in counts.items() if count > 1]
    return max(repeated, key=lambda piece: piece.size, default=None)


def _replace(formula: Expression, piece: Expression, by: Expression) -> Expression:
    if formula == piece:
        return by
    return formula.with_children(lambda child: _replace(child, piece, by))
