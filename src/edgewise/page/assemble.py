"""Assembling: plain modules, a style sheet and data as one file, which a browser opens from a disk."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from ..picture.svg import escaped
from ..printers.formula.html import formula_style
from .contract import PageData, PassesData
from .packing import Bytes, as_text

_IMPORT = re.compile(r'^import\s[^;]*?\sfrom\s+"((?:\.\.?/)+[\w/-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|class|async)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_TYPE = re.compile(r"/\*\* @(?:type|param)(?:(?!\*/).)*\*/ ?")
_INDENT = re.compile(r"^ +", re.MULTILINE)
_BLANK = re.compile(r"\n{2,}")
_LINE = re.compile(r"^.+$", re.MULTILINE)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
_SPACED = re.compile(r" ?([=<>?:&|,{}]+) ?")
_DOCUMENTATION = re.compile(r"^ *(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)

_OPTIONAL = {
    "page/js/axis_labels.js": "axisLabels",
    "page/js/beside.js": "beside",
    "page/js/gallery.js": "gallery",
    "page/js/lesson.js": "story",
    "page/js/neurons.js": "chain",
    "page/js/passes.js": "passes",
    "page/js/plane.js": "chain",
}
"""Modules that a page needs only if its data have such a part."""

MOST_READABLE = 100_000
"""Longer programs are packed with the library, as nobody reads them in the file; the page shows their text too."""

MOST_BESIDE = 150_000
"""So are those beside more bytes of numbers: what is large should not be larger still."""

_WITH_ARRAYS = ("start", "update", "batches", "gallery", "recorded", "passes")
"""The parts of the data in which arrays are packed."""

_LARGE = 1_000_000

_PACKAGE = __package__.rpartition(".")[0]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Edgewise">
<title>{title}</title>
<style>{first}</style>
</head>
<body>
{body}
{parts}
{scripts}
</body>
</html>
"""

_FIRST = "#page > header, #page > main, #page > aside { visibility: hidden; } #notice { visibility: visible; }"
"""What holds until the style sheet is there; the notice says so if it never comes."""

_STYLE = (
    "base",
    "picture_area",
    "picture",
    "modules",
    "viewport",
    "equation",
    "tiles",
    "compact",
    "update",
    "player",
    "side",
    "inputs",
    "plane",
    "gallery",
    "lesson",
    "look",
    "axis_labels",
    "note",
    "passes",
    "windows",
    "wide",
)
"""The style sheets of a page, in the order in which they hold."""

_START = "startPage(edgewise.data, edgewise.programs);\n"


def assemble(title: str, program: str, data: PageData | PassesData, style: str) -> str:
    """Returns the page. `program` is JavaScript that defines `programs`; `style` comes before the page's own."""
    passes: Any = data.get("passes", ())
    owners: list[Mapping[str, Any]] = [data, *passes]
    without = frozenset(module for module, part in _OPTIONAL.items() if not any(one.get(part) for one in owners))
    library = f"{compact(bundle('page/js/main.js', without=without))}\n{_START}"
    sheet = f"{style}\n{formula_style()}{page_style()}"
    if data.get("beside"):
        sheet += f"\n{without_indents(text('page/css/beside.css'))}"
    return document(title, text("page/page.html"), sheet, library, data, program=program)


def without_indents(text: str) -> str:
    """Returns scripts or styles without the spaces that lines begin with: a thirtieth of a page.

    No text in quotes may go over several lines.
    """
    return _INDENT.sub("", text)


def compact(script: str) -> str:
    """Returns a script without indents, blank lines and spaces around signs.

    Lines with a regular expression, a division, or a text in a text stay as they are. No text in quotes may go over
    several lines.
    """
    return _LINE.sub(lambda line: _compact_line(line[0]), _BLANK.sub("\n", without_indents(script)))


def _compact_line(line: str) -> str:
    parts = _QUOTED.split(line)  # code and texts in turn
    if line.count("`") not in (0, 2) or any("/" in code for code in parts[::2]):
        return line
    parts[::2] = [_SPACED.sub(r"\1", code) for code in parts[::2]]
    return "".join(parts)


def page_style() -> str:
    """Returns the style sheets of a page as one."""
    return without_indents("\n".join(text(f"page/css/{name}.css") for name in _STYLE))


