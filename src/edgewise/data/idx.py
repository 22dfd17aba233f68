"""The IDX file format of MNIST and its kin.

Four bytes of magic (two zeros, a code for the type, the number of axes), the size of each axis as a big-endian 32-bit
integer, then the elements, big-endian: http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import math
import os
import struct
from typing import Any

import numpy as np

from ..graph.errors import EdgewiseError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class DataError(EdgewiseError, ValueError):
    """A data file that is missing, incomplete, damaged, or of another kind."""


def read_idx(path: str | os.PathLike[str]) -> np.ndarray[Any, Any]:
    """Returns the array in an IDX file, which may be compressed with gzip. Raises DataError for anything else."""
    path = os.fspath(path)
    return parse_idx(decompressed(path), path)


def decompressed(path: str) -> bytes:
    """Returns the bytes of a file, decompressed if it is compressed with gzip."""
    import gzip
    import zlib

    with open(path, "rb") as file:
        data = file.read()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is cut off or damaged ({error})") from error


def parse_idx(data: bytes, path: str = "these bytes") -> np.ndarray[Any, Any]:
    """Returns the array that the bytes of an IDX file hold. Raises DataError, naming `path`, if they don't hold one."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        raise DataError(f"{path}: not an IDX file: it begins with {data[:4].hex(' ') or 'nothing'}")
    axes = data[3]
    start = 4 + 4 * axes
    if len(data) < start:
        raise DataError(f"{path}: cut off in the sizes of its {axes} axes")
    shape = struct.unpack(f">{axes}I", data[4:start])
    dtype = np.dtype(_TYPES[data[2]])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        fault = "cut off" if len(data) < expected else "too long"
        raise DataError(f"{path}: {fault}: shape {shape} of {dtype.name} takes {expected} bytes, it has {len(data)}")
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
