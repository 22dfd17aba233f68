"""Arrays as a page reads them: as text where they stand, or together as bytes behind it."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

from ..javascript.literals import ARRAYS


class Packed(str):
    """Bytes as base64, which are there as such, too; `size` is that of one element."""

    raw: bytes
    size: int


def kind_of(dtype: str) -> str:
    """The typed array in which a page keeps numbers of a dtype."""
    return ARRAYS.get(dtype, "Float64Array")


def packed(array: Any) -> Packed:
    """The bytes of that typed array."""
    kind = np.dtype(kind_of(str(array.dtype)).removesuffix("Array").lower())
    raw = np.ascontiguousarray(array, kind).tobytes()
    text = Packed(base64.b64encode(raw).decode("ascii"))
    text.raw, text.size = raw, kind.itemsize
    return text


class Bytes:
    """Arrays one behind the other. In data a place there, ``[from, length, size]``, stands for what is packed."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def taking(self, data: Any) -> Any:
        """Data with places for all that is packed in it."""
        if isinstance(data, Packed):
            return self._place(data.raw, data.size)
        if isinstance(data, dict):
            return {name: self.taking(part) for name, part in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.taking(part) for part in data]
        return data

    def all(self) -> bytes:
        """The bytes."""
        return b"".join(self._parts)

    def _place(self, raw: bytes, size: int) -> list[int]:
        # Weights are packed better with the first bytes of all numbers together, then the second ones, and so on, as
        # their signs and exponents are alike; images are not.
        apart = np.frombuffer(raw, np.uint8).reshape(-1, size).T.tobytes()
        is_apart = size > 1 and len(zlib.compress(apart, 1)) < len(zlib.compress(raw, 1))
        self._parts.append(apart if is_apart else raw)
        self._length += len(raw)
        return [self._length - len(raw), len(raw), size if is_apart else 1]
