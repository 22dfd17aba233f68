"""Which library an array belongs to, and how dtypes meet: all that the engine knows about arrays.

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
"""The namespace of each type of array met so far."""

namespace_overrides: dict[Namespace, Namespace] = {}
"""What stands for a library's own namespace: the same functions, some of them more accurate."""

_KINDS = ("bool", "integral", "real floating", "complex floating")
_kind_of: dict[tuple[Namespace, Any], int] = {}  # dtypes of different libraries are never compared


def namespace(array: Array) -> Namespace:
    """The Array API namespace of an array.

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
    """0 for bool, 1 for integers, 2 for floating point, 3 for complex, 4 for anything else."""
    found = _kind_of.get((xp, dtype))
    if found is None:
        found = 4
        for number, name in enumerate(_KINDS):
            if xp.isdtype(dtype, name):
                found = number
        _kind_of[xp, dtype] = found
    return found


def is_float(array: Array) -> bool:
    """Whether an array holds real floating-point numbers, the only ones that carry gradients."""
    return kind(namespace(array), array.dtype) == 2


def default_float(xp: Namespace) -> Any:
    """The default floating-point dtype, as `xp` names it."""
    return getattr(xp, thread.modes.default_dtype)


def quiet(array: Array) -> AbstractContextManager[Any]:
    """Keeps NumPy from warning about infinities and NaN, which here are values like any other."""
    errstate = getattr(namespace(array), "errstate", None)
    return nullcontext() if errstate is None else errstate(all="ignore")


def to_float(values: Sequence[Any]) -> Sequence[Any]:
    """Arrays of integers or bools become the default floating-point dtype; others stay."""
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
    """The dtype that arrays and Python numbers meet in, by PyTorch's rules; None if all have it already.

    Arrays with axes decide; a 0-d array or a number changes the dtype only if it is of a higher kind
    (bool < integer < floating point). An integer met by a float takes the float's dtype, or the default one
    if the float is a number. So a float32 graph never turns float64 through a scalar.
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
    """The dtype of an operation between dtypes of equal standing; where kinds differ, the higher one's."""
    if a == b:
        return a
    kind_a, kind_b = kind(xp, a), kind(xp, b)
    if kind_a == kind_b:
        return xp.result_type(a, b)
    return a if kind_a > kind_b else b


def is_contiguous_and_writable(array: Array) -> bool:
    """Whether elements lie in memory in the order of the axes, and may be written; true where a library won't say."""
    flags = getattr(array, "flags", None)
    return flags is None or bool(flags.c_contiguous and flags.writeable)


def is_view_of(array: Array, other: Array) -> bool:
    """Whether an array lies in the memory of another one; false where a library does not say."""
    base = getattr(array, "base", None)
    if base is None:
        return False
    return base is other or base is getattr(other, "base", None) or storage_of(array) is storage_of(other)


def storage_of(array: Array) -> Array:
    """The array that owns the memory which `array` is a view of."""
    base: Any = getattr(array, "base", None)
    while isinstance(base, type(array)) or hasattr(base, "base"):  # between strided views NumPy has an object
        array, base = base, base.base
    return array


def describe_key(parts: Sequence[Any]) -> str:
    """A key as it is written in ``x[...]``; its index arrays are ``indices[0]``, ``indices[1]`` and so on."""
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
    """What is wrong with a number that an integer dtype can't hold; None if it can, or is no integer dtype."""
    if kind(xp, dtype) != 1 or isinstance(value, complex):
        return None
    limits = xp.iinfo(dtype)
    if isfinite(value) and limits.min <= int(value) <= limits.max:
        return None
    name = str(dtype).rpartition(".")[2]
    return f"{value} does not fit into {name}, which holds {int(limits.min)} to {int(limits.max)}"


def describe(value: Any) -> str:
    """``float32 (2, 3)`` for an array, the value itself for a number: for error messages."""
    if hasattr(value, "dtype"):
        return f"{str(value.dtype).rpartition('.')[2]} {tuple(value.shape)}"
    return repr(value)
