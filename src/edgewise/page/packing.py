"""Arrays as a page reads them, one behind the other as bytes, and bytes as the text of a page."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..printers.javascript.literals import ARRAYS

AVOIDED = (0x00, 0x07, 0x08, 0x0D, 0x0E, 0x1A, 0x1B, 0x3C, 0x7F)
"""Characters that HTML changes or reads as markup, or that a terminal takes for a command."""

FIRST = 0xC0


@dataclass(frozen=True, slots=True)
class Packed:
    """The bytes of an array; `size` is that of one element."""

    raw: bytes
    size: int


def kind_of(dtype: str) -> str:
    """Returns the typed array in which a page keeps numbers of a dtype."""
    return ARRAYS.get(dtype, "Float64Array")


def packed(array: Any) -> Packed:
    """Returns the bytes of that typed array."""
    kind = np.dtype(kind_of(str(array.dtype)).removesuffix("Array").lower())
    return Packed(np.ascontiguousarray(array, kind).tobytes(), kind.itemsize)


def as_text(raw: bytes) -> str:
    """Bytes as characters of 7 bits, an eighth less in UTF-8 than base64 takes.

    A character that must not be there is written together with the one behind it, as one beyond ASCII, which takes two
    bytes as well.
    """
    blocks = np.zeros((-(-len(raw) // 7), 8), np.uint8)
    padded = np.zeros(7 * len(blocks), np.uint8)
    padded[: len(raw)] = np.frombuffer(raw, np.uint8)
    blocks[:, 1:] = padded.reshape(-1, 7)
    numbers = blocks.view(">u8").ravel()
    groups = np.stack([numbers >> np.uint64(shift) & np.uint64(127) for shift in range(49, -1, -7)], axis=1)
    codes = np.append(groups.astype("<u2").ravel()[: -(-8 * len(raw) // 7)], np.uint16(0))
    which = np.full(128, -1)
    which[list(AVOIDED)] = range(len(AVOIDED))
    found = which[codes[:-1]]
    at = np.flatnonzero(found >= 0)
    # Of several such characters in a row every second one is taken along by that before it.
    begins = np.maximum.accumulate(np.where(np.diff(at, prepend=-2) == 1, 0, at))
    leading = at[(at - begins) % 2 == 0]
    codes[leading] = FIRST + 128 * found[leading] + codes[leading + 1]
    kept = np.ones(len(codes), bool)
    kept[leading + 1] = False
    kept[-1] = False
    return codes[kept].tobytes().decode("utf-16-le")


class Bytes:
    """Arrays one behind the other. In data a place there, ``[from, length, size]``, stands for what is packed.

    Equal arrays, such as the zeros that biases begin with, have one place.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0
        self._places: dict[tuple[bytes, int], list[int]] = {}

    def taking(self, data: Any) -> Any:
        """Returns data with places for all that is packed in it."""
        if isinstance(data, Packed):
            key = data.raw, data.size
            if key not in self._places:
                self._places[key] = self._place(*key)
            return self._places[key]
        if isinstance(data, dict):
            return {name: self.taking(part) for name, part in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.taking(part) for part in data]
        return data

    def all(self) -> bytes:
        """Returns the bytes."""
        return b"".join(self._parts)

    def _place(self, raw: bytes, size: int) -> list[int]:
        # Weights are packed better with the first bytes of all numbers together, then the second ones, and so on, as
        # their signs and exponents are alike; images are not.
        apart = np.frombuffer(raw, np.uint8).reshape(-1, size).T.tobytes()
        is_apart = size > 1 and len(zlib.compress(apart, 1)) < len(zlib.compress(raw, 1))
        self._parts.append(apart if is_apart else raw)
        self._length += len(raw)
        return [self._length - len(raw), len(raw), size if is_apart else 1]
