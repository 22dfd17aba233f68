"""Long pictures in rows: whatever the graph, nothing is covered, and each line leads from its start to its end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edgewise.layout import layout
from edgewise.picture.breaks import Wire
from edgewise.picture.rows import in_rows

from ..layout import graphs
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


@pytest.fixture(scope="module", params=CASES)
def made(request):
    graph = CASES[request.param]
    placed = layout(*graph.graph)
    wires = [
        Wire((link.source, link.source_port), link.source, link.target, 30.0 * (index % 2), index % 3 == 0)
        for index, link in enumerate(graph.links)
    ]
    return graph, placed, wires


@pytest.mark.parametrize("width", [350, 600, 1200])
def test_nothing_is_covered(made, width):
    graph, placed, wires = made
    rows = in_rows(placed, graph.items, width, wires, graph.groups)
    boxes = [(x, y, x + item.width, y + item.height) for x, y, item in zip(rows.x, rows.y, graph.items, strict=True)]
    order = sorted(range(len(boxes)), key=lambda index: boxes[index][1])
    for at, one in enumerate(order):
        for other in order[at + 1 :]:
            if boxes[other][1] >= boxes[one][3]:
                break
            assert not overlap(boxes[one], boxes[other])
    lines = [(link, route) for link, route in enumerate(rows.routes) if route]
    lines += [(leg.link, leg.points) for leg in rows.legs]
    for link, points in lines:
        for (ax, ay), (bx, by) in pairwise(points):
            if ay == by or ax == bx:
                stretch = (min(ax, bx), min(ay, by) - 1, max(ax, bx), max(ay, by) + 1)
                for index, box in enumerate(boxes):
                    if index not in (graph.links[link].source, graph.links[link].target):
                        assert not overlap(stretch, box)


@pytest.mark.parametrize("width", [350, 600, 1200])
def test_every_line_leads_from_its_source_to_its_target(made, width):
    graph, placed, wires = made
    rows = in_rows(placed, graph.items, width, wires, graph.groups)
    ends = {}
    for leg in rows.legs:
        ends.setdefault(wires[leg.link].run, []).append(leg)
    for link, route in enumerate(rows.routes):
        source, target = graph.links[link].source, graph.links[link].target
        if route:
            assert route[0][0] == pytest.approx(rows.x[source] + graph.items[source].width)
            assert route[-1][0] == pytest.approx(rows.x[target])
            continue
        legs = ends[wires[link].run]
        (last,) = [leg for leg in legs if leg.link == link and leg.ends]
        assert last.points[-1][0] == pytest.approx(rows.x[target])
        # Back from its end, each leg begins where one of the same run ends.
        while not last.begins:
            x, y = last.points[0]
            before = [leg for leg in legs if abs(leg.points[-1][1] - y) < 0.01 and -0.01 <= x - leg.points[-1][0] < 200]
            before = [leg for leg in before if (leg.row, leg.bent) < (last.row, last.bent) or leg.row < last.row]
            assert before
            last = before[-1]
        assert last.points[0][0] == pytest.approx(rows.x[source] + graph.items[source].width)


@pytest.mark.parametrize("width", [350, 600, 1200])
def test_without_knowing_links_rows_start_where_one_line_is_cut(made, width):
    graph, placed, _ = made
    rows = in_rows(placed, graph.items, width)
    assert all(not comes and not goes for comes, goes in rows.torn)
    for link, corners in rows.turns.items():
        source, target = graph.links[link].source, graph.links[link].target
        assert corners[0][0] == pytest.approx(rows.x[source] + graph.items[source].width)
        assert corners[-1][0] == pytest.approx(rows.x[target])
        assert all(ax == bx or ay == by for (ax, ay), (bx, by) in pairwise(corners))
    assert {link for link, route in enumerate(rows.routes) if not route} == set(rows.turns)


def test_rows_hold_as_much_as_there_is_room_for():
    graph = CASES["chain"]
    placed = layout(*graph.graph)
    rows = in_rows(placed, graph.items, placed.width / 2 + 60)
    assert rows.width <= placed.width / 2 + 60
    assert len(rows.turns) == 1
    assert in_rows(placed, graph.items, placed.width).legs == []
    assert in_rows(placed, graph.items, None).width == placed.width
