"""Photographs a live page in Chromium, for the README: docs/img/page.png.

The page is that of the article's network, at a step of the backward pass. Chromium and Playwright are needed.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from make_picture import FOLDER, article
from playwright.sync_api import sync_playwright

STEP = 16
"""Back through the first addition."""

SIZE = {"width": 1280, "height": 720}


def photograph(path: Path) -> None:
    """Writes the page as it looks in a window."""
    browser = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "article.html"
        article().page(page)
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        window = chromium.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
        window.goto(f"{page.as_uri()}#step={STEP}")
        window.wait_for_selector("[data-ready]")
        window.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        window.screenshot(path=path)
        chromium.close()


if __name__ == "__main__":
    photograph(FOLDER / "page.png")
    print(f"written to {FOLDER / 'page.png'}")
