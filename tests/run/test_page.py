"""The page of a run in a browser."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import nn, optim
from edgewise.page.assemble import bundle
from edgewise.printers.figures import figure
from edgewise.run import RunWatch, load

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


def test_a_tensor_is_shown_large_with_the_very_numbers_of_the_run(page: Any, watched: RunWatch) -> None:
    page.page.click("[data-key='parameter 0.weight'] .row-name")
    run = watched.run
    for back in range(3):
        at = len(run.frames) - 1 - back
        assert page.text(".moment-title") == f"At step {run.frames[at].step}"
        for gradient, card in ((False, "Values"), (True, "Gradient")):
            wanted = {
                "norm": "norm",
                "mean": "mean",
                "deviation": "deviation",
                "low": "smallest",
                "high": "largest",
            }
            for measure, name in wanted.items():
                number = float(run.column("0.weight", measure, gradient=gradient)[at])
                shown = page.page.text_content(f".now:has(h4:has-text('{card}')) dl div:has(dt:text-is('{name}')) dd")
                assert shown == figure(number)
        page.press("ArrowLeft")
    page.press("Escape")
    assert page.page.locator(".large").count() == 0
    assert page.errors == []


def test_a_tooltip_describes_what_is_under_the_pointer(page: Any) -> None:
    page.page.click("[data-key='parameter 0.weight'] .row-name")
    page.page.hover(".heat-frame >> nth=0", position={"x": 30, "y": 60})
    assert re.fullmatch(r"step \d+: .* (from .* to .*|at .*)", page.text(".heat .reading >> nth=0"))
    page.page.hover(".now .map", position={"x": 4, "y": 4})
    assert re.fullmatch(r"\[0, 0\] = [−\d.e]+", page.text(".now:has(.map) .reading"))
    page.page.hover("#loss-plot svg", position={"x": 300, "y": 60})
    assert re.fullmatch(r"step \d+: loss [\d.]+", page.text("#loss-plot .reading"))
    page.page.click("#loss-plot svg", position={"x": 60, "y": 60})
    assert page.text("#count") == "Step 1 of 20"
    assert page.errors == []


def test_it_plays_to_the_end(page: Any) -> None:
    page.page.select_option("#speed", "4")
    page.page.locator("#speed").blur()
    page.press("Home")
    labels = page.note("#play", "aria-label")
    page.press(" ")
    page.until(lambda: page.text("#count") == "Step 20 of 20")
    page.until(lambda: labels() == ["pause", "play"])
    assert page.errors == []


def test_the_address_keeps_the_step_and_what_is_chosen(opened_file: Opening, watched: RunWatch, tmp_path: Path) -> None:
    watched.page(tmp_path / "run.html")
    first = opened_file(tmp_path / "run.html")
    first.page.click("[data-key='output 1'] .row-name")
    first.press("ArrowLeft", 4)
    again = opened_file(tmp_path / "run.html", hash=f"#{urlsplit(first.page.url).fragment}")
    assert again.text("#count") == "Step 16 of 20"
    assert again.text(".large h3") == "1"
    assert again.errors == []


def painted(page: Any, key: str) -> list[int]:
    """The mean colour of the pixels of a row's first picture that have one."""
    script = """(key) => {
        const canvas = document.querySelector(`[data-key="${key}"] canvas`);
        const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
        const context = copy.getContext("2d", { willReadFrequently: true });
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        const sums = [0, 0, 0, 0];
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200) [0, 1, 2].forEach((c) => { sums[c] += data[i + c]; sums[3] += c === 0; });
        return sums.slice(0, 3).map((sum) => Math.round(sum / sums[3]));
    }"""
    return list(page.page.evaluate(script, key))


def test_the_pictures_take_the_colours_of_the_theme(page: Any) -> None:
    key = "parameter 0.weight"
    page.until(lambda: painted(page, key) == [29, 86, 196])
    page.page.click("#theme")
    page.until(lambda: painted(page, key) == [138, 182, 255])
    assert page.errors == []


def test_nan_is_marked_where_it_came(opened_file: Opening, training: Any, tmp_path: Path) -> None:
    with ew.watch(training.model, every=1) as watch:
        training.steps(5)
        training.x = training.x * math.nan
        training.steps(3)
    watch.page(tmp_path / "run.html")
    page = opened_file(tmp_path / "run.html")
    assert page.texts("[data-key='parameter 2.weight'] .badge") == ["NaN from step 6"]
    assert page.texts("[data-key='output 0'] .badge") == ["NaN from step 6"]
    assert page.page.locator("#loss-plot rect.nan").count() == 3
    page.press("Home")
    assert page.texts("[data-key='parameter 2.weight'] .badge") == []
    assert page.errors == []


def test_names_that_are_markup_stay_text(opened_file: Opening, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)></script>"
    model = nn.Sequential()
    model.register_module(name, nn.Linear(2, 1))
    optimiser = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        for _ in range(2):
            model(ew.ones(1, 2)).sum().backward()
            optimiser.step()
            watch.note(**{name: 1.0})
    watch.page(tmp_path / "run.html", title=name)
    page = opened_file(tmp_path / "run.html")
    assert page.text("#title") == name
    assert name in page.text("#rows")
    page.page.click(".row-name >> nth=0")
    assert page.page.locator("img").count() == 0
    assert page.errors == []


def test_it_sorts_by_what_is_asked_for(page: Any, watched: RunWatch) -> None:
    run = watched.run
    page.page.select_option("#sort", "gradient")
    sizes = {
        one.name: float(run.column(one.name, "norm", gradient=True)[-1])
        for one in run.series
        if one.kind == "parameter"
    }
    assert page.texts(".row.of-parameter .row-title") == sorted(sizes, key=lambda name: -sizes[name])
    page.page.select_option("#sort", "name")
    assert page.texts(".row.of-parameter .row-title") == sorted(sizes)
    assert page.errors == []


def test_a_page_is_made_of_a_saved_run(watched: RunWatch, tmp_path: Path) -> None:
    watched.save(tmp_path / "run.safetensors")
    pages = [load(tmp_path / "run.safetensors").page(title="x"), watched.page(title="x")]
    again, first = (json.loads(part_of_page(page, "data")) for page in pages)
    assert again == {**first, "generation": 0}
    assert part_of_page(pages[0], "library") == part_of_page(pages[1], "library")


def test_the_modules_of_the_page_share_one_scope() -> None:
    """A name that two of them give would be a mistake in the page only."""
    script = bundle("run/js/run.js")
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names))
    assert "import " not in re.sub(r"import\(", "", script)
