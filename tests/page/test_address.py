"""The address of a page: what it keeps, and what it makes of a page that is opened with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.page.page import parts_of_page

from .conftest import Article, Opened, in_page
from .test_changing import field

Opening = Callable[..., Opened]
InNode = Callable[..., str]


def address(page: Opened) -> str:
    """The address, after what was waiting to be written to it."""
    page.rest()
    return str(page.page.evaluate("location.hash"))


def numbers(page: Opened) -> list[str]:
    """What the page says of its state in numbers."""
    chips = page.chips([(id, role) for id in range(13) for role in ("value", "gradient")])
    return [page.text("#loss"), page.text("#trained"), *chips]


def note(page: Opened) -> str:
    """What the page says about itself."""
    return " ".join(page.texts("#notes .note:not([hidden]) p"))


def changed(in_node: InNode, loss: Any, script: str, **given: Any) -> Any:
    """What a script finds in the page of a loss, with `again`: the numbers after the same was done once more."""
    return in_page(
        in_node,
        parts_of_page((loss,), **given),
        """
        const { trained, leaves } = model;
        const numbers = (one) => [one.steps, one.rate, one.batch, one.loss(),
            ...[...leaves.keys()].flatMap((id) => [...one.value(id)])].map(String);
        const again = () => {
            const other = new Model(given, programs.makeNetwork(), programs.makeUpdate());
            const { acts, wrong } = readActs(model.acts.text(), () => true);
            for (const act of acts) {
                if (act.kind === "edit") other.edit(act.what, act.index, act.to);
                if (act.kind === "train") for (let i = 0; i < act.steps; i++) other.train();
                if (act.kind === "turn") other.turn(act.batch - other.batch);
                if (act.kind === "seek") other.seek(other.points.findIndex(({ step }) => step === act.step));
            }
            return { text: model.acts.text(), wrong, here: numbers(model), there: numbers(other),
                textThere: other.acts.text() };
        };
        """
        + script,
    )


def assert_same(found: dict[str, Any], text: str) -> None:
    """Asserts that what was done has this text, and gives the same numbers when it is done again."""
    assert found["text"] == text
    assert found["wrong"] == []
    assert found["there"] == found["here"]
    assert found["textThere"] == text


ACTS = [
    ("model.edit(0, 0, 0.1); model.train(); model.train();", "0:0.1,t2"),
    ("model.train(); model.edit(1, 0, 2); model.edit('rate', 0, 0.05); model.train();", "t1,1:2,rate:0.05,t1"),
    ("for (const to of [1, 2, 3]) model.edit(0, 0, to, true);", "0:3"),
    ("model.edit(0, 0, 7); model.edit(1, 0, 8); model.edit(0, 0, 0.5);", "1:8"),
    ("model.edit(0, 0, 7); model.undo();", ""),
    ("model.edit(0, 0, 7); model.undo(); model.redo();", "0:7"),
    ("model.edit(0, 0, 7); model.train(); model.undo();", "0:7,t1,0:0.5"),
    ("model.edit(0, 0, NaN); model.edit(3, 0, -Infinity); model.edit('rate', 0, 1e22);", "0:NaN,3:-Infinity,rate:1e22"),
    ("for (let i = 0; i < 9; i++) model.train(); model.seek(4);", "t9,s4"),
    ("for (let i = 0; i < 9; i++) model.train(); model.seek(4); model.seek(6); model.train();", "t7"),
    ("for (let i = 0; i < 9; i++) model.train(); model.seek(0); model.edit(0, 0, 2);", "0:2"),
    (
        "model.train(); model.edit(0, 0, 2); model.edit(1, 0, 2); model.train(); model.train(); "
        "model.seek(0); model.train();",
        "0:2,t1",
    ),
    (
        "model.train(); model.edit(0, 0, 2); model.train(); model.edit('rate', 0, 1); model.train(); "
        "model.seek(1); model.train();",
        "t1,0:2,rate:1,t1",
    ),
    ("model.edit(0, 0, 7); model.train(); model.reset();", ""),
]


@pytest.mark.parametrize(("script", "text"), ACTS)
def test_what_was_done_is_said_in_few_letters_and_gives_the_same_again(
    in_node: InNode, article: Article, script: str, text: str
) -> None:
    assert_same(changed(in_node, article.loss, f"{script} return again();"), text)


def test_batches_and_masks_are_the_same_again(in_node: InNode) -> None:
    x = ew.tensor([[1.0, 2.0], [3.0, 4.0]])
    net = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))
    loss = (net(x) ** 2).mean()
    batches = {x: [[[1.0, 2.0], [3.0, 4.0]], [[-1.0, 2.0], [0.5, 0.25]], [[1.0, 1.0], [3.0, 0.0]]]}
    found = changed(
        in_node,
        loss,
        """for (let i = 0; i < 5; i++) model.train(); model.turn(1); model.turn(1); model.edit(0, 1, 9);
        model.train(); model.seek(3); model.train(); return again();""",
        batches=batches,
    )
    assert_same(found, "t5,b1,0.1:9,t1,s3,t1")


@pytest.mark.parametrize(
    "text", ["x1:2", "1.2", "1:", "1:0x10", "1:1e", "t", "t-1", "t1.5", "t1e3", "q7", ":", "1:2:3", "rate.", "<b>"]
)
def test_texts_that_mean_nothing_are_left_out(in_node: InNode, article: Article, text: str) -> None:
    found = changed(in_node, article.loss, f"return readActs({text!r} + ',t2', () => true);")
    assert found == {"acts": [{"kind": "train", "steps": 2}], "wrong": [text]}


def test_an_address_opens_the_same_numbers_elsewhere(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), "0.3")
    page.page.click("#train10")
    page.page.fill(field("W1"), "-0.7")
    page.page.fill("#rate input", "0.02")
    page.page.click("#train10")
    page.press("Escape")
    shared, seen = address(page), numbers(page)
    assert "do=0:0.3,t10,1:-0.7,rate:0.02,t10" in shared
    assert "20 steps" in seen[1]
    other = opened_network("first_article", hash=shared)
    assert numbers(other) == seen
    assert other.page.input_value("#rate input") == "0.02"
    assert note(other) == ""
    assert other.errors == []
    other.page.click("#reset")
    assert "do=" not in address(other)
    assert "steps" not in numbers(other)[1]


def test_a_new_change_replaces_the_address(opened_network: Opening) -> None:
    page = opened_network("first_article")
    before = page.page.evaluate("history.length")
    for number in ("1", "2", "3"):
        page.page.fill(field("x"), number)
        page.press("Enter")
    page.page.click("#train1")
    assert "do=0:3,t1" in address(page)
    assert page.page.evaluate("history.length") == before


def test_going_back_in_the_browser_brings_the_numbers_back(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), "2")
    page.press("Enter")
    seen = numbers(page)
    address(page)
    page.page.evaluate("location.hash = 'step=backward'")
    page.until(lambda: page.chip(0, "value") == "0.5")
    page.page.go_back()
    page.until(lambda: numbers(page) == seen)
    assert page.errors == []


def test_a_pinned_number_is_in_the_address(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.locator("#picture [data-kind=tensor][data-id='12'] text.value").click()
    page.until(lambda: page.page.locator("#look.is-pinned").count() == 1)
    said, shared = page.text("#look h2"), address(page)
    assert "look=v12.0" in shared
    other = opened_network("first_article", hash=shared)
    assert other.text("#look h2") == said
    assert other.page.locator("#look.is-pinned").is_visible()
    other.press("Escape")
    assert "look=" not in address(other)
    assert other.errors == []


def test_a_neuron_or_a_weight_is_in_the_address_with_its_example(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    loss = model(ew.randn(3, 2)).square().mean()

    def seen(page: Opened) -> list[Any]:
        rows = page.texts(".neuron-sum tr")
        chosen = [page.page.locator(f"#picture {part}.chosen").count() for part in (".unit", ".weight", ".bundle")]
        return [page.text(".neuron-card h2"), rows, page.texts(".neuron-sum .chosen th"), page.text("#example"), chosen]

    page = opened(loss, hash="#view=neurons&step=forward")
    page.page.locator("#picture .unit").nth(2 + 3).dispatch_event("click")
    page.page.click("#example-after")
    neuron = seen(page)
    assert neuron[0] == "Neuron 4 of 4"
    assert neuron[2:] == [[], "Example 2 of 3", [1, 0, 0]]
    shared = address(page)
    assert "neuron=3&example=2" in shared
    # The weight from input 2 to neuron 3.
    page.page.locator("#picture .bundle").first.locator(".weight").nth(2 * 2 + 1).dispatch_event("click")
    weight = seen(page)
    assert weight[0] == "Neuron 3 of 4"
    assert weight[2:] == [["input₂"], "Example 2 of 3", [0, 1, 0]]
    with_weight = address(page)
    assert "neuron=2.1&example=2" in with_weight
    other = opened(loss, hash=shared)
    assert seen(other) == neuron
    other.page.evaluate("(hash) => { location.hash = hash; }", with_weight)
    other.until(lambda: seen(other) == weight)
    other.page.click("#details .close")
    assert "neuron=" not in address(other)
    assert note(other) == ""
    assert other.errors == []


def test_a_pinned_number_out_of_sight_has_its_panel_in_the_window(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=backward&look=v12.0", width=390, height=420)
    chip = page.page.locator("#picture [data-kind=tensor][data-id='12']").bounding_box()
    panel = page.page.locator("#look").bounding_box()
    assert chip["y"] > 420, "the picture is higher than its frame"
    assert 0 <= panel["y"] <= panel["y"] + panel["height"] <= 420


@pytest.mark.parametrize(
    ("hash", "wrong"),
    [
        ("#section-2", ["section-2"]),
        ("#step=backward&foo=1", ["foo=1"]),
        ("#step=-3", ["step=-3"]),
        ("#step=999999", ["step=999999"]),
        ("#tensor=77777", ["tensor=77777"]),
        ("#tensor=7&neuron=0.0.1", ["neuron=0.0.1"]),
        ("#tensor=7&neuron=77", ["neuron=77"]),
        ("#neuron=0", ["neuron=0"]),
        ("#example=2", ["example=2"]),
        ("#example=0", ["example=0"]),
        ("#do=0:1,zz,99:1,0.7:2,b4,t3", ["zz", "99:1", "0.7:2", "b4"]),
        ("#do=4:1", ["4:1"]),
        ("#__proto__=1&constructor=2", ["__proto__=1", "constructor=2"]),
        ("#zoom=all&look=v0", ["look=v0"]),
        ("#%E0%A4%A", None),
        ("#step=18&do=" + "0:1," * 3000, None),
    ],
)
def test_what_an_address_says_that_means_nothing_is_said(
    opened_network: Opening, hash: str, wrong: list[str] | None
) -> None:
    page = opened_network("first_article", hash=hash if "step" in hash else f"{hash}&step=backward")
    assert page.errors == []
    if wrong:
        assert f"Not understood in the address, and left out: {', '.join(f'“{part}”' for part in wrong)}." in note(page)
    page.page.click("#train1")
    assert "step taken" in page.text("#trained") or "steps taken" in page.text("#trained")


def test_the_address_of_another_network_changes_nothing(opened: Opening, opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), "2")
    page.press("Enter")
    shared = address(page)
    w = ew.tensor(3.0, requires_grad=True)
    other = opened(w * w, hash=shared.replace("step=18", "step=backward"))
    assert "another network" in note(other)
    assert other.chip(0, "value") == "3"
    assert other.errors == []


def test_other_first_numbers_are_remarked(opened: Opening) -> None:
    def loss(first: float) -> Any:
        w = ew.tensor(first, requires_grad=True)
        return w * w

    page = opened(loss(3.0))
    page.page.click("#train1")
    shared = address(page)
    other = opened(loss(5.0), hash=shared)
    assert "other first numbers" in note(other)
    assert other.chip(0, "value") == "4", "5 − 0.1 · 2 · 5"
    assert other.errors == []


def test_a_long_training_shows_how_far_it_is_and_can_be_stopped(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=backward&do=rate:1e-9,t900000000")
    assert "Repeating 900,000,000 training steps" in note(page)
    page.until(lambda: page.page.evaluate("document.querySelector('#notes progress').value") > 0)
    page.page.get_by_role("button", name="Stop", exact=True).click()
    page.until(lambda: note(page) == "")
    taken = int(page.text("#trained").split()[0])
    assert f"do=rate:1e-9,t{taken}&" in f"{address(page)}&"
    assert page.errors == []


def test_what_is_done_meanwhile_ends_the_repeating(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=backward&do=rate:1e-9,t900000000")
    page.page.fill(field("x"), "2")
    page.press("Enter")
    page.until(lambda: note(page) == "")
    assert page.chip(0, "value") == "2"
    assert address(page).partition("do=")[2].partition("&")[0].endswith(",0:2")


def test_a_link_says_what_it_cannot_hold(opened: Opening) -> None:
    w = ew.tensor([[float(i + j) for i in range(4)] for j in range(4)], requires_grad=True)
    page = opened((w * w).sum())
    page.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.page.click("#link")
    assert "opens this page as it is now" in note(page)
    assert page.page.input_value("#notes .note input") == page.page.url
    page.page.evaluate(
        """() => {
            const fields = document.querySelectorAll("#fields .field");
            for (let at = 0; at < 128; at++) {
                fields[at % 16].value = `${at}.1234567890`;
                fields[at % 16].dispatchEvent(new Event("input", { bubbles: true }));
                document.getElementById("train1").click();
            }
        }"""
    )
    page.page.click("#link")
    assert "128 changed numbers and 128 training steps are left out" in note(page)
    assert "do=" not in page.page.url
    assert len(page.page.url) < 2000
    assert page.errors == []


def test_a_story_and_what_was_done_beside_it_are_shared(opened: Opening, article: Article) -> None:
    story = [("loss", "one"), ({"b1": -5}, "two"), (("train", 3), "three"), (0, "four")]

    def open_story(hash: str) -> Opened:
        from edgewise.page.page import Look

        return opened(article.loss, hash=hash, look=Look(story=story))

    page = open_story("#story=2&step=backward")
    assert page.text("#trained") == "3 steps taken"
    assert "do=" not in address(page)
    page.page.click("#train1")
    shared, seen = address(page), numbers(page)
    assert "story=2" in shared
    assert "do=p1,p2,t1" in shared
    other = open_story(shared)
    assert numbers(other) == seen
    assert "three" in other.text("#story")
    other.page.click("#reset")
    reset, seen = address(other), numbers(other)
    assert "do=-" in reset
    third = open_story(reset)
    assert numbers(third) == seen
    assert third.errors == []


def test_a_recording_says_that_it_can_repeat_nothing(opened_file: Callable[..., Opened], tmp_path: Path) -> None:
    from edgewise.page.page import recorded_page

    w = ew.tensor(3.0, requires_grad=True)
    path = tmp_path / "page.html"
    recorded_page(ew.snapshot(w * w), "It was kept so.", path)
    page = opened_file(path, hash="#do=t5&step=backward")
    assert "can't be repeated" in note(page)
    assert page.errors == []
