"""The formulas of a graph: those of its operations, in the names of its tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial as bound
from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation
from .formula.expression import Expression, call, number, partial, symbol

if TYPE_CHECKING:
    from .formula.operations import Formulas

SHORT = 7
"""A tensor without a name is written as the expression that made it if this has at most so many pieces, ..."""

AGAIN = 4
"""... and at most so many where it is written twice; more often it isn't."""

LETTERS = 24
"""Nor is it if the names in the expression have more letters than that together, ..."""

PRODUCT_LETTERS = 8
"""... or than that if it is a product of matrices or a sum: X · V + c is short, relu₁ · 2.weightᵀ + 2.bias is not."""


@dataclass(frozen=True, slots=True)
class Use:
    """What is known of a node: its operation, the kinds of the arguments, the tensors that they are, the output."""

    operation: Operation
    kinds: tuple[Any, ...]
    tensors: tuple[int | None, ...]
    params: dict[str, Any]
    output: int


class Writer:
    """Writes formulas when they are asked for.

    `loss` is the symbol of what the gradients are of, `end` the tensor whose gradient is 1, if there is one. All
    records of a snapshot share a writer, which refers to none of them, so that no cycle keeps them alive.
    """

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.loss = "L"
        self.end: int | None = None
        self._letters: list[str] = []
        self._makers: list[int | None] = []
        self._written: dict[int, Expression] = {}

    def add_tensor(self, letter: str, maker: int | None, constant: float | None) -> None:
        """The symbol of the next tensor; if it has no name, the node that made it, or the one number that it is."""
        if constant is not None:
            self._written[len(self._letters)] = number(constant)
        self._letters.append(letter)
        self._makers.append(maker)

    def forward_of(self, node: int) -> Callable[[], Expression | None]:
        """What writes the forward of a node."""
        return bound(self._forward, node)

    def derivative_of(self, node: int, argument: int) -> Callable[[], tuple[bool, Expression] | None]:
        """What writes the derivative of a node for one of its arguments."""
        return bound(self._derivative, node, argument)

    def _forward(self, node: int) -> Expression | None:
        use = self.uses[node]
        formulas = self._formulas(use)
        return self._in_names(formulas.forward, use, formulas)

    def _derivative(self, node: int, argument: int) -> tuple[bool, Expression] | None:
        use = self.uses[node]
        formulas = self._formulas(use)
        derivative = formulas.derivatives[argument]
        if derivative is None:
            return None
        formula = derivative.expression
        has_name = self._makers[use.output] is None
        if has_name and formulas.output in derivative.by_output.names and not _compares(derivative.by_output):
            formula = derivative.by_output
        return derivative.local, self._in_names(formula, use, formulas)

    def _formulas(self, use: Use) -> Formulas:
        from .formula.operations import formulas_of

        return formulas_of(use.operation, use.kinds, use.params)

    def _in_names(self, formula: Expression, use: Use, formulas: Formulas) -> Expression:
        """A formula of an operation in the names of the tensors that it was used on."""
        times = Counter(piece.args[0] for piece in formula.walk() if piece.head == "symbol")
        symbols: dict[str, str | Expression] = {}
        for name, tensor, kind in zip(formulas.inputs, use.tensors, use.kinds, strict=True):
            if name not in times:
                continue
            if tensor is not None:
                written = self._expression(tensor)
                most = {0: SHORT, 1: SHORT, 2: AGAIN}.get(times[name], 1)
                symbols[name] = written if written.size <= most else self._letters[tensor]
            elif kind is not None:
                symbols[name] = number(kind)
        output = self._letters[use.output]
        symbols[formulas.output] = symbol(output)
        symbols[formulas.gradient] = number(1) if use.output == self.end else partial(self.loss, output)
        return formula.rename(symbols)

    def _expression(self, tensor: int) -> Expression:
        """A tensor by its symbol, or by the expression that made it where that is short.

        The expression's own arguments are written by their symbols or, if they have no names, in the same way.
        """
        written = self._written.get(tensor)
        if written is not None:
            return written
        waiting = [tensor]
        while waiting:
            one = waiting[-1]
            maker = self._makers[one]
            if one in self._written:
                waiting.pop()
            elif maker is None:
                self._written[one] = symbol(self._letters[one])
            else:
                use = self.uses[maker]
                missing = [t for t in use.tensors if t is not None and t not in self._written]
                if missing:
                    waiting += missing
                    continue
                formulas = self._formulas(use)
                formula = self._in_names(_called(use, formulas), use, formulas) if formulas.complete else None
                short = formula is not None and _is_short(formula)
                self._written[one] = formula if formula is not None and short else symbol(self._letters[one])
        return self._written[tensor]


def _called(use: Use, formulas: Formulas) -> Expression:
    """The forward, by the sign that textbooks have for it."""
    from .formula.reading import SIGNS

    sign = SIGNS.get(use.operation.name)
    return formulas.forward if sign is None else call(sign, *map(symbol, formulas.inputs))


def _is_short(formula: Expression) -> bool:
    is_product = any(piece.head in ("matmul", "over") for piece in formula.walk())
    most = PRODUCT_LETTERS if is_product else LETTERS
    return formula.size <= SHORT and sum(map(len, formula.names)) <= most


def _compares(formula: Expression) -> bool:
    """Whether it asks where an output lies, as relu's does: that is said of the input."""
    return any(piece.head in ("compare", "cases", "indicator") for piece in formula.walk())
