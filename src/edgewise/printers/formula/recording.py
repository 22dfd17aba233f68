"""Recording one kernel of an operation for its formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph.operation import Operation, whole_op_tracers
from ...program.functions import FUNCTIONS, LINALG_FUNCTIONS, PLAIN
from ...program.passes import with_shared_steps, with_simpler_steps, without_dead_code
from ...program.program import Program, Step, Value
from ...program.recorder import NAMESPACE, Recorded, Recorder, running


@dataclass
class Kernel:
    """What a kernel did: its Program, the value of each argument, and the example of its first result."""

    program: Program
    arguments: tuple[Any, ...]
    example: Any


def recorded(
    kernel: Callable[..., Any], arguments: Sequence[Any], params: dict[str, Any], unread: Sequence[Any] = ()
) -> Kernel:
    """Runs ``kernel(xp, *arguments, **params)`` on recording arrays.

    An argument is an example array, a :class:`Given`, or a number or None, which it stays. Those `unread` follow them;
    they are only asked for their shapes and dtypes, and no part of the Program. Other operations that the
    kernel applies are single steps of the Program, named ``apply``, unless they are one step themselves. A kernel may
    give a list of results.
    """
    recorder = Recorder()
    taken = [_taken(recorder, argument) for argument in arguments]
    running.recorders.append(recorder)
    try:
        given = kernel(_WHOLE, *taken, *unread, **params)
        results = [_result(recorder, one) for one in (given if isinstance(given, list) else [given])]
    finally:
        running.recorders.pop()
        recorder.closed = True
    inputs = [array.value for array in taken if isinstance(array, Recorded) and array.value not in recorder.constants]
    program = Program(inputs, dict(recorder.constants), list(recorder.steps), [one.value for one in results])
    values = tuple(array.value if isinstance(array, Recorded) else array for array in taken)
    return Kernel(_tidied(program), values, results[0].example)


def _result(recorder: Recorder, given: Any) -> Recorded:
    result = recorder.operand(given)
    return result if isinstance(result, Recorded) else recorder.constant(np.asarray(result))


@dataclass
class Given:
    """An argument whose elements are known: a constant of the Program."""

    array: Any


def _taken(recorder: Recorder, argument: Any) -> Any:
    if isinstance(argument, Given):
        return recorder.constant(argument.array)
    return recorder.new(argument) if isinstance(argument, np.ndarray) else argument


def _tidied(program: Program) -> Program:
    """After the passes that keep formulas as they are written: log(2) is not folded into a number."""
    masks = {value: array for value, array in program.constants.items() if array.dtype == bool}
    while True:
        shorter = without_dead_code(with_shared_steps(with_simpler_steps(program)))
        if len(shorter.steps) == len(program.steps):
            shorter.constants.update(masks)
            return shorter
        program = shorter


def _apply(operation: Operation, *arrays: Any, **params: Any) -> Any:
    recorder = running.recorders[-1]
    before = len(recorder.steps)
    result = operation.forward(_WHOLE, *arrays, **params)
    operands = [recorder.operand(array) for array in arrays]
    fixed = all(not isinstance(x, Recorded) or x.value in recorder.constants for x in operands)
    if fixed or len(recorder.steps) <= before + 1:
        return result
    del recorder.steps[before:]
    whole = recorder.new(result.example)
    values: tuple[Value | Any, ...] = tuple(x.value if isinstance(x, Recorded) else x for x in operands)
    recorder.steps.append(Step("apply", values, {"operation": operation, "params": params}, whole.value))
    return whole


_WHOLE: Any = type(NAMESPACE)(FUNCTIONS, PLAIN)
_WHOLE.linalg = type(NAMESPACE)(LINALG_FUNCTIONS, [])
_WHOLE.add.at = None  # by which kernels see that indices of all kinds are taken
whole_op_tracers[_WHOLE] = _apply
