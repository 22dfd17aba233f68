"""Axe, which checks pages against the rules for people with disabilities, finds nothing above "minor"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Opened

Opening = Callable[..., Opened]

PHONE = {"width": 390, "height": 844}


def findings(page: Opened) -> list[str]:
    """What axe finds in a page that is more than minor: the rule, and the elements."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: pip install axe-playwright-python",
    )
    found = axe.Axe().run(page.page).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes'][:4]]}" for one in found if one["impact"] != "minor"
    ]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("article", {}),
        ("article", {"color_scheme": "dark"}),
        ("article", {"hash": "#step=update"}),
        ("article", PHONE),
        ("perceptron", {}),
        ("perceptron", {"color_scheme": "dark", **PHONE}),
        ("lenet", {"hash": "#step=forward"}),
        ("lstm", {}),
        ("xor", {}),
        ("not_finite", {"color_scheme": "dark"}),
    ],
)
def test_pages_have_no_finding(opened_network: Opening, name: str, how: dict[str, Any]) -> None:
    assert findings(opened_network(name, **how)) == []


@pytest.mark.parametrize("key", ["p", "g", "?", "f"])
def test_what_keys_open_has_no_finding(opened_network: Opening, key: str) -> None:
    page = opened_network("article")
    page.press(key)
    assert findings(page) == []


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, PHONE])
def test_a_sum_that_is_kept_has_no_finding(opened_network: Opening, how: dict[str, Any]) -> None:
    page = opened_network("product", **how)
    cell = page.page.locator("#equation .result :is(td, .map)")
    cell.first.click()
    page.page.wait_for_selector("#look.is-pinned")
    assert findings(page) == []


def test_the_card_of_what_is_selected_has_no_finding(opened_network: Opening) -> None:
    page = opened_network("product")
    page.page.locator("#picture g[data-kind=tensor]").first.dispatch_event("click")
    assert findings(page) == []
