"""Faster ways to the results of apply.py and backward.py: this file is there for speed alone.

On small tensors, Python takes the time, not the arrays. So the common cases are written out here: operations of one or
two inputs of one dtype, and backward passes without targets, a record, a graph of their own or anomaly detection.
Without this file, results would differ at most by the order of sums; tests/graph/test_fast.py runs all operations both
ways.
"""

from __future__ import annotations

import sys
from bisect import insort
from collections.abc import Callable
from operator import attrgetter
from types import CodeType
from typing import TYPE_CHECKING, Any

from . import apply as general
from . import edge as edges
from .anomaly import check_result
from .apply import as_array
from .arrays import is_float, namespace, namespaces, without_warnings
from .chain_rule import blame, contributions, fit_to_input, identity_derivative
from .edge import Edge, next_serial
from .inplace import check_unwritten, clock
from .modes import thread
from .node import recorded_inputs
from .provenance import note_origin
from .source import library_files
from .widening import is_half

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Derivative, Operation

Pullback = Callable[[Edge, Any, "Gradients", list[Edge], Any], Any]

serial_of = attrgetter("serial")

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
        apply = general.application_of(operation)
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


class Gradients(dict[Edge, Any]):
    """The sum of the gradients that have arrived at each edge so far."""

    __slots__ = ("sums",)

    def __init__(self, seeds: dict[Edge, Any]) -> None:
        super().__init__(seeds)
        self.sums: dict[Edge, int] = {}
        """The ids of arrays that were made to add up pieces in, and that nothing else holds."""


def add_to(gradients: dict[Edge, Any], waiting: list[Edge], source: Edge, part: Any) -> None:
    """Adds a contribution to the gradient of a source, and puts a result into `waiting` at its first contribution.

    `waiting` holds the results of operations that have gradients, oldest first. Every use of a result is newer, so
    all contributions to the newest one have arrived.
    """
    if source in gradients:
        gradients[source] = gradients[source] + part
        return
    gradients[source] = part
    if source.operation is not None:
        if waiting:
            insort(waiting, source, key=serial_of)
        else:
            waiting.append(source)


def pullback_of(operation: Operation) -> Pullback:
    """Returns the function that goes back through an operation and adds its contributions to `gradients`.

    ``pullback(node, gradient, gradients, waiting, xp)`` adds what :func:`contributions` yields. If the first input
    would be the only one in `waiting`, as along a chain, it returns that input's gradient instead; else None.

    For one input, and for two without parameters, it is written out. There, an elementwise derivative is checked the
    first time that inputs have one shape, and not again, as its result has the output's shape.
    """
    if operation.fused is not None:
        return _general_pullback
    if operation.accumulate is not None:
        return _accumulating_pullback(operation.accumulate)
    if not operation.variadic and len(operation.derivatives) == 1:
        return _unary_pullback(operation, operation.derivatives[0])
    if not operation.variadic and not operation.has_params and len(operation.derivatives) == 2:
        return _binary_pullback(operation, *operation.derivatives)
    return _general_pullback


def _general_pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
    for _, source, part in contributions(node, gradient, node.array, node.arrays, xp):
        add_to(gradients, waiting, source, part)


def _accumulating_pullback(accumulate: Callable[..., bool]) -> Pullback:
    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
        source = node.inputs[0]
        if source is None or not source.requires_grad:
            return
        total = gradients.get(source)
        if (
            total is not None
            and gradients.sums.get(source) == id(total)
            and total.dtype == gradient.dtype
            and accumulate(xp, total, gradient, *node.arrays, **node.params)
        ):
            return
        for _, _, part in contributions(node, gradient, node.array, node.arrays, xp):
            add_to(gradients, waiting, source, part)
        gradients.sums[source] = id(gradients[source])

    return pullback


