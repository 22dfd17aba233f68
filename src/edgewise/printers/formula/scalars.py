"""Moves single numbers before products of matrices: Q · Kᵀ / √d."""

from __future__ import annotations

from collections.abc import Collection

from .expression import Expression, product, quotient
from .tidy import tidy


def with_scalars_outside(formula: Expression, scalars: Collection[str]) -> Expression:
    """Returns a formula in which factors of the symbols `scalars` stand outside of products of matrices."""
    if not formula.names.intersection(scalars):
        return formula
    formula = formula.with_children(lambda child: with_scalars_outside(child, scalars))
    if formula.head == "transpose":
        return _transposed(formula.args[0], scalars)
    if formula.head not in ("matmul", "hadamard"):
        return formula
    factors: list[Expression] = []
    above: list[Expression] = []
    below: list[Expression] = []
    for factor in formula.args:
        inner = factor
        if inner.head == "div" and _is_scalar(inner.args[1], scalars):
            below.append(inner.args[1])
            inner = inner.args[0]
        if inner.head == "mul" and _is_scalar(inner.args[0], scalars) and len(inner.args) == 2:
            above.append(inner.args[0])
            inner = inner.args[1]
        if inner.head == "number" and inner.args[0] == 1 and below:
            continue
        factors += inner.args if inner.head == formula.head else [inner]
    result = Expression(formula.head, tuple(factors)) if len(factors) > 1 else factors[0]
    if above:
        result = product(*above, result)
    return quotient(result, below[0] if len(below) == 1 else product(*below)) if below else result


def _transposed(formula: Expression, scalars: Collection[str]) -> Expression:
    """Returns the transpose of a formula: that of a product is the product of the transposes the other way round."""
    if formula.head == "div" and _is_scalar(formula.args[1], scalars):
        return quotient(_transposed(formula.args[0], scalars), formula.args[1])
    if formula.head == "matmul":
        return Expression("matmul", tuple(_transposed(one, scalars) for one in reversed(formula.args)))
    return tidy(Expression("transpose", (formula,)))


def _is_scalar(formula: Expression, scalars: Collection[str]) -> bool:
    heads = {piece.head for piece in formula.walk()}
    return bool(formula.names) and formula.names <= {*scalars} and heads <= {"symbol", "call", "mul", "number", "pow"}
