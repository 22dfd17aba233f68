"""Writes docs/reference.md and docs/reference/ from the docstrings and signatures of the public names."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import edgewise

DOCS = Path(__file__).parent

PARTS = (
    ("edgewise", "Tensors, functions, and the switches of recording. Names and meaning are PyTorch's."),
    ("edgewise.autograd", None),
    ("edgewise.linalg", None),
    ("edgewise.nn", None),
    ("edgewise.nn.functional", None),
    ("edgewise.nn.init", None),
    ("edgewise.optim", None),
    ("edgewise.optim.lr_scheduler", None),
    ("edgewise.data", None),
    ("edgewise.training", None),
    ("edgewise.program", None),
    ("edgewise.api.picture", None),
    ("edgewise.api.watch", None),
    ("edgewise.run", None),
    ("edgewise.lab", None),
)

OPENING = """\
# Reference

Every public name, from its docstring. `help(name)` shows the same in Python. `edgewise.array_api` has the functions of
the [Array API standard](https://data-apis.org/array-api/2024.12/API_specification/), with the standard's meaning.

In signatures, `TensorLike` is whatever becomes a tensor: a tensor, an array, a number, or nested lists of numbers.

"""


def pages() -> dict[str, str]:
    """The text of every page, by its path in docs/."""
    made: dict[str, str] = {}
    contents = []
    seen: set[int] = set()
    for name, about in PARTS:
        module = importlib.import_module(name)
        if about is None:
            about = _tidy((inspect.getdoc(module) or "").partition("\n\n")[0].replace("\n", " "))
        path = f"reference/{name}.md"
        made[path] = f"# {name}\n\n{about}\n\n[All modules](../reference.md)\n\n{_names(module, seen)}"
        contents.append(f"- [{name}]({path}): {about}")
    made["reference.md"] = OPENING + "\n".join(contents) + "\n"
    return made


def entries() -> Iterator[tuple[str, str, Any]]:
    """Module, name and value of everything on the page."""
    seen: set[int] = set()
    for part, _ in PARTS:
        for name, value in _public(importlib.import_module(part)):
            if id(value) not in seen:
                seen.add(id(value))
                yield part, name, value


def _names(module: ModuleType, seen: set[int]) -> str:
    """Everything a module offers that no page had before."""
    values = dict(_public(module))
    names: dict[int, list[str]] = {}
    for name, value in values.items():
        names.setdefault(id(value), []).append(name)
    lines: list[str] = []
    again: list[str] = []
    for known in names.values():
        own = getattr(values[known[0]], "__name__", known[0])
        name = own if own in known else known[0]
        if id(values[name]) in seen:
            again += known
            continue
        seen.add(id(values[name]))
        lines += _entry(name, values[name], [other for other in known if other != name])
    if again:
        lines += ["## The same as elsewhere", "", ", ".join(f"`{name}`" for name in again), ""]
    return "\n".join(lines)


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module offers, in alphabetical order; not modules, nor what it only uses.

    Offered is what is in its `__all__`, or without one, defined there or imported under an explicit name (`as`).
    """
    offered = getattr(module, "__all__", None)
    if offered is None:
        offered = _defined(module)
    for name in sorted(set(offered), key=lambda name: (name.lower(), name)):
        value = vars(module).get(name)
        if name.startswith("_") or not callable(value) or isinstance(value, ModuleType):
            continue
        if getattr(value, "__module__", "").startswith("edgewise"):
            yield name, value


def _defined(module: ModuleType) -> Iterator[str]:
    """The names that a module's source defines, or imports as themselves to pass them on."""
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, ast.ImportFrom):
            yield from (alias.asname for alias in statement.names if alias.asname is not None)
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _entry(name: str, value: Any, aliases: list[str]) -> list[str]:
    kind = "class " if inspect.isclass(value) else ""
    doc = inspect.getdoc(value) if _own_doc(value) else None
    result = [f"## {name}", "", _code(f"{kind}{name}{_signature(value)}"), ""]
    if aliases:
        result += [f"Also as {', '.join(f'`{alias}`' for alias in aliases)}.", ""]
    if doc:
        result += [_sections(doc), ""]
    if inspect.isclass(value):
        result += _members(value)
    return result