def _unary_pullback(operation: Operation, derivative: Derivative | None) -> Pullback:
    elementwise, wide = operation.elementwise, operation.wide
    kernel: Any = operation.unwidened_derivatives[0]
    checked: Any = None  # the input dtype for which the derivative was checked

    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked
        (value,) = node.arrays
        (source,) = node.inputs
        if derivative is None or source is None or not source.requires_grad:
            return None
        params = node.params
        function: Any = derivative if wide and is_half[gradient.dtype.__class__, gradient.dtype] else kernel
        try:
            if params:
                part = function(xp, gradient, node.array, value, **params)
            else:
                part = function(xp, gradient, node.array, value)
        except Exception as error:
            blame(error, node, 0)
            raise
        if checked is not value.dtype:
            checked = value.dtype if elementwise and _same_shape_and_dtype(part, value) else None
            part = fit_to_input(xp, part, value, node, 0)
        if source.operation is not None and not waiting:
            return part
        add_to(gradients, waiting, source, part)
        return None

    return pullback


def _binary_pullback(
    operation: Operation, derivative_a: Derivative | None, derivative_b: Derivative | None
) -> Pullback:
    elementwise, wide = operation.elementwise and operation.promotes, operation.wide
    kernel_a: Any
    kernel_b: Any
    kernel_a, kernel_b = operation.unwidened_derivatives
    identity_a, identity_b = derivative_a is identity_derivative, derivative_b is identity_derivative
    checked_a = checked_b = False

    def pullback(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked_a, checked_b
        a, b = node.arrays
        source_a, source_b = node.inputs
        half = wide and is_half[gradient.dtype.__class__, gradient.dtype]
        same_shape = elementwise and not half
        same_shape = same_shape and (source_b is None or (source_a is not None and a.shape == b.shape))
        next_gradient = None
        if derivative_a is not None and source_a is not None and source_a.requires_grad:
            try:
                part = gradient if identity_a else (derivative_a if half else kernel_a)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 0)
                raise
            if not (same_shape and checked_a):
                checked_a = checked_a or (same_shape and _same_shape_and_dtype(part, a))
                part = fit_to_input(xp, part, a, node, 0)
            if not waiting and source_a.operation is not None and (source_b is None or source_b.operation is None):
                next_gradient = part
            else:
                add_to(gradients, waiting, source_a, part)
        if derivative_b is not None and source_b is not None and source_b.requires_grad:
            try:
                part = gradient if identity_b else (derivative_b if half else kernel_b)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 1)
                raise
            if not (same_shape and checked_b):
                checked_b = checked_b or (same_shape and _same_shape_and_dtype(part, b))
                part = fit_to_input(xp, part, b, node, 1)
            # add_to() without the call.
            if source_b in gradients:
                gradients[source_b] = gradients[source_b] + part
            elif source_b.operation is None:
                gradients[source_b] = part
            else:
                add_to(gradients, waiting, source_b, part)
        return next_gradient

    return pullback


def _same_shape_and_dtype(part: Any, value: Any) -> bool:
    return bool(getattr(part, "shape", None) == value.shape and part.dtype == value.dtype)


def walk_back(seeds: dict[Edge, Any], apply_hooks: Callable[[Edge, Any], Any]) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns those that arrive at the leaves."""
    gradients = Gradients(seeds)
    waiting = sorted((edge for edge in seeds if edge.operation is not None), key=serial_of)
    kind: type | None = None
    xp: Any = None
    next_gradient = None  # of the first input of `node`, where no other edge waits
    while waiting or next_gradient is not None:
        if next_gradient is None:
            node = waiting.pop()
            gradient = gradients.pop(node)
        else:
            node = node.inputs[0]  # type: ignore[assignment]
            gradient = next_gradient
        if clock.latest > node.serial:
            recorded_inputs(node)
            check_unwritten(node)
        if type(gradient) is not kind:
            kind = type(gradient)
            xp = namespace(gradient)
        if node.hooks is not None:
            gradient = apply_hooks(node, gradient)
        next_gradient = node.operation.pullback(node, gradient, gradients, waiting, xp)
    for leaf, gradient in gradients.items():
        if leaf.hooks is not None:
            gradients[leaf] = apply_hooks(leaf, gradient)
    return gradients
