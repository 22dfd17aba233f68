"""Steps over closed modules, into them and out of them, and the chapters that they make."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.snapshot import Snapshot
from edgewise.capture.watch import capture_of
from edgewise.page import Look
from edgewise.page.page import parts_of_page
from edgewise.page.places import places, with_groups
from edgewise.printers.figures import figure

from . import networks
from .conftest import Opened

Opening = Callable[..., Opened]

STORIES = """
const graph = complete(given);
const modules = new Modules(graph);
const timeline = makeTimeline(graph, (key) => modules.around(key));
const shown = () => {
    const { stops, places } = new Story(graph, timeline, modules);
    return {
        places: [...places],
        stops: stops.map(({ from, to, scope, moment }) => ({
            from, to, scope, phase: phaseAt(timeline, to),
            boundary: moment.kind === "module" ? { ...moment.boundary, inside: [...moment.boundary.inside] } : null,
        })),
    };
};
const first = shown();
for (const scope of modules.clusters.keys()) modules.close(scope);
const closed = shown();
for (const scope of modules.clusters.keys()) if (scope >= 0) modules.toggle(scope);
const open = shown();
console.log(JSON.stringify({ moments: timeline.moments, first, closed, open }));
"""


@pytest.fixture(scope="module")
def stories(in_node: Callable[..., str]) -> dict[str, tuple[Snapshot, Any]]:
    """The snapshots of some networks, and their stories while modules are as at first, closed, and open."""
    found = {}
    for make in (networks.transformer, networks.lstm, networks.encoder, networks.two_blocks):
        loss, _ = make()
        taken = capture_of((loss,))
        _, data = parts_of_page((loss,), taken=taken)
        kept = {key: data[key] for key in ("tensors", "edges", "nodes", "outputs", "rules", "gradients")}
        given = {
            **kept,
            "lines": [],
            "paths": [],
            "modules": {},
            "formulas": data["formulas"],
            "places": places(taken.snapshot),
        }
        # Loops are modules of their own in pages.
        found[make.__name__] = (with_groups(taken.snapshot), json.loads(in_node("main.js", STORIES, json.dumps(given))))
    return found


def test_every_moment_belongs_to_one_stop(stories: dict[str, tuple[Snapshot, Any]]) -> None:
    for _, story in stories.values():
        count = len(story["moments"])
        for kind in ("first", "closed", "open"):
            stops = story[kind]["stops"]
            assert [at for stop in stops for at in range(stop["from"], stop["to"] + 1)] == list(range(count))
            assert story[kind]["places"] == [
                i for i, stop in enumerate(stops) for _ in range(stop["from"], stop["to"] + 1)
            ]
        assert len(story["open"]["stops"]) == count


def test_each_closed_module_is_one_stop_in_each_phase(stories: dict[str, tuple[Snapshot, Any]]) -> None:
    for _, story in stories.values():
        for kind in ("first", "closed"):
            passed = [(stop["scope"], stop["phase"]) for stop in story[kind]["stops"] if stop["scope"] >= 0]
            assert passed
            assert len(set(passed)) == len(passed)


def test_two_layers_of_a_transformer_are_at_most_forty_steps(stories: dict[str, tuple[Snapshot, Any]]) -> None:
    assert len(stories["transformer"][1]["moments"]) > 150
    assert len(stories["transformer"][1]["first"]["stops"]) <= 41


def around(snapshot: Snapshot, scope: int | None) -> list[int]:
    """A scope and those around it."""
    path = []
    while scope is not None:
        path.append(scope)
        scope = snapshot.scopes[scope].parent
    return path


def test_what_goes_into_a_closed_module_and_what_comes_out(stories: dict[str, tuple[Snapshot, Any]]) -> None:
    checked = 0
    for snapshot, story in stories.values():
        for stop in story["closed"]["stops"]:
            boundary = stop["boundary"]
            if not boundary or stop["phase"] != "forward":
                continue
            inside = {node.id for node in snapshot.nodes if stop["scope"] in around(snapshot, node.scope)}
            used = {
                snapshot.edges[a.edge].tensor
                for id in inside
                for a in snapshot.nodes[id].arguments
                if a.edge is not None
            }
            made = {snapshot.nodes[id].output for id in inside}
            assert set(boundary["inside"]) == inside
            assert set(boundary["parameters"]) == {id for id in used if snapshot.tensors[id].kind == "parameter"}
            assert set(boundary["inputs"]) <= used - made - set(boundary["parameters"])
            assert {id for id in used - made if snapshot.tensors[id].kind == "intermediate"} <= set(boundary["inputs"])
            assert set(boundary["outputs"]) == {
                id
                for id in made
                if id in snapshot.outputs
                or any(snapshot.edges[e].node not in inside for e in snapshot.tensors[id].edges)
            }
            checked += 1
    assert checked > 5


class Cell(nn.Module):
    """A step of a loop: a state becomes w · state + 1."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(ew.tensor(0.5))

    def forward(self, state: ew.Tensor) -> ew.Tensor:
        return state * self.w + 1.0


