"""Writes files as a whole or not at all, and checks their names first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ..graph.errors import ArgumentError
from ..interop.programs import is_program

Path = str | os.PathLike[str]


_KINDS = {".svg": "svg", ".png": "png", ".pdf": "pdf", ".html": "page", ".htm": "page", ".safetensors": "save"}

_ENDINGS = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "page": ".html", "save": ".safetensors"}

PICTURE = ("svg", "png", "pdf", "page", "save")
"""The methods of a picture that write files."""


def check_kind(path: Any, method: str, methods: Sequence[str] = PICTURE) -> None:
    """Raises an error that says why `method`, one of the `methods` that write files, does not write there.

    TypeError if it is no path; ArgumentError if its name ends like the files of another method, or like the source of a
    program; FileExistsError if an existing file is of another kind; and the errors of :func:`check`.
    """
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"{method}: takes the path of the file to write, not {type(path).__name__}")
    name = os.fsdecode(path)
    own = _ENDINGS[method]
    kinds = [_KINDS.get(os.path.splitext(one)[1].lower()) for one in (name, os.path.realpath(name))]
    other = next((kind for kind in kinds if kind not in (None, method)), None)
    if other in methods:
        raise ArgumentError(f"{method}: {name} is named as what .{other}(path) writes")
    if other is not None:
        raise ArgumentError(f"{method}: {name} is named as another kind of file; name one that ends in {own}")
    if is_program(name):
        raise ArgumentError(f"{method}: {name} is named as the source of a program; name a file that ends in {own}")
    check(name)
    if method not in kinds and _is_of_another_kind(os.path.realpath(name), method):
        raise FileExistsError(
            f"{method}: {name} exists, and is no file that .{method}(path) wrote; name one that ends in {own}, which "
            "is replaced"
        )


def _is_of_another_kind(target: str, method: str) -> bool:
    """Returns whether a non-empty file exists that is not of the kind that a method writes."""
    if not os.path.isfile(target) or not os.path.getsize(target):
        return False
    if method in ("svg", "page"):
        return not is_made_by_edgewise(target)
    with open(target, "rb") as file:
        start = file.read(9)
    return not (
        start[8:] == b"{" if method == "save" else start.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[method])
    )


def check(path: Path) -> None:
    """Raises FileNotFoundError, IsADirectoryError or PermissionError if a file can't be written there."""
    path = os.fsdecode(path)
    if not path:
        raise FileNotFoundError("the name of the file to write is empty")
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"can't write {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK) and not _is_device(target):
        raise PermissionError(f"can't write {path}: the folder {folder} can't be written to")


def write(path: Path, content: bytes) -> None:
    """Writes a file in one step: an old file stays whole until the new one is. Raises the errors of :func:`check`."""
    check(path)
    target = os.path.realpath(os.fsdecode(path))
    if _is_device(target):
        with open(target, "wb") as device:
            device.write(content)
        return
    partial = os.path.join(os.path.dirname(target), f".edgewise.{os.urandom(6).hex()}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
        if os.path.exists(target):
            os.chmod(partial, os.stat(target).st_mode & 0o777)
        os.replace(partial, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(partial)
        raise


def _is_device(target: str) -> bool:
    """Returns whether the path is a device, which can't be replaced, such as /dev/stdout."""
    return os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)


def is_made_by_edgewise(path: Path) -> bool:
    """Returns whether a file is a picture or a page of Edgewise."""
    with open(path, "rb") as file:
        start = file.read(1000)
    return b'class="edgewise-' in start[:500] or b'name="generator" content="Edgewise"' in start
