"""What several passes need to rewrite steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..program import Operand, Step, Value


def with_operands(step: Step, stands_for: Mapping[Value, Value]) -> Step:
    """The step with values replaced by those that stand for them."""
    operands: tuple[Operand, ...] = tuple(
        stands_for.get(operand, operand) if isinstance(operand, Value) else operand for operand in step.operands
    )
    return step if operands == step.operands else replace(step, operands=operands)
