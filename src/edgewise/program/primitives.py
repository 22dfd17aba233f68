"""The primitive steps of Programs, and how each runs on the arrays of any library.

Most have the name of their Array API function. Several functions of the standard share a primitive: ``expand_dims`` and
``squeeze`` are reshapes, ``stack`` is reshapes and a concatenation, ``mean`` is a sum and a division. So a printer
needs only a few dozen forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph.arrays import Array, Namespace
from ..ops.portable import pick, put, scatter_add
from ..ops.random import Generator, sample

Run = Callable[..., Array]

UNARY = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bitwise_invert",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "negative",
    "reciprocal",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
]
"""Elementwise primitives of one array."""

BINARY = [
    "add",
    "atan2",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "copysign",
    "divide",
    "equal",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "less",
    "less_equal",
    "logaddexp",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "nextafter",
    "not_equal",
    "pow",
    "remainder",
    "subtract",
]
"""Elementwise primitives of two arrays, or of an array and a number."""

REDUCTIONS = ["all", "any", "argmax", "argmin", "max", "min", "prod", "sum"]
"""Primitives that reduce axes, with the parameters `axis` and `keepdims`."""

SCANS = ["cumulative_prod", "cumulative_sum"]
"""Primitives that combine each element with all before it, along the parameter `axis`."""


def _array_function(name: str) -> Run:
    return lambda xp, *arrays, **params: getattr(xp, name)(*arrays, **params)


def _cast(xp: Namespace, x: Array, *, dtype: str) -> Array:
    return xp.astype(x, getattr(xp, dtype))


def _repeat(xp: Namespace, x: Array, *, repeats: int, axis: int) -> Array:
    return xp.repeat(x, repeats, axis=axis)


def _random(
    xp: Namespace,
    *,
    distribution: str,
    shape: tuple[int, ...],
    dtype: str,
    generator: Generator | None = None,
    **bounds: int,
) -> Array:
    return xp.asarray(sample(distribution, shape, np.dtype(dtype), generator, **bounds))


VIEWS = ["broadcast_to", "flip", "permute", "reshape", "slice"]
"""Primitives whose result can share its operand's memory when it runs on NumPy."""

LINALG: dict[str, tuple[str, int | None]] = {
    "cholesky": ("cholesky", None),
    "det": ("det", None),
    "eigenvalues": ("eigvalsh", None),
    "eigenvectors": ("eigh", 1),
    "inv": ("inv", None),
    "log_of_abs_det": ("slogdet", 1),
    "pinv": ("pinv", None),
    "qr_q": ("qr", 0),
    "qr_r": ("qr", 1),
    "sign_of_det": ("slogdet", 0),
    "singular_left": ("svd", 0),
    "singular_right": ("svd", 2),
    "singular_values": ("svd", 1),
    "solve": ("solve", None),
}
"""Primitives of matrices: their function in the standard's `linalg`, and the position among its results."""


def _linalg_function(function: str, part: int | None) -> Run:
    def run(xp: Namespace, *arrays: Array, **params: Any) -> Array:
        result = getattr(xp.linalg, function)(*arrays, **params)
        return result if part is None else result[part]

    return run


RANDOM = "random"
"""The primitive whose result differs in each run: a pass can remove it, but not share it or compute it beforehand."""

PRIMITIVES: dict[str, Run] = {
    **{name: _array_function(name) for name in (*UNARY, *BINARY, *REDUCTIONS, *SCANS)},
    "where": _array_function("where"),
    "cast": _cast,
    # Shape and order.
    "reshape": lambda xp, x, *, shape: xp.reshape(x, shape),
    "broadcast_to": lambda xp, x, *, shape: xp.broadcast_to(x, shape),
    "permute": lambda xp, x, *, axes: xp.permute_dims(x, axes),
    "concat": lambda xp, *arrays, axis: xp.concat(arrays, axis=axis),
    "flip": _array_function("flip"),
    "roll": lambda xp, x, *, shift, axis: xp.roll(x, shift, axis=axis),
    "repeat": _repeat,
    "tril": _array_function("tril"),
    "triu": _array_function("triu"),
    # Products.
    "matmul": _array_function("matmul"),
    **{name: _linalg_function(function, part) for name, (function, part) in LINALG.items()},
    # Indexing and sorting. `form` is a key with `...` and slices as they are, and INDEX for each index array.
    "slice": lambda xp, x, *, key: pick(xp, x, key),
    "gather": lambda xp, x, *indices, form: pick(xp, x, fill_key(form, indices)),
    "put": lambda xp, x, values, *indices, form: put(xp, x, fill_key(form, indices), values),
    "scatter_add": lambda xp, values, *indices, form, shape: scatter_add(xp, shape, fill_key(form, indices), values),
    "take_along_axis": lambda xp, x, indices, *, axis: xp.take_along_axis(x, indices, axis=axis),
    "sort": _array_function("sort"),
    "argsort": _array_function("argsort"),
    "searchsorted": _array_function("searchsorted"),
    RANDOM: _random,
}
"""The function of each primitive: ``run(xp, *arrays, **params)``."""


class Index:
    """Marks in a form an index array, which is an operand of the step."""

    def __repr__(self) -> str:
        return "array"


INDEX = Index()


def fill_key(form: tuple[Any, ...], indices: tuple[Array, ...]) -> Any:
    """Joins a form and its index arrays into a key."""
    rest = iter(indices)
    key = tuple(next(rest) if part is INDEX else part for part in form)
    return key[0] if len(key) == 1 else key
