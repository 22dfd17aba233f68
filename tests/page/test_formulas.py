"""Formulas are drawn, also where no font for mathematics is installed: pixels, where roots and brackets must be."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import make_page
from edgewise.page.assemble import text
from edgewise.printers.formula.html import SIDES, SURD, to_html

from .conftest import Opened

SCALE = 2

ROOTS = """(within) => [...document.querySelectorAll(`${within} .ew-root, ${within} msqrt`)].map((root) => {
    const places = (element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    return [places(root), places(root.querySelector(".ew-radicand") ?? root.firstElementChild)];
})"""

WITHOUT_FONTS = """() => {
    for (const math of document.querySelectorAll("math")) math.style.fontFamily = "sans-serif";
}"""
"""As if there were no font for mathematics."""


Network = Callable[[], tuple[ew.Tensor, ew.Tensor]]


def adam() -> tuple[ew.Tensor, ew.Tensor]:
    """A loss, and what it is trained by: the rule of Adam has two roots, written as symbols and as numbers."""
    w = ew.tensor(2.0, requires_grad=True)
    return (w * 1.5 - 1) ** 2, w


def layer_norm() -> tuple[ew.Tensor, ew.Tensor]:
    """A root below a fraction."""
    x = ew.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    return (nn.functional.layer_norm(x, (3,)) ** 2).sum(), x


def gelu() -> tuple[ew.Tensor, ew.Tensor]:
    """A root within brackets."""
    x = ew.tensor(0.7, requires_grad=True)
    return nn.functional.gelu(x), x


def norm() -> tuple[ew.Tensor, ew.Tensor]:
    """A root of a sum."""
    x = ew.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    return ew.linalg.norm(x), x


INK = """async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const { width, height } = image;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const ink = new Uint8Array(width * height);
    for (let i = 0; i < ink.length; i++) {
        let difference = 0;
        for (let k = 0; k < 3; k++) difference += Math.abs(data[4 * i + k] - data[k]);
        ink[i] = (difference > 120 ? "1" : "0").charCodeAt(0);
    }
    return [height, new TextDecoder().decode(ink)];
}"""


def ink_on_screen(page: Opened, within: str) -> tuple[np.ndarray, Callable[[float, float], tuple[int, int]]]:
    """Where a part of the page differs from its first pixel, and where in that a place of the window is."""
    box = page.page.locator(within).bounding_box()
    left, top = math.floor(box["x"]), math.floor(box["y"])
    clip = {"x": left, "y": top, "width": math.ceil(box["width"]) + 1, "height": math.ceil(box["height"]) + 1}
    png = page.page.screenshot(scale="device", clip=clip)
    height, dots = page.page.evaluate(INK, f"data:image/png;base64,{base64.b64encode(png).decode()}")
    ink = np.frombuffer(dots.encode(), np.uint8).reshape(height, -1) == ord("1")
    return ink, lambda x, y: (round((x - left) * SCALE), round((y - top) * SCALE))


def assert_roots_are_drawn(page: Opened, within: str, least: int = 1) -> None:
    """Raises AssertionError if a root has no sign before it, or no bar over all of it."""
    page.page.evaluate(WITHOUT_FONTS)
    page.rest()
    found = page.page.evaluate(ROOTS, within)
    assert len(found) >= least
    ink, at = ink_on_screen(page, within)
    for root, inside in found:
        left, top = at(root[0], root[1])
        _, bottom = at(root[2], root[3])
        start, _ = at(inside[0], inside[1])
        end, _ = at(inside[2], inside[3])
        # In a formula that is drawn smaller the bar may end a few pixels earlier, by rounding.
        last = end - 1 - max(1, (end - start) // 50)
        assert ink[max(0, top - 2) : top + 5, start + 1 : last].any(axis=0).all(), "a bar over all of it"
        # The stroke ends where the bar begins, in a column that rounding may count to either.
        sign = ink[top:bottom, left : start + 1]
        assert sign.any(axis=1).mean() > 0.9, "a sign as high as it"
        assert sign.mean() < 0.5, "which is a stroke, and no block"


@pytest.mark.parametrize(
    ("network", "step", "roots"),
    [(adam, 9999, 2), (layer_norm, 1, 1), (gelu, 1, 1), (norm, 1, 1), (norm, "explained", 1)],
)
def test_roots_are_drawn(opened_drawn: Callable[..., Opened], network: Network, step: Any, roots: int) -> None:
    page = opened_drawn(network, step)
    for scheme in ("light", "dark"):
        page.page.emulate_media(color_scheme=scheme)
        assert_roots_are_drawn(page, "#tiles" if step != "explained" else "body", roots)
    assert page.errors == []


@pytest.fixture
def opened_drawn(opened_file: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """Opens the page of a network at a step, or explanations, with two pixels for each of the page's."""

    def opening(network: Network, step: Any) -> Opened:
        path = tmp_path / "page.html"
        # So wide that no formula is scrolled.
        look = {"color_scheme": "light", "device_scale_factor": SCALE, "width": 2200}
        if step == "explained":
            html = f"{ew.explain('norm')._repr_html_()}{ew.explain('layer_norm')._repr_html_()}"
            path.write_text(f'<meta charset="utf-8"><style>:root {{ color-scheme: light dark }}</style>{html}', "utf-8")
            return opened_file(path, begins=False, **look)
        loss, parameter = network()
        make_page(loss, path, optimizer=optim.Adam([parameter], lr=0.1))
        return opened_file(path, hash=f"#step={step}", **look)

    return opening


