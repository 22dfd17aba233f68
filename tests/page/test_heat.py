"""Heat maps in a page: laid out as those of still pictures are, and images as images."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import nn
from edgewise.capture.summary import Numbers
from edgewise.page import make_page
from edgewise.page.gallery import Gallery
from edgewise.picture.heat import BETWEEN, colours, heat_map, tiles_of

from ..picture.test_parts import decoded
from .conftest import Opened

LAYOUTS = """console.log(JSON.stringify(given.map((array) => {
    const { width, height, at } = layOutSheet(array, 32);
    return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(x, y)));
})))"""


def test_matrices_stand_as_in_still_pictures(in_node: Callable[..., str]) -> None:
    shapes: list[tuple[int, ...]] = [
        (4, 1, 3, 3),
        (5, 2, 2),
        (8, 4, 8, 8),
        (3, 40, 5),
        (7, 3, 3, 3),
        (6, 9),
        (50, 60),
        (5,),
    ]
    arrays = [np.linspace(-1, 1, int(np.prod(shape))).reshape(shape) for shape in shapes]
    tiles = [tiles_of(Numbers(array)) for array in arrays]
    asked = [{"shape": s, **({"across": t.across} if t else {})} for s, t in zip(shapes, tiles, strict=True)]
    assert [t is None for t in tiles] == [len(shape) < 3 for shape in shapes]
    for array, found in zip(arrays, json.loads(in_node("heat.js", LAYOUTS, json.dumps(asked))), strict=True):
        flat = colours(array.ravel(), 1.0)[0]
        special = np.array([[0, 0, 0, 0], BETWEEN], np.uint8)
        assert (np.concatenate([flat, special])[np.array(found)] == decoded(heat_map(Numbers(array), 1.0))).all()


@pytest.fixture
def images() -> tuple[Any, dict[str, Any]]:
    """A loss of flattened images, and what its page is told of them."""
    ew.manual_seed(0)
    x, labels = ew.randn(6, 25), ew.arange(6)
    model = nn.Sequential(nn.Linear(25, 4), nn.ReLU(), nn.Linear(4, 6))
    return nn.functional.cross_entropy(model(x), labels), {"gallery": Gallery(images=x)}


def test_flattened_images_and_the_weights_that_meet_them_are_shown_as_images(
    images: tuple[Any, dict[str, Any]],
) -> None:
    loss, options = images
    tensors = {
        tensor["name"]: tensor for tensor in json.loads(part_of_page(make_page(loss, **options), "data"))["tensors"]
    }
    tiled = {name: tensor["tile"] for name, tensor in tensors.items() if "tile" in tensor}
    assert tiled == {"input": [5, 5], "0.weight": [5, 5]}
    assert not any("tile" in tensor for tensor in json.loads(part_of_page(make_page(loss), "data"))["tensors"])


def test_the_number_under_the_pointer_is_that_of_the_tile(
    opened: Callable[..., Opened], images: tuple[Any, dict[str, Any]]
) -> None:
    loss, options = images
    page = opened(loss, **options)
    weight = next(t for t in ew.see(loss).snapshot.tensors if t.name == "0.weight")
    map_of = page.page.locator(f'#picture [data-kind=tensor][data-id="{weight.id}"] image').first
    map_of.scroll_into_view_if_needed()
    box = map_of.bounding_box()
    page.page.mouse.move(box["x"] + 0.02 * box["width"], box["y"] + 0.02 * box["height"])
    assert "[0, 0]" in page.text("#look header")
    page.page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 0.98 * box["height"])
    assert "[3, 24]" in page.text("#look header")


def test_arrow_keys_read_the_numbers_of_a_map(opened: Any) -> None:
    ew.manual_seed(0)
    w = ew.randn(9, 12).requires_grad_()
    page = opened((w * w).sum(), hash="#step=1")
    values = (w.detach().numpy() ** 2).astype(float)

    def read(key: str) -> tuple[str, float]:
        page.page.keyboard.press(key)
        place, number = page.text("#tiles [data-role=value] .map-reading").split("] ")
        return f"{place}]", float(number)

    page.page.focus("#tiles [data-role=value] canvas")
    for key, place in [
        ("ArrowRight", (0, 0)),
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("ArrowLeft", (1, 0)),
        ("ArrowLeft", (1, 0)),
        ("ArrowUp", (0, 0)),
        ("ArrowUp", (0, 0)),
    ]:
        found, number = read(key)
        assert found == f"[{place[0]}, {place[1]}]"
        assert number == pytest.approx(values[place], rel=1e-5)
    assert page.step == 1, "the keys that move in a map take no step"
    page.page.focus("#play")
    assert page.text("#tiles [data-role=value] .map-reading") == ""
    assert page.text("#tiles [data-role=value] .shape") == "9 × 12"
    assert page.errors == []
