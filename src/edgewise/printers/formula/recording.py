"""Records a kernel of an operation for its formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...graph.operation import Operation, whole_op_tracers
from ...program.functions import FUNCTIONS, LINALG_FUNCTIONS, UNRECORDED
from ...program.passes import with_shared_steps, with_simpler_steps, without_dead_code
from ...program.program import Program, Step, Value
from ...program.recorder import NAMESPACE, Recorder, RecordingArray, running
from .shifts import without_shifts


@dataclass
class RecordedKernel:
    """A recorded kernel: its Program, the value of each argument, and the example of its first result."""

    program: Program
    arguments: tuple[Any, ...]
    example: Any


def record_kernel(
    kernel: Callable[..., Any], arguments: Sequence[Any], params: dict[str, Any], unread_arguments: Sequence[Any] = ()
) -> RecordedKernel:
    """Runs ``kernel(xp, *arguments, **params)`` on recording arrays.

    An argument is an example array, a :class:`KnownArray`, a number or None. Numbers and None stay as they are. The
    `unread_arguments` follow; the kernel reads only their shapes and dtypes, so they are not part of the Program. An
    operation that the kernel applies becomes a single step named ``apply``, unless it is one step anyway. A kernel can
    return a list of results.
    """
    recorder = Recorder()
    recorded_arguments = [_recording_argument(recorder, argument) for argument in arguments]
    running.recorders.append(recorder)
    try:
        returned = kernel(_NAMESPACE, *recorded_arguments, *unread_arguments, **params)
        results = [_result(recorder, one) for one in (returned if isinstance(returned, list) else [returned])]
    finally:
        running.recorders.pop()
        recorder.closed = True
    inputs = [
        array.value
        for array in recorded_arguments
        if isinstance(array, RecordingArray) and array.value not in recorder.constants
    ]
    program = Program(inputs, dict(recorder.constants), list(recorder.steps), [one.value for one in results])
    values = tuple(array.value if isinstance(array, RecordingArray) else array for array in recorded_arguments)
    return RecordedKernel(_simplified_program(without_shifts(program)), values, results[0].example)


def _result(recorder: Recorder, returned: Any) -> RecordingArray:
    result = recorder.operand(returned)
    return result if isinstance(result, RecordingArray) else recorder.constant(np.asarray(result))


@dataclass
class KnownArray:
    """An argument whose elements the kernel can read: a constant of the Program."""

    array: Any


def _recording_argument(recorder: Recorder, argument: Any) -> Any:
    if isinstance(argument, KnownArray):
        return recorder.constant(argument.array)
    return recorder.new(argument) if isinstance(argument, np.ndarray) else argument


def _simplified_program(program: Program) -> Program:
    """Applies the passes that keep expressions as they are written: log(2) is not folded into a number."""
    masks = {value: array for value, array in program.constants.items() if array.dtype == bool}
    while True:
        shorter = without_dead_code(with_shared_steps(with_simpler_steps(program)))
        if len(shorter.steps) == len(program.steps):
            shorter.constants.update(masks)
            return shorter
        program = shorter


def _record_operation(operation: Operation, *arrays: Any, **params: Any) -> Any:
    recorder = running.recorders[-1]
    before = len(recorder.steps)
    result = operation.forward(_NAMESPACE, *arrays, **params)
    operands = [recorder.operand(array) for array in arrays]
    fixed = all(not isinstance(x, RecordingArray) or x.value in recorder.constants for x in operands)
    if fixed or len(recorder.steps) <= before + 1 or operation.traits.notation == "its steps":
        return result
    del recorder.steps[before:]
    whole = recorder.new(result.example)
    values: tuple[Value | Any, ...] = tuple(x.value if isinstance(x, RecordingArray) else x for x in operands)
    recorder.steps.append(Step("apply", values, {"operation": operation, "params": params}, whole.value))
    return whole


_NAMESPACE: Any = type(NAMESPACE)(FUNCTIONS, UNRECORDED)
_NAMESPACE.linalg = type(NAMESPACE)(LINALG_FUNCTIONS, [])
_NAMESPACE.add.at = None  # shows kernels that all kinds of indices are supported
whole_op_tracers[_NAMESPACE] = _record_operation
