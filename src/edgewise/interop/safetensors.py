"""Tensors in files: the safetensors format, and nothing that could run code when it is opened.

A file holds a JSON header, then named arrays (https://github.com/huggingface/safetensors). A dict of tensors, such
as a `state_dict`, becomes a plain file that PyTorch and others read. Any other nest of dicts, lists, numbers, strings
and tensors is stored too: its tensors as arrays, the rest as JSON in the header.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from ..graph.arguments import flag, short_repr
from ..graph.edge import Edge
from ..graph.errors import ArgumentError, EdgewiseError
from ..nn.module import Module
from ..tensor import Tensor, from_numpy
from .programs import is_program
from .structure import Structure, pack, unpack

_STRUCTURE = "edgewise.structure"
"""The header's entry that holds the JSON of a nested structure."""

_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}

_OBJECT_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz")

Path = str | os.PathLike[str]


class FileFormatError(EdgewiseError, ValueError):
    """A file of another kind, an incomplete or damaged one, or one that could run code when it is opened."""


def save(obj: Any, path: Path) -> None:
    """Saves tensors in a safetensors file.

    Parameters
    ----------
    obj:
        A module (its `state_dict` is saved), a dict of tensors by name, or any nest of dicts, lists and tuples that
        hold tensors, arrays, numbers, strings, bools and None.
    path:
        The file; its name usually ends in ``.safetensors``. An existing file is replaced in one step when the new one
        is complete, so an interrupted save leaves it whole. Under a name that others would open as a pickle, such as
        ``model.pt``, the file is a safetensors file, too; a warning says so.

    Raises
    ------
    TypeError
        Names the place in `obj` of something that can't be saved.
    FileFormatError
        For the name of a program, such as ``train.py``.
    OSError
        If the file can't be written, as on a full disk.
    """
    warn_of_name(os.fspath(path), 3)
    save_tree(obj, path)


def save_tree(obj: Any, path: Path) -> None:
    """Saves as :func:`save` does, without a check of the name."""
    path = os.fspath(path)
    if isinstance(obj, Module):
        obj = obj.state_dict()
    if _is_plain(obj):
        arrays = {name: _array(value) for name, value in obj.items()}
        metadata = None
    else:
        import json

        structure, tensors = pack(obj)
        arrays = {name: _array(value) for name, value in tensors.items()}
        metadata = {_STRUCTURE: json.dumps(structure, separators=(",", ":"), allow_nan=False)}
    write_arrays(arrays, metadata, path)


def load(path: Path, map_location: Any = None, *, weights_only: bool | None = None) -> Any:
    """Loads a file of :func:`save`: a dict of tensors by name, or the nested structure.

    Files of other programs give a dict of tensors. bfloat16, which NumPy lacks, becomes float32. Opening a file
    runs no code.

    Parameters
    ----------
    path:
        The file, under any name.
    map_location:
        None, ``"cpu"``, or a dict of devices that ends in nothing but ``"cpu"``: all mean the processor's memory, the
        only place that tensors are loaded into.
    weights_only:
        PyTorch's way to refuse files that run code. Edgewise refuses them always, so both values mean the same.

    Raises
    ------
    ArgumentError
        For a `map_location` other than the processor, and for a function.
    FileFormatError
        If it isn't a safetensors file, is incomplete or damaged, or holds a dtype that can't be read. Pickles, and
        formats that can hold them, are refused.
    """
    import json

    _check_location(map_location)
    if weights_only is not None:
        flag("load", "weights_only", weights_only)
    path = os.fspath(path)
    arrays, metadata = read_arrays(path)
    tensors = {name: from_numpy(array) for name, array in arrays.items()}
    text = metadata.get(_STRUCTURE)
    if text is None:
        return tensors
    try:
        structure: Structure = json.loads(text)
        return unpack(structure, tensors)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileFormatError(f"{path}: the structure in its header is damaged ({error})") from error


