"""Large pictures from afar: drawn on a canvas, quickly, and the same as from near."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise.page import Look, make_page
from edgewise.page.assemble import bundle
from edgewise.picture.style import LIGHT, variables

from .conftest import Opened, at_backward_end

Opening = Callable[..., Opened]
InNode = Callable[..., str]

MANY = Path(__file__).with_name("many.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def many(browser: Any) -> Iterator[Any]:
    """10,000 operations: 20,000 things and 30,000 lines."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(
        f"<style>body{{margin:0;{variables(LIGHT)}}}</style><body>"
        '<div id="picture" style="width:1400px;height:600px;overflow:auto"><div id="inner"></div></div>'
        f'<script type="module">{bundle("page/js/canvas.js")}{MANY}</script>'
    )
    page.wait_for_selector("[data-ready]")
    yield page
    assert errors == []
    page.close()


def test_ten_thousand_operations_are_drawn_at_once(many: Any) -> None:
    found = many.evaluate("first()")
    assert found["things"] == 20_000
    assert found["lines"] == 30_000
    assert found["visible"] > 19_000


@pytest.mark.parametrize("scale", [0.05, 0.3, 0.6])
def test_moved_parts_look_as_if_they_were_drawn_there(many: Any, scale: float) -> None:
    many.evaluate("first()")
    assert many.evaluate("(to) => differing(to)", scale) < 0.001


@pytest.fixture(scope="module")
def wide() -> ew.Tensor:
    """A network of single numbers with more things than can be shapes at once."""
    chance = random.Random(1)
    xs = [ew.tensor(chance.uniform(-1, 1)) for _ in range(12)]
    for width in (12, 12, 1):
        ys = []
        for _ in range(width):
            total = ew.tensor(chance.uniform(-0.5, 0.5), requires_grad=True)
            for x in xs:
                total = total + x * ew.tensor(chance.uniform(-0.5, 0.5), requires_grad=True)
            ys.append(total.tanh())
        xs = ys
    return xs[0] * xs[0]


