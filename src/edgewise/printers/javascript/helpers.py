"""The JavaScript functions that printed code calls, from the .js files of this folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILES = ("runtime.js", "numbers.js", "matrices.js", "random.js")


@dataclass(frozen=True)
class Helper:
    """A function of JavaScript: its text with its documentation, without `export`, and the helpers that it calls."""

    text: str
    calls: tuple[str, ...]


@cache
def helpers() -> dict[str, Helper]:
    """Returns all helpers by name, in the order of the files."""
    texts: dict[str, str] = {}
    for file in FILES:
        source = files(__package__).joinpath(file).read_text(encoding="utf-8")
        # Each function starts at the left margin, directly after its documentation.
        for found in re.finditer(r"(?:^/\*\*\n(?: \*.*\n)+)?^export function (\w+)[\s\S]*?\n}\n", source, re.MULTILINE):
            texts[found[1]] = found[0].replace("export function", "function", 1)
    return {name: Helper(text, _calls_in(text, set(texts) - {name})) for name, text in texts.items()}


def needed_helpers(text: str) -> list[str]:
    """Returns the helpers that some code calls, directly or through others, in the order of the files."""
    every = helpers()
    needed: set[str] = set()
    pending = list(_calls_in(text, set(every)))
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += every[name].calls
    return [name for name in every if name in needed]


def _calls_in(text: str, names: set[str]) -> tuple[str, ...]:
    code = re.sub(r"/\*\*[\s\S]*?\*/|//.*", "", text)
    return tuple(sorted(names & set(re.findall(r"\b[A-Za-z]\w*\b", code))))