def _check_location(location: Any) -> None:
    """Raises ArgumentError unless tensors are to be loaded into the processor's memory."""
    for device in location.values() if isinstance(location, Mapping) else [location]:
        if device is not None and (callable(device) or str(device).partition(":")[0] != "cpu"):
            raise ArgumentError(
                f"load: map_location is {short_repr(location)}, but tensors are loaded into the processor's memory "
                "alone: leave it out or pass 'cpu'. Make other libraries' arrays from the result"
            )


def warn_of_name(path: str, stacklevel: int) -> None:
    """Warns that a file will be a safetensors file, if others would open one of its name as a pickle.

    Raises FileFormatError for the name of a program's source.
    """
    _check_program(path)
    if path.lower().endswith(_OBJECT_SUFFIXES):
        stem, suffix = os.path.splitext(path)
        warnings.warn(
            f"{path} will be a safetensors file: Edgewise writes no pickles. edgewise.load reads it under any name; "
            f"other programs expect another format in {suffix} files, so {os.path.basename(stem)}.safetensors is the "
            "better name",
            stacklevel=stacklevel,
        )


def check_name(path: str) -> None:
    """Raises FileFormatError for the name of a program's source, or of a file that others would open as a pickle."""
    _check_program(path)
    if path.lower().endswith(_OBJECT_SUFFIXES):
        stem, suffix = os.path.splitext(path)
        raise FileFormatError(
            f"{path}: Edgewise saves safetensors, and a name that ends in {suffix} promises another format: "
            f"save to {stem}.safetensors"
        )


def _check_program(path: str) -> None:
    if is_program(path):
        raise FileFormatError(
            f"{path} is named as the source of a program, which would be lost: name a file that ends in .safetensors"
        )


def load_tree(path: Path) -> Any:
    """Loads a file of :func:`save_tree`: see :func:`load`."""
    return load(path)


def _is_plain(obj: Any) -> bool:
    """Returns whether `obj` is a dict of tensors by name, which other programs can read."""
    return (
        isinstance(obj, Mapping)
        and len(obj) > 0
        and all(isinstance(name, str) and isinstance(value, Edge) for name, value in obj.items())
        and "__metadata__" not in obj
    )


def _array(value: Any) -> np.ndarray:
    array: np.ndarray = value.numpy(force=True) if isinstance(value, Tensor) else value
    # In one piece and little-endian, as the format wants; 0-d arrays stay 0-d.
    array = np.require(array, array.dtype.newbyteorder("<"), "C")
    if array.dtype.str.lstrip("<|") not in {code.lstrip("<") for code in _DTYPES.values()} | {"b1"}:
        raise TypeError(f"a safetensors file can't hold the dtype {array.dtype}")
    return array


