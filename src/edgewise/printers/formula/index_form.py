"""Formulas of single elements, with letters for their places: y[i, j] = Σ[k] a[i, k] · b[k, j]."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...program.program import Program, Value
from .elements import ElementReader, Given
from .expression import Expression, number, symbol
from .folding import WINDOW as IN_WINDOW
from .folding import simplified
from .indices import Condition, Index, element
from .letters import Letters, SplitError, UnknownElementError, letters_of
from .renaming import LETTERS, rename, tidy_names
from .tidy import tidy

LONGEST = 90
"""The most pieces of an index form; a longer one is not clearer than the form of whole arrays."""

MOST_RESTS = 4
"""The most quotients and rests of indices."""

FREE = "ijklmpqrs"
WINDOW = "uvw"
OTHERS = "klmjpqrsuvwacdefhio"


@dataclass(frozen=True)
class IndexForm:
    """The formula of one element of a result.

    Attributes
    ----------
    letters:
        The letter of each axis of the result; "" for an axis of size 1.
    expression:
        The element.
    definitions:
        The parts that it names: an element of each, and what it is.
    outside:
        The arrays that are read outside of their elements, where they count as a number: the name and the number.
    """

    letters: tuple[str, ...]
    expression: Expression
    definitions: tuple[tuple[Expression, Expression], ...] = ()
    outside: tuple[tuple[str, float], ...] = ()

    def of(self, array: Expression) -> Expression:
        """Returns the element on the left side, for an array's symbol or gradient."""
        indices = tuple(symbol(letter) if letter else number(0) for letter in self.letters)
        return Expression("element", (array, *indices)) if indices else array

    def rename(self, symbols: Mapping[str, str | Expression]) -> IndexForm:
        """Replaces symbols by other names or expressions; letters and names of parts that these use become others."""
        names = self.names
        taken: set[str] = set()
        for name, new in symbols.items():
            if name in names:
                taken |= {new} if isinstance(new, str) else new.names
        own = {*self.letters, *(symbol_ for left, _ in self.definitions for symbol_ in left.names)}
        used = taken | names | own
        others = iter([letter for letter in LETTERS if letter not in used])
        letters: dict[str, str] = {letter: next(others) for letter in sorted(own & taken)}
        changed: dict[str, str | Expression] = {**symbols, **letters}
        definitions = tuple((rename(left, changed), rename(right, changed)) for left, right in self.definitions)
        outside = tuple((_name(symbols.get(name, name)), value) for name, value in self.outside)
        free = tuple(letters.get(letter, letter) for letter in self.letters)
        return IndexForm(free, rename(self.expression, changed), definitions, outside)

    def says_more_than(self, whole: Expression) -> bool:
        """Says whether it shows something that a formula of whole arrays does not: sums, or other places."""
        if any(piece.head in ("each", "partial") for piece in self.pieces()) or self.definitions:
            return True
        indices = tuple(symbol(letter) for letter in self.letters if letter)
        elements = [piece for piece in self.pieces() if piece.head == "element"]
        return any(piece.args[1:] != indices for piece in elements) and whole.head not in ("symbol", "number")

    def pieces(self) -> Iterator[Expression]:
        """Yields all pieces of its formulas."""
        yield from self.expression.walk()
        for left, right in self.definitions:
            yield from left.walk()
            yield from right.walk()

    @property
    def names(self) -> frozenset[str]:
        """The names of all symbols in it."""
        return self.expression.names.union(*(left.names | right.names for left, right in self.definitions))


def _name(new: str | Expression) -> str:
    return new if isinstance(new, str) else new.unicode()


def index_form(
    program: Program,
    symbols: Mapping[Value, Expression],
    parts: Mapping[Value, str],
    counts: Mapping[float, Expression],
    indices: Mapping[str, str],
    result: str,
) -> IndexForm | None:
    """Returns the index form of a Program's first output; None if its elements can't be written.

    `parts` are names for values between. `indices` are the letters that an operation has for the axes of its arrays,
    by their symbols; `result` is the symbol of the output.
    """
    builder = _Builder(program, symbols, parts, counts, indices)
    try:
        letters, expression = builder.form(program.outputs[0], result)
        definitions: list[tuple[Expression, Expression]] = []
        used = expression.names
        for value, name in reversed([*parts.items()]):
            if name in used:
                axes, right = builder.form(value, name, _letters_at_use(name, expression, definitions))
                left = [symbol(letter) for letter in axes if letter]
                definitions.append((Expression("element", (symbol(name), *left)) if left else symbol(name), right))
                used |= right.names
    except (UnknownElementError, RecursionError):
        return None
    return IndexForm(letters, expression, tuple(definitions), tuple(sorted(builder.outside)))


