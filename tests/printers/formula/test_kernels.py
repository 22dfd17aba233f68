"""What is written for a few lines of array code, and that it says the numbers which the code gives."""

# ruff: noqa: ARG005 - kernels take (xp, g, y, *inputs), and need few of them
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.ops import indexing, shape
from edgewise.printers.formula.operations import Formulas, formulas_of

from .latex_reader import from_latex
from .reader import computed

Kernel = Callable[..., Any]
Shape = tuple[int, ...]


def formulas(kernel: Kernel, *shapes: Shape, **params: Any) -> Formulas:
    operation = ew.Operation("kernel", kernel, *[None] * len(shapes))
    return formulas_of(operation, [(shape, "float32") for shape in shapes], params)


def agree(found: Any, expected: Any, text: str) -> None:
    """Numbers as they are, axes of size 1 set aside, of which formulas do not speak."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.size == expected.size, text
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-6, atol=1e-9, err_msg=text)


def check(kernel: Kernel, text: str, *shapes: Shape, columns: str = "", read: bool = True, **values: Any) -> None:
    """The formula of a kernel of x, y, z is this text, and its numbers are the kernel's.

    Vectors named in `columns` are read as columns, as textbooks have them.
    """
    written = formulas(kernel, *shapes).forward
    assert written.unicode() == text
    rng = np.random.default_rng(len(text))
    arrays = [rng.normal(size=shape).round(2) + 0.003 for shape in shapes]
    named = dict(zip("xyz", arrays, strict=False))
    for name in columns:
        named[name] = named[name].reshape(-1, 1)
    if read:
        expected = kernel(np, *arrays)
        values = {"matrices": True, "whole": np.shape(expected), **named, **values}
        agree(computed(text, values), expected, text)
        agree(computed(from_latex(written.latex()), values), expected, written.latex())


MATRIX, VECTOR, THREE, COLUMN = (3, 5), (5,), (3,), (3, 1)


@at_once
@pytest.mark.parametrize(
    ("kernel", "text", "shapes", "columns"),
    [
        (lambda xp, x, y: x * y, "x ⊙ y", [MATRIX, MATRIX], ""),
        (lambda xp, x, y: x * y, "x ⊙ y", [VECTOR, VECTOR], ""),
        (lambda xp, x, y: x * y, "x · y", [(), ()], ""),
        (lambda xp, x, y: x * y, "x · y", [(), VECTOR], ""),
        (lambda xp, x, y: 2 * x * y, "2x · y", [VECTOR, ()], ""),
        # A vector that scales rows or columns is a diagonal matrix, before or behind.
        (lambda xp, x, y: x * y[:, None], "diag(y) · x", [MATRIX, THREE], ""),
        (lambda xp, x, y: y[:, None] * x, "diag(y) · x", [MATRIX, THREE], ""),
        (lambda xp, x, y: x * y, "x · diag(y)", [MATRIX, VECTOR], ""),
        (lambda xp, x, y: y * x, "x · diag(y)", [MATRIX, VECTOR], ""),
        (lambda xp, x, y: x * y[None, :], "x · diag(y)", [MATRIX, VECTOR], ""),
        (lambda xp, x, y: x * xp.exp(y)[:, None], "diag(exp(y)) · x", [MATRIX, THREE], ""),
        (lambda xp, x, y: x * xp.exp(y[:, None]), "diag(exp(y)) · x", [MATRIX, THREE], ""),
        (lambda xp, x, y: x / y[:, None], "diag(1/y) · x", [MATRIX, THREE], ""),
        (lambda xp, x, y: x / y, "x · diag(1/y)", [MATRIX, VECTOR], ""),
        (lambda xp, x, y: x * y, "x · diag(y)", [(4, 4), (4,)], ""),
        (lambda xp, x, y: x * y[:, None], "diag(y) · x", [(4, 4), (4,)], ""),
        # But what is no vector, or scales no matrix, is not.
        (lambda xp, x, y: x * y, "x ⊙ y", [MATRIX, COLUMN], ""),
        (lambda xp, x, y: x / y, "x/y", [MATRIX, COLUMN], ""),
        (lambda xp, x, y: x * y, "x ⊙ y", [MATRIX, (1, 5)], ""),
        (lambda xp, x, y: x * y, "x ⊙ y", [(2, 3, 5), VECTOR], ""),
        (lambda xp, x, y: x / y, "x/y", [(2, 3, 5), VECTOR], ""),
        (lambda xp, x, y: x * y, "x ⊙ y", [(1, 5), VECTOR], ""),
        (lambda xp, x, y: x * y[:, None], "x ⊙ y", [COLUMN, THREE], "y"),
        (lambda xp, x, y: y / x, "y/x", [MATRIX, VECTOR], ""),
        (lambda xp, x: 1 / x, "1/x", [MATRIX], ""),
        (lambda xp, x: 2 / x[:, None] / x[:, None], "2/x²", [THREE], ""),
        # A column and a row.
        (lambda xp, x, y: x[:, None] * y[None, :], "x · yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: y[None, :] * x[:, None], "x · yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: xp.reshape(x, (3, 1)) * y, "x · yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: x[:, None] + y[None, :], "x + yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: y[None, :] + x[:, None], "yᵀ + x", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: x[:, None] - y, "x − yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: y - x[:, None], "yᵀ − x", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: x[:, None] / y, "x/yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: xp.exp(x[:, None]) * y, "exp(x) · yᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: xp.sqrt(xp.exp(x[:, None])) * xp.exp(y), "√exp(x) · exp(y)ᵀ", [THREE, VECTOR], "xy"),
        (lambda xp, x, y: xp.where(x > 0, x, y)[:, None] * y, "{x if x > 0; y otherwise} · yᵀ", [VECTOR] * 2, "xy"),
        (lambda xp, x, y: (x[:, None] + y[:, None]) * y, "(x + y) · yᵀ", [VECTOR, VECTOR], "xy"),
        (lambda xp, x, y: xp.sin(x[:, None]) * y, "sin(x) ⊙ y", [THREE, VECTOR], "x"),
        (lambda xp, x, y: x + y, "x + y", [COLUMN, (1, 5)], ""),
        (lambda xp, x, y: x + y, "x + y", [MATRIX, VECTOR], ""),
        (lambda xp, x, y: x[None] + y[:, None], "x + y", [VECTOR, (1,)], ""),
    ],
)
def test_products_quotients_and_sums_of_arrays(kernel: Kernel, text: str, shapes: list[Shape], columns: str) -> None:
    check(kernel, text, *shapes, columns=columns)


@at_once
@pytest.mark.parametrize(
    ("kernel", "text"),
    [
        (lambda xp, x, y: xp.reciprocal(x + y), "1/(x + y)"),
        (lambda xp, x, y: xp.expm1(x) * y, "(exp(x) − 1) ⊙ y"),
        (lambda xp, x, y: xp.log1p(xp.square(x) + y * y), "log(1 + x² + y²)"),
        (lambda xp, x, y: xp.logaddexp(x, 2 * y), "log(exp(x) + exp(2y))"),
        (lambda xp, x, y: xp.hypot(x, y + 1), "√(x² + (y + 1)²)"),
        (
            lambda xp, x, y: xp.atan2(x, y),
            "{arctan(x/y) if y > 0; arctan(x/y) + π if y < 0 and x ≥ 0; "
            "arctan(x/y) − π if y < 0; π · sgn(x) / 2 otherwise}",
        ),
        (lambda xp, x, y: xp.maximum(x, y) - xp.minimum(x, y), "max(x, y) − min(x, y)"),
        (lambda xp, x, y: xp.floor_divide(x, y), "⌊x/y⌋"),
        (lambda xp, x, y: xp.remainder(x, y), "x − y ⊙ ⌊x/y⌋"),
        (lambda xp, x, y: xp.astype(x > y, x.dtype) * x, "1[x > y] ⊙ x"),
        (lambda xp, x, y: xp.astype(x, y.dtype) * y, "x ⊙ y"),
        (lambda xp, x, y: xp.astype(x >= 0, bool) | (x < y), "x ≥ 0 or x < y"),
        (lambda xp, x, y: (x > 0) & (y <= 1) | (x == y), "(x > 0 and y ≤ 1) or x = y"),
        (lambda xp, x, y: ((x > 0) | (y > 1)) & ~(x < y), "(x > 0 or y > 1) and not (x < y)"),
        (lambda xp, x, y: xp.logical_and(x != 0, y > 1), "x ≠ 0 and y > 1"),
        (lambda xp, x, y: xp.logical_not(xp.logical_or(x > 0, y > 1)), "not (x > 0 or y > 1)"),
        (lambda xp, x, y: ~(x == y), "x ≠ y"),
        (lambda xp, x, y: xp.where(x > 0, x, 2 * y), "{x if x > 0; 2y otherwise}"),
        (
            lambda xp, x, y: xp.where(x > 0, xp.where(y > 0, 1.5, x), y),
            "{1.5 if y > 0 and x > 0; x if x > 0; y otherwise}",
        ),
        (lambda xp, x, y: xp.where(x > 0, x, xp.where(y > 0, y, 3)), "{x if x > 0; y if y > 0; 3 otherwise}"),
        (lambda xp, x, y: xp.where(x > 0, 1, 0) * y, "1[x > 0] ⊙ y"),
        (lambda xp, x, y: xp.where(x > y, 0, 1) * y, "1[not (x > y)] ⊙ y"),
        (lambda xp, x, y: xp.where(x > 0, x + y, x + y), "x + y"),
        # The questions by which code keeps clear of dividing by 0 are not written, but other ones are.
        (lambda xp, x, y: y / xp.where(x == 0, 1, x), "y/x"),
        (lambda xp, x, y: y / xp.where((x == 0) & (y > 1), 1, x), "y/x"),
        (lambda xp, x, y: y / xp.where((y > 1) & (x == 0), 1, x), "y/x"),
        (lambda xp, x, y: xp.where(xp.isnan(x), 0, x), "x"),
        (lambda xp, x, y: xp.where(xp.isfinite(x), x, 0), "x"),
        (lambda xp, x, y: xp.where(x == y, y, x * x), "{y if x = y; x² otherwise}"),
        (lambda xp, x, y: xp.where((x > 0) & (y > 1), 1.5, x), "{1.5 if x > 0 and y > 1; x otherwise}"),
        (lambda xp, x, y: xp.where(xp.isfinite(x), x, y), "{x if |x| < ∞; y otherwise}"),
        (lambda xp, x, y: xp.where(x > 0, x, 0), "{x if x > 0; 0 otherwise}"),
        # Which of two numbers it is, that is no guard against a division by zero.
        (lambda xp, x, y: xp.where(x == y, 0.0, 1.0), "1[x ≠ y]"),
        (lambda xp, x, y: xp.where(x == 0, 0.0, y / x), "y/x"),
        (lambda xp, x, y: y / (1 + xp.exp(-x)), "y ⊙ σ(x)"),
        # Numbers that code computes are those that were meant.
        (lambda xp, x, y: x / 3 + y * (1 / 3), "x/3 + y/3"),
        (lambda xp, x, y: x * 0.9999999999999999 - y, "x − y"),
        (lambda xp, x, y: x * 2.0000000000000004 + y, "2x + y"),
        (lambda xp, x, y: x * 1e-13 + y, "1e−13x + y"),
        (lambda xp, x, y: x * 2.70000001 + y, "2.7x + y"),
    ],
)
def test_steps_that_compute_with_elements(kernel: Kernel, text: str) -> None:
    check(kernel, text, VECTOR, VECTOR)


@at_once
@pytest.mark.parametrize(
    ("kernel", "text", "shapes"),
    [
        (lambda xp, x: xp.sum(x, axis=0), "Σ[axis 0] x", [MATRIX]),
        (lambda xp, x: xp.sum(x, axis=-1), "Σ[axis 1] x", [MATRIX]),
        (lambda xp, x: xp.sum(x, axis=-2), "Σ[axis 0] x", [MATRIX]),
        (lambda xp, x: xp.sum(x, axis=(0, 2)), "Σ[axes 0, 2] x", [(2, 3, 5)]),
        (lambda xp, x: xp.sum(x, axis=(-1, 0)), "Σ[axes 2, 0] x", [(2, 3, 5)]),
        (lambda xp, x: xp.sum(x, axis=(0, 1)), "Σ x", [MATRIX]),
        (lambda xp, x: xp.sum(x), "Σ x", [MATRIX]),
        (lambda xp, x: xp.sum(x, axis=0), "Σ x", [VECTOR]),
        (lambda xp, x: xp.sum(x, axis=0), "x", [(1,)]),
        (lambda xp, x: xp.sum(x, axis=1, keepdims=True) * 2, "2 · Σ[axis 1] x", [MATRIX]),
        (lambda xp, x: xp.sum(x * x, axis=1), "Σ[axis 1] x²", [MATRIX]),
        (lambda xp, x: xp.sum(x + 1, axis=1), "Σ[axis 1] (x + 1)", [MATRIX]),
        (lambda xp, x: xp.sum(xp.reshape(x, (6, 5)), axis=0), "Σ[axes 0, 1] x", [(2, 3, 5)]),
        (lambda xp, x: xp.prod(x, axis=1), "Π[axis 1] x", [MATRIX]),
        (lambda xp, x: xp.max(x, axis=0), "max[axis 0](x)", [MATRIX]),
        (lambda xp, x: xp.min(x), "min(x)", [MATRIX]),
        (lambda xp, x: xp.argmax(x, axis=1), "argmax[axis 1](x)", [MATRIX]),
        (lambda xp, x: xp.all(x > 0, axis=0), "all[axis 0](x > 0)", [MATRIX]),
        (lambda xp, x: x / x.shape[0], "x/n", [VECTOR]),
        (lambda xp, x: xp.sum(x, axis=0) / x.shape[0], "1/n Σ[axis 0] x", [MATRIX]),
        (lambda xp, x: xp.cumulative_sum(x, axis=-1), "Σ[so far, axis 1] x", [MATRIX]),
        (lambda xp, x: xp.cumulative_prod(x, axis=0), "Π[so far, axis 0] x", [MATRIX]),
        (lambda xp, x: xp.flip(x, axis=-1), "flip[axis 1](x)", [MATRIX]),
        (lambda xp, x: xp.flip(x, axis=(0, 1)), "flip[axes 0, 1](x)", [MATRIX]),
        (lambda xp, x: xp.roll(x, 2, axis=-1), "roll[axis 1](x, 2)", [MATRIX]),
        (lambda xp, x: xp.roll(x, (1, 2), axis=(0, 1)), "roll[axes 0, 1](x, 1, 2)", [MATRIX]),
        (lambda xp, x: xp.repeat(x, 2, axis=1), "repeat[axis 1](x, 2)", [MATRIX]),
        (lambda xp, x: xp.sort(x, axis=0), "sort[axis 0](x)", [MATRIX]),
        (lambda xp, x: xp.argsort(x, axis=-1), "argsort[axis 1](x)", [MATRIX]),
        (lambda xp, x, y: xp.stack([x, y], axis=1), "stack[axis 1](x, y)", [VECTOR, VECTOR]),
        (lambda xp, x, y: xp.concat([x[:, None], y[:, None]], axis=1), "stack[axis 1](x, y)", [VECTOR, VECTOR]),
        (lambda xp, x, y: xp.stack([x, y], axis=0), "stack[axis 0](x, y)", [VECTOR, VECTOR]),
        (lambda xp, x, y: xp.concat([x[None], xp.exp(y)[None]], axis=0), "stack[axis 0](x, exp(y))", [VECTOR, VECTOR]),
        (
            lambda xp, x, y: xp.concat([xp.reshape(a, (1, 2, 1)) for a in (x, y)], axis=2),
            "stack[axis 2](x, y)",
            [(1, 2), (1, 2)],
        ),
        (lambda xp, x: x.mT, "xᵀ", [MATRIX]),
        (lambda xp, x: x.mT, "xᵀ", [(2, 3, 5)]),
        (lambda xp, x: xp.permute_dims(x, (0, 2, 1)), "xᵀ", [(2, 3, 5)]),
        (lambda xp, x: x.mT.mT, "x", [MATRIX]),
        (lambda xp, x, y: x @ y, "x · y", [MATRIX, (5, 7)]),
        (lambda xp, x, y: x.mT @ y, "xᵀ · y", [MATRIX, (3, 7)]),
        (lambda xp, x, y: -x @ (2 * y), "−2x · y", [MATRIX, (5, 7)]),
        (lambda xp, x, y: (x + 1) @ y, "(x + 1) · y", [MATRIX, (5, 7)]),
        (lambda xp, x, y: xp.reshape(xp.reshape(x, (6, 5)) @ y, (2, 3, 7)), "x · y", [(2, 3, 5), (5, 7)]),
        (
            lambda xp, x, y: xp.reshape(x, (6, 5)).mT @ xp.reshape(y, (6, 7)),
            "Σ[axis 0] (xᵀ · y)",
            [(2, 3, 5), (2, 3, 7)],
        ),
        (lambda xp, x: xp.reshape(x, (3, 1, 5)) * 2, "2x", [MATRIX]),
        (lambda xp, x: xp.broadcast_to(x, (3, 5)) * 2, "2x", [MATRIX]),
        (lambda xp, x: xp.tril(x), "tril(x)", [MATRIX]),
        (lambda xp, x: xp.triu(x, k=1), "triu(x, 1)", [MATRIX]),
        (lambda xp, x: x @ xp.eye(5), "x · I", [MATRIX]),
    ],
)
def test_steps_that_add_up_and_arrange(kernel: Kernel, text: str, shapes: list[Shape]) -> None:
    check(kernel, text, *shapes, n=shapes[0][0], I=np.eye(5))


@at_once
@pytest.mark.parametrize(
    ("kernel", "text", "shapes"),
    [
        (lambda xp, x: xp.permute_dims(x, (2, 0, 1)), "permute(x, axes 2, 0, 1)", [(2, 3, 5)]),
        (lambda xp, x: xp.permute_dims(x, (2, 1, 0)), "permute(x, axes 2, 1, 0)", [(2, 3, 5)]),
        (lambda xp, x: xp.reshape(x, (15,)), "reshape(x)", [MATRIX]),
        (lambda xp, x: xp.reshape(x, (5, 3)), "reshape(x)", [MATRIX]),
        (lambda xp, x: xp.reshape(x, (6, 5)), "reshape(x)", [(2, 3, 5)]),
        (lambda xp, x: xp.exp(xp.reshape(x, (6, 5))), "exp(reshape(x))", [(2, 3, 5)]),
        (lambda xp, x: xp.sum(xp.reshape(x, (2, 15)), axis=0), "Σ[axis 0] reshape(x)", [(2, 3, 5)]),
        (lambda xp, x: xp.reshape(xp.exp(x), (2, 3, 5)), "reshape(exp(x))", [(6, 5)]),
        (lambda xp, x: xp.reshape(x + 1, (2, 3, 5)), "x + 1", [(6, 5)]),
        (
            lambda xp, x, y: (rows := xp.reshape(x, (6, 5))).mT @ xp.reshape(y, (6, 7)) + xp.sum(xp.exp(rows)),
            "reshape(x)ᵀ · y + Σ exp(reshape(x))",
            [(2, 3, 5), (2, 3, 7)],
        ),
        (lambda xp, x, y: x[xp.argmax(y)], "x[argmax(y)]", [VECTOR, VECTOR]),
        (lambda xp, x, y: x[xp.astype(xp.floor(y), "int64")], "x[⌊y⌋]", [VECTOR, VECTOR]),
        (lambda xp, x: xp.reshape(x + 1, (3, 2, 5)), "x + 1", [(6, 5)]),
        (lambda xp, x: xp.reshape(x + 1, (6, 1, 5)), "x + 1", [(6, 5)]),
        (lambda xp, x: xp.reshape(x + 1, (2, 5, 3)), "reshape(x + 1)", [(6, 5)]),
        (lambda xp, x, y: xp.reshape(x, (6, 5)).mT @ xp.reshape(y, (6, 7)), "xᵀ · y", [(2, 3, 5), (3, 2, 7)]),
        (lambda xp, x, y: xp.concat([x, y], axis=-1), "concat[axis 1](x, y)", [MATRIX, (3, 2)]),
        (lambda xp, x, y: xp.concat([x[:, None], y], axis=1), "concat[axis 1](x, y)", [THREE, COLUMN]),
        (lambda xp, x, y: xp.concat([x[None], y[None]], axis=1), "concat[axis 1](x, y)", [THREE, THREE]),
        (lambda xp, x, y: xp.concat([x, y], axis=0), "concat[axis 0](x, y)", [COLUMN, COLUMN]),
        (lambda xp, x, y: xp.concat([x[None], y[1:]], axis=0), "concat[axis 0](x, y[1:])", [VECTOR, MATRIX]),
        (lambda xp, x, y: xp.concat([x[1:], y[1:]], axis=0), "concat[axis 0](x[1:], y[1:])", [VECTOR, VECTOR]),
        (lambda xp, x, y: xp.concat([x[1:], y[1:]], axis=1), "concat[axis 1](x[1:], y[1:])", [COLUMN, COLUMN]),
        (
            lambda xp, x, y: xp.concat([xp.exp(x[:, None]), xp.exp(y[:, None])], axis=1),
            "concat[axis 1](exp(x), exp(y))",
            [THREE, THREE],
        ),
        (
            lambda xp, x, y: xp.take_along_axis(x, xp.argsort(y, axis=-1), axis=-1),
            "x[i, argsort[axis 1](y)]",
            [MATRIX, MATRIX],
        ),
        (lambda xp, x: x * xp.asarray(np.arange(5.0)), "x · range", [VECTOR]),
        (lambda xp, x: x * xp.asarray(np.arange(3.0)[:, None]), "x · range[axis 0]", [MATRIX]),
        (lambda xp, x: x * xp.asarray(np.arange(5.0)[None]), "x · range[axis 1]", [MATRIX]),
        (lambda xp, x: x * xp.reshape(xp.asarray(np.arange(5.0)), (1, 5)), "x · range[axis 1]", [MATRIX]),
        (lambda xp, x: x * xp.asarray(np.full(5, 3.0)), "3x", [VECTOR]),
        (lambda xp, x: x * xp.asarray(np.full(5, 1 / 3)), "x/3", [VECTOR]),
        (lambda xp, x: x + xp.asarray(np.full(5, np.nan)), "x + NaN", [VECTOR]),
        (lambda xp, x: x * xp.asarray(np.array([1.0, 0, 2, 3, 4])), "x · C", [VECTOR]),
        (lambda xp, x: x * xp.asarray(np.array([0.0, 1, 2, 3, 5])), "x · C", [VECTOR]),
        (lambda xp, x: x * xp.asarray(np.eye(3)), "x · I", [(3, 3)]),
        (lambda xp, x: x * xp.asarray(np.eye(3, 5)), "x · C", [MATRIX]),
        (lambda xp, x: x * xp.asarray(np.eye(3)[::-1]), "x · C", [(3, 3)]),
        (lambda xp, x: x * xp.asarray(np.arange(15.0).reshape(3, 5)), "x · C", [MATRIX]),
        (lambda xp, x: xp.where(x[:, None] - x[None, :] == 0, 1, x[:, None]), "{1 if x = xᵀ; x otherwise}", [VECTOR]),
    ],
)
def test_arrangements_that_are_written_without_all_that_they_do(kernel: Kernel, text: str, shapes: list[Shape]) -> None:
    check(kernel, text, *shapes, read=False)


def test_a_reshape_is_written_where_it_is_all_that_is_done() -> None:
    written = formulas_of(shape._reshape, [((2, 3, 4), "float32")], {"shape": (6, 4)})
    assert written.forward.unicode() == "reshape(x)"
    assert written.derivatives[0] is not None
    assert written.derivatives[0].expression.unicode() == "reshape(g)"


ROWS, PLACES, MASK = np.array([2, 0, 1, 0]), np.array([0, 1, 4, 1]), np.array([True, False, True])
FIRST, MATRIX_MASK = np.array([1, 0, 1, 1]), np.array([[0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 1, 0]], bool)
_ = slice(None)


@at_once
@pytest.mark.parametrize(
    ("text", "sizes", "key"),
    [
        ("x[1]", MATRIX, np.s_[1]),
        ("x[−1]", MATRIX, np.s_[-1]),
        ("x[:, 1]", MATRIX, np.s_[:, 1]),
        ("x[:, −1:]", MATRIX, np.s_[:, -1:]),
        ("x[1:3, ::2]", MATRIX, np.s_[1:3, ::2]),
        ("x[:2, 1:]", MATRIX, np.s_[0:2, 1:]),
        ("x[1:]", MATRIX, np.s_[1:, :]),
        ("x[1:]", MATRIX, np.s_[1::1, ...]),
        ("x[:−1, 1]", MATRIX, np.s_[:-1, 1]),
        ("x[…, 0]", MATRIX, np.s_[..., 0]),
        ("x[new, 0]", MATRIX, np.s_[None, 0]),
        ("x[:, 4]", MATRIX, np.s_[::1, 4]),
        ("x[…, 1:2]", (2, 3, 5), np.s_[..., 1:2]),
        ("x[1, …, 2]", (2, 3, 5), np.s_[1, ..., 2]),
        ("x[:, new, 2]", (2, 3, 5), np.s_[:, None, 2]),
        ("x[:, :, 2]", (2, 3, 5), np.s_[:, :, 2]),
        ("x[:, 1]", (2, 3, 5), np.s_[:, 1, :]),
        ("x", MATRIX, np.s_[:]),
        ("x", MATRIX, np.s_[...]),
        ("x", MATRIX, np.s_[None]),
        ("x", (1, 5), np.s_[0]),
        ("x", COLUMN, np.s_[:, 0]),
        ("x[0]", COLUMN, np.s_[0]),
        ("x[i]", MATRIX, (ROWS,)),
        ("x[i₁, i₂]", MATRIX, (ROWS, PLACES)),
        ("x[:, i]", MATRIX, (_, PLACES)),
        ("x[i, 1:3]", MATRIX, (ROWS, np.s_[1:3])),
        ("x[i₁, i₂]", MATRIX, (ROWS[:, None], PLACES)),
        ("x[…, i]", (2, 3, 5), (..., PLACES)),
        ("x[0, i]", (2, 3, 5), (0, ROWS)),
        ("x[i₁, :, i₂]", (2, 3, 5), (FIRST, _, PLACES)),
        ("x[:, i₁, i₂]", (2, 3, 5), (_, ROWS, PLACES)),
        ("x[i₁, 1:3, i₂]", (2, 3, 5), (FIRST, np.s_[1:3], PLACES)),
        ("x[i, −1]", MATRIX, (ROWS, -1)),
        ("x[i, …, 1]", (2, 3, 5), (FIRST, ..., 1)),
        ("x[i, :, 1]", (2, 3, 5), (FIRST, _, 1)),
        ("x[new, i]", MATRIX, (None, ROWS)),
        ("x[i, new]", MATRIX, (ROWS, None)),
        ("x[i]", MATRIX, (MASK,)),
        ("x[:, i]", (2, 3, 5), (_, MASK)),
        ("x[i, 1]", MATRIX, (MASK, 1)),
        ("x[i, 1:3]", MATRIX, (MASK, np.s_[1:3])),
        ("x[i]", MATRIX, (MATRIX_MASK,)),
        ("x[:, i]", (2, 3, 5), (_, MATRIX_MASK)),
        ("x[i]", (3, 5, 2), (MATRIX_MASK,)),
    ],
)
def test_keys_are_written_as_one_writes_them_and_mean_the_same(text: str, sizes: Shape, key: Any) -> None:
    form, indices = indexing.parse_key(key)
    kinds = [(sizes, "float32"), *((tuple(index.shape), str(index.dtype)) for index in indices)]
    picked = formulas_of(indexing._getitem, kinds, {"form": form})
    assert picked.forward.unicode() == text
    rng = np.random.default_rng(0)
    x = rng.normal(size=sizes)
    y = x[key]
    g = rng.normal(size=y.shape)
    on_x = np.zeros(sizes)
    np.add.at(on_x, key, g)
    names = ["i"] if len(indices) == 1 else ["i₁", "i₂"]
    given = {name: index.numpy() for name, index in zip(names, indices, strict=False)}
    values = {"x": x, "y": y, "g": g, "value": 2.5, "whole": sizes, **given}
    agree(computed(picked.forward.unicode(), values), y, text)
    (derivative, *others) = picked.derivatives
    assert derivative is not None
    assert not any(others)
    agree(computed(derivative.expression.unicode(), values), on_x, text)
    is_summed = any(index.dtype != ew.bool for index in indices)
    assert ("Σ" in derivative.expression.unicode()) == is_summed
    agree(computed(from_latex(derivative.expression.latex()), values), on_x, text)
    if not is_summed and (len(form) > 1 or not indices or indices[0].ndim == len(sizes)):
        put = formulas_of(indexing._setitem, [kinds[0], ((), "float32"), *kinds[1:]], {"form": form})
        x[key] = 2.5
        agree(computed(put.forward.unicode(), values), x, text)
