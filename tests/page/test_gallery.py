"""Images in a page: what they are, what the network takes them for, and which it gets wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.capture.watch import capture_of
from edgewise.page import Gallery, make_page
from edgewise.page.batches import batches_data

from .conftest import Opened, as_read

Opening = Callable[..., Opened]


class Digits:
    """A small network that reads digits, its first batch, and what there is to train on and to test with."""

    size = 16

    def __init__(self, batches: int = 4, unseen: int = 2, *, flat: bool = True) -> None:
        ew.manual_seed(0)
        train, test = ew.data.digits(flat=flat)
        self.images, self.labels = self._cut(train, batches)
        self.others, self.truths = self._cut(test, unseen)
        layers = [nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)]
        self.model = nn.Sequential(*([] if flat else [nn.Flatten()]), *layers)
        self.x, self.t = ew.tensor(self.images[0]), ew.tensor(self.labels[0])
        self.scores = self.model(self.x)
        self.loss = nn.functional.cross_entropy(self.scores, self.t)

    def _cut(self, data: ew.data.TensorDataset, count: int) -> tuple[Any, Any]:
        images, labels = (tensor.numpy()[: count * self.size] for tensor in data.tensors)
        return images.reshape(count, self.size, *images.shape[1:]), labels.reshape(count, self.size)

    @property
    def options(self) -> dict[str, Any]:
        """How its page is made."""
        return {
            "batches": {self.x: self.images, self.t: self.labels},
            "gallery": Gallery(self.x, unseen={self.x: self.others, self.t: self.truths}),
        }

    def read(self, images: Any) -> Any:
        """What it takes images for."""
        with ew.no_grad():
            return self.model(ew.tensor(images)).argmax(dim=-1).numpy()


def shares(page: Opened) -> list[str]:
    """How much of each set it gets right."""
    return page.texts("#gallery .share output")


def right(read: Any, truth: Any) -> Any:
    """The same by Python, up to how it is rounded."""
    return pytest.approx(100 * float((read == truth).mean()), abs=0.051)


def counted(page: Opened) -> list[float]:
    """The shares as numbers, or none while they are counted."""
    return [float(text.removesuffix(" % right")) for text in shares(page) if text]


def tab(page: Opened, number: int) -> str:
    """What one of both tabs says."""
    return page.texts("#gallery .tabs button")[number]


def test_images_have_what_they_are_taken_for(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, **digits.options)
    read, truth = digits.read(digits.images[0]), digits.labels[0]
    captions = page.texts("#gallery .thumbs:not(.mistakes *) .caption")
    assert captions == [f"{g}" if g == t else f"{g} ≠ {t}" for g, t in zip(read, truth, strict=True)]
    assert page.page.locator("#gallery .thumb.is-mistake").count() == int((read != truth).sum())
    assert tab(page, 0) == f"Batch 1: {int((read == truth).sum())} of 16 right"
    drawn = page.page.evaluate(
        """() => {
            const canvas = document.querySelector("#gallery .thumb canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, 8, 8);
            return Array.from({ length: 64 }, (_, i) => data[4 * i + 3]);
        }"""
    )
    assert drawn == pytest.approx(255 * digits.images[0, 0], abs=0.51), "ink, as the image has it"
    assert page.errors == []


def test_the_large_image_has_the_likelihood_of_each_class(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, **digits.options)
    page.page.click("#gallery .thumb >> nth=5")
    expected = nn.functional.softmax(digits.scores, dim=1).numpy(force=True)[5]
    shown = [float(text.removesuffix(" %")) / 100 for text in page.texts("#gallery .bar-share")]
    assert shown == pytest.approx(expected, abs=0.005)
    assert page.texts("#gallery .bar.is-true .bar-name") == [str(digits.labels[0, 5])]
    assert page.page.get_attribute("#gallery .thumb >> nth=5", "aria-pressed") == "true"
    page.press("ArrowRight")
    assert page.page.evaluate("document.activeElement === document.querySelectorAll('.thumb')[6]")
    assert page.step > 0, "and the story stays where it is"


def test_all_images_are_counted_and_the_training_goes_on_as_if_they_were_not(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, learning_rate=0.5, **digits.options)
    optimiser = optim.SGD(digits.model.parameters(), lr=0.5)
    losses = []
    for step in range(12):
        expected = [
            right(digits.read(digits.images), digits.labels),
            right(digits.read(digits.others), digits.truths),
        ]
        page.until(lambda expected=expected: counted(page) == expected)
        loss = nn.functional.cross_entropy(
            digits.model(ew.tensor(digits.images[step % 4])), ew.tensor(digits.labels[step % 4])
        )
        losses.append(loss.item())
        assert float(page.text("#loss").split()[-1]) == pytest.approx(loss.item(), abs=1e-3)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        page.page.click("#train1")
    assert losses[-1] < losses[0]
    assert page.errors == []


def test_mistakes_are_shown_the_surest_first(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, **digits.options)
    wrong = int((digits.read(digits.images) != digits.labels).sum())
    missed = int((digits.read(digits.others) != digits.truths).sum())
    page.until(lambda: tab(page, 1) == f"Mistakes: {wrong + missed}")
    page.page.click("#gallery .tabs button >> nth=1")
    assert page.texts("#gallery .mistakes > p")[0].startswith(f"{missed} among the images that it never saw")
    names = page.page.evaluate(
        "[...document.querySelectorAll('.mistakes .thumbs')].map((list) => [...list.children].map((one) => one.title))"
    )
    assert len(names[0]) == missed
    assert len(names[1]) == min(40, wrong)
    for list in names:
        sure = [float(name.split(", ")[2].removesuffix(" %")) for name in list]
        assert sure == sorted(sure, reverse=True)
        assert all(name.split(", ")[0] != name.split(", ")[1].removeprefix("taken for ") for name in list)
    page.page.click("#gallery .mistakes .thumb >> nth=0")
    truth, guess = names[0][0].split(", ")[:2]
    assert page.text("#gallery .said") == f"{truth}, {guess}"
    assert page.page.evaluate("document.activeElement.matches('.mistakes [aria-pressed=true]')")
    assert page.errors == []


def test_what_is_drawn_on_an_image_is_judged_and_changes_nothing_else(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, **digits.options)
    before = page.texts("#gallery .bar-share")
    loss = page.text("#loss")
    sheet = page.page.locator("#gallery .one canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    mouse = page.page.mouse
    mouse.move(box["x"] + 4, box["y"] + 4)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4, steps=12)
    mouse.up()
    assert page.text("#gallery .said").startswith("Your drawing, taken for ")
    assert page.texts("#gallery .bar-share") != before
    assert page.text("#loss") == loss
    page.page.click("#gallery .jump")
    assert page.texts("#gallery .bar-share") == before
    assert page.errors == []


def test_a_running_network_is_followed(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, learning_rate=0.5, **digits.options)
    page.until(lambda: "" not in shares(page))
    first = shares(page)
    page.page.click("#run")
    page.until(lambda: float(shares(page)[0].split()[0]) > 60)
    assert tab(page, 0).startswith("Batch 1:"), "the images stay while it runs through all"
    page.page.click("#run")
    page.until(lambda: tab(page, 0).startswith(page.text("#batch").removesuffix(" of 4")))
    assert shares(page) != first
    assert page.errors == []


def test_without_images_there_is_no_gallery(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, batches=digits.options["batches"])
    assert page.page.is_hidden("#gallery")


def test_images_may_be_flattened_and_classes_have_names(opened: Opening) -> None:
    digits = Digits(flat=False)
    names = ["nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    options = {**digits.options, "gallery": Gallery(digits.x, classes=names)}
    page = opened(digits.loss, **options)
    assert page.texts("#gallery .bar-name") == names
    expected = right(digits.read(digits.images.reshape(-1, 64)), digits.labels.ravel())
    page.until(lambda: counted(page) == [expected])
    title = page.page.get_attribute("#gallery .thumb >> nth=0", "title")
    assert title.startswith(f"{names[digits.labels[0, 0]]}, ")
    assert page.errors == []


def test_colours_one_batch_and_labels_as_rows(opened: Opening) -> None:
    ew.manual_seed(1)
    x = ew.rand(6, 3, 5, 4)
    t = ew.eye(3)[ew.tensor([0, 1, 2, 0, 1, 2])]
    scores = nn.Sequential(nn.Flatten(), nn.Linear(60, 3), nn.Softmax(dim=1))(x)
    loss = nn.functional.mse_loss(scores, t)
    page = opened(loss, gallery=Gallery(x, predictions=scores, labels=t))
    guess = scores.numpy(force=True).argmax(axis=1)
    assert tab(page, 0) == f"Images: {int((guess == [0, 1, 2, 0, 1, 2]).sum())} of 6 right"
    drawn = page.page.evaluate(
        "[...document.querySelector('.thumb canvas').getContext('2d').getImageData(1, 0, 1, 1).data]"
    )
    low, high = float(x.min()), float(x.max())
    assert drawn[:3] == pytest.approx([255 * (float(x[0, c, 0, 1]) - low) / (high - low) for c in range(3)], abs=0.51)
    assert drawn[3] == 255
    assert page.errors == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: {"images": None, "labels": d.t}, "labels belongs to images"),
        (lambda d: {"images": d.scores}, "images must be one of the graph's leaves"),
        (lambda d: {"images": d.t}, "which is no batch of images"),
        (lambda _: {"predictions": ew.ones(2)}, "predictions must be a tensor of the graph"),
        (lambda d: {"predictions": d.loss}, r"predictions must have a row of classes for each of the 16 images"),
        (lambda d: {"labels": d.scores}, "labels must be one of the graph's leaves"),
        (lambda d: {"labels": d.x}, r"labels must be a leaf with a class for each image, shape \(16,\)"),
        (lambda _: {"classes": ["a", "b"]}, "names of the 10 classes"),
        (lambda d: {"unseen": {d.x: d.others}}, "unseen must have t too"),
        (lambda d: {"unseen": {d.x: d.others, d.t: d.truths[:1]}}, "as many unseen"),
    ],
)
def test_what_does_not_go_together_is_refused(change: Callable[[Digits], Mapping[str, Any]], message: str) -> None:
    digits = Digits()
    with pytest.raises(ValueError, match=message):
        make_page(digits.loss, gallery=Gallery(**{"images": digits.x, **change(digits)}))


def test_a_graph_without_cross_entropy_asks_for_the_predictions() -> None:
    x, t = ew.rand(4, 16), ew.rand(4, 3)
    loss = nn.functional.mse_loss(nn.Linear(16, 3)(x), t)
    with pytest.raises(ValueError, match=r"there is none: name them, predictions="):
        make_page(loss, gallery=Gallery(x))


def levels(arrays: Sequence[Any]) -> dict[str, Any]:
    """How batches of one leaf are packed."""
    x, w = ew.tensor(arrays[0]), ew.ones(1).requires_grad_()
    loss = (x * w).sum()
    taken = capture_of([loss])
    (found,) = batches_data(taken, list(taken.tensor_ids), {x: arrays}).values()
    return found


def test_few_different_numbers_take_few_bits(in_node: Callable[..., str]) -> None:
    rng = np.random.default_rng(0)
    for count, bits in ((1, 1), (2, 1), (3, 2), (17, 5), (256, 8)):
        known = np.float32([-0.0, 0.1, *rng.normal(size=300)])[:count]
        arrays = [np.concatenate([known, rng.choice(known, 300)]).astype(np.float32) for _ in range(3)]
        packed = levels(arrays)
        assert packed["bits"] == bits
        assert len(packed["arrays"][0].raw) == -(-bits * len(arrays[0]) // 8)
        script = """const arrays = unpackedAll(given, Float32Array, LENGTH);
            const written = arrays.map((one) => [...one].map((x) => (Object.is(x, -0) ? "-0" : x)));
            console.log(JSON.stringify(written));"""
        numbers, given = as_read(packed)
        script = f"{numbers}\n{script.replace('LENGTH', str(len(arrays[0])))}"
        back = json.loads(in_node("unpacking.js", script, given))
        for array, found in zip(arrays, back, strict=True):
            assert np.array_equal(np.float32(found).view(np.uint32), array.view(np.uint32))


def test_many_different_numbers_stay_as_they_are() -> None:
    packed = levels([np.random.default_rng(0).normal(size=300).astype(np.float32)])
    assert "levels" not in packed
    assert len(packed["arrays"][0].raw) == 1200


@pytest.mark.parametrize(("shape", "is_one"), [((8, 8), True), ((4, 9), True), ((3, 8), False), ((8, 3), False)])
def test_images_have_some_rows_and_some_columns(shape: tuple[int, int], is_one: bool) -> None:
    x = ew.ones(2, *shape)
    scores = nn.Linear(shape[0] * shape[1], 3)(x.flatten(1))
    loss = nn.functional.cross_entropy(scores, ew.tensor([0, 2]))
    if is_one:
        assert make_page(loss, gallery=Gallery(x))
    else:
        with pytest.raises(ValueError, match="is no batch of images"):
            make_page(loss, gallery=Gallery(x))


def test_what_images_are_taken_for_comes_with_the_last_step_forward(opened: Opening) -> None:
    digits = Digits()
    page = opened(digits.loss, hash="#step=0", **digits.options)
    assert page.texts("#gallery .thumb .caption") == [str(int(label)) for label in digits.labels[0]]
    assert "taken for" not in page.page.inner_text("#gallery .said")
    assert page.texts("#gallery .bar-share") == [""] * 10
    titles = page.page.locator("#gallery .thumb").evaluate_all("thumbs => thumbs.map((one) => one.title)")
    assert not [title for title in titles if "%" in title or "taken" in title]
    page.reopen("#step=forward")
    guesses = digits.read(digits.images[0])
    pairs = zip(guesses.tolist(), digits.labels[0].tolist(), strict=True)
    expected = [str(truth) if guess == truth else f"{guess} ≠ {truth}" for guess, truth in pairs]
    assert page.texts("#gallery .thumbs .caption")[: len(expected)] == expected
    assert "taken for" in page.text("#gallery .said")
    assert page.errors == []
