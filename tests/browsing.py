"""A browser, for what is shown in one."""

from __future__ import annotations

import itertools
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import node as one_node
import pytest
from patience import PATIENCE, SCRIPT, patient

from edgewise.page.packing import AVOIDED, FIRST

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--num-raster-threads=1",
    "--js-flags=--no-maglev --no-turbofan --min-semi-space-size=32 --max-semi-space-size=64",
]
"""How Chromium is started. The page of a test lives for a second: to compile its script better, to draw in several
threads, and to search a small heap for garbage again and again, takes an eighth of the time of all pages."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Runs a text of JavaScript in Node as a module, with arguments, and gives what it prints."""
    with one_node.started(tmp_path_factory.mktemp("node")) as running:
        yield running


class Opened:
    """A page that is open, with what went wrong and what it asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._notes = itertools.count()
        self._listeners: dict[str, Callable[[Any], None]] = {
            "console": lambda message: self.errors.append(message.text),
            "pageerror": lambda error: self.errors.append(str(error)),
            "request": lambda request: self.requests.append(request.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def stop_listening(self) -> None:
        """Hears no more of what happens in the window."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def text(self, selector: str) -> str:
        """What an element says."""
        return str(self.page.text_content(selector))

    def texts(self, selector: str) -> list[str]:
        """What all such elements say."""
        return list(self.page.locator(selector).all_text_contents())

    def chip(self, tensor: int, role: str) -> str:
        """The number on a chip of the picture; empty if it can't be seen yet."""
        return self.chips([(tensor, role)])[0]

    def chips(self, asked: Sequence[tuple[int, str]]) -> list[str]:
        """Several such numbers."""
        script = """(asked) => asked.map(([id, role]) => {
            const chip = `#picture [data-kind=tensor][data-id="${id}"]`;
            const text = document.querySelector(`${chip} text.${role}:not(.local)`);
            return text && getComputedStyle(text).opacity !== "0" ? text.textContent : "";
        })"""
        return list(self.page.evaluate(script, list(map(list, asked))))

    def reopen(self, hash: str) -> None:
        """Opens the same page in this window, at another place of it."""
        address = self.page.url.split("#")[0]
        self.page.goto("about:blank")
        self.page.goto(f"{address}{hash}")
        self.page.wait_for_selector("[data-ready]")

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something; the page's policy lets nobody wait within it."""
        for _ in range(PATIENCE // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"it did not come to hold in {PATIENCE // 1000} seconds")

    def rest(self) -> None:
        """Waits until nothing is pending in the page."""
        self.page.evaluate("isAtRest()")

    def note(self, selector: str, attribute: str | None = None) -> Callable[[], list[str]]:
        """Returns what has passed since: the texts of all such elements that came, or all values of an attribute.

        What is in a page for a moment only, a slow machine would look for after it has gone.
        """
        name = f"noted{next(self._notes)}"
        self.page.evaluate(
            """([name, selector, attribute]) => {
                const noted = (window[name] = []);
                new MutationObserver((changes) => {
                    for (const { target, addedNodes } of changes) {
                        if (attribute) {
                            if (target.matches(selector)) noted.push(target.getAttribute(attribute));
                        } else for (const node of addedNodes) {
                            for (const one of [node, ...(node.querySelectorAll?.(selector) ?? [])]) {
                                if (one.matches?.(selector)) noted.push(one.textContent);
                            }
                        }
                    }
                }).observe(document, attribute ? { attributeFilter: [attribute], subtree: true }
                                               : { childList: true, subtree: true });
            }""",
            [name, selector, attribute],
        )
        return lambda: list(self.page.evaluate(name))

    @property
    def step(self) -> int:
        """The moment of the story."""
        return int(self.page.get_attribute("#page", "data-step"))

    def press(self, key: str, times: int = 1) -> None:
        """Presses a key."""
        for _ in range(times):
            self.page.keyboard.press(key)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, as Debian has it."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: on Debian and Ubuntu it is the package chromium")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    with playwright.sync_playwright() as running, patient(playwright):
        started = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Windows:
    """Opens windows of a browser that share one process, and uses them again: a new one takes long."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self._opener: Any = None
        self._free: list[Any] = []
        self._common: set[Any] = set()

    def open(self, width: int, height: int, **look: Any) -> Any:
        """Opens an empty window that looks as asked for. By default motion is reduced."""
        size, look = {"width": width, "height": height}, {"reduced_motion": "reduce", **look}
        if not look.keys() <= {"reduced_motion", "color_scheme"}:
            return self.browser.new_page(viewport=size, **look)
        page = self._free.pop() if self._free else self._new()
        self._common.add(page)
        page.set_viewport_size(size)
        page.emulate_media(**{"media": "screen", "color_scheme": "light", **look})
        return page

    def mark(self, page: Any) -> None:
        """Keeps a window that differs from others from being used again."""
        self._common.discard(page)

    def close(self, page: Any, *, used_again: bool = True) -> None:
        """Closes a window, or empties it for the next one that is asked for."""
        if not used_again or page not in self._common or page.is_closed():
            self._common.discard(page)
            page.close()
            return
        page.mouse.move(-1, -1)  # a pointer that stays would be over what is drawn there next
        page.goto("about:blank")
        self._free.append(page)

    def _new(self) -> Any:
        if self._opener is None or self._opener.is_closed():
            context = self.browser.new_context()
            context.set_default_timeout(PATIENCE)
            context.add_init_script(SCRIPT)
            self._opener = context.new_page()
        # Pages share the process of the page that opens them.
        with self._opener.expect_popup() as opening:
            self._opener.evaluate("void window.open()")
        return opening.value


@pytest.fixture(scope="session")
def windows(browser: Any) -> Windows:
    """The windows of the browser."""
    return Windows(browser)


@pytest.fixture
def opened_file(windows: Windows, request: pytest.FixtureRequest) -> Iterator[Callable[..., Opened]]:
    """Opens a page that is there. Motion is reduced, so that what is seen is what is.

    `first` is a script that runs before the page's own; a page that does not begin is not waited for.
    """
    opened: list[Opened] = []
    failed = request.session.testsfailed

    def opening(
        path: Path,
        *,
        hash: str = "",
        width: int = 1400,
        height: int = 900,
        first: str = "",
        begins: bool = True,
        **look: Any,
    ) -> Opened:
        found = Opened(windows.open(width, height, **look))
        opened.append(found)
        if first:
            windows.mark(found.page)
            found.page.add_init_script(first)
        found.page.goto(f"{path.as_uri()}{hash}")
        if begins:
            found.page.wait_for_selector("[data-ready]")
        return found

    yield opening
    for one in opened:
        one.stop_listening()
        # A test that failed may have left keys pressed.
        windows.close(one.page, used_again=request.session.testsfailed == failed)


def bytes_of_page(text: str, id: str) -> bytes:
    """What a page has packed in the element of this name."""
    found = re.search(rf'id="{id}" data-bytes="(\d+)">([^<]*)</script>', text)
    assert found
    size, packed = int(found[1]), found[2]
    bits: list[str] = []
    for character in packed:
        code = ord(character)
        both = (code,) if code < FIRST else (AVOIDED[(code - FIRST) // 128], (code - FIRST) % 128)
        bits += (f"{group:07b}" for group in both)
    whole = "".join(bits)
    return zlib.decompress(int(whole[: 8 * size], 2).to_bytes(size, "big"))


def part_of_page(text: str, id: str) -> str:
    """Its "data" as JSON, or its "library"."""
    return bytes_of_page(text, id).decode("utf-8")
