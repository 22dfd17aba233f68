"""How Sphinx makes the site: the guide, the course with its live pages, and the reference.

`make site` runs it. In a page, ``<!-- live: name -->`` becomes a live page of course/pages.py,
``<!-- picture: name -->`` one of its pictures, and ``<!-- source: path -->`` the text of a file. Each is made when the
site is built, and each example of the course is run then.
"""

from __future__ import annotations

import doctest
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "course"))

import pages  # noqa: E402

import edgewise  # noqa: E402

project = "Edgewise"
version = release = edgewise.__version__
language = "en"

extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
source_suffix = {".md": "markdown"}
exclude_patterns = ["theme"]
suppress_warnings = ["myst.header", "toc.not_included"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "Edgewise"
html_static_path = ["theme"]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
# A host of its own, or a folder: nothing is asked of any other host.
html_theme_options = {"top_of_page_buttons": [], "navigation_with_keys": False}

LIVE = "_live"

_MARK = re.compile(r"^<!-- (live|picture|source): (\S+) -->$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*?$", re.MULTILINE | re.DOTALL)
_CHAPTER = re.compile(r"^\d+\. \[[^]]+\]\((\w[\w-]*)\.md\)", re.MULTILINE)
_LISTED = re.compile(r"^(?:\d+\.|-) \[[^]]+\]\((\w[\w/-]*)\.md\)", re.MULTILINE)


class Marks:
    """Puts pages, pictures and files into the text of a page."""

    def __init__(self, out: Path) -> None:
        self.out = out / LIVE
        self.out.mkdir(parents=True, exist_ok=True)

    def replaced(self, name: str, text: str) -> str:
        """Returns the text of the page `name` with all marks replaced."""
        up = "../" * name.count("/")
        return _MARK.sub(lambda mark: self._made(mark[1], mark[2], up, (DOCS / name).parent), text)

    def _made(self, kind: str, name: str, up: str, folder: Path) -> str:
        if kind == "source":
            return f"```python\n{(folder / name).read_text('utf-8')}```"
        if kind == "picture":
            picture, about = pages.PICTURES[name](), escape(_first_line(pages.PICTURES[name]))
            images = []
            for theme in ("light", "dark"):
                picture.theme = theme
                picture.svg(self.out / f"{name}-{theme}.svg")
                address = f"{up}{LIVE}/{name}-{theme}.svg"
                images.append(f'<img class="only-{theme}" src="{address}" alt="{about}" loading="lazy">')
            return f'<figure class="still">{"".join(images)}</figure>'
        path = self.out / f"{name}.html"
        pages.PAGES[name](path)
        about = escape(_first_line(pages.PAGES[name]).rstrip("."))
        address = f"{up}{LIVE}/{name}.html"
        return (
            f'<figure class="live"><iframe src="{address}" title="{about}" loading="lazy"></iframe>'
            f'<figcaption>{about}. <a href="{address}" target="_blank">Open it in a window of its own</a></figcaption>'
            "</figure>"
        )


def _first_line(function: Any) -> str:
    return str(function.__doc__).strip().splitlines()[0]


def _check_examples(name: str, text: str) -> None:
    """Raises ValueError if an example prints something else than the page shows."""
    blocks = "\n".join(block[2] for block in _FENCE.finditer(text) if block[1] == "pycon")
    test = doctest.DocTestParser().get_doctest(blocks, {}, name, f"{name}.md", 0)
    said: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.DocTestRunner(optionflags=flags).run(test, out=said.append)
    if failed:
        raise ValueError(f"{name}.md: an example prints something else:\n{''.join(said)}")


def _contents(name: str, text: str) -> str:
    """Returns what the sidebar lists below a page: the pages that it lists itself."""
    if name == "index":
        guide, _, internals = text.partition("Internals:")
        parts = {
            "Course": ["course/index"],
            "Guide": _CHAPTER.findall(guide),
            "Internals": _LISTED.findall(internals),
            "Reference": ["reference"],
        }
    elif name == "course/index":
        parts = {"Chapters": _CHAPTER.findall(text)}
    elif name == "reference":
        parts = {"Names": sorted(f"reference/{path.stem}" for path in (DOCS / "reference").glob("*.md"))}
    else:
        return ""
    return "\n".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(listed) + "\n```\n"
        for caption, listed in parts.items()
    )


def setup(app: Any) -> dict[str, bool]:
    """Prepares each page's text before it is read."""
    marks = Marks(Path(app.outdir))

    def prepare(_: Any, name: str, source: list[str]) -> None:
        (text,) = source
        if name.startswith("course/"):
            _check_examples(name, text)
        source[0] = marks.replaced(name, text) + _contents(name, text)

    app.connect("source-read", prepare)
    return {"parallel_read_safe": False}
