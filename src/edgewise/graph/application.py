"""What calling an operation does: from tensors, arrays and numbers to a recorded result."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from .anomaly import check_result
from .arrays import Array, is_float, namespace, namespaces, promoted, quiet, to_float, together
from .edge import Edge, next_serial, start_leaf
from .errors import DTypeError, ShapeError
from .modes import Modes, thread
from .origin import note_origin
from .source import caller, library_files
from .widening import halves

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Operation

_tensor: type[Any] = Edge
_new = object.__new__
_getframe = sys._getframe
_user: CodeType | None = None  # the last code that was found not to be the library's
_NO_PARAMS: dict[str, Any] = {}


def _no_tensors(value: Any) -> Any:
    raise DTypeError(f"no tensor type has been set to hold {value!r}")


_convert: Callable[[Any], Any] = _no_tensors


def adopt(tensor: type[Any], convert: Callable[[Any], Any]) -> None:
    """Sets the type of the operations' results, and what turns lists and numbers into it.

    The floor above calls this once: the engine makes Tensors without knowing their class.
    """
    global _tensor, _convert
    _tensor, _convert = tensor, convert


def edge_of(value: Any) -> Tensor:
    """A tensor stays; a number, a list or an array becomes a constant leaf."""
    return value if isinstance(value, Edge) else _convert(value)  # type: ignore[return-value]


def wrap(array: Array) -> Tensor:
    """A tensor around an array, as a leaf that requires no gradient."""
    leaf: Any = _new(_tensor)
    start_leaf(leaf, array)
    return leaf  # type: ignore[no-any-return]


_MISSING: Any = object()


def application_of(operation: Operation) -> Callable[..., Tensor]:
    """What calling an operation does, as a closure.

    For small tensors the time goes into how this is written. So tensors of one dtype, given to an operation of one or
    two inputs, take a short way; all else takes the general one. With one input, it is to be called from within the
    library only, as operations themselves do.
    """
    if operation.fused is not None:
        apply = _general(operation)
    elif not operation.variadic and len(operation.derivatives) == 1:
        apply = _unary(operation)
    elif not operation.variadic and not operation.has_params and len(operation.derivatives) == 2:
        apply = _binary(operation)
    else:
        apply = _general(operation)
    apply.__name__ = apply.__qualname__ = operation.name
    apply.__code__ = apply.__code__.replace(co_name=operation.name)
    return apply


def _unary(operation: Operation) -> Callable[..., Tensor]:
    """For one input, with parameters or without."""
    general = _general(operation)
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
            return general(x, *more, **params)
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
            output = _as_array(operation, xp, output)
        modes = thread.modes
        result: Any = _new(_tensor)
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
    general = _general(operation)
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
            return general(a) if b is _MISSING else general(a, b)
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
            output = _as_array(operation, xp, output)
        modes = thread.modes
        result: Any = _new(_tensor)
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


def _general(operation: Operation) -> Callable[..., Tensor]:
    """For any inputs: tensors, arrays, lists and numbers, of any dtypes, with parameters."""
    forward, fused = operation.forward, operation.fused
    singular, floats = operation.singular, operation.floats

    def apply(*inputs: Any, **params: Any) -> Tensor:
        arrays, sources, first, wanted = _gathered(operation, inputs)
        if floats and not wanted:
            arrays = to_float(arrays)
        kind = type(first)
        xp = namespaces.get(kind) or namespace(first)
        modes = thread.modes
        ahead = None
        try:
            if fused is not None and wanted and modes.recording and not halves[first.dtype.__class__, first.dtype]:
                with quiet(first):
                    ahead = fused(xp, *arrays, **params)
            if ahead is not None:
                output = ahead[0]
            elif singular:
                with quiet(first):
                    output = forward(xp, *arrays, **params)
            else:
                output = forward(xp, *arrays, **params)
        except Exception as error:
            raise operation.explained(error, arrays, params) from error
        if type(output) is not kind:
            output = _as_array(operation, xp, output)
        result: Any = wrap(output)
        if modes.recording:
            if wanted and is_float(output):
                record(result, operation, sources, arrays, params, modes)
                if ahead is not None:
                    result.back = ahead[1]
            else:
                note_origin(result, operation, sources, arrays, params, modes)
        if modes.anomaly:
            check_result(operation, arrays, output)
        return result  # type: ignore[no-any-return]

    return apply


def record(
    result: Edge,
    operation: Operation,
    inputs: Sequence[Edge | None],
    arrays: Sequence[Any],
    params: dict[str, Any],
    modes: Modes,
) -> None:
    """Notes on an edge how it was made: by the nearest caller outside the library."""
    result.requires_grad = True
    result.operation = operation
    result.inputs = inputs
    result.arrays = arrays
    result.params = params
    result.serial = next_serial()
    result.scope = modes.scope
    # Code and instruction rather than the frame, which would keep the caller's variables alive, or the line
    # number, which is slow to find and rarely asked for.
    code, result.instruction = caller(3)
    result.code = code


def _as_array(operation: Operation, xp: Any, output: Any) -> Array:
    """What a forward gave, as an array: NumPy's reductions give scalars. Raises DTypeError if it is no number."""
    if not hasattr(output, "dtype") and not isinstance(output, numbers.Number):
        raise DTypeError(
            f"{operation.name}: its forward returned {type(output).__qualname__}; it must return one array, as an "
            "operation has one output"
        )
    return xp.asarray(output)


