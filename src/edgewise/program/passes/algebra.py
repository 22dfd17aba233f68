"""Simplifies steps that change nothing, and pairs of steps that a single one can replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..program import Operand, Step, Value

Makers = Mapping[Value, Step]
Constants = Mapping[Value, Any]
Rule = Callable[[Step, Makers, Constants], Step | Value | None]


def simpler_form(step: Step, makers: Makers, constants: Constants) -> Step | Value | None:
    """Returns a value that equals the step's result, or a simpler step for it; None if there is neither."""
    rule = _RULES.get(step.primitive)
    return None if rule is None else rule(step, makers, constants)


def _as_result(step: Step, operand: Operand) -> Value | Step | None:
    """Returns the operand, broadcast if needed, as the step's result; None if the dtype differs."""
    if not isinstance(operand, Value) or operand.dtype != step.output.dtype:
        return None
    if operand.shape == step.output.shape:
        return operand
    return Step("broadcast_to", (operand,), {"shape": step.output.shape}, step.output)


def _without_neutral(number: int, *, either_side: bool) -> Rule:
    """Makes the rule of an operation that changes nothing if its second operand (or either) is `number`."""

    def rule(step: Step, makers: Makers, constants: Constants) -> Step | Value | None:
        del makers
        first, second = step.operands
        if _is_all(second, number, constants):
            return _as_result(step, first)
        if either_side and _is_all(first, number, constants):
            return _as_result(step, second)
        return None

    return rule


def _is_all(operand: Operand, number: int, constants: Constants) -> bool:
    if isinstance(operand, Value):
        return operand in constants and bool(np.all(constants[operand] == number))
    return type(operand) in (int, float) and operand == number


def _cancel_inverse(step: Step, makers: Makers, constants: Constants) -> Value | None:
    """Simplifies an operation that is its own inverse, applied twice."""
    del constants
    inner = _maker(step, makers)
    operand = inner.operands[0] if inner is not None and inner.primitive == step.primitive else None
    return operand if isinstance(operand, Value) else None


def _maker(step: Step, makers: Makers) -> Step | None:
    operand = step.operands[0]
    return makers.get(operand) if isinstance(operand, Value) else None


def _same_shape(step: Step, makers: Makers, constants: Constants) -> Step | Value | None:
    """Simplifies reshape and broadcast_to to the same shape, or two in a row."""
    del constants
    operand = step.operands[0]
    if isinstance(operand, Value) and operand.shape == step.output.shape:
        return operand
    inner = _maker(step, makers)
    if inner is not None and inner.primitive == step.primitive:
        return replace(step, operands=inner.operands)
    return None


def _permute(step: Step, makers: Makers, constants: Constants) -> Step | Value | None:
    del constants
    axes = step.params["axes"]
    operand = step.operands[0]
    if axes == tuple(range(len(axes))) and isinstance(operand, Value):
        return operand
    inner = _maker(step, makers)
    if inner is not None and inner.primitive == "permute":
        return replace(step, operands=inner.operands, params={"axes": tuple(inner.params["axes"][a] for a in axes)})
    return None


def _cast(step: Step, makers: Makers, constants: Constants) -> Step | Value | None:
    del makers, constants
    operand = step.operands[0]
    return operand if isinstance(operand, Value) and operand.dtype == step.output.dtype else None


def _over_single_elements(step: Step, makers: Makers, constants: Constants) -> Step | None:
    """Replaces a reduction over axes of size 1 by a reshape."""
    del makers, constants
    operand, axis = step.operands[0], step.params.get("axis")
    if not isinstance(operand, Value) or operand.dtype != step.output.dtype:
        return None
    axes = range(len(operand.shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if any(operand.shape[a] != 1 for a in axes):
        return None
    return Step("reshape", (operand,), {"shape": step.output.shape}, step.output)


_RULES: dict[str, Rule] = {
    "add": _without_neutral(0, either_side=True),
    "subtract": _without_neutral(0, either_side=False),
    "multiply": _without_neutral(1, either_side=True),
    "divide": _without_neutral(1, either_side=False),
    "pow": _without_neutral(1, either_side=False),
    "negative": _cancel_inverse,
    "reshape": _same_shape,
    "broadcast_to": _same_shape,
    "permute": _permute,
    "cast": _cast,
    **dict.fromkeys(["sum", "prod", "max", "min"], _over_single_elements),
}
