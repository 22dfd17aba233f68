"""Files that pictures are written to: whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file in one step: what was there stays whole until the new one is.

    Raises FileNotFoundError if the folder is not there, and IsADirectoryError for a folder.
    """
    path = os.fspath(path)
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"can't write {path}: there is no folder {folder}")
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as device:  # such as /dev/stdout, which can't be replaced
            device.write(content)
        return
    partial = os.path.join(folder, f".{os.path.basename(target)[:100]}.{os.urandom(4).hex()}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
            # The mode of the file that is there, or what the process's umask gives a new one.
            if os.path.exists(target):
                os.chmod(partial, os.stat(target).st_mode & 0o777)
        os.replace(partial, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(partial)
        raise
