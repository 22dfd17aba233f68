"""Rearranges the operations of a composite as textbooks do, without changing what they compute.

A part of a sum is the sum of the parts, a part of x · Wᵀ + b is x times some rows of W: so each gate of a recurrent
layer has its own weights. An axis that is divided and put before another one, as that of the heads of attention, is
split, and put back it is joined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import prod

from .composite import Piece, PieceDerivative
from .expression import Expression, call, number, symbol
from .parts_of_parameters import PartNames

Range = tuple[int, int]
"""From where until where along an axis; of one step along the first axis, its number and 0."""

_SAME = PieceDerivative(False, symbol("g"), symbol("g"))


class Rearrangement:
    """Rearranges pieces.

    Parameters
    ----------
    pieces:
        The operations, in the order in which they ran.
    shapes:
        The shape of each tensor; those of new tensors are added.
    names:
        The name of each tensor that has one; those of new tensors are added.
    fixed:
        The tensors that stay: those with a name, and those that are used elsewhere.
    parts:
        The names of parts of parameters.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        shapes: dict[int, tuple[int, ...]],
        names: dict[int, str],
        fixed: Collection[int],
        parts: PartNames,
    ) -> None:
        self.shapes, self.names, self.fixed, self.parts = shapes, names, fixed, parts
        self.makers: dict[int, Piece] = {}
        self.pieces: list[Piece] = []
        self._parts: dict[tuple[int, Range, int], int | None] = {}
        for piece in pieces:
            self._add(self._split(piece) or self._joined(piece) or self._part_of(piece) or piece)

    def result(self) -> list[Piece]:
        """Returns the pieces that the fixed tensors need."""
        needed = set(self.fixed)
        found = []
        for piece in reversed(self.pieces):
            if piece.output in needed:
                found.append(piece)
                needed.update(tensor for _, tensor in piece.inputs)
        return found[::-1]

    def _add(self, piece: Piece) -> None:
        self.makers[piece.output] = piece
        self.pieces.append(piece)

    # Heads --------------------------------------------------------------------------------------------------------

    def _only_input(self, piece: Piece | None, head: str) -> int | None:
        """Returns the input of a piece of one input with a formula of this kind."""
        if piece is None or len(piece.inputs) != 1:
            return None
        kind = piece.forward.args[0] if piece.forward.head == "call" else piece.forward.head
        return piece.inputs[0][1] if kind == head else None

    def _maker(self, tensor: int | None) -> Piece | None:
        return None if tensor is None or tensor in self.fixed else self.makers.get(tensor)

    def _split(self, piece: Piece) -> Piece | None:
        """Returns a piece that splits the last axis, for a reshape and an exchange of axes."""
        divided = self._only_input(piece, "permute")
        source = self._only_input(self._maker(divided), "reshape")
        if source is None or divided is None:
            return None
        whole, parts, result = (self.shapes[one] for one in (source, divided, piece.output))
        size = len(whole)
        if parts[:-2] != whole[:-1] or prod(parts[-2:]) != whole[-1] or piece.forward.args[1] != _swap(size + 1):
            return None
        del result
        return _one_to_one(piece, source, "split", "join")

    def _joined(self, piece: Piece) -> Piece | None:
        """Returns a piece that joins what was split."""
        exchanged = self._only_input(piece, "reshape")
        maker = self._maker(exchanged)
        source = self._only_input(maker, "permute")
        if source is None or exchanged is None or maker is None:
            return None
        parts, whole = self.shapes[exchanged], self.shapes[piece.output]
        is_joined = parts[:-2] == whole[:-1] and prod(parts[-2:]) == whole[-1]
        if not is_joined or maker.forward.args[1] != _swap(len(parts)):
            return None
        return _one_to_one(piece, source, "join", "split")

    # Parts --------------------------------------------------------------------------------------------------------

    def _part_of(self, piece: Piece) -> Piece | None:
        """Returns a piece that computes a part directly, for one that takes a part of a result."""
        if len(piece.inputs) != 1 or piece.forward.head != "index":
            return None
        tensor = piece.inputs[0][1]
        maker = self._maker(tensor)
        *others, last = piece.forward.args[1:]
        part = None
        if maker is not None and last.head == "number" and not others:
            part = self._part(tensor, (int(last.args[0]), 0), 0)
        elif last.head == "slice" and all(one.head == "all" for one in others):
            start, stop, step = last.args
            axis = -1 if others else 0
            where = (start or 0, self.shapes[tensor][axis] if stop is None else stop)
            if step in (None, 1) and (maker is not None or self.parts.has(tensor)):
                part = self._part(tensor, where, axis)
        made = None if part is None else self.makers.get(part)
        if part is None:
            return None
        if made is None:
            return Piece((("x", part),), piece.output, symbol("x"), {"x": _SAME})
        self.pieces.remove(made)
        return replace(made, output=piece.output)

    def _part(self, tensor: int, where: Range, axis: int) -> int | None:
        """Returns the tensor that is a part of another one along an axis; None if it can't be computed directly."""
        key = (tensor, where, axis)
        if key not in self._parts:
            self._parts[key] = self._new_part(tensor, where, axis)
        return self._parts[key]

    def _new_part(self, tensor: int, where: Range, axis: int) -> int | None:
        maker = self._maker(tensor)
        if maker is None or (axis == 0 and len(self.shapes[tensor]) == 1):
            return self._leaf(tensor, where, axis)
        if maker.elementwise:
            inputs = [self._part_of_input(one, where, axis, self.shapes[tensor]) for _, one in maker.inputs]
        else:
            inputs = self._parts_of_product(maker, where, axis)
        if any(one is None for one in inputs):
            return None
        names = [name for name, _ in maker.inputs]
        given = tuple((name, one) for name, one in zip(names, inputs, strict=True) if one is not None)
        made = self._new(self.shapes[tensor], where, axis)
        derivatives = maker.derivatives
        if axis == 0:
            derivatives = {name: _with_one_axis_less(one) for name, one in derivatives.items()}
        self._add(replace(maker, inputs=given, output=made, derivatives=derivatives))
        return made

    def _part_of_input(self, tensor: int, where: Range, axis: int, whole: tuple[int, ...]) -> int | None:
        """Returns the part of an operand that is used element by element; all of it where it is repeated."""
        shape = self.shapes[tensor]
        is_repeated = not shape or shape[axis] != whole[axis] or (axis == 0 and len(shape) < len(whole))
        return tensor if is_repeated else self._part(tensor, where, axis)

    def _parts_of_product(self, piece: Piece, where: Range, axis: int) -> list[int | None]:
        """Returns the inputs of the part of a product x · Wᵀ, or with a bias added.

        Some columns need some rows of W, and of the bias; one step along the first axis needs that step of x.
        """
        terms = piece.forward.args if piece.forward.head == "add" else (piece.forward,)
        axes: dict[str, int | None] = {}
        for term in terms:
            if term.head == "symbol":
                axes[term.args[0]] = -1
            elif term.head == "matmul" and all(one.head in ("symbol", "transpose") for one in term.args):
                *before, last = term.args
                axes |= {name: None for one in before for name in one.names}
                axes |= dict.fromkeys(last.names, 0 if last.head == "transpose" else -1)
            else:
                return [None]
        if axis == 0:
            axes = {name: 0 if own is None else None for name, own in axes.items()}
        return [
            tensor if (own := axes.get(name)) is None else self._part(tensor, where, own)
            for name, tensor in piece.inputs
        ]

    def _leaf(self, tensor: int, where: Range, axis: int) -> int | None:
        """Returns a part of a tensor from elsewhere: of a parameter by its own name, if its parts have names."""
        if where == (0, self.shapes[tensor][axis]):
            return tensor
        made = self._new(self.shapes[tensor], where, axis)
        if axis == 0 and not where[1]:
            return self._step(tensor, where[0], made)
        if self.parts.has(tensor):
            self.names[made] = self.parts.add(tensor, *where)
            return made
        rows = Expression("slice", (where[0] or None, where[1] if where[1] < self.shapes[tensor][axis] else None, None))
        rank = len(self.shapes[tensor])
        all_axes = (Expression("all", (True,)),) if axis == -1 and rank > 1 else ()
        index = (*all_axes, rows)
        forward = Expression("index", (symbol("x"), *index))
        back = Expression("at", (symbol("g"), number(0), *index))
        self._add(Piece((("x", tensor),), made, forward, {"x": PieceDerivative(False, back, back)}))
        return made

    def _step(self, tensor: int, step: int, made: int) -> int:
        """Makes a tensor one step of another: x₂ is x[1], as steps are numbered from 1."""
        whole = self.names.get(tensor, "")
        name = f"{whole}{step + 1}"
        if len(whole) == 1 and step >= 0 and name not in self.names.values():
            self.names[made] = name
            self.parts.explain(name, f"{whole}[{step}]")
            return made
        key = (number(step),)
        back = Expression("at", (symbol("g"), number(0), *key))
        forward = Expression("index", (symbol("x"), *key))
        self._add(Piece((("x", tensor),), made, forward, {"x": PieceDerivative(False, back, back)}))
        return made

    def _new(self, shape: tuple[int, ...], where: Range, axis: int) -> int:
        made = min([0, *self.shapes]) - 1
        sizes = list(shape)
        sizes[axis : axis + 1 or None] = [where[1] - where[0]] if where[1] else []
        self.shapes[made] = tuple(sizes)
        return made


