"""Constant folding: what is the same in every run."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...ops.accurate import NUMPY
from ..primitives import PRIMITIVES, RANDOM
from ..program import Program, Value

_SMALL = 1024
"""A result of more elements than this is computed in each run rather than kept with the Program."""


def with_folded_constants(program: Program) -> Program:
    """Steps whose operands are all constants become constants, where the result is small."""
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
