"""Looking into single numbers of a page: each is the sum of what it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from browsing import Opened

import edgewise as ew
from edgewise.page.page import parts_of_page

from . import networks
from .conftest import in_page

InNode = Callable[..., str]

COMPUTED = """
    // What a term comes to, and how large the numbers are that may cancel.
    const calls = {
      maximum: Math.max, minimum: Math.min, square: (x) => x * x, isnan: (a) => +Number.isNaN(a),
      equal: (a, b) => +(a === b), not_equal: (a, b) => +(a !== b), less: (a, b) => +(a < b),
      less_equal: (a, b) => +(a <= b), greater: (a, b) => +(a > b), greater_equal: (a, b) => +(a >= b),
      logical_and: (a, b) => +(a && b), logical_or: (a, b) => +(a || b),
      bitwise_invert: (a) => +!a, logical_not: (a) => +!a,
    };
    const isElement = (one, other) => elementKey(one) === elementKey(other);
    const computed = (term, parts) => {
      const { kind, terms, value, rest, restValue, name, element } = term;
      if (kind === "leaf" || kind === "number") return [value, Math.abs(value)];
      if (kind === "part") return computed(parts.find((one) => isElement(one.element, element)).term, parts);
      const all = terms.map((one) => computed(one, parts));
      const numbers = all.map(([number]) => number);
      if (kind === "winner") return all[0];
      if (kind === "negative") return [-numbers[0], all[0][1]];
      if (kind === "sum")
        return [numbers.reduce((a, b) => a + b, restValue), all.reduce((a, [, b]) => a + b, Math.abs(restValue))];
      const sizes = all.map(([, size]) => size);
      if (kind === "product")
        return [numbers, sizes].map((given) => given.reduce((a, b) => a * b, rest ? Math.abs(restValue) : 1))
          .map((number, i) => i || !rest || restValue > 0 ? number : -number);
      if (kind === "quotient") return [numbers[0] / numbers[1], sizes[0] / Math.abs(numbers[1])];
      if (!(calls[name] ?? Math[name])) throw new Error(`no function ${name}`);
      const found = (calls[name] ?? Math[name])(...numbers);
      return [found, Math.max(Math.abs(found), ...(name === "exp" ? [Math.abs(found) * sizes[0]] : sizes))];
    };
    for (const one of data.tensors) Object.assign(one, { node: one.node ?? null, symbol: one.symbol ?? one.name });
    const trace = new ElementTrace(data, model, data.steps);
    const found = [];
    const isSmall = data.tensors.length < 100;
    for (const [kind, places] of [["value", data.values], ["gradient", data.gradients], ["part", data.contributions]]) {
      for (const id of Object.keys(places).map(Number)) {
        const { length } = model.program.values[places[id]].data;
        for (const at of length ? new Set(isSmall ? [0, length >> 1] : [length >> 1]) : []) {
          const target = { kind, id, at };
          const sum = trace.sum(target);
          const [number, size] = computed(sum.term, sum.parts);
          const goesTo = trace.goesTo(target);
          const back = goesTo.slice(0, 2).every((one) =>
            trace.sources(one).some((source) => isElement(trace.element(source), sum.element)));
          found.push([trace.names.text(target), String(sum.element.number), String(number), String(size), back]);
        }
      }
    }
    return found;
