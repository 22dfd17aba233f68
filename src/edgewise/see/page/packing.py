"""Arrays as text that a page reads."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ..javascript.literals import ARRAYS


def kind_of(dtype: str) -> str:
    """The typed array in which a page keeps numbers of a dtype."""
    return ARRAYS.get(dtype, "Float64Array")


def packed(array: Any) -> str:
    """The bytes of that typed array, as base64."""
    kind = np.dtype(kind_of(str(array.dtype)).removesuffix("Array").lower())
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode("ascii")
