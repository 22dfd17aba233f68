"""The steps of a page's Program as data, by which its script finds where each element comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..program import Program, Step, Value
from .contract import StepData

_SORTING = ("argsort", "sort")


def steps_data(program: Program, index: Mapping[Value, int]) -> list[StepData]:
    """Returns for each step its primitive, its operands by their places in the page's Program, and its axes."""
    return [_step(step, index) for step in program.steps]


def _step(step: Step, index: Mapping[Value, int]) -> StepData:
    operands: list[int | str] = [index[x] if isinstance(x, Value) else repr(x) for x in step.operands]
    axes = _axes(step)
    return [step.primitive, operands] if axes is None else [step.primitive, operands, axes]


def _axes(step: Step) -> list[int] | None:
    """Returns the axes along which a step works, all of them where it names none."""
    if "axis" not in step.params and step.primitive not in _SORTING:
        return None
    axis: Any = step.params.get("axis", -1)
    x = step.operands[0] if step.operands else None
    if not isinstance(x, Value):
        return None
    count = len(x.shape)
    if axis is None:
        return list(range(count))
    return [one % max(1, count) for one in ((axis,) if isinstance(axis, int) else axis)]
