"""Layouts of graphs that people draw: what they must look like, few crossings, and how fast they come."""

from __future__ import annotations

import json

import pytest
from work import lines_run

from edgewise.layout import Gaps
from edgewise.picture.cluster_layout import GAPS
from edgewise.picture.compose import PADDING, TITLE
from edgewise.picture.metrics import text_width

from . import golden, graphs
from .checks import check, crossings
from .placing import Group, Item, Link, Placement, layout


def middle(items: list[Item], placement: Placement, index: int) -> float:
    return placement.y[index] + items[index].height / 2


def test_nothing_gives_an_empty_picture() -> None:
    assert layout([], []) == Placement([], [], [], [], 0.0, 0.0, [])


def test_a_single_item_stands_in_the_corner() -> None:
    assert layout([Item(40, 20)], []) == Placement([0.0], [0.0], [], [], 40.0, 20.0, [])


def test_a_group_without_items_has_no_frame() -> None:
    assert layout([Item(40, 20)], [], [Group()]).frames == []


def test_a_chain_is_one_straight_line() -> None:
    items = [Item(30 + 5 * (index % 3), 20 + 10 * (index % 2)) for index in range(30)]
    links = [Link(index, index + 1) for index in range(29)]
    placement = layout(items, links)
    assert len({middle(items, placement, index) for index in range(30)}) == 1
    assert all(len(route) == 2 for route in placement.routes)


def test_the_article_s_scalar_network_is_one_line_with_its_parameters_beside_it() -> None:
    made = graphs.scalar_chain()
    items, links, _ = made.graph
    placement = layout(items, links)
    height = {
        name: middle(items, placement, index)
        for index, name in enumerate(made.names)
        if items[index].role != "source" or name == "x1"
    }
    assert len(set(height.values())) == 1
    column = dict(zip(made.names, placement.x, strict=True))
    assert column["add1"] < column["W2"] < column["mul2"]


def test_groups_are_drawn_around_their_content_and_the_trunk_runs_straight_through_them() -> None:
    made = graphs.residual(2)
    placement = layout(*made.graph)
    check(*made.graph, placement)
    assert [frame.group for frame in placement.frames] == sorted(frame.group for frame in placement.frames)
    trunk = [index for index, name in enumerate(made.names) if name in ("embed", "matmul", "relu", "add", "sum")]
    assert len({round(middle(made.items, placement, index), 6) for index in trunk}) == 1


def test_rows_of_groups_do_not_become_staircases() -> None:
    few, many = layout(*graphs.transformer(2).graph), layout(*graphs.transformer(12).graph)
    assert many.height < 1.2 * few.height
    assert many.width > 5 * few.width


def test_a_title_has_room() -> None:
    (short,) = layout([Item(40, 20, 0)], [], [Group(title="m")]).frames
    placement = layout([Item(40, 20, 0)], [], [Group(title="mmmmmmmmmm")])
    (frame,) = placement.frames
    wide = round(text_width("mmmmmmmmmm", 11.5, bold=True), 1)
    assert short.width == 40 + 2 * PADDING
    assert (frame.width, frame.height) == (wide + 2 * PADDING, 20 + TITLE + 2 * PADDING)
    assert placement.x[0] - frame.x == pytest.approx((frame.width - 40) / 2)
    assert placement.y[0] - frame.y == TITLE + PADDING


def test_a_source_stands_just_before_its_first_consumer() -> None:
    items = [Item(40, 20) for _ in range(10)] + [Item(40, 20, role="source")]
    links = [Link(index, index + 1) for index in range(9)] + [Link(10, 8), Link(10, 9)]
    placement = layout(items, links)
    assert placement.x[7] + 40 < placement.x[10] < placement.x[10] + 40 < placement.x[8]


def test_a_source_beside_a_wide_group_stands_at_the_side_of_its_consumer() -> None:
    items = [*[Item(40, 20, 0) for _ in range(5)], Item(40, 20, role="source"), Item(40, 20)]
    graph = items, [*[Link(index, index + 1) for index in range(4)], Link(4, 6), Link(5, 6)], [Group()]
    placement = layout(*graph)
    check(*graph, placement)
    assert placement.x[5] + 40 + GAPS.column == pytest.approx(placement.x[6], abs=0.2)


def test_what_is_made_of_sources_alone_goes_with_them() -> None:
    made = graphs.Builder()
    at = made.source("x")
    for _ in range(6):
        at = made.op("relu", at)
    transposed = made.op("T", made.source("W"))
    last = made.op("matmul", at, transposed)
    placement = layout(*made.graph)
    assert placement.x[transposed] > placement.x[at] - 1
    assert placement.x[transposed] < placement.x[last]


def test_values_and_operations_never_share_a_column() -> None:
    made = graphs.transformer(1, grouped=False)
    placement = layout(*made.graph)
    spans: dict[str, list[tuple[float, float]]] = {"operation": [], "value": []}
    for index, item in enumerate(made.items):
        if item.role != "source":
            spans[item.role].append((placement.x[index], placement.x[index] + item.width))
    for start, end in spans["operation"]:
        assert all(end <= other_start or other_end <= start for other_start, other_end in spans["value"])


