"""Prints a Program as a JavaScript module that computes the same on typed arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...program import Program, Step, Value
from ...program.primitives import INDEX
from . import arrangement, elementwise, indexing, literals, matrices, random, reductions
from .helpers import helpers, needed_helpers
from .identifiers import Identifiers
from .loops import indent
from .use import Form, JavaScriptError, Use, size

FORMS: dict[str, Form] = {
    **elementwise.FORMS,
    **reductions.FORMS,
    **arrangement.FORMS,
    **indexing.FORMS,
    **matrices.FORMS,
    **random.FORMS,
}
"""The form of each primitive. `reshape` needs none: its result shares its operand's array."""

_SAME = "// The same elements, read in another shape: nothing to do."

_TABLE = re.compile(r"`\n[^`]*`")
"""The table of values or of steps of a long Program; it calls nothing."""

MOST_WRITTEN_OUT = 250
"""The most steps that are written out. Longer Programs have tables, and one function for equal steps."""


@dataclass(frozen=True)
class Script:
    """A Program in JavaScript.

    Attributes
    ----------
    body:
        The function ``makeProgram``, without its helpers and without ``export``.
    helpers:
        The names of its helpers, in order; a page with several Programs needs each of them once.
    index:
        The position of each value of the Program in the page's ``values``.
    constant_bytes:
        The number of bytes of constants that are packed into the text.
    buffer_bytes:
        The memory of its arrays while it runs, in bytes.
    """

    body: str
    helpers: tuple[str, ...]
    index: Mapping[Value, int]
    constant_bytes: int
    buffer_bytes: int

    @property
    def text(self) -> str:
        """A self-contained module that exports ``makeProgram``."""
        return f"{helper_text(self.helpers)}\nexport {self.body}"


def javascript(
    program: Program, *, names: Mapping[Value, str] | None = None, marks: Mapping[Value, Sequence[str]] | None = None
) -> Script:
    """Prints a Program as plain JavaScript.

    ``makeProgram()`` returns an object with three parts. ``run(arrays)`` copies typed arrays into the inputs, runs all
    steps, and returns the arrays of the outputs. ``steps`` are functions that can also be called one by one.
    ``values`` are the inputs, constants and results of steps, each with ``name``, ``dtype``, ``shape`` and ``data``.
    ``makeProgram`` allocates the memory of all values; only sorting and linear algebra allocate more. A Program that
    draws random numbers takes a seed, as ``makeProgram(seed)``, and draws other numbers in each run.

    Arithmetic is done in doubles, and each element is rounded to float32 when it is stored. 64-bit integers are stored
    as doubles, exact up to 2**53.

    Where each step is written out, `names` are the names of values, and the lines of `marks` come before the step that
    computes their value.

    Raises
    ------
    JavaScriptError
        If a dtype or a primitive has no form in JavaScript.
    """
    return _Printer(program, names or {}, marks or {}).script()


def is_written_out(program: Program) -> bool:
    """Says whether each step of a Program is written out, with names of its own."""
    return len(program.steps) <= MOST_WRITTEN_OUT


def helper_text(names: Any) -> str:
    """Returns the text of these helpers, each with its documentation."""
    return "\n".join(helpers()[name].text for name in names)


