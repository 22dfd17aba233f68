"""Algebraic tidying: steps that change nothing, or that a single step can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..program import Operand, Program, Step, Value
from .rewriting import with_operands


def with_simpler_steps(program: Program) -> Program:
    """Without products by one, sums with zero, double negations, and views that undo or repeat one another.

    Results stay what they are to the last bit, except that a zero may change its sign.
    """
    made: dict[Value, Step] = {}
    stands_for: dict[Value, Value] = {}
    steps = []
    for step in program.steps:
        step = with_operands(step, stands_for)
        while (simpler := _simpler(step, made, program.constants)) is not None:
            if isinstance(simpler, Value):
                stands_for[step.output] = simpler
                break
            step = simpler
        else:
            made[step.output] = step
            steps.append(step)
    outputs = [stands_for.get(value, value) for value in program.outputs]
    return replace(program, steps=steps, outputs=outputs)


Made = Mapping[Value, Step]
Constants = Mapping[Value, Any]
Rule = Callable[[Step, Made, Constants], Step | Value | None]


def _simpler(step: Step, made: Made, constants: Constants) -> Step | Value | None:
    """A value that is the step's result, or a simpler step that gives it; None if there is none."""
    rule = _RULES.get(step.primitive)
    return None if rule is None else rule(step, made, constants)


def _alike(step: Step, operand: Operand) -> Value | Step | None:
    """The operand as the step's result: itself, or broadcast to the result's shape; None if the dtype differs."""
    if not isinstance(operand, Value) or operand.dtype != step.output.dtype:
        return None
    if operand.shape == step.output.shape:
        return operand
    return Step("broadcast_to", (operand,), {"shape": step.output.shape}, step.output)


def _with_neutral(number: int, *, either_side: bool) -> Rule:
    """For operations that change nothing when the second operand is `number`, or either of them."""

    def rule(step: Step, made: Made, constants: Constants) -> Step | Value | None:
        del made
        first, second = step.operands
        if _is_all(second, number, constants):
            return _alike(step, first)
        if either_side and _is_all(first, number, constants):
            return _alike(step, second)
        return None

    return rule


def _is_all(operand: Operand, number: int, constants: Constants) -> bool:
    if isinstance(operand, Value):
        return operand in constants and bool(np.all(constants[operand] == number))
    return type(operand) in (int, float) and operand == number


def _twice(step: Step, made: Made, constants: Constants) -> Value | None:
    """For an operation that undoes itself."""
    del constants
    inner = _maker(step, made)
    operand = inner.operands[0] if inner is not None and inner.primitive == step.primitive else None
    return operand if isinstance(operand, Value) else None


def _maker(step: Step, made: Made) -> Step | None:
    operand = step.operands[0]
    return made.get(operand) if isinstance(operand, Value) else None


def _same_shape(step: Step, made: Made, constants: Constants) -> Step | Value | None:
    """For reshape and broadcast_to: nothing to do, or two in a row."""
    del constants
    operand = step.operands[0]
    if isinstance(operand, Value) and operand.shape == step.output.shape:
        return operand
    inner = _maker(step, made)
    if inner is not None and inner.primitive == step.primitive:
        return replace(step, operands=inner.operands)
    return None


def _permute(step: Step, made: Made, constants: Constants) -> Step | Value | None:
    del constants
    axes = step.params["axes"]
    operand = step.operands[0]
    if axes == tuple(range(len(axes))) and isinstance(operand, Value):
        return operand
    inner = _maker(step, made)
    if inner is not None and inner.primitive == "permute":
        return replace(step, operands=inner.operands, params={"axes": tuple(inner.params["axes"][a] for a in axes)})
    return None


def _cast(step: Step, made: Made, constants: Constants) -> Step | Value | None:
    del made, constants
    operand = step.operands[0]
    return operand if isinstance(operand, Value) and operand.dtype == step.output.dtype else None


def _over_single_elements(step: Step, made: Made, constants: Constants) -> Step | None:
    """For a reduction over axes of size 1, each of whose results is its only element."""
    del made, constants
    operand, axis = step.operands[0], step.params.get("axis")
    if not isinstance(operand, Value) or operand.dtype != step.output.dtype:
        return None
    axes = range(len(operand.shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if any(operand.shape[a] != 1 for a in axes):
        return None
    return Step("reshape", (operand,), {"shape": step.output.shape}, step.output)


_RULES: dict[str, Rule] = {
    "add": _with_neutral(0, either_side=True),
    "subtract": _with_neutral(0, either_side=False),
    "multiply": _with_neutral(1, either_side=True),
    "divide": _with_neutral(1, either_side=False),
    "pow": _with_neutral(1, either_side=False),
    "negative": _twice,
    "reshape": _same_shape,
    "broadcast_to": _same_shape,
    "permute": _permute,
    "cast": _cast,
    **dict.fromkeys(["sum", "prod", "max", "min"], _over_single_elements),
}
