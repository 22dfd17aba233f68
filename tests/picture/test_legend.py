"""The legend explains the marks that occur in a picture."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise.picture import draw, scene_of
from edgewise.picture.graph import graph_scene

from . import networks
from .reading import box, things


@pytest.mark.parametrize(
    ("network", "explained", "not_there"),
    [
        (networks.article, {"∂f/∂x = …"}, {"= …", "◂ Σ", "new", "2"}),
        (networks.branches, {"◂ Σ", "what one use adds to it", "∂f/∂x = …"}, {"new", "2"}),
        (networks.watched, {"new", "after the update"}, {"◂ Σ x"}),
        (networks.transformer, {"2", "a number that an operation was given", "= …", "◂ Σ"}, {"new"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_legend_explains_the_marks_that_occur(network, explained, not_there):
    texts = set(things(draw(network(), fit="all"), "legend")[-1][1])
    assert explained <= texts
    assert not not_there & texts


def test_the_legend_explains_what_stands_beside_maps():
    assert "‖·‖  norm of an array, max  its largest absolute value" in things(draw(networks.digits()), "legend")[-1][1]
    assert not any("norm" in text for text in things(draw(networks.article()), "legend")[-1][1])


def test_the_legend_has_lines_no_wider_than_the_picture():
    for network in networks.ALL:
        scene = graph_scene(network(), width=900)
        (key,) = [thing for thing in scene.things if thing.kind == "legend"]
        assert max(box(shape)[2] for shape in key.shapes) <= scene.width


@pytest.mark.parametrize("fit", ["page", "all"])
def test_the_legend_explains_the_colours_of_derivatives_by_their_order(fit):
    x = ew.tensor([0.5, 1.0], requires_grad=True)
    u = ew.sin(x)
    (u_x,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (u_xx,) = ew.autograd.grad(u_x.sum(), x, create_graph=True)
    kinds = ["derivative", "second derivative"]
    scene = scene_of(ew.snapshot((u_xx + u * u_x).sum()), fit=fit)
    shapes = [shape for thing in scene.things for shape in thing.shapes if thing.kind == "module"]
    assert {f"module {kind}" for kind in kinds} <= {getattr(shape, "role", "") for shape in shapes}
    (key,) = [thing for thing in scene.things if thing.kind == "legend"]
    assert [shape.role for shape in key.shapes if "derivative" in shape.role] == [f"module {kind}" for kind in kinds]
    assert [shape.text for shape in key.shapes if getattr(shape, "text", "") in (*kinds, "higher derivative")] == kinds


def test_closed_derivatives_have_the_colours_of_their_order_too():
    x = ew.tensor([0.5, 1.0], requires_grad=True)
    u = ew.sin(x)
    (u_x,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (u_xx,) = ew.autograd.grad(u_x.sum(), x, create_graph=True)
    scene = scene_of(ew.snapshot((u_xx + u * u_x).sum()), closed=["∂u/∂x", "∂²u/∂x²"])
    roles = [shape.role for thing in scene.things for shape in thing.shapes if thing.kind == "module"]
    assert [role for role in roles if role.startswith("closed")] == ["closed derivative", "closed second derivative"]
    (key,) = [thing for thing in scene.things if thing.kind == "legend"]
    assert "second derivative" in [getattr(shape, "text", "") for shape in key.shapes]
