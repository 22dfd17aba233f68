"""Stories: texts that lead through a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise.page import Look, make_page

from .conftest import Opened

Opening = Callable[..., Opened]


class Neuron:
    """|x·w + b − t|, and its tensors."""

    def __init__(self) -> None:
        self.x, self.t = ew.tensor(1.5), ew.tensor(1.4)
        self.w1 = ew.tensor(0.8, requires_grad=True)
        self.b1 = ew.tensor(0.1, requires_grad=True)
        x, t, w1, b1 = self.x, self.t, self.w1, self.b1
        z = x * w1 + b1
        loss = (z - t).abs()
        self.z, self.loss = z, loss
        self.picture = ew.see(loss)

    def data(self, story: Any) -> list[dict[str, Any]]:
        """What a page knows of a story."""
        text = self.picture._page_text(story=story)
        return list(json.loads(part_of_page(text, "data"))["story"])


def test_places_are_names_steps_changes_and_trainings() -> None:
    neuron = Neuron()
    names = {tensor.name: tensor.id for tensor in neuron.picture.snapshot.tensors}
    nodes = {node.label: node.id for node in neuron.picture.snapshot.nodes}
    found = neuron.data(
        [
            (3, "a step"),
            ("z", "a value"),
            (("w1", "backward"), "a gradient"),
            (("w₁", "update"), "by its symbol"),
            (("abs", "backward"), "an operation"),
            ({"b1": -5, "learning_rate": 1}, "changes"),
            (("train", 20), "a training"),
            (neuron.w1, "the tensor itself"),
        ]
    )
    texts = [part.pop("text") for part in found]
    assert texts[:2] == ["a step", "a value"]
    assert found == [
        {"step": 3},
        {"tensor": names["z"], "way": "forward"},
        {"tensor": names["w1"], "way": "backward"},
        {"tensor": names["w1"], "way": "update"},
        {"node": nodes["abs"], "way": "backward"},
        {"changes": [[names["b1"], [-5.0]]], "rate": 1.0},
        {"train": 20},
        {"tensor": names["w1"], "way": "forward"},
    ]


def test_operations_are_found_by_their_word_and_by_their_name() -> None:
    w = ew.ones(1, 1, 2, 2, requires_grad=True)
    picture = ew.see(ew.nn.functional.max_pool2d(w * 2, 2).sum())
    text = picture._page_text(story=[(("max pool", "backward"), ""), (("max_pool2d", "backward"), "")])
    by_word, by_name = json.loads(part_of_page(text, "data"))["story"]
    pool = next(node for node in picture.snapshot.nodes if node.operation == "max_pool2d")
    assert by_word == by_name == {"tensor": pool.output, "way": "backward", "text": ""}


def test_arrays_are_changed_as_a_whole_or_element_by_element() -> None:
    w = ew.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    picture = ew.see((w * w).sum())
    text = picture._page_text(story=[({"w": 0.5}, "one"), ({"w": [[1, 2], [3, 5]]}, "each"), ({"w": [7, 8]}, "rows")])
    changes = [part["changes"] for part in json.loads(part_of_page(text, "data"))["story"]]
    assert changes == [[[0, [0.5]]], [[0, [1, 2, 3, 5]]], [[0, [7, 8, 7, 8]]]]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("w2", r"names 'w2', which is no tensor or operation of the graph; did you mean 'w1'"),
        ("q", r"names 'q', which is no tensor or operation of the graph; there are x, w1, .*"),
        (("w1", "sideways"), r"has \('w1', 'sideways'\); the second must be 'forward', 'backward' or 'update'"),
        (("x", "backward"), "asks for the gradient of x, which has none"),
        (("x", "update"), "asks for the update of x; what is updated is w1, b1"),
        (("abs", "update"), "asks for the update of abs, an operation"),
        (99, "goes to step 99; the page has steps 0 to 12"),
        ({"w3": 1}, "changes 'w3', which is no tensor or operation of the graph; did you mean 'w1'"),
        ({"z": 1}, "changes z, which the network computes; change x, w1, b1, t"),
        ({"w1": [1, 2]}, r"changes w1, of shape \(\), to \[1, 2\]; give one number or such an array"),
        ({"w1": float("nan")}, "changes w1 to nan; give finite numbers"),
        ({"learning_rate": -1}, "changes learning_rate to -1; give a number, 0 or more"),
        (("train", 0), "trains 0 steps; give a whole number from 1 to 10,000"),
        (ew.tensor(1.0), "names a tensor that is not part of the graph"),
    ],
)
def test_places_that_are_not_there_are_refused(where: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^page: the story {message}"):
        Neuron().data([(where, "text")])


@pytest.mark.parametrize(
    "story", ["w1", {"w1": "text"}, 3, ["w1"], [("w1", 2)], [("w1", "a", "b")], [((1, 2, 3), "a")]]
)
def test_what_is_no_story_is_refused(story: Any) -> None:
    with pytest.raises(TypeError, match=r"^page: story takes pairs of where and a text"):
        Neuron().data(story)


def test_a_recording_can_not_be_changed_by_its_story(tmp_path: Path) -> None:
    neuron = Neuron()
    neuron.picture.save(tmp_path / "graph.safetensors")
    picture = ew.see(tmp_path / "graph.safetensors")
    picture.page(tmp_path / "page.html", story=[("w1", "fine")])
    for where in ({"w1": 1}, ("train", 2)):
        with pytest.raises(ValueError, match="but this page is a recording"):
            picture.page(tmp_path / "page.html", story=[(where, "not here")])


STORY = [
    (0, "Guess the loss."),
    ("z", "The neuron's sum."),
    (("b1", "backward"), "Its gradient."),
    ({"b1": -5, "w1": 0}, "Now the sum is −5."),
    (("train", 10), "Ten steps later."),
    (("b1", "update"), "And one more."),
]


def test_a_page_leads_through_its_story(opened_file: Opening, tmp_path: Path) -> None:
    neuron = Neuron()
    path = tmp_path / "page.html"
    neuron.picture.page(path, learning_rate=0.05, story=STORY)
    page = opened_file(path)
    names = {tensor.name: tensor.id for tensor in neuron.picture.snapshot.tensors}
    assert (page.step, page.text("#story p"), page.text("#story span")) == (0, "Guess the loss.", "1 / 6")
    assert page.page.locator("#story-back").is_disabled()
    page.page.click("#story-next")
    assert page.step == 2, "where z is computed"
    assert page.text("#story p") == "The neuron's sum."
    page.press("PageDown")
    # |1.5 · 0.8 + 0.1 − 1.4| falls as b rises.
    assert page.text("#tiles [data-role=gradient] .figure") == "−1"
    page.page.click("#story-next")
    assert page.chip(names["b1"], "value") == "−5"
    assert page.text("#loss") == "loss 6.4"
    assert page.text("#tiles [data-role=gradient] .figure") == "−1", "a change stays at its step"
    page.page.click("#story-next")
    # Ten steps of 0.05: b rises by 1 each, w by 1.5.
    assert page.chip(names["b1"], "value") == "−4.5"
    assert page.chip(names["w1"], "value") == "0.75"
    page.page.click("#story-next")
    assert page.page.get_attribute("#page", "data-phase") == "update"
    assert page.page.locator("#story-next").is_disabled()
    page.page.click("#story-back", click_count=1)
    assert page.chip(names["b1"], "value") == "−4.5"
    page.press("PageUp", 2)
    assert page.chip(names["b1"], "value") == "0.1", "what was changed and trained is taken back"
    assert page.text("#story p") == "Its gradient."
    page.press("PageDown", 3)
    page.until(lambda: "story=5" in page.page.evaluate("location.hash"))
    page.reopen("#story=4")
    assert page.chip(names["b1"], "value") == "−4.5"
    page.reopen("#step=3&story=1")
    assert (page.step, page.text("#story p")) == (3, "The neuron's sum.")
    assert page.errors == []


def test_pages_without_a_story_have_no_bar(opened_network: Opening) -> None:
    page = opened_network("first_article")
    assert page.page.locator("#story").count() == 0


def test_the_steps_of_a_story_are_those_of_the_page(opened_file: Opening, tmp_path: Path) -> None:
    """The last step that Python allows is the last of the page."""
    w = ew.tensor(0.5, requires_grad=True)
    loss = w * w + w
    with pytest.raises(ValueError, match="steps 0 to 9"):
        make_page(loss, look=Look(story=[(99, "too far")]))
    make_page(loss, tmp_path / "page.html", look=Look(story=[(9, "the end")]))
    page = opened_file(tmp_path / "page.html")
    assert page.text("#count") == "9 / 9"
