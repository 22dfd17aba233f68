"""How many threads NumPy's matrix products use."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

_FOLDERS = ("../numpy.libs", ".dylibs")
_PREFIXES, _SUFFIXES = ("scipy_openblas", "openblas"), ("64_", "")


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for matrix products within this block, where NumPy brought its own OpenBLAS; else nothing changes.

    Small products gain nothing from a second thread, and where other programs keep the cores busy they lose: each has
    to wait until all of its threads have had their turn. The tour took 2 s with one thread and 12 to 54 s with two on
    two cores that others used.
    """
    functions = _of_openblas()
    if functions is None:
        yield
        return
    read, write = functions
    before = read()
    write(1)
    try:
        yield
    finally:
        write(before)


def _of_openblas() -> tuple[ctypes._NamedFuncPointer, ctypes._NamedFuncPointer] | None:
    """OpenBLAS's functions that tell and set the number of threads."""
    package = Path(np.__file__).parent
    for path in (path for folder in _FOLDERS for path in (package / folder).glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(path))  # the one that NumPy has loaded already
        except OSError:
            continue
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                read = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
                write = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
                if read is not None and write is not None:
                    return read, write
    return None
