"""The same network as neurons: its numbers are those of the graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.printers.figures import figure

from .conftest import Article, Opened

Opening = Callable[..., Opened]


def brief(value: float) -> str:
    """As neurons have room for."""
    text = figure(value, 3)
    return figure(value, 2) if len(text) > 6 else text


def test_the_view_is_switched_and_kept_in_the_address(opened: Opening, article: Article) -> None:
    page = opened(article.loss, reduced_motion="no-preference")
    flying = page.note(".ghost")
    page.page.click("#view")
    assert page.page.locator("#picture .neurons").count() == 1
    assert "view=neurons" in page.page.evaluate("location.hash")
    assert len(flying()) >= 3, "things fly from one picture to the other"
    page.until(lambda: page.page.locator(".ghost").count() == 0)
    page.page.click("#view")
    assert page.page.locator("#picture .neurons").count() == 0
    assert page.step == 18
    assert page.errors == []


def test_neurons_and_weights_have_the_numbers_of_the_run(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = ew.randn(5, 3)
    hidden = model[1](model[0](x))
    output = model[2](hidden)
    for tensor in (hidden, output):
        tensor.retain_grad()
    loss = output.square().mean()
    loss.backward()
    page = opened(loss, hash="#view=neurons")
    shown = page.texts("#picture .neurons text.value")
    expected = [*x.numpy()[0], *hidden.detach().numpy()[0], *output.detach().numpy()[0], loss.item()]
    assert shown == [brief(float(value)) for value in expected]
    gradients = [text for text in page.texts("#picture .neurons text.gradient") if text]
    expected = [*hidden.grad.numpy()[0], *output.grad.numpy()[0], 1.0]
    assert gradients == [brief(float(value)) for value in expected]
    lines = page.page.locator("#picture .bundle").first.locator(".weight")
    signs = ["plus" in name for name in lines.evaluate_all("lines => lines.map((line) => line.getAttribute('class'))")]
    assert signs == (model[0].weight.detach().numpy() >= 0).ravel().tolist()
    widths = lines.evaluate_all("lines => lines.map((line) => Number(line.getAttribute('stroke-width')))")
    sizes = np.abs(model[0].weight.detach().numpy()).ravel()
    np.testing.assert_allclose(widths, 0.5 + 5 * sizes / sizes.max(), atol=0.006)
    assert page.errors == []


def test_steps_are_marked_in_neurons_too(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#view=neurons&step=0")
    assert page.texts("#picture .neurons text.value") == ["0.5", "", "", ""]
    page.press("ArrowRight", 3)
    assert page.texts("#picture .neurons text.value") == ["0.5", "0.7", "", ""]
    assert (
        page.page.locator("#picture .neurons g.forward-now")
        .get_attribute("aria-label")
        .startswith("mul₁ → add₁ → relu")
    )
    page.press("End")
    page.press("ArrowLeft", 4)  # before the updates
    assert page.texts("#picture .neurons text.gradient") == ["", "0.4", "−1", "1"]
    assert page.page.locator("#picture .bundle.backward-now").count() == 1
    page.page.fill("#fields .field[aria-label='x']", "2")
    assert page.texts("#picture .neurons text.value")[1] == "2.5"
    page.page.locator("#picture .bundle").nth(1).press("Enter")
    assert page.text(".details h2").startswith("W2")
    assert page.errors == []


def test_wide_layers_are_abridged(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(50, 20), nn.ReLU(), nn.Linear(20, 3))
    loss = nn.functional.cross_entropy(model(ew.rand(6, 50)), ew.randint(0, 3, (6,)))
    page = opened(loss, hash="#view=neurons")
    assert page.page.locator("#picture .neurons circle.neuron").count() == 6 + 6 + 3 + 1
    notes = page.texts("#picture .neurons .note")
    assert "44 more" in notes
    assert "50 inputs" in notes
    last = model[0].weight.detach().numpy()[-1, -1]
    first = page.page.locator("#picture .bundle").first.locator(".weight")
    assert ("plus" in first.last.get_attribute("class")) == (last >= 0)


def test_what_is_no_chain_has_no_neurons(opened: Opening) -> None:
    w = ew.tensor(0.5, requires_grad=True)
    page = opened(w * w + w, hash="#view=neurons")
    assert not page.page.is_visible("#view")
    assert page.page.locator("#picture rect.chip").count() > 0


def test_a_page_begins_as_its_picture_looks(opened_file: Opening, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    loss = model(ew.ones(1, 2)).sum()
    ew.see(loss, view="neurons", theme="dark").page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html")
    assert page.page.get_attribute("#page", "data-view") == "neurons"
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.page.click("#view")
    assert "view=graph" in page.page.evaluate("location.hash")
    page.page.reload()
    page.page.wait_for_selector("[data-ready]")
    assert page.page.get_attribute("#page", "data-view") != "neurons"
    assert page.errors == []


def test_modules_are_closed_at_first_as_in_the_picture(opened_file: Opening, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    loss = model(ew.ones(1, 2)).sum()
    ew.see(loss, closed=["0"]).page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html")
    assert page.page.locator("#picture [data-kind=node]").count() == 3
    assert page.errors == []


def test_single_numbers_are_grouped_by_neuron_as_in_the_picture(opened: Opening) -> None:
    weights = [ew.tensor(0.1 * i, requires_grad=True) for i in range(1, 25)]
    x = [ew.tensor(0.5), ew.tensor(-0.3)]
    hidden = [(x[0] * weights[3 * i] + x[1] * weights[3 * i + 1] + weights[3 * i + 2]).tanh() for i in range(8)]
    loss = sum(hidden[1:], hidden[0])
    page = opened(loss)
    assert page.page.locator("#picture [data-kind=frame]").count() >= 8
    assert page.errors == []


BOXES = """(role) => [...document.querySelectorAll(`#picture .neurons ${role}`)]
    .filter((one) => one.tagName !== "text" || one.textContent)
    .map((one) => one.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => [left, right, top, bottom])"""


@pytest.mark.parametrize("neurons", [3, 8])
def test_figures_stand_beside_each_other_and_below_the_discs(opened: Opening, neurons: int) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, neurons), nn.Tanh(), nn.Linear(neurons, 1))
    page = opened((model(ew.randn(3, 2)) * -100).square().mean(), hash="#view=neurons")
    values, gradients = (page.page.evaluate(BOXES, f".unit text.{role}") for role in ("value", "gradient"))
    discs = page.page.evaluate(BOXES, "circle.neuron")
    assert len(values) == neurons + 4
    assert len(gradients) == neurons + 2
    boxes = [*values, *gradients, *discs]
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom in boxes[i + 1 :]:
            apart = right <= other_left or other_right <= left or bottom <= other_top + 1 or other_bottom <= top + 1
            assert apart


def test_twins_are_joined_until_a_weight_parts_them(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 20), nn.Tanh(), nn.Linear(20, 4), nn.Tanh(), nn.Linear(4, 1))
    with ew.no_grad():
        for layer in (model[2], model[4]):
            for parameter in layer.parameters():
                parameter.fill_(0.5)
        model[4].weight[0, 2] = model[4].weight[0, 3] = 0.25
        # Of the first layer, three neurons that are drawn and one that is left out.
        for neuron in (2, 8, 19):
            model[0].weight[neuron] = model[0].weight[0].clone()
            model[0].bias[neuron] = model[0].bias[0].clone()
    loss = model(ew.randn(5, 3)).square().mean()
    page = opened(loss, hash="#view=neurons")
    notes = "#picture .column-head .note"
    assert page.texts(notes)[1:3] == ["20 neurons, 4 twins", "4 neurons, 2 + 2 twins"]
    assert page.page.locator("#picture .twins > g").count() == 3
    assert page.page.locator("#picture .twins path:not(.halo)").first.get_attribute("d").count("h") == 3
    # The first neuron of the second layer alone gets another weight.
    page.page.locator(".neurons .unit").nth(3 + 6).dispatch_event("click")
    assert page.text(".neuron-card h2") == "Neuron 1 of 4"
    page.page.locator(".neuron-sum .field").first.fill("0.5005")
    page.page.keyboard.press("Enter")
    assert page.texts(notes)[1:3] == ["20 neurons, 3 twins", "4 neurons, 2 twins"]
    assert page.errors == []
