"""Formulas of several operations together, such as a module's: composed of the formulas of its operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from .expression import Expression, fresh_names, number, partial, plus, symbol
from .names import parts_of
from .parts_of_parameters import PartNames
from .renaming import rename
from .scalars import with_scalars_outside
from .tidy import tidy

Line = tuple[Expression, Expression]
"""An equation: its left and its right side."""

LONGEST = 36
"""The most pieces of a line; the operands of a longer one get lines of their own."""

SHORT = 3
"""The most pieces of a formula that is written wherever it is used forward, or that is in a condition;"""

WRITTEN_BACK = 6
"""and of one that is also written in gradients."""

MOST_LINES = 24
"""The most lines forward, and the most lines back: more explain nothing."""

SPLIT = "split divides the last axis into heads of equal size, and join puts them beside each other again"

ELSEWHERE = symbol("…")
"""Stands for the part of a gradient that comes from outside."""


@dataclass(frozen=True)
class PieceDerivative:
    """A derivative of a piece: a factor if it is `local`, else the map of the incoming gradient.

    `summed` are the axes over which its result is summed, as the input was repeated along them.
    """

    local: bool
    expression: Expression
    by_output: Expression
    summed: tuple[int, ...] = ()

    def written(self, has_name: bool) -> Expression:
        """Returns the formula: by the result if that has a name, and is not only compared with a bound."""
        return self.by_output if has_name and not compares(self.by_output) else self.expression


@dataclass(frozen=True)
class Piece:
    """One operation of a composite, with its formulas in its own symbols.

    Attributes
    ----------
    inputs:
        The tensor for each symbol of an input.
    output:
        The tensor that it makes.
    forward:
        Its formula, with numbers for arguments that are numbers.
    derivatives:
        One for each symbol of an input to which a gradient can flow.
    letter:
        The letter that textbooks have for its result, or an empty text.
    elementwise:
        Whether it computes element by element.
    symbols:
        The symbols of its result and of the incoming gradient.
    numbers:
        Its arguments that are numbers.
    settings:
        The letters of its parameters that are numbers, with these.
    is_call:
        Whether it is a call of another composite, whose inputs need names.
    """

    inputs: tuple[tuple[str, int], ...]
    output: int
    forward: Expression
    derivatives: Mapping[str, PieceDerivative] = field(default_factory=dict)
    letter: str = ""
    elementwise: bool = False
    symbols: tuple[str, str] = ("y", "g")
    numbers: tuple[float, ...] = ()
    settings: tuple[tuple[str, float], ...] = ()
    is_call: bool = False


@dataclass(frozen=True)
class CompositeFormula:
    """The formula of a composite, line by line: forward, and the gradients back; and remarks on both."""

    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    remarks: tuple[str, ...] = ()
    remarks_back: tuple[str, ...] = ()


class Composite:
    """Composes formulas.

    Parameters
    ----------
    pieces:
        The operations, in the order in which they ran.
    names:
        The names of tensors: of all that are made elsewhere, and of those inside that have one.
    results:
        The tensors that are used outside.
    parts:
        The names of parts of parameters.
    loss:
        The symbol of what is differentiated.
    letters:
        Letters for tensors without a name, if they get lines. They stand for nothing else.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        names: Mapping[int, str],
        results: Sequence[int],
        parts: PartNames,
        loss: str = "L",
        letters: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self.pieces, self.results, self.parts, self.loss = pieces, results, parts, loss
        self.names = dict(names)
        self.made = {piece.output for piece in pieces}
        self.lines: dict[str, Expression] = {}
        self.values: dict[int, Expression] = {}
        self.ends: dict[int, int] = {}
        self._taken = {*names.values(), loss, *parts.names()}
        self._letters = letters
        self._fresh = (name for name in fresh_names() if name not in letters.values())
        self._mentions = _Mentions(self.pieces, self._has_name)

    def formula(self) -> CompositeFormula | None:
        """Returns all lines; None if they are too many."""
        for piece in self.pieces:
            self._add(piece)
        if len(self.lines) > MOST_LINES:
            return None
        back = _Backward(self)
        gradients = back.lines()
        self.parts.settle([*self.lines.items(), *back.labels()])
        forward = [(symbol(name), self.parts.written(formula)) for name, formula in self.lines.items()]
        written = [(self.parts.written(left), self.parts.written(right)) for left, right in gradients]
        backward = self.parts.without_alike(written)
        splits = any(piece.head == "call" and piece.args[0] == "split" for _, line in forward for piece in line.walk())
        return CompositeFormula(
            tuple(forward),
            tuple(backward) if len(backward) <= MOST_LINES else (),
            (*self.parts.remarks(), *([SPLIT] if splits else [])),
            (*self.parts.remarks_back(), *([back.remark] if back.remark else [])),
        )

    def _has_name(self, piece: Piece) -> bool:
        """Says whether what a piece makes has a name anyhow."""
        return piece.output in self.names or piece.output in self.results or bool(piece.letter)

    def value(self, tensor: int) -> Expression:
        """Returns the formula of a tensor's value."""
        found = self.values.get(tensor)
        return symbol(self.names[tensor]) if found is None else found

    def _add(self, piece: Piece) -> None:
        if piece.is_call:
            for _, tensor in piece.inputs:
                self._give_line(tensor, "")
        formula = self._written(piece)
        if formula.size > LONGEST:
            for _, tensor in piece.inputs:
                if self.value(tensor).size > LONGEST // 4:
                    self._give_line(tensor, "")
            formula = self._written(piece)
        self.values[piece.output] = formula
        if self._has_name(piece) or self._mentions.ask_for_a_name(piece, formula.size):
            self._give_line(piece.output, piece.letter)

    def _written(self, piece: Piece) -> Expression:
        """Returns the formula of a piece in the names of the composite; what it names itself becomes lines."""
        return self.with_names(piece.forward, {name: self.value(tensor) for name, tensor in piece.inputs})

    def with_names(self, formula: Expression, symbols: Mapping[str, Expression]) -> Expression:
        """Renames symbols of a formula; definitions after "where" become lines."""
        if formula.head == "where":
            body, *rest = formula.args
            symbols = dict(symbols)
            for name, definition in reversed([*zip(rest[::2], rest[1::2], strict=True)]):
                symbols[name] = symbol(self._defined(name, self.with_names(definition, symbols)))
            formula = body
        return with_scalars_outside(rename(formula, symbols), self.parts.scalars)

    def _defined(self, name: str, formula: Expression) -> str:
        """Returns the name of a line with this formula."""
        for known, other in self.lines.items():
            if other == formula:
                return known
        name = self.free_name(name)
        self.lines[name] = formula
        return name

    def free_name(self, letter: str) -> str:
        """Returns a letter that nothing has yet, with a number if there is another."""
        candidates = [letter, *(f"{letter}{i}" for i in range(2, 100))] if letter else self._fresh
        name = next(one for one in candidates if one not in self._taken)
        self._taken.add(name)
        return name

    def _give_line(self, tensor: int, letter: str) -> None:
        """Gives a tensor a line of its own."""
        if tensor not in self.made or (self.values[tensor].head == "symbol" and tensor not in self.results):
            return
        if tensor not in self.names:
            self.names[tensor] = self.free_name(letter or self._letters.get(tensor, ""))
        name = self.names[tensor]
        self.lines[name] = self.values[tensor]
        self.values[tensor] = symbol(name)

    def has_line(self, tensor: int) -> bool:
        """Says whether a tensor has a line of its own."""
        return tensor in self.made and self.names.get(tensor) in self.lines


