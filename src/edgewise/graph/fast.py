"""Faster ways to the results of apply.py: this file is there for speed alone.

On small tensors, Python takes the time, not the arrays. So the common case is written out here: operations on tensors
of one dtype. fast_backward.py has the common backward pass. Without the two files, results would differ at most by the
order of sums; tests/graph/test_fast.py runs all operations both ways.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from types import CodeType
from typing import TYPE_CHECKING, Any

from . import apply as general
from . import edge as edges
from .anomaly import check_result
from .apply import as_array
from .arrays import is_float, namespaces, without_warnings
from .edge import next_serial, start_leaf
from .modes import thread
from .provenance import note_origin
from .source import library_files
from .widening import is_half

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Operation


_new = object.__new__
_getframe = sys._getframe
_user_code: CodeType | None = None  # the user's code that was found last
_NO_PARAMS: dict[str, Any] = {}
_MISSING: Any = object()


def application_of(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function that applies an operation. Profiles and tracebacks show it under the operation's name.

    Call the function of a one-input operation from the library only: it takes the second caller for the user's code.
    """
    inputs = len(operation.derivatives)
    if operation.fused is not None or operation.variadic or inputs > 2 or (inputs == 2 and operation.has_params):
        apply = _several(operation)
    else:
        apply = _unary(operation) if inputs == 1 else _binary(operation)
    apply.__name__ = apply.__qualname__ = operation.name
    apply.__code__ = apply.__code__.replace(co_name=operation.name)
    return apply


