"""Shorter ways to what apply.py and backward.py say, for speed alone.

On small tensors the time goes into Python, not into arrays. So the common cases are written out: operations of one or
two inputs, whose tensors have one dtype, and backward passes that nobody watches. Deleting this file and its three
uses would change no result, and a test runs the operations both ways.
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
from .arrays import is_float, namespace, namespaces, quiet
from .chain_rule import blame, contributions, fitted, unchanged
from .edge import Edge, next_serial
from .inplace import check_unwritten, clock
from .modes import thread
from .node import recorded_inputs
from .provenance import note_origin
from .source import library_files
from .widening import halves

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Derivative, Operation

Pull = Callable[[Edge, Any, "Gradients", list[Edge], Any], Any]

serial_of = attrgetter("serial")

_new = object.__new__
_getframe = sys._getframe
_user: CodeType | None = None  # the last code that was found not to be the library's
_NO_PARAMS: dict[str, Any] = {}
_MISSING: Any = object()


def application_of(operation: Operation) -> Callable[..., Tensor]:
    """Returns the function that applies an operation, which profiles and tracebacks show under its name.

    With one input, it is to be called from within the library only, as operations themselves do.
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
    """For one input, with parameters or without."""
    general_way = general.application_of(operation)
    singular, floats, flows = operation.singular, operation.floats, operation.flows[0]
    wide, widened, kernel = operation.wide, operation.forward, operation.plain_forward
    stays_float = operation.elementwise and not operation.has_params  # a cast to integers has parameters

    def apply(x: Any, /, *more: Any, **params: Any) -> Tensor:
        global _user
        try:
            first = x.array
            kind = type(first)
            xp = namespaces[kind]
            wanted = flows and x.requires_grad
            short = not more and (wanted or not floats or is_float(first))
        except (AttributeError, KeyError):
            short = False
        if not short:
            return general_way(x, *more, **params)
        forward = widened if wide and halves[first.dtype.__class__, first.dtype] else kernel
        try:
            if singular:
                with quiet(first):
                    output = forward(xp, first, **params)
            elif params:
                output = forward(xp, first, **params)
            else:
                output = forward(xp, first)
        except Exception as error:
            raise operation.explained(error, (first,), params) from error
        if type(output) is not kind:
            output = as_array(operation, first, output)
        modes = thread.modes
        result: Any = _new(edges._tensor)
        result.array = output
        result._grad = result.hooks = None
        if wanted and modes.recording and (stays_float or is_float(output)):
            # As record() does, without the call. This is called by the function of the operation's name, or a method.
            frame = _getframe(2)
            code = frame.f_code
            while code is not _user:
                if code.co_filename in library_files and frame.f_back is not None:
                    frame = frame.f_back
                    code = frame.f_code
                else:
                    _user = code
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
    """For two inputs without parameters; the second may be a number."""
    general_way = general.application_of(operation)
    singular, wide, widened, kernel = operation.singular, operation.wide, operation.forward, operation.plain_forward
    promotes, floats, stays_float = operation.promotes, operation.floats, operation.elementwise
    flows_a, flows_b = operation.flows

    def apply(a: Any, b: Any = _MISSING) -> Tensor:
        global _user
        try:
            first = a.array
            kind = type(first)
            xp = namespaces[kind]
            kind_b = type(b)
            if kind_b is float or kind_b is int:
                second = b
                source_b = None
                wanted = flows_a and a.requires_grad
                short = promotes and (wanted or is_float(first))
            else:
                second = b.array
                source_b = b
                wanted = (flows_a and a.requires_grad) or (flows_b and b.requires_grad)
                short = (
                    type(second) is kind
                    and (first.dtype is second.dtype or not promotes)
                    and (wanted or not floats or is_float(first))
                )
        except (AttributeError, KeyError):
            short = False
        if not short:
            return general_way(a) if b is _MISSING else general_way(a, b)
        forward = widened if wide and halves[first.dtype.__class__, first.dtype] else kernel
        try:
            if singular:
                with quiet(first):
                    output = forward(xp, first, second)
            else:
                output = forward(xp, first, second)
        except Exception as error:
            raise operation.explained(error, (first, second), {}) from error
        if type(output) is not kind:
            output = as_array(operation, first, output)
        modes = thread.modes
        result: Any = _new(edges._tensor)
        result.array = output
        result._grad = result.hooks = None
        if wanted and modes.recording and (stays_float or is_float(output)):
            # As record() does, without the call.
            frame = _getframe(1)
            code = frame.f_code
            while code is not _user:
                if code.co_filename in library_files and frame.f_back is not None:
                    frame = frame.f_back
                    code = frame.f_code
                else:
                    _user = code
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
    """What has arrived at each edge while gradients go back."""

    __slots__ = ("own",)

    def __init__(self, seeds: dict[Edge, Any]) -> None:
        super().__init__(seeds)
        self.own: dict[Edge, int] = {}
        """The ids of arrays that were made to add up pieces in, and that nobody else holds."""


