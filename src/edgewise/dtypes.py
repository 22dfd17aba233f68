"""The dtypes, as NumPy has them, and which one floating-point numbers have by default."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph.errors import DTypeError
from .graph.modes import thread

float16 = np.dtype("float16")
float32 = np.dtype("float32")
float64 = np.dtype("float64")
int8 = np.dtype("int8")
int16 = np.dtype("int16")
int32 = np.dtype("int32")
int64 = np.dtype("int64")
uint8 = np.dtype("uint8")
uint16 = np.dtype("uint16")
uint32 = np.dtype("uint32")
uint64 = np.dtype("uint64")
bool = np.dtype("bool")

# PyTorch's other names.
half = float16
float = float32
double = float64
short = int16
int = int32
long = int64

finfo = np.finfo
iinfo = np.iinfo


def set_default_dtype(dtype: Any) -> None:
    """Sets the dtype of new floating-point tensors, in this thread: float32 at first.

    Raises DTypeError unless it is float16, float32 or float64.
    """
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        wanted = None
    if wanted is None or wanted not in (float16, float32, float64):
        raise DTypeError(f"the default dtype must be float16, float32 or float64, not {dtype!r}")
    thread.modes.default_dtype = wanted.name


def get_default_dtype() -> Any:
    """The dtype of new floating-point tensors, in this thread."""
    return np.dtype(thread.modes.default_dtype)
