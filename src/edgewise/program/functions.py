"""The functions of the Array API standard, each recorded as primitives.

Each takes the recorder, then the standard's arguments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import RecordingError
from .primitives import BINARY, INDEX, LINALG, REDUCTIONS, SCANS, UNARY

if TYPE_CHECKING:
    from .recorder import Recorder

UNRECORDED = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "e",
    "inf",
    "nan",
    "pi",
    "newaxis",
    "isdtype",
    "finfo",
    "iinfo",
    "can_cast",
    "broadcast_shapes",
    "errstate",
]
"""Names that are NumPy's own while recording: dtypes, constants, functions of dtypes."""

SHAPED_BY_VALUES = ["unique_all", "unique_counts", "unique_inverse", "unique_values"]
"""Functions that can't be part of a Program; nor can `nonzero`, except of a constant."""


def is_recorded(x: Any) -> bool:
    """Says whether an array is a recording array."""
    return hasattr(x, "recorder")


def _elementwise(name: str) -> Any:
    return lambda recorder, *arrays: recorder.step(name, *arrays)


def _reduction(name: str) -> Any:
    def reduce(recorder: Recorder, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
        result = recorder.step(name, x, axis=axis, keepdims=keepdims)
        return result if dtype is None else _astype(recorder, result, dtype)

    return reduce


def _scan(name: str) -> Any:
    return lambda recorder, x, *, axis=None: recorder.step(name, x, axis=0 if axis is None else axis)


def _astype(recorder: Recorder, x: Any, dtype: Any, *, copy: bool = True) -> Any:
    del copy
    wanted = np.dtype(dtype)
    return x if x.dtype == wanted else recorder.step("cast", x, dtype=wanted.name)


def _asarray(recorder: Recorder, x: Any, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
    del device
    array = x if is_recorded(x) else recorder.constant(np.asarray(x, dtype=dtype))
    if dtype is not None and array.dtype != np.dtype(dtype):
        return _astype(recorder, array, dtype)
    return array.alias() if copy else array


def _reshape(recorder: Recorder, x: Any, shape: Any, *, copy: Any = None) -> Any:
    del copy
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in sizes:
        rest = math.prod(size for size in sizes if size != -1)
        sizes = tuple(math.prod(x.shape) // rest if size == -1 else size for size in sizes)
    return x if sizes == tuple(x.shape) else recorder.step("reshape", x, shape=sizes)


def _expand_dims(recorder: Recorder, x: Any, *, axis: Any = 0) -> Any:
    return _reshape(recorder, x, np.expand_dims(x.blank, axis).shape)


def _squeeze(recorder: Recorder, x: Any, axis: Any) -> Any:
    return _reshape(recorder, x, np.squeeze(x.blank, axis).shape)


def _broadcast_to(recorder: Recorder, x: Any, shape: Any) -> Any:
    sizes = tuple(shape)
    return x if tuple(x.shape) == sizes else recorder.step("broadcast_to", x, shape=sizes)


def _permute_dims(recorder: Recorder, x: Any, axes: Any) -> Any:
    order = tuple(axis % len(x.shape) for axis in axes)
    return x if order == tuple(range(len(order))) else recorder.step("permute", x, axes=order)


def _matrix_transpose(recorder: Recorder, x: Any) -> Any:
    order = list(range(len(x.shape)))
    order[-2:] = order[-1], order[-2]
    return _permute_dims(recorder, x, order)


def _moveaxis(recorder: Recorder, x: Any, source: Any, destination: Any) -> Any:
    sources = [axis % x.ndim for axis in ((source,) if isinstance(source, int) else source)]
    targets = [axis % x.ndim for axis in ((destination,) if isinstance(destination, int) else destination)]
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return _permute_dims(recorder, x, order)


def _concat(recorder: Recorder, arrays: Any, *, axis: int | None = 0) -> Any:
    if axis is None:
        arrays, axis = [_reshape(recorder, x, (-1,)) for x in arrays], 0
    return recorder.step("concat", *arrays, axis=axis)


def _stack(recorder: Recorder, arrays: Any, *, axis: int = 0) -> Any:
    number = axis % (len(arrays[0].shape) + 1)
    return _concat(recorder, [_reshape(recorder, x, _insert_one(x.shape, number)) for x in arrays], axis=number)


def _insert_one(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], 1, *shape[axis:])


def _mean(recorder: Recorder, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    total = recorder.step("sum", x, axis=axis, keepdims=keepdims)
    count = math.prod(x.shape) // max(1, math.prod(total.shape))
    return recorder.step("divide", total, float(count))


def _var(recorder: Recorder, x: Any, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    centred = recorder.step("subtract", x, _mean(recorder, x, axis=axis, keepdims=True))
    total = recorder.step("sum", recorder.step("square", centred), axis=axis, keepdims=keepdims)
    count = math.prod(x.shape) // max(1, math.prod(total.shape))
    return recorder.step("divide", total, float(max(0.0, count - correction)))


def _std(recorder: Recorder, x: Any, **params: Any) -> Any:
    return recorder.step("sqrt", _var(recorder, x, **params))


def _vecdot(recorder: Recorder, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    return recorder.step("sum", recorder.step("multiply", x1, x2), axis=axis, keepdims=False)


def _count_nonzero(recorder: Recorder, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    result = _astype(recorder, recorder.step("not_equal", x, 0), np.int64)
    return recorder.step("sum", result, axis=axis, keepdims=keepdims)


def _take(recorder: Recorder, x: Any, indices: Any, *, axis: int | None = None) -> Any:
    number = 0 if axis is None else axis % x.ndim
    form = (*(slice(None),) * number, INDEX)
    return recorder.step("gather", x, indices, form=form)


def _take_along_axis(recorder: Recorder, x: Any, indices: Any, *, axis: int = -1) -> Any:
    return recorder.step("take_along_axis", x, indices, axis=axis)


def _clip(recorder: Recorder, x: Any, min: Any = None, max: Any = None) -> Any:
    if min is not None:
        x = recorder.step("maximum", x, min)
    return x if max is None else recorder.step("minimum", x, max)


def _roll(recorder: Recorder, x: Any, shift: Any, *, axis: Any = None) -> Any:
    if axis is None:
        return _reshape(recorder, recorder.step("roll", _reshape(recorder, x, (-1,)), shift=shift, axis=0), x.shape)
    return recorder.step("roll", x, shift=shift, axis=axis)


def _repeat(recorder: Recorder, x: Any, repeats: Any, *, axis: int | None = None) -> Any:
    if not isinstance(repeats, int):
        raise RecordingError("repeat by an array gives a shape that depends on values: it can't be part of a Program")
    if axis is None:
        x, axis = _reshape(recorder, x, (-1,)), 0
    return recorder.step("repeat", x, repeats=repeats, axis=axis)


def _tile(recorder: Recorder, x: Any, repetitions: Any) -> Any:
    extra = max(0, len(repetitions) - x.ndim)
    x = _reshape(recorder, x, (1,) * extra + tuple(x.shape))
    for axis, count in enumerate((1,) * (x.ndim - len(repetitions)) + tuple(repetitions)):
        if count != 1:
            x = _concat(recorder, [x] * count, axis=axis) if count else x[(slice(None),) * axis + (slice(0),)]
    return x


def _flip(recorder: Recorder, x: Any, *, axis: Any = None) -> Any:
    return recorder.step("flip", x, axis=tuple(range(x.ndim)) if axis is None else axis)


def _nonzero(recorder: Recorder, x: Any) -> Any:
    if x.value not in recorder.constants:
        raise RecordingError(
            "what nonzero finds and a mask picks has a shape that depends on values, so it can't be part of a Program. "
            "Use functions of fixed shape instead, as ew.where(mask, x, 0) for x[mask], and for x[mask] += y "
            "x = ew.where(mask, x + y, x)"
        )
    return tuple(recorder.constant(places) for places in np.nonzero(x.example))


def _positive(recorder: Recorder, x: Any) -> Any:
    del recorder
    return x.alias()


def _triangle(name: str) -> Any:
    return lambda recorder, x, *, k=0: recorder.step(name, x, k=k)


def _sorting(name: str) -> Any:
    def order(recorder: Recorder, x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
        if not descending:
            return recorder.step(name, x, axis=axis, stable=stable)
        # Sort the reversed elements in ascending order and reverse the result, so that equal elements keep their order.
        result = _flip(
            recorder, recorder.step(name, _flip(recorder, x, axis=axis), axis=axis, stable=stable), axis=axis
        )
        return result if name == "sort" else recorder.step("subtract", x.shape[axis] - 1, result)

    return order


def _searchsorted(recorder: Recorder, x1: Any, x2: Any, *, side: str = "left") -> Any:
    return recorder.step("searchsorted", x1, x2, side=side)


def _unstack(recorder: Recorder, x: Any, *, axis: int = 0) -> Any:
    del recorder
    number = axis % x.ndim
    return tuple(x[(*(slice(None),) * number, i)] for i in range(x.shape[number]))


def _result_type(_: Recorder, *values: Any) -> Any:
    return np.result_type(*(value.dtype if is_recorded(value) else value for value in values))


def _constant_function(name: str) -> Any:
    """Makes a function without array arguments, whose result is a constant."""
    return lambda recorder, *arguments, **params: recorder.constant(getattr(np, name)(*arguments, **params))


def _constant_like(name: str) -> Any:
    return lambda recorder, x, *arguments, **params: recorder.constant(getattr(np, name)(x.blank, *arguments, **params))


FUNCTIONS: dict[str, Any] = {
    **{name: _elementwise(name) for name in (*UNARY, *BINARY)},
    **{name: _reduction(name) for name in REDUCTIONS},
    **{name: _scan(name) for name in SCANS},
    **{name: _constant_function(name) for name in ["arange", "empty", "eye", "full", "linspace", "ones", "zeros"]},
    **{name: _constant_like(name) for name in ["empty_like", "full_like", "ones_like", "zeros_like"]},
    **{name: _triangle(name) for name in ("tril", "triu")},
    **{name: _sorting(name) for name in ("argsort", "sort")},
    "asarray": _asarray,
    "astype": _astype,
    "broadcast_to": _broadcast_to,
    "clip": _clip,
    "concat": _concat,
    "count_nonzero": _count_nonzero,
    "expand_dims": _expand_dims,
    "flip": _flip,
    "matmul": _elementwise("matmul"),
    "matrix_transpose": _matrix_transpose,
    "mean": _mean,
    "moveaxis": _moveaxis,
    "nonzero": _nonzero,
    "permute_dims": _permute_dims,
    "positive": _positive,
    "repeat": _repeat,
    "reshape": _reshape,
    "result_type": _result_type,
    "roll": _roll,
    "searchsorted": _searchsorted,
    "squeeze": _squeeze,
    "stack": _stack,
    "std": _std,
    "take": _take,
    "take_along_axis": _take_along_axis,
    "tile": _tile,
    "unstack": _unstack,
    "var": _var,
    "vecdot": _vecdot,
    "where": _elementwise("where"),
}
"""Each function by its name in the standard, without those of no fixed shape and those that no operation needs."""


def _linalg_function(function: str) -> Any:
    parts = {part: name for name, (of, part) in LINALG.items() if of == function}

    def call(recorder: Recorder, *arrays: Any, **params: Any) -> Any:
        if None in parts:
            return recorder.step(parts[None], *arrays, **params)
        # The first result of eigh is the primitive of eigvalsh.
        return tuple(
            recorder.step(parts.get(part, "eigenvalues"), *arrays, **params)
            for part in range(max(part for part in parts if part is not None) + 1)
        )

    return call


LINALG_FUNCTIONS: dict[str, Any] = {function: _linalg_function(function) for function, _ in LINALG.values()}
"""The functions of the standard's `linalg`."""
