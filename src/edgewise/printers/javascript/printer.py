"""Printing: a Program as a module of JavaScript that computes the same on typed arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program import Program, Step, Value
from ...program.primitives import INDEX
from . import arrangement, choosing, elementwise, literals, matrices, reductions
from . import random_draws as drawing
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

MOST_WRITTEN_OUT = 250
"""Longer Programs have tables of their values and steps, and one function for all steps that do the same."""


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


def javascript(
    program: Program, *, names: Mapping[Value, str] | None = None, marks: Mapping[Value, Sequence[str]] | None = None
) -> Script:
    """Prints a Program as plain JavaScript.

    ``makeProgram()`` gives an object with ``run(arrays)``, which copies typed arrays into the inputs, does all steps,
    and returns the arrays of the outputs; ``steps``, functions that can also be called one by one; and ``values``,
    what inputs, constants and steps hold, in this order, each with ``name``, ``dtype``, ``shape`` and ``data``. All
    values have their memory from ``makeProgram`` on: only sorting and decompositions of matrices take more. A
    Program that draws random numbers takes a seed, as ``makeProgram(seed)``, and draws others in each run.

    Arithmetic is done in doubles and rounded to float32 when it is stored, as each step does with each element.
    Integers of 64 bits are kept as doubles, exact up to 2**53.

    Where each step is written out, values that steps make are called as `names` says, and before the step that makes a
    value of `marks` stand its lines.

    Raises
    ------
    JavaScriptError
        If a dtype or a primitive has no form in JavaScript.
    """
    return _Printer(program, names or {}, marks or {}).script()


def helper_text(names: Any) -> str:
    """The functions of these names, each with its documentation."""
    return "\n".join(helpers()[name].text for name in names)


class _Printer:
    def __init__(self, program: Program, names: Mapping[Value, str], marks: Mapping[Value, Sequence[str]]) -> None:
        self._program = program
        self._marks = marks
        self._is_tabled = len(program.steps) > MOST_WRITTEN_OUT
        self._identifiers = Identifiers(set(helpers()))
        self._shown = program.names()
        given = {} if self._is_tabled else names
        self._names = {value: self._identifiers.new(given.get(value, name)) for value, name in self._shown.items()}
        self._shown.update({value: self._names[value] for value in given})
        self._constant_bytes = 0
        self._buffer_bytes = 0

    def script(self) -> Script:
        program = self._program
        values = [*program.inputs, *program.constants, *(step.output for step in program.steps)]
        index = {value: i for i, value in enumerate(values)}
        is_random = any(step.primitive in drawing.FORMS for step in program.steps)
        draws = [f"const {drawing.SOURCE} = randomNumbers(seed);"] if is_random else []
        parts = self._tabled(values) if self._is_tabled else self._written_out(values)
        memory, functions, given = parts
        lines = [
            f"function makeProgram({'seed = 0' if draws else ''}) {{",
            *indented([*draws, *memory]),
            "",
            *indented(functions),
            "  return runnable({",
            f"    inputs: {[index[value] for value in program.inputs]},",
            f"    outputs: {[index[value] for value in program.outputs]},",
            *indented(indented(given)),
            "  });",
            "}",
            "",
        ]
        body = "\n".join(lines)
        return Script(body, tuple(needed(body)), index, self._constant_bytes, self._buffer_bytes)

    def _written_out(self, values: Sequence[Value]) -> tuple[list[str], list[str], list[str]]:
        """Memory, a function for each step, and what the program is given of them."""
        made = {step.output: step for step in self._program.steps}
        memory = []
        for value in values:
            data = self._data(value, made.get(value)) or f"new {self._array(value)}({size(value)})"
            memory.append(f"const {self._names[value]} = {data}; // {value.kind}")
        names = {step: self._identifiers.new(f"step_{self._names[step.output]}") for step in self._program.steps}
        functions = [line for step in names for line in [*self._mark(step), *self._function(step, names[step]), ""]]
        described = [
            f'  {{ name: {self._string(value)}, dtype: "{value.dtype}", shape: {list(value.shape)}, '
            f"data: {self._names[value]} }},"
            for value in values
        ]
        return memory, functions, ["values: [", *described, "],", f"steps: [{', '.join(names.values())}],"]

    def _tabled(self, values: Sequence[Value]) -> tuple[list[str], list[str], list[str]]:
        """Likewise, with tables of values and of steps, and a function for each kind of step."""
        made = {step.output: step for step in self._program.steps}
        table = []
        constants = []
        for value in values:
            kind = self._array(value)
            data = self._data(value, made.get(value))
            if value in self._program.constants:
                constants.append(f"{self._names[value]}: {data}, // {kind}")
            also = [f"= {data}"] if data and value in made else []
            table.append(" ".join([self._names[value], value.dtype, *map(str, value.shape), *also]))
        named = [f"{own}: {self._string(value)}," for value, own in self._names.items() if own != self._shown[value]]
        known: dict[Any, str] = {}
        functions: list[str] = []
        calls = []
        index = {value: i for i, value in enumerate(values)}
        for step in self._program.steps:
            places: dict[Value, str] = {}
            for operand in step.operands:
                if isinstance(operand, Value):
                    places.setdefault(operand, f"x{len(places)}")
            operands = [
                (places[x], x.shape, x.dtype) if isinstance(x, Value) else (type(x), repr(x)) for x in step.operands
            ]
            key = (step.primitive, tuple(operands), repr(step.params), step.output.shape, step.output.dtype)
            if key not in known:
                known[key] = self._identifiers.new(f"{step.primitive}{len(known) + 1}")
                functions += [*self._function(step, known[key], {**places, step.output: "out"}), ""]
            calls.append(" ".join([known[key], *(str(index[value]) for value in (step.output, *places))]))
        listed = self._identifiers.new("values")
        # Tables are long: they stand at the margin.
        memory = [
            f"const {listed} = valuesOf(`\n{_rows(table)}`, {{",
            *indented(constants),
            "}, {",
            *indented(named),
            f"}}, {len(self._program.inputs)});",
        ]
        steps = f"steps: stepsOf(`\n{_rows(calls)}`, {{ {', '.join(known.values())} }}, {listed}),"
        return memory, functions, [f"values: {listed},", steps]

    def _array(self, value: Value) -> str:
        found = literals.ARRAYS.get(value.dtype)
        if found is None:
            raise JavaScriptError(f"{self._shown[value]} is {value.kind}; JavaScript has no such numbers", value)
        return found

    def _data(self, value: Value, step: Step | None) -> str:
        """Where a value's numbers are if they need no new memory, or are there from the beginning; else nothing."""
        self._array(value)
        if value in self._program.constants:
            text, packed = self._constant(value, self._program.constants[value])
            self._constant_bytes += packed
        elif step is not None and arrangement.is_same_memory(Use(step, self._names)):
            return Use(step, self._names).name()
        else:
            text = ""
        self._buffer_bytes += size(value) * np.dtype(value.dtype).itemsize
        return text

    def _constant(self, value: Value, array: Any) -> tuple[str, int]:
        if value.dtype in ("int64", "uint64") and array.size:
            most = max(abs(int(array.min())), abs(int(array.max())))
            if most > literals.EXACT and most & (most - 1):
                raise JavaScriptError(
                    f"{self._shown[value]} holds {most}; integers above 2**53 are not exact in JavaScript", value
                )
        return literals.array(array)

    def _function(self, step: Step, name: str, parameters: Mapping[Value, str] | None = None) -> list[str]:
        """A step as a function, with what it does on its first line; its parameters are its result and its operands."""
        names = self._names if parameters is None else parameters
        use = Use(step, names)
        if arrangement.is_same_memory(use):
            lines = [_SAME]
        elif step.primitive in FORMS:
            lines = FORMS[step.primitive](use)
        else:
            raise use.error("has no form in JavaScript")
        given = ", ".join([] if parameters is None else [parameters[step.output], *list(parameters.values())[:-1]])
        return [f"function {name}({given}) {{", *indented([f"// {_said(step, names)}", *lines]), "}"]

    def _mark(self, step: Step) -> list[str]:
        lines = self._marks.get(step.output, ())
        return [*(f"// {line}".replace("<", "‹") for line in lines), *([""] if lines else [])]

    def _string(self, value: Value) -> str:
        return literals.string(self._shown[value])


def _rows(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _said(step: Step, names: Mapping[Value, str]) -> str:
    operands = [names[x] if isinstance(x, Value) else repr(x) for x in step.operands]
    params = [f"{name}={_shown(value)}" for name, value in step.params.items()]
    out = step.output
    text = f"{names[out]} = {step.primitive}({', '.join(operands + params)}): {out.kind}"
    return text.replace("<", "‹")  # nothing in a comment may end the page's script


def _shown(param: Any) -> str:
    """A parameter, on one line whatever it is; keys as they are written in brackets."""
    if isinstance(param, tuple):
        return f"[{', '.join(_shown(part) for part in param)}]"
    if isinstance(param, slice):
        ends = ["" if end is None else str(end) for end in (param.start, param.stop)]
        return ":".join(ends if param.step in (None, 1) else [*ends, str(param.step)])
    return "..." if param is Ellipsis else "indices" if param is INDEX else repr(param)
