"""The letters that number elements, while the formula of one element is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .indices import Index


class UnknownElementError(Exception):
    """Raised where an element does not come from elements of the operands in a way that can be written."""


class SplitError(Exception):
    """Asks for two letters in place of one, which numbers the elements of several axes at once."""

    def __init__(self, letter: str, size: int) -> None:
        super().__init__(letter, size)
        self.letter, self.size = letter, size


class Letters:
    """The letters of one formula: how many values each has."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.unsplit: set[str] = set()
        self.lookups = 0
        self._made: dict[Any, str] = {}

    def of(self, key: Any, size: int) -> str:
        """Returns the letter for a key, always the same, which takes `size` values."""
        if key not in self._made:
            self._made[key] = f"#{len(self._made)}"
        letter = self._made[key]
        self.sizes[letter] = size
        return letter


def letters_of(shape: Sequence[int], letters: Letters) -> Iterator[Index]:
    """Yields an index for each axis of a result."""
    for axis, size in enumerate(shape):
        yield Index() if size == 1 else Index.letter(letters.of(("result", axis), size))