def add_to(gradients: dict[Edge, Any], waiting: list[Edge], source: Edge, part: Any) -> None:
    """Adds a contribution to what has arrived at a source; a result that it is the first for begins to wait.

    `waiting` holds the results of operations that a gradient has arrived at, oldest first. All that uses a result is
    newer, so when the newest of them is taken, all its contributions have come in.
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


def pull_of(operation: Operation) -> Pull:
    """Returns the way back through an operation when nobody watches: contributions go straight into `gradients`.

    ``pull(node, gradient, gradients, waiting, xp)`` does what :func:`contributions` says. If its first input would be
    the only one waiting, it returns that input's gradient instead, to go on with, as along a chain; else None.

    For one input, and for two without parameters, it is spelt out, because for small tensors the time goes into how
    this is written. There, the derivatives of elementwise operations are checked in full the first time they are used
    on inputs of one shape, and not again: what an elementwise derivative returns has the output's shape.
    """
    if operation.fused is not None:
        return _general_pull
    if operation.accumulate is not None:
        return _accumulating_pull(operation.accumulate)
    if not operation.variadic and len(operation.derivatives) == 1:
        return _unary_pull(operation, operation.derivatives[0])
    if not operation.variadic and not operation.has_params and len(operation.derivatives) == 2:
        return _binary_pull(operation, *operation.derivatives)
    return _general_pull


def _general_pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
    for _, source, part in contributions(node, gradient, node.array, node.arrays, xp):
        add_to(gradients, waiting, source, part)


def _accumulating_pull(accumulate: Callable[..., bool]) -> Pull:
    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> None:
        source = node.inputs[0]
        if source is None or not source.requires_grad:
            return
        total = gradients.get(source)
        if (
            total is not None
            and gradients.own.get(source) == id(total)
            and total.dtype == gradient.dtype
            and accumulate(xp, total, gradient, *node.arrays, **node.params)
        ):
            return
        for _, _, part in contributions(node, gradient, node.array, node.arrays, xp):
            add_to(gradients, waiting, source, part)
        gradients.own[source] = id(gradients[source])

    return pull


def _unary_pull(operation: Operation, derivative: Derivative | None) -> Pull:
    elementwise, wide = operation.elementwise, operation.wide
    kernel: Any = operation.plain_derivatives[0]
    checked: Any = None  # the dtype of the input for which the derivative has been checked

    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked
        (value,) = node.arrays
        (source,) = node.inputs
        if derivative is None or source is None or not source.requires_grad:
            return None
        params = node.params
        pulled: Any = derivative if wide and halves[gradient.dtype.__class__, gradient.dtype] else kernel
        try:
            if params:
                part = pulled(xp, gradient, node.array, value, **params)
            else:
                part = pulled(xp, gradient, node.array, value)
        except Exception as error:
            blame(error, node, 0)
            raise
        if checked is not value.dtype:
            checked = value.dtype if elementwise and _agree(part, value) else None
            part = fitted(xp, part, value, node, 0)
        if source.operation is not None and not waiting:
            return part
        add_to(gradients, waiting, source, part)
        return None

    return pull


def _binary_pull(operation: Operation, derivative_a: Derivative | None, derivative_b: Derivative | None) -> Pull:
    elementwise, wide = operation.elementwise and operation.promotes, operation.wide
    kernel_a: Any
    kernel_b: Any
    kernel_a, kernel_b = operation.plain_derivatives
    passes_a, passes_b = derivative_a is unchanged, derivative_b is unchanged
    checked_a = checked_b = False

    def pull(node: Edge, gradient: Any, gradients: Gradients, waiting: list[Edge], xp: Any) -> Any:
        nonlocal checked_a, checked_b
        a, b = node.arrays
        source_a, source_b = node.inputs
        halved = wide and halves[gradient.dtype.__class__, gradient.dtype]
        alike = elementwise and not halved
        alike = alike and (source_b is None or (source_a is not None and a.shape == b.shape))
        going_on = None
        if derivative_a is not None and source_a is not None and source_a.requires_grad:
            try:
                part = gradient if passes_a else (derivative_a if halved else kernel_a)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 0)
                raise
            if not (alike and checked_a):
                checked_a = checked_a or (alike and _agree(part, a))
                part = fitted(xp, part, a, node, 0)
            if not waiting and source_a.operation is not None and (source_b is None or source_b.operation is None):
                going_on = part
            else:
                add_to(gradients, waiting, source_a, part)
        if derivative_b is not None and source_b is not None and source_b.requires_grad:
            try:
                part = gradient if passes_b else (derivative_b if halved else kernel_b)(xp, gradient, node.array, a, b)
            except Exception as error:
                blame(error, node, 1)
                raise
            if not (alike and checked_b):
                checked_b = checked_b or (alike and _agree(part, b))
                part = fitted(xp, part, b, node, 1)
            # As add_to does, without the call.
            if source_b in gradients:
                gradients[source_b] = gradients[source_b] + part
            elif source_b.operation is None:
                gradients[source_b] = part
            else:
                add_to(gradients, waiting, source_b, part)
        return going_on

    return pull


def _agree(part: Any, value: Any) -> bool:
    return bool(getattr(part, "shape", None) == value.shape and part.dtype == value.dtype)


def walk_back(seeds: dict[Edge, Any], after_hooks: Callable[[Edge, Any], Any]) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns what arrives at the leaves."""
    gradients = Gradients(seeds)
    waiting = sorted((edge for edge in seeds if edge.operation is not None), key=serial_of)
    kind: type | None = None
    xp: Any = None
    going_on = None  # the gradient of the first input of `node`, if there is no other to go on with
    while waiting or going_on is not None:
        if going_on is None:
            node = waiting.pop()
            gradient = gradients.pop(node)
        else:
            node = node.inputs[0]  # type: ignore[assignment]
            gradient = going_on
        if clock.latest > node.serial:
            recorded_inputs(node)
            check_unwritten(node)
        if type(gradient) is not kind:
            kind = type(gradient)
            xp = namespace(gradient)
        if node.hooks is not None:
            gradient = after_hooks(node, gradient)
        going_on = node.operation.pull(node, gradient, gradients, waiting, xp)
    for leaf, gradient in gradients.items():
        if leaf.hooks is not None:
            gradients[leaf] = after_hooks(leaf, gradient)
    return gradients
