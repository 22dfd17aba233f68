"""Information about the namespace."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..graph.modes import thread

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
        """Indexing by masks and shapes that depend on data are both there; axes are limited by NumPy."""
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