def test_roots_and_brackets_are_printed(opened_drawn: Callable[..., Opened]) -> None:
    page = opened_drawn(adam, 9999)
    page.page.emulate_media(media="print")
    assert_roots_are_drawn(page, "#tiles", 2)


def test_brackets_and_roots_are_drawn_in_one_stroke_on_the_way_back_too(opened_drawn: Callable[..., Opened]) -> None:
    page = opened_drawn(layer_norm, 0)
    backward = 0
    for _ in range(30):
        page.press("ArrowRight")
        dashes = page.page.evaluate(
            """() => [...document.querySelectorAll("#equation-panel .ew-drawn path")]
                .map((one) => getComputedStyle(one).strokeDasharray)"""
        )
        assert set(dashes) <= {"none"}
        backward += (
            bool(dashes)
            and page.page.locator(
                "#equation-panel .backward, #equation-panel.backward, .backward #equation-panel"
            ).count()
        )
    assert backward


def test_brackets_are_as_high_as_what_they_are_around(opened_drawn: Callable[..., Opened]) -> None:
    page = opened_drawn(adam, 9999)
    page.page.evaluate(WITHOUT_FONTS)
    page.rest()
    signs = page.page.evaluate(
        """() => [...document.querySelectorAll("#tiles .ew-fence > svg")].map((sign) => {
            const { top, bottom } = sign.parentElement.getBoundingClientRect();
            const { left, right } = sign.getBoundingClientRect();
            return [left, top, right, bottom];
        })"""
    )
    assert len(signs) >= 2
    ink, at = ink_on_screen(page, "#tiles")
    for sign in signs:
        (left, top), (right, bottom) = at(*sign[:2]), at(*sign[2:])
        assert ink[top:bottom, left - 1 : right + 1].any(axis=1).mean() > 0.95


def test_signs_of_weights_are_in_the_accessible_names(opened_drawn: Callable[..., Opened]) -> None:
    page = opened_drawn(layer_norm, 1)
    assert "√(" in page.text("#tiles .formula .tile-body")
    assert page.page.locator("#tiles .ew-drawn > svg:not([aria-hidden])").count() == 0
    html = ew.explain("norm")._repr_html_()
    assert '<span class="ew-said">√(</span>' in html


def test_brackets_around_what_is_low_stay_letters() -> None:
    left, right = '<mo form="prefix" fence="true">(</mo>', '<mo form="postfix" fence="true">)</mo>'
    low = f"<math><mrow>{left}<mi>x</mi>{right}</mrow></math>"
    assert "<svg" not in to_html(low)
    assert 'stretchy="false"' in to_html(low)
    tall = low.replace("<mi>x</mi>", "<mfrac><mi>x</mi><mn>2</mn></mfrac>")
    assert to_html(tall).count("<svg") == 2
    cases = '<math><mrow><mo form="prefix" fence="true">{</mo><mtable><mtr><mtd/></mtr></mtable></mrow></math>'
    assert to_html(cases).count("<svg") == 1


def test_names_of_users_stay_text_in_what_is_drawn() -> None:
    markup = to_html("<math><msqrt><mi>&lt;img src=x&gt;&amp;</mi></msqrt></math>")
    assert "<mi>&lt;img src=x&gt;&amp;</mi>" in markup


def test_the_page_draws_what_a_notebook_draws() -> None:
    script = text("page/js/mathml.js")
    for bracket, path in SIDES.items():
        assert f'"{bracket}": "{path}"' in script
    for place in ('".07em"', '"-.42em"', '".34em"', '".029em"'):
        assert place in script
        assert place in SURD


def test_subscripts_of_all_names_are_equally_low(opened_network: Any) -> None:
    page = opened_network("first_article")
    names = ["x", "y", "W", "weight", "linear", "jpeg"]
    markup = "<mo>+</mo>".join(f"<msub><mi>{name}</mi><mn>2</mn></msub>" for name in names)
    bottoms, above = page.page.evaluate(
        """(markup) => {
            document.getElementById("remark").innerHTML = `<math><mrow>${markup}</mrow></math>`;
            const all = [...document.querySelectorAll("#remark msub")];
            const bottoms = all.map(({ children: [, digit] }) => digit.getBoundingClientRect().bottom);
            const fraction = `<math><mfrac><msub><mi>weight</mi><mn>2</mn></msub><mi>n</mi></mfrac></math>`;
            document.getElementById("remark").innerHTML = fraction;
            const [name, below] = ["mi", "mfrac > mi"].map((one) => document.querySelector(`#remark ${one}`));
            return [bottoms, below.getBoundingClientRect().top - name.getBoundingClientRect().bottom];
        }""",
        markup,
    )
    assert max(bottoms) - min(bottoms) < 1
    assert above > 0, "what goes below the line does not reach what is below the bar"
