"""New tensors of given shapes: zeros, ones, ranges, identities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arrays import namespace, range_fault
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..graph.modes import thread
from .accurate import is_numpy
from .axes import sizes

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

Size = int | Sequence[int]

_DTYPES = [
    "float32",
    "float64",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]


def dtype_of(xp: Any, dtype: Any) -> Any:
    """Returns a dtype as the library `xp` has it, from Edgewise's or NumPy's dtype, a Python type or a name."""
    if dtype is float:
        name = thread.modes.default_dtype
    elif dtype is int:
        name = "int64"
    elif dtype is bool:
        name = "bool"
    else:
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = str(dtype).rpartition(".")[2]
    if name not in _DTYPES:
        raise DTypeError(f"there is no dtype {dtype!r}: a tensor holds {', '.join(_DTYPES)}")
    if is_numpy(xp):
        return np.dtype(name)
    if not hasattr(xp, name):
        raise DTypeError(f"{xp.__name__} has no dtype {name}")
    return getattr(xp, name)


def chosen_dtype(dtype: Any) -> Any:
    """Returns the NumPy dtype meant by `dtype`; the default one if it is None."""
    if dtype is None or dtype is float:
        return np.dtype(thread.modes.default_dtype)
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"there is no dtype {dtype!r}: write it as in edgewise.float32 or 'float32'") from None
    if wanted.kind not in "biuf":
        raise DTypeError(f"a tensor holds bools, integers or real floating-point numbers, not {wanted}")
    return wanted


def new_shape(name: str, given: tuple[Any, ...]) -> tuple[int, ...]:
    """Returns the sizes of a new tensor. Raises TypeError if one is no integer, ShapeError if one is negative."""
    shape = sizes(name, given)
    if any(size < 0 for size in shape):
        raise ShapeError(f"{name}: sizes must be 0 or more, not {shape}")
    return shape


def number(name: str, argument: str, given: Any) -> Any:
    """Returns a Python number, also from NumPy's and one-element tensors. Raises TypeError for anything else."""
    value = given.item() if hasattr(given, "item") else given
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name}: {argument} must be a number, not {given!r}")
    return value


def _in_integers(value: float, dtype: Any) -> float:
    """Returns a number rounded towards 0 if integers are asked for, else as it is."""
    whole = dtype is not None and math.isfinite(value) and np.issubdtype(chosen_dtype(dtype), np.integer)
    return int(value) if whole else value


def on_processor(name: str, device: Any, other: Any = None) -> None:
    """Raises ArgumentError for a device other than the processor, or `other`, where an array lies already."""
    if device is not None and str(device).partition(":")[0] != "cpu" and device != other:
        raise ArgumentError(
            f"{name}: there is no device {str(device)!r}, tensors are made in the processor's memory: leave it out or "
            "say 'cpu'. Where another library computes elsewhere, edgewise.as_tensor takes its arrays as they are"
        )


def _new(array: Any, requires_grad: bool) -> Tensor:
    result = wrap(array)
    return result.requires_grad_() if requires_grad else result