def _members(kind: type) -> list[str]:
    """The methods and properties of a class, a line for each; those that are functions too, in one line together."""
    functions = {id(value) for value in vars(edgewise).values() if inspect.isfunction(value)}
    lines = []
    shared = []
    for name, member in _methods(kind):
        summary = _tidy((inspect.getdoc(member) or "").partition("\n\n")[0].replace("\n", " "))
        if id(member) in functions:
            shared.append(f"`{name}`")
        elif name not in _HOUSEKEEPING:
            call = "" if isinstance(member, property) else _signature(member, method=True)
            lines.append(f"- `{name}{call}`: {summary}")
    if shared:
        lines += ["", f"Functions that are methods too, with this tensor as their first argument: {', '.join(shared)}."]
    return [*lines, ""] if lines else []


def _own_doc(value: Any) -> bool:
    return not inspect.isclass(value) or "__doc__" in vars(value)


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    """The documented methods and properties of a class, inherited ones too if from a private part of it."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        private = base is kind or base.__name__.startswith("_") or base.__name__ in _PARTS.get(kind.__name__, ())
        if private and base.__module__.startswith("edgewise") and not issubclass(base, BaseException):
            found.update({name: value for name, value in vars(base).items() if not name.startswith("_")})
    for name in sorted(found):
        value = found[name]
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        if (isinstance(value, property) or inspect.isfunction(value)) and inspect.getdoc(value):
            yield name, value


_HOUSEKEEPING = {"forward", "extra_repr"}
_PARTS = {"Tensor": {"Operators", "Methods", "InPlace", "Conversions", "Display"}, "Module": {"State"}}


def _signature(value: Any, method: bool = False) -> str:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    parameters = list(signature.parameters.values())
    if method:
        parameters = parameters[1:]
    returns = inspect.Signature.empty if inspect.isclass(value) else signature.return_annotation
    # Annotations are strings, as the source has them; shown without the quotes.
    shown = [p.replace(annotation=_Shown(p.annotation)) if p.annotation is not p.empty else p for p in parameters]
    returned = returns if returns is inspect.Signature.empty else _Shown(returns)
    text = str(signature.replace(parameters=shown, return_annotation=returned))
    return re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "...", text)


class _Shown:
    """An annotation whose representation is its source."""

    def __init__(self, annotation: Any) -> None:
        source = getattr(annotation, "__forward_arg__", annotation)
        self.text = source if isinstance(source, str) else inspect.formatannotation(source)

    def __repr__(self) -> str:
        return self.text


def _code(text: str) -> str:
    if len(text) <= 110:
        return f"`{text}`"
    return "```text\n" + "\n".join(textwrap.wrap(text, 110, subsequent_indent="    ")) + "\n```"


_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def _sections(doc: str) -> str:
    """A docstring in Markdown: NumPy-style sections as lists, examples as blocks."""
    pieces = _HEADING.split(doc)
    parts = [_blocks(_tidy(pieces[0].strip()))]
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(f"**{heading}**")
        parts.append(_blocks(body.strip()) if heading == "Examples" else _items(body))
    return "\n\n".join(part for part in parts if part)


def _items(body: str) -> str:
    body = textwrap.dedent(body).strip("\n")
    lines: list[str] = []
    if not re.search(r"^\S.*\n {4}", body, re.MULTILINE):
        return _tidy(body)
    for line in body.splitlines():
        if not line.startswith(" ") and line:
            name = line.rstrip(":")
            lines.append(f"- `{name}`:" if re.fullmatch(r"[\w*, .:|\[\]]+", name) else f"- {_tidy(name)}:")
        else:
            lines.append("  " + _tidy(line.strip()) if line.strip() else "")
    return "\n".join(lines)


def _blocks(text: str) -> str:
    """Examples, and blocks introduced by a double colon, in fences."""
    parts: list[str] = []
    for paragraph in re.split(r"\n{2,}", text):
        if paragraph.lstrip().startswith(">>>"):
            parts.append("```pycon\n" + textwrap.dedent(paragraph) + "\n\n```")
        elif paragraph.startswith("    "):
            parts.append("```text\n" + textwrap.dedent(paragraph) + "\n```")
        else:
            parts.append(re.sub(r"::$", ":", paragraph))
    return "\n\n".join(parts)


def _tidy(text: str) -> str:
    """Sphinx's roles and double backticks as Markdown's code."""
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def main() -> None:
    (DOCS / "reference").mkdir(exist_ok=True)
    for old in (DOCS / "reference").glob("*.md"):
        old.unlink()
    for path, text in pages().items():
        (DOCS / path).write_text(text, encoding="utf-8")
    print(f"written to {DOCS / 'reference'}")


if __name__ == "__main__":
    main()