class _Builder:
    def __init__(
        self,
        program: Program,
        symbols: Mapping[Value, Expression],
        parts: Mapping[Value, str],
        counts: Mapping[float, Expression],
        indices: Mapping[str, str],
    ) -> None:
        self.program, self.parts, self.counts, self.indices = program, parts, counts, indices
        self.names = {*(name for one in symbols.values() for name in one.names), *parts.values()}
        self.given: dict[Value, Given] = {value: _of_array(formula, value) for value, formula in symbols.items()}
        self.given.update({value: _of_part(name, value) for value, name in parts.items()})
        self.order = [one.args[0] for one in symbols.values() if one.head == "symbol"]
        self.outside: set[tuple[str, float]] = set()

    def form(self, value: Value, name: str, wishes: Sequence[str] = ()) -> tuple[tuple[str, ...], Expression]:
        """Returns the letters of a value's axes, and its element. Raises UnknownElementError.

        `wishes` are letters for the axes, if they are free.
        """
        letters = Letters()
        free = tuple(letters_of(value.shape, letters))
        given = {one: function for one, function in self.given.items() if one is not value or one not in self.parts}
        while True:
            try:
                formula = ElementReader(self.program, given, self.counts, letters).element(value, free)
                break
            except SplitError as error:
                if error.letter not in {index.single_letter for index in free}:
                    raise UnknownElementError("a letter for several axes") from None
                letters.unsplit.add(error.letter)
        writer = _Writer(letters, self.order)
        written = tidy(writer.written(simplified(formula, letters)))
        free_names = [index.single_letter for index in free]
        own = wishes or self.indices.get(name, "").split()
        names = _letters(writer, free_names, self.indices, own, written, self.names)
        expression = tidy_names(written, names)
        rests = sum(piece.head == "call" and piece.args[0] in ("mod", "floor") for piece in expression.walk())
        if expression.size > LONGEST or rests > MOST_RESTS:
            raise UnknownElementError("too long")
        self.outside |= writer.outside
        return tuple(names[one] if one else "" for one in free_names), expression


def _of_part(name: str, value: Value) -> Given:
    """Returns elements of a part; axes of size 1, along which it was reduced, are not written."""
    axes = [axis for axis, size in enumerate(value.shape) if size != 1]
    shape = tuple(value.shape[axis] for axis in axes)
    return lambda indices: element(symbol(name), shape, [indices[axis] for axis in axes])


def _letters_at_use(
    name: str, expression: Expression, definitions: Sequence[tuple[Expression, Expression]]
) -> Sequence[str]:
    """Returns the letters with which a part is used first, if these are single letters that differ."""
    for formula in (expression, *(right for _, right in definitions)):
        for piece in formula.walk():
            if piece.head == "element" and piece.args[0] == symbol(name):
                letters = [index.args[0] for index in piece.args[1:] if index.head == "symbol"]
                if len(set(letters)) == len(piece.args) - 1:
                    return letters
    return ()


def _of_array(formula: Expression, value: Value) -> Given:
    return lambda indices: element(formula, value.shape, indices)


