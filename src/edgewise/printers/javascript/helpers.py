"""The functions that printed code calls, from the .js files beside this one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILES = ("runtime.js", "numbers.js", "decompositions.js", "rectangles.js", "random.js")


@dataclass(frozen=True)
class Helper:
    """A function of JavaScript: its text with its documentation, without `export`, and the helpers that it calls."""

    text: str
    calls: tuple[str, ...]


@cache
def helpers() -> dict[str, Helper]:
    """All of them by name, in the order of the files."""
    texts: dict[str, str] = {}
    for file in FILES:
        source = files(__package__).joinpath(file).read_text(encoding="utf-8")
        # Each function stands at the left margin, with its documentation right above it.
        for found in re.finditer(r"(?:^/\*\*\n(?: \*.*\n)+)?^export function (\w+)[\s\S]*?\n}\n", source, re.MULTILINE):
            texts[found[1]] = found[0].replace("export function", "function", 1)
    return {name: Helper(text, _called(text, set(texts) - {name})) for name, text in texts.items()}


def needed(text: str) -> list[str]:
    """The helpers that some code calls, with those that they call, in the order of the files."""
    known = helpers()
    found: set[str] = set()
    ahead = list(_called(text, set(known)))
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += known[name].calls
    return [name for name in known if name in found]


def _called(text: str, names: set[str]) -> tuple[str, ...]:
    code = re.sub(r"/\*\*[\s\S]*?\*/|//.*", "", text)
    return tuple(sorted(names & set(re.findall(r"\b[A-Za-z]\w*\b", code))))
