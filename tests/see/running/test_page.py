"""The page of a run in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewise.see.running import RunWatch

Opening = Callable[..., Any]


@pytest.fixture
def page(opened_file: Opening, watched: RunWatch, tmp_path: Path) -> Any:
    path = tmp_path / "run.html"
    watched.page(path)
    return opened_file(path)


def test_it_begins_with_the_last_step_and_goes_back(page: Any) -> None:
    assert page.text("#count") == "Step 20 of 20"
    page.press("ArrowLeft", 3)
    assert page.text("#count") == "Step 17 of 20"
    page.press("Home")
    assert page.text("#count") == "Step 1 of 20"
    assert page.page.is_disabled("#back")
    page.press("End")
    assert page.page.is_disabled("#next")
    assert page.errors == []


def test_it_has_a_row_for_each_parameter_and_each_module(page: Any) -> None:
    text = page.text("#rows")
    for name in ("0.weight", "0.bias", "2.weight", "2.bias", "ReLU"):
        assert name in text
    page.page.fill("#filter", "bias")
    shown = page.page.inner_text("#rows")
    assert "0.bias" in shown
    assert "0.weight" not in shown
    page.page.fill("#filter", "nothing is called so")
    assert page.page.is_visible("#none")
    assert page.errors == []


def test_it_asks_for_nothing(page: Any) -> None:
    page.press("ArrowLeft", 5)
    assert all(request.startswith(("file:", "data:")) for request in page.requests)
    assert page.errors == []


@pytest.mark.parametrize("look", [{"width": 390, "height": 844}, {"color_scheme": "dark"}])
def test_nothing_is_wider_than_the_screen(opened_file: Opening, watched: RunWatch, tmp_path: Path, look: Any) -> None:
    watched.page(tmp_path / "run.html")
    page = opened_file(tmp_path / "run.html", **look)
    assert page.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.errors == []
