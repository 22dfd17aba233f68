"""The widget that shows a page in a notebook."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise.see import notebook
from edgewise.see.page import make_page

from ..conftest import PATIENCE
from .conftest import Opened

Showing = Callable[..., tuple[Opened, Any]]


@pytest.fixture
def text() -> str:
    """The page of a small network."""
    W = ew.tensor(2.0, requires_grad=True)
    return make_page((W * 3 - 5).abs())


HARNESS = "<!doctype html><html><body data-jp-theme-light='{light}'><div id='cell'></div></body></html>"


@pytest.fixture
def shown(browser: Any) -> Iterator[Showing]:
    """Shows a page as a notebook's front end does, and gives what is open and the frame."""
    pages = []

    def show(text: str, light: str = "true", policy: str = "") -> tuple[Opened, Any]:
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        pages.append(page)
        found = Opened(page)
        page.set_content(HARNESS.format(light=light))
        module = Path(notebook.__file__).with_name("widget.js").read_bytes()
        address = f"data:text/javascript;base64,{base64.b64encode(module).decode()}"
        page.evaluate(
            """async ([address, packed, policy]) => {
                const { default: widget } = await import(address);
                const meta = document.createElement("meta");
                [meta.httpEquiv, meta.content] = ["Content-Security-Policy", policy];
                if (policy) document.head.append(meta);
                window.dispose = widget.render({ model: { get: () => packed }, el: document.getElementById("cell") });
            }""",
            [address, base64.b64encode(zlib.compress(text.encode())).decode(), policy],
        )
        page.wait_for_selector("iframe[srcdoc]")
        frame = page.locator("iframe").element_handle().content_frame()
        frame.wait_for_selector("[data-ready]", timeout=PATIENCE)
        return found, frame

    yield show
    for page in pages:
        page.close()


def test_the_widget_runs_under_the_policy_of_visual_studio_code(shown: Showing, text: str) -> None:
    # That of its notebooks' outputs, in which a frame may come from https: or data: addresses.
    policy = """default-src 'none'; script-src 'self' https://*.vscode-cdn.net 'unsafe-inline' 'unsafe-eval';
        style-src 'self' https://*.vscode-cdn.net 'unsafe-inline'; img-src 'self' https: http: data:;
        font-src 'self' https:; connect-src https:; child-src https: data:"""
    found, frame = shown(text, policy=policy.replace("\n", " "))
    assert frame.text_content("#loss") == "loss 1"
    frame.click("#train1")
    assert frame.text_content("#trained") == "1 step taken"
    assert found.errors == []


def test_the_widget_runs_the_page_in_a_frame_that_reaches_nothing(shown: Showing, text: str) -> None:
    found, frame = shown(text)
    frame.click("#train10")
    assert frame.text_content("#trained") == "10 steps taken"
    reached = "() => { try { return String(parent.document.title); } catch (error) { return error.name; } }"
    assert frame.evaluate(reached) == "SecurityError"
    assert frame.evaluate("window.origin") == "null"
    box = found.page.locator("iframe").bounding_box()
    assert box["width"] > 900
    assert 500 <= box["height"] <= 800
    assert found.errors == []
    assert [request for request in found.requests if not request.startswith("data:")] == []


def test_the_widget_follows_the_notebooks_light_and_dark(shown: Showing, text: str) -> None:
    found, frame = shown(text, light="false")
    theme = "document.documentElement.dataset.theme"
    assert frame.evaluate(theme) == "dark"
    found.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    found.until(lambda: frame.evaluate(theme) == "light")
    found.page.evaluate(
        "() => { delete document.body.dataset.jpThemeLight; document.body.dataset.vscodeThemeKind = 'vscode-dark'; }"
    )
    found.until(lambda: frame.evaluate(theme) == "dark")
    found.page.evaluate("() => { delete document.body.dataset.vscodeThemeKind; document.body.classList.add('light'); }")
    found.until(lambda: frame.evaluate(theme) == "light")
    found.page.evaluate("dispose()")
    found.page.evaluate("() => { document.body.classList.replace('light', 'dark'); }")
    assert frame.evaluate(theme) == "light", "a view that is gone listens no more"
    assert found.errors == []
