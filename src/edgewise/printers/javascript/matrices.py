"""Prints products of matrices and linear algebra."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .loops import Path, broadcast, nested_loops
from .use import Form, Use


def _matmul(use: Use) -> list[str]:
    a, b = use.value(0).shape, use.value(1).shape
    rows = a[-2] if len(a) > 1 else 1
    columns = b[-1] if len(b) > 1 else 1
    inner = a[-1]
    outer = use.shape[: len(use.shape) - (len(a) > 1) - (len(b) > 1)]
    paths = {
        "a": _stack_path(a[:-2], outer, rows * inner),
        "b": _stack_path(b[:-2], outer, inner * columns),
        "out": _stack_path(outer, outer, rows * columns),
    }
    names = f"{use.name(0)}, {use.name(1)}, {use.out}, {rows}, {inner}, {columns}"

    def body(at: object) -> list[str]:
        assert isinstance(at, dict)
        starts = [at["a"], at["b"], at["out"]]
        return [f"matmul({', '.join([names, *(starts if any(start != '0' for start in starts) else [])])});"]

    return nested_loops(outer, paths, body)


def _stack_path(shape: Sequence[int], outer: Sequence[int], elements: int) -> Path:
    """Returns the path through a stack of matrices of `elements` each, broadcast to `outer`."""
    return Path(tuple(step * elements for step in broadcast(shape, outer)))


def _square_form(helper: str) -> Form:
    """Prints a function from square matrices to matrices or numbers."""

    def form(use: Use) -> list[str]:
        shape = use.value().shape
        outer, n = shape[:-2], shape[-1]
        whole = use.shape[len(outer) :]
        paths = {"x": _stack_path(outer, outer, n * n), "out": _stack_path(outer, outer, math.prod(whole))}
        return nested_loops(
            outer, paths, lambda at: [f"{helper}({use.name()}, {at['x']}, {n}, {use.out}, {at['out']});"]
        )

    return form


def _cholesky(use: Use) -> list[str]:
    if use.params.get("upper", False):
        raise use.error("has no JavaScript form with upper=True")
    return _square_form("cholesky")(use)


def _solve(use: Use) -> list[str]:
    a, b = use.value(0).shape, use.value(1).shape
    n = a[-1]
    is_vector = len(b) == 1
    columns = 1 if is_vector else b[-1]
    outer = use.shape[: len(use.shape) - (1 if is_vector else 2)]
    paths = {
        "a": _stack_path(a[:-2], outer, n * n),
        "b": _stack_path(() if is_vector else b[:-2], outer, n * columns),
        "out": _stack_path(outer, outer, n * columns),
    }
    return nested_loops(
        outer,
        paths,
        lambda at: [
            f"solve({use.name(0)}, {at['a']}, {n}, {use.name(1)}, {at['b']}, {columns}, {use.out}, {at['out']});"
        ],
    )


FORMS: dict[str, Form] = {
    "cholesky": _cholesky,
    "det": _square_form("det"),
    "inv": _square_form("inverse"),
    "log_of_abs_det": _square_form("logOfAbsDet"),
    "matmul": _matmul,
    "sign_of_det": _square_form("signOfDet"),
    "solve": _solve,
}
"""The form of each primitive of matrices.

Eigenvalues, singular values, QR and the pseudoinverse have none: pages of networks with them show a recording.
"""
