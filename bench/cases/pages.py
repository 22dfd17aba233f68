"""How quickly pages open, train and move, in headless Chromium."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .drawing import article, transformer

TITLE = "Pages in a browser"
ABOUT = (
    "In headless Chromium without a graphics processor: opening a page until it is ready, one training step "
    "in it (784-64-10, batch 32, the numbers on the page included), and one frame while a picture of 9,998 operations "
    "is panned."
)
UNIT = "ms"
ROWS, REFERENCE = "what is done", "opening the article's page"
THREADED = False

# A page unpacks itself, so it is ready some time after its document is.
OPENED = "window.readyAt"
NOTE_WHEN_READY = """new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-ready]")) return;
    window.readyAt = performance.now();
    observer.disconnect();
}).observe(document, { subtree: true, attributeFilter: ["data-ready"] });"""
TRAINED = """() => {
    const began = performance.now();
    document.getElementById("train10").click();
    return (performance.now() - began) / 10;
}"""
PANNED = """async () => {
    const picture = document.getElementById("picture");
    const times = [];
    let last = performance.now();
    for (let i = 0; i < 60; i++) {
        picture.scrollLeft += 60;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        times.push(now - last);
        last = now;
    }
    return times.sort((a, b) => a - b)[30];
}"""


def _perceptron():
    import edgewise as ew
    from edgewise import nn

    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return nn.functional.cross_entropy(model(ew.rand(32, 784)), ew.randint(0, 10, (32,)))


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of each row, one for each of at most seven rounds; none without a browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("pages: Chromium is not installed: on Debian and Ubuntu it is the package chromium")
    from playwright.sync_api import sync_playwright

    from edgewise.page import make_page

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        pages = {}
        for name, loss in (("article", article()), ("perceptron", _perceptron()), ("transformer", transformer())):
            pages[name] = Path(folder) / f"{name}.html"
            make_page(loss, pages[name])
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        samples: dict[str, list[float]] = {}
        for _ in range(min(rounds, 7)):
            for row, milliseconds in _round(browser, pages).items():
                samples.setdefault(row, []).append(milliseconds / 1000)
        browser.close()
    return samples


def _round(browser, pages):
    rows = {}
    for name, path in pages.items():
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page.set_default_timeout(120_000)
        page.add_init_script(NOTE_WHEN_READY)
        page.goto(path.as_uri())
        page.wait_for_selector("[data-ready]")
        opened = page.evaluate(OPENED)
        if name == "article":
            rows["opening the article's page"] = opened
        elif name == "perceptron":
            page.evaluate(TRAINED)
            rows["a training step, 784-64-10"] = page.evaluate(TRAINED)
        else:
            rows["opening a page of 9,998 operations"] = opened
            page.locator("g[data-kind=module] .open").first.dispatch_event("click")
            rows["a frame while that is panned"] = page.evaluate(PANNED)
        page.close()
    return rows
