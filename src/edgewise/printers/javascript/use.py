"""What a printer of one primitive is given: a step with names for its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program import Step, Value
from ...program.program import Operand
from . import literals
from .errors import JavaScriptError
from .loops import Path, broadcast


@dataclass(frozen=True)
class Use:
    """One use of a primitive: the step, and what its values are called."""

    step: Step
    names: Mapping[Value, str]

    @property
    def out(self) -> str:
        """The name of the array that is filled."""
        return self.names[self.step.output]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.step.output.shape

    @property
    def dtype(self) -> str:
        """The dtype of the result."""
        return self.step.output.dtype

    @property
    def params(self) -> dict[str, Any]:
        """The step's parameters."""
        return self.step.params

    def value(self, position: int = 0) -> Value:
        """An operand that must be an array."""
        operand = self.step.operands[position]
        if not isinstance(operand, Value):
            raise self.error("takes an array where it is given a number")
        return operand

    def name(self, position: int = 0) -> str:
        """What an operand that is an array is called."""
        return self.names[self.value(position)]

    def common(self, operands: tuple[Operand, ...] | None = None) -> str:
        """The dtype in which operands meet; Python numbers take that of the arrays, as in NumPy."""
        taken = self.step.operands if operands is None else operands
        if any(x is None for x in taken):
            raise self.error("lacks an operand")
        kinds: list[Any] = [np.dtype(x.dtype) if isinstance(x, Value) else x for x in taken]
        return np.result_type(*kinds).name

    def paths(self) -> dict[str, Path]:
        """Places for elementwise loops: of the result, and of each operand broadcast to it, by its position."""
        found = {"out": Path(broadcast(self.shape, self.shape))}
        for position, operand in enumerate(self.step.operands):
            if isinstance(operand, Value):
                found[str(position)] = Path(broadcast(operand.shape, self.shape))
        return found

    def element(self, position: int, places: Mapping[str, str], dtype: str) -> str:
        """The element of an operand at its place; a number is written as `dtype` has it."""
        operand = self.step.operands[position]
        if isinstance(operand, Value):
            return f"{self.names[operand]}[{places[str(position)]}]"
        if operand is None:
            raise self.error("lacks an operand")
        return literals.number(operand, dtype)

    def error(self, what: str) -> JavaScriptError:
        """An error about this step."""
        primitive = self.step.primitive
        return JavaScriptError(f"{primitive}, which gives {self.out}, {what}", self.step.output, primitive)


Form = Callable[[Use], list[str]]
"""Prints a step: lines of JavaScript that fill the array of the result."""


def size(value: Value) -> int:
    """How many elements a value has."""
    return math.prod(value.shape)
