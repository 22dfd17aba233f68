"""Writes the formulas of a graph: those of its operations, with the names of its tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial as bound
from typing import TYPE_CHECKING, Any

from ..graph.operation import Operation
from ..graph.traits import ACTIVATIONS
from ..printers.formula.axis_words import Array, axis_words
from ..printers.formula.composite import Piece, PieceDerivative, compares, occurrences
from ..printers.formula.expression import Expression, call, number, partial, symbol
from ..printers.formula.pattern import Pattern, Renamer
from ..printers.formula.reading import sign_of
from .element_formulas import ElementFormula, ElementFormulas

if TYPE_CHECKING:
    from ..printers.formula.index_form import IndexForm
    from ..printers.formula.operations import Formulas

_GRADIENT = Pattern.of(partial("of", "by"))

SHORT = 6
"""The most pieces of an expression that stands for a tensor without a name: x · W − t."""

LONGEST_NAMES = 24
"""The most letters that all names in such an expression have together."""


@dataclass(frozen=True, slots=True)
class NodeUse:
    """A node's operation, the kinds of its arguments, their tensors, its parameters and its output."""

    operation: Operation
    kinds: tuple[Any, ...]
    tensors: tuple[int | None, ...]
    params: dict[str, Any]
    output: int


class FormulaWriter:
    """Writes formulas when they are first read.

    `loss` is the symbol of the differentiated quantity, `end` the tensor whose gradient is 1, if there is one. All
    records of a snapshot share a writer. It refers to none of them, so no cycle keeps them alive.
    """

    def __init__(self) -> None:
        self.uses: list[NodeUse] = []
        self.loss = "L"
        self.end: int | None = None
        self._letters: list[str] = []
        self._shapes: list[tuple[int, ...]] = []
        self._makers: list[int | None] = []
        self._patterns: dict[int, Pattern] = {}
        self._results: dict[int, tuple[Pattern, Pattern]] = {}
        self._formulas_of_output: dict[int, Formulas] = {}
        self._renamer = Renamer()
        self._element_formulas = ElementFormulas()
        self._signed: dict[tuple[str, tuple[str, ...]], Expression] = {}

    def add_tensor(self, letter: str, shape: tuple[int, ...], maker: int | None, constant: float | None) -> None:
        """Adds the next tensor by its symbol; without a name, also by the node that made it or by its single number."""
        if constant is not None:
            self._patterns[len(self._letters)] = self._renamer.number(constant)
        self._letters.append(letter)
        self._shapes.append(shape)
        self._makers.append(maker)

    def forward_of(self, node: int) -> Callable[[], Pattern | None]:
        """Returns a function that writes the forward of a node."""
        return bound(self._forward, node)

    def derivative_of(self, node: int, argument: int) -> Callable[[], tuple[bool, Pattern] | None]:
        """Returns a function that writes the derivative of a node with respect to an argument."""
        return bound(self._derivative, node, argument)

    def elements_of(self, node: int, argument: int | None = None) -> ElementFormula | None:
        """Returns how an element of a node's result, or of the gradient of an argument, is computed.

        Returns None where the formula of whole arrays says all, and there are no words about it.
        """
        from ..printers.formula.index_forms import index_forms_of

        use = self.uses[node]
        formulas = self._formulas(use)
        name = "y" if argument is None else formulas.inputs[argument]
        words = use.operation.traits.words.get(name, "")
        if use.operation.elementwise:
            return ElementFormula((), words) if words else None
        form = index_forms_of(use.operation, use.kinds, use.params)[0 if argument is None else argument + 1]
        if form is None or not form.says_more_than(symbol("")):
            return ElementFormula((), words) if words else None
        return self._elements_of(use, formulas, form, words, None if argument is None else use.tensors[argument])

    def _elements_of(
        self, use: NodeUse, formulas: Formulas, form: IndexForm, words: str, tensor: int | None
    ) -> ElementFormula:
        """Writes an element of the result of a node, or of the gradient of a tensor that it was given."""
        given = [(name, one) for name, one in zip(formulas.inputs, use.tensors, strict=True) if one is not None]
        tensors = [*(one for _, one in given), use.output, *([] if tensor is None else [tensor])]
        patterns = [self._pattern(one) for one in tensors]
        is_end = use.output == self.end

        def write(names: Sequence[str]) -> ElementFormula:
            loss, output, whole, *rest = names
            renamed: list[Pattern] = []
            for pattern in patterns:
                renamed.append(Pattern(pattern.formula, tuple(rest[: len(pattern.names)])))
                del rest[: len(pattern.names)]
            arrays = [Array(one.unicode(), self._shapes[id]) for one, id in zip(renamed, tensors, strict=True)]
            symbols = {name: one.expression() for (name, _), one in zip(given, renamed, strict=False)}
            known = {symbols[name]: array for (name, _), array in zip(given, arrays, strict=False)}
            symbols[formulas.output] = symbol(output)
            symbols[formulas.gradient] = number(1) if is_end else partial(loss, output)
            known[symbols[formulas.output]] = known[symbols[formulas.gradient]] = arrays[len(given)]
            written = form.rename(symbols)
            left = written.of(symbol(output) if tensor is None else partial(loss, whole))
            lines = ((left, written.expression), *written.definitions)
            outside = [f"elements outside {array} count as {number(value)}" for array, value in written.outside]
            return ElementFormula(
                tuple((Pattern.of(one), Pattern.of(other)) for one, other in lines),
                "; ".join(filter(None, [words, *outside])),
                axis_words(written, arrays[-1], known, is_gradient=tensor is not None),
            )

        letters = self.loss, self._letters[use.output], "" if tensor is None else self._letters[tensor]
        shapes = tuple(self._shapes[one] for one in tensors)
        symbols_of = (*(name for name, _ in given), formulas.output, formulas.gradient)
        key = (id(form), is_end, tensor is None, words, symbols_of, shapes, *(id(one.formula) for one in patterns))
        names = [*letters, *(name for one in patterns for name in one.names)]
        own = form.names.union(form.letters)
        return self._element_formulas.written(key, names, own, write, (form, patterns))

    def piece_of(self, node: int) -> Piece:
        """Returns a node as a piece of the formula of its module."""
        use = self.uses[node]
        traits, formulas = use.operation.traits, self._formulas(use)
        forward = self._textbook_forward(use, formulas)
        is_function = traits.kind in ACTIVATIONS and max(occurrences(forward, name) for name in formulas.inputs) > 1
        if is_function and len(formulas.inputs) == 1:
            forward = call(sign_of(use.operation), *map(symbol, formulas.inputs))
        given = zip(formulas.inputs, use.tensors, formulas.derivatives, strict=True)
        inputs = {name: (tensor, one) for name, tensor, one in given if tensor is not None}
        return Piece(
            inputs=tuple((name, tensor) for name, (tensor, _) in inputs.items()),
            output=use.output,
            forward=forward,
            derivatives={
                name: PieceDerivative(one.local, one.expression, one.by_output)
                for name, (_, one) in inputs.items()
                if one is not None
            },
            letter=traits.letter or traits.symbols.get("y", "") or ("p" if traits.kind == "probabilities" else ""),
            elementwise=use.operation.elementwise,
            symbols=(formulas.output, formulas.gradient),
            settings=tuple(
                (letter, use.params[name])
                for name, letter in traits.symbols.items()
                if isinstance(use.params.get(name), float)
            ),
            numbers=tuple(kind for kind in use.kinds if isinstance(kind, float)),
        )

    def _forward(self, node: int) -> Pattern | None:
        use = self.uses[node]
        formulas = self._formulas(use)
        return self._with_tensor_names(formulas.forward, use, formulas)

    def _derivative(self, node: int, argument: int) -> tuple[bool, Pattern] | None:
        use = self.uses[node]
        formulas = self._formulas(use)
        derivative = formulas.derivatives[argument]
        if derivative is None:
            return None
        formula = derivative.expression
        if formulas.output in derivative.by_output.names and not compares(derivative.by_output):
            has_symbol = self._pattern(use.output).is_name(self._letters[use.output])
            formula = derivative.by_output if has_symbol else formula
        return derivative.local, self._with_tensor_names(formula, use, formulas)

    def _formulas(self, use: NodeUse) -> Formulas:
        from ..printers.formula.operations import formulas_of

        found = self._formulas_of_output.get(use.output)
        if found is None:
            found = self._formulas_of_output[use.output] = formulas_of(use.operation, use.kinds, use.params)
        return found

    def _with_tensor_names(self, formula: Expression, use: NodeUse, formulas: Formulas) -> Pattern:
        """Replaces an operation's symbols in a formula by the names of a node's tensors."""
        symbols: dict[str, Pattern] = {}
        for name, tensor, kind in zip(formulas.inputs, use.tensors, use.kinds, strict=True):
            if name not in formula.names:
                continue
            if tensor is not None:
                symbols[name] = self._pattern(tensor)
            elif kind is not None:
                symbols[name] = self._renamer.number(kind)
        symbols[formulas.output], symbols[formulas.gradient] = self._result(use.output)
        return self._renamer.rename(formula, symbols)

    def _result(self, output: int) -> tuple[Pattern, Pattern]:
        """Returns what a node's formulas call its output and the gradient of that."""
        found = self._results.get(output)
        if found is None:
            letter = self._letters[output]
            gradient = self._renamer.number(1) if output == self.end else self._gradient(letter)
            found = self._results[output] = Pattern.of_name(letter), gradient
        return found

    def _gradient(self, output: str) -> Pattern:
        if output == self.loss:
            return Pattern.of(partial(self.loss, output))
        return Pattern(_GRADIENT.formula, (self.loss, output))

    def _pattern(self, tensor: int) -> Pattern:
        """Returns a tensor's symbol; for one without a name, the expression that made it, if that is short.

        Only results of elementwise operations, indexing and transposition are written so. All formulas of the graph
        use the same expression for a tensor.
        """
        waiting = [tensor]
        while tensor not in self._patterns:
            one = waiting[-1]
            maker = self._makers[one]
            sources = () if maker is None else self.uses[maker].tensors
            missing = [t for t in sources if t is not None and t not in self._patterns]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            self._patterns[one] = self._short_expression(one) or Pattern.of_name(self._letters[one])
        return self._patterns[tensor]

    def _short_expression(self, tensor: int) -> Pattern | None:
        """Returns the expression that made a tensor without a name; None if it, or a part of it, is too long."""
        maker = self._makers[tensor]
        if maker is None:
            return None
        use = self.uses[maker]
        if any(t is not None and self._has_symbol_only(t) for t in use.tensors):
            return None
        formulas = self._formulas(use)
        is_simple = use.operation.elementwise or formulas.forward.head in ("symbol", "index", "transpose")
        if not formulas.complete or not is_simple:
            return None
        formula = self._with_tensor_names(self._textbook_forward(use, formulas), use, formulas)
        return formula if _is_short(formula) else None

    def _textbook_forward(self, use: NodeUse, formulas: Formulas) -> Expression:
        """Returns the forward, with the sign that textbooks use for the operation."""
        sign = use.operation.traits.sign
        if not sign:
            return formulas.forward
        key = sign, formulas.inputs
        if key not in self._signed:
            self._signed[key] = call(sign, *map(symbol, formulas.inputs))
        return self._signed[key]

    def _has_symbol_only(self, tensor: int) -> bool:
        """Says whether a tensor has neither a name nor a short expression, so that its results have none either."""
        return self._makers[tensor] is not None and self._patterns[tensor].is_name(self._letters[tensor])


def _is_short(formula: Pattern) -> bool:
    return formula.formula.size <= SHORT and sum(map(len, formula.names)) <= LONGEST_NAMES
