"""Formulas as a page gets them: each shape once, with places for names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial as bound
from typing import TypeVar

from ..printers.formula.expression import Expression, partial, symbol
from ..printers.formula.pattern import COUNTING, Pattern, place, place_index, with_symbols
from .contract import Filled, OperandData, compact
from .products import Operand, names_of_values, operands_of

ResultT = TypeVar("ResultT")

LONG = "_"
"""Behind a place for a name of several letters, by which a formula may need another sign between it and a number."""


class _Shape:
    """A formula with places for names, and its templates by which of the names are single letters."""

    __slots__ = ("has_elements", "templates")

    def __init__(self, formula: Expression) -> None:
        self.has_elements = any(piece.head == "element" for piece in formula.walk())
        self.templates: dict[tuple[bool, ...], int] = {}


class Templates:
    """Collects formulas.

    Attributes
    ----------
    templates:
        Of each its MathML and its plain text.
    names:
        Of each name its MathML and its plain text.
    values:
        Of each template the places of names that stand for values: all but those in gradients.
    products:
        The operands of those templates that are products of arrays.
    """

    def __init__(self) -> None:
        self.templates: list[tuple[str, str]] = []
        self.names: list[tuple[str, str]] = []
        self.values: list[list[int]] = []
        self.products: dict[int, list[OperandData]] = {}
        self._shapes: dict[Expression, _Shape] = {}
        self._by_object: dict[int, tuple[Expression, _Shape]] = {}
        self._places = _Known(bound(_add_name, self.names))
        self._singles, self._letters = _Known(_is_single), _Known(_is_letter)
        self._gradients: dict[tuple[bool, bool, bool], int] = {}

    def filled(self, formula: Pattern) -> Filled:
        """Returns a formula as a template and names."""
        shape = self._shape_of(formula.formula)
        is_single = self._letters if shape.has_elements else self._singles
        singles = tuple(map(is_single.__getitem__, formula.names))
        template = shape.templates.get(singles)
        if template is None:
            template = shape.templates[singles] = self._add(formula, singles)
        return [template, *map(self._places.__getitem__, formula.names)]

    def _shape_of(self, formula: Expression) -> _Shape:
        """Returns what is known of a formula with places. Equal ones are mostly one object, which is found first."""
        known = self._by_object.get(id(formula))
        if known is None:
            shape = self._shapes.setdefault(formula, _Shape(formula))
            known = self._by_object[id(formula)] = formula, shape
        return known[1]

    def _add(self, formula: Pattern, singles: tuple[bool, ...]) -> int:
        """Adds a template, and returns its place."""
        place = len(self.templates)
        template = _with_lengths(formula.formula, singles)
        self.templates.append((_bare(template.mathml()), template.unicode()))
        self.values.append(sorted(map(place_index, names_of_values(formula.formula) - {COUNTING})))
        operands = operands_of(formula.formula)
        if operands is not None:
            self.products[place] = [self._operand(one, formula.names) for one in operands]
        return place

    def _operand(self, operand: Operand, names: Sequence[str]) -> OperandData:
        """Returns an operand of the formula that has these names."""
        own = Pattern.of(operand.formula)
        used = [place_index(name) for name in own.names]
        template = self.filled(Pattern(own.formula, tuple(names[i] for i in used)))[0]
        shape = operand.formula.head
        return compact(
            OperandData(
                formula=[template, *used],
                sign=operand.sign,
                contracts=operand.contracts,
                isGradient=operand.array.head == "partial",
                order=list(operand.formula.args[1]) if shape == "permute" else None,
                isTransposed=shape == "transpose",
            )
        )

    def gradient(self, of: str, by: str) -> Filled:
        """Returns ∂of/∂by."""
        key = (of == by, self._singles[of], self._singles[by])
        if key not in self._gradients:
            self._gradients[key] = self.filled(Pattern.of(partial(of, by)))[0]
        place = self._gradients[key]
        return [place, self._places[of]] if of == by else [place, self._places[of], self._places[by]]

    def name(self, name: str) -> int:
        """Returns the place of a name in `names`."""
        return self._places[name]


def _add_name(names: list[tuple[str, str]], name: str) -> int:
    """Adds a name as it is written, and returns its place."""
    written = symbol(name)
    names.append((_bare(written.mathml()), written.unicode()))
    return len(names) - 1


class _Known(dict[str, ResultT]):
    """The results of a function for names, each computed when it is first looked up."""

    def __init__(self, function: Callable[[str], ResultT]) -> None:
        self._function = function

    def __missing__(self, name: str) -> ResultT:
        found = self[name] = self._function(name)
        return found


def _with_lengths(formula: Expression, singles: Sequence[bool]) -> Expression:
    """Returns a pattern's formula with a sign at each place for a name of several letters."""
    places = [place(i).args[0] for i in range(len(singles))]
    longer = {name: symbol(name + LONG) for name, single in zip(places, singles, strict=True) if not single}
    return with_symbols(formula, longer.get)


def _is_single(name: str) -> bool:
    return name[:1].isalpha() and len(name.rstrip("0123456789")) == 1


def _is_letter(name: str) -> bool:
    """Says whether a name is one letter without digits, below which the indices of an element are written."""
    return _is_single(name) and not name[-1:].isdigit()


def _bare(mathml: str) -> str:
    return mathml.removeprefix("<math>").removesuffix("</math>")
