"""The engine's knowledge of arrays: their library, and the common dtype of several.

The engine works on the arrays of any library that follows the Python Array API standard
(https://data-apis.org/array-api/). It reaches the library through the array, never by name.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from math import isfinite
from typing import Any

from .errors import DTypeError
from .modes import thread

Array = Any
"""An array of any library that follows the standard."""
Namespace = Any
"""A module with the functions of the standard."""

namespaces: dict[type, Namespace] = {}
"""The namespace of each array type seen so far."""

namespace_overrides: dict[Namespace, Namespace] = {}
"""Namespaces to use instead of a library's own: the same functions, some more accurate."""

_KINDS = ("bool", "integral", "real floating", "complex floating")
_kind_of: dict[tuple[Namespace, Any], int] = {}  # by namespace too, as dtypes of different libraries can't be compared


def namespace(array: Array) -> Namespace:
    """Returns the Array API namespace of an array.

    Raises DTypeError if its library does not follow the standard.
    """
    kind = type(array)
    found = namespaces.get(kind)
    if found is None:
        found = _find_namespace(array)
        found = namespaces[kind] = namespace_overrides.get(found, found)
    return found


def _find_namespace(array: Array) -> Namespace:
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    if type(array).__module__.partition(".")[0] in sys.modules:
        try:
            from array_api_compat import array_namespace
        except ImportError:
            pass
        else:
            try:
                return array_namespace(array)
            except TypeError:
                pass
    raise DTypeError(
        f"{type(array).__module__}.{type(array).__qualname__} is not an array that follows the Array API standard; "
        "pass a NumPy array, a list or a number (arrays of PyTorch need the extra: pip install 'edgewise[arrays]')"
    )


def kind(xp: Namespace, dtype: Any) -> int:
    """Returns 0 for bool, 1 for integers, 2 for floating point, 3 for complex, 4 for anything else."""
    found = _kind_of.get((xp, dtype))
    if found is None:
        found = 4
        for number, name in enumerate(_KINDS):
            if xp.isdtype(dtype, name):
                found = number
        _kind_of[xp, dtype] = found
    return found


def is_float(array: Array) -> bool:
    """Returns whether an array holds real floating-point numbers, the only ones with gradients."""
    return kind(namespace(array), array.dtype) == 2


def default_float(xp: Namespace) -> Any:
    """Returns the default floating-point dtype of the namespace `xp`."""
    return getattr(xp, thread.modes.default_dtype)


def without_warnings(array: Array) -> AbstractContextManager[Any]:
    """Switches off NumPy's warnings about infinities and NaN, which are ordinary values here."""
    errstate = getattr(namespace(array), "errstate", None)
    return nullcontext() if errstate is None else errstate(all="ignore")


def to_float(values: Sequence[Any]) -> Sequence[Any]:
    """Casts arrays of integers or bools to the default floating-point dtype."""
    if all(not hasattr(value, "dtype") or kind(namespace(value), value.dtype) >= 2 for value in values):
        return values
    result = []
    for value in values:
        if hasattr(value, "dtype"):
            xp = namespace(value)
            if kind(xp, value.dtype) < 2:
                value = xp.astype(value, default_float(xp))
        result.append(value)
    return result


def unify(values: Sequence[Any]) -> Sequence[Any]:
    """Converts mixed arrays to the type of the first that can convert others, by its method `from_foreign`.

    Returns them unchanged if none can.
    """
    for host in values:
        from_foreign = getattr(host, "from_foreign", None)
        if from_foreign is not None:
            return [from_foreign(value) if hasattr(value, "dtype") else value for value in values]
    return values


def common_dtype(values: Sequence[Any]) -> Any:
    """Returns the dtype that arrays and Python numbers promote to, by PyTorch's rules; None if all have it already.

    Arrays with axes decide. A 0-d array or a number changes the dtype only if its kind is higher (bool < integer <
    floating point). Integers with a float array promote to its dtype, and with a Python float to the default dtype.
    So a scalar never turns a float32 graph into float64.
    """
    arrays = [value for value in values if hasattr(value, "dtype")]
    xp = namespace(arrays[0])
    target: Any = None
    for dimensioned in (True, False):
        tier: Any = None
        for array in arrays:
            if (array.ndim > 0) is dimensioned:
                tier = array.dtype if tier is None else join_dtypes(xp, tier, array.dtype)
        if tier is not None and (target is None or kind(xp, tier) > kind(xp, target)):
            target = tier
    for value in values:
        if type(value) is float and kind(xp, target) < 2:
            target = default_float(xp)
        elif type(value) is int and kind(xp, target) < 1:
            target = xp.int64
    return None if all(array.dtype == target for array in arrays) else target


def join_dtypes(xp: Namespace, a: Any, b: Any) -> Any:
    """Returns the common dtype of two arrays with axes, or of two without: of different kinds, the higher one."""
    if a == b:
        return a
    kind_a, kind_b = kind(xp, a), kind(xp, b)
    if kind_a == kind_b:
        return xp.result_type(a, b)
    return a if kind_a > kind_b else b


def is_contiguous_and_writable(array: Array) -> bool:
    """Returns whether memory is writable and in the order of the axes; true for libraries that don't say."""
    flags = getattr(array, "flags", None)
    return flags is None or bool(flags.c_contiguous and flags.writeable)


def is_view_of(array: Array, other: Array) -> bool:
    """Returns whether an array lies in the memory of another one; false for libraries that don't say."""
    base = getattr(array, "base", None)
    if base is None:
        return False
    return base is other or base is getattr(other, "base", None) or storage_of(array) is storage_of(other)


def storage_of(array: Array) -> Array:
    """Returns the array that owns the memory of `array`."""
    base: Any = getattr(array, "base", None)
    while isinstance(base, type(array)) or hasattr(base, "base"):  # NumPy puts an object between strided views
        array, base = base, base.base
    return array


def describe_key(parts: Sequence[Any]) -> str:
    """Returns a key as written in ``x[...]``, with ``indices[0]``, ``indices[1]`` and so on for its index arrays."""
    written, arrays = [], 0
    for part in parts:
        if isinstance(part, slice):
            ends = [part.start, part.stop] if part.step is None else [part.start, part.stop, part.step]
            written.append(":".join("" if end is None else str(end) for end in ends))
        elif part is Ellipsis:
            written.append("...")
        elif part is None or isinstance(part, int):
            written.append(str(part))
        else:
            written.append(f"indices[{arrays}]")
            arrays += 1
    return f"[{', '.join(written) or '()'}]"


def range_fault(xp: Namespace, value: Any, dtype: Any) -> str | None:
    """Returns why an integer dtype can't hold a number; None if it can, or if the dtype is no integer dtype."""
    if kind(xp, dtype) != 1 or isinstance(value, complex):
        return None
    limits = xp.iinfo(dtype)
    if isfinite(value) and limits.min <= int(value) <= limits.max:
        return None
    name = str(dtype).rpartition(".")[2]
    return f"{value} does not fit into {name}, which holds {int(limits.min)} to {int(limits.max)}"


def describe(value: Any) -> str:
    """Returns ``float32 (2, 3)`` for an array, and a number as itself, for error messages."""
    if hasattr(value, "dtype"):
        return f"{str(value.dtype).rpartition('.')[2]} {tuple(value.shape)}"
    return repr(value)