def zeros(*size: Size, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns a tensor of zeros, of the shape given as numbers or as one sequence."""
    on_processor("zeros", device)
    return _new(np.zeros(new_shape("zeros", size), chosen_dtype(dtype)), requires_grad)


def ones(*size: Size, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns a tensor of ones, of the shape given as numbers or as one sequence."""
    on_processor("ones", device)
    return _new(np.ones(new_shape("ones", size), chosen_dtype(dtype)), requires_grad)


def empty(*size: Size, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns a tensor of uninitialized values, of the shape given as numbers or as one sequence."""
    on_processor("empty", device)
    return _new(np.empty(new_shape("empty", size), chosen_dtype(dtype)), requires_grad)


def demand_range(name: str, xp: Any, value: Any, dtype: Any) -> None:
    """Raises DTypeError for a number that an integer dtype can't hold."""
    fault = range_fault(xp, value, dtype)
    if fault is not None:
        raise DTypeError(f"{name}: {fault}: choose another dtype")


def full(
    size: Size, fill_value: float, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Returns a tensor of one value. The dtype is the value's kind unless given: bool, int64 or the default one."""
    on_processor("full", device)
    fill_value = number("full", "fill_value", fill_value)
    if dtype is None:
        kind = np.asarray(fill_value).dtype.kind
        dtype = {"b": "bool", "i": "int64", "u": "int64"}.get(kind)
    wanted = chosen_dtype(dtype)
    demand_range("full", np, fill_value, wanted)
    return _new(np.full(new_shape("full", (size,)), fill_value, wanted), requires_grad)


def zeros_like(x: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns zeros of the shape, dtype and library of `x`."""
    return _like("zeros_like", x, dtype, device, requires_grad)


def ones_like(x: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns ones of the shape, dtype and library of `x`."""
    return _like("ones_like", x, dtype, device, requires_grad)


def empty_like(x: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns uninitialized values in the shape, dtype and library of `x`."""
    return _like("empty_like", x, dtype, device, requires_grad)


def full_like(
    x: TensorLike, fill_value: float, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Returns one value in the shape, dtype and library of `x`."""
    return _like("full_like", x, dtype, device, requires_grad, number("full_like", "fill_value", fill_value))


def _like(name: str, x: TensorLike, dtype: Any, device: Any, requires_grad: bool, *value: Any) -> Tensor:
    array = edge_of(x).array
    on_processor(name, device, getattr(array, "device", None))
    xp = namespace(array)
    wanted = array.dtype if dtype is None else dtype_of(xp, dtype)
    for number_given in value:
        demand_range(name, xp, number_given, wanted)
    return _new(getattr(xp, name)(array, *value, dtype=wanted), requires_grad)


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Returns the numbers from `start` (0 if only one is given) up to but without `end`, `step` apart.

    They are int64 if all three are integers, else of the default dtype. Raises ArgumentError for a step of 0 or one
    that leads away from the end, and for infinity and NaN.
    """
    on_processor("arange", device)
    if end is None:
        start, end = 0, start
    # NumPy's unsigned integers and 0-d tensors too, as numbers that can be negative.
    start, end, step = (
        number("arange", argument, value) for argument, value in (("start", start), ("end", end), ("step", step))
    )
    if dtype is not None:
        start, end, step = (_in_integers(value, dtype) for value in (start, end, step))
    if step == 0 or not 0 <= (end - start) / step < math.inf:
        raise ArgumentError(f"arange: steps of {step} don't lead from {start} to {end}")
    if dtype is None and all(isinstance(value, int) for value in (start, end, step)):
        dtype = "int64"
    count = math.ceil((end - start) / step)
    values = np.asarray(start) + np.arange(count) * np.asarray(step)
    return _new(values.astype(chosen_dtype(dtype)), requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Returns `steps` evenly spaced numbers from `start` to `end`. Raises ShapeError for a negative count."""
    on_processor("linspace", device)
    (steps,) = new_shape("linspace", (steps,))
    start, end = (
        _in_integers(number("linspace", argument, value), dtype) for argument, value in (("start", start), ("end", end))
    )
    return _new(np.linspace(float(start), float(end), steps).astype(chosen_dtype(dtype)), requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Returns `base` to the power of `steps` numbers from `start` to `end`. Raises ShapeError for a negative count."""
    on_processor("logspace", device)
    (steps,) = new_shape("logspace", (steps,))
    start, end, base = (
        number("logspace", argument, value) for argument, value in (("start", start), ("end", end), ("base", base))
    )
    return _new(np.logspace(start, end, steps, base=base).astype(chosen_dtype(dtype)), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns the identity matrix of n rows and m (else n) columns. Raises ShapeError for a negative count."""
    on_processor("eye", device)
    rows, columns = new_shape("eye", (n, n if m is None else m))
    return _new(np.eye(rows, columns, dtype=chosen_dtype(dtype)), requires_grad)
