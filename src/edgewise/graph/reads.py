"""Finds the arguments that a derivative reads, in its bytecode, so that no declaration can be wrong."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_UNCHANGED_BY_WRITES = frozenset({"dtype", "device", "ndim", "shape"})


@functools.cache
def arguments_read(function: Callable[..., Any]) -> tuple[frozenset[int], bool, int] | None:
    """Returns the positions of the arguments whose values a function reads, whether it reads its ``*rest``, and the
    number of its named arguments.

    Reading the shape or dtype of an argument is not reading its values. Returns None for a function without bytecode,
    which can read them all.
    """
    # The disassembler is slow to import, and needed only after a write in place.
    import dis

    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    used: set[str] = set()
    instructions = list(dis.get_instructions(code))
    for instruction, after in zip(instructions, [*instructions[1:], None], strict=True):
        if after is not None and after.opname == "LOAD_ATTR" and after.argval in _UNCHANGED_BY_WRITES:
            # One instruction can load two names: the attribute is the last one's.
            names = instruction.argval[:-1] if isinstance(instruction.argval, tuple) else ()
        else:
            names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
        used.update(name for name in names if isinstance(name, str))
    positions = frozenset(i for i, name in enumerate(code.co_varnames[: code.co_argcount]) if name in used)
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :][:1] if code.co_flags & 4 else ()
    return positions, any(name in used for name in rest), code.co_argcount
