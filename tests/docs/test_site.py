"""The site: every chapter of the course opens in a browser as it should."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened

ROOT = Path(__file__).parent.parent.parent
CHAPTERS = sorted(path.stem for path in (ROOT / "docs" / "course").glob("*.md"))

DESKTOP = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, made anew."""
    for name in ("sphinx", "myst_parser", "furo", "sphinx_copybutton"):
        pytest.importorskip(name, reason=f"{name} is not installed: make site installs it")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "--builder", "html", "docs", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture
def opened(browser: Any, site: Path) -> Iterator[Any]:
    """Opens a page of the site in a window of its own."""
    windows = []

    def opening(path: str, how: dict[str, Any]) -> Opened:
        page = Opened(browser.new_page(**how))
        windows.append(page)
        page.page.goto((site / path).as_uri())
        return page

    yield opening
    for window in windows:
        window.page.close()


@pytest.mark.parametrize("how", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opens_with_its_live_pages(opened: Any, name: str, how: dict[str, Any]) -> None:
    page = opened(f"course/{name}.html", how)
    frames = page.page.locator("figure.live iframe")
    for i in range(frames.count()):
        frames.nth(i).scroll_into_view_if_needed()
        frame = page.page.frame_locator("figure.live iframe").nth(i)
        frame.locator("[data-ready]").wait_for(state="attached")
    width = page.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    for image in page.page.locator(f"figure.still img.only-{how['color_scheme']}").all():
        image.scroll_into_view_if_needed()
        page.until(lambda image=image: image.evaluate("(image) => image.naturalWidth > 0"))
    assert page.errors == []
    assert [address for address in page.requests if not address.startswith(("file:", "data:", "about:"))] == []


def test_answers_are_hidden_until_they_are_asked_for(opened: Any) -> None:
    page = opened("course/forward.html", DESKTOP)
    answer = page.page.locator("details p").first
    assert not answer.is_visible()
    page.page.locator("details summary").focus()
    page.press("Enter")
    assert answer.is_visible()


def test_live_pages_are_light_or_dark_as_the_site_is(opened: Any) -> None:
    page = opened("course/graph.html", DESKTOP)
    page.page.locator("figure.live iframe").scroll_into_view_if_needed()
    page.page.frame_locator("figure.live iframe").locator("[data-ready]").wait_for(state="attached")
    frame = page.page.frames[1]
    page.until(lambda: frame.evaluate("document.documentElement.dataset.theme") == "light")
    page.page.evaluate("document.body.dataset.theme = 'dark'")
    page.until(lambda: frame.evaluate("document.documentElement.dataset.theme") == "dark")


def test_the_search_finds_a_chapter_without_a_server(opened: Any) -> None:
    page = opened("search.html", DESKTOP)
    page.page.goto(f"{page.page.url}?q=broadcast")
    page.until(lambda: page.page.locator("#search-results li").count() > 0)


@pytest.mark.parametrize("how", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["index", "chain-rule", "questions", "asked-again"])
def test_axe_finds_nothing_above_minor_in_a_chapter(opened: Any, name: str, how: dict[str, Any]) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: pip install axe-playwright-python",
    )
    page = opened(f"course/{name}.html", how)
    found = axe.Axe().run(page.page).response["violations"]
    serious = [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found if one["impact"] != "minor"]
    assert serious == []


def test_the_hundred_lines_learn_xor() -> None:
    spec = importlib.util.spec_from_file_location("own_autograd", ROOT / "examples" / "autograd.py")
    assert spec is not None
    assert spec.loader is not None
    own = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(own)
    losses = own.train()
    assert losses[-1] < 1e-6 < losses[0]
