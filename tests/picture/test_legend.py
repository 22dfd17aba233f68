"""The legend explains the marks that occur in a picture."""

from __future__ import annotations

import pytest

from edgewise.picture import draw
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
