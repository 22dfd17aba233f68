"""Training in a page: how many steps were taken, and how fast they are taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import make_page
from edgewise.page.page import parts_of_page

from .conftest import Article, Opened, in_page

InNode = Callable[..., str]

CLOCK = """() => {
    let clock = 0;
    let waiting = [];
    performance.now = () => (clock += 1);
    window.requestAnimationFrame = (act) => waiting.push(act);
    window.frame = (milliseconds) => {
        clock += milliseconds;
        const now = waiting;
        waiting = [];
        for (const act of now) act(clock);
    };
}"""
"""A clock that goes on by a millisecond whenever it is read, and frames that come when they are called."""

SHORT = "const short = new Model(given, programs.makeNetwork(), programs.makeUpdate(), { bytes: 1e9, points: 8 });"


@pytest.fixture
def paced(opened_file: Callable[..., Opened], article: Article, tmp_path: Path) -> Callable[..., Opened]:
    """The page of the article in which frames come when they are called."""

    def opening(hash: str = "") -> Opened:
        path = tmp_path / "page.html"
        make_page(article.loss, path, learning_rate=1e-6)
        page = opened_file(path, hash=hash)
        page.page.evaluate(CLOCK)
        return page

    return opening


def steps_of(page: Opened) -> int:
    """How many steps the page says were taken."""
    return int((page.text("#trained") or "0").split()[0])


def after_frame(page: Opened, milliseconds: float = 16) -> int:
    """How many steps were taken after the next frame."""
    page.page.evaluate("(milliseconds) => window.frame(milliseconds)", milliseconds)
    return steps_of(page)


def test_a_run_takes_as_many_steps_as_fit_a_frame(paced: Callable[..., Opened]) -> None:
    page = paced()
    page.page.click("#run")
    first = after_frame(page)
    assert 8 <= first <= 12, "each step takes a millisecond of the 12 that a frame has"
    assert after_frame(page) > first
    page.page.click("#run")
    taken = steps_of(page)
    assert after_frame(page) == taken, "it stops at once"
    assert page.text("#run") == "Run"
    assert page.errors == []


@pytest.mark.parametrize(("pace", "taken"), [("frame", [1, 2, 3, 4]), ("10", [1, 1, 2, 3]), ("1", [1, 1, 1, 1])])
def test_a_run_goes_at_the_pace_that_was_chosen(paced: Callable[..., Opened], pace: str, taken: list[int]) -> None:
    page = paced()
    page.page.select_option("#pace", pace)
    assert f"pace={pace}" in page.page.evaluate("location.hash")
    page.page.click("#run")
    assert [after_frame(page, milliseconds) for milliseconds in (1, 40, 90, 110)] == taken
    assert page.errors == []


def test_steps_missed_in_the_background_are_not_made_up_for(paced: Callable[..., Opened]) -> None:
    page = paced("#pace=10")
    assert page.page.input_value("#pace") == "10"
    page.page.click("#run")
    assert after_frame(page, 1) == 1
    assert after_frame(page, 60_000) <= 4


def test_the_address_keeps_the_pace_and_leaves_out_the_usual_one(paced: Callable[..., Opened]) -> None:
    page = paced("#step=3&pace=1")
    page.page.select_option("#pace", "full")
    assert "pace" not in page.page.evaluate("location.hash")
    assert "step=3" in page.page.evaluate("location.hash")
    assert page.page.get_by_label("Pace").input_value() == "full"


def test_a_pace_that_there_is_not_is_the_usual_one(paced: Callable[..., Opened]) -> None:
    assert paced("#pace=97").page.input_value("#pace") == "full"


def test_steps_are_counted_truly_after_points_are_let_go(in_node: InNode, article: Article) -> None:
    parts = parts_of_page((article.loss,))
    counts, kept, losses = in_page(
        in_node,
        parts,
        SHORT
        + """const counts = [];
        for (let i = 0; i < 100; i++) { short.train(); counts.push([short.steps, short.points.length]); }
        return [counts, short.points.map((p) => p.step), short.points.map((p) => p.loss)];""",
    )
    assert [steps for steps, _ in counts] == list(range(1, 101))
    assert max(points for _, points in counts) == 8
    assert kept == [0, 16, 32, 48, 64, 80, 96, 100]
    expected = descended(article, 100)
    assert losses == [expected[step] for step in kept]


def descended(article: Article, steps: int) -> list[float]:
    """The loss after each of so many steps of gradient descent."""
    optimiser = optim.SGD(article.parameters, lr=0.1)
    losses = [article.loss.item()]
    for _ in range(steps):
        optimiser.zero_grad()
        article.run().backward()
        optimiser.step()
        losses.append(article.run().item())
    return losses


def test_steps_go_on_from_where_a_long_run_was_left(in_node: InNode, article: Article) -> None:
    found = in_page(
        in_node,
        parts_of_page((article.loss,)),
        SHORT
        + """for (let i = 0; i < 100; i++) short.train();
        const found = [];
        const keep = () => found.push([short.steps, short.loss()]);
        short.seek(2); keep();
        short.train(); short.train(); short.train(); keep();
        short.edit(0, 0, 2); keep();
        short.undo(); keep();
        short.train(); keep();
        short.reset(); keep();
        return found;""",
    )
    losses = descended(article, 100)
    assert [steps for steps, _ in found] == [32, 35, 35, 35, 36, 0]
    edited = found.pop(2)[1]
    assert [loss for _, loss in found] == [losses[steps] for steps, _ in found]
    assert edited != losses[35]


def test_undo_and_redo_find_numbers_as_they_were_though_it_was_trained_between(
    in_node: InNode, article: Article
) -> None:
    before, after = in_page(
        in_node,
        parts_of_page((article.loss,)),
        """model.edit(1, 0, 2);
        for (let i = 0; i < 5; i++) model.train();
        const before = model.value(1)[0];
        model.undo();
        model.redo();
        return [before, model.value(1)[0]];""",
    )
    assert before == after
    assert before != 2


def test_the_loss_is_drawn_over_the_steps_that_were_taken(opened_file: Callable[..., Opened], tmp_path: Path) -> None:
    ew.manual_seed(0)
    layer = nn.Linear(2600, 300)  # of which a page has room for 15 points
    path = tmp_path / "page.html"
    make_page((layer(ew.ones(1, 2600)) ** 2).mean(), path, learning_rate=1e-5)
    page = opened_file(path)
    for _ in range(4):
        page.page.click("#train10")
    assert page.text("#trained") == "40 steps taken"
    assert page.texts("#losses .tick")[3] == "40 steps"
    box: dict[str, Any] = page.page.locator("#losses").bounding_box()
    page.page.mouse.click(box["x"] + box["width"] * (44 + 248 / 2) / 300, box["y"] + box["height"] / 2)
    assert page.text("#trained") == "20 steps taken"
    page.page.click("#train1")
    assert page.text("#trained") == "21 steps taken"
    assert page.page.get_attribute("#seek", "aria-valuetext") == "21 of 21"
    page.page.locator("#seek").fill("0")
    assert page.text("#trained") == ""
    assert page.errors == []


def test_what_is_not_finite_can_not_be_trained(opened_file: Callable[..., Opened], tmp_path: Path) -> None:
    x = ew.tensor(-4.0, requires_grad=True)
    path = tmp_path / "page.html"
    make_page(ew.log(x), path)
    page = opened_file(path)
    assert page.text("#stopped").startswith("The loss is NaN before any step")
    page.press("End")
    page.press("ArrowRight")  # past the update
    assert page.text("#trained") == "1 step taken"
    assert page.text("#stopped") == "The loss was NaN before any step: its numbers can't be learned from."
    page.press("Home")
    page.press("ArrowLeft")
    assert [page.page.is_disabled(button) for button in ("#train1", "#train10", "#run")] == [True, True, True]
    page.page.fill("#fields .field[aria-label='x']", "4")
    assert page.text("#stopped") == ""
    page.page.click("#train1")
    assert page.text("#trained") == "1 step taken"


def test_ten_steps_stop_where_the_loss_is_not_finite(opened_file: Callable[..., Opened], tmp_path: Path) -> None:
    w = ew.tensor(3.0, requires_grad=True)
    path = tmp_path / "page.html"
    make_page(w**4, path, learning_rate=5.0)
    page = opened_file(path)
    page.page.click("#train10")
    value, steps = np.float32(3.0), 0
    with np.errstate(over="ignore", invalid="ignore"):
        while np.isfinite(value**4):
            value = np.float32(value - np.float32(5.0) * np.float32(4.0) * value**3)
            steps += 1
    assert page.text("#trained") == f"{steps} steps taken"
    assert page.text("#stopped").startswith(f"The loss is ∞ after {steps} steps")
