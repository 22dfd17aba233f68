"""The primitive steps that Programs are made of, and how each runs on the arrays of any library.

Most bear the name of the Array API function that they are. What the standard says in several ways is one
primitive here: ``expand_dims``, ``squeeze`` and ``stack`` are reshapes and a concatenation, ``mean`` is a sum and a
division. So a printer needs a few dozen entries.
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
"""Elementwise, of one array."""

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
"""Elementwise, of two arrays, or of an array and a number."""

REDUCTIONS = ["all", "any", "argmax", "argmin", "max", "min", "prod", "sum"]
"""Many elements to one, with the parameters `axis` and `keepdims`."""

SCANS = ["cumulative_prod", "cumulative_sum"]
"""Each element with all before it, along the parameter `axis`."""


def _called(name: str) -> Run:
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
"""What may share its operand's memory when it runs on NumPy."""

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
"""Of matrices: the function of the standard's `linalg`, and which of its results where it has several."""


def _matrices(function: str, part: int | None) -> Run:
    def run(xp: Namespace, *arrays: Array, **params: Any) -> Array:
        result = getattr(xp.linalg, function)(*arrays, **params)
        return result if part is None else result[part]

    return run


RANDOM = "random"
"""The primitive whose result differs from run to run: it may be left out, but not shared or computed beforehand."""

PRIMITIVES: dict[str, Run] = {
    **{name: _called(name) for name in (*UNARY, *BINARY, *REDUCTIONS, *SCANS)},
    "where": _called("where"),
    "cast": _cast,
    # Shape and order.
    "reshape": lambda xp, x, *, shape: xp.reshape(x, shape),
    "broadcast_to": lambda xp, x, *, shape: xp.broadcast_to(x, shape),
    "permute": lambda xp, x, *, axes: xp.permute_dims(x, axes),
    "concat": lambda xp, *arrays, axis: xp.concat(arrays, axis=axis),
    "flip": _called("flip"),
    "roll": lambda xp, x, *, shift, axis: xp.roll(x, shift, axis=axis),
    "repeat": _repeat,
    "tril": _called("tril"),
    "triu": _called("triu"),
    # Products.
    "matmul": _called("matmul"),
    **{name: _matrices(function, part) for name, (function, part) in LINALG.items()},
    # Choice and placing of elements; `form` is a key in which `...` and slices stand as they are.
    "slice": lambda xp, x, *, key: pick(xp, x, key),
    "gather": lambda xp, x, *indices, form: pick(xp, x, filled(form, indices)),
    "put": lambda xp, x, values, *indices, form: put(xp, x, filled(form, indices), values),
    "scatter_add": lambda xp, values, *indices, form, shape: scatter_add(xp, shape, filled(form, indices), values),
    "take_along_axis": lambda xp, x, indices, *, axis: xp.take_along_axis(x, indices, axis=axis),
    "sort": _called("sort"),
    "argsort": _called("argsort"),
    "searchsorted": _called("searchsorted"),
    RANDOM: _random,
}
"""How each primitive runs: ``run(xp, *arrays, **params)``."""


class Index:
    """Stands in a form for an index array, which is an input of the step."""

    def __repr__(self) -> str:
        return "array"


INDEX = Index()


def filled(form: tuple[Any, ...], indices: tuple[Array, ...]) -> Any:
    """The key that a form and its index arrays make."""
    rest = iter(indices)
    key = tuple(next(rest) if part is INDEX else part for part in form)
    return key[0] if len(key) == 1 else key
