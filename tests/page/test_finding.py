"""Finding and selecting things of a page."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import Opened

Opening = Callable[..., Opened]


def test_things_are_found_by_name_operation_and_line(opened_network: Opening) -> None:
    page = opened_network("deep")
    page.press("/")
    page.page.keyboard.type("tanh7 ")
    assert page.text("#found button:first-child span") == "tanh₇"
    page.page.fill("#query", "h7")
    assert page.text("#found button:first-child span") == "h₇"
    assert "tanh₇" in page.text("#found button:first-child .quiet")
    page.press("Enter")
    assert page.text(".details h2").startswith("h7")
    page.page.fill("#query", "")
    assert page.page.locator("#found button").count() == 0
    page.page.fill("#query", "self.inner(x)")
    assert page.page.locator("#found button").count() == 12
    assert page.errors == []


def test_on_a_phone_what_is_selected_comes_into_sight(opened_network: Opening) -> None:
    page = opened_network("first_article", width=390, height=844)
    page.page.click("#picture g[data-kind=tensor]")
    page.until(lambda: 0 <= page.page.locator(".details").bounding_box()["y"] < 300)