class _Printer:
    def __init__(self, program: Program, names: Mapping[Value, str], marks: Mapping[Value, Sequence[str]]) -> None:
        self._program = program
        self._marks = marks
        self._uses_tables = not is_written_out(program)
        self._identifiers = Identifiers(set(helpers()))
        self._labels = program.names()
        wanted = {} if self._uses_tables else names
        self._names = {value: self._identifiers.new(wanted.get(value, name)) for value, name in self._labels.items()}
        self._labels.update({value: self._names[value] for value in wanted})
        self._constant_bytes = 0
        self._buffer_bytes = 0

    def script(self) -> Script:
        program = self._program
        values = [*program.inputs, *program.constants, *(step.output for step in program.steps)]
        index = {value: i for i, value in enumerate(values)}
        is_random = any(step.primitive in random.FORMS for step in program.steps)
        draws = [f"const {random.GENERATOR} = randomNumbers(seed);"] if is_random else []
        parts = self._as_tables(values) if self._uses_tables else self._explicit(values)
        memory, functions, contents = parts
        lines = [
            f"function makeProgram({'seed = 0' if draws else ''}) {{",
            *indent([*draws, *memory]),
            "",
            *indent(functions),
            "  return runnable({",
            f"    inputs: {[index[value] for value in program.inputs]},",
            f"    outputs: {[index[value] for value in program.outputs]},",
            *indent(indent(contents)),
            "  });",
            "}",
            "",
        ]
        body = "\n".join(lines)
        helpers_used = needed_helpers(_TABLE.sub("", body))
        return Script(body, tuple(helpers_used), index, self._constant_bytes, self._buffer_bytes)

    def _explicit(self, values: Sequence[Value]) -> tuple[list[str], list[str], list[str]]:
        """Returns the lines of memory, a function for each step, and the parts of the program object."""
        step_of = {step.output: step for step in self._program.steps}
        memory = []
        for value in values:
            data = self._data(value, step_of.get(value)) or f"new {self._array(value)}({size(value)})"
            memory.append(f"const {self._names[value]} = {data}; // {value.kind}")
        names = {step: self._identifiers.new(f"step_{self._names[step.output]}") for step in self._program.steps}
        functions = [line for step in names for line in [*self._mark(step), *self._function(step, names[step]), ""]]
        described = [
            f'  {{ name: {self._string(value)}, dtype: "{value.dtype}", shape: {list(value.shape)}, '
            f"data: {self._names[value]} }},"
            for value in values
        ]
        return memory, functions, ["values: [", *described, "],", f"steps: [{', '.join(names.values())}],"]

    def _as_tables(self, values: Sequence[Value]) -> tuple[list[str], list[str], list[str]]:
        """Returns the same lines with tables of values and steps, and a function for each kind of step."""
        program, names = self._program, self._names
        table = []
        constants = []
        for value in (*program.inputs, *program.constants):
            data = self._data(value, None)
            if data:
                constants.append(f"{names[value]}: {data}, // {self._array(value)}")
            table.append(f"{names[value]} {_type_text(value)}")
        kinds = _StepKinds(self)
        index = {value: str(i) for i, value in enumerate(values)}
        calls = []
        for step in program.steps:
            kind, places = kinds.of(step)
            shared = f" = {names[places[0]]}" if kind.shares_memory else ""
            table.append(f"{names[step.output]} {kind.type_text}{shared}")
            calls.append(" ".join([kind.function, index[step.output], *map(index.__getitem__, places)]))
            self._buffer_bytes += kind.buffer_bytes
        labels = [f"{own}: {self._string(value)}," for value, own in names.items() if own != self._labels[value]]
        values_name = self._identifiers.new("values")
        # Tables are long, so they start at the margin.
        memory = [
            f"const {values_name} = valuesOf(`\n{_rows(table)}`, {{",
            *indent(constants),
            "}, {",
            *indent(labels),
            f"}}, {len(program.inputs)});",
        ]
        steps = f"steps: stepsOf(`\n{_rows(calls)}`, {{ {', '.join(kinds.functions)} }}, {values_name}),"
        return memory, kinds.lines, [f"values: {values_name},", steps]

    def kind_of(self, step: Step, places: Sequence[Value], number: int) -> tuple[_StepKind, list[str]]:
        """Returns a kind of step, the first of which is given, and the lines of its function."""
        before = self._buffer_bytes
        shares_memory = bool(self._data(step.output, step))
        kind = _StepKind(
            self._identifiers.new(f"{step.primitive}{number}"),
            _type_text(step.output),
            shares_memory,
            self._buffer_bytes - before,
        )
        self._buffer_bytes = before
        names = {value: f"x{i}" for i, value in enumerate(places)}
        return kind, [*self._function(step, kind.function, {**names, step.output: "out"}), ""]

    def _array(self, value: Value) -> str:
        array = literals.ARRAYS.get(value.dtype)
        if array is None:
            raise JavaScriptError(f"{self._labels[value]} is {value.kind}; JavaScript has no such numbers", value)
        return array

    def _data(self, value: Value, step: Step | None) -> str:
        """Returns the expression of a value's data, if it is a constant or shares memory; else an empty string."""
        self._array(value)
        if value in self._program.constants:
            text, packed = self._constant(value, self._program.constants[value])
            self._constant_bytes += packed
        elif step is not None and arrangement.shares_memory(Use(step, self._names)):
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
                    f"{self._labels[value]} holds {most}; integers above 2**53 are not exact in JavaScript", value
                )
        return literals.array(array)

    def _function(self, step: Step, name: str, parameters: Mapping[Value, str] | None = None) -> list[str]:
        """Returns a step as a function of its result and its operands, with a comment that says what it computes."""
        names = self._names if parameters is None else parameters
        use = Use(step, names)
        if arrangement.shares_memory(use):
            lines = [_SAME]
        elif step.primitive in FORMS:
            lines = FORMS[step.primitive](use)
        else:
            raise use.error("has no form in JavaScript")
        arguments = ", ".join([] if parameters is None else [parameters[step.output], *list(parameters.values())[:-1]])
        return [f"function {name}({arguments}) {{", *indent([f"// {_comment(step, names)}", *lines]), "}"]

    def _mark(self, step: Step) -> list[str]:
        lines = self._marks.get(step.output, ())
        return [*(f"// {line}".replace("<", "‹") for line in lines), *([""] if lines else [])]

    def _string(self, value: Value) -> str:
        return literals.string(self._labels[value])


