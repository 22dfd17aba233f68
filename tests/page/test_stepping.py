"""Stepping through a page in a real browser, beside the same run in Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.printers.figures import figure, figures

from .conftest import Article, Opened

Opening = Callable[..., Opened]


def heard(page: Opened, element: Any) -> str:
    """What Chromium passes to programs that read a page aloud of an element."""
    session = page.page.context.new_cdp_session(page.page)
    session.send("DOM.enable")
    element.evaluate("(one) => { window.asked = one; }")
    found = session.send("Runtime.evaluate", {"expression": "window.asked"})["result"]["objectId"]
    (node,) = session.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})["nodes"]
    session.detach()
    return str(node["name"]["value"])


def tile(opened: Opened, role: str) -> str:
    """The number of a tile of the equation."""
    return opened.text(f"#tiles [data-role={role}] .figure")


def test_each_step_shows_the_numbers_of_the_python_run(opened_network: Opening, article: Article) -> None:
    taken = capture((article.loss,)).snapshot
    page = opened_network("first_article", hash="#step=0")
    values = {tensor.id: tensor.value.item() for tensor in taken.tensors}
    gradients = {tensor.id: tensor.gradient.item() for tensor in taken.tensors if tensor.gradient is not None}
    arrived = {tensor.id for tensor in taken.tensors if tensor.node is None}
    back: set[int] = set()

    def check() -> None:
        roles = [(tensor.id, role) for tensor in taken.tensors for role in ("value", "gradient")]
        expected = [
            figure((values if role == "value" else gradients)[id])
            if id in (arrived if role == "value" else back)
            else ""
            for id, role in roles
        ]
        assert page.chips(roles) == expected

    check()
    for node in taken.nodes:
        page.press("ArrowRight")
        arrived.add(node.output)
        check()
        assert tile(page, "value") == figure(values[node.output])
    page.press("ArrowRight")
    back.add(taken.outputs[0])
    check()
    for node in reversed(taken.nodes):
        incoming = gradients[node.output]
        for argument in node.arguments:
            edge = taken.edges[argument.edge]
            if edge.contribution is None:
                continue
            page.press("ArrowRight")
            back.add(edge.tensor)
            check()
            part = edge.contribution.item()
            assert tile(page, "incoming") == figure(incoming)
            assert tile(page, "local") == figure(part / incoming)
            assert tile(page, "gradient") == figure(part)
    for tensor in taken.tensors:
        if tensor.kind != "parameter":
            continue
        page.press("ArrowRight")
        after = (tensor.value.whole - 0.1 * tensor.gradient.whole).item()
        values[tensor.id] = after
        check()
        assert tile(page, "before") == figure(tensor.value.item())
        assert tile(page, "incoming") == figure(tensor.gradient.item())
        assert tile(page, "after") == figure(after)
    assert page.text("#count") == "22 / 22"
    assert page.errors == []
    assert len(page.requests) == 1


def test_after_the_update_the_next_pass_begins(opened_network: Opening, article: Article) -> None:
    page = opened_network("first_article", hash="#step=22")
    page.press("ArrowRight")
    assert page.step == 0
    assert page.text("#trained") == "1 step taken"
    assert page.chip(1, "value") == figure((article.W1 - 0.1 * 0.2).item())
    page.press("ArrowLeft")
    assert page.step == 22
    assert page.text("#trained") == ""


def test_work_that_is_saved_is_said(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=12")
    assert page.text("#moment").startswith("Back through")
    assert page.text(".again") == "already computed · step 10"
    page.page.click(".again")
    assert page.step == 10
    page = opened_network("first_article", hash="#step=18")
    assert page.texts("#chain .factor-number") == ["−1", "1", "1", "−0.4", "1", "1", "0.5"]
    assert page.text("#chain .known-label") == "already computed: 0.4"


def test_where_edges_meet_parts_and_their_sum_are_shown(opened: Opening) -> None:
    w = ew.tensor(0.5, requires_grad=True)
    loss = w * w + w
    page = opened(loss)
    assert page.text("#moment") == "Where edges meet, contributions add up"
    assert page.texts("#tiles [data-role=part] .figure") == ["0.5", "0.5", "1"]
    assert tile(page, "gradient") == "2"
    for _ in range(4):
        page.press("ArrowLeft")
    assert page.chip(0, "gradient") == ""


def test_arrays_step_as_numbers_do(opened: Opening) -> None:
    ew.manual_seed(0)
    x, W = ew.randn(2, 3), ew.randn(3, 2).requires_grad_()
    loss = (x @ W).relu().sum()
    loss.backward()
    page = opened(loss)
    assert page.text("#equation-panel").count("=") >= 1
    cells = page.texts("#tiles [data-role=gradient] td")
    assert cells == figures(W.grad.numpy().ravel().tolist())
    assert page.errors == []


def test_a_gradient_that_goes_to_several_elements_is_said_to_be_repeated(opened: Opening) -> None:
    w = ew.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    rows = w.mean(1)
    page = opened((rows * rows).sum(), hash="#step=0")
    said = []
    for _ in range(int(page.page.get_attribute("#scrub", "max") or 0)):
        page.press("ArrowRight")
        said += page.texts("#equation-panel .repeated")
    assert said == [
        "All elements of mul count alike in sum, so its gradient is repeated to each of them.",
        "The elements of w that made one of mean count alike in it, so its gradient is repeated to each of them.",
    ]


def test_keys_and_buttons(opened_network: Opening) -> None:
    page = opened_network("first_article")
    assert page.step == 18
    page.press("Home")
    assert page.step == 0
    page.press("ArrowRight", 3)
    page.press("ArrowLeft")
    assert page.step == 2
    page.press("End")
    assert page.step == 22
    for button, step in (("first", 0), ("next", 1), ("next", 2), ("back", 1), ("last", 22)):
        page.page.click(f"#{button}")
        assert page.step == step
    page.page.click(".phase.backward")
    assert page.step == 8
    page.page.locator("#scrub").fill("5")
    assert page.step == 5


def test_it_plays_and_pauses(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.select_option("#speed", "12")
    page.page.evaluate("document.activeElement.blur()")
    labels = page.note("#play", "aria-label")
    # The page itself presses the button, as a slow machine may look only when all is played.
    page.page.evaluate(
        """() => new MutationObserver((changes, observer) => {
            if (Number(document.querySelector("#page").dataset.step) < 3) return;
            observer.disconnect();
            document.querySelector("#play").click();
        }).observe(document.querySelector("#page"), { attributeFilter: ["data-step"] })"""
    )
    page.press(" ")
    page.until(lambda: labels() == ["pause", "play"])
    step = page.step
    assert step < 18
    page.rest()
    assert page.step == step


def test_numbers_fly_along_the_lines_where_motion_is_wanted(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=10", reduced_motion="no-preference")
    flown = page.note(".gradient-pill")
    page.press("ArrowRight")
    page.until(lambda: bool(flown()))
    assert set(flown()) == {"−1"}
    page.page.wait_for_selector(".pill", state="detached")
    page.until(lambda: page.chip(7, "gradient") == "−1")
    assert page.errors == []


def test_a_click_selects_and_a_double_click_goes_there(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=4")
    page.page.click("#picture [data-kind=tensor][data-id='1'] .name")
    assert page.step == 4, "the forward pass goes on"
    assert "W1" in page.text(".details h2")
    page.page.click("#picture [data-kind=tensor][data-id='9'] .name")
    assert page.step == 5, "what is not there yet is gone to"
    page.press("End")
    page.press("ArrowLeft", 4)
    page.page.click("#picture [data-kind=tensor][data-id='6'] .name")
    assert page.step == 18
    page.page.dblclick("#picture [data-kind=tensor][data-id='6'] .name")
    assert page.step == 14
    page.until(lambda: page.page.evaluate("location.hash") == "#step=14&tensor=6")
    page.page.dblclick("#picture [data-kind=node][data-id='2']")
    assert page.step == 15
    assert "max" in page.text(".details .formula-line")
    page.page.click(".phase.forward")
    around = page.page.locator("#picture svg").bounding_box()
    page.page.mouse.dblclick(around["x"] + 4, around["y"] + 4)
    assert page.step == 0, "where there is nothing, nothing is meant"
    page.page.click(".phase.update")
    page.press("ArrowLeft", 4)
    page.press("Escape")
    assert page.page.locator(".details").count() == 0


def test_the_address_keeps_step_and_selection(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=3&node=1")
    assert page.step == 3
    assert page.page.locator("g.chosen[data-kind=node][data-id='1']").count() == 1
    assert page.text(".details code") == "z1 = x * W1 + b1"
    for hash in ("#step=99999999999", "#step=-1&tensor=77", "#tensor=__proto__", "#step=9&edge=0"):
        page.reopen(hash)
        assert page.errors == []


def test_what_is_said_aloud(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=13")
    local = "the derivative of mul 2 with respect to W 2, 0.7"
    said = f"Backward: gradient of W2 = incoming minus 1 times {local}, = minus 0.7"
    assert page.page.get_attribute("#spoken", "aria-live") == "polite"
    page.press("ArrowRight")
    assert page.text("#spoken").startswith(f"{said}, the incoming gradient was already computed. Raise W 2 by 0.01")
    chip = page.page.locator("#picture [data-kind=tensor][data-id='6']")
    assert heard(page, chip) == "W₂ value −0.4 gradient −0.7 ∂mul₂/∂W₂ = x₂"
    assert chip.get_attribute("aria-description") == "parameter"
    page.press("Home")
    assert heard(page, chip) == "W₂ value −0.4", "the gradient is not there yet"


def test_formulas_in_lines_are_said_in_words(in_node: Callable[..., str]) -> None:
    lines = {
        "z₁ = x · W₁ᵀ + b₁ − t": "z 1 = x times W 1 transposed + b 1 minus t",
        "relu₂ = 1[z₁ > 0] ⊙ ∂L/∂h₂, from −1.5e−4": (
            "relu 2 = one if z 1 > 0 else zero times the derivative of L with respect to h 2, from minus 1.5e minus 4"
        ),
        "Σ[axis 0] |y − t| makes 32×10 numbers, the largest at z[3, 4]": (
            "the sum over axis 0 of the absolute value of y minus t makes 32 by 10 numbers, the largest at z at 3, 4"
        ),
        "W[i, j] stays": "W[i, j] stays",
    }
    script = "console.log(JSON.stringify(given.map(saidLine)))"
    assert json.loads(in_node("spoken.js", script, json.dumps(list(lines)))) == list(lines.values())


def test_rounding_is_said_in_words(opened: Opening) -> None:
    x, b = ew.tensor(2.5, requires_grad=True), ew.tensor(0.7)
    page = opened(x.round() + ew.remainder(x, b) + x.ceil(), hash="#step=0")
    said = set()
    for _ in range(5):
        page.press("ArrowRight")
        labels = "[...document.querySelectorAll('#equation math')].map((one) => one.getAttribute('aria-label'))"
        said.update(page.page.evaluate(labels))
    assert {"the number x rounded", "the number x rounded up"} <= said
    assert "x minus b times the number x over b rounded down" in said


def test_where_one_is_in_the_story_is_said(opened_network: Opening) -> None:
    page = opened_network("five_layers", hash="#step=0")
    current = "[...document.querySelectorAll('#transport [aria-current=step]')].map((one) => one.textContent)"
    assert page.page.get_attribute("#scrub", "aria-valuetext").startswith("0 of ")
    assert page.page.evaluate(current)[0] == "Forward"
    page.press("End")
    last = page.page.get_attribute("#scrub", "max")
    assert page.page.get_attribute("#scrub", "aria-valuetext") == f"{last} of {last}"
    assert page.page.evaluate(current)[0] == "Update"


def test_losses_are_not_said_one_by_one_while_it_trains(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.click("#run")
    assert page.page.get_attribute("#loss", "aria-live") == "off"
    page.page.click("#run")
    assert page.page.get_attribute("#loss", "aria-live") == "polite"


def test_the_numbers_of_matrices_are_said_too(opened: Opening) -> None:
    x = ew.tensor([[1.0, 2.0, -1.0]])
    W = ew.tensor([[0.5, -0.25], [1.0, 3.0], [0.0, 2.0]], requires_grad=True)
    page = opened((x @ W).sum(), hash="#step=1")
    assert page.text("#spoken").startswith(
        "Forward: u = x times W: x, 1 by 3 numbers 1, 2, minus 1; "
        "times W, 3 by 2 numbers 0.5, minus 0.25; 1, 3; 0, 2; equals 2.5, 3.75"
    )
    page.press("ArrowRight", 4)
    assert page.text("#spoken").find("; equals 3 by 2 numbers 1, 1; 2, 2; minus 1, minus 1. ") > 0
    assert "x transposed, 3 by 1 numbers 1; 2; minus 1; times" in page.text("#spoken")
    first = page.page.locator(".tile.result table tr").nth(1).locator("th, td")
    assert first.all_text_contents() == ["row 0", "1", "1"], "which row it is, is said only"


def test_formulas_are_said_in_words(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=1")
    words = "[...document.querySelectorAll('#equation-panel math')].map((math) => math.getAttribute('aria-label'))"
    assert page.page.evaluate(words) == ["mul 1", "mul 1", "x times W 1", "0.5 times 1.2", "mul 1"]
    page.press("ArrowRight", 2)
    assert page.page.evaluate(words)[2:4] == ["max of open z 1, 0 close", "max of open 0.7, 0 close"]
    page.press("End")
    assert "b 2 minus η times the derivative of L with respect to b 2" in page.page.evaluate(words)


def test_tab_goes_through_the_picture_in_the_order_of_the_forward_pass(opened_network: Opening) -> None:
    page = opened_network("first_article")
    buttons = page.page.locator("#picture [tabindex='0']")
    order = [heard(page, buttons.nth(i)).split(" value")[0] for i in range(buttons.count())]
    assert order[:5] == ["x", "W₁", "mul₁ operation", "mul₁", "b₁"]
    assert order[-1] == "L"
    page.page.focus("#picture [data-kind=tensor][data-id='6']")
    page.press("Enter")
    assert page.step == 18
    page.press("Enter")
    assert page.step == 14


def test_heat_maps_come_with_their_gradients(opened: Opening) -> None:
    W = ew.ones(6, 7).requires_grad_()
    page = opened((W * W).sum(), hash="#step=0")
    maps = """[...document.querySelectorAll("#picture [data-kind=tensor][data-id='0'] image")]
        .map((map) => getComputedStyle(map).opacity)"""
    assert page.page.evaluate(maps) == ["1", "0"]
    page.press("End")
    assert page.page.evaluate(maps) == ["1", "1"]


def test_the_end_is_the_same_by_key_and_by_button(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.press("Home")
    page.press("End")
    by_key = page.step
    page.press("Home")
    page.page.click("#last")
    assert page.step == by_key
    assert page.text("#moment").startswith("Update")
    page.press("End")
    assert page.step == by_key


def test_the_keyboard_may_skip_the_picture(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.focus("#theme")
    page.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "skip"
    around = page.page.locator("#skip").bounding_box()
    assert around["width"] > 60, "it is seen now"
    page.press("Enter")
    assert page.page.evaluate("document.activeElement.id") == "play"
    page.page.focus("#theme")
    assert page.page.locator("#skip").bounding_box()["width"] <= 1


def test_the_ring_of_a_field_is_seen_whole(opened_network: Opening) -> None:
    page = opened_network("first_article")
    ring = """(one) => { one.focus(); const style = getComputedStyle(one);
        return parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset); }"""
    assert page.page.locator("#fields .field").first.evaluate(ring) <= 1


def test_the_module_of_a_step_is_opened_where_it_is_named(opened: Callable[..., Opened]) -> None:
    ew.manual_seed(0)
    layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 2)
    page = opened(layers(ew.randn(2, 3, 8)).square().mean(), hash="#step=3")
    working = page.page.locator("#picture g.forward-now[data-kind=module]")
    outer = working.get_attribute("data-id")
    page.page.click("#remark button")
    assert page.page.locator("#picture g.forward-now:is([data-kind=node], [data-kind=module])").count() == 1
    assert page.page.locator(f"#picture g[data-kind=frame][data-id='{outer}']").count() == 1
    assert page.step <= 3
    assert page.errors == []


def test_a_gradient_that_a_hook_may_change_says_so(opened: Opening) -> None:
    w = ew.tensor(3.0, requires_grad=True)
    y = w * 2.0
    y.register_hook(lambda gradient: gradient * 0.5)
    with pytest.warns(UserWarning, match="hooks of y"):
        page = opened(y * 5.0, hash="#step=4")
    assert page.text("#moment").startswith("Back through mul")
    assert "this is before the hook" in page.text("#remark")
    page.page.click("#picture [data-kind=tensor]:has-text('y')")
    assert "A hook may change this gradient" in page.text(".details .hooked")
    assert "hook" in page.text("#picture g.chosen .shape")
    page.press("ArrowRight")
    assert "hook" not in page.text("#remark")


def test_the_address_is_written_seldom_and_is_right_when_the_page_is_left(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=0")
    written, last, found = page.page.evaluate(
        """() => {
            let written = 0;
            const replace = history.replaceState;
            history.replaceState = function (...given) { written++; return replace.apply(this, given); };
            const scrub = document.getElementById("scrub");
            for (let step = 1; step <= Number(scrub.max); step++) {
                scrub.value = String(step);
                scrub.dispatchEvent(new Event("input"));
            }
            const seldom = written;
            window.dispatchEvent(new Event("blur"));
            return [seldom, scrub.max, location.hash];
        }"""
    )
    assert written < int(last) / 2
    assert found == f"#step={last}"


def test_boxes_that_will_have_a_gradient_have_a_faint_ground_for_it(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=0")
    script = """[...document.querySelectorAll("#picture g[data-kind=tensor]")].map((chip) => {
        const ground = chip.querySelector(".back");
        return [chip.dataset.id, ground && Number(getComputedStyle(ground).opacity)];
    })"""
    page.rest()
    grounds = dict(page.page.evaluate(script))
    assert {id for id, ground in grounds.items() if ground is None} == {"0", "10"}, "x and t have no gradient"
    assert all(0.2 < ground < 0.6 for ground in grounds.values() if ground is not None)
    page.press("End")
    page.page.emulate_media(reduced_motion="reduce")
    page.rest()
    assert {ground for _, ground in page.page.evaluate(script)} == {None, 1}


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_prefers_less_motion(opened_network: Opening, motion: str, moves: bool) -> None:
    page = opened_network("five_layers", hash="#step=8", reduced_motion=motion)
    flying = page.note(".pill, .ghost")
    found = 0

    def look() -> None:
        nonlocal found
        found += page.page.evaluate("document.getAnimations().length")

    for _ in range(6):
        page.press("ArrowRight")
        look()
    for button in ("#view", "#view", "#whole", "#whole", "#large", "#large", "#picture .close", "#play"):
        page.page.locator(button).first.dispatch_event("click")
        look()
    page.until(lambda: page.step > 0)
    look()
    assert (found > 0) == moves
    assert (flying() != []) == moves
    assert page.errors == []
