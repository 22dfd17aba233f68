"""The card of a module: its formula, and that of its gradients."""

from __future__ import annotations

from collections.abc import Callable

import edgewise as ew
from edgewise import nn

from .conftest import Opened
from .test_modules import close, scope

Opening = Callable[..., Opened]

LINES = "(box) => [...document.querySelectorAll(box + ' :is(.element, .element-part)')].map((one) => one.textContent)"


def _loss() -> ew.Tensor:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
    return model(ew.randn(5, 3)).square().mean()


def _closed(page: Opened, title: str) -> str:
    """Closes a module, and returns its number."""
    id = scope(page, title)
    if page.page.locator(f"g[data-kind=frame][data-id='{id}']").count():
        close(page, id)
    return id


def _press(page: Opened, id: str) -> None:
    page.page.locator(f"g[data-kind=module][data-id='{id}'] .closed").dispatch_event("click")


def test_the_card_of_a_module_has_the_formulas_of_its_two_steps(opened: Opening) -> None:
    page = opened(_loss())
    norm = _closed(page, "1 · LayerNorm")
    page.press("Home")
    stepped = []
    while "Update" not in page.text("#moment"):
        if "LayerNorm" in page.text("#moment"):
            stepped += page.page.evaluate(LINES, "#elements")
        page.press("ArrowRight")
    assert len(stepped) == 8, "four lines forward, and a gradient for x̂, x, γ and β"
    _press(page, norm)
    assert page.text("#details h2") == "1 · LayerNorm"
    assert page.page.evaluate(LINES, "#details") == stepped
    assert [page.page.locator("#details h3").nth(i).text_content() for i in range(2)] == [
        "Forwardstep 4",
        "Back, each gradient from those that come in",
    ]
    assert page.errors == []


def test_the_card_of_a_module_of_one_operation_has_that_of_the_operation(opened: Opening) -> None:
    page = opened(_loss())
    _press(page, _closed(page, "0 · Linear"))
    assert page.text("#details header p") == "1 operation"
    page.page.locator("#details .jump").first.click()
    assert page.text("#moment").startswith("Forward through linear")
    assert page.page.locator("#details .use-formula").count() == 2, "of the weight and the bias"


def test_the_card_of_a_module_is_in_the_address(opened: Opening) -> None:
    page = opened(_loss())
    norm = _closed(page, "1 · LayerNorm")
    _press(page, norm)
    hash = page.page.evaluate("location.hash")
    assert f"module={norm}" in hash
    again = opened(_loss(), hash=hash)
    assert again.page.evaluate(LINES, "#details") == page.page.evaluate(LINES, "#details")
    assert opened(_loss(), hash="#module=99").page.locator("#details > *").count() == 0


def test_who_opens_a_module_on_a_phone_still_sees_it(opened: Opening) -> None:
    page = opened(_loss(), width=390, height=844)
    norm = _closed(page, "1 · LayerNorm")
    before = page.page.evaluate("scrollY")
    _press(page, norm)
    page.rest()
    assert page.page.locator("#details h2").count() == 1
    assert page.page.evaluate("scrollY") == before


def test_enter_closes_and_opens_a_module_whose_card_is_there(opened: Opening) -> None:
    page = opened(_loss())
    norm = _closed(page, "1 · LayerNorm")
    _press(page, norm)
    close(page, norm)
    box = page.page.locator(f"g[data-kind=module][data-id='{norm}'] [tabindex='0'][aria-description='closed module']")
    box.first.focus()
    page.press("Enter")
    assert page.page.locator(f"g[data-kind=frame][data-id='{norm}']").count() == 1
