"""Conversions between tensors and numbers, lists, arrays of any library and dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from ..graph.arguments import short_repr
from ..graph.arrays import Array, describe, is_float, kind, namespace
from ..graph.edge import Edge, start_leaf, wrap
from ..graph.errors import DTypeError, GradientError, ShapeError
from ..graph.inplace import note_export
from ..graph.modes import thread
from ..graph.views import share_memory
from ..ops.accurate import is_numpy
from ..ops.creation import demand_range, dtype_of, on_processor
from ..ops.shape import cast, clone
from . import numpy_functions

if TYPE_CHECKING:
    from .core import Tensor

TensorLike = Union["Tensor", Array, float, Sequence[Any]]
"""A tensor, or what becomes a constant one: an array, a number, nested lists of numbers."""


def array_from(data: Any, dtype: Any, *, copy: bool) -> Array:
    """Returns the array for a tensor of `data`: see :class:`Tensor`."""
    if isinstance(data, Edge):
        data = data.array
    if hasattr(data, "dtype") and hasattr(data, "shape") and not isinstance(data, np.generic):
        xp = namespace(data)
        if dtype is not None and data.dtype != (wanted := dtype_of(xp, dtype)):
            return xp.astype(data, wanted)
        if is_numpy(xp):
            _check_numeric(data)
        return xp.asarray(data, copy=True) if copy else data
    array = _from_values(data)
    if dtype is not None:
        wanted = dtype_of(np, dtype)
        if array.dtype.kind in "iuf" and array.size and not isinstance(data, np.generic):
            for extreme in (array.min(), array.max()):
                demand_range("tensor", np, extreme.item(), wanted)
        return array.astype(wanted)
    if isinstance(data, np.generic):
        return array
    if array.dtype.kind == "f":
        return array.astype(thread.modes.default_dtype)
    return array.astype(np.int64) if array.dtype.kind in "iu" else array


def array_of_arguments(data: Sequence[Any], dtype: Any) -> Array:
    """Returns the array of ``Tensor(*data)``: zeros of the sizes given, or values in a list, an array or a tensor."""
    if len(data) == 1 and (isinstance(data[0], (list, tuple)) or hasattr(data[0], "shape")):
        return array_from(data[0], dtype, copy=not isinstance(data[0], Edge))
    if all(hasattr(size, "__index__") and not isinstance(size, bool) for size in data):
        shape = tuple(int(size) for size in data) or (0,)
        if any(size < 0 for size in shape):
            raise ShapeError(f"Tensor: sizes must be 0 or more, not {shape}")
        return np.zeros(shape, dtype_of(np, dtype))
    given = ", ".join(map(short_repr, data))
    raise TypeError(
        f"Tensor({given}): give sizes, as in Tensor(2, 3), or the values in one list, as in Tensor([1.0, 2.0]). "
        "edgewise.tensor takes a number too, and a dtype"
    )


def _from_values(data: Any) -> Any:
    """Returns a NumPy array of a number or of nested lists, whose innermost parts may be tensors of one element."""
    try:
        array = np.asarray(_plain(data))
    except ValueError as error:
        raise ShapeError(f"can't make a tensor of lists of different lengths: {error}") from None
    if array.size == 0 and array.dtype.kind == "f":
        return array
    _check_numeric(array)
    return array


def _plain(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data.array if isinstance(data, Edge) else data


def _check_numeric(array: Any) -> None:
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"a tensor holds bools, integers or real floating-point numbers, not {array.dtype} "
            f"(from data like {array.reshape(-1)[:1].tolist()!r})"
        )


def destination(where: Sequence[Any], dtype: Any, device: Any) -> Any:
    """Returns the dtype in the arguments of a `to` method, or None.

    Raises ArgumentError for a device other than the processor.
    """
    for given in where:
        if isinstance(given, Edge):
            dtype = given.array.dtype
        elif str(given).partition(":")[0] in ("cpu", "cuda", "mps", "xpu"):
            device = given
        else:
            dtype = given
    on_processor("to", device)
    return dtype


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Returns a new leaf tensor with a copy of `data`: see :class:`Tensor`.

    >>> import edgewise as ew
    >>> ew.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    on_processor("tensor", device, getattr(data, "device", None))
    result = wrap(array_from(data, dtype, copy=True))
    return result.requires_grad_() if requires_grad else result


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns `data` as a tensor: itself if it is one of that dtype, else around the same memory if possible."""
    if device is not None:
        on_processor("as_tensor", device, getattr(data, "device", None))
    if isinstance(data, Edge):
        same = dtype is None or data.array.dtype == dtype_of(namespace(data.array), dtype)
        return data if same else cast(data, dtype=dtype_of(namespace(data.array), dtype))  # type: ignore[return-value]
    return wrap(note_export(array_from(data, dtype, copy=False)))


