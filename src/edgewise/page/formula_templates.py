"""Formulas as a page gets them: each shape once, with places for names."""

from __future__ import annotations

from ..printers.formula.expression import Expression, partial, symbol
from .contract import Filled

FIRST_PLACE = 0x13000
"""Letters from here on stand for names; nobody's formulas are written in hieroglyphs."""
LONG = "_"
"""Behind a place for a name of several letters, by which a formula may need another sign between it and a number."""


class Templates:
    """Collects formulas.

    Attributes
    ----------
    templates:
        Of each its MathML and its plain text.
    names:
        Of each name its MathML and its plain text.
    """

    def __init__(self) -> None:
        self.templates: list[tuple[str, str]] = []
        self.names: list[tuple[str, str]] = []
        self._templates: dict[Expression, int] = {}
        self._names: dict[str, int] = {}
        self._gradients: dict[tuple[bool, bool, bool], int] = {}

    def filled(self, formula: Expression) -> Filled:
        """A formula as a template and names."""
        bound = {
            piece.args[i] for piece in formula.walk() if piece.head == "where" for i in range(1, len(piece.args), 2)
        }
        places: dict[str, str] = {}

        def placed(piece: Expression) -> Expression:
            if piece.head != "symbol" or piece.args[0] in bound:
                return piece.with_children(placed)
            name = piece.args[0]
            if name not in places:
                places[name] = f"{chr(FIRST_PLACE + len(places))}{'' if _is_single(name) else LONG}"
            return symbol(places[name])

        template = placed(formula)
        if template not in self._templates:
            self._templates[template] = len(self.templates)
            self.templates.append((_bare(template.mathml()), template.unicode()))
        return [self._templates[template], *map(self.name, places)]

    def gradient(self, of: str, by: str) -> Filled:
        """∂of/∂by."""
        key = (of == by, _is_single(of), _is_single(by))
        if key not in self._gradients:
            self._gradients[key] = self.filled(partial(of, by))[0]
        return [self._gradients[key], self.name(of), *([] if of == by else [self.name(by)])]

    def name(self, name: str) -> int:
        """The place of a name in `names`."""
        if name not in self._names:
            self._names[name] = len(self.names)
            written = symbol(name)
            self.names.append((_bare(written.mathml()), written.unicode()))
        return self._names[name]


def _is_single(name: str) -> bool:
    return name[:1].isalpha() and len(name.rstrip("0123456789")) == 1


def _bare(mathml: str) -> str:
    return mathml.removeprefix("<math>").removesuffix("</math>")