def write_arrays(arrays: dict[str, np.ndarray], metadata: dict[str, str] | None, path: str) -> None:
    """Writes a file in one step, so that an interrupted save leaves the old one whole."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"can't save to {path}: there is no folder {folder}")
    partial = os.path.join(folder, f".{os.path.basename(target)}.{os.urandom(4).hex()}.partial")
    try:
        # The mode of the file that is there, or what the process's umask gives a new one; the library's own is 0600.
        with open(partial, "xb"):
            mode = os.stat(target if os.path.exists(target) else partial).st_mode & 0o777
        save_file(arrays, partial, metadata)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(partial, mode)
        os.replace(partial, target)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.remove(partial)
        number = re.search(r"os error (\d+)", str(error)) if isinstance(error, SafetensorError) else None
        if number is not None:
            code = int(number[1])
            raise OSError(code, f"can't save: {os.strerror(code)}", path) from error
        raise


_PICKLE_RISK = (
    "opening it can run any code that its maker put in, so Edgewise does not. Where you trust it, open it with the "
    "program that made it and save it there as safetensors"
)


def _refuse_others(path: str) -> None:
    """Raises FileFormatError for a file that is evidently of another format."""
    with open(path, "rb") as file:
        start = file.read(8)
    if start[:1] == b"\x80" and len(start) > 1 and 2 <= start[1] <= 5 and not _looks_right(path, start):
        kind = f"is a Python pickle: {_PICKLE_RISK}"
    elif start[:4] == b"PK\x03\x04":
        if path.lower().endswith(".npz"):
            kind = "is an archive of NumPy arrays (.npz), which may hold pickles: read it with numpy.load(path)"
        else:
            kind = f"is a zip archive, as torch.save writes, with a pickle in it: {_PICKLE_RISK}"
    elif start[:6] == b"\x93NUMPY":
        kind = "is a NumPy array (.npy), which may hold pickles: read it with ew.from_numpy(numpy.load(path))"
    elif start[:4] == b"\x89HDF":
        kind = "is an HDF5 file: read it with h5py"
    elif start[:4] == b"GGUF":
        kind = "is a GGUF file"
    elif start and path.lower().endswith(_OBJECT_SUFFIXES) and not _looks_right(path, start):
        kind = f"is not a safetensors file; files with its ending are often pickles: {_PICKLE_RISK}"
    else:
        return
    raise FileFormatError(f"{path} {kind}")


def _looks_right(path: str, start: bytes) -> bool:
    return len(start) == 8 and int.from_bytes(start, "little") < os.path.getsize(path)


def read_arrays(path: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Returns the arrays and the header's texts of a file. Raises FileFormatError unless it is whole."""
    import json

    from safetensors import SafetensorError, safe_open

    _refuse_others(path)
    try:
        # The library checks the whole header: sizes, offsets, no gaps, no overlaps.
        with safe_open(path, framework="np") as checked:
            metadata = dict(checked.metadata() or {})
    except SafetensorError as error:
        raise FileFormatError(f"{path} is not a whole safetensors file ({error}): {_diagnosis(path)}") from error
    arrays = {}
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(length), object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            raise FileFormatError(f"{path} is not a whole safetensors file: its header is damaged ({error})") from error
        header.pop("__metadata__", None)
        for name, entry in header.items():
            file.seek(8 + length + entry["data_offsets"][0])
            arrays[name] = _read_array(file, path, name, entry["dtype"], tuple(entry["shape"]))
    return arrays, metadata


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object of the header. Raises ValueError for a repeated name, which readers treat differently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _read_array(file: Any, path: str, name: str, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    if dtype != "BF16" and dtype not in _DTYPES:
        raise FileFormatError(
            f"{path}: {name} has the dtype {dtype}, which can't be read; known are {', '.join(_DTYPES)}"
        )
    try:
        values = np.empty(shape, "<u2" if dtype == "BF16" else _DTYPES[dtype])
    except (ValueError, MemoryError) as error:
        raise FileFormatError(
            f"{path}: {name} has the shape {short_repr(list(shape))}, which no array has ({error})"
        ) from error
    values = np.fromfile(file, values.dtype, values.size).reshape(shape)
    if dtype == "BF16":
        # The upper half of a float32's bits.
        return (values.astype("<u4") << np.uint32(16)).view("<f4").astype(np.float32, copy=False)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _diagnosis(path: str) -> str:
    """Returns the likely fault of a file that the library refused, in words."""
    import json

    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if size < 8:
            return f"it is only {size} bytes long"
        if length > size - 8:
            return f"it is cut off, or another kind of file: its header should have {length} bytes, the file has {size}"
        try:
            header = json.loads(file.read(length))
            end = 8 + length + max((e["data_offsets"][1] for n, e in header.items() if n != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            return "its header is damaged"
    if end > size:
        return f"it is cut off: {size} of {end} bytes are there. Copy or download it again"
    if end == size:
        return "its header is damaged"
    return f"it is damaged: it has {size} bytes where {end} are expected"
