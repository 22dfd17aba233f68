"""Common subexpressions: what occurs twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..primitives import RANDOM
from ..program import Program, Step, Value
from .rewriting import with_operands


def with_shared_steps(program: Program) -> Program:
    """Equal steps on equal operands once, and equal constants once."""
    stands_for: dict[Value, Value] = {}
    seen: dict[Any, Value] = {}
    constants = {}
    for value, array in program.constants.items():
        first = seen.setdefault(("constant", value.shape, value.dtype, array.tobytes()), value)
        if first is value:
            constants[value] = array
        else:
            stands_for[value] = first
    steps = []
    for step in program.steps:
        step = with_operands(step, stands_for)
        first = step.output if step.primitive == RANDOM else seen.setdefault(_key(step), step.output)
        if first is step.output:
            steps.append(step)
        else:
            stands_for[step.output] = first
    outputs = [stands_for.get(value, value) for value in program.outputs]
    return replace(program, steps=steps, constants=constants, outputs=outputs)


def _key(step: Step) -> Any:
    # A number is told apart by its type and its written form too: 0.0 is not -0.0, and 1 is not True.
    operands = tuple(
        id(x) if isinstance(x, Value) else (type(x).__name__, repr(x))  # Values live as long as the Program
        for x in step.operands
    )
    return step.primitive, operands, repr(sorted(step.params.items(), key=lambda item: item[0]))
