"""A page of several backward passes of one training step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import part_of_page

import edgewise as ew
import edgewise.nn.functional as F
from edgewise import nn, optim
from edgewise.graph.errors import GradientError
from edgewise.printers.figures import figure

from .conftest import Opened
from .test_address import address, note

Opening = Callable[..., Opened]


class Adversaries:
    """A generator and a discriminator, each with an optimiser of its own."""

    def __init__(self) -> None:
        ew.manual_seed(0)
        self.G = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
        self.D = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        self.of_d = optim.SGD(self.D.parameters(), lr=0.3)
        self.of_g = optim.Adam(self.G.parameters(), lr=0.05)
        self.real = ew.tensor([[1.0, 0.5], [0.25, -1.0]])
        self.z = ew.tensor([[0.5, -0.5], [1.5, 0.75]])

    def step(self) -> tuple[Any, Any]:
        G, D, real, z = self.G, self.D, self.real, self.z
        fake = G(z)
        d_loss = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
        self.of_d.zero_grad()
        d_loss.backward()
        self.of_d.step()
        g_loss = F.softplus(-D(fake)).mean()
        self.of_g.zero_grad()
        g_loss.backward()
        self.of_g.step()
        return d_loss, g_loss


def losses_after(steps: int) -> list[str]:
    """What both losses are in the step after so many."""
    pair = Adversaries()
    for _ in range(steps):
        pair.step()
    return [figure(loss.item()) for loss in pair.step()]


@pytest.fixture(scope="module")
def adversaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pair = Adversaries()
    with ew.watch() as watch:
        losses = pair.step()
    path = tmp_path_factory.mktemp("passes") / "gan.html"
    watch.page(path, names=["discriminator", "generator"])
    del losses
    return path


def both_losses(page: Opened) -> list[str]:
    """The losses of both passes, at their ends."""
    found = []
    for i in (0, 1):
        page.page.locator("#passes button").nth(i).click()
        page.press("End")
        found.append(page.text("#loss").split()[-1])
    return found


def test_both_passes_are_chapters_with_what_they_move(opened_file: Opening, adversaries: Path) -> None:
    page = opened_file(adversaries, hash="#step=backward")
    assert page.texts("#passes button") == ["1 discriminator", "2 generator"]
    assert page.text("#passes p") == "Moves D's 4 parameters. No gradient reaches G's 4 parameters."
    page.page.get_by_role("button", name="2 generator").click()
    assert page.text("#passes p") == (
        "Moves G's 4 parameters. D's 4 parameters keep their values, though gradients reach them."
    )
    assert page.page.locator("#passes [aria-pressed=true]").evaluate("(tab) => tab === document.activeElement")
    assert "pass=2" in address(page)
    assert page.text("#title") == "Backpropagation through discriminator and generator"
    assert len(page.requests) == 1, "it asks for nothing but itself"
    assert page.errors == []


def test_a_model_that_is_alone_in_its_pass_has_the_name_that_it_has_beside_the_other(tmp_path: Path) -> None:
    pair = Adversaries()
    with ew.watch() as watch:
        d_loss = F.softplus(-pair.D(pair.real)).mean()
        d_loss.backward()
        g_loss = F.softplus(-pair.D(pair.G(pair.z))).mean()
        g_loss.backward()
    watch.page(tmp_path / "page.html")
    text = part_of_page((tmp_path / "page.html").read_text("utf-8"), "data")
    found = [one["backwardPass"]["moves"] for one in json.loads(text)["passes"]]
    assert "D's 4 parameters keep their values" in found[0]


def test_the_steps_go_from_pass_to_pass_and_on_to_the_next_training_step(
    opened_file: Opening, adversaries: Path
) -> None:
    page = opened_file(adversaries, hash="#step=0")
    page.press("End")
    assert page.page.get_attribute("#page", "data-phase") == "update"
    page.press("ArrowRight")
    assert page.text("#passes [aria-pressed=true]") == "2 generator"
    assert page.step == 0
    page.press("ArrowLeft")
    assert page.text("#passes [aria-pressed=true]") == "1 discriminator"
    assert page.page.get_attribute("#page", "data-phase") == "update"
    page.press("ArrowRight")
    page.press("End")
    page.press("ArrowRight")
    assert page.text("#passes [aria-pressed=true]") == "1 discriminator"
    assert page.text("#trained") == "1 step taken"
    page.press("ArrowLeft")
    assert page.text("#passes [aria-pressed=true]") == "2 generator"
    assert page.text("#trained") == ""
    assert page.errors == []


def test_training_in_the_page_is_that_of_the_program(opened_file: Opening, adversaries: Path) -> None:
    page = opened_file(adversaries, hash="#step=backward")
    assert both_losses(page) == losses_after(0)
    page.page.click("#train1")
    page.page.click("#train10")
    assert page.text("#trained") == "11 steps taken"
    assert both_losses(page) == losses_after(11)
    page.page.locator("#seek").evaluate(
        "(seek) => { seek.value = 3; seek.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert page.text("#trained") == "3 steps taken"
    assert both_losses(page) == losses_after(3)
    page.page.click("#train1")
    assert both_losses(page) == losses_after(4)
    page.page.click("#reset")
    assert both_losses(page) == losses_after(0)
    assert page.errors == []


def test_a_number_that_is_changed_in_one_pass_is_changed_in_all(opened_file: Opening, adversaries: Path) -> None:
    page = opened_file(adversaries, hash="#step=backward&pass=2")
    page.page.fill("#fields .field[aria-label='z[0, 0]']", "0.125")
    page.press("Escape")
    changed = both_losses(page)
    pair = Adversaries()
    pair.z = ew.tensor([[0.125, -0.5], [1.5, 0.75]])
    assert changed == [figure(loss.item()) for loss in pair.step()]
    page.press("Control+z")
    assert both_losses(page) == losses_after(0)


def test_what_the_pass_before_has_moved_is_no_field(opened_file: Opening, adversaries: Path) -> None:
    page = opened_file(adversaries, hash="#step=backward&pass=1")
    assert page.page.locator("#fields .field[aria-label^='D.0.bias']").count() == 3
    page.page.get_by_role("button", name="2 generator").click()
    assert page.page.locator("#fields .field[aria-label^='D.0.bias']").count() == 0
    assert page.page.locator("#fields .field[aria-label^='G.0.bias']").count() == 3


def test_an_address_of_a_pass_opens_the_same_numbers(opened_file: Opening, adversaries: Path) -> None:
    page = opened_file(adversaries, hash="#step=backward&pass=2")
    page.page.fill("#fields .field[aria-label='z[0, 0]']", "0.125")
    page.page.click("#train10")
    page.page.fill("#rate input", "0.5")
    page.page.click("#train10")
    page.press("Escape")
    shared = address(page)
    seen = both_losses(page)
    other = opened_file(adversaries, hash=shared)
    assert note(other) == ""
    assert other.text("#passes [aria-pressed=true]") == "2 generator"
    assert other.text("#trained") == "20 steps taken"
    assert both_losses(other) == seen
    assert other.errors == []


def test_gradients_of_two_passes_add_up_before_one_step(opened_file: Opening, tmp_path: Path) -> None:
    W, V, x = (ew.tensor(v, requires_grad=v != 0.5) for v in (2.0, 3.0, 0.5))
    optimizer = optim.SGD([W, V], lr=0.1)

    def step() -> tuple[Any, Any]:
        optimizer.zero_grad()
        one = W * V * x
        one.backward()
        two = (W * W - x).abs()
        two.backward()
        optimizer.step()
        return one, two

    with ew.watch() as watch:
        losses = step()
    watch.page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html", hash="#step=backward")
    assert (
        page.text("#passes p")
        == "Moves V. W keeps its value, though a gradient reaches it; it is added to that of a later pass."
    )
    page.page.click("#train10")
    found = both_losses(page)
    for _ in range(9):
        losses = step()
    losses = step()
    assert found == [figure(loss.item()) for loss in losses]
    page.press("End")
    assert "W.grad" in page.text("#equation"), "it is the gradient of no loss alone"
    assert page.errors == []


def test_two_losses_without_an_optimiser_descend_together(opened_file: Opening, tmp_path: Path) -> None:
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        one = W * 3
        one.backward()
        two = W * W
        two.backward()
    watch.page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html", hash="#step=backward&pass=2")
    assert page.text("#passes p") == "Moves W, with the gradients of earlier passes added."
    page.page.click("#train1")
    assert both_losses(page) == [figure(3 * (2 - 0.1 * (3 + 4))), figure((2 - 0.1 * (3 + 4)) ** 2)]


def made_of_gone_tensors() -> Any:
    pair = Adversaries()
    with ew.watch() as watch:
        pair.step()
    return watch, pair


def made_of_clipped_gradients() -> Any:
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        one = W * 3
        one.backward()
        nn.utils.clip_grad_norm_([W], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        two = W * W
        two.backward()
        optimizer.step()
    return watch, one, two


def made_of_two_moves() -> Any:
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        one = W * 3
        one.backward()
        optimizer.step()
        optimizer.zero_grad()
        two = W * W
        two.backward()
        optimizer.step()
    return watch, one, two


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (made_of_gone_tensors, "The tensors of the step are gone"),
        (made_of_clipped_gradients, "W was changed otherwise than by one step"),
        (made_of_two_moves, "W is moved more than once"),
    ],
)
def test_passes_that_cannot_run_are_recordings_and_say_why(
    opened_file: Opening, tmp_path: Path, make: Callable[[], Any], reason: str
) -> None:
    watch, *alive = make()
    watch.page(tmp_path / "page.html")
    del alive
    page = opened_file(tmp_path / "page.html", hash="#step=backward")
    assert reason in page.text("#notice")
    for _ in range(2):
        page.press("End")
        page.press("ArrowRight")
    assert page.text("#passes [aria-pressed=true]")[0] == "2", "after the last pass there is nothing more"
    assert page.errors == []


def test_one_pass_is_an_ordinary_page(opened_file: Opening, tmp_path: Path) -> None:
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        loss = W * W
        loss.backward()
    watch.page(tmp_path / "page.html", names=["the only one"])
    page = opened_file(tmp_path / "page.html", hash="#step=backward")
    assert page.page.locator("#passes").count() == 0
    assert page.text("#title") == "the only one"
    assert page.chip(0, "gradient") == "4"


def test_names_are_checked(tmp_path: Path) -> None:
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        loss = W * W
        loss.backward()
    path = tmp_path / "page.html"
    with pytest.raises(ValueError, match=r"there are 2 names for 1 backward pass$"):
        watch.page(path, names=["a", "b"])
    for wrong in ("ab", [1], [""]):
        with pytest.raises(TypeError, match="names are a list of texts"):
            watch.page(path, names=wrong)
    with pytest.raises(TypeError, match="title must be a string"):
        watch.page(path, title=3)
    with pytest.raises(ValueError, match="theme must be one of"):
        watch.page(path, theme="blue")
    with ew.watch() as nothing:
        np.zeros(1)
    with pytest.raises(GradientError, match="no backward pass was run in the block"):
        nothing.page(path)