class _Mentions:
    """How often the value of each tensor is written: forward, in gradients, and in their conditions."""

    def __init__(self, pieces: Sequence[Piece], has_name: Callable[[Piece], bool]) -> None:
        self.forward: Counter[int] = Counter()
        self.back: Counter[int] = Counter()
        self.conditions: Counter[int] = Counter()
        for piece in pieces:
            for name, tensor in piece.inputs:
                self.forward[tensor] += occurrences(piece.forward, name)
                for derivative in piece.derivatives.values():
                    formula = derivative.written(has_name(piece))
                    self.back[tensor] += bool(occurrences(formula, name))
                    conditions = [one for one in formula.walk() if one.head == "compare"]
                    self.conditions[tensor] += sum(occurrences(one, name) for one in conditions)

    def ask_for_a_name(self, piece: Piece, size: int) -> bool:
        """Says whether what a piece makes is written so often that it needs a name."""
        tensor = piece.output
        forward = self.forward[tensor]
        is_repeated = forward > 1 or self.conditions[tensor] > 0
        if piece.is_call and forward > 1:
            return True
        return (is_repeated and size > SHORT) or (forward + self.back[tensor] > 1 and size > WRITTEN_BACK)


class _Backward:
    """The gradients of a composite, from its results back."""

    def __init__(self, whole: Composite) -> None:
        self.whole = whole
        self.remark = ""
        self._sent: dict[int, list[Expression]] = {}
        self._lines: list[Line] = []
        self._labels: list[tuple[str, Expression]] = []

    def lines(self) -> list[Line]:
        """Returns a line for each gradient with a name."""
        whole = self.whole
        for piece in reversed(whole.pieces):
            gradient = self._arrived(piece)
            if gradient is not None:
                self._send(piece, gradient)
        given = dict.fromkeys(tensor for piece in whole.pieces for _, tensor in piece.inputs)
        for tensor in given:
            name = whole.names.get(tensor)
            if tensor not in whole.made and name is not None and tensor in self._sent:
                self._lines.append((partial(whole.loss, name), _sum(self._sent[tensor])))
        return self._lines

    def labels(self) -> list[tuple[str, Expression]]:
        """Returns the names of shared pieces of gradients, with the formulas."""
        return self._labels

    def _arrived(self, piece: Piece) -> Expression | None:
        """Returns the gradient of what a piece made, by its name if it has one."""
        whole, made = self.whole, piece.output
        terms = self._sent.get(made, [])
        if made in whole.results:
            own = self._own(made)
            if terms:
                self._lines.append((own, plus(ELSEWHERE, *reversed(terms))))
                self.remark = "… is what comes from outside"
            return own
        if not terms:
            return None
        gradient = _sum(terms)
        if whole.has_line(made):
            own = partial(whole.loss, whole.names[made])
            self._lines.append((own, gradient))
            return own
        receivers = [name for name, _ in piece.inputs if name in piece.derivatives]
        if gradient.size > SHORT and gradient.names and len(receivers) > 1:
            name = whole.free_name(self._delta(made))
            self._lines.append((symbol(name), gradient))
            self._labels.append((name.removeprefix("δ_"), gradient))
            return symbol(name)
        return gradient

    def _own(self, tensor: int) -> Expression:
        """Returns the gradient of a tensor by its name; that of the loss is 1."""
        name = self.whole.names[tensor]
        return number(1) if name == self.whole.loss else partial(self.whole.loss, name)

    def _delta(self, tensor: int) -> str:
        """Returns δ with the name of the line that a tensor is a part of."""
        letter = parts_of(self._line_of(tensor) or " ")[0]
        return f"δ_{letter}" if len(letter) == 1 and letter.isalpha() else "δ"

    def _line_of(self, tensor: int) -> str:
        whole = self.whole
        users = [piece for piece in whole.pieces if any(one == tensor for _, one in piece.inputs)]
        while len(users) == 1:
            made = users[0].output
            if whole.has_line(made):
                return whole.names[made]
            users = [piece for piece in whole.pieces if any(one == made for _, one in piece.inputs)]
        return ""

    def _send(self, piece: Piece, gradient: Expression) -> None:
        """Adds what a piece sends back to its inputs."""
        whole = self.whole
        result, incoming = piece.symbols
        symbols = {name: whole.value(tensor) for name, tensor in piece.inputs}
        symbols |= {result: whole.value(piece.output), incoming: gradient}
        for name, tensor in piece.inputs:
            derivative = piece.derivatives.get(name)
            if derivative is None:
                continue
            formula = derivative.written(whole.has_line(piece.output))
            sent = whole.with_names(formula, symbols)
            if derivative.local:
                sent = with_scalars_outside(times(gradient, sent), whole.parts.scalars)
            if derivative.summed:
                sent = Expression("over", ("sum", derivative.summed, sent))
            self._sent.setdefault(tensor, []).append(sent)


