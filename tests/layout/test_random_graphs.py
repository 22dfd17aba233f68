"""What holds for any graph with any groups."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .checks import check
from .placing import Group, Item, Link, layout, wrapped

SIZES = st.integers(8, 60).map(float)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Item], list[Link], list[Group]]:
    groups: list[Group] = []
    for index in range(draw(st.integers(0, 5))):
        parent = draw(st.none() | st.integers(0, index - 1)) if index else None
        groups.append(Group(parent, "m" * draw(st.integers(0, 20))))
    items: list[Item] = []
    links: list[Link] = []
    for index in range(draw(st.integers(1, 24))):
        group = draw(st.none() | st.integers(0, len(groups) - 1)) if groups else None
        role: Any = draw(st.sampled_from(["operation", "value", "source"]))
        items.append(Item(draw(SIZES), draw(SIZES), group, role))
        for _ in range(draw(st.integers(0, 3)) if index else 0):
            source = draw(st.integers(0, index - 1))
            # In groups lines leave and arrive in the middle.
            ports = (0.0, 0.0) if groups else (draw(st.floats(-0.5, 0.5)), draw(st.floats(-0.5, 0.5)))
            links.append(Link(source, index, ports[0] * items[source].height, ports[1] * items[index].height))
    return items, links, groups


@given(graphs())
@settings(max_examples=300, deadline=None)
def test_nothing_overlaps_and_lines_run_from_left_to_right(graph: Any) -> None:
    check(*graph, layout(*graph))


@given(graphs(), st.integers(200, 1500))
@settings(max_examples=200, deadline=None)
def test_nor_does_anything_overlap_in_rows(graph: Any, limit: float) -> None:
    items, links, groups = graph
    links = [Link(link.source, link.target) for link in links]
    groups = [*groups, Group()]  # so that it is composed
    check(items, links, groups, wrapped(items, links, groups, limit))


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_a_graph_is_always_placed_alike(graph: Any) -> None:
    assert layout(*graph) == layout(*graph)


def test_stretching_a_cluster_does_not_multiply_what_was_rounded() -> None:
    items = [Item(8.0, 8.0) for _ in range(12)]
    items[6], items[11] = Item(8.0, 9.0), Item(8.0, 9.0, None, "value")
    items[9], items[10] = Item(8.0, 8.0, 0), Item(8.0, 8.0, 0)
    links = [Link(1, 6), Link(0, 10), Link(0, 11), Link(1, 11)]
    placed = wrapped(items, links, [Group(), Group()], 200)
    for link, route in zip(links[2:], placed.routes[2:], strict=True):
        assert route[-1][1] == pytest.approx(placed.y[link.target] + 4.5, abs=0.06)
