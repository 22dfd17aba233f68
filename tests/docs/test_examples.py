"""The documentation's examples run, and print what they say they print."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*?$", re.MULTILINE | re.DOTALL)


def examples(page: str) -> str:
    """The page with all but its ``pycon`` blocks made blank, so that line numbers stay."""
    shown = re.sub(r"[^\n]+", "", page)
    lines = shown.split("\n")
    for block in FENCE.finditer(page):
        if block[1] == "pycon":
            first = page.count("\n", 0, block.start(2))
            for offset, line in enumerate(block[2].split("\n")):
                lines[first + offset] = line
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_print_what_it_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(examples(page.read_text("utf-8")), {}, page.name, str(page), 0)
    report: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    assert not failed, "\n" + "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_its_language_and_python_is_run(page):
    languages = {block[1] for block in FENCE.finditer(page.read_text("utf-8"))}
    assert languages <= {"pycon", "sh", "text", "toml"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text)
    for target in (a or b for a, b in targets):
        path, _, anchor = target.partition("#")
        if path.startswith(("http:", "https:", "mailto:")):
            continue
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", FENCE.sub("", other.read_text("utf-8")), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, target


def test_the_articles_snippet_runs():
    shown = subprocess.run(
        [sys.executable, ROOT / "examples" / "article.py"], capture_output=True, text=True, check=True
    ).stdout
    assert "z.grad tensor([[" in shown
    assert "W1.grad tensor([[" in shown


def test_by_hand_and_by_graph_agree():
    shown = subprocess.run(
        [sys.executable, ROOT / "examples" / "by_hand.py"], capture_output=True, text=True, check=True
    ).stdout
    assert shown.endswith("The two agree.\n")
    losses = [line.split()[1] for line in shown.splitlines()[1:-1]]
    assert len(losses) == 8
    assert float(losses[-1]) < float(losses[0])


@pytest.mark.parametrize("page", [page for page in PAGES if "reference" not in str(page)], ids=lambda page: page.name)
def test_the_dotted_names_of_a_page_exist(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    for name in set(re.findall(r"`(edgewise(?:\.[A-Za-z_]\w*)+)", text)) - {"edgewise.snapshot"}:  # a key in files
        parts = name.split(".")
        value = importlib.import_module(parts[0])
        for i, part in enumerate(parts[1:], 2):
            if not hasattr(value, part):
                importlib.import_module(".".join(parts[:i]))
            value = getattr(value, part)
