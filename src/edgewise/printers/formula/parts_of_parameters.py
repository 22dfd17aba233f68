"""Names parts of parameters after what they are used for: the rows of a weight for the gate i are W_ii."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .expression import Expression, symbol
from .names import parts_of
from .renaming import rename

FIRST_PART = 0x14400
"""The code of the letter that stands for the first part until it has a name."""

Line = tuple[Expression, Expression]


class PartNames:
    """The names of parts of parameters.

    Parameters
    ----------
    stems:
        For parameters by their tensor, what the names of their parts begin with: ``"W_i"``.
    wholes:
        The name of each of these parameters.

    Attributes
    ----------
    scalars:
        Symbols of single numbers, such as d, with what they are.
    """

    def __init__(self, stems: Mapping[int, str], wholes: Mapping[int, str]) -> None:
        self._stems, self._wholes = stems, wholes
        self.scalars: dict[str, str] = {}
        self._parts: dict[str, tuple[int, int, int]] = {}
        self._names: dict[str, str] = {}
        self._labels: list[str] = []
        self._alike: list[str] = []
        self._explained: dict[str, str] = {}

    def names(self) -> list[str]:
        """Returns the symbols of all single numbers."""
        return [*self.scalars]

    def has(self, tensor: int) -> bool:
        """Says whether the parts of a tensor have names."""
        return tensor in self._stems

    def add(self, tensor: int, start: int, stop: int) -> str:
        """Returns the symbol that stands for some rows of a parameter until all is written."""
        mark = chr(FIRST_PART + len(self._parts))
        self._parts[mark] = (tensor, start, stop)
        return mark

    def explain(self, name: str, what: str) -> None:
        """Adds what a name stands for."""
        self._explained[name] = what

    def settle(self, lines: Iterable[tuple[str, Expression]]) -> None:
        """Names each part after the line that uses it."""
        for label, formula in lines:
            for mark in sorted(formula.names & self._parts.keys()):
                if mark not in self._names:
                    label = parts_of(label)[0]
                    self._names[mark] = self._stems[self._parts[mark][0]] + label
                    if label not in self._labels:
                        self._labels.append(label)

    def written(self, formula: Expression) -> Expression:
        """Returns a formula with the names of parts."""
        return rename(formula, self._names)

    def without_alike(self, lines: Sequence[Line]) -> list[Line]:
        """Returns lines without the gradients of parts that differ from an earlier one only in the label."""
        parts = set(self._names.values())
        shown: list[Line] = []
        patterns: set[Line] = set()
        for left, right in lines:
            by = left.args[1].args[0] if left.head == "partial" else ""
            if by in parts:
                label = next(one for one in self._labels if by.endswith(one))
                new = {f"{stem}{label}": f"{stem}*" for stem in [*self._stems.values(), "δ_"]}
                pattern = (rename(left, new), rename(right, {**new, label: "*"}))
                if pattern in patterns:
                    self._alike.append(label)
                    continue
                patterns.add(pattern)
            shown.append((left, right))
        return shown

    def remarks(self) -> list[str]:
        """Returns what the names mean."""
        found = [f"{symbol(name).unicode()} = {what}" for name, what in {**self.scalars, **self._explained}.items()]
        for tensor, whole in self._wholes.items():
            own = sorted((start, mark) for mark, (one, start, _) in self._parts.items() if one == tensor)
            names = list(dict.fromkeys(self._names[mark] for _, mark in own if mark in self._names))
            if len(names) > 1:
                found.append(f"{symbol(whole).unicode()} holds {_listed(names)}, one below the other")
        return found

    def remarks_back(self) -> list[str]:
        """Returns which gradients are not written, as they are like others."""
        labels = list(dict.fromkeys(self._alike))
        return [f"the gradients of the parts for {_listed(labels)} are alike"] if labels else []


def _listed(names: Sequence[str]) -> str:
    written = [symbol(name).unicode() for name in names]
    return f"{', '.join(written[:-1])} and {written[-1]}" if len(written) > 1 else written[0]
