"""The arrays that a formula reads, and what it multiplies and adds, so that a page can show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..printers.formula.expression import Expression

SIGNS = {"matmul": "·", "hadamard": "⊙"}
"""The signs between the factors of each kind of product."""


@dataclass(frozen=True)
class Operand:
    """An array that a formula multiplies or adds.

    Attributes
    ----------
    formula:
        The symbol or the gradient, perhaps transposed or permuted.
    sign:
        The sign before it, empty before the first.
    contracts:
        Whether the sign is that of a product of matrices, which sums over the axis that both sides share.
    """

    formula: Expression
    sign: str = ""
    contracts: bool = False

    @property
    def array(self) -> Expression:
        """The symbol or the gradient alone."""
        return self.formula.args[0] if self.formula.head in ("transpose", "permute") else self.formula


def operands_of(formula: Expression) -> list[Operand] | None:
    """Returns the operands of a sum of products of arrays, from left to right; None for any other formula."""
    found: list[Operand] = []
    for term in formula.args if formula.head == "add" else (formula,):
        positive = term.args[0] if term.head == "neg" else term
        sign = "−" if positive is not term else "+" if found else ""
        try:
            factors = list(_factors(positive))
        except _NoProductError:
            return None
        found += [replace(factors[0], sign=sign), *factors[1:]]
    return found if len(found) > 1 else None


def names_of_values(formula: Expression) -> set[str]:
    """Returns the names in a formula that stand for values: not those of gradients and sizes."""
    if formula.head == "symbol":
        return {formula.args[0]}
    if formula.head in ("partial", "count"):
        return set()
    found = set[str]().union(*map(names_of_values, formula.children))
    return found - set(formula.args[1::2]) if formula.head == "where" else found


class _NoProductError(Exception):
    """Raised for an expression that is no product of arrays."""


def _factors(formula: Expression) -> Iterator[Operand]:
    is_product = formula.head in SIGNS or formula.head == "joined"
    sign = formula.args[0] if formula.head == "joined" else SIGNS.get(formula.head, "")
    for i, factor in enumerate(formula.children if is_product else (formula,)):
        operand = Operand(factor, sign if i else "", i > 0 and formula.head == "matmul")
        if operand.array.head not in ("symbol", "partial"):
            raise _NoProductError
        yield operand
