"""Programs: a function of tensors as a list of primitive steps of fixed shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.arrays import Array, describe, namespace, without_warnings
from ..graph.edge import Edge
from ..graph.errors import ShapeError
from ..graph.trees import unflatten
from ..ops.accurate import NUMPY
from ..ops.random import Generator
from .errors import ProgramError
from .primitives import INDEX, LINALG, PRIMITIVES, RANDOM


@dataclass(eq=False, slots=True)
class Value:
    """A value in a Program: its shape, its dtype, and a name for people. It is never changed.

    Large Programs have many values and steps, and a frozen dataclass takes three times as long to make.
    """

    shape: tuple[int, ...]
    dtype: str
    name: str = ""

    @property
    def kind(self) -> str:
        """Dtype and shape: ``float32[2, 3]``."""
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


Operand = Value | float | int | bool | None


@dataclass(eq=False, slots=True)
class Step:
    """One primitive applied to values and numbers, with parameters and one result. It is never changed."""

    primitive: str
    operands: tuple[Operand, ...]
    params: dict[str, Any]
    output: Value


@dataclass
class Program:
    """An ordered list of primitive steps from inputs to outputs.

    Attributes
    ----------
    inputs:
        The values of the arguments of `run`, in order.
    constants:
        Arrays from outside that the function used.
    steps:
        The steps in order. Each uses only inputs, constants and outputs of earlier steps.
    outputs:
        The values that `run` returns, in order; `tree` is the nest that the function returned.
    looked_at:
        The lines where the function read a value while it was recorded, as an ``if`` on a tensor does. The Program is
        right only for arguments that take the same branches.
    start:
        The arrays of parameters and states when they were recorded: arguments for the last inputs.
    """

    inputs: list[Value]
    constants: dict[Value, Array]
    steps: list[Step]
    outputs: list[Value]
    tree: Any = None
    looked_at: list[str] = field(default_factory=list)
    start: list[Array] = field(default_factory=list)

    def run(self, *arguments: Any, generator: Generator | None = None) -> Any:
        """Runs the steps one by one on arrays of any library, and returns the nest that the function returned.

        This defines the meaning of a Program: all that is printed from it must compute the same. Random numbers are
        drawn from `generator`, by default from the default generator, in the order of the steps.

        Raises
        ------
        ProgramError
            If the number, a shape or a dtype of the arguments differs from the recording.
        """
        known = dict(zip(self.inputs, self._checked_arguments(arguments), strict=True))
        host = arguments[0] if arguments else next(iter(self.constants.values()), None)
        if host is None:
            return self.tree
        xp = namespace(host)
        known.update({value: xp.asarray(array) for value, array in self.constants.items()})
        freed_after = self._last_uses()
        kind = type(host)
        with without_warnings(host):
            for i, step in enumerate(self.steps):
                operands = [known[x] if isinstance(x, Value) else x for x in step.operands]
                random_params = {"generator": generator} if step.primitive == RANDOM else {}
                result = PRIMITIVES[step.primitive](xp, *operands, **step.params, **random_params)
                known[step.output] = result if type(result) is kind else xp.asarray(result)
                for value in freed_after.get(i, ()):
                    del known[value]
        results = iter([known[value] for value in self.outputs])
        return next(results, None) if self.tree is None else unflatten(self.tree, results)

    def _checked_arguments(self, arguments: Sequence[Any]) -> Iterator[Any]:
        if len(arguments) != len(self.inputs):
            count = f"{len(self.inputs)} argument{'' if len(self.inputs) == 1 else 's'}"
            raise ProgramError(f"this Program takes {count}; {len(arguments)} given")
        for i, (value, array) in enumerate(zip(self.inputs, arguments, strict=True)):
            if not hasattr(array, "dtype") or not hasattr(array, "__array_namespace__") or isinstance(array, Edge):
                raise ProgramError(
                    f"argument {i} ({value.name or 'unnamed'}) is a {_kind(array)}; a Program runs on arrays: pass "
                    "x.numpy() for a tensor, numpy.asarray(x, dtype) for a number"
                )
            if tuple(array.shape) != value.shape or _dtype_name(array.dtype) != value.dtype:
                raise ProgramError(
                    f"argument {i} ({value.name or 'unnamed'}) is {describe(array)}; the Program was recorded for "
                    f"{value.dtype} {value.shape}: record it again for other shapes"
                )
            yield array

    def _last_uses(self) -> dict[int, list[Value]]:
        """Returns the values that are last used by each step."""
        last: dict[Value, int] = {}
        for i, step in enumerate(self.steps):
            last[step.output] = i
            for operand in step.operands:
                if isinstance(operand, Value):
                    last[operand] = i
        keep = {*self.inputs, *self.constants, *self.outputs}
        freed: dict[int, list[Value]] = {}
        for value, i in last.items():
            if value not in keep:
                freed.setdefault(i, []).append(value)
        return freed

    def check(self) -> Program:
        """Returns the Program if it is well-formed.

        Raises
        ------
        ProgramError
            If a step uses an unknown primitive or an undefined value, defines a value twice, or has another shape or
            dtype than its primitive computes. The error names the first such step.
        """
        known = {*self.inputs, *self.constants}
        for i, step in enumerate(self.steps):
            if step.primitive not in PRIMITIVES:
                raise ProgramError(f"step {i}: there is no primitive {step.primitive!r}")
            for operand in step.operands:
                if isinstance(operand, Value) and operand not in known:
                    raise ProgramError(f"step {i} ({step.primitive}) uses a value that no earlier step gives")
            if step.output in known:
                raise ProgramError(f"step {i} ({step.primitive}) gives a value that is there already")
            self._check_kind(i, step)
            known.add(step.output)
        for i, value in enumerate(self.outputs):
            if value not in known:
                raise ProgramError(f"output {i} is given by no step")
        return self

    def _check_kind(self, i: int, step: Step) -> None:
        """Runs a step on ones, and raises ProgramError if the shape or dtype differs from the step's output."""
        import numpy as np

        operands = [sample(operand, step.primitive) for operand in step.operands]
        try:
            with np.errstate(all="ignore"):
                random_params = {"generator": Generator(0)} if step.primitive == RANDOM else {}
                result: Any = np.asarray(PRIMITIVES[step.primitive](NUMPY, *operands, **step.params, **random_params))
        except (TypeError, ValueError, IndexError, ShapeError) as error:
            raise ProgramError(f"step {i} ({step.primitive}) can't run on its operands: {error}") from error
        if result.shape != step.output.shape or result.dtype.name != step.output.dtype:
            raise ProgramError(
                f"step {i} ({step.primitive}) gives {result.dtype.name}{list(result.shape)}, not {step.output.kind}"
            )

    def __str__(self) -> str:
        names = self.names()
        inputs = [f"{names[v]}: {v.kind}" for v in self.inputs]
        opening = f"program({', '.join(inputs)})"
        lines = [opening] if len(opening) <= 100 else ["program(", *(f"    {text}," for text in inputs), ")"]
        for value, array in self.constants.items():
            lines.append(f"  {names[value]}: {value.kind} = {_constant_text(array)}")
        for step in self.steps:
            operands = [names[x] if isinstance(x, Value) else repr(x) for x in step.operands]
            params = [f"{name}={_param_text(value)}" for name, value in step.params.items()]
            lines.append(
                f"  {names[step.output]}: {step.output.kind} = {step.primitive}({', '.join(operands + params)})"
            )
        lines.append(f"  return {', '.join(names[value] for value in self.outputs)}")
        return "\n".join(lines)

    def names(self) -> dict[Value, str]:
        """Returns a unique name for each value: its own name if it has one, else v1, v2, ..."""
        names: dict[Value, str] = {}
        used: set[str] = set()
        for value in (*self.inputs, *self.constants, *(step.output for step in self.steps)):
            name, number = value.name, 1
            while not name or name in used:
                number += 1
                name = f"{value.name}_{number}" if value.name else f"v{len(used) + number - 1}"
            used.add(name)
            names[value] = name
        return names


