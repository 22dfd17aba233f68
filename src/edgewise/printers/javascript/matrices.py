"""Products of matrices, and linear algebra."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .loops import Path, broadcast, nested
from .use import Form, Use


def _matmul(use: Use) -> list[str]:
    a, b = use.value(0).shape, use.value(1).shape
    rows = a[-2] if len(a) > 1 else 1
    columns = b[-1] if len(b) > 1 else 1
    inner = a[-1]
    outer = use.shape[: len(use.shape) - (len(a) > 1) - (len(b) > 1)]
    paths = {
        "a": _steps(a[:-2], outer, rows * inner),
        "b": _steps(b[:-2], outer, inner * columns),
        "out": _steps(outer, outer, rows * columns),
    }
    names = f"{use.name(0)}, {use.name(1)}, {use.out}, {rows}, {inner}, {columns}"

    def body(at: object) -> list[str]:
        assert isinstance(at, dict)
        starts = [at["a"], at["b"], at["out"]]
        return [f"matmul({', '.join([names, *(starts if any(start != '0' for start in starts) else [])])});"]

    return nested(outer, paths, body)


def _steps(shape: Sequence[int], outer: Sequence[int], elements: int) -> Path:
    """How a stack of matrices, of so many elements each, is walked through when it is broadcast to `outer`."""
    return Path(tuple(step * elements for step in broadcast(shape, outer)))


def _of_squares(helper: str) -> Form:
    """A function of square matrices, each giving a matrix or a number."""

    def form(use: Use) -> list[str]:
        shape = use.value().shape
        outer, n = shape[:-2], shape[-1]
        whole = use.shape[len(outer) :]
        paths = {"x": _steps(outer, outer, n * n), "out": _steps(outer, outer, math.prod(whole))}
        return nested(outer, paths, lambda at: [f"{helper}({use.name()}, {at['x']}, {n}, {use.out}, {at['out']});"])

    return form


def _of_rectangles(helper: str, more: str = "") -> Form:
    def form(use: Use) -> list[str]:
        shape = use.value().shape
        outer, (rows, columns) = shape[:-2], shape[-2:]
        whole = math.prod(use.shape[len(outer) :])
        for name in ("full_matrices", "mode"):
            if use.params.get(name, False) not in (False, "reduced"):
                raise use.error(f"has no JavaScript form with {name}={use.params[name]!r}")
        rtol = use.params.get("rtol")
        last = f", {rtol!r}" if isinstance(rtol, float) else more
        paths = {"x": _steps(outer, outer, rows * columns), "out": _steps(outer, outer, whole)}
        return nested(
            outer,
            paths,
            lambda at: [f"{helper}({use.name()}, {at['x']}, {rows}, {columns}, {use.out}, {at['out']}{last});"],
        )

    return form


def _cholesky(use: Use) -> list[str]:
    if use.params.get("upper", False):
        raise use.error("has no JavaScript form with upper=True")
    return _of_squares("cholesky")(use)


def _solve(use: Use) -> list[str]:
    a, b = use.value(0).shape, use.value(1).shape
    n = a[-1]
    is_vector = len(b) == 1
    columns = 1 if is_vector else b[-1]
    outer = use.shape[: len(use.shape) - (1 if is_vector else 2)]
    paths = {
        "a": _steps(a[:-2], outer, n * n),
        "b": _steps(() if is_vector else b[:-2], outer, n * columns),
        "out": _steps(outer, outer, n * columns),
    }
    return nested(
        outer,
        paths,
        lambda at: [
            f"solve({use.name(0)}, {at['a']}, {n}, {use.name(1)}, {at['b']}, {columns}, {use.out}, {at['out']});"
        ],
    )


FORMS: dict[str, Form] = {
    "cholesky": _cholesky,
    "det": _of_squares("det"),
    "eigenvalues": _of_squares("eigenvalues"),
    "eigenvectors": _of_squares("eigenvectors"),
    "inv": _of_squares("inverse"),
    "log_of_abs_det": _of_squares("logOfAbsDet"),
    "matmul": _matmul,
    "pinv": _of_rectangles("pseudoInverse"),
    "qr_q": _of_rectangles("orthogonalPart"),
    "qr_r": _of_rectangles("triangularPart"),
    "sign_of_det": _of_squares("signOfDet"),
    "singular_left": _of_rectangles("leftSingularVectors"),
    "singular_right": _of_rectangles("rightSingularVectors"),
    "singular_values": _of_rectangles("singularValues"),
    "solve": _solve,
}
"""How each primitive of matrices is printed."""
