"""Printing: a Program as a module of JavaScript that computes the same on typed arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...record import Program, Step, Value
from ...record.primitives import INDEX
from . import arrangement, choosing, drawing, elementwise, literals, matrices, reductions
from .errors import JavaScriptError
from .helpers import helpers, needed
from .identifiers import Identifiers
from .loops import indented
from .use import Form, Use, size

FORMS: dict[str, Form] = {
    **elementwise.FORMS,
    **reductions.FORMS,
    **arrangement.FORMS,
    **choosing.FORMS,
    **matrices.FORMS,
    **drawing.FORMS,
}
"""How each primitive is printed; `reshape` takes no work, as its result shares the array of its operand."""

_SAME = "// The same elements, read in another shape: nothing to do."


@dataclass(frozen=True)
class Script:
    """A Program in JavaScript.

    Attributes
    ----------
    body:
        The function ``makeProgram``, without the helpers it calls and without ``export``.
    helpers:
        The names of those helpers, in order; a page with several Programs needs each of them once.
    index:
        The number that each value of the Program has in ``values`` of the page's program.
    constant_bytes:
        How many bytes of constants are packed into the text.
    buffer_bytes:
        How much memory its arrays take while it runs.
    """

    body: str
    helpers: tuple[str, ...]
    index: Mapping[Value, int]
    constant_bytes: int
    buffer_bytes: int

    @property
    def text(self) -> str:
        """A module that stands by itself and exports ``makeProgram``."""
        return f"{helper_text(self.helpers)}\nexport {self.body}"


def javascript(program: Program) -> Script:
    """Prints a Program as plain JavaScript.

    ``makeProgram()`` gives an object with ``run(arrays)``, which copies typed arrays into the inputs, does all steps,
    and returns the arrays of the outputs; ``steps``, functions that can also be called one by one; and ``values``,
    what inputs, constants and steps hold, in this order, each with ``name``, ``dtype``, ``shape`` and ``data``. All
    values have their memory from ``makeProgram`` on: only sorting and decompositions of matrices take more. A
    Program that draws random numbers takes a seed, as ``makeProgram(seed)``, and draws others in each run.

    Arithmetic is done in doubles and rounded to float32 when it is stored, as each step does with each element.
    Integers of 64 bits are kept as doubles, exact up to 2**53.

    Raises
    ------
    JavaScriptError
        If a dtype or a primitive has no form in JavaScript.
    """
    return _Printer(program).script()


def helper_text(names: Any) -> str:
    """The functions of these names, each with its documentation."""
    return "\n".join(helpers()[name].text for name in names)


class _Printer:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._identifiers = Identifiers(set(helpers()))
        self._shown = program.names()
        self._names = {value: self._identifiers.new(name) for value, name in self._shown.items()}
        self._functions = {step: self._identifiers.new(f"step_{self._names[step.output]}") for step in program.steps}
        self._constant_bytes = 0
        self._buffer_bytes = 0

    def script(self) -> Script:
        program = self._program
        memory = [self._declared(value, f"new {self._array(value)}({size(value)})") for value in program.inputs]
        for value, array in program.constants.items():
            text, packed = self._constant(value, array)
            self._constant_bytes += packed
            memory.append(self._declared(value, text))
        memory += [self._result(step) for step in program.steps]
        values = [*program.inputs, *program.constants, *(step.output for step in program.steps)]
        index = {value: i for i, value in enumerate(values)}
        is_random = any(step.primitive in drawing.FORMS for step in program.steps)
        draws = [f"const {drawing.SOURCE} = randomNumbers(seed);"] if is_random else []
        lines = [
            f"function makeProgram({'seed = 0' if draws else ''}) {{",
            *indented([*draws, *memory]),
            "",
            *(line for step in program.steps for line in [*indented(self._function(step)), ""]),
            "  return runnable({",
            "    values: [",
            *(f"      {self._described(value)}," for value in values),
            "    ],",
            f"    inputs: {[index[value] for value in program.inputs]},",
            f"    outputs: {[index[value] for value in program.outputs]},",
            f"    steps: [{', '.join(self._functions[step] for step in program.steps)}],",
            "  });",
            "}",
            "",
        ]
        body = "\n".join(lines)
        return Script(body, tuple(needed(body)), index, self._constant_bytes, self._buffer_bytes)

    def _array(self, value: Value) -> str:
        found = literals.ARRAYS.get(value.dtype)
        if found is None:
            raise JavaScriptError(f"{self._shown[value]} is {value.kind}; JavaScript has no such numbers", value)
        return found

    def _declared(self, value: Value, text: str) -> str:
        self._buffer_bytes += size(value) * np.dtype(value.dtype).itemsize
        return f"const {self._names[value]} = {text}; // {value.kind}"

    def _constant(self, value: Value, array: Any) -> tuple[str, int]:
        self._array(value)
        if value.dtype in ("int64", "uint64") and array.size:
            most = max(abs(int(array.min())), abs(int(array.max())))
            if most > literals.EXACT and most & (most - 1):
                raise JavaScriptError(
                    f"{self._shown[value]} holds {most}; integers above 2**53 are not exact in JavaScript", value
                )
        return literals.array(array)

    def _result(self, step: Step) -> str:
        value, use = step.output, Use(step, self._names)
        kind = self._array(value)
        if arrangement.is_same_memory(use):
            return f"const {self._names[value]} = {use.name()}; // {value.kind}"
        return self._declared(value, f"new {kind}({size(value)})")

    def _function(self, step: Step) -> list[str]:
        """A step as a function, with what it does on its first line."""
        use = Use(step, self._names)
        if arrangement.is_same_memory(use):
            lines = [_SAME]
        elif step.primitive in FORMS:
            lines = FORMS[step.primitive](use)
        else:
            raise use.error("has no form in JavaScript")
        return [f"function {self._functions[step]}() {{", *indented([f"// {self._said(step)}", *lines]), "}"]

    def _said(self, step: Step) -> str:
        operands = [self._names[x] if isinstance(x, Value) else repr(x) for x in step.operands]
        params = [f"{name}={_shown(value)}" for name, value in step.params.items()]
        out = step.output
        text = f"{self._names[out]} = {step.primitive}({', '.join(operands + params)}): {out.kind}"
        return text.replace("<", "‹")  # nothing in a comment may end the page's script

    def _described(self, value: Value) -> str:
        name = literals.string(self._shown[value])
        return f'{{ name: {name}, dtype: "{value.dtype}", shape: {list(value.shape)}, data: {self._names[value]} }}'


def _shown(param: Any) -> str:
    """A parameter, on one line whatever it is; keys as they are written in brackets."""
    if isinstance(param, tuple):
        return f"[{', '.join(_shown(part) for part in param)}]"
    if isinstance(param, slice):
        ends = ["" if end is None else str(end) for end in (param.start, param.stop)]
        return ":".join(ends if param.step in (None, 1) else [*ends, str(param.step)])
    return "..." if param is Ellipsis else "indices" if param is INDEX else repr(param)
