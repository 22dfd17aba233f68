"""Which modules are open, so that a picture fits a size."""

from __future__ import annotations

import re

import pytest

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.snapshot import Snapshot
from edgewise.picture import draw
from edgewise.picture.fit import MOST_TRIALS, closed_to_fit
from edgewise.picture.graph import graph_scene

from . import networks

PAGE, SLIDE = (1160, 1640), (1280, 720)


def long_lstm() -> Snapshot:
    ew.manual_seed(0)
    y, _ = nn.LSTM(3, 8, batch_first=True)(ew.randn(4, 8, 3))
    return snapshot(y.square().mean())


def flat() -> Snapshot:
    """Many operations without modules."""
    x = ew.randn(4, 4, requires_grad=True)
    for _ in range(60):
        x = x.exp().tanh()
    return snapshot(x.sum())


def sides(svg: str) -> tuple[float, float]:
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg)
    assert found is not None
    return float(found[1]), float(found[2])


def titles(svg: str) -> list[str]:
    """The titles of open modules."""
    return re.findall(r'<text class="title"[^>]*>(.*?)</text>', svg)


@pytest.mark.parametrize("network", [*networks.ALL, networks.two_blocks, long_lstm, flat])
@pytest.mark.parametrize(("fit", "most"), [("page", PAGE), ("slide", SLIDE), ((700, 500), (700, 500))])
def test_a_picture_is_no_larger_than_asked(network, fit, most):
    width, height = sides(draw(network(), fit=fit))
    assert width <= most[0]
    assert height <= most[1]


def test_where_all_fits_all_is_open():
    taken = networks.residual(1)
    assert draw(taken, fit=(20000, 20000), width=1680) == draw(taken, fit="all", width=1680)


def test_all_opens_all_modules_but_no_functions_of_several_operations():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 1))
    taken = snapshot(nn.functional.mse_loss(model(ew.ones(1, 2)), ew.zeros(1, 1)))
    assert titles(draw(taken, fit="all")) == ["0 · Sequential", "0 · Linear", "1 · ReLU", "1 · Linear"]


def test_what_is_closed_by_name_leaves_all_else_open():
    taken = networks.two_blocks()
    svg = draw(taken, fit=(300, 300), closed=["0"])
    assert "0 · Transformer" not in titles(svg)
    assert "1 · Transformer" in titles(svg)
    assert sides(svg)[1] > 300


def test_the_same_graph_gives_the_same_picture():
    assert draw(networks.two_blocks()) == draw(networks.two_blocks())


def closed_paths(taken: Snapshot, most: int) -> list[str]:
    """What is closed where a picture may have so many operations and closed modules."""

    def fits(closed: set[int]) -> bool:
        seen = set()
        for node in taken.nodes:
            scope, hidden = node.scope, ("node", node.id)
            while scope is not None:
                hidden = ("scope", scope) if scope in closed else hidden
                scope = taken.scopes[scope].parent
            seen.add(hidden)
        return len(seen) <= most

    return [taken.scopes[id].path for id in sorted(closed_to_fit(taken, {0}, fits))]


class Blocks(nn.Module):
    """Blocks that are alike, and a last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Tanh()) for _ in range(3)])
        self.last = nn.Sequential(nn.Tanh(), nn.Tanh())

    def forward(self, x: ew.Tensor) -> ew.Tensor:
        for block in self.blocks:
            x = block(x)
        return self.last(x)


@pytest.mark.parametrize(
    ("most", "blocks_open", "last_open"), [(12, 3, True), (11, 3, False), (10, 1, True), (7, 1, False), (6, 0, True)]
)
def test_modules_that_are_alike_open_together_or_the_first_as_an_example(most, blocks_open, last_open):
    # With the sum after them, three closed blocks and a closed layer are five boxes. Opening a block adds two boxes,
    # and opening the layer adds one.
    model = Blocks()
    x = ew.ones(1, 2)
    taken = snapshot(model(x).sum())
    closed = closed_paths(taken, most)
    names = [f"blocks.{place}" for place in range(3)]
    assert [name for name in names if name not in closed] == names[:blocks_open]
    assert ("last" not in closed) == last_open


def test_it_tries_only_so_often():
    model = nn.Sequential(*[nn.Sequential(*[nn.Tanh() for _ in range(2 + place)]) for place in range(MOST_TRIALS)])
    taken = snapshot(model(ew.ones(2, requires_grad=True)).sum())
    asked = []
    closed_to_fit(taken, (), lambda closed: bool(asked.append(closed)))
    assert len(asked) <= MOST_TRIALS


def test_what_does_not_fit_closed_is_drawn_smaller_with_longer_rows():
    taken = flat()
    scene = graph_scene(taken, width=600, height=400)
    assert scene.scale < 1
    assert scene.width > 600
    assert scene.width * scene.scale <= 600 * (1 + 1e-9)
    assert scene.height * scene.scale <= 400 * (1 + 1e-9)
    # Most of the sheet is used.
    assert scene.width * scene.height * scene.scale**2 > 0.5 * 600 * 400


def test_stills_of_a_picture_can_have_their_own_sizes(tmp_path):
    picture = ew.see(networks.two_blocks(), fit="slide")
    assert sides(picture.svg())[1] <= 720
    assert sides(picture.svg(fit="all"))[1] > 1640
    assert picture.svg(fit="slide") == picture.svg()
    picture.svg(tmp_path / "a.svg", fit=(500, 400))
    assert sides((tmp_path / "a.svg").read_text("utf-8"))[0] <= 500