def _with_one_axis_less(derivative: PieceDerivative) -> PieceDerivative:
    """Returns the derivative for arrays without the first axis: sums over it are left out."""

    def without(formula: Expression) -> Expression:
        formula = formula.with_children(without)
        if formula.head != "over" or formula.args[0] != "sum" or not formula.args[1]:
            return formula
        axes = formula.args[1][:-1]
        inner: Expression = formula.args[2]
        return Expression("over", ("sum", axes, inner)) if axes else inner

    summed = tuple(axis - 1 for axis in derivative.summed if axis)
    return replace(
        derivative,
        expression=without(derivative.expression),
        by_output=without(derivative.by_output),
        summed=summed,
    )


def _swap(rank: int) -> tuple[int, ...]:
    """Returns the order of axes that puts the last axis but one before the one before it."""
    return (*range(rank - 3), rank - 2, rank - 3, rank - 1)


def _one_to_one(piece: Piece, source: int, name: str, inverse: str) -> Piece:
    back = call(inverse, symbol("g"))
    return Piece((("x", source),), piece.output, call(name, symbol("x")), {"x": PieceDerivative(False, back, back)})


def size_of_last_axis(shapes: Mapping[int, tuple[int, ...]], tensor: int) -> int | None:
    """Returns the size of a tensor's last axis; None if it has none."""
    shape = shapes.get(tensor, ())
    return shape[-1] if shape else None
