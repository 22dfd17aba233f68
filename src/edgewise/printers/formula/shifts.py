"""Removes what a Program does against overflow only: a largest element that it subtracts and that cancels out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops.accurate import NUMPY
from ...program.primitives import PRIMITIVES
from ...program.program import Program, Step, Value

_MOST_ELEMENTS = 500_000
"""The most elements of all arrays of a Program that is tried with numbers."""


def without_shifts(program: Program) -> Program:
    """Returns the Program with 0 in place of each largest element on which its results do not depend.

    That they do not is tried with random numbers: softmax(x − max(x)) is softmax(x).
    """
    shifts = [step for step in program.steps if step.primitive == "max" and step.output.dtype.startswith("float")]
    if not shifts or sum(math.prod(step.output.shape) for step in program.steps) > _MOST_ELEMENTS:
        return program
    for shift in shifts:
        if shift.output in program.outputs:
            continue
        zeros = {shift.output: np.zeros(shift.output.shape, shift.output.dtype)}
        changed = Program(
            program.inputs,
            {**program.constants, **zeros},
            [step for step in program.steps if step is not shift],
            program.outputs,
        )
        if _agree(program, changed):
            program = changed
    return program


def _agree(program: Program, changed: Program) -> bool:
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        arguments = {value: _numbers(value, rng) for value in program.inputs}
        results = []
        for one in (program, changed):
            with np.errstate(all="ignore"):
                results.append(_run(one, arguments))
        for before, after in zip(*results, strict=True):
            if not np.allclose(before, after, rtol=1e-9, atol=1e-9, equal_nan=True):
                return False
    return True


def _numbers(value: Value, rng: np.random.Generator) -> Any:
    if not value.dtype.startswith("float"):
        return np.zeros(value.shape, value.dtype)
    return rng.normal(size=value.shape)


def _run(program: Program, arguments: dict[Value, Any]) -> list[Any]:
    known: dict[Value, Any] = {**program.constants, **arguments}
    for step in program.steps:
        operands = [known[x] if isinstance(x, Value) else x for x in step.operands]
        known[step.output] = _result(step, operands)
    return [np.asarray(known[value], dtype=float) for value in program.outputs]


def _result(step: Step, operands: list[Any]) -> Any:
    if step.primitive == "apply":
        return step.params["operation"].unwidened_forward(NUMPY, *operands, **step.params["params"])
    if step.primitive == "cast" and step.params["dtype"].startswith("float"):
        return np.asarray(operands[0], dtype=float)  # in float64, so that only rounding differs
    return PRIMITIVES[step.primitive](NUMPY, *operands, **step.params)
