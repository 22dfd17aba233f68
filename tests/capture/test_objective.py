"""What the gradients of several outputs, or of weighted ones, are called."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browsing import Opened

import edgewise as ew
from edgewise.api.picture import Picture
from edgewise.explanation.explanation import Explanation
from edgewise.explanation.gradients import derivation
from edgewise.picture.table import table
from edgewise.printers.figures import figure


def two_losses() -> tuple[ew.Tensor, ew.Tensor, ew.Tensor]:
    """Two losses of one product, and one of its factors."""
    a, b = ew.tensor(2.0, requires_grad=True), ew.tensor(3.0, requires_grad=True)
    p = a * b
    l1, l2 = p**2, ew.sin(p)
    return l1, l2, b


SUM = 2 * 6 * 2 + math.cos(6) * 2
"""∂(p² + sin p)/∂b at a = 2, b = 3."""


def explained(picture: Picture, name: str) -> str:
    """The explanation of the gradient of a tensor of a picture."""
    snapshot = picture.snapshot
    return Explanation(derivation(snapshot, next(t for t in snapshot.tensors if t.name == name), ())).text()


def definition(*outputs: ew.Tensor, gradients: object = None) -> str:
    """What the gradients are said to be of."""
    return ew.see(*outputs, gradients=gradients).snapshot.objective.definition


def test_one_loss_is_called_by_its_own_name() -> None:
    l1, _, _ = two_losses()
    objective = ew.see(l1).snapshot.objective
    assert (objective.symbol, objective.name, objective.definition) == ("l₁", "l1", "")


def test_a_sum_of_losses_is_said_to_be_one() -> None:
    l1, l2, _ = two_losses()
    picture = ew.see(l1, l2)
    assert picture.snapshot.objective.definition == "L = l₁ + l₂"
    assert picture.snapshot.objective.name == "l1 + l2"
    assert "The gradients are those of L = l₁ + l₂" in table(picture.snapshot)
    text = explained(picture, "b")
    assert "the gradient of L = l₁ + l₂ with respect to b" in text
    assert "∂mul/∂b · ∂pow/∂p · ∂L/∂l₁ = a · 2p · 1 = 2 · 12 · 1 = 24" in text
    assert f"∂L/∂b = 24 + 1.92 = {figure(SUM)}" in text
    svg = picture.svg()
    assert ">L = l₁ + l₂<" in svg
    assert "gradient ∂L/∂·, backward" in svg
    assert "Computational graph of l1 + l2" in svg
    assert "∂l₁/∂b" not in svg


def test_a_letter_that_is_taken_is_not_used_for_the_sum() -> None:
    l1, _, _ = two_losses()
    L = l1 * 2
    picture = ew.see(l1, L)
    assert picture.snapshot.objective.definition == "J = l₁ + L"
    assert "∂J/∂l₁ = 1 + 2 = 3" in explained(picture, "l1")
    assert "∂J/∂b = 24 + 48 = 72" in explained(picture, "b")


def test_gradients_that_were_given_are_weights_of_the_sum() -> None:
    l1, l2, _ = two_losses()
    weights = [ew.tensor(2.0), ew.tensor(-1.0)]
    assert definition(l1, l2, gradients=weights) == "L = 2 · l₁ − l₂"
    assert definition(l1, gradients=ew.tensor(0.5)) == "L = 0.5 · l₁"
    assert definition(l1, l1) == "L = 2 · l₁"
    text = explained(ew.see(l1, l2, gradients=weights), "b")
    assert f"∂L/∂b = 48 + (−1.92) = {figure(48 - 2 * math.cos(6))}" in text
    half = explained(ew.see(l1, gradients=ew.tensor(0.5)), "b")
    assert "∂L/∂b = ∂mul/∂b · ∂pow/∂p · ∂L/∂l₁ = a · 2p · 0.5 = 2 · 12 · 0.5 = 12" in half


def test_arrays_are_summed_with_what_was_given_for_them() -> None:
    w = ew.tensor([1.0, 2.0], requires_grad=True)
    y = w * 3
    assert definition(y, gradients=ew.ones(2)) == "L = Σ y"
    assert definition(y, gradients=ew.ones(2) * 4) == "L = 4 · Σ y"
    assert definition(y, gradients=ew.tensor([1.0, 3.0])) == "L = Σ g ⊙ y (g is the gradient that was given)"
    z = y.sum()
    assert definition(y, z, gradients=[ew.ones(2) * 2, None]) == "L = 2 · Σ y + z"


def test_of_many_outputs_the_first_and_the_last_are_named() -> None:
    w = ew.tensor(1.0, requires_grad=True)
    outputs = [w * i for i in range(9)]
    for i, output in enumerate(outputs):
        output.name = f"y{i}"
    assert definition(*outputs) == "L = y₀ + y₁ + … + y₈"


def test_the_rule_of_an_update_has_the_gradient_of_the_sum() -> None:
    l1, l2, b = two_losses()
    with ew.watch() as seen:
        optimizer = ew.optim.SGD([b], lr=0.1)
        ew.autograd.backward([l1, l2])
        optimizer.step()
    assert "∂L/∂b" in table(seen.snapshot)
    assert "∂l₁/∂b" not in table(seen.snapshot)


@pytest.fixture
def paged(opened_file: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """Opens the page of a picture."""

    def opening(picture: Picture, hash: str = "") -> Opened:
        picture.page(tmp_path / "page.html")
        return opened_file(tmp_path / "page.html", hash=hash)

    return opening


def test_a_page_of_two_losses_names_their_sum_everywhere(paged: Callable[..., Opened]) -> None:
    l1, l2, _ = two_losses()
    page = paged(ew.see(l1, l2), "#step=4")
    assert page.page.title() == "Backpropagation through l1 + l2"
    assert page.text("#notice") == "L = l₁ + l₂: all gradients here are those of L."
    assert page.text("#moment") == "The way back begins at l1"
    assert page.text("#loss") == f"l1 + l2 {figure(36 + math.sin(6))}"
    names = set()
    for _ in range(5):
        names.add(page.page.locator("#tiles .tile.result .tile-head").text_content())
        page.press("ArrowRight")
    assert {name[:2] for name in names if name} == {"∂L"}
    page.press("End")
    page.press("ArrowLeft")
    assert page.chip(1, "gradient") == figure(SUM)
    page.page.click("#train1")
    learnt = np.array([2.0, 3.0]) - 0.1 * SUM * np.array([1.5, 1.0])
    p = float(learnt.prod())
    assert float(page.text("#loss").split()[-1].replace("−", "-")) == pytest.approx(p**2 + math.sin(p), rel=1e-3)
    assert page.errors == []


def test_a_page_begins_with_the_gradients_that_were_given(paged: Callable[..., Opened]) -> None:
    l1, l2, _ = two_losses()
    page = paged(ew.see(l1, l2, gradients=[ew.tensor(2.0), ew.tensor(-1.0)]), "#step=4")
    assert page.text("#notice").startswith(
        "L = 2 · l₁ − l₂: all gradients here are those of L. This page is a recording"
    )
    assert "numbers that were given" in page.text("#notice")
    assert page.texts("#tiles .tile.result .figure") == ["2"]


def test_a_loss_that_is_used_by_another_one_adds_its_own_part(paged: Callable[..., Opened]) -> None:
    l1, _, _ = two_losses()
    page = paged(ew.see(l1, l1 * 2), hash="#step=backward")
    for _ in range(30):
        if page.text("#moment").startswith("Where edges meet"):
            break
        page.press("ArrowLeft")
    assert page.texts("#tiles .tile .figure") == ["1", "2", "3"]
    assert "as an output" in page.text("#tiles")