def document(
    title: str,
    body: str,
    sheet: str,
    library: str,
    data: Mapping[str, Any],
    *,
    program: str = "",
    may_ask: bool = False,
    within: Sequence[str] = (),
) -> str:
    """Returns a page of these parts. With `may_ask` its script may ask the server that it came from, and nobody else.

    A page has a policy for the frames in it, too, so that `within` has the pages that it shows in frames.

    The `program` stands in the page as it is, to be read, unless it is very long. All else is packed, which makes a
    page several times smaller: the sheet, the data, and the `library`, a script that finds the data and what the
    program defined as `edgewise.data` and `edgewise.programs`.
    """
    array_bytes = Bytes()
    data = {**data, **{name: array_bytes.taking(data[name]) for name in _WITH_ARRAYS if name in data}}
    numbers = packed_part("numbers", array_bytes.all())
    scripts = [bundle("page/js/loading.js")]
    is_apart = bool(program) and (len(program) > MOST_READABLE or len(numbers) > MOST_BESIDE)
    if is_apart:
        library = f"{program}edgewise.programs = programs;\n{library}"
    elif program:
        scripts.insert(0, f"{program}globalThis.edgewise = {{ programs }};\n")
    policy = "; ".join(
        [
            "default-src 'none'",
            _sources("script-src", map(_hash, (*scripts, library)), within),
            _sources("style-src", map(_hash, (_FIRST, sheet)), within),
            "img-src data:",
            *(["connect-src 'self'"] if may_ask else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = [
        _kept_part("style", sheet),
        packed_part("data", _json(data)),
        numbers,
        (packed_part if is_apart else _kept_part)("library", library),
    ]
    return _PAGE.format(
        policy=policy,
        title=escaped(title),
        first=_FIRST,
        body=body.strip(),
        parts="\n".join(parts),
        scripts="\n".join(f'<script type="module">{script}</script>' for script in scripts),
    )


def _sources(kind: str, own: Iterable[str], pages: Iterable[str]) -> str:
    """Returns the part of a policy that allows what has these hashes, and what the policies of some pages allow."""
    others = [hash for page in pages for hash in re.findall(f"{kind} ([^;]*);", page)[0].split()]
    return " ".join([kind, *dict.fromkeys((*own, *others))])


def _json(data: Any) -> str:
    # Data are made of parts that are made before them, so they can't hold themselves.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


def packed_part(name: str, content: str | bytes) -> str:
    """Returns an element with a text or bytes as zlib packs them (RFC 1950). What can't be encoded becomes ``?``."""
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    # Of a large text the last few percent take most of the time.
    small = zlib.compress(raw, 9 if len(raw) < _LARGE else 6)
    return f'<script type="application/octet-stream" id="{name}" data-bytes="{len(small)}">{as_text(small)}</script>'


_kept_part = cache(packed_part)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _check_once(parts: Mapping[str, str]) -> None:
    """Raises ValueError if two modules define the same name, as they share one scope."""
    first: dict[str, str] = {}
    for module, part in parts.items():
        for name in _DEFINED.findall(part):
            if name in first:
                raise ValueError(f"{first[name]} and {module} both define {name}: modules of a page share one scope")
            first[name] = module


@cache
def text(path: str) -> str:
    """Returns a file of the package, such as ``page/page.html``."""
    return files(_PACKAGE).joinpath(*path.split("/")).read_text(encoding="utf-8")


@cache
def bundle(entry: str, *, without: frozenset[str] = frozenset()) -> str:
    """Returns a module, such as ``page/js/main.js``, and all that it imports in one scope.

    Each module stands once, after those that it needs. Documentation and types, a fifth of a page, are left out. What
    modules of `without` export is undefined.
    """
    parts: dict[str, str] = {}
    _add_module(entry, (), parts, without)
    _check_once(parts)
    return "\n".join(map(str.strip, parts.values())) + "\n"


def _add_module(name: str, within: tuple[str, ...], parts: dict[str, str], without: frozenset[str]) -> None:
    """Adds a module to parts, behind those that it imports; it is imported by those that it is `within`."""
    if name in within:
        raise ValueError(f"{' → '.join((*within, name))}: modules that import each other can't be inlined")
    if name in parts:
        return
    module = text(name)
    if name in without:
        parts[name] = "".join(f"const {exported} = undefined;\n" for exported in _EXPORTED.findall(module))
        return
    for needed in _IMPORT.findall(module):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), needed))
        _add_module(path, (*within, name), parts, without)
    parts[name] = _TYPE.sub("", _EXPORT.sub("", _DOCUMENTATION.sub("", _IMPORT.sub("", module))))
