"""Photographs a live page in Chromium, for the README: docs/img/page.png. It needs Playwright."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import edgewise as ew

FILE = Path(__file__).parent / "img" / "page.png"
STEP = 16
"""Back through the first addition."""
SIZE = {"width": 1280, "height": 720}


def photograph(chromium: Any) -> bytes:
    """Returns the page of the article's network as it looks in a window, as PNG."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    z1 = x * W1 + b1
    x2 = ew.relu(z1)
    y2 = x2 * W2 + b2
    loss = (y2 - t).abs()
    window = chromium.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "article.html"
        ew.see(loss).page(page)
        window.goto(f"{page.as_uri()}#step={STEP}")
        window.wait_for_selector("[data-ready]")
        window.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found: bytes = window.screenshot()
    window.close()
    return found


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, names)), None)
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        FILE.write_bytes(photograph(chromium))
    print(f"written to {FILE}")
