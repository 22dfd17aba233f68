"""Clicks on lines: to the moment at which something is on its way along one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import edgewise as ew

from .conftest import Article, Opened

MIDDLE = """([tensor, kind]) => {
    const path = document.querySelector(`#picture [data-kind=lines][data-id="${tensor}"] path.${kind}`);
    const at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
    return [at.x, at.y];
}"""


@pytest.mark.parametrize(("kind", "title"), [("forward", "Forward through"), ("backward", "Back through")])
def test_a_click_on_or_beside_a_line_goes_to_its_moment(
    opened_network: Callable[..., Opened], article: Article, kind: str, title: str
) -> None:
    page = opened_network("first_article")
    weight = next(
        tensor for tensor in ew.see(article.loss).snapshot.tensors if tensor.shape == () and tensor.kind == "parameter"
    )
    for beside in (0, 4):
        page.press("Home")
        x, y = page.page.evaluate(MIDDLE, [weight.id, kind])
        page.page.mouse.click(x, y + beside)
        assert page.text("#moment").startswith(title)
        assert page.page.locator("#details .details").count() == 1
    assert page.errors == []
