"""Says what letters stand for: how each result that has one, and no name of the program's, was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..capture.snapshot import Snapshot, TensorRecord
from ..printers.formula.expression import symbol
from .equations import Equation, Product, Remark, formula_name, numbers_text


def forward_of_letters(snapshot: Snapshot, lines: Iterable[Equation | Remark]) -> Iterator[Equation | Remark]:
    """Yields a heading and the formula of each result whose letter is in the lines; nothing if there is none."""
    names = _names_in(lines)
    equations = []
    for node in snapshot.nodes:
        output = snapshot.tensors[node.output]
        name = formula_name(output.symbol)
        is_letter = not output.named and output.symbol != output.name and output.id not in snapshot.outputs
        if is_letter and name in names and node.formula is not None:
            sides = (Product((node.formula,)),)
            equations.append(Equation(symbol(name), sides, shape_text(output), numbers_text(output.value)))
    if equations:
        yield Remark("Forward:")
        yield from equations


def shape_text(tensor: TensorRecord) -> str:
    """Writes the shape of a tensor: 2×3, or nothing for a single number."""
    return "×".join(map(str, tensor.shape))


def _names_in(lines: Iterable[Equation | Remark]) -> set[str]:
    """Returns the names of all tensors in equations, those of gradients included."""
    found: set[str] = set()
    for line in lines:
        if not isinstance(line, Equation):
            continue
        terms = [term for side in line.sides for term in (side.factors if isinstance(side, Product) else side.terms)]
        for one in (line.left, *terms):
            for piece in () if one is None else one.walk():
                if piece.head in ("symbol", "partial"):
                    found.update(piece.args)
    return found
