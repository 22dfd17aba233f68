"""Writes numbers, strings and arrays as JavaScript literals."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np

ARRAYS = {
    "bool": "Uint8Array",
    "int8": "Int8Array",
    "uint8": "Uint8Array",
    "int16": "Int16Array",
    "uint16": "Uint16Array",
    "int32": "Int32Array",
    "uint32": "Uint32Array",
    "int64": "Float64Array",
    "uint64": "Float64Array",
    "float32": "Float32Array",
    "float64": "Float64Array",
}
"""The typed array for each dtype. 64-bit integers are doubles, exact up to 2**53, so that all elements are numbers."""

EXACT = 2**53

_MOST_WRITTEN_OUT = 16
_PACKED_DTYPES = ["int8", "int16", "int32"]


def number(value: float, dtype: str = "float64") -> str:
    """Writes a Python number, rounded to the `dtype` of the arrays that it is combined with."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if dtype == "float32" and math.isfinite(value) and not _is_exact_in_float32(value):
        return f"Math.fround({_digits(float(value))})"
    text = _digits(float(value) if dtype.startswith("float") else value)
    return f"({text})" if text.startswith("-") else text


def _is_exact_in_float32(value: float) -> bool:
    with np.errstate(over="ignore"):
        return float(np.float32(value)) == value


def _digits(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 and str(value) != "-0.0" else repr(value)


def string(text: str) -> str:
    """Writes a string, escaped so that it can't end the line or the page's script."""
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def array(values: Any) -> tuple[str, int]:
    """Returns an expression for the typed array of an array's elements, and the number of packed bytes in it.

    A few elements are written out, equal ones once; others are packed as base64.
    """
    flat = np.ascontiguousarray(values).reshape(-1)
    kind = ARRAYS[flat.dtype.name]
    if not any(flat.tobytes()):
        return f"new {kind}({flat.size})", 0
    if flat.size <= _MOST_WRITTEN_OUT:
        return f"{kind}.of({', '.join(_element(x) for x in flat)})", 0
    if flat.tobytes() == flat[:1].tobytes() * flat.size:
        return f"new {kind}({flat.size}).fill({_element(flat[0])})", 0
    packed, within = flat, kind
    if flat.dtype.name in ("int64", "uint64"):
        fitting = [
            name for name in _PACKED_DTYPES if flat.min() >= np.iinfo(name).min and flat.max() <= np.iinfo(name).max
        ]
        packed = flat.astype(fitting[0] if fitting else "float64")
        within = ARRAYS[packed.dtype.name]
    data = packed.astype(packed.dtype.newbyteorder("<")).tobytes()
    text = f'unpack({within}, "{base64.b64encode(data).decode()}")'
    return (text if within == kind else f"{kind}.from({text})"), len(data)


def _element(x: Any) -> str:
    if x.dtype.kind == "f":
        # The shortest digits of the number in its own dtype; storing rounds them to it again.
        text = str(x)
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text.removesuffix(".0"))
    return str(int(x))
