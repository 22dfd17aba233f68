"""Presenting a page, and the dialog of its keys."""

from __future__ import annotations

from collections.abc import Callable

import edgewise as ew

from .conftest import Opened

Opening = Callable[..., Opened]


def test_presenting_leaves_picture_and_equation(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=12")
    size = "parseFloat(getComputedStyle(document.querySelector('#sentence')).fontSize)"
    before = page.page.evaluate(size)
    page.press("p")
    assert page.page.locator("#side").is_hidden()
    assert page.page.evaluate(size) > before
    assert float(page.page.evaluate("document.querySelector('#equation').style.zoom")) > 1
    page.press("PageDown")
    assert page.step == 13
    page.press("PageUp")
    assert page.step == 12
    assert page.page.locator("#pointer").is_hidden()
    page.page.mouse.move(300, 250)
    box = page.page.locator("#pointer").bounding_box()
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == (300, 250)
    page.press("Escape")
    assert page.page.locator("#side").is_visible()
    assert page.page.locator("#pointer").is_hidden()
    page.press("PageDown")
    assert page.step == 12, "the key scrolls where nothing is presented"
    assert page.errors == []


def test_presenting_a_small_network_makes_its_picture_larger(opened: Opening) -> None:
    w, x = ew.tensor(0.5, requires_grad=True), ew.tensor(2.0)
    page = opened((w * x).tanh(), width=1440, height=900)
    name = "parseFloat(document.querySelector('#picture .name').getBoundingClientRect().height)"
    before = page.page.evaluate(name)
    page.press("p")
    page.until(lambda: page.page.evaluate(name) > 1.2 * before)
    page.press("p")
    page.until(lambda: page.page.evaluate(name) == before)
    assert page.errors == []


def test_the_dialog_of_keys_names_every_key(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.press("?")
    assert page.page.locator("#keys[open]").count() == 1
    rows = page.page.eval_on_selector_all(
        "#keys dl div", "(rows) => rows.map((row) => [row.children[0].textContent, row.children[1].textContent])"
    )
    assert all(words for _, words in rows), "each key says what it does"
    assert {"G", "P", "?"} <= {key for key, _ in rows}
    step = page.step
    page.press("ArrowLeft")
    assert page.step == step, "keys do nothing behind the dialog"
    page.press("Escape")
    assert page.page.locator("#keys[open]").count() == 0
    page.page.click("#help")
    page.page.click("#keys .close")
    assert page.page.locator("#keys[open]").count() == 0