def test_parts_without_links_between_them_are_stacked() -> None:
    items = [Item(40, 20) for _ in range(4)]
    placement = layout(items, [Link(0, 1), Link(2, 3)])
    assert placement.x[0] == placement.x[2]
    assert placement.y[0] == placement.y[1]
    assert placement.y[2] == placement.y[3] == placement.y[0] + 20 + Gaps().part


def test_links_from_one_port_run_together() -> None:
    items = [Item(40, 20) for _ in range(5)]
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(3, 4), Link(0, 3), Link(0, 4)]
    placement = layout(items, links)
    assert placement.routes[4][:2] == placement.routes[5][:2]


def test_a_group_that_paths_leave_and_enter_again_has_no_frame() -> None:
    made = graphs.shared(3)
    placement = layout(*made.graph)
    check(*made.graph, placement)
    assert placement.frames == []


def test_groups_between_which_links_run_both_ways_have_no_frames_and_others_do() -> None:
    items = [Item(40, 20, group) for group in (2, 0, 1, 1, 0, 3)]
    links = [Link(0, 1), Link(1, 2), Link(3, 4), Link(4, 5)]
    graph = items, links, [Group() for _ in range(4)]
    placement = layout(*graph)
    check(*graph, placement)
    assert sorted(frame.group for frame in placement.frames) == [2, 3]


def test_thousands_of_nested_groups_are_no_problem() -> None:
    groups = [Group(index - 1 if index else None) for index in range(3000)]
    placement = layout([Item(10, 10), Item(10, 10, 2999)], [Link(0, 1)], groups)
    assert len(placement.frames) == 3000
    assert placement.frames[0].width == pytest.approx(60 + 2999 * 2 * PADDING)  # a closed group is 60 wide
    assert placement.frames[-1].width == pytest.approx(10 + 2 * PADDING)


def test_long_lines_are_led_below_the_graph_where_there_are_too_many() -> None:
    made = graphs.long_links(150)
    placement = layout(*made.graph)
    check(*made.graph, placement)
    lowest = max(y + item.height for y, item in zip(placement.y, made.items, strict=True))
    assert any(max(y for _, y in route) > lowest for route in placement.routes)


@pytest.mark.parametrize(
    ("made", "most"),
    [
        (graphs.scalar_chain(), 0),
        (graphs.residual(4), 0),
        (graphs.residual(4, grouped=False), 0),
        (graphs.fan_out(12), 0),
        (graphs.recurrent(10), 0),
        (graphs.transformer(3), 3),
        (graphs.transformer(3, grouped=False), 3),
        (graphs.neurons((2, 4, 1)), 20),
        (graphs.layered(60), 14),
        (graphs.layered(100), 80),
    ],
    ids=[
        "chain",
        "residual",
        "flat",
        "fan-out",
        "recurrent",
        "transformer",
        "flat transformer",
        "neurons",
        "60",
        "100",
    ],
)
def test_few_lines_cross(made: graphs.Builder, most: int) -> None:
    assert crossings(layout(*made.graph)) <= most


@pytest.mark.parametrize("name", golden.cases())
def test_coordinates_stay_as_they_were(name: str) -> None:
    kept = json.loads(golden.FILE.read_text())[name]
    made = json.loads(json.dumps(golden.case(*golden.cases()[name])))
    assert made["items"] == kept["items"]
    assert made["links"] == kept["links"]
    assert flat(made["placement"]) == pytest.approx(flat(kept["placement"]), abs=0.011)


def flat(data: object) -> list[float]:
    if isinstance(data, dict):
        return [value for key in sorted(data) for value in flat(data[key])]
    if isinstance(data, list):
        return [float(len(data))] + [value for part in data for value in flat(part)]
    assert isinstance(data, int | float)
    return [float(data)]


@pytest.mark.parametrize("grouped", [True, False])
def test_work_grows_hardly_faster_than_the_graph(grouped: bool) -> None:
    small, large = (graphs.transformer(blocks, grouped) for blocks in (9, 36))
    assert len(small.items) > 1000
    grown = len(large.items) / len(small.items)
    lines = [lines_run(lambda made=made: layout(*made.graph)) for made in (small, large)]
    assert lines[1] < 1.5 * grown * lines[0]


def test_what_is_made_from_a_weight_of_every_step_stands_beside_its_step() -> None:
    # h = f(h, g(w)) again and again: items w, h, and for each step g(w) with its chip, and f with its.
    items, links, steps = [Item(40, 20, role="source"), Item(40, 20, role="source")], [], 30
    before = 1
    for _ in range(steps):
        at = len(items)
        items += [Item(30, 20), Item(50, 20, role="value"), Item(30, 20), Item(50, 20, role="value")]
        links += [Link(0, at), Link(at, at + 1), Link(at + 1, at + 2), Link(before, at + 2), Link(at + 2, at + 3)]
        before = at + 3
    placement = layout(items, links)
    check(items, links, (), placement)
    made = [placement.routes[5 * step + 2] for step in range(steps)]
    assert max(route[-1][0] - route[0][0] for route in made) < 100