@pytest.fixture(scope="module")
def written(wide: ew.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page."""
    path = tmp_path_factory.mktemp("canvas") / "page.html"
    make_page(wide, path, look=Look(closed=[]))
    return path


@pytest.fixture
def far(opened_file: Callable[..., Opened], written: Path) -> Callable[..., Opened]:
    """Opens it, and shows all of it."""

    def opening(hash: str = "", **look: Any) -> Opened:
        found = opened_file(written, hash=at_backward_end(hash), **look)
        found.press("0")
        return found

    return opening


def titled(page: Opened) -> tuple[float, float, str]:
    """A point over a thing on the canvas, and what is told of it."""
    frame = page.page.locator("#picture").bounding_box()
    shown = page.page.locator("#picture > svg").bounding_box()
    for down in range(20, int(min(frame["height"], shown["height"])) - 20, 3):
        for across in (0.3, 0.45, 0.6, 0.75):
            x, y = round(shown["x"] + across * shown["width"]), round(frame["y"]) + down
            page.page.mouse.move(x, y)
            title = page.page.get_attribute("#picture", "title")
            if title:
                return x, y, str(title)
    raise AssertionError("there is nothing on the canvas")


def test_all_of_it_is_on_a_canvas_and_a_part_is_shapes(far: Callable[..., Opened]) -> None:
    page = far()
    assert page.page.is_visible("#far")
    assert page.page.get_attribute("#far", "role") == "img"
    assert page.page.locator("#picture > svg.is-far").count() == 1
    page.press("0")
    assert not page.page.is_visible("#far")
    shapes = page.page.locator("#picture g[data-kind]").count()
    assert 5 < shapes < 1500, "only what is near is in the page"
    assert page.errors == []


SCROLLING = """async (steps) => {
    const frame = document.querySelector("#picture");
    const settled = async () => {
        for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    };
    frame.scrollTo(600, 600);
    await settled();
    const before = frame.querySelectorAll("svg *").length;
    let touched = 0;
    const observer = new MutationObserver((records) => {
        const within = (node) => 1 + (node.querySelectorAll?.("*").length ?? 0);
        for (const { addedNodes, removedNodes, type } of records) {
            if (type === "attributes") touched += 1;
            for (const node of [...addedNodes, ...removedNodes]) touched += within(node);
        }
    });
    observer.observe(frame.querySelector("svg"), { subtree: true, childList: true, attributes: true });
    const changes = [];
    for (let i = 0; i < steps; i++) {
        touched = 0;
        frame.scrollBy({ left: 11, top: 7, behavior: "instant" });
        await settled();
        changes.push(touched);
    }
    return [before, changes];
}"""
"""Scrolls by small steps: how many elements there are, and how many each step adds, removes or changes."""


def test_only_what_comes_into_sight_or_leaves_it_is_touched_where_shapes_are_moved(far: Callable[..., Opened]) -> None:
    page = far("#zoom=0.4")
    page.press("0")
    for _ in range(3):
        page.page.click("#farther")
    assert not page.page.is_visible("#far")
    before, changes = page.page.evaluate(SCROLLING, 40)
    assert before > 100
    assert sum(changes) > 0, "what comes into sight is added"
    assert sorted(changes)[20] < before / 20, "what is a little beside the frame is there already"
    assert max(changes) < before / 2, "what stays in sight stays as it is"
    long = page.page.locator("#picture path.is-long")
    assert long.count() > 0
    assert long.first.evaluate("(path) => getComputedStyle(path).strokeDasharray") == "none"


def test_things_on_the_canvas_are_clicked(far: Callable[..., Opened]) -> None:
    page = far()
    x, y, title = titled(page)
    page.page.mouse.click(x, y)
    plain = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    heading = page.text(".details h2").translate(plain)
    assert title.split("  ")[0].translate(plain) in heading
    assert page.page.locator(".details h2").count() == 1


def test_from_far_to_near_nothing_jumps(far: Callable[..., Opened]) -> None:
    page = far()
    x, y, _ = titled(page)
    page.page.mouse.click(x, y)
    kind, id = page.page.evaluate("location.hash.match(/(tensor|node|edge)=(\\d+)/).slice(1)")
    frame = page.page.locator("#picture").bounding_box()
    before = after = page.page.locator("#picture > svg").bounding_box()
    page.page.keyboard.down("Control")
    for _ in range(30):
        page.page.mouse.wheel(0, -40)
        after = page.page.locator("#picture > svg").bounding_box()
        # While it is narrower than its frame, it stands in the middle.
        if not page.page.is_visible("#far") and after["width"] > 2 * frame["width"]:
            break
    page.page.keyboard.up("Control")
    assert not page.page.is_visible("#far")
    nearer = after["width"] / before["width"]
    assert after["x"] + (x - before["x"]) * nearer == pytest.approx(x, abs=2)
    assert after["y"] + (y - before["y"]) * nearer == pytest.approx(y, abs=2)
    box = page.page.locator(f'#picture [data-kind={kind}][data-id="{id}"]').bounding_box()
    away = max(box["x"] - x, x - box["x"] - box["width"], box["y"] - y, y - box["y"] - box["height"])
    assert away <= 4 * nearer, "within the reach that a pointer had from afar"
    assert page.errors == []


def pixels(page: Opened, colour: str) -> int:
    """How many pixels of the canvas have a colour."""
    script = """(colour) => {
        const canvas = document.querySelector("#far");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (wanted.every((part, k) => Math.abs(data[i + k] - part) < 6)) count += 1;
        }
        return count;
    }"""
    return int(page.page.evaluate(script, colour))


def test_steps_are_marked_when_zoomed_out(far: Callable[..., Opened]) -> None:
    page = far()
    assert pixels(page, LIGHT["gradient"]) > 20
    page.press("Home")
    assert pixels(page, LIGHT["gradient"]) == 0
    assert pixels(page, LIGHT["value"]) == 0
    page.press("ArrowRight")
    assert pixels(page, LIGHT["value"]) > 20
    assert page.page.is_visible("#far")


def test_colours_are_on_the_canvas_too(far: Callable[..., Opened]) -> None:
    page = far("#colour=gradient")
    gold = pixels(page, LIGHT["gold"])
    page.page.select_option("#colour", "")
    assert pixels(page, LIGHT["gold"]) > gold + 100


def test_the_canvas_follows_light_and_dark(far: Callable[..., Opened]) -> None:
    page = far(color_scheme="dark")
    assert pixels(page, "#10151f") > 100_000
    page.page.click("#theme")
    assert pixels(page, "#ffffff") > 100_000


SCENE = """
const boxes = new Float32Array(given.boxes.flat());
const scene = { boxes, count: given.boxes.length };
const found = new Uint32Array(scene.count);
console.log(JSON.stringify({
  within: given.parts.map((part) => [...found.subarray(0, within(boxes, part, found))]),
  at: given.points.map(([x, y]) => thingAt(scene, x, y, 2)),
}));
"""


def test_things_are_found_where_they_are(in_node: InNode) -> None:
    chance = random.Random(2)
    boxes = [
        [x, y, x + chance.randint(1, 40), y + chance.randint(1, 30)]
        for x, y in ((chance.randint(0, 500), chance.randint(0, 500)) for _ in range(80))
    ]
    parts = [
        [x, y, x + 90, y + 60] for x, y in ((chance.randint(-50, 500), chance.randint(-50, 500)) for _ in range(30))
    ]
    points = [[chance.randint(-10, 520), chance.randint(-10, 520)] for _ in range(300)]
    answers = json.loads(in_node("scene.js", SCENE, json.dumps({"boxes": boxes, "parts": parts, "points": points})))
    for part, found in zip(parts, answers["within"], strict=True):
        assert found == [
            i
            for i, box in enumerate(boxes)
            if box[0] < part[2] and box[2] > part[0] and box[1] < part[3] and box[3] > part[1]
        ]
    for (x, y), place in zip(points, answers["at"], strict=True):
        away = [max(0, box[0] - x, x - box[2], box[1] - y, y - box[3]) for box in boxes]
        if place < 0:
            assert min(away) > 2
        else:
            assert away[place] == min(away)
            if away[place] == 0:
                assert place == max(i for i, distance in enumerate(away) if distance == 0), (
                    "the one drawn last is on top"
                )


WORK = """
const timeline = makeTimeline(given);
const things = timeline.moments.map((moment) => workAt(given, moment, (key) => key).things.sort());
console.log(JSON.stringify(things));
"""


def test_what_is_lit_from_afar_is_what_is_lit_from_near(opened_network: Opening, in_node: InNode) -> None:
    page = opened_network("first_article", hash="#step=0")
    graph = page.page.evaluate("edgewise.data")
    graph.setdefault("update", {}).setdefault("rules", graph.get("rules", {}))
    steps = json.loads(in_node("main.js", WORK, json.dumps(graph)))
    keys = """() => [...document.querySelectorAll("#picture g.now")]
        .map(({ dataset }) => `${dataset.kind} ${dataset.id}`).sort()"""
    there = set(page.page.evaluate(keys.replace("g.now", "g[data-kind]")))
    for step, things in enumerate(steps):
        assert page.step == step
        assert page.page.evaluate(keys) == [key for key in things if key in there], step
        page.press("ArrowRight")
