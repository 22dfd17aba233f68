"""Names parts of a formula as textbooks do: the mean μ, the deviation σ, the probabilities p."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ...program.program import Operand, Program, Step, Value

_THROUGH = ("cast", "broadcast_to", "reshape")


def named_parts(program: Program, inputs: Mapping[Value, str], taken: Collection[str]) -> dict[Value, str]:
    """Returns names for values of a Program: means, deviations and probabilities that further steps use.

    `inputs` are the values that can be named after: a mean of the incoming gradient gets no name. No name is one of
    `taken`, and each is given once.
    """
    finder = _Finder(program, inputs)
    names: dict[Value, str] = {}
    for step in program.steps:
        name = finder.name(step)
        if name and step.output not in program.outputs and name not in taken and name not in names.values():
            names[step.output] = name
    return names


class _Finder:
    def __init__(self, program: Program, inputs: Mapping[Value, str]) -> None:
        self.inputs = inputs
        self.makers = {step.output: step for step in program.steps}

    def name(self, step: Step) -> str:
        """Returns the textbook's name for a step's result, or ""."""
        if step.primitive == "apply" and step.params["operation"].traits.kind == "probabilities":
            return "p"
        averaged = self._mean(step)
        if averaged is not None:
            return "μ" if averaged in self.inputs else ""
        if step.primitive == "sqrt":
            squares = self._mean(self._without_number(self._maker(step.operands[0])))
            root = self._squared(squares)
            if root is None:
                return ""
            return "r" if root in self.inputs else "σ" if self._is_centred(root) else ""
        return ""

    def _maker(self, operand: Operand) -> Step | None:
        """Returns the step that made an operand, looking through casts and views."""
        step = self.makers.get(operand) if isinstance(operand, Value) else None
        while step is not None and step.primitive in _THROUGH:
            inner = step.operands[0]
            step = self.makers.get(inner) if isinstance(inner, Value) else None
        return step

    def _mean(self, step: Step | None) -> Value | None:
        """Returns the array of which a step computes the mean; None for other steps."""
        if step is None or step.primitive != "divide" or isinstance(step.operands[1], Value):
            return None
        summed = self._maker(step.operands[0])
        if summed is None or summed.primitive != "sum" or not isinstance(summed.operands[0], Value):
            return None
        return summed.operands[0]

    def _without_number(self, step: Step | None) -> Step | None:
        """Returns the step before a number such as ε was added."""
        if step is None or step.primitive != "add":
            return step
        values = [x for x in step.operands if isinstance(x, Value)]
        return self._maker(values[0]) if len(values) == 1 else None

    def _squared(self, value: Value | None) -> Value | None:
        """Returns the array of which a value is the square."""
        step = self._maker(value)
        if step is None:
            return None
        first = step.operands[0]
        is_square = step.primitive == "square" or (step.primitive == "multiply" and step.operands[1] is first)
        return first if is_square and isinstance(first, Value) else None

    def _is_centred(self, value: Value) -> bool:
        """Says whether an array is another one less its mean."""
        step = self._maker(value)
        if step is None or step.primitive != "subtract":
            return False
        x, mean = step.operands
        averaged = self._mean(self._maker(mean))
        return averaged is not None and averaged is x
