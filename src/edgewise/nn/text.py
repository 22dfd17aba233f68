"""How a module looks when it is printed."""

from __future__ import annotations

from collections.abc import Iterable


def module_text(kind: str, settings: str, parts: Iterable[tuple[str, str]]) -> str:
    """The module's name, its settings, and its parts on indented lines of their own."""
    lines = [f"({name}): {_indented(text)}" for name, text in parts]
    head = settings.split("\n") if settings else []
    if not lines and len(head) <= 1:
        return f"{kind}({settings})"
    return f"{kind}(\n  " + "\n  ".join([*(_indented(line) for line in head), *lines]) + "\n)"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def collapsed(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Numbered parts with runs of equal ones written once, as in ``(0-2): 3 x Linear(...)``."""
    runs: list[tuple[str, str, int, str]] = []
    for name, text in parts:
        if runs and runs[-1][3] == text:
            first, _, times, _ = runs[-1]
            runs[-1] = (first, name, times + 1, text)
        else:
            runs.append((name, name, 1, text))
    return [(f"{a}-{b}", f"{times} x {text}") if times > 1 else (a, text) for a, b, times, text in runs]


def called(value: object) -> str:
    """What a value is, in words; the library too, if it is a class of another one."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    library = type(value).__module__.partition(".")[0]
    return f"a {type(value).__name__}" + (f" of {library}" if library == "torch" else "")
