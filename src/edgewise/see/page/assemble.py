"""Assembling: plain modules, a style sheet and data as one file, which a browser opens from a disk."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from functools import cache
from importlib.resources import files
from typing import Any

from ..drawing.svg import escaped

_IMPORT = re.compile(r'^import\s[^;]*?\sfrom\s+"(\.\.?/[\w/-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|class|async)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
_TYPE = re.compile(r"/\*\* @(?:type|param)(?:(?!\*/).)*\*/ ?")
_DOCUMENTATION = re.compile(r"^ *(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)

_OPTIONAL = {"page/gallery.js": "gallery", "page/neurons.js": "chain"}
"""Modules that a page needs only if its data have such a part."""

_PICTURES = __package__.rpartition(".")[0]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Edgewise">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""

_START = 'startPage(JSON.parse(document.getElementById("data").textContent), programs);\n'


def assembled(title: str, program: str, data: dict[str, Any], style: str) -> str:
    """The page. `program` is JavaScript that defines `programs` by itself; `style` comes before the page's own."""
    without = frozenset(module for module, part in _OPTIONAL.items() if not data.get(part))
    script = f"{program}\n{bundle('main.js', without=without)}\n{_START}"
    return document(title, text("page.html"), f"{style}\n{text('page.css')}", script, data)


def document(title: str, body: str, sheet: str, script: str, data: dict[str, Any], *, may_ask: bool = False) -> str:
    """A page of these parts. With `may_ask` its script may ask the server that it came from, and nobody else."""
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(sheet)}'",
            "img-src data:",
            *(["connect-src 'self'"] if may_ask else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return _PAGE.format(
        policy=policy,
        title=escaped(title),
        style=sheet,
        body=body.strip(),
        data=in_script(data),
        script=script,
    )


def in_script(data: Any) -> str:
    """Data as JSON that can't end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "replace").decode("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def text(name: str, folder: str = "page") -> str:
    """A file of the package, in this folder or another one of the pictures'."""
    return files(_PICTURES).joinpath(folder, name).read_text(encoding="utf-8")


@cache
def bundle(entry: str, folder: str = "page", *, without: frozenset[str] = frozenset()) -> str:
    """A module and all that it imports in one scope: each once, after what it needs itself.

    Without their documentation and types, which would be a fifth of a page. What modules of `without` export is
    undefined.
    """
    order: list[str] = []
    parts: dict[str, str] = {}

    def add(name: str, within: tuple[str, ...]) -> None:
        if name in within:
            raise ValueError(f"{' → '.join((*within, name))}: modules that import each other can't be inlined")
        if name in parts:
            return
        module = text(*reversed(posixpath.split(name)))
        if name in without:
            parts[name] = "".join(f"const {exported} = undefined;\n" for exported in _EXPORTED.findall(module))
            order.append(name)
            return
        for needed in _IMPORT.findall(module):
            add(posixpath.normpath(posixpath.join(posixpath.dirname(name), needed)), (*within, name))
        parts[name] = _TYPE.sub("", _EXPORT.sub("", _DOCUMENTATION.sub("", _IMPORT.sub("", module))))
        order.append(name)

    add(f"{folder}/{entry}", ())
    return "\n".join(parts[name].strip() for name in order) + "\n"
