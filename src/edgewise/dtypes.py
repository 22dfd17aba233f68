"""The dtypes, as NumPy has them, and which one floating-point numbers have by default."""

from __future__ import annotations

import builtins
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


class finfo:  # noqa: N801
    """The limits of a floating-point dtype, the default one if none is given, as Python's numbers.

    Raises DTypeError for another kind of dtype.
    """

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = get_default_dtype() if dtype is None else np.dtype(dtype)
        if self.dtype.kind != "f":
            raise DTypeError(f"finfo is for floating-point dtypes, not for {self.dtype}: see iinfo")
        limits = np.finfo(self.dtype)
        self.bits = builtins.int(limits.bits)
        self.eps = builtins.float(limits.eps)
        self.max = builtins.float(limits.max)
        self.min = builtins.float(limits.min)
        self.smallest_normal = self.tiny = builtins.float(limits.smallest_normal)
        self.resolution = builtins.float(limits.resolution)

    def __repr__(self) -> str:
        return f"finfo(dtype={self.dtype}, min={self.min}, max={self.max}, eps={self.eps}, tiny={self.tiny})"


class iinfo:  # noqa: N801
    """The limits of an integer dtype, as Python's numbers. Raises DTypeError for another kind of dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype.kind not in "iu":
            raise DTypeError(f"iinfo is for integer dtypes, not for {self.dtype}: see finfo")
        limits = np.iinfo(self.dtype)
        self.bits = builtins.int(limits.bits)
        self.max = builtins.int(limits.max)
        self.min = builtins.int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(dtype={self.dtype}, min={self.min}, max={self.max})"


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
    """Returns the dtype of new floating-point tensors, in this thread."""
    return np.dtype(thread.modes.default_dtype)