@dataclass(frozen=True, slots=True)
class _StepKind:
    """What equal steps have in common: their function, and the type and the bytes of their results.

    With `shares_memory`, a result has the array of the first operand.
    """

    function: str
    type_text: str
    shares_memory: bool
    buffer_bytes: int


class _StepKinds:
    """The kinds of steps that occur, and their functions."""

    def __init__(self, printer: _Printer) -> None:
        self._printer = printer
        self._kinds: dict[Any, _StepKind] = {}
        self._params: dict[int, str] = {}
        self.lines: list[str] = []

    @property
    def functions(self) -> list[str]:
        """The names of the functions."""
        return [kind.function for kind in self._kinds.values()]

    def of(self, step: Step) -> tuple[_StepKind, list[Value]]:
        """Returns the kind of a step, and its operands that are values, each once."""
        places: list[Value] = []
        operands: list[Any] = []
        for x in step.operands:
            if isinstance(x, Value):
                if x not in places:
                    places.append(x)
                operands.append((places.index(x), x.shape, x.dtype))
            else:
                operands.append((type(x), repr(x)))
        params = self._params.get(id(step.params))  # the Program keeps them, so their ids are unique
        if params is None:
            params = self._params[id(step.params)] = repr(step.params)
        key = (step.primitive, tuple(operands), params, step.output.shape, step.output.dtype)
        kind = self._kinds.get(key)
        if kind is None:
            kind, lines = self._printer.kind_of(step, places, len(self._kinds) + 1)
            self._kinds[key] = kind
            self.lines += lines
        return kind, places


def _type_text(value: Value) -> str:
    return " ".join([value.dtype, *map(str, value.shape)])


def _rows(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _comment(step: Step, names: Mapping[Value, str]) -> str:
    operands = [names[x] if isinstance(x, Value) else repr(x) for x in step.operands]
    params = [f"{name}={_param_text(value)}" for name, value in step.params.items()]
    out = step.output
    text = f"{names[out]} = {step.primitive}({', '.join(operands + params)}): {out.kind}"
    return text.replace("<", "‹")  # a comment must not end the page's script


def _param_text(param: Any) -> str:
    """Writes a parameter on one line; keys as in brackets."""
    if isinstance(param, tuple):
        return f"[{', '.join(_param_text(part) for part in param)}]"
    if isinstance(param, slice):
        ends = ["" if end is None else str(end) for end in (param.start, param.stop)]
        return ":".join(ends if param.step in (None, 1) else [*ends, str(param.step)])
    return "..." if param is Ellipsis else "indices" if param is INDEX else repr(param)
