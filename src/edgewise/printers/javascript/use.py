"""A step with names for its values, which each form of a primitive prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph.errors import EdgewiseError
from ...program import Step, Value
from . import literals
from .loops import Path, broadcast


class JavaScriptError(EdgewiseError, ValueError):
    """Raised for a Program with something that JavaScript can't hold or do.

    Attributes
    ----------
    value:
        The value of the Program that can't be printed, by which a caller finds the operation.
    primitive:
        The primitive that would compute the value; empty for inputs and constants.
    """

    def __init__(self, message: str, value: Value, primitive: str = "") -> None:
        super().__init__(message)
        self.value = value
        self.primitive = primitive


@dataclass(frozen=True)
class Use:
    """One use of a primitive: the step, and the names of its values."""

    step: Step
    names: Mapping[Value, str]

    @property
    def out(self) -> str:
        """The name of the result's array."""
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
        """Returns an operand that must be an array."""
        operand = self.step.operands[position]
        if not isinstance(operand, Value):
            raise self.error("takes an array where it is given a number")
        return operand

    def name(self, position: int = 0) -> str:
        """Returns the name of an operand that is an array."""
        return self.names[self.value(position)]

    def common_dtype(self) -> str:
        """Returns the common dtype of the operands; Python numbers take that of the arrays, as in NumPy."""
        if any(x is None for x in self.step.operands):
            raise self.error("lacks an operand")
        kinds: list[Any] = [np.dtype(x.dtype) if isinstance(x, Value) else x for x in self.step.operands]
        return np.result_type(*kinds).name

    def paths(self) -> dict[str, Path]:
        """Returns the paths of elementwise loops: of the result, and of each operand by its position."""
        paths = {"out": Path(broadcast(self.shape, self.shape))}
        for position, operand in enumerate(self.step.operands):
            if isinstance(operand, Value):
                paths[str(position)] = Path(broadcast(operand.shape, self.shape))
        return paths

    def element(self, position: int, places: Mapping[str, str], dtype: str) -> str:
        """Returns the element of an operand at its place; a number is written for `dtype`."""
        operand = self.step.operands[position]
        if isinstance(operand, Value):
            return f"{self.names[operand]}[{places[str(position)]}]"
        if operand is None:
            raise self.error("lacks an operand")
        return literals.number(operand, dtype)

    def error(self, what: str) -> JavaScriptError:
        """Makes an error about this step."""
        primitive = self.step.primitive
        return JavaScriptError(f"{primitive}, which gives {self.out}, {what}", self.step.output, primitive)


Form = Callable[[Use], list[str]]
"""Prints a step: lines of JavaScript that fill the array of the result."""


def size(value: Value) -> int:
    """Returns the number of elements of a value."""
    return math.prod(value.shape)
