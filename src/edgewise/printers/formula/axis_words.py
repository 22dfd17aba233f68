"""Says in words why a result has its shape: to what each of its axes belongs, and over what its sums run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from .expression import Expression
from .index_form import IndexForm

MOST_NAMED = 2
"""The most arrays that are named beside each other."""

_SIGNS = {"sum": "Σ", "prod": "∏"}


@dataclass(frozen=True, slots=True)
class Array:
    """What an array is called, and its shape."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """An axis of an array."""

    array: Array
    number: int

    @property
    def size(self) -> int:
        return self.array.shape[self.number]

    @property
    def noun(self) -> str:
        """What one of its places is called; "" where arrays have more axes than rows and columns."""
        rank = len(self.array.shape)
        return "element" if rank == 1 else ("row", "column")[self.number] if rank == 2 else ""

    @property
    def each(self) -> str:
        return self.noun or f"place along axis {self.number}"

    @property
    def all(self) -> str:
        return f"the {self.noun}s" if self.noun else f"axis {self.number}"

    @property
    def counted(self) -> str:
        noun = f"{self.noun}s (axis {self.number})" if self.noun else f"places along axis {self.number}"
        return f"the {self.size} {noun}"


_Uses = Mapping[str, Sequence[_Axis]]


def axis_words(form: IndexForm, result: Array, arrays: Mapping[Expression, Array], *, is_gradient: bool) -> str:
    """Returns the words for an index form of a `result`; "" if they say nothing of another array.

    `arrays` are the arrays in it, by what stands for them in its formulas.

    Examples
    --------
    ``W is 10×32, and so is its gradient: a row (i) for each column of z, a column (j) for each column of h. Σ runs over
    k, the 5 rows (axis 0) of z and h.``
    """
    own = _own_axes(form.letters, result, _uses(form.expression, arrays))
    formulas = (form.expression, *(right for _, right in form.definitions))
    sums = dict.fromkeys(words for formula in formulas for words in _sums(formula, _uses(formula, arrays)))
    if not own and not sums:
        return ""
    return f"{_begin(result, is_gradient)}{': ' if own else ''}{own}.{''.join(f' {one}.' for one in sums)}"


def _uses(formula: Expression, arrays: Mapping[Expression, Array]) -> _Uses:
    """Returns the axes along which each letter goes."""
    found: dict[str, list[_Axis]] = {}
    for piece in formula.walk():
        if piece.head == "element" and piece.args[0] in arrays:
            for number, index in enumerate(piece.args[1:]):
                axis = _Axis(arrays[piece.args[0]], number)
                if index.head == "symbol" and axis not in found.setdefault(index.args[0], []):
                    found[index.args[0]].append(axis)
    return found


def _begin(result: Array, is_gradient: bool) -> str:
    if prod(result.shape) == 1:
        return f"{result.name} is one number{', and so is its gradient' if is_gradient else ''}"
    if len(result.shape) == 1:
        return f"{result.name} has {result.shape[0]} elements{', and so does its gradient' if is_gradient else ''}"
    return f"{result.name} is {'×'.join(map(str, result.shape))}{', and so is its gradient' if is_gradient else ''}"


def _own_axes(letters: Sequence[str], result: Array, uses: _Uses) -> str:
    others = {
        number: axes
        for number, letter in enumerate(letters)
        if (axes := [axis for axis in uses.get(letter, ()) if axis.array != result])
    }
    alike = [axes[0].array for number, axes in others.items() if axes[0].number == number]
    if len(alike) == sum(map(bool, letters)) > 1 and {(one, one.shape) for one in alike} == {(alike[0], result.shape)}:
        return f"each element belongs to the one of {alike[0].name} at the same place"
    said: list[str] = []
    for number, axes in others.items():
        noun = _Axis(result, number).noun
        if noun:
            article = "an" if noun[0] in "aeiou" else "a"
            said.append(f"{article} {noun} ({letters[number]}) for each {_joined(axes, [one.each for one in axes])}")
        else:
            said.append(f"axis {number} ({letters[number]}) as {_joined(axes, [one.all for one in axes])}")
    return ", ".join(said)


def _sums(formula: Expression, uses: _Uses) -> Iterator[str]:
    """Says for each sum, maximum and the like over what it runs."""
    for piece in formula.walk():
        if piece.head != "each":
            continue
        said = [
            f"{letter}, {_joined(axes, [one.counted for one in axes])}"
            for letter in piece.args[3:]
            if (axes := uses.get(letter))
        ]
        if said:
            yield f"{_SIGNS.get(piece.args[0], piece.args[0])} runs over {', over '.join(said)}"


def _joined(axes: Sequence[_Axis], nouns: Sequence[str]) -> str:
    """Names axes by what their places are called, each noun once."""
    names: dict[str, list[str]] = {}
    for axis, noun in zip(axes, nouns, strict=True):
        if axis.array.name not in names.setdefault(noun, []):
            names[noun].append(axis.array.name)
    parts = [f"{noun} of {' and '.join(arrays[:MOST_NAMED])}" for noun, arrays in names.items()]
    return " and ".join(parts[:MOST_NAMED])
