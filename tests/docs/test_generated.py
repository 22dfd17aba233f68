"""What is generated from the code is up to date with it."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).parent.parent.parent / "docs"


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_that_of_the_docstrings():
    made = script("make_reference").pages()
    assert {f"reference/{path.name}" for path in (DOCS / "reference").iterdir()} | {"reference.md"} == set(made)
    for path, text in made.items():
        assert (DOCS / path).read_text("utf-8") == text, f"{path} is out of date: run `make reference`"


def test_the_reference_gives_every_public_name_a_docstring():
    undocumented = [
        f"{module}.{name}"
        for module, name, value in script("make_reference").entries()
        if not (value.__doc__ or "").strip()
    ]
    assert undocumented == []


def test_the_reference_has_only_what_a_module_offers():
    page = script("make_reference").pages()["reference/edgewise.autograd.md"]
    headings = {line[3:] for line in page.splitlines() if line.startswith("## ")}
    assert {"backward", "grad", "gradcheck", "trace"} <= headings
    assert not {"describe", "edge_of", "without_warnings", "Edge"} & headings


def test_the_reference_s_signatures_have_types():
    page = script("make_reference").pages()["reference/edgewise.autograd.md"]
    assert "create_graph: bool = False" in page
    assert "-> tuple[Any, ...]" in page


def test_the_pictures_are_what_is_drawn_now():
    made = script("make_picture").pictures()
    assert {path.name for path in (DOCS / "img").glob("*.svg")} == set(made)
    for name, text in made.items():
        assert (DOCS / "img" / name).read_text("utf-8") == text, f"{name} is out of date: run `make reference`"


def test_the_photograph_of_the_page_is_one(browser):
    kept = (DOCS / "img" / "page.png").read_bytes()
    assert len(kept) < 150_000
    for png in (kept, script("make_page_picture").photograph(browser)):
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", png[16:24]) == (1280, 720)


def test_the_article_s_picture_says_what_it_shows():
    root = ElementTree.fromstring((DOCS / "img" / "article.svg").read_text("utf-8"))
    assert root.get("role") == "img"
    shown = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"W₁", "b₁", "W₂", "b₂", "x", "t", "L", "−0.75"} <= shown
