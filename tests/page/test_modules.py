"""Opening, closing and entering modules in a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import Look
from edgewise.printers.figures import figure

from . import networks
from .conftest import Opened
from .networks import NarrowBlock

Opening = Callable[..., Opened]

KEYS = """() => [...document.querySelectorAll("#picture g[data-kind]")]
    .filter((group) => group.dataset.kind !== "lines").map((group) => `${group.dataset.kind} ${group.dataset.id}`)"""


def keys(page: Opened) -> set[str]:
    return set(page.page.evaluate(KEYS))


def scope(page: Opened, title: str) -> str:
    """The number of a module that is in the picture."""
    found = page.page.evaluate(
        """(title) => [...document.querySelectorAll("#picture g[data-kind=frame], #picture g[data-kind=module]")]
            .find((group) => group.querySelector("[aria-label$=' alone']").getAttribute("aria-label")
                === `Show ${title} alone`)?.dataset.id ?? "" """,
        title,
    )
    assert found, title
    return str(found)


def close(page: Opened, id: str) -> None:
    page.page.locator(f"g[data-kind=frame][data-id='{id}'] .close").dispatch_event("click")


def test_a_module_is_closed_and_opened_in_place(opened_network: Opening) -> None:
    page = opened_network("five_layers")
    before = keys(page)
    first = scope(page, "2 · Linear")
    close(page, first)
    assert f"module {first}" in keys(page)
    assert f"frame {first}" not in keys(page)
    assert len(keys(page)) == len(before) - 3
    box = page.text(f"g[data-kind=module][data-id='{first}']")
    assert "2" in box
    assert "Linear · 1 operation" in box
    assert "5×8 → 5×8" in box
    assert "72 parameters" in box
    page.page.click(f"g[data-kind=module][data-id='{first}'] .closed")
    assert keys(page) == before
    assert page.page.is_hidden("#breadcrumb")
    assert page.errors == []


def test_the_norm_of_a_closed_module_is_live(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    x, t = ew.randn(5, 4), ew.randn(5, 3)

    def norm() -> str:
        loss = (model(x) - t).square().mean()
        model.zero_grad()
        loss.backward()
        squares = [float((leaf.grad.numpy() ** 2).sum()) for leaf in model[0].parameters()]
        return f"‖∂·‖ {figure(sum(squares) ** 0.5)}"

    page = opened((model(x) - t).square().mean())
    id = scope(page, "0 · Linear")
    close(page, id)
    shown = f"g[data-kind=module][data-id='{id}'] .learnt"
    assert page.text(shown) == norm()
    page.page.click("#train1")
    optim.SGD(model.parameters(), lr=0.1).step()
    assert page.text(shown) == norm()
    page.press("Home")
    assert page.page.evaluate(f'getComputedStyle(document.querySelector("{shown}")).opacity') == "0"


def test_enter_opens_with_the_keyboard_and_shift_enter_shows_alone(opened_network: Opening) -> None:
    page = opened_network("five_layers")
    id = scope(page, "0 · Linear")
    close(page, id)
    page.page.focus(f"g[data-kind=module][data-id='{id}'] > .face")
    page.press("Enter")
    assert f"frame {id}" in keys(page)
    close(page, id)
    page.page.focus(f"g[data-kind=module][data-id='{id}'] > .face")
    page.press("Shift+Enter")
    assert page.texts("#breadcrumb li") == ["Whole network", "0"]
    assert page.errors == []


def test_a_module_is_entered_and_left_by_its_breadcrumbs(opened_network: Opening) -> None:
    page = opened_network("two_blocks")
    block = scope(page, "1 · NarrowBlock")
    page.page.locator(f"g[data-kind=frame][data-id='{block}'] .enter").dispatch_event("click")
    assert page.texts("#breadcrumb li") == ["Whole network", "1"]
    att = scope(page, "att · MultiheadAttention")
    page.page.locator(f"g[data-id='{att}'] .enter").dispatch_event("click")
    assert page.texts("#breadcrumb li") == ["Whole network", "1", "att"]
    assert f"frame {att}" not in keys(page)
    inside = keys(page)
    page.press("Backspace")
    assert page.texts("#breadcrumb li") == ["Whole network", "1"]
    page.press("Escape")
    assert page.page.is_hidden("#breadcrumb")
    page.page.goto(f"{page.page.url.split('#')[0]}#in={att}")
    page.until(lambda: keys(page) == inside)
    page.page.click("#breadcrumb li:first-child button")
    assert page.page.is_hidden("#breadcrumb")
    assert page.errors == []


def test_what_comes_in_and_goes_out_stands_beside_a_module_that_is_alone(opened_network: Opening) -> None:
    page = opened_network("two_blocks")
    block = scope(page, "1 · NarrowBlock")
    page.page.locator(f"g[data-kind=frame][data-id='{block}'] .enter").dispatch_event("click")
    names = page.texts("#picture g[data-kind=tensor] .name")
    assert "add₄" in names
    assert "add₈" in names
    assert "L" not in names


def test_two_clicks_show_a_closed_module_alone(opened_network: Opening) -> None:
    page = opened_network("five_layers")
    id = scope(page, "0 · Linear")
    close(page, id)
    page.page.dblclick(f"g[data-kind=module][data-id='{id}'] .closed")
    page.until(lambda: page.texts("#breadcrumb li") == ["Whole network", "0"])


def test_the_address_keeps_which_modules_are_open(opened_network: Opening) -> None:
    page = opened_network("two_blocks")
    block = scope(page, "1 · NarrowBlock")
    close(page, block)
    shown = keys(page)
    hash = page.page.evaluate("location.hash")
    assert f"turned={block}" in hash
    page.reopen(hash)
    assert keys(page) == shown
    page.page.click("#breadcrumb .as-first")
    assert keys(page) != shown
    assert page.page.is_hidden("#breadcrumb")
    for wrong in ("#turned=99999.x.1e3&in=77777", "#turned=__proto__&in=-1", "#in=0"):
        page.reopen(wrong)
        assert page.errors == []


IN_SIGHT = """() => {
    const [scrub, picture] = ["scrub", "picture"].map((id) => document.getElementById(id));
    const frame = picture.getBoundingClientRect();
    return Array.from({ length: Number(scrub.max) }, (_, i) => {
        picture.scrollTo(0, 0);
        scrub.value = String(i + 1);
        scrub.dispatchEvent(new Event("input"));
        const boxes = [...picture.querySelectorAll("g.now")].map((group) => group.getBoundingClientRect());
        const isSeen = boxes.some(({ left, right, top, bottom }) =>
            Math.min(right, frame.right) - Math.max(left, frame.left) > 20
            && Math.min(bottom, frame.bottom) - Math.max(top, frame.top) > 20);
        return isSeen ? 0 : i + 1;
    }).filter(Boolean);
}"""


def test_each_step_is_in_sight_also_in_closed_modules(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(*(NarrowBlock(4) for _ in range(3)))
    loss = model(ew.randn(2, 3, 4)).mean()
    page = opened(loss, look=Look(closed=["0", "1", "2"]), width=500, height=600, reduced_motion="reduce")
    assert page.page.evaluate(IN_SIGHT) == []
    page.press("End")
    assert page.page.locator("g[data-kind=module].update-now .closed").count() == 1
    assert page.errors == []


def test_steps_within_a_closed_module_light_it(opened_network: Opening) -> None:
    page = opened_network("two_blocks", hash="#step=0")
    block = scope(page, "0 · NarrowBlock")
    close(page, block)
    page.press("ArrowRight")
    box = page.page.locator(f"g[data-kind=module][data-id='{block}']")
    assert "forward-now" in box.get_attribute("class")
    page.page.click(".phase.update")
    page.press("ArrowLeft")
    assert "backward-now" in box.get_attribute("class")
    assert page.errors == []


def test_what_is_found_is_opened(opened: Opening) -> None:
    page = opened(networks.two_blocks()[0], look=Look(closed=["1"]))
    hidden = "#picture g.chosen[data-kind=node]"
    page.press("/")
    page.page.keyboard.type("A2")
    page.press("Enter")
    assert page.page.locator(hidden).count() == 0
    assert page.text("#picture g.chosen .name") == "A₂"
    assert page.texts("#breadcrumb li") == ["Whole network"]


def test_what_is_found_outside_of_a_module_that_is_alone_is_shown(opened_network: Opening) -> None:
    page = opened_network("two_blocks")
    block = scope(page, "1 · NarrowBlock")
    page.page.locator(f"g[data-kind=frame][data-id='{block}'] .enter").dispatch_event("click")
    page.press("/")
    page.page.keyboard.type("A1")
    page.press("Enter")
    assert page.text("#picture g.chosen .name") == "A₁"


GLIDING = """async (id) => {
    const close = document.querySelector(`g[data-kind=frame][data-id='${id}'] .close`);
    close.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    let most = 0;
    for (let i = 0; i < 10; i++) {
        most = Math.max(most, document.querySelector("#picture svg").getAnimations({ subtree: true }).length);
        await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return most;
}"""
"""Closes a module, and returns how many things move at a time then."""


def test_things_glide_where_motion_is_wanted(opened_network: Opening) -> None:
    page = opened_network("five_layers", reduced_motion="no-preference")
    assert page.page.evaluate(GLIDING, scope(page, "0 · Linear")) > 3
    still = opened_network("five_layers")
    assert still.page.evaluate(GLIDING, scope(still, "0 · Linear")) == 0


def test_the_saved_picture_has_all_that_is_shown(opened_network: Opening) -> None:
    page = opened_network("five_layers")
    id = scope(page, "0 · Linear")
    close(page, id)
    with page.page.expect_download() as waiting:
        page.page.click("#save")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert f'data-kind="module" data-id="{id}"' in text
    assert text.count('data-kind="tensor"') == sum(key.startswith("tensor") for key in keys(page))


def drawn_size(page: Opened) -> tuple[float, float]:
    """Width and height of the picture in its own units."""
    _, _, width, height = page.page.locator("#picture > svg").get_attribute("viewBox").split()
    return float(width), float(height)


def in_sight(page: Opened, selector: str) -> bool:
    """Whether the beginning of a thing can be seen in the frame of the picture."""
    frame, thing = (page.page.locator(one).first.bounding_box() for one in ("#picture", selector))
    return bool(
        frame["x"] <= thing["x"] < frame["x"] + frame["width"] - 100
        and frame["y"] <= thing["y"] < frame["y"] + frame["height"] - 40
    )


def test_a_network_of_many_layers_begins_with_these_closed(opened_network: Opening) -> None:
    page = opened_network("encoder")
    assert page.page.locator("#picture g[data-kind=module]").count() == 3
    assert drawn_size(page)[0] < 1400


def test_what_is_opened_goes_on_in_rows_and_its_beginning_is_in_sight(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    for title in ("layers.1 · TransformerEncoderLayer", "self_attn · MultiheadAttention"):
        id = scope(page, title)
        page.page.locator(f"#picture g[data-kind=module][data-id='{id}'] .open").dispatch_event("click")
        frame = f"#picture g[data-kind=frame][data-id='{id}']"
        page.page.locator(frame).wait_for(state="attached")
        assert drawn_size(page)[0] < 1300
        assert in_sight(page, f"{frame} .title")
    assert page.errors == []


def test_all_of_it_is_all_of_it(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    page.page.locator("#picture g[data-kind=module] .open").first.dispatch_event("click")
    page.page.click("#whole")
    frame, picture = (page.page.locator(one).bounding_box() for one in ("#picture", "#picture > svg"))
    assert picture["width"] <= frame["width"]
    assert picture["height"] <= frame["height"]


def test_what_is_found_is_near_enough_to_be_read(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    page.page.click("#whole")
    page.page.fill("#query", "softmax")
    listed = page.texts("#found button .quiet")
    assert any("1.layers.2.self_attn" in text for text in listed)
    page.page.keyboard.press("Enter")
    assert page.page.locator("#picture g.chosen").bounding_box()["width"] > 40
    assert in_sight(page, "#picture g.chosen")


def test_the_picture_alone_has_the_window(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    before = page.page.locator("#picture").bounding_box()
    page.press("f")
    after = page.page.locator("#picture").bounding_box()
    assert after["width"] > 1.1 * before["width"]
    assert after["height"] >= before["height"]
    assert page.page.locator("#moment").is_visible()
    page.press("Escape")
    assert page.page.locator("#picture").bounding_box() == before


def test_all_of_it_is_all_of_it_in_a_larger_frame_too(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    page.page.click("#whole")
    frame, picture = page.page.locator("#picture"), page.page.locator("#picture > svg")
    before = picture.bounding_box()
    page.press("f")
    after = picture.bounding_box()
    assert after["width"] * after["height"] > 1.02 * before["width"] * before["height"]
    room = frame.bounding_box()
    assert after["height"] <= room["height"]
    assert max(after["width"] / room["width"], after["height"] / room["height"]) > 0.95, "as large as it can be"
    page.press("Escape")
    assert picture.bounding_box()["height"] == pytest.approx(before["height"], abs=1)


def test_what_is_opened_from_afar_is_brought_near(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    page.page.click("#whole")
    id = scope(page, "layers.1 · TransformerEncoderLayer")
    page.page.locator(f"#picture g[data-kind=module][data-id='{id}'] .open").dispatch_event("click")
    page.page.locator(f"#picture g[data-kind=frame][data-id='{id}']").wait_for(state="attached")
    assert page.page.locator("#picture > svg").bounding_box()["width"] > 0.7 * drawn_size(page)[0]
    assert in_sight(page, f"#picture g[data-kind=frame][data-id='{id}'] .title")


def test_rows_are_no_wider_than_their_frame(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1280, height=800)
    frame, picture = (page.page.locator(one).bounding_box() for one in ("#picture", "#picture > svg"))
    assert picture["height"] > frame["height"]
    assert picture["width"] <= frame["width"]


def test_rows_are_longer_where_there_is_room(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    loss = nn.functional.mse_loss(model(ew.randn(40, 2)), ew.randn(40, 1))
    sizes = []
    for width, height in ((1280, 800), (1920, 1080)):
        page = opened(loss, width=width, height=height)
        frame, picture = (
            page.page.evaluate(
                f"(({{ width, height }}) => [width, height])(document.querySelector('{one}').getBoundingClientRect())"
            )
            for one in ("#picture", "#picture > svg")
        )
        assert picture[0] <= frame[0]
        sizes.append(picture[1] / frame[1])
    assert sizes[1] < 0.6 * sizes[0]


def test_all_of_it_is_arranged_for_its_frame_and_kept_in_the_address(opened: Opening) -> None:
    ew.manual_seed(0)
    layers = [layer for _ in range(20) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    loss = nn.Sequential(*layers)(ew.randn(16, 8)).mean()
    page = opened(loss, width=1280, height=800)
    before = drawn_size(page)
    page.press("0")
    frame, picture = (page.page.locator(one).bounding_box() for one in ("#picture", "#picture > svg"))
    shares = picture["width"] / frame["width"], picture["height"] / frame["height"]
    assert max(shares) <= 1
    assert min(shares) > 0.5
    page.until(lambda: "zoom=all" in page.page.evaluate("location.hash"))
    hash = page.page.evaluate("location.hash")
    page.press("0")
    assert drawn_size(page) == before
    page.reopen(hash)
    assert page.page.locator("#picture > svg").bounding_box()["width"] == pytest.approx(picture["width"], abs=1)
    assert page.errors == []


def test_a_picture_of_which_all_can_be_read_is_shown_as_a_whole(opened_network: Opening) -> None:
    page = opened_network("encoder", width=1920, height=1440)
    frame, picture = (page.page.locator(one).bounding_box() for one in ("#picture", "#picture > svg"))
    assert picture["width"] <= frame["width"]
    assert picture["height"] <= frame["height"]
    assert picture["width"] >= 0.7 * drawn_size(page)[0]


def test_derivatives_are_coloured_by_their_order_and_explained(opened: Opening, opened_network: Opening) -> None:
    x = ew.tensor([0.5, 1.0], requires_grad=True)
    u = ew.sin(x)
    (u_x,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (u_xx,) = ew.autograd.grad(u_x.sum(), x, create_graph=True)
    page = opened((u_xx + u * u_x).sum())
    close(page, scope(page, "∂u/∂x · derivative"))
    kinds = ["derivative", "second derivative"]
    assert page.texts("#legend .key.derivative") == kinds
    drawn = "#picture [data-kind=module] .closed.derivative", "#picture [data-kind=frame] .module.derivative"
    colour = "(element) => getComputedStyle(element, element.matches('.key') ? '::before' : null)[{0!r}]"
    strokes = [page.page.eval_on_selector(one, colour.format("stroke")) for one in drawn]
    marks = page.page.locator("#legend .key.derivative")
    explained = [marks.nth(i).evaluate(colour.format("borderTopColor")) for i in range(2)]
    assert strokes == explained
    assert strokes[0] != strokes[1]
    page = opened_network("first_article")
    assert page.texts("#legend .key.derivative") == []
    assert page.errors == []