class _Writer:
    """Writes an inner tree as a formula.

    `order` are the names of arrays in the order in which a product has their elements.
    """

    def __init__(self, letters: Letters, order: Sequence[str]) -> None:
        self.letters = letters
        self.order = {name: place for place, name in enumerate(order)}
        self.outside: set[tuple[str, float]] = set()
        self.uses: dict[str, list[tuple[str, int]]] = {}
        self.axes: dict[str, int] = {}

    def written(self, formula: Expression) -> Expression:
        """Returns the formula with elements and sums as formulas have them."""
        head, args = formula.head, formula.args
        if head == "_element":
            return self._element(args[0], args[1], args[2:])
        if head == "_index":
            return self._index(args[0])
        if head == "_each":
            return self._each(*args)
        if head == "cases":
            known = set(self.outside)  # each case is read only where its condition holds
            formula = formula.with_children(self.written)
            self.outside = known
            return formula
        if head == "_holds":
            return self._condition(args[0])
        if head == "_inside":
            return self._inside(args[0], args[1], args[2:])
        if head == "mul" and all(self._place(factor) is not None for factor in args):
            formula = Expression("mul", tuple(sorted(args, key=lambda factor: self._place(factor) or 0)))
        return formula.with_children(self.written)

    def _place(self, factor: Expression) -> int | None:
        array = factor.args[0] if factor.head == "_element" else factor
        return self.order.get(array.args[0]) if array.head == "symbol" else None

    def _index(self, index: Index) -> Expression:
        return Index(tuple((self.written(atom), factor) for atom, factor in index.terms), index.constant).expression()

    def _element(self, array: Expression, shape: tuple[int, ...], indices: Sequence[Index]) -> Expression:
        name = array.args[0] if array.head == "symbol" else array.unicode()
        for axis, (size, index) in enumerate(zip(shape, indices, strict=True)):
            letter = index.single_letter
            if letter is not None:
                self.uses.setdefault(letter, []).append((name, axis))
            for one in index.letters:
                self.axes[one] = min(axis, self.axes.get(one, axis))
            bounds = index.bounds(self.letters.sizes)
            is_beyond = bounds is not None and (bounds[0] < 0 or bounds[1] >= size)
            if is_beyond and not any(one == name for one, _ in self.outside):
                self.outside.add((name, 0))
        return Expression("element", (array, *map(self._index, indices)))

    def _each(self, name: str, body: Expression, over: Sequence[str], conditions: Sequence[Condition]) -> Expression:
        written = self.written(body)
        over = sorted(over, key=lambda one: (one[0] == IN_WINDOW, one[0] == IN_WINDOW and self.axes.get(one, 0)))
        said = [self._condition(condition) for condition in conditions]
        axes = _axes(body)
        said += [
            Expression("compare", ("<", symbol(letter), number(self.letters.sizes[letter])))
            for letter in over
            if not any(one.single_letter == letter and size == self.letters.sizes[letter] for size, one in axes)
        ]
        condition = None
        if said:
            condition = said[0] if len(said) == 1 else Expression("logic", ("and", *said))
        return Expression("each", (name, written, condition, *over))

    def _condition(self, condition: Condition) -> Expression:
        if isinstance(condition, Index):
            return Expression("compare", ("=", *map(self._index, _sides(condition))))
        index, size = condition
        return Expression("between", (number(0), self._index(index), number(size)))

    def _inside(self, body: Expression, elsewhere: Expression, conditions: Sequence[tuple[Index, int]]) -> Expression:
        evident = body.head == "_element" and elsewhere.head == "number"
        for index, size in conditions:
            evident = evident and any(own == index and length == size for length, own in _own_axes(body))
        if evident:
            name = body.args[0].args[0] if body.args[0].head == "symbol" else body.args[0].unicode()
            self.outside = {one for one in self.outside if one[0] != name} | {(name, elsewhere.args[0])}
            return self.written(body)
        inside: list[Expression] = []
        for index, size in conditions:
            bounds = index.bounds(self.letters.sizes)
            if bounds is None or bounds[0] < 0:
                inside.append(Expression("compare", ("≥", self._index(index), number(0))))
            if bounds is None or bounds[1] >= size:
                inside.append(Expression("compare", ("<", self._index(index), number(size))))
        condition = inside[0] if len(inside) == 1 else Expression("logic", ("and", *inside))
        return Expression("cases", (self.written(body), condition, self.written(elsewhere)))


def _sides(condition: Index) -> tuple[Index, Index]:
    """Writes a condition with its positive terms left and its negative ones right of the sign."""
    left = Index(tuple((atom, factor) for atom, factor in condition.terms if factor > 0), max(condition.constant, 0))
    right = left.minus(condition)
    return (left, right) if left.terms else (right, left)


def _own_axes(formula: Expression) -> list[tuple[int, Index]]:
    return list(zip(formula.args[1], formula.args[2:], strict=True)) if formula.head == "_element" else []


def _axes(formula: Expression) -> list[tuple[int, Index]]:
    """Returns the size and the index of each axis of all elements in an inner tree."""
    found = [axis for piece in formula.walk() for axis in _own_axes(piece)]
    inside = [atom for _, index in found for atom, _ in index.terms if atom.head == "_element"]
    return found + [axis for atom in inside for axis in _axes(atom)]


def _letters(
    writer: _Writer,
    free: Sequence[str | None],
    indices: Mapping[str, str],
    own: Sequence[str],
    formula: Expression,
    names: Collection[str],
) -> dict[str, str]:
    """Chooses the letters that are written; none of them is one of `names`."""
    symbols = {name for name in formula.names if name[:1] not in "#~$"}.union(names)
    if any(piece.head == "count" for piece in formula.walk()):
        symbols.add("n")
    chosen: dict[str, str] = {}

    def choose(letter: str, *wishes: str) -> None:
        taken = symbols | set(chosen.values())
        chosen[letter] = next(wish for wish in (*wishes, *OTHERS, *map(str.upper, OTHERS)) if wish not in taken)

    for axis, letter in enumerate(free):
        if letter is not None:
            choose(letter, *own[axis : axis + 1], *FREE[sum(one is not None for one in free[:axis]) :])
    bound = [letter for piece in formula.walk() if piece.head == "each" for letter in piece.args[3:]]
    for letter in dict.fromkeys(bound):
        wishes = [
            indices[name].split()[axis]
            for name, axis in writer.uses.get(letter, [])
            if axis < len(indices.get(name, "").split())
        ]
        choose(letter, *wishes, *(WINDOW if letter[0] == IN_WINDOW else ()))
    return chosen
