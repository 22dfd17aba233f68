"""Removes steps that no output needs."""

from __future__ import annotations

from dataclasses import replace

from ..program import Operand, Program


def without_dead_code(program: Program) -> Program:
    """Removes the steps and constants that no output needs. Inputs stay."""
    needed: set[Operand] = set(program.outputs)
    steps = []
    for step in reversed(program.steps):
        if step.output in needed:
            steps.append(step)
            needed.update(step.operands)  # numbers among them are no harm
    constants = {value: array for value, array in program.constants.items() if value in needed}
    return replace(program, steps=steps[::-1], constants=constants)
