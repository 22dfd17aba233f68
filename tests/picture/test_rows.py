"""Long graphs are broken into rows."""

from __future__ import annotations

import pytest

from edgewise.picture.graph import HEAD, graph_scene
from edgewise.picture.scene import Curve, Text

from . import networks
from .reading import box, within


def test_long_graphs_are_broken_into_rows_of_about_the_same_width():
    taken = networks.article()
    one, two = graph_scene(taken), graph_scene(taken, width=900)
    assert two.width <= 900
    assert two.height < 2.4 * one.height
    turns = [s for thing in two.things for s in thing.shapes if isinstance(s, Curve) and s.corner is not None]
    assert [turn.role for turn in turns] == ["forward", "backward"]
    assert {(t.kind, t.id) for t in one.things} == {(t.kind, t.id) for t in two.things}


@pytest.mark.parametrize("network", networks.DEEP, ids=lambda network: network.__name__)
def test_deep_graphs_keep_to_the_width(network):
    taken = network()
    whole, rows = graph_scene(taken), graph_scene(taken, width=1680)
    assert whole.width > 3000
    assert rows.width <= 1680
    assert {(t.kind, t.id) for t in whole.things} == {(t.kind, t.id) for t in rows.things}


@pytest.mark.parametrize("network", networks.DEEP, ids=lambda network: network.__name__)
def test_lines_through_rows_are_joined_from_end_to_end(network):
    taken = network()
    outlines = {
        (thing.kind, thing.id): box(thing.shapes[0])
        for thing in graph_scene(taken, width=1680).things
        if thing.kind in ("tensor", "node", "edge")
    }
    for thing in graph_scene(taken, width=1680).things:
        curves = [shape for shape in thing.shapes if isinstance(shape, Curve) and shape.role == "forward"]
        if thing.kind != "lines" or all(curve.corner is None for curve in curves):
            continue
        starts = {at(curve.points[0], curve) for curve in curves}
        for curve in curves:
            x, y = at(curve.points[-1], curve)
            goes_on = any(abs(y - other) < 0.2 and 0 <= start - x < 130 for start, other in starts)
            arrives = any(abs(left - HEAD - x) < 0.2 and top < y < low for left, top, _, low in outlines.values())
            assert goes_on or arrives


def at(point, curve):
    return point[0], point[1] + curve.side


def test_lines_have_their_names_where_a_row_starts():
    taken = networks.cells()
    scene = graph_scene(taken, width=1680)
    rows = {}
    for thing in scene.things:
        if thing.kind == "lines":
            for shape in thing.shapes:
                if isinstance(shape, Text):
                    assert shape.text == taken.tensors[thing.id].symbol
                    rows.setdefault(shape.text, []).append(shape.y)
    shared = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}
    assert shared <= set(rows)
    assert all(len(set(rows[name])) >= 2 for name in shared)


def test_rows_start_between_modules_that_fit():
    scene = graph_scene(networks.cells(), width=1680)
    titles = [s.text for thing in scene.things if thing.kind == "module" for s in thing.shapes if isinstance(s, Text)]
    assert titles == ["RNNCell"] * 4


def test_a_module_that_is_wider_than_a_row_has_rows_of_its_own():
    taken = networks.transformer(1)
    scene = graph_scene(taken, width=900)
    frames = {
        shape.text: box(thing.shapes[0])
        for thing in scene.things
        if thing.kind == "module"
        for shape in thing.shapes
        if isinstance(shape, Text)
    }
    assert len(frames) == sum(thing.kind == "module" for thing in scene.things)
    scopes = {scope.id: scope.path for scope in taken.scopes}
    boxes = {(thing.kind, thing.id): box(thing.shapes[0]) for thing in scene.things if thing.kind == "node"}
    inside = [n.id for n in taken.nodes if n.scope is not None and scopes[n.scope].startswith("0.attention")]
    assert len(inside) > 10
    assert all(within(boxes["node", id], frames["attention · MultiheadAttention"]) for id in inside)
    assert len({boxes["node", id][1] // 200 for id in inside}) > 2
