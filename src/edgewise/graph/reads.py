"""What a derivative reads: found in its code, so that no declaration can be wrong about it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_KEPT_BY_WRITING = frozenset({"dtype", "device", "ndim", "shape"})


@functools.cache
def arguments_read(function: Callable[..., Any]) -> tuple[frozenset[int], bool, int] | None:
    """Positions of the arguments whose values a function's code uses, and whether it uses those of its ``*rest``,
    and how many arguments have names.

    Asking an argument for its shape or dtype is no use of its values. None if the function shows no code, and so
    may use them all.
    """
    # The disassembler is slow to import and only asked for once something has been written in place.
    import dis

    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    used: set[str] = set()
    instructions = list(dis.get_instructions(code))
    for instruction, after in zip(instructions, [*instructions[1:], None], strict=True):
        if after is not None and after.opname == "LOAD_ATTR" and after.argval in _KEPT_BY_WRITING:
            # Two names may be loaded by one instruction: the attribute is the last one's.
            names = instruction.argval[:-1] if isinstance(instruction.argval, tuple) else ()
        else:
            names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
        used.update(name for name in names if isinstance(name, str))
    positions = frozenset(i for i, name in enumerate(code.co_varnames[: code.co_argcount]) if name in used)
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :][:1] if code.co_flags & 4 else ()
    return positions, any(name in used for name in rest), code.co_argcount