"""


@pytest.mark.parametrize("made", networks.ALL, ids=lambda made: made.__name__)
def test_every_array_of_a_network_is_the_sum_of_what_it_came_from(in_node: InNode, made: Any) -> None:
    loss, options = made()
    options.pop("look", None)
    outputs = loss if isinstance(loss, tuple) else (loss,)
    program, data = parts_of_page(outputs, **options)
    if "steps" not in data:
        pytest.skip("this page is a recording")
    for name, *texts, leads_back in in_page(in_node, (program, data), COMPUTED, whole=True):
        number, computed, size = (float(text.replace("Infinity", "inf")) for text in texts)
        if np.isfinite(number) and np.isfinite(computed):
            assert computed == pytest.approx(number, rel=2e-5, abs=2e-6 * size + 1e-30), name
        assert leads_back, f"{name} goes to an element that does not come from it"


def product() -> ew.Tensor:
    x = ew.tensor([[0.2, -0.5], [1.0, 0.4]])
    W = ew.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    b = ew.tensor([0.1, -0.2], requires_grad=True)
    y = x @ W + b
    return y.square().sum()


def _panel(page: Opened) -> str:
    """The text of the panel, on one line."""
    return " ".join(page.locator("#look").inner_text().split())


def test_an_element_in_the_picture_shows_its_sum_and_lights_its_sources(opened: Callable[..., Opened]) -> None:
    page = opened(product(), hash="#step=10").page
    product_shown = page.locator('#picture g[data-kind="tensor"]:has(text.name:text-is("u"))')
    product_shown.locator("text.grid.value").nth(0).hover()
    panel = page.locator("#look")
    panel.wait_for()
    assert "0.2 · 1 + (−0.5) · 0.5".replace(" ", "") in _panel(page).replace(" ", "")
    assert page.locator("#picture text.is-lit").all_text_contents() == ["0.2", "−0.5", "1.0", "0.5"]
    page.mouse.move(5, 5)
    panel.wait_for(state="hidden")
    assert page.locator("#picture .is-lit").count() == 0


def test_a_kept_sum_can_be_walked_to_the_inputs_and_back(opened: Callable[..., Opened]) -> None:
    page = opened(product(), hash="#step=10").page
    product_shown = page.locator('#picture g[data-kind="tensor"]:has(text.name:text-is("u"))')
    product_shown.locator("text.grid.value").nth(0).click()
    numbers = page.locator("#look mn[role=button]")
    assert [numbers.nth(i).get_attribute("aria-label") for i in range(4)] == [
        "x[0, 0], 0.2",
        "W[0, 0], 1",
        "x[0, 1], −0.5",
        "W[1, 0], 0.5",
    ]
    numbers.nth(1).press("Enter")
    assert "It is given" in _panel(page)
    assert "It goes into u[0, 0] … 2 elements" in _panel(page)
    page.get_by_role("button", name="‹ back").click()
    assert numbers.count() == 4
    page.keyboard.press("Escape")
    assert page.locator("#look").is_hidden()


def test_keys_reach_each_number_of_a_table(opened: Callable[..., Opened]) -> None:
    page = opened(product(), hash="#step=1").page
    table = page.locator("#equation-panel table.numbers").first
    table.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert "[1, 1]" in _panel(page)
    assert page.locator("#look.is-pinned").count() == 1


def test_what_is_looked_into_follows_changes(opened: Callable[..., Opened]) -> None:
    page = opened(product(), hash="#step=10").page
    product_shown = page.locator('#picture g[data-kind="tensor"]:has(text.name:text-is("u"))')
    product_shown.locator("text.grid.value").nth(0).click()
    before = _panel(page)
    page.locator("#train1").click()
    assert _panel(page) != before


def layer() -> ew.Tensor:
    rng = np.random.default_rng(0)
    x = ew.tensor(rng.normal(size=(12, 20)).astype(np.float32))
    W = ew.tensor(rng.normal(size=(20, 30)).astype(np.float32), requires_grad=True)
    y = x @ W
    return y.square().mean()


STEP_OF_PRODUCT = "#step=1"


def _place(map: Any, row: int, column: int, shape: tuple[int, int]) -> dict[str, float]:
    box = map.bounding_box()
    rows, columns = shape
    return {"x": (column + 0.5) * box["width"] / columns, "y": (row + 0.5) * box["height"] / rows}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 600)])
def test_a_map_of_the_equation_stays_while_its_numbers_are_read(
    opened: Callable[..., Opened], width: int, height: int
) -> None:
    page = opened(layer(), hash=STEP_OF_PRODUCT, width=width, height=height).page
    maps = page.locator("#tiles .map")
    for index, shape in enumerate([(12, 20), (20, 30), (12, 30)]):
        map = maps.nth(index)
        before = map.bounding_box()
        row, column = shape[0] - 2, shape[1] - 3
        map.hover(position=_place(map, row, column, shape))
        page.locator("#look").wait_for()
        assert f"[{row}, {column}]" in page.locator("#look h2").inner_text().replace(" ", " ")
        assert map.bounding_box() == before
        map.click(position=_place(map, row, column, shape))
        assert "is-pinned" in (page.locator("#look").get_attribute("class") or "")
        page.keyboard.press("ArrowRight")
        assert f"[{row}, {column + 1}]" in page.locator("#look h2").inner_text().replace(" ", " ")
        page.keyboard.press("Escape")


def test_all_terms_of_a_long_sum_can_be_read(opened: Callable[..., Opened]) -> None:
    page = opened(layer(), hash=STEP_OF_PRODUCT).page
    map = page.locator("#tiles .map").nth(2)
    map.click(position=_place(map, 3, 5, (12, 30)))
    assert "… 15 more" in page.locator("#look").inner_text()
    page.get_by_role("button", name="all terms").click()
    assert "more" not in page.locator("#look").inner_text()
    texts = page.locator("#look .look-terms mn").all_text_contents()
    products = [float(text.strip("()").replace("−", "-")) for text in texts]
    assert len(products) == 40
    rng = np.random.default_rng(0)
    x, W = (rng.normal(size=shape).astype(np.float32) for shape in [(12, 20), (20, 30)])
    assert sum(a * b for a, b in zip(products[::2], products[1::2], strict=True)) == pytest.approx(
        float(x[3] @ W[:, 5]), abs=0.02
    )
    page.keyboard.press("Escape")
    map.click(position=_place(map, 3, 6, (12, 30)))
    assert "… 15 more" in page.locator("#look").inner_text()
