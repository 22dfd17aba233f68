"""Colours by the sizes of gradients and values: one scale, and what is no size stands out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn

from .conftest import Opened

Opening = Callable[..., Opened]
InNode = Callable[..., str]

FILLS = """(keys) => keys.map((key) => {
    const [kind, id] = key.split(" ");
    const group = document.querySelector(`#picture [data-kind=${kind}][data-id="${id}"]`);
    return group.querySelector(":scope > :is(.chip, .operation), :scope > .face > .closed").style.fill;
})"""
KEYS = """() => [...document.querySelectorAll("#picture g[data-kind]")]
    .filter(({ dataset: { kind } }) => ["tensor", "node", "edge", "module"].includes(kind))
    .map((group) => `${group.dataset.kind} ${group.dataset.id}`)"""


def fill(page: Opened, key: str) -> str:
    """The colour that a thing was given; empty if it has its own."""
    return str(page.page.evaluate(FILLS, [key])[0])


def fills(page: Opened) -> dict[str, str]:
    """The colours that all things were given."""
    found = page.page.evaluate(KEYS)
    return dict(zip(found, page.page.evaluate(FILLS, found), strict=True))


def keys(page: Opened) -> dict[str, str]:
    """Tensors by their names."""
    script = "() => edgewise.data.tensors.map((tensor) => tensor.name)"
    return {name: f"tensor {id}" for id, name in enumerate(page.page.evaluate(script))}


def exponent(text: str) -> float:
    """What the end of a scale says: 0.1, 100, or 10⁻⁷."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    if set(text) & set("⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return float(text.removeprefix("10").translate(raised))
    return math.log10(float(text))


def palette(in_node: InNode, *, dark: bool = False) -> list[str]:
    """The colours of the scale, as the browser writes them."""
    tones = json.loads(in_node("colour_scale.js", "console.log(JSON.stringify(colourScale(given)))", json.dumps(dark)))
    return [one["fill"].replace(" ", ", ") for one in tones]


