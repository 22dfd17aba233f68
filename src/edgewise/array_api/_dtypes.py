"""Dtypes and their properties, and information about the namespace."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..graph.edge import Edge, edge_of
from ..graph.modes import thread
from ..ops.shape import cast
from ..tensor import Tensor, TensorLike


def astype(x: TensorLike, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """Returns `x` in another dtype; with ``copy=False``, itself if it has that dtype."""
    _only_here(device)
    x = edge_of(x)
    return x if not copy and x.dtype == dtype else cast(x, dtype=dtype)


def _plain(value: Any) -> Any:
    return value.array.dtype if isinstance(value, Edge) else value


def _dtype_by_name(value: Any) -> Any:
    """Returns a dtype, also of another library, by its name; of a tensor, its own."""
    return str(_plain(value)).rpartition(".")[2] if not isinstance(value, (np.dtype, type)) else value


def can_cast(from_: Any, to: Any, /) -> bool:
    """Returns whether one dtype can be cast to another by the rules of type promotion."""
    return bool(np.can_cast(_plain(from_), to))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Returns whether a dtype is of a kind, such as ``"real floating"``, or one of several."""
    return bool(np.isdtype(dtype, kind))


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Returns the dtype that tensors, dtypes and numbers are promoted to."""
    return np.result_type(*(_plain(value) for value in arrays_and_dtypes))


def finfo(type: Any, /) -> Any:
    """Returns the limits of a floating-point dtype."""
    return dtypes.finfo(_dtype_by_name(type))


def iinfo(type: Any, /) -> Any:
    """Returns the limits of an integer dtype."""
    return dtypes.iinfo(_dtype_by_name(type))


def _only_here(device: Any) -> None:
    """Raises ValueError for a device: tensors stay where their arrays are."""
    if device not in (None, "cpu"):
        raise ValueError(
            f"device must be None or 'cpu', not {device!r}: give an array of that device's library instead"
        )


_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": (),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"]


class Info:
    """Devices, dtypes and capabilities: https://data-apis.org/array-api/2024.12/API_specification/inspection.html."""

    def capabilities(self) -> dict[str, Any]:
        """Returns what works: indexing by masks, shapes that depend on data, and as many axes as NumPy has."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Returns the processor."""
        return "cpu"

    def devices(self) -> list[str]:
        """Returns the processor alone: arrays of other libraries bring their own device."""
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Returns the dtypes of numbers that come without one. There are no complex ones."""
        del device
        return {
            "real floating": getattr(dtypes, thread.modes.default_dtype),
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Returns the dtypes by name: all, or those of a kind or of several."""
        del device
        kinds = tuple(_KINDS) if kind is None else (kind,) if isinstance(kind, str) else tuple(kind)
        return {name: getattr(dtypes, name) for each in kinds for name in _KINDS[each]}
