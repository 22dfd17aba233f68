"""Clusters laid out by themselves, and what is composed of them with any of them open: by Python and by the page."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.capture.snapshot import Snapshot
from edgewise.page.chip_templates import ChipTemplates
from edgewise.page.places import places as places_of
from edgewise.page.places import with_groups
from edgewise.picture.cluster_layout import place_clusters
from edgewise.picture.clusters import Clusters
from edgewise.picture.compose import compose
from edgewise.picture.looks import Look

from . import networks
from .networks import NarrowBlock

InNode = Callable[..., str]

COMPOSE = """
const clusters = readClusters(given.places);
const looks = new Map();
for (const cluster of clusters.values()) cluster.things.forEach((key, i) => looks.set(key, cluster.looks[i]));
const found = given.asked.map(([top, open, limit]) =>
    compose(clusters, top, new Set(open), (id) => looks.get(`tensor ${id}`), limit),
);
console.log(JSON.stringify(found));
"""

Box = tuple[float, float, float, float]
NEAR = 0.3


class Two(nn.Module):
    """What is made in it is used in it and outside of it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: ew.Tensor, y: ew.Tensor) -> tuple[ew.Tensor, ew.Tensor]:
        h = self.first(x) * y
        return h, self.second(h) + h


def transformer(blocks: int = 2) -> Snapshot:
    ew.manual_seed(0)
    model = nn.Sequential(*(NarrowBlock(4) for _ in range(blocks)))
    return capture((model(ew.randn(2, 3, 4)).mean(),)).snapshot


def perceptron() -> Snapshot:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
    return capture((nn.functional.cross_entropy(model(ew.randn(5, 4)), ew.tensor([0, 1, 2, 1, 0])),)).snapshot


def leaving() -> Snapshot:
    ew.manual_seed(0)
    one, two = Two(), Two()
    a, b = one(ew.randn(2, 3), ew.randn(2, 3))
    c, d = two(a, b)
    return capture((((a * c).sum() + d.sum()),)).snapshot


def recurrent() -> Snapshot:
    ew.manual_seed(0)
    cell = nn.RNNCell(3, 4)
    h = ew.zeros(1, 4)
    for _ in range(4):
        h = cell(ew.randn(1, 3), h)
    return capture((h.square().sum(),)).snapshot


NETWORKS = {make.__name__: make for make in (transformer, perceptron, leaving, recurrent)}