def _gathered(operation: Operation, inputs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Edge | None], Array, bool]:
    """The arrays of any inputs, where they come from, the first array, and whether a gradient is wanted."""
    arrays: list[Any] = []
    sources: list[Edge | None] = []
    first: Any = None
    wanted = mixed = foreign = False
    for value in inputs:
        if isinstance(value, Edge):
            if value.requires_grad and operation.flows_to(len(arrays)):
                wanted = True
            array = value.array
            sources.append(value)
        else:
            array, source = _from_outside(operation, len(arrays), value)
            sources.append(source)
            if source is None:
                arrays.append(array)
                mixed = mixed or array is not None
                continue
        if first is None:
            first = array
        else:
            if array.dtype is not first.dtype:
                mixed = True
            if type(array) is not type(first):
                foreign = True
        arrays.append(array)
    fixed = len(operation.flows) - operation.variadic
    if len(inputs) < fixed or (len(inputs) > fixed and not operation.variadic):
        names = ", ".join(operation.input_names)
        raise TypeError(f"{operation.name} takes {len(operation.input_names)} inputs ({names}); {len(inputs)} given")
    if first is None:
        if not inputs:
            raise ShapeError(f"{operation.name}: needs at least one tensor")
        return _gathered(operation, (_convert(inputs[0]), *inputs[1:]))
    if foreign:
        arrays = list(together(arrays))
        _check_libraries(operation, arrays)
        first = next(array for array in arrays if hasattr(array, "dtype"))
    if mixed and operation.promotes and (dtype := promoted(arrays)) is not None:
        # The cast is an operation like any other: gradients flow back through it in the input's own dtype.
        return _gathered(operation, [_cast(value, array, dtype) for value, array in zip(inputs, arrays, strict=True)])
    return arrays, sources, first, wanted


def _check_libraries(operation: Operation, arrays: Sequence[Any]) -> None:
    """Raises DTypeError for numbers of PyTorch beside those of another library, which neither computes with."""
    found = {type(array) for array in arrays if hasattr(array, "dtype") and is_float(array)}
    libraries = {kind.__module__.partition(".")[0] for kind in found}
    if len(libraries) > 1 and "torch" in libraries:
        kinds = " and ".join(sorted(f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in found))
        raise DTypeError(
            f"{operation.name}: its inputs are arrays of two libraries, {kinds}: turn one into the other's, as "
            "edgewise.tensor(x.numpy()) does with PyTorch's"
        )


def _cast(value: Any, array: Any, dtype: Any) -> Any:
    if not hasattr(array, "dtype") or array.dtype == dtype:
        return value
    tensor = value if isinstance(value, Edge) else _convert(value)
    return namespace(tensor).astype(tensor, dtype)


def _plain_number(value: Any) -> Any:
    """A number as one of Python's own kinds: arrays of others, such as fractions, would carry no gradient."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if hasattr(value, "__float__") else value


def _from_outside(operation: Operation, i: int, value: Any) -> tuple[Any, Edge | None]:
    """An argument that is no tensor: a plain number stays one, an array or a list becomes a constant leaf."""
    if value is None or type(value) in (float, int, bool):
        return value, None
    if isinstance(value, numbers.Number) or (
        hasattr(value, "item") and getattr(value, "shape", None) == () and not hasattr(value, "__setitem__")
    ):
        return _plain_number(value), None
    try:
        edge = _convert(value)
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"{operation.name}: {operation.input_name(i)} is a {type(value).__qualname__}; "
            f"it takes tensors, arrays, numbers and nested lists of numbers ({error})"
        ) from error
    return edge.array, edge
