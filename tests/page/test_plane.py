"""What a network says over its inputs, and its neurons one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.page import Look
from edgewise.printers.figures import figure

from .conftest import Opened

Opening = Callable[..., Opened]


class Planar:
    """A classifier of points of the plane: above or below a line."""

    def __init__(self, features: int = 2, outputs: int = 1, examples: int = 8) -> None:
        ew.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(features, 4), nn.Tanh(), nn.Linear(4, outputs))
        self.x = ew.randn(examples, features)
        self.t = (self.x[:, :1] > 0).float() if outputs == 1 else ew.arange(examples) % outputs
        z = self.model(self.x)
        self.loss = (
            nn.functional.binary_cross_entropy_with_logits(z, self.t)
            if outputs == 1
            else nn.functional.cross_entropy(z, self.t)
        )


@pytest.fixture
def planar() -> Planar:
    return Planar()


def colours_at(page: Opened, places: list[tuple[float, float]]) -> list[list[int]]:
    """The colours of the plane at points of its picture, from 0 to 1."""
    script = """(places) => {
        const canvas = document.querySelector(".plane");
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        return places.map(([x, y]) => {
            const at = 4 * (Math.round(y * (height - 1)) * width + Math.round(x * (width - 1)));
            return [...data.slice(at, at + 3)];
        });
    }"""
    return list(page.page.evaluate(script, places))


def test_the_plane_has_the_colour_of_the_output(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss)
    lows, highs = planar.x.numpy().min(0), planar.x.numpy().max(0)
    lows, highs = lows - 0.12 * (highs - lows), highs + 0.12 * (highs - lows)
    shown = 0
    places = [(0.03, 0.03), (0.03, 0.97), (0.97, 0.03), (0.97, 0.97)]
    for (across, down), (red, green, _) in zip(places, colours_at(page, places), strict=True):
        point = np.array([across, 1 - down]) * (highs - lows) + lows
        logit = planar.model(ew.tensor(point.astype("float32"))).item()
        if abs(logit) < 0.2:
            continue
        assert (green > red) == (logit > 0)
        shown += 1
    assert shown
    assert "Green where z is more than 0" in page.text(".plane-note")
    assert page.errors == []


def test_the_plane_follows_training_and_leaves_it_as_it_is(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss, learning_rate=1.0)
    before = page.page.evaluate("document.querySelector('.plane').toDataURL()")
    for _ in range(3):
        page.page.click("#train10")
    page.until(lambda: page.page.evaluate("document.querySelector('.plane').toDataURL()") != before)
    optimiser = ew.optim.SGD(planar.model.parameters(), lr=1.0)
    for _ in range(30):
        optimiser.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(planar.model(planar.x), planar.t)
        loss.backward()
        optimiser.step()
    loss = nn.functional.binary_cross_entropy_with_logits(planar.model(planar.x), planar.t)
    assert figure(loss.item()) in page.text("#loss")


@pytest.mark.parametrize(("features", "outputs", "shown"), [(1, 1, True), (2, 3, True), (3, 1, False)])
def test_it_is_there_for_one_or_two_inputs(opened: Opening, features: int, outputs: int, shown: bool) -> None:
    page = opened(Planar(features, outputs).loss)
    assert page.page.is_visible("#plane") == shown
    assert page.errors == []


def test_each_neuron_has_its_map_if_that_is_wanted(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss, look=Look(view="neurons"))
    maps = page.page.locator(".neurons image.over[href]")
    page.until(lambda: maps.count() == 2 + 4 + 1)
    page.page.uncheck("#maps-on")
    page.until(lambda: maps.count() == 0)
    assert page.errors == []


def test_a_neuron_shows_its_sum_for_an_example_and_its_weights_can_be_changed(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss, look=Look(view="neurons"))
    page.page.locator(".neurons .unit").nth(2 + 1).dispatch_event("click")
    assert page.text(".neuron-card h2") == "Neuron 2 of 4"

    def expected(example: int, weight: Any = None) -> list[str]:
        w, b = (one.numpy(force=True)[1] for one in (planar.model[0].weight, planar.model[0].bias))
        w = w if weight is None else np.array([weight, w[1]])
        total = float(w @ planar.x.numpy()[example] + b)
        return [figure(total), figure(np.tanh(total))]

    def sum_and_value() -> list[str]:
        return page.texts(".neuron-sum tr:is(.is-sum, .is-sum + tr) td")

    assert sum_and_value() == expected(0)
    page.page.click("#example-after")
    assert sum_and_value() == expected(1)
    page.page.locator(".neuron-sum .field").first.fill("2")
    page.page.keyboard.press("Enter")
    assert sum_and_value() == expected(1, 2.0)
    assert page.errors == []


def test_neurons_are_coloured_by_the_sizes_of_their_gradients(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss, look=Look(view="neurons"))
    page.page.uncheck("#maps-on")
    circle = page.page.locator(".neurons .unit .neuron").nth(3)
    assert circle.evaluate("(one) => one.style.fill") == ""
    page.page.select_option("#colour", "gradient")
    page.until(lambda: circle.evaluate("(one) => one.style.fill") != "")
    page.page.select_option("#colour", "")
    assert circle.evaluate("(one) => one.style.fill") == ""


def test_of_a_single_example_the_line_comes_after_the_numbers_to_change(opened_network: Opening) -> None:
    page = opened_network("first_article")
    order = page.page.evaluate("[...document.querySelectorAll('#side > :is(#inputs, #plane)')].map(({ id }) => id)")
    assert order == ["inputs", "plane"]
    assert "the dot is the example, with its target" in page.text(".plane-note")
    assert page.texts(".plane-across span") == ["−1.5", "x", "1.5"]


def test_saved_neurons_have_their_maps_in_circles(opened: Opening, planar: Planar) -> None:
    page = opened(planar.loss, look=Look(view="neurons"))
    page.until(lambda: page.page.locator(".neurons image.over[href]").count() == 7)
    with page.page.expect_download() as waiting:
        page.page.click("#save")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert text.count("data:image/png") == 7
    assert "clip-path: circle" in text


def test_examples_have_the_colours_of_their_targets_also_where_these_are_made_of_the_inputs(opened: Opening) -> None:
    colours = []
    for is_made in (False, True):
        ew.manual_seed(0)
        x = ew.randn(8, 2)
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        target = (x[:, :1] > 0).float() if is_made else ew.tensor((x.numpy()[:, :1] > 0).astype("float32"))
        page = opened(nn.functional.binary_cross_entropy_with_logits(model(x), target))
        assert "in the colours of their targets" in page.text(".plane-note")
        lows, highs = x.numpy().min(0), x.numpy().max(0)
        lows, highs = lows - 0.12 * (highs - lows), highs + 0.12 * (highs - lows)
        at = (x.numpy() - lows) / (highs - lows)
        colours.append(colours_at(page, [(a, 1 - b) for a, b in at.tolist()]))
    assert colours[0] == colours[1]
    assert len({tuple(colour) for colour in colours[0]}) > 1