def from_numpy(array: Any) -> Tensor:
    """Returns a tensor in the same memory as a NumPy array: a change of one shows in the other."""
    if not isinstance(array, np.ndarray):
        raise DTypeError(f"from_numpy takes a NumPy array, not a {type(array).__qualname__}: use ew.tensor")
    return wrap(note_export(array_from(array, None, copy=False)))


def from_dlpack(source: Any) -> Tensor:
    """Returns a tensor in the memory of any object that speaks DLPack, such as an array of another library.

    Memory on an accelerator needs that library's own array: pass it to :func:`as_tensor`.
    """
    return wrap(note_export(array_from(np.from_dlpack(source), None, copy=False)))


class Conversions:
    """The methods that convert a tensor to other types and dtypes."""

    __slots__ = ()

    def __array_ufunc__(self: Any, function: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Computes NumPy's elementwise functions, and operators with its arrays, as tensors with gradients."""
        return numpy_functions.elementwise(function, method, inputs, keywords)

    def __array_function__(self: Any, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        """Lets NumPy's other functions take a tensor as the array that it holds, but for its reductions."""
        del types
        return numpy_functions.other(function, arguments, keywords)

    def numpy(self: Any, *, force: bool = False) -> Any:
        """Returns the value as a NumPy array in the same memory.

        Raises GradientError if gradients flow to this tensor, since NumPy would not carry them on; with `force`, a
        detached copy is made instead.
        """
        if self.requires_grad and not force:
            raise GradientError("NumPy would drop the gradient of this tensor: use x.detach().numpy()")
        array = self.array if isinstance(self.array, np.ndarray) else _to_numpy(self.array)
        return np.array(array) if force else note_export(array)

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(
        self: Any,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if self.requires_grad:
            raise GradientError("DLPack would drop the gradient of this tensor: use x.detach()")
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        # Older libraries know some of them only.
        return note_export(self.array).__dlpack__(**{name: value for name, value in given.items() if value is not None})

    def __dlpack_device__(self: Any) -> Any:
        return self.array.__dlpack_device__()

    def item(self: Any) -> Any:
        """Returns the one element, as a Python number. Raises ShapeError if there is not exactly one."""
        if any(size != 1 for size in self.array.shape):
            raise ShapeError(f"item() is for tensors of one element; this one has shape {tuple(self.array.shape)}")
        element = self.array[(0,) * self.array.ndim]
        return (bool, int, float)[kind(namespace(self.array), self.array.dtype)](element)

    def tolist(self: Any) -> Any:
        """Returns the elements as Python numbers in nested lists; a number for a 0-d tensor."""
        return self.numpy(force=True).tolist()

    def __float__(self: Any) -> float:
        return float(self.item())

    def __int__(self: Any) -> int:
        return int(self.item())

    def __index__(self: Any) -> int:
        if is_float(self.array):
            raise DTypeError(f"only integer tensors can be an index; this one is {describe(self.array)}")
        return int(self.item())

    def __bool__(self: Any) -> bool:
        if any(size != 1 for size in self.array.shape):
            raise ShapeError(
                f"whether a tensor of shape {tuple(self.array.shape)} is true is ambiguous: use .any() or .all()"
            )
        return bool(self.item())

    def __len__(self: Any) -> int:
        if self.array.ndim == 0:
            raise DTypeError("a 0-d tensor has no length")
        return int(self.array.shape[0])

    def __iter__(self: Any) -> Any:
        if self.array.ndim == 0:
            raise DTypeError("a 0-d tensor can't be iterated over: use .item()")
        return (self[i] for i in range(self.array.shape[0]))

    def __format__(self: Any, spec: str) -> str:
        if self.array.ndim == 0:
            # A single number is written as Python's, as in f"{loss:.3f}" and f"{loss}".
            return format(self.item(), spec)
        if spec:
            raise TypeError(
                f"the format {spec!r} is for one number, and this tensor has shape {tuple(self.array.shape)}: pick an "
                "element, as in x[0], or set the digits of all tensors with edgewise.set_printoptions"
            )
        return str(self)

    def __copy__(self: Any) -> Any:
        """Returns a leaf that shares the memory of this one, as in PyTorch, and has no gradient yet."""
        if self.operation is not None:
            raise GradientError("only leaves can be copied; use x.detach() or x.clone() for a result of operations")
        result = object.__new__(type(self))
        start_leaf(result, self.array)
        share_memory(result, self)
        result.requires_grad = self.requires_grad
        if self.name is not None:
            result.name = self.name
        return result

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if self.operation is not None:
            raise GradientError("only leaves can be copied; use x.detach() or x.clone() for a result of operations")
        result = object.__new__(type(self))
        memo[id(self)] = result
        start_leaf(result, namespace(self.array).asarray(self.array, copy=True))
        result.grad = None if self.grad is None else wrap(namespace(self.array).asarray(self.grad.array, copy=True))
        result.requires_grad = self.requires_grad
        if self.name is not None:
            result.name = self.name
        return result

    def __reduce__(self: Any) -> Any:
        raise TypeError(
            "tensors are not pickled, since opening a pickle can run any code: "
            "save them with edgewise.save (safetensors), or use .numpy()"
        )

    def to(self: Any, *where: Any, dtype: Any = None, device: Any = None, copy: bool = False) -> Tensor:
        """Returns this tensor in another dtype; itself if it has that dtype. Gradients flow through, in the old dtype.

        Takes ``x.to(dtype)``, ``x.to(other_tensor)`` for its dtype, and for PyTorch's sake the device "cpu".
        """
        dtype = destination(where, dtype, device)
        wanted = self.array.dtype if dtype is None else dtype_of(namespace(self.array), dtype)
        if self.array.dtype == wanted:
            return clone(self) if copy else self
        return cast(self, dtype=wanted)

    def cpu(self: Any) -> Tensor:
        """Returns this tensor in NumPy's memory; itself if it is there."""
        return self if isinstance(self.array, np.ndarray) else as_tensor(self.numpy())

    def type(self: Any, dtype: Any = None) -> Any:
        """Returns this tensor in another dtype; without one, the name of the dtype it has."""
        return str(self.array.dtype).rpartition(".")[2] if dtype is None else self.to(dtype)

    def type_as(self: Any, other: Any) -> Tensor:
        """Returns this tensor in the dtype of `other`."""
        return self.to(other.dtype)  # type: ignore[no-any-return]

    def float(self: Any) -> Tensor:
        """Returns this tensor in float32."""
        return self.to("float32")  # type: ignore[no-any-return]

    def double(self: Any) -> Tensor:
        """Returns this tensor in float64."""
        return self.to("float64")  # type: ignore[no-any-return]

    def half(self: Any) -> Tensor:
        """Returns this tensor in float16."""
        return self.to("float16")  # type: ignore[no-any-return]

    def int(self: Any) -> Tensor:
        """Returns this tensor in int32."""
        return self.to("int32")  # type: ignore[no-any-return]

    def long(self: Any) -> Tensor:
        """Returns this tensor in int64."""
        return self.to("int64")  # type: ignore[no-any-return]

    def bool(self: Any) -> Tensor:
        """Returns this tensor as bools: whether each element is not 0."""
        return self.to("bool")  # type: ignore[no-any-return]


def _to_numpy(array: Any) -> Any:
    try:
        return np.from_dlpack(array)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
        return np.asarray(array)