class Loop(nn.Module):
    """Three steps with the same parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = Cell()

    def forward(self, state: ew.Tensor) -> ew.Tensor:
        for _ in range(3):
            state = self.cell(state)
        return state


@pytest.fixture
def loop(opened: Opening) -> Opened:
    """A page whose loop has three closed steps, whose states are 1.5, 1.75 and 1.875."""
    return opened(Loop()(ew.tensor(1.0)) * 2.0, hash="#step=0", look=Look(closed=["cell"]))


def test_one_steps_over_closed_modules_into_them_and_out(loop: Opened) -> None:
    moments = []
    while loop.step < 6:
        loop.press("ArrowRight")
        moments.append((loop.text("#moment"), loop.step))
    assert moments == [
        ("Forward through cell · Cell", 2),
        ("Forward through cell · Cell", 4),
        ("Forward through cell · Cell", 6),
    ]
    assert loop.text("#tiles [data-role=given] .figure") == "1.75"
    assert loop.text("#tiles [data-role=value] .figure") == "1.875"
    assert "add 3 = 1.875." in loop.text("#spoken")
    assert loop.page.locator("#picture g.forward-now[data-kind=module]").count() == 1
    before = loop.text("#count")
    loop.press("ArrowDown")
    assert (loop.step, loop.text("#moment")) == (5, "Forward through mul3")
    assert loop.page.is_disabled("#into")
    loop.press("ArrowDown")
    assert loop.step == 5
    loop.press("ArrowUp")
    assert (loop.step, loop.text("#count")) == (6, before)
    assert loop.page.is_disabled("#out")
    # The last step of the module, seen from outside.
    loop.press("ArrowLeft")
    assert loop.step == 4
    loop.page.click("#into")
    assert loop.step == 3
    loop.page.click("#out")
    assert loop.step == 4
    assert loop.errors == []


def test_parts_of_a_shared_weight_add_up_step_by_step(loop: Opened) -> None:
    loop.page.click(".phase.backward")
    sums, states = [], []
    while not loop.text("#moment").startswith("Where edges meet"):
        loop.press("ArrowRight")
        if loop.text("#moment").startswith("Back through cell"):
            sums.append(loop.texts("#tiles [data-role=parameters] li > span")[1:])
            states.append(loop.texts("#tiles :is([data-role=incoming], [data-role=gradient]) .figure"))
    # ∂h₃/∂w = h₂ + w h₁ + w² h₀, and the loss is 2 h₃.
    assert sums == [["3.5", "3.5 =", "3.5"], ["1.5", "3.5 + 1.5 =", "5"], ["0.5", "3.5 + 1.5 + 0.5 =", "5.5"]]
    assert loop.texts("#tiles [data-role=part] .figure") == ["0.5", "1.5", "3.5"]
    assert states == [["2", "1"], ["1", "0.5"], ["0.5"]]
    assert loop.errors == []


def test_modules_are_chapters_of_the_story(loop: Opened) -> None:
    names = [text for text in loop.texts("#chapters .chapter") if text]
    assert names == ["cell"] * 6
    loop.page.click("#chapters .chapter.backward:has-text('cell')")
    assert loop.text("#moment") == "Back through cell · Cell"
    title = "cell · Cell, backward: step 7"
    assert loop.page.get_attribute("#chapters [aria-current]", "title") == title
    loop.press("Shift+ArrowRight")
    assert loop.text("#moment") == "Back through cell · Cell"
    assert loop.page.get_attribute("#chapters [aria-current]", "aria-label") == "cell · Cell, backward: step 8"
    loop.press("Shift+ArrowLeft", 2)
    assert loop.text("#moment") == "The way back begins at the loss"
    assert loop.errors == []


def test_the_address_keeps_the_moment_whatever_is_open(loop: Opened) -> None:
    loop.press("ArrowRight", 2)
    loop.press("ArrowDown")
    loop.page.evaluate("dispatchEvent(new Event('blur'))")
    place = loop.page.url.split("#")[1]
    assert place.startswith("step=3&turned=")
    loop.reopen("#step=3")
    assert (loop.step, loop.text("#moment")) == (4, "Forward through cell · Cell")
    loop.reopen(f"#{place}")
    assert (loop.step, loop.text("#moment")) == (3, "Forward through mul2")
    assert loop.errors == []


def test_what_is_outside_a_module_shown_alone_is_one_step(opened: Opening) -> None:
    page = opened(Loop()(ew.tensor(1.0)) * 2.0, hash="#step=3", look=Look(closed=["cell"]))
    page.press("ArrowDown")
    page.page.locator("g[data-kind=frame] .enter").first.dispatch_event("click")
    assert page.text("#moment") == "Forward through mul2"
    page.press("ArrowRight", 2)
    assert page.text("#moment") == "Outside cell · Cell"
    page.page.click("#remark button")
    assert page.page.is_hidden("#breadcrumb")
    assert page.page.locator("#picture g[data-kind=frame]").count() == 0
    assert page.text("#moment") == "Forward through mul4"
    assert page.errors == []


@pytest.fixture
def recurrence(opened: Opening) -> Opened:
    """A page of seven steps of a recurrence, written by hand: h becomes tanh(w h + u), with w = 0.5 and u = 1."""
    w, u, h = ew.tensor(0.5, requires_grad=True), ew.tensor(1.0, requires_grad=True), ew.tensor(0.0)
    for _ in range(7):
        h = (h * w + u).tanh()
    return opened(h * 2.0, hash="#step=0")


def states(count: int) -> list[float]:
    """The states of that recurrence."""
    found = [0.0]
    for _ in range(count):
        found.append(math.tanh(0.5 * found[-1] + 1.0))
    return found


def test_the_repeats_of_a_loop_are_one_step_and_one_picture(recurrence: Opened) -> None:
    page, h = recurrence, states(7)
    page.press("ArrowRight")
    assert page.text("#moment") == "Forward through × 7 · loop"
    assert "× 7" in page.text("#picture g[data-kind=module]")
    assert page.text("#tiles [data-role=value] .figure") == figure(h[7])
    page.press("ArrowDown")
    assert page.text("#breadcrumb output") == "t = 1 of 7"
    assert page.step == 1
    page.press("ArrowRight", 3)
    assert page.text("#breadcrumb output") == "t = 2 of 7"
    page.press("ArrowRight", 2)
    assert page.text("#tiles [data-role=value] .figure") == figure(h[2])
    # The same operation at another t.
    page.page.evaluate(
        """() => {
            const slider = document.querySelector("#breadcrumb input");
            slider.value = "5";
            slider.dispatchEvent(new Event("input"));
        }"""
    )
    assert page.text("#breadcrumb output") == "t = 5 of 7"
    assert page.text("#tiles [data-role=value] .figure") == figure(h[5])
    assert page.page.locator("#picture g.forward-now[data-kind=node]").count() == 1
    page.press("ArrowUp")
    assert page.text("#moment") == "Forward through × 7 · loop"
    assert page.page.is_hidden("#breadcrumb")
    assert page.errors == []


def test_parts_of_a_weight_add_up_over_t(recurrence: Opened) -> None:
    page, h = recurrence, states(7)
    page.page.click(".phase.backward")
    while not page.text("#moment").startswith("Back through ×"):
        page.press("ArrowRight")
    page.press("ArrowDown")
    sums = []
    while page.page.is_visible("#breadcrumb") and len(sums) < 3:
        if page.text("#moment").endswith("to w"):
            sums.append((page.text("#breadcrumb output"), page.text("#tiles [data-role=sum] .number")))
        page.press("ArrowRight")
    gradient, total, expected = 2.0, 0.0, []
    for t in (7, 6, 5):
        gradient *= 1.0 - h[t] ** 2
        total += gradient * h[t - 1]
        gradient *= 0.5
        expected.append((f"t = {t} of 7", figure(total)))
    assert sums == expected
    assert page.errors == []
