"""Wide clusters in rows: whatever the graph, nothing is covered, and each line leads from its start to its end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edgewise.picture.arrangement import PlacedLine
from edgewise.picture.clusters import WHOLE
from edgewise.picture.compose import OUTSIDE, compose
from edgewise.picture.looks import NO_LOOK

from ..layout import graphs
from ..layout.checks import check
from ..layout.placing import Link, placed_clusters, wrapped
from .reading import overlap

CASES = {
    "chain": graphs.scalar_chain(),
    "residual": graphs.residual(4),
    "fan-out": graphs.fan_out(8),
    "recurrent": graphs.recurrent(9),
    "transformer": graphs.transformer(2),
    "flat transformer": graphs.transformer(2, grouped=False),
    "module used again": graphs.shared(6),
    "tangle": graphs.tangle(12),
    "layered": graphs.layered(60),
    "lines below": graphs.long_links(150),
}


WIDTHS = [350, 600, 1200]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_covered_and_every_line_leads_from_its_source_to_its_target(name, width):
    items, links, groups = CASES[name].graph
    links = [Link(link.source, link.target) for link in links]
    placement = wrapped(items, links, groups, width)
    check(items, links, groups, placement)
    for route, bent in zip(placement.routes, placement.bent, strict=True):
        if bent:
            assert all(ax == bx or abs(ay - by) < 0.2 for (ax, ay), (bx, by) in pairwise(route))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_names_stand_where_rows_start_and_cover_nothing(name, width):
    items, links, groups = CASES[name].graph
    placed = placed_clusters(items, links, groups)

    def name_width(line: PlacedLine) -> float:
        return 30.0 * (line.tensor % 2)

    found = compose(placed, WHOLE, range(len(groups)), lambda _: NO_LOOK, width, name_width)
    boxes = [(thing.x, thing.y, thing.x + thing.width, thing.y + thing.height) for thing in found.things]
    for one in found.names:
        assert all(tensor % 2 for tensor in one.tensors)
        text = (one.x - one.width, one.y - 4, one.x, one.y + 4)
        assert text[0] >= 0
        assert not any(overlap(text, box) for box in boxes)
        for tensor in one.tensors:
            level = [
                (ax, bx)
                for line in found.lines
                if line.tensor == tensor
                for (ax, ay), (bx, by) in pairwise(line.points)
                if abs(ay - one.y) < 0.2 and abs(by - one.y) < 0.2
            ]
            assert any(ax < text[0] and one.x < bx for ax, bx in level)


@pytest.mark.parametrize("name", CASES)
def test_what_lines_share_is_the_same_in_each(name):
    items, links, groups = CASES[name].graph
    found = compose(placed_clusters(items, links, groups), WHOLE, range(len(groups)), lambda _: NO_LOOK, 500)
    for line in found.lines:
        if line.shared:
            others = [one for one in found.lines if (one.source, one.tensor) == (line.source, line.tensor)]
            assert any(one is not line and one.points[: line.shared] == line.points[: line.shared] for one in others)


def test_rows_hold_as_much_as_there_is_room_for():
    items, links, groups = CASES["chain"].graph
    whole = wrapped(items, links, groups, float("inf"))
    assert not any(whole.bent)
    rows = wrapped(items, links, groups, whole.width / 2 + 60 + 2 * OUTSIDE)
    assert rows.width <= whole.width / 2 + 60
    turns = [
        sum(bx < ax for (ax, _), (bx, _) in pairwise(r)) for r, bent in zip(rows.routes, rows.bent, strict=True) if bent
    ]
    assert set(turns) == {1}
    assert not any(wrapped(items, links, groups, whole.width + 2 * OUTSIDE).bent)