def _kind(thing: Any) -> str:
    """Returns the name of an argument's type, with its library if that is another one."""
    module = type(thing).__module__.partition(".")[0]
    return type(thing).__qualname__ if module in ("builtins", "edgewise") else f"{module}.{type(thing).__qualname__}"


def _dtype_name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


def sample(operand: Operand, primitive: str) -> Any:
    """Returns an array of the operand's shape and dtype that a primitive accepts; a number stays one."""
    import numpy as np

    if not isinstance(operand, Value):
        return operand
    if operand.dtype[0] in "iu":
        return np.broadcast_to(np.zeros((), operand.dtype), operand.shape)
    if primitive in LINALG and len(operand.shape) > 1:
        return np.broadcast_to(np.eye(operand.shape[-2], operand.shape[-1], dtype=operand.dtype), operand.shape)
    return np.broadcast_to(np.ones((), operand.dtype), operand.shape)


def _constant_text(array: Any) -> str:
    """Writes the elements of a constant if they are few or equal."""
    first = array.flat[0].item() if array.size else None
    if array.size and (array == array.flat[0]).all():
        return f"constant({first!r})" if array.ndim == 0 else f"constant(all {first!r})"
    return f"constant({array.tolist()!r})" if array.size <= 8 else "constant(...)"


def _param_text(value: Any) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(_param_text(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends if value.step is None else [*ends, str(value.step)])
    return "..." if value is Ellipsis else "[array]" if value is INDEX else repr(value)
