"""Reads printed formulas of single elements back, letter by letter, and computes them with NumPy.

The conventions: a letter below a sum sign takes all values that number the axis where it stands alone, unless a bound
is written; an element outside an array counts as 0, or as what is said beside the formula.
"""

from __future__ import annotations

import itertools
import math
import re

import numpy as np

from .latex_reader import from_latex
from .reader import _COMPARISONS, UnreadableError, _Reader

_OVER = {"Σ": sum, "Π": math.prod, "max": max, "min": min, "any": any, "all": all}


def computed_element(text, definitions, values, letters, outside=()):
    """What a formula says for these numbers in place of its letters.

    `definitions` are pairs of texts, such as ``("p[i, j]", "exp(x[i, j])")``, of which the last ones are needed first.
    """
    values = dict(values)
    for left, right in reversed(definitions):
        name, _, inside = left.partition("[")
        own = [letter for letter in re.split(r"[, \]]+", inside) if letter]
        sizes = [_size_of(right, letter, values) for letter in own]
        array = np.zeros(sizes)
        for place in np.ndindex(*sizes):
            array[place] = _Elements(right, values, dict(zip(own, place, strict=True)), dict(outside)).whole()
        values[name] = array if own else array[()]
    return _Elements(text, values, letters, dict(outside)).whole()


def element_from_latex(text):
    """LaTeX as the line of text that means the same: subscripts of elements are brackets again."""
    return from_latex(_bracketed(text))


def _bracketed(text):
    out, at = [], 0
    while at < len(text):
        if text.startswith("_{", at) and not re.match(r"_\{(\d+|\\text\{ax.*?\})\}", text[at:]):
            depth, end = 1, at + 2
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            out.append(f"[{_bracketed(text[at + 2 : end - 1])}]")
            at = end
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def _size_of(text, letter, values):
    """How many elements the axis has that a letter alone numbers in some array of the text."""
    for name, array in values.items():
        if not np.ndim(array) or not isinstance(name, str):
            continue
        for found in re.finditer(rf"(?<![\ŵ]){re.escape(name)}\[", text):
            for axis, part in enumerate(_parts(text, found.end())):
                if part.strip() == letter:
                    return np.shape(array)[axis]
    raise UnreadableError(f"nothing says how far {letter} runs in {text}")


def _parts(text, at):
    depth, parts = 1, [""]
    while depth:
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if text[at] == "," and depth == 1:
            parts.append("")
        elif depth:
            parts[-1] += text[at]
        at += 1
    return parts


class _Elements(_Reader):
    def __init__(self, text, values, letters, outside):
        super().__init__(text, values)
        self.text, self.letters, self.outside = text, dict(letters), outside
        if clash := self.letters.keys() & values.keys():
            raise ValueError(f"{clash} are letters and arrays in {text}")

    def atom(self):
        token = self.peek()
        if token in self.values and np.ndim(self.values[token]):
            self.take()
            return self._element(token)
        if token in self.letters and token not in self.values:
            self.take()
            return self.letters[token]
        return super().atom()

    def _element(self, name):
        array = self.values[name]
        self.take("[")
        place = [int(self.sum())]
        while self.peek() == ",":
            self.take()
            place.append(int(self.sum()))
        self.take("]")
        if len(place) != np.ndim(array):
            raise ValueError(f"{name} has {np.ndim(array)} axes, not {len(place)}, in {self.text}")
        if isinstance(self.letters, _Anything):
            return 0.0
        if all(0 <= i < size for i, size in zip(place, array.shape, strict=True)):
            return array[tuple(place)]
        return self.outside.get(name, math.nan)  # NaN is no result, unless in a case that is not chosen

    def relation(self):
        left, holds = self.sum(), None
        while self.peek() in _COMPARISONS:
            sign, right = _COMPARISONS[self.take()], self.sum()
            holds = bool(sign(left, right)) and holds is not False
            left = right
        if self.peek() == "is":
            return bool(self.nan_question(left))
        return left if holds is None else holds

    def call(self, name):
        if self.peek() == "[" and name in _OVER:
            self.take()
            over, sizes = [], []
            while True:
                over.append(self.take())
                sizes.append(None)
                if self.peek() == "<":
                    self.take()
                    sizes[-1] = int(self.take())
                if self.peek() != ",":
                    break
                self.take()
            return self._over(name, over, sizes)
        return super().call(name)

    def _over(self, name, over, sizes):
        start = self.at
        rest = self.text
        sizes = [_size_of(rest, letter, self.values) if n is None else n for letter, n in zip(over, sizes, strict=True)]
        found, end = [], start
        before = dict(self.letters)
        for place in itertools.product(*map(range, sizes)):
            self.letters = {**before, **dict(zip(over, place, strict=True))}
            self.at = start
            holds = True
            while self.peek() in (":", ","):
                self.take()
                holds = bool(self.relation()) and holds
            self.take("]")
            if holds:
                found.append(self.term() if name in "ΣΠ" else self.atom())
                end = self.at
        if not found:
            self.at = start
            self._skip(name)
            end = self.at
        self.letters, self.at = before, end
        return _OVER[name](found)

    def _skip(self, name):
        """Goes past conditions and the body without computing them."""
        depth = 1
        while depth:
            depth += {"[": 1, "]": -1}.get(self.take(), 0)
        self.letters = _Anything(self.letters)
        self.outside = _Anything(self.outside)
        if name in "ΣΠ":
            self.term()
        else:
            self.atom()
        self.outside = dict(self.outside)


class _Anything(dict):
    def __contains__(self, key):
        return (isinstance(key, str) and len(key) == 1 and key.isalpha() and key.islower()) or super().__contains__(key)

    def __missing__(self, key):
        return 0
