"""Programs: what a function of tensors does, as a list of primitive steps of fixed shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.arrays import Array, describe, namespace, quiet
from ..graph.edge import Edge
from ..graph.errors import ShapeError
from ..graph.trees import unflatten
from ..ops.accurate import NUMPY
from ..ops.random import Generator
from .errors import ProgramError
from .primitives import INDEX, LINALG, PRIMITIVES, RANDOM


@dataclass(frozen=True, eq=False)
class Value:
    """Something that a Program computes with: a shape, a dtype, and for people a name."""

    shape: tuple[int, ...]
    dtype: str
    name: str = ""

    @property
    def kind(self) -> str:
        """``float32[2, 3]``."""
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


Operand = Value | float | int | bool | None


@dataclass(frozen=True, eq=False)
class Step:
    """One primitive applied to values and numbers, with parameters, giving one value."""

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
        The values that running takes, in order.
    constants:
        Arrays that the function brought along.
    steps:
        What is done, each step using inputs, constants and outputs of earlier steps only.
    outputs:
        The values that running returns, in order; `tree` is the nest they were returned in.
    looked_at:
        Places where the function asked for a value while it was recorded, as an ``if`` on a tensor does. The Program
        is right for arguments that give the same answers there.
    start:
        What the parameters and the states held when they were recorded: arguments for the last inputs.
    """

    inputs: list[Value]
    constants: dict[Value, Array]
    steps: list[Step]
    outputs: list[Value]
    tree: Any = None
    looked_at: list[str] = field(default_factory=list)
    start: list[Array] = field(default_factory=list)

    def run(self, *arguments: Any, generator: Generator | None = None) -> Any:
        """Runs the steps one by one on arrays of any library, in the nest that the function returned.

        This is the meaning that everything made from a Program is held to. Random numbers are drawn from `generator`,
        without one from the default generator, in the order of the steps.

        Raises
        ------
        ProgramError
            If the number, a shape or a dtype of the arguments is not what was recorded.
        """
        known = dict(zip(self.inputs, self._fitting(arguments), strict=True))
        host = arguments[0] if arguments else next(iter(self.constants.values()), None)
        if host is None:
            return self.tree
        xp = namespace(host)
        known.update({value: xp.asarray(array) for value, array in self.constants.items()})
        left = self._last_uses()
        kind = type(host)
        with quiet(host):
            for i, step in enumerate(self.steps):
                operands = [known[x] if isinstance(x, Value) else x for x in step.operands]
                drawn = {"generator": generator} if step.primitive == RANDOM else {}
                result = PRIMITIVES[step.primitive](xp, *operands, **step.params, **drawn)
                known[step.output] = result if type(result) is kind else xp.asarray(result)
                for value in left.get(i, ()):
                    del known[value]
        results = iter([known[value] for value in self.outputs])
        return next(results, None) if self.tree is None else unflatten(self.tree, results)

    def _fitting(self, arguments: Sequence[Any]) -> Iterator[Any]:
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
        """After which step each computed value is needed no more."""
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
            Naming the first step that uses an unknown primitive or a value that is not there yet, gives a value twice,
            or whose shape or dtype is not what its primitive gives.
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
        """Runs one step on ones to see that it gives the shape and dtype it says."""
        import numpy as np

        operands = [_sample(operand, step.primitive in LINALG) for operand in step.operands]
        try:
            with np.errstate(all="ignore"):
                drawn = {"generator": Generator(0)} if step.primitive == RANDOM else {}
                result: Any = np.asarray(PRIMITIVES[step.primitive](NUMPY, *operands, **step.params, **drawn))
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
            lines.append(f"  {names[value]}: {value.kind} = {_shown_constant(array)}")
        for step in self.steps:
            operands = [names[x] if isinstance(x, Value) else repr(x) for x in step.operands]
            params = [f"{name}={_shown(value)}" for name, value in step.params.items()]
            lines.append(
                f"  {names[step.output]}: {step.output.kind} = {step.primitive}({', '.join(operands + params)})"
            )
        lines.append(f"  return {', '.join(names[value] for value in self.outputs)}")
        return "\n".join(lines)

    def names(self) -> dict[Value, str]:
        """A name of its own for each value: the one it was given if there is one, else v1, v2, ..."""
        names: dict[Value, str] = {}
        taken: set[str] = set()
        for value in (*self.inputs, *self.constants, *(step.output for step in self.steps)):
            name, number = value.name, 1
            while not name or name in taken:
                number += 1
                name = f"{value.name}_{number}" if value.name else f"v{len(taken) + number - 1}"
            taken.add(name)
            names[value] = name
        return names


def _kind(thing: Any) -> str:
    """What a thing is called: those of other libraries by their whole name."""
    module = type(thing).__module__.partition(".")[0]
    return type(thing).__qualname__ if module in ("builtins", "edgewise") else f"{module}.{type(thing).__qualname__}"


def _dtype_name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


def _sample(operand: Operand, regular: bool) -> Any:
    """Some array of the operand's shape and dtype that any primitive takes; a `regular` one has an inverse."""
    import numpy as np

    if not isinstance(operand, Value):
        return operand
    if operand.dtype[0] in "iu":
        return np.zeros(operand.shape, operand.dtype)
    if regular and len(operand.shape) > 1:
        return np.broadcast_to(np.eye(operand.shape[-2], operand.shape[-1], dtype=operand.dtype), operand.shape)
    return np.ones(operand.shape, operand.dtype)


def _shown_constant(array: Any) -> str:
    """The elements if they are few or all the same."""
    first = array.flat[0].item() if array.size else None
    if array.size and (array == array.flat[0]).all():
        return f"constant({first!r})" if array.ndim == 0 else f"constant(all {first!r})"
    return f"constant({array.tolist()!r})" if array.size <= 8 else "constant(...)"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        inside = ", ".join(_shown(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends if value.step is None else [*ends, str(value.step)])
    return "..." if value is Ellipsis else "[array]" if value is INDEX else repr(value)