def _unary(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function for one input, with or without parameters."""
    general_way = general.application_of(operation)
    singular, floats, differentiable = operation.singular, operation.floats, operation.differentiable[0]
    wide, wide_forward, kernel = operation.wide, operation.forward, operation.unwidened_forward
    stays_float = operation.elementwise and not operation.has_params  # a cast to integers has parameters

    def apply(x: Any, /, *more: Any, **params: Any) -> Tensor:
        global _user_code
        try:
            first = x.array
            kind = type(first)
            xp = namespaces[kind]
            needs_grad = differentiable and x.requires_grad
            fast = not more and (needs_grad or not floats or is_float(first))
        except (AttributeError, KeyError):
            fast = False
        if not fast:
            return general_way(x, *more, **params)
        forward = wide_forward if wide and is_half[first.dtype.__class__, first.dtype] else kernel
        try:
            if singular:
                with without_warnings(first):
                    output = forward(xp, first, **params)
            elif params:
                output = forward(xp, first, **params)
            else:
                output = forward(xp, first)
        except Exception as error:
            raise operation.explain_error(error, (first,), params) from error
        if type(output) is not kind:
            output = as_array(operation, first, output)
        modes = thread.modes
        result: Any = _new(edges._tensor)
        result.array = output
        result._grad = result.hooks = None
        if needs_grad and modes.recording and (stays_float or is_float(output)):
            # record() without the call. The caller is the function with the operation's name, or a method.
            frame = _getframe(2)
            code = frame.f_code
            while code is not _user_code:
                if code.co_filename in library_files and frame.f_back is not None:
                    frame = frame.f_back
                    code = frame.f_code
                else:
                    _user_code = code
            result.requires_grad = True
            result.operation = operation
            result.inputs = (x,)
            result.arrays = (first,)
            result.params = params
            result.serial = next_serial()
            result.scope = modes.scope
            result.code = code
            result.instruction = frame.f_lasti
        else:
            result.requires_grad = False
            result.operation = None
            if modes.recording:
                note_origin(result, operation, (x,), (first,), params, modes)
        if modes.anomaly:
            check_result(operation, (first,), output)
        return result  # type: ignore[no-any-return]

    return apply


def _binary(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function for two inputs without parameters. The second can be a number."""
    general_way = general.application_of(operation)
    singular, wide, wide_forward, kernel = (
        operation.singular,
        operation.wide,
        operation.forward,
        operation.unwidened_forward,
    )
    promotes, floats, stays_float = operation.promotes, operation.floats, operation.elementwise
    differentiable_a, differentiable_b = operation.differentiable

    def apply(a: Any, b: Any = _MISSING) -> Tensor:
        global _user_code
        try:
            first = a.array
            kind = type(first)
            xp = namespaces[kind]
            kind_b = type(b)
            if kind_b is float or kind_b is int:
                second = b
                source_b = None
                needs_grad = differentiable_a and a.requires_grad
                fast = promotes and (needs_grad or is_float(first))
            else:
                second = b.array
                source_b = b
                needs_grad = (differentiable_a and a.requires_grad) or (differentiable_b and b.requires_grad)
                fast = (
                    type(second) is kind
                    and (first.dtype is second.dtype or not promotes)
                    and (needs_grad or not floats or is_float(first))
                )
        except (AttributeError, KeyError):
            fast = False
        if not fast:
            return general_way(a) if b is _MISSING else general_way(a, b)
        forward = wide_forward if wide and is_half[first.dtype.__class__, first.dtype] else kernel
        try:
            if singular:
                with without_warnings(first):
                    output = forward(xp, first, second)
            else:
                output = forward(xp, first, second)
        except Exception as error:
            raise operation.explain_error(error, (first, second), {}) from error
        if type(output) is not kind:
            output = as_array(operation, first, output)
        modes = thread.modes
        result: Any = _new(edges._tensor)
        result.array = output
        result._grad = result.hooks = None
        if needs_grad and modes.recording and (stays_float or is_float(output)):
            # record() without the call.
            frame = _getframe(1)
            code = frame.f_code
            while code is not _user_code:
                if code.co_filename in library_files and frame.f_back is not None:
                    frame = frame.f_back
                    code = frame.f_code
                else:
                    _user_code = code
            result.requires_grad = True
            result.operation = operation
            result.inputs = (a, source_b)
            result.arrays = (first, second)
            result.params = _NO_PARAMS
            result.serial = next_serial()
            result.scope = modes.scope
            result.code = code
            result.instruction = frame.f_lasti
        else:
            result.requires_grad = False
            result.operation = None
            if modes.recording:
                note_origin(result, operation, (a, source_b), (first, second), _NO_PARAMS, modes)
        if modes.anomaly:
            check_result(operation, (first, second), output)
        return result  # type: ignore[no-any-return]

    return apply


def _several(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function for tensors of one dtype, with None for some, of an operation that the others don't take."""
    general_way = general.application_of(operation)
    singular, promotes, floats, fused = operation.singular, operation.promotes, operation.floats, operation.fused
    wide_forward, kernel = operation.forward, operation.unwidened_forward
    differentiable, last = operation.differentiable, len(operation.differentiable) - 1
    variadic = operation.variadic

    def apply(*inputs: Any, **params: Any) -> Tensor:
        arrays: list[Any] = []
        first: Any = None
        needs_grad = half = False
        try:
            for value in inputs:
                if value is None:
                    arrays.append(None)
                    continue
                array = value.array
                if first is None:
                    first = array
                    half = is_half[first.dtype.__class__, first.dtype]
                elif type(array) is not type(first):
                    return general_way(*inputs, **params)
                elif array.dtype is not first.dtype:
                    if promotes:
                        return general_way(*inputs, **params)
                    half = half or is_half[array.dtype.__class__, array.dtype]
                if value.requires_grad and differentiable[min(len(arrays), last)]:
                    needs_grad = True
                arrays.append(array)
            xp = namespaces[type(first)]
            usual = len(inputs) >= last if variadic else len(inputs) == last + 1
        except (AttributeError, KeyError, IndexError):
            usual = False
        if not usual or (floats and not needs_grad and not is_float(first)):
            return general_way(*inputs, **params)
        modes = thread.modes
        prepared = None
        try:
            with without_warnings(first) if singular else nullcontext():
                if fused is not None and needs_grad and modes.recording and not half:
                    prepared = fused(xp, *arrays, **params)
                forward = wide_forward if half else kernel
                output = forward(xp, *arrays, **params) if prepared is None else prepared[0]
        except Exception as error:
            raise operation.explain_error(error, arrays, params) from error
        if type(output) is not type(first):
            output = as_array(operation, first, output)
        result: Any = _new(edges._tensor)
        start_leaf(result, output)
        if modes.recording:
            if needs_grad and is_float(output):
                general.record(result, operation, inputs, arrays, params, modes)
                if prepared is not None:
                    result.back = prepared[1]
            else:
                note_origin(result, operation, inputs, arrays, params, modes)
        if modes.anomaly:
            check_result(operation, arrays, output)
        return result  # type: ignore[no-any-return]

    return apply
