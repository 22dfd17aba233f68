"""Labels along axes, such as tokens, as a page shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import Opened, part_of_page

import edgewise as ew
from edgewise.page import Look, make_page

Opening = Callable[..., Opened]

WORDS = ["The", "cat", "sat", "on", "the", "extraordinarily", "soft", "mat", "and", "slept"]


class Attention:
    """One head over a sentence, and its tensors."""

    def __init__(self, words: list[str]) -> None:
        self.words, size = words, len(words)
        numbers = np.random.default_rng(0)
        x = ew.tensor(numbers.standard_normal((size, 4)))
        wq, wk = (ew.tensor(numbers.standard_normal((4, 4)), requires_grad=True) for _ in range(2))
        q, k = x @ wq, x @ wk
        scores = q @ k.mT
        weights = scores.softmax(-1)
        out = weights @ x
        self.loss = (out**2).mean()
        self.picture = ew.see(self.loss)
        self.x = x
        self.ids = {tensor.name: tensor.id for tensor in self.picture.snapshot.tensors}

    def open(self, opened_file: Opening, path: Path, name: str, **how: Any) -> Opened:
        """Its page with a tensor selected."""
        self.picture.page(path, axes={self.x: {0: self.words}})
        return opened_file(path, hash=f"#tensor={self.ids[name]}&step=backward", width=1400, height=900, **how)


def strip(page: Opened, side: str) -> list[str]:
    """The labels beside the map of the selected tensor's value."""
    selector = f".details .map-frame.is-value .axis-labels.of-{side}:not([hidden]) span"
    return page.texts(selector)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_rows_and_columns_of_a_map_have_their_tokens(opened_file: Opening, tmp_path: Path, color_scheme: str) -> None:
    attention = Attention(WORDS)
    page = attention.open(opened_file, tmp_path / "page.html", "weights", color_scheme=color_scheme)
    cut = ["extraordina…" if len(word) > 12 else word for word in WORDS]
    assert strip(page, "rows") == strip(page, "columns") == cut
    # Each stands at the middle of its row, and of its column.
    found = page.page.evaluate(
        """() => {
            const frame = document.querySelector(".details .map-frame.is-value");
            const map = frame.querySelector("canvas").getBoundingClientRect();
            const centres = (side) => [...frame.querySelectorAll(`.of-${side} span`)].map((span) => {
                const { x, y, width, height } = span.getBoundingClientRect();
                const [at, extent] =
                    side === "rows" ? [y + height / 2 - map.y, map.height] : [x + width / 2 - map.x, map.width];
                return (at / extent) * 10;
            });
            return [...centres("rows"), ...centres("columns")];
        }"""
    )
    assert np.allclose(found, [*np.arange(0.5, 10), *np.arange(0.5, 10)], atol=0.2)
    assert page.errors == []


def test_a_reading_names_the_tokens(opened_file: Opening, tmp_path: Path) -> None:
    page = Attention(WORDS).open(opened_file, tmp_path / "page.html", "weights")
    page.page.focus(".details .map-frame.is-value canvas")
    page.press("ArrowRight", 2)
    assert page.text(".details .map-frame.is-value .map-reading").startswith("[The, cat] ")
    page.press("ArrowDown", 5)
    assert page.text(".details .map-frame.is-value .map-reading").startswith("[extraordina…, cat] ")


def test_a_token_that_comes_twice_has_its_place(in_node: Callable[..., str]) -> None:
    script = 'console.log(namedIndices([0, 2, 1], { 1: ["a", "b", "a"], 2: ["x", " y"] }).join(", "))'
    assert in_node("element_names.js", script).strip() == "0, a 2, y"
    script = 'console.log(namedIndices([1, 2], { 0: ["a", " "], 1: ["a", "b", "🐈".repeat(20)] }).join(", "))'
    assert in_node("element_names.js", script).strip() == f"1, {'🐈' * 11}…"


def test_heads_of_tables_have_the_tokens(opened_file: Opening, tmp_path: Path) -> None:
    page = Attention(WORDS[:4]).open(opened_file, tmp_path / "page.html", "weights")
    assert page.texts(".details table.is-value th[scope=col]")[-4:] == WORDS[:4]
    assert page.texts(".details table.is-value th[scope=row]") == WORDS[:4]
    # The gradient of the same tensor has them, too.
    assert page.texts(".details table.is-gradient th[scope=row]") == WORDS[:4]
    page.page.click(".details table.is-value td[data-at='6']")
    assert "[cat, sat]" in page.text("#look")
    # Keys go on from there.
    page.press("ArrowRight")
    assert "[cat, on]" in page.text("#look")
    assert page.errors == []


def test_hostile_tokens_stay_text(opened_file: Opening, tmp_path: Path) -> None:
    hostile = ["</script><img src=x>", "<b>bold</b>", "&amp;", '"><i>']
    page = Attention(hostile).open(opened_file, tmp_path / "page.html", "weights")
    assert page.texts(".details table.is-value th[scope=row]") == ["</script><i…", "<b>bold</b>", "&amp;", '"><i>']
    page.page.click(".details table.is-value td[data-at='6']")
    assert "[<b>bold</b>, &amp;]" in page.text("#look")
    page.page.click(".details table.is-value td[data-at='3']")
    assert '[</script><i…, "><i>]' in page.text("#look")
    assert page.page.locator("img, .details table b, b:text-is('bold')").count() == 0
    assert page.errors == []
    assert len(page.requests) == 1


def test_narrow_rows_have_no_labels(opened_file: Opening, tmp_path: Path) -> None:
    page = Attention([f"word {i}" for i in range(60)]).open(opened_file, tmp_path / "page.html", "weights")
    assert strip(page, "rows") == strip(page, "columns") == []
    page.page.focus(".details .map-frame.is-value canvas")
    page.press("ArrowRight")
    assert page.text(".details .map-frame.is-value .map-reading").startswith("[word 0, word 0] ")
    assert page.errors == []


def test_a_page_without_labels_has_no_script_for_them() -> None:
    attention = Attention(WORDS)
    without = part_of_page(make_page(attention.loss), "library")
    assert "const withLabels=undefined;" in without
    labelled = make_page(attention.loss, look=Look(axes={attention.x: WORDS}))
    assert "function withLabels(" in part_of_page(labelled, "library")


def _two_passes(path, axes):
    words, W = ew.randn(3, 2), ew.randn(2, 2).requires_grad_()
    noise = ew.randn(3, 2)
    with ew.watch() as watch:
        first = (words @ W).square().sum()
        first.backward()
        second = (noise @ W).square().sum()
        second.backward()
    watch.page(path, names=["one", "two"], axes=axes(words))
    return path.read_text(encoding="utf-8")


def test_passes_have_labels_of_the_tensors_that_they_have(tmp_path):
    text = _two_passes(tmp_path / "page.html", lambda words: {words: ["the", "old", "cat"]})
    one, two = json.loads(part_of_page(text, "data"))["passes"]
    labelled = [tensor["name"] for tensor in one["tensors"] if "axisLabels" in tensor]
    assert one["axisLabels"] == [["the", "old", "cat"]]
    assert "words" in labelled
    assert "axisLabels" not in two


def test_labels_that_no_pass_has_a_tensor_for_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no tensor of the graph"):
        _two_passes(tmp_path / "page.html", lambda _: {"absent": ["the", "old", "cat"]})


def test_labels_of_passes_are_given_by_tensor(tmp_path):
    with pytest.raises(TypeError, match="labels by tensor"):
        _two_passes(tmp_path / "page.html", lambda _: ["the", "old", "cat"])