def lightness(colour: str) -> float:
    """How light a colour is to the eye (the luminance of WCAG 2)."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").replace(",", " ").split()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_goes_one_way_in_lightness_and_its_numbers_can_be_read(in_node: InNode, dark: bool) -> None:
    tones = json.loads(in_node("colour_scale.js", "console.log(JSON.stringify(colourScale(given)))", json.dumps(dark)))
    light = [lightness(tone["fill"]) for tone in tones]
    assert light == sorted(light, reverse=not dark), "what is small is near the ground"
    for tone in tones:
        ink = 1.0 if tone["ink"] == "#ffffff" else lightness("rgb(4 7 13)")
        brighter, darker = max(ink, lightness(tone["fill"])), min(ink, lightness(tone["fill"]))
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_range_is_in_whole_powers_of_ten(in_node: InNode) -> None:
    cases = [[3e-7, 2.5], [1, 1], [10, 1000], [0.02, 0.05], [0, 0], [1e-3, 1e-3]]
    found = json.loads(
        in_node(
            "colour_scale.js",
            "console.log(JSON.stringify(given.map(([a, b]) => listDecades(a, b))))",
            json.dumps(cases),
        )
    )
    assert found == [[-7, 1], [-1, 1], [1, 3], [-2, -1], [-1, 0], [-4, -2]]
    levels = json.loads(
        in_node(
            "colour_scale.js",
            "console.log(JSON.stringify(given.map((size) => levelOf(size, [-4, 0]))))",
            "[1e-9, 1e-4, 1e-2, 1, 50]",
        )
    )
    assert levels[0] == levels[1] == 0
    assert levels[3] == levels[4] == 47
    assert levels[2] == pytest.approx(23.5, abs=0.5)


@pytest.fixture
def vanishing() -> tuple[ew.Tensor, nn.Sequential]:
    """A network of many sigmoids, whose first layers hardly learn."""
    ew.manual_seed(0)
    model = nn.Sequential(*[layer for _ in range(6) for layer in (nn.Linear(4, 4), nn.Sigmoid())])
    loss = model(ew.rand(3, 4)).square().mean()
    loss.backward()
    return loss, model


def test_things_are_coloured_by_the_root_mean_square_of_gradients(
    opened: Opening, in_node: InNode, vanishing: Any
) -> None:
    loss, model = vanishing
    page = opened(loss)
    assert fill(page, "tensor 1") == ""
    page.page.select_option("#colour", "gradient")
    weights = [model[2 * i].weight for i in range(6)]
    sizes = [math.sqrt(np.mean(weight.grad.numpy().astype(np.float64) ** 2)) for weight in weights]
    places, colours = keys(page), palette(in_node)
    low, high = exponent(page.text("#colour-low")), exponent(page.text("#colour-high"))
    for i, size in enumerate(sizes):
        part = (math.log10(size) - low) / (high - low)
        assert colours.index(fill(page, places[f"{2 * i}.weight"])) == pytest.approx(part * 47, abs=0.51)
    page.page.select_option("#colour", "")
    assert set(fills(page).values()) == {""}
    assert not page.page.is_visible("#colour-scale")
    assert page.errors == []


def test_the_gradients_of_a_bias_and_of_a_matrix_compare(opened: Opening) -> None:
    x, b = ew.ones(1, 50), ew.zeros(40, requires_grad=True)
    W = ew.zeros(50, 40, requires_grad=True)
    page = opened((x @ W + b).sum(), hash="#colour=gradient")
    places = keys(page)
    # All their elements are 1, so the colours are one, though their norms are √2000 and √40.
    assert fill(page, places["W"]) == fill(page, places["b"])
    page.page.hover(f'#picture [data-kind=tensor][data-id="{places["W"].split()[1]}"] rect.chip')
    assert page.text("#colour-size") == "gradient RMS 1"


def test_values_are_coloured_by_their_root_mean_square(opened: Opening) -> None:
    x = ew.tensor([3.0, -4.0], requires_grad=True)
    y = x * ew.tensor([100.0, 0.001])
    page = opened(y.sum(), hash="#colour=value")
    page.page.hover('#picture [data-kind=tensor][data-id="0"] rect.chip')
    assert page.text("#colour-size") == "value RMS 3.536"
    assert page.page.is_visible("#colour-needle")
    page.page.hover("#equation-panel")
    assert page.text("#colour-size") == ""


def test_zero_nan_and_infinity_stand_out(opened: Opening) -> None:
    dead = ew.tensor([-1.0, -2.0], requires_grad=True)
    bad = ew.tensor(0.0, requires_grad=True)
    steep = ew.tensor(0.0, requires_grad=True)
    fine = ew.tensor(1e-30, requires_grad=True)
    loss = dead.relu().sum() + (bad / bad).abs() + steep.sqrt() + fine * 1e-9
    page = opened(loss, hash="#colour=gradient")
    places = keys(page)
    found = {name: fill(page, places[name]) for name in ("dead", "bad", "steep", "fine")}
    assert found["dead"] == "var(--edge)", found
    assert found["bad"] == "var(--nan)"
    assert found["steep"] == "var(--infinite)"
    assert found["fine"].startswith("rgb"), "tiny is not zero"
    for name in ("zero", "nan", "infinite"):
        assert page.page.is_visible(f"#colour-{name}")
    assert page.errors == []


def test_what_has_no_gradient_keeps_its_own_colour(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#colour=gradient")
    assert fill(page, keys(page)["x"]) == ""
    assert fill(page, keys(page)["W1"]) != ""


def test_colours_come_as_the_story_goes(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#colour=gradient&step=0")
    assert set(fills(page).values()) == {""}
    counts = []
    for _ in range(18):
        page.press("ArrowRight")
        step = page.step
        page.until(lambda step=step: page.step == step)
        counts.append(sum(map(bool, fills(page).values())))
    assert counts == sorted(counts)
    assert counts[6] == 0, "on the way forward there are no gradients"
    assert counts[-1] > 12
    page.page.select_option("#colour", "value")
    assert fill(page, keys(page)["x"]) != ""


def test_colours_follow_the_training_and_their_range_only_grows(opened: Opening, vanishing: Any) -> None:
    page = opened(vanishing[0], learning_rate=5.0, hash="#colour=gradient")
    before = fills(page)
    low = page.text("#colour-low")
    for _ in range(30):
        page.page.click("#train10")
    page.until(lambda: fills(page) != before)
    assert exponent(page.text("#colour-low")) <= exponent(low)
    page.page.click("#reset")
    page.until(lambda: fills(page) == before)
    assert page.errors == []


def test_the_choice_is_kept_in_the_address(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.select_option("#colour", "value")
    assert "colour=value" in page.page.evaluate("location.hash")
    page.page.select_option("#colour", "")
    assert "colour" not in page.page.evaluate("location.hash")
    page = opened_network("first_article", hash="#colour=__proto__")
    assert page.page.input_value("#colour") == ""
    assert page.errors == []


def test_closed_modules_have_the_root_mean_square_of_their_parameters(opened: Opening, in_node: InNode) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x: ew.Tensor) -> ew.Tensor:
            return self.b(self.a(x).tanh()).sigmoid().square().tanh() + x

    ew.manual_seed(0)
    model = nn.Sequential(*[Block() for _ in range(48)])
    loss = model(ew.rand(2, 3)).square().mean()
    loss.backward()
    page = opened(loss, hash="#colour=gradient")
    found = fills(page)
    modules = [key for key in found if key.startswith("module")]
    assert len(modules) == 48
    gradients = [np.concatenate([p.grad.numpy().ravel() for p in block.parameters()]) for block in model]
    sizes = [math.sqrt(np.mean(gradient.astype(np.float64) ** 2)) for gradient in gradients]
    colours = palette(in_node)
    levels = [colours.index(found[key]) for key in modules]
    order = np.argsort([int(key.split()[1]) for key in modules])
    assert np.all(np.diff(np.array(levels)[order][np.argsort(sizes)]) >= 0)
    page.page.hover(f'#picture [data-kind=module][data-id="{modules[0].split()[1]}"] .closed')
    shown = float(page.text("#colour-size").removeprefix("gradient RMS "))
    assert min(abs(shown / size - 1) for size in sizes) < 1e-3


def test_dark_pages_have_a_scale_of_their_own(opened: Opening, in_node: InNode, vanishing: Any) -> None:
    page = opened(vanishing[0], color_scheme="dark", hash="#colour=gradient")
    dark, light = palette(in_node, dark=True), palette(in_node)
    used = set(fills(page).values()) - {""}
    assert used <= set(dark)
    page.page.click("#theme")
    page.until(lambda: (set(fills(page).values()) - {""}) <= set(light))


def test_saved_pictures_have_the_colours(opened: Opening, vanishing: Any) -> None:
    page = opened(vanishing[0], hash="#colour=gradient")
    with page.page.expect_download() as download:
        page.page.click("#save")
    text = download.value.path().read_text(encoding="utf-8")
    assert text.count("fill: rgb(") > 12
