"""Removes steps: those that no output needs, those that occur twice, and those of constants only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...ops.accurate import NUMPY
from ..primitives import PRIMITIVES, RANDOM
from ..program import Operand, Program, Step, Value

_SMALL = 1024
"""The most elements of a result that is computed once; a larger one is computed in each run."""


def without_dead_code(program: Program) -> Program:
    """Removes the steps and constants that no output needs. Inputs stay."""
    needed = set(program.outputs)
    steps = []
    for step in reversed(program.steps):
        if step.output in needed:
            steps.append(step)
            needed.update(operand for operand in step.operands if isinstance(operand, Value))
    constants = {value: array for value, array in program.constants.items() if value in needed}
    return replace(program, steps=steps[::-1], constants=constants)


def with_folded_constants(program: Program) -> Program:
    """Makes small results of steps on constants constants themselves."""
    constants = dict(program.constants)
    steps = []
    for step in program.steps:
        if (
            step.primitive == RANDOM
            or math.prod(step.output.shape) > _SMALL
            or any(isinstance(operand, Value) and operand not in constants for operand in step.operands)
        ):
            steps.append(step)
            continue
        arrays = [constants[operand] if isinstance(operand, Value) else operand for operand in step.operands]
        with np.errstate(all="ignore"):
            constants[step.output] = np.asarray(PRIMITIVES[step.primitive](NUMPY, *arrays, **step.params))
    return replace(program, steps=steps, constants=constants)


def with_shared_steps(program: Program) -> Program:
    """Merges equal steps on equal operands, and equal constants."""
    replacements: dict[Value, Value] = {}
    seen: dict[Any, Value] = {}
    constants = {}
    for value, array in program.constants.items():
        first = seen.setdefault(("constant", value.shape, value.dtype, array.tobytes()), value)
        if first is value:
            constants[value] = array
        else:
            replacements[value] = first
    steps = []
    for step in program.steps:
        step = with_operands(step, replacements)
        first = step.output if step.primitive == RANDOM else seen.setdefault(_key(step), step.output)
        if first is step.output:
            steps.append(step)
        else:
            replacements[step.output] = first
    outputs = [replacements.get(value, value) for value in program.outputs]
    return replace(program, steps=steps, constants=constants, outputs=outputs)


def _key(step: Step) -> Any:
    # Values live as long as the Program, so their ids are unique. A number is compared by its type and its text: 0.0 is
    # not -0.0, and 1 is not True.
    operands = tuple(id(x) if isinstance(x, Value) else (type(x).__name__, repr(x)) for x in step.operands)
    params = repr(sorted(step.params.items(), key=lambda item: item[0])) if step.params else ""
    return step.primitive, operands, params


def with_operands(step: Step, replacements: Mapping[Value, Value]) -> Step:
    """Replaces operands of a step."""
    if replacements.keys().isdisjoint(step.operands):
        return step
    operands: tuple[Operand, ...] = tuple(
        replacements.get(operand, operand) if isinstance(operand, Value) else operand for operand in step.operands
    )
    return Step(step.primitive, operands, step.params, step.output)