def composed(in_node: InNode, places: dict[str, Any], asked: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    texts = f'{{"places": {json.dumps(places)}, "asked": {json.dumps(asked)}}}'
    return list(json.loads(in_node("modules.js", COMPOSE, texts)))


def openings(places: dict[str, Any]) -> list[tuple[int, list[int]]]:
    """None, each, any two, all, and some by chance; and each alone, closed and open."""
    scopes = [cluster["scope"] for cluster in places["clusters"] if cluster["scope"] >= 0]
    chance = random.Random(0)
    some = [[scope for scope in scopes if chance.random() < 0.6] for _ in range(20)]
    sets = [[], *([scope] for scope in scopes), *map(list, itertools.combinations(scopes, 2)), scopes, *some]
    return [(-1, opened) for opened in sets] + [(scope, opened) for scope in scopes for opened in ([], scopes)]


def meet(one: Box, other: Box) -> bool:
    (x, y, xe, ye), (a, b, ae, be) = one, other
    return x < ae - NEAR and a < xe - NEAR and y < be - NEAR and b < ye - NEAR


def check(picture: dict[str, Any]) -> None:
    """Nothing overlaps, lines begin and end at their things, run to the right, and cross no other thing level."""
    boxes: dict[str, Box] = {
        thing["key"]: (thing["x"], thing["y"], thing["x"] + thing["width"], thing["y"] + thing["height"])
        for thing in picture["things"]
    }
    assert len(boxes) == len(picture["things"])
    for one, other in itertools.combinations(boxes, 2):
        assert not meet(boxes[one], boxes[other]), (one, other)
    whole = (0.0, 0.0, picture["width"], picture["height"])
    for x, y, xe, ye in boxes.values():
        assert whole[0] <= x <= xe <= whole[2]
        assert whole[1] <= y <= ye <= whole[3]
    frames = [(f["x"], f["y"], f["x"] + f["width"], f["y"] + f["height"]) for f in picture["frames"]]
    for frame in frames:
        for key, (x, y, xe, ye) in boxes.items():
            inside = frame[0] - NEAR <= x and xe <= frame[2] + NEAR and frame[1] - NEAR <= y and ye <= frame[3] + NEAR
            assert inside or not meet(frame, (x, y, xe, ye)), key
    for line in picture["lines"]:
        points = line["points"]
        (x, y), (xe, ye) = points[0], points[-1]
        left, right = boxes[line["source"]], boxes[line["target"]]
        assert abs(x - left[2]) < NEAR, line
        assert left[1] < y < left[3], line
        assert abs(xe - right[0]) < NEAR, line
        assert right[1] < ye < right[3], line
        for (a, b), (c, d) in itertools.pairwise(points):
            assert c >= a - NEAR, line
            if b != d:
                continue
            for key, box in boxes.items():
                if key not in (line["source"], line["target"]):
                    assert not meet((a, b - 0.5, c, b + 0.5), box), (line, key)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_overlaps_whatever_is_open(name: str, in_node: InNode) -> None:
    places = places_of(NETWORKS[name]())
    asked = openings(places)
    found = composed(in_node, places, asked)
    assert len(found) == len(asked) > 3
    for picture in found:
        check(picture)


@pytest.mark.parametrize("name", NETWORKS)
def test_everything_is_there_once_all_is_open(name: str, in_node: InNode) -> None:
    snapshot = NETWORKS[name]()
    places = places_of(snapshot)
    scopes = [cluster["scope"] for cluster in places["clusters"]]
    (picture,) = composed(in_node, places, [(-1, scopes)])
    keys = {thing["key"] for thing in picture["things"]}
    assert {f"node {node.id}" for node in snapshot.nodes} <= keys
    assert {f"tensor {tensor.id}" for tensor in snapshot.tensors} <= keys
    several = [edge for edge in snapshot.edges if len(snapshot.tensors[edge.tensor].edges) > 1 and edge.contribution]
    assert {f"edge {edge.id}" for edge in several} <= keys
    assert not any(key.startswith("module") for key in keys)
    ends = {(line["source"], line["target"]) for line in picture["lines"]}
    for edge in snapshot.edges:
        source, target = f"tensor {edge.tensor}", f"node {edge.node}"
        branch = f"edge {edge.id}"
        assert (source, target) in ends or {(source, branch), (branch, target)} <= ends
    for node in snapshot.nodes:
        assert (f"node {node.id}", f"tensor {node.output}") in ends


def test_a_closed_module_has_one_line_for_each_tensor(in_node: InNode) -> None:
    places = places_of(transformer())
    (closed,) = composed(in_node, places, [(-1, [])])
    modules = [thing["key"] for thing in closed["things"] if thing["key"].startswith("module")]
    assert len(modules) == 2
    for key in modules:
        arriving = [line["tensor"] for line in closed["lines"] if line["target"] == key]
        leaving = [line["tensor"] for line in closed["lines"] if line["source"] == key]
        assert len(arriving) == len(set(arriving)) == 1
        assert len(leaving) == len(set(leaving)) == 1


def test_the_line_that_comes_in_stays_level(in_node: InNode) -> None:
    places = places_of(transformer())
    second = next(cluster["scope"] for cluster in places["clusters"] if cluster["path"] == "1")
    closed, opened = composed(in_node, places, [(-1, []), (-1, [second])])
    (frame,) = opened["frames"]
    assert frame["scope"] == second
    for picture in (closed, opened):
        line = next(line for line in picture["lines"] if line["source"] == "module 1")
        assert line["points"][0][1] == line["points"][-1][1]
    entering = [line for line in opened["lines"] if line["points"][0][0] < frame["x"] < line["points"][-1][0]]
    assert len(entering) > 1
    for line in entering:
        before = [y for x, y in line["points"] if x <= frame["x"]]
        assert len(set(before)) == 1


def test_equal_blocks_share_their_layout_and_looks() -> None:
    places = places_of(transformer(20))
    assert len(places["clusters"]) == 141
    # Names of one, two or three digits are not as wide.
    assert len(places["layouts"]) < 30
    assert len(places["templates"]) < 80


def test_the_pictures_of_the_article_are_small() -> None:
    x, t = ew.tensor(0.5), ew.tensor(1.0)
    W, b = ew.tensor(1.2, requires_grad=True), ew.tensor(0.1, requires_grad=True)
    V, c = ew.tensor(-0.4, requires_grad=True), ew.tensor(0.3, requires_grad=True)
    loss = (((x * W + b).relu() * V + c) - t).abs()
    text = json.dumps(places_of(capture((loss,)).snapshot), ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) < 40_000


def test_modules_that_paths_leave_and_enter_again_are_taken_apart() -> None:
    snapshot = transformer()
    inner = next(scope for scope in snapshot.scopes if scope.path == "0.att")
    middle = [node for node in snapshot.nodes if node.scope == inner.id]
    # As if one operation in the middle had been made outside.
    middle[len(middle) // 2].scope = inner.parent
    clusters = {cluster["path"] for cluster in places_of(snapshot)["clusters"]}
    assert "0.att" not in clusters
    assert {"0", "1", "1.att"} <= clusters


def test_texts_and_numbers_are_not_in_templates() -> None:
    places = places_of(perceptron())
    for text, width, height, port in places["templates"]:
        assert "base64" not in text
        assert 0 < port < height
        assert width > 0
    names = {text for _, *texts in places["forms"] for text in texts}
    assert {"weight₀", "bias₀", "tanh₁", "8×4"} <= names


@pytest.mark.parametrize("name", [*NETWORKS, "lstm", "resnet", "shared", "many"])
def test_the_page_composes_as_python_does(name: str, in_node: InNode) -> None:
    if name in NETWORKS:
        snapshot = NETWORKS[name]()
    else:
        snapshot = capture((getattr(networks, name)()[0],)).snapshot
    snapshot = with_groups(replace(snapshot, tensors=[replace(tensor, update=None) for tensor in snapshot.tensors]))
    clusters = Clusters(snapshot)
    placed = place_clusters(clusters, ChipTemplates(clusters))
    for cluster in placed.values():  # as they are given with a page
        cluster.looks = [Look(look.form, *(round(size, 1) for size in look[1:])) for look in cluster.looks]
    looks = {key: look for one in placed.values() for key, look in zip(one.things, one.looks, strict=True)}
    places = places_of(snapshot)
    asked = [(*one, limit) for one in openings(places)[::5] for limit in (300, 700, 1060, 1e9)]
    wrapped = 0
    for (top, opened, limit), theirs in zip(asked, composed(in_node, places, asked), strict=True):
        ours = asdict(compose(placed, top, set(opened), lambda tensor: looks[f"tensor {tensor}"], limit))
        wrapped += any(line["bent"] for line in ours["lines"])
        for part, count in (("things", 6), ("lines", 6), ("frames", 5)):
            assert len(theirs[part]) == len(ours[part])
            for one, other in zip(theirs[part], ours[part], strict=True):
                common = {key: value for key, value in other.items() if value is not None or key in one}
                common.pop("shared", None)
                assert set(one) == set(common)
                assert len(one) >= count
                for key, value in common.items():
                    assert is_near(one[key], value), f"{key}: {one[key]} in the page, {value} in Python"
        for key in ("width", "height"):
            assert is_near(theirs[key], ours[key]), key
    assert wrapped > 2


def is_near(one: Any, other: Any) -> bool:
    """Whether two values are equal, numbers in them to 1e-6: among 100,000 of them, pytest.approx would be slow."""
    if isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_near, one, other))
    if isinstance(other, float):
        return bool(abs(one - other) <= 1e-6)
    return bool(one == other)
