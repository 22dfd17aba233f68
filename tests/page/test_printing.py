"""Pages on paper: all of the picture and the legend, in light colours."""

from __future__ import annotations

from collections.abc import Callable

import edgewise as ew
from edgewise import nn

from .conftest import Opened

Opening = Callable[..., Opened]


def test_all_of_the_picture_is_printed(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(*(nn.Linear(6, 6) for _ in range(8)))
    page = opened(model(ew.randn(3, 6)).sum(), width=900, height=700)
    page.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")
    picture, paper = page.page.locator("#picture > svg").bounding_box(), page.page.locator("main").bounding_box()
    assert picture["width"] <= paper["width"]
    assert page.page.locator("#picture g[data-kind=tensor]").count() >= 2 * 8
    assert not page.page.is_visible("#transport")
    assert not page.page.is_visible("#training"), "there is nothing to see before the first step"


def test_paper_is_light_and_has_the_whole_legend(opened_network: Opening) -> None:
    page = opened_network("perceptron", width=700, height=1000, color_scheme="dark")
    ground = "getComputedStyle(document.querySelector('#picture-area')).backgroundColor"
    dark = page.page.evaluate(ground)
    page.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")
    assert page.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.page.is_visible("#all-keys")
    legend = page.page.locator("#legend").bounding_box()
    assert page.page.locator("#legend > :visible").count() >= 5
    for key in page.page.locator("#legend > :visible").all():
        box = key.bounding_box()
        assert box["y"] + box["height"] <= legend["y"] + legend["height"] + 1, key.text_content()
    page.page.emulate_media(media="screen")
    page.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.page.evaluate(ground) == dark
    assert page.page.evaluate("document.documentElement.dataset.theme ?? null") is None


def test_the_rows_of_the_picture_are_those_for_paper(opened_network: Opening) -> None:
    page = opened_network("resnet", hash="#step=backward&turned=0.1", width=500, height=700)
    seen = page.page.get_attribute("#picture > svg", "viewBox")
    page.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    _, _, width, height = map(float, page.page.get_attribute("#picture > svg", "viewBox").split())
    assert width / height > 0.4, "no tower"
    page.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.page.get_attribute("#picture > svg", "viewBox") == seen
    _, _, width, height = map(float, seen.split())
    assert width / height < 0.3
    # All of the picture is on one sheet with the legend, below the title and the tabs.
    page.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")
    page.page.set_viewport_size({"width": 720, "height": 1000})
    area = page.page.locator("#picture-area").bounding_box()
    assert area["y"] + area["height"] <= 1000
    assert page.errors == []
