"""Records what is done again and again once, for arguments of each kind, and then copies the steps.

A deep network has thousands of operations of a few kinds: with equal parameters, on arrays of equal shapes and dtypes.
The steps of two such operations differ only in their values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.operation import Operation
from ..ops.accurate import NUMPY
from .primitives import PRIMITIVES, RANDOM, Index
from .program import Operand, Step, Value

if TYPE_CHECKING:
    from .recorder import Recorder, RecordingArray

Arrays = Sequence[Any]


class Uncomputed:
    """Steps that were copied, so that nobody has computed the examples of their results yet."""

    __slots__ = ("_arguments", "_examples", "_recorder", "_steps")

    def __init__(self, recorder: Recorder, steps: Sequence[Step], arguments: Arrays) -> None:
        self._recorder, self._steps, self._arguments = recorder, steps, arguments
        self._examples: dict[Value, Any] | None = None

    def example(self, value: Value) -> Any:
        """Returns the example of one of the results, and computes all that it needs."""
        waiting = [self]
        while waiting:
            one = waiting[-1]
            missing = [x.uncomputed for x in one._arguments if x.uncomputed and x.uncomputed._examples is None]
            if missing and one._examples is None:
                waiting += missing
                continue
            waiting.pop()
            one._compute()
        assert self._examples is not None
        return self._examples[value]

    def _compute(self) -> None:
        if self._examples is not None:
            return
        constants = self._recorder.constants
        known = {x.value: x.example for x in self._arguments}
        with np.errstate(all="ignore"):
            for step in self._steps:
                operands = [
                    x if not isinstance(x, Value) else constants[x] if x in constants else known[x]
                    for x in step.operands
                ]
                known[step.output] = np.asarray(PRIMITIVES[step.primitive](NUMPY, *operands, **step.params))
        self._examples = {step.output: known[step.output] for step in self._steps}
        self._arguments = ()


class _Fragment:
    """The steps of a function for one kind of arguments, with numbers in place of values.

    Numbers count the different arguments, then the constants, then the results of the steps. `results` says of each
    result which number it has, whether it is a view, and whether it is a number that takes the dtype of arrays.
    """

    __slots__ = ("constants", "results", "steps")

    def __init__(
        self, recorder: Recorder, arguments: Sequence[Value], steps: Sequence[Step], results: Sequence[RecordingArray]
    ) -> None:
        numbers = {value: i for i, value in enumerate(dict.fromkeys(arguments))}
        made = {step.output for step in steps}
        used = [x for step in steps for x in step.operands if isinstance(x, Value)]
        used += [result.value for result in results]
        self.constants = [x for x in dict.fromkeys(used) if x not in numbers and x not in made]
        if any(step.primitive == RANDOM for step in steps) or any(x not in recorder.constants for x in self.constants):
            raise UnlikeError
        for value in (*self.constants, *(step.output for step in steps)):
            numbers[value] = len(numbers)
        self.steps = [
            (
                step.primitive,
                [(numbers[x], None) if isinstance(x, Value) else (None, x) for x in step.operands],
                step.params,
                step.output.shape,
                step.output.dtype,
            )
            for step in steps
        ]
        self.results = [(numbers[result.value], result.is_view, result.is_number) for result in results]

    def copied(self, recorder: Recorder, arguments: Sequence[RecordingArray]) -> list[RecordingArray]:
        """Records the steps for other arguments, and returns the results."""
        given = {x.value: x for x in arguments}
        values: list[Value] = [*given, *self.constants]
        first = len(values)
        steps = []
        for primitive, operands, params, shape, dtype in self.steps:
            of_step: tuple[Operand, ...] = tuple([x if i is None else values[i] for i, x in operands])
            step = Step(primitive, of_step, params, Value(shape, dtype))
            values.append(step.output)
            steps.append(step)
        recorder.steps += steps
        uncomputed = Uncomputed(recorder, steps, list(given.values()))
        results = []
        for number, is_view, is_number in self.results:
            value = values[number]
            if value in given:
                results.append(given[value])
                continue
            # A constant is made each time, as the recorded function makes it.
            array = (
                recorder.array(value, uncomputed)
                if number >= first
                else recorder.new_constant(recorder.constants[value])
            )
            array.is_view, array.is_number = is_view, is_number
            results.append(array)
        return results


class UnlikeError(Exception):
    """Raised where equal kinds of arguments do not mean equal steps."""


class Fragments:
    """The fragments of a recording by the kinds of what is done.

    Functions that read values, or draw random numbers, are recorded each time.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[Hashable, _Fragment | None] = {}

    def record(
        self, kind: Hashable, function: Callable[..., Sequence[RecordingArray]], arguments: Arrays
    ) -> Sequence[RecordingArray]:
        """Returns the results of a function of recording arrays and numbers.

        Functions of one kind do the same with arguments of the same kinds. Without a kind, the function is called.
        """
        recorder = self._recorder
        arrays = [x for x in arguments if hasattr(x, "uncomputed")]
        try:
            key = (kind, self._kinds(arguments)) if kind is not None else None
        except UnlikeError:
            key = None
        if key is None:
            return function(*arguments)
        if key in self._known:
            fragment = self._known[key]
            return function(*arguments) if fragment is None else fragment.copied(recorder, arrays)
        values = [x.value for x in arrays]
        before, looks = len(recorder.steps), recorder.looks
        results = function(*arguments)
        self._known[key] = None
        if recorder.looks == looks:
            with suppress(UnlikeError):
                self._known[key] = _Fragment(recorder, values, recorder.steps[before:], results)
        return results

    def derivative(self, operation: Operation, i: int) -> Callable[..., Any] | None:
        """Returns the derivative of an operation for input number `i`, which is recorded once for each kind."""
        derivative = operation.derivative(i)
        if derivative is None:
            return None

        def recorded(xp: Any, *arrays: Any, **params: Any) -> Any:
            results = self.record(
                kind_of_use("derivative", operation, params, i), lambda *own: [derivative(xp, *own, **params)], arrays
            )
            return results[0]

        return recorded

    def _kinds(self, arguments: Arrays) -> Hashable:
        """Describes arguments: shapes and dtypes, which are the same, and plain numbers."""
        constants = self._recorder.constants
        places: dict[Value, int] = {}
        kinds: list[Hashable] = []
        for x in arguments:
            if hasattr(x, "uncomputed"):
                value = x.value
                if value in constants:
                    raise UnlikeError
                place = places.setdefault(value, len(places))
                kinds.append((place, value.shape, value.dtype, x.is_view, x.is_number))
            else:
                kinds.append(exact(x))
        return tuple(kinds)


def kind_of_use(what: str, operation: Operation, params: dict[str, Any], *more: Hashable) -> Hashable | None:
    """Returns the kind of a use of an operation; None if its parameters can't be compared."""
    try:
        return (what, operation, exact(params) if params else (), *more)
    except UnlikeError:
        return None


def exact(value: Any) -> Hashable:
    """Returns a key that is equal for parameters that mean the same. Raises UnlikeError if there is none."""
    kind = type(value)
    if kind in (int, bool, str, Index) or value is None or value is Ellipsis:
        return kind, value
    if kind is float:
        return kind, repr(value)  # 0.0 is not −0.0
    if kind in (tuple, list):
        return kind, tuple(map(exact, value))
    if kind is slice:
        return kind, exact(value.start), exact(value.stop), exact(value.step)
    if kind is dict:
        return kind, tuple((name, exact(one)) for name, one in value.items())
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return kind, str(value)
    raise UnlikeError
