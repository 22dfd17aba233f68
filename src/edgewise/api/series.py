"""The files of a numbered series of pictures."""

from __future__ import annotations

import os

from ..graph.errors import ArgumentError
from ..system.files import Path, check, check_kind

PLACE = "{}"
"""Stands for the number in the name of a file."""

FORMATS = ("svg", "png", "pdf")


def series_pattern(path: Path) -> tuple[str, str]:
    """Returns the names of a series with ``{}`` for the number, and its format, for a pattern or a folder.

    Raises
    ------
    ArgumentError
        If it names a single file, or files of another format.
    """
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"steps: takes a folder or the names of the files to write, not {type(path).__name__}")
    name = os.fsdecode(path)
    ending = os.path.splitext(name)[1].lower().removeprefix(".")
    if PLACE not in os.path.basename(name):
        if ending in FORMATS:
            stem = os.path.splitext(name)[0]
            raise ArgumentError(
                f"steps: {name} is a single file, but each step has its own; write {PLACE} where its number belongs: "
                f"{stem}-{PLACE}.{ending}"
            )
        return os.path.join(name, f"step-{PLACE}.svg"), "svg"
    if ending not in FORMATS:
        raise ArgumentError(f"steps: {name} must end in .svg, .png or .pdf")
    return name, ending


def series_paths(pattern: str, method: str, count: int) -> list[str]:
    """Returns the paths of a series, whose numbers have equally many digits. Makes the folder if it is missing.

    Raises the errors of :func:`.system.files.check_kind` before any file is written.
    """
    folder, name = os.path.split(pattern)
    if folder and not os.path.exists(folder):
        check(folder)
        os.mkdir(folder)
    digits = len(str(count - 1))
    paths = [os.path.join(folder, name.replace(PLACE, f"{number:0{digits}}")) for number in range(count)]
    for path in paths:
        check_kind(path, method)
    return paths
