"""Rewrites the steps of a Program from the first to the last, in one walk.

A rule for a step looks only at earlier steps, which are rewritten by then. So one walk applies all rules as often as
they apply.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...ops.accurate import NUMPY
from ..primitives import PRIMITIVES, RANDOM
from ..program import Operand, Program, Step, Value
from .algebra import simpler_form

_SMALL = 1024
"""The most elements of a result that is computed once; a larger one is computed in each run."""


def with_folded_constants(program: Program) -> Program:
    """Makes small results of steps on constants constants themselves."""
    return _Rewriter(program, folds=True).rewritten()


def with_simpler_steps(program: Program) -> Program:
    """Removes products by one, sums with zero, double negations, and views that undo or repeat one another.

    Results are the same to the last bit, except that a zero can change its sign.
    """
    return _Rewriter(program, simplifies=True).rewritten()


def with_shared_steps(program: Program) -> Program:
    """Merges equal steps on equal operands, and equal constants."""
    return _Rewriter(program, shares=True).rewritten()


def with_all_rules(program: Program) -> Program:
    """Folds constants, simplifies steps and merges equal ones."""
    return _Rewriter(program, folds=True, simplifies=True, shares=True).rewritten()


class _Rewriter:
    """The steps of a Program so far, and what stands for values whose steps are gone."""

    def __init__(
        self, program: Program, *, folds: bool = False, simplifies: bool = False, shares: bool = False
    ) -> None:
        self._program = program
        self._folds, self._simplifies, self._shares = folds, simplifies, shares
        self._replacements: dict[Value, Value] = {}
        self._seen: dict[Any, Value] = {}
        self._constants: dict[Value, Any] = {}
        self._steps: list[Step] = []
        self._params: dict[int, tuple[dict[str, Any], str]] = {}
        self._makers: dict[Value, Step] = {}

    def rewritten(self) -> Program:
        """Returns the Program of the rewritten steps."""
        for value, array in self._program.constants.items():
            self._add_constant(value, array)
        for step in self._program.steps:
            self._add(self._with_replacements(step))
        outputs = [self._replacements.get(value, value) for value in self._program.outputs]
        return replace(self._program, steps=self._steps, constants=self._constants, outputs=outputs)

    def _add(self, step: Step) -> None:
        """Adds a step, a simpler one, or nothing if a value is there that equals its result."""
        while True:
            if self._folds and self._is_constant(step):
                self._add_constant(step.output, self._computed(step))
                return
            simpler = simpler_form(step, self._makers, self._constants) if self._simplifies else None
            if simpler is None:
                break
            if isinstance(simpler, Value):
                self._replacements[step.output] = simpler
                return
            step = simpler
        if self._shares and step.primitive != RANDOM and self._is_known(self._key(step), step.output):
            return
        self._makers[step.output] = step
        self._steps.append(step)

    def _add_constant(self, value: Value, array: Any) -> None:
        key = ("constant", value.shape, value.dtype, array.tobytes()) if self._shares else None
        if key is None or not self._is_known(key, value):
            self._constants[value] = array

    def _is_known(self, key: Any, value: Value) -> bool:
        """Says whether an equal value is there, which then stands for this one."""
        first = self._seen.setdefault(key, value)
        if first is not value:
            self._replacements[value] = first
        return first is not value

    def _is_constant(self, step: Step) -> bool:
        constants = self._constants
        for operand in step.operands:
            if isinstance(operand, Value) and operand not in constants:
                return False
        return step.primitive != RANDOM and math.prod(step.output.shape) <= _SMALL

    def _computed(self, step: Step) -> Any:
        arrays = [self._constants[operand] if isinstance(operand, Value) else operand for operand in step.operands]
        with np.errstate(all="ignore"):
            return np.asarray(PRIMITIVES[step.primitive](NUMPY, *arrays, **step.params))

    def _key(self, step: Step) -> Any:
        # Values and parameters live as long as the Program, so their ids are unique. A number is compared by its type
        # and its text: 0.0 is not -0.0, and 1 is not True.
        operands = tuple([id(x) if isinstance(x, Value) else (type(x).__name__, repr(x)) for x in step.operands])
        known = self._params.get(id(step.params))
        if known is None:
            text = repr(sorted(step.params.items(), key=lambda item: item[0]))
            known = self._params[id(step.params)] = step.params, text
        return step.primitive, operands, known[1]

    def _with_replacements(self, step: Step) -> Step:
        replacements = self._replacements
        if replacements.keys().isdisjoint(step.operands):
            return step
        operands: tuple[Operand, ...] = tuple(
            replacements.get(operand, operand) if isinstance(operand, Value) else operand for operand in step.operands
        )
        return Step(step.primitive, operands, step.params, step.output)