def compares(formula: Expression) -> bool:
    """Says whether a formula compares its output with a bound, as relu's does: then the one by the input is clearer."""
    return any(piece.head in ("compare", "cases", "indicator") for piece in formula.walk())


def _sum(terms: Sequence[Expression]) -> Expression:
    """Adds terms that came back, in the order of the forward pass."""
    return terms[0] if len(terms) == 1 else tidy(plus(*reversed(terms)))


def times(gradient: Expression, factor: Expression) -> Expression:
    """Multiplies an incoming gradient and a local derivative, element by element."""
    if not gradient.names or {piece.head for piece in gradient.walk()} <= _OF_NUMBERS:
        return tidy(Expression("mul", (gradient, factor)))
    if factor.head == "number":
        return tidy(Expression("mul", (factor, gradient)))
    if factor.head == "div" and factor.args[0] == number(1):
        return tidy(Expression("div", (gradient, factor.args[1])))
    if factor.head == "neg":
        return Expression("neg", (times(gradient, factor.args[0]),))
    factors = factor.args if factor.head in ("mul", "hadamard") else (factor,)
    numbers = [one for one in factors if one.head == "number"]
    arrays = [one for one in factors if one.head != "number"]
    whole = Expression("hadamard", (*_factors(gradient), *arrays))
    return tidy(Expression("mul", (*numbers, whole))) if numbers else whole


_OF_NUMBERS = {"number", "div", "count", "mul", "neg"}


def _factors(formula: Expression) -> Iterable[Expression]:
    return formula.args if formula.head == "hadamard" else (formula,)


def occurrences(formula: Expression, name: str) -> int:
    """Counts how often a symbol is written in a formula; counts of elements are written n."""
    if formula.head in ("symbol", "count"):
        return int(formula.head == "symbol" and formula.args[0] == name)
    return sum(occurrences(child, name) for child in formula.children)
