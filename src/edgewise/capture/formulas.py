"""The formulas of a graph: those of its operations, in the names of its tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial as bound
from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation
from ..printers.formula.expression import Expression, call, number, partial, symbol
from ..printers.formula.tidy import rename

if TYPE_CHECKING:
    from ..printers.formula.operations import Formulas

SHORT = 6
"""A tensor without a name is written as the expression that made it if this has at most so many pieces: x · W − t."""

LETTERS = 24
"""Nor is it if the names in the expression have more letters than that together."""


@dataclass(frozen=True, slots=True)
class Used:
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
        self.uses: list[Used] = []
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
        if formulas.output in derivative.by_output.names and not _compares(derivative.by_output):
            has_symbol = self._expression(use.output) == symbol(self._letters[use.output])
            formula = derivative.by_output if has_symbol else formula
        return derivative.local, self._in_names(formula, use, formulas)

    def _formulas(self, use: Used) -> Formulas:
        from ..printers.formula.operations import formulas_of

        return formulas_of(use.operation, use.kinds, use.params)

    def _in_names(self, formula: Expression, use: Used, formulas: Formulas) -> Expression:
        """A formula of an operation in the names of the tensors that it was used on."""
        symbols: dict[str, str | Expression] = {}
        for name, tensor, kind in zip(formulas.inputs, use.tensors, use.kinds, strict=True):
            if name not in formula.names:
                continue
            if tensor is not None:
                symbols[name] = self._expression(tensor)
            elif kind is not None:
                symbols[name] = number(kind)
        output = self._letters[use.output]
        symbols[formulas.output] = symbol(output)
        symbols[formulas.gradient] = number(1) if use.output == self.end else partial(self.loss, output)
        return rename(formula, symbols)

    def _expression(self, tensor: int) -> Expression:
        """A tensor by its symbol; or, if it has no name, by the expression that made it of others where that is short.

        That is so for what is computed element by element, picked or transposed, everywhere in the graph: then a
        tensor is called the same in all formulas.
        """
        waiting = [tensor]
        while tensor not in self._written:
            one = waiting[-1]
            maker = self._makers[one]
            sources = () if maker is None else self.uses[maker].tensors
            missing = [t for t in sources if t is not None and t not in self._written]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            self._written[one] = self._made(one) or symbol(self._letters[one])
        return self._written[tensor]

    def _made(self, tensor: int) -> Expression | None:
        """The expression that made a tensor without a name; None if it is too long, or has parts that are."""
        maker = self._makers[tensor]
        if maker is None:
            return None
        use = self.uses[maker]
        if any(t is not None and self._is_only_called(t) for t in use.tensors):
            return None
        formulas = self._formulas(use)
        plain = use.operation.elementwise or formulas.forward.head in ("symbol", "index", "transpose")
        if not formulas.complete or not plain:
            return None
        formula = self._in_names(_called(use, formulas), use, formulas)
        return formula if _is_short(formula) else None

    def _is_only_called(self, tensor: int) -> bool:
        """Whether a tensor has no name, and no short expression either: what is made of it has none then."""
        return self._makers[tensor] is not None and self._written[tensor] == symbol(self._letters[tensor])


def _called(use: Used, formulas: Formulas) -> Expression:
    """The forward, by the sign that textbooks have for it."""
    sign = use.operation.traits.sign
    return call(sign, *map(symbol, formulas.inputs)) if sign else formulas.forward


def _is_short(formula: Expression) -> bool:
    return formula.size <= SHORT and sum(map(len, formula.names)) <= LETTERS


def _compares(formula: Expression) -> bool:
    """Whether it asks where an output lies, as relu's does: that is said of the input."""
    return any(piece.head in ("compare", "cases", "indicator") for piece in formula.walk())
