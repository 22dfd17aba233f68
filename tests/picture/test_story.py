"""The steps of a picture, as a series of stills and as an animation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import edgewise as ew
from edgewise.graph.errors import ArgumentError
from edgewise.picture import ViewError, scene_of
from edgewise.picture.modules import Modules
from edgewise.picture.story import Story

from . import networks


def shown(svg: str, role: str) -> list[str]:
    """The texts of a role."""
    return re.findall(rf'<text class="{role}(?: [^"]*)?"[^>]*>(.*?)</text>', svg)


def test_a_step_goes_through_each_operation_and_back_again():
    taken = networks.article()
    story = Story(taken, Modules(taken, []))
    forward = [f"Forward through {name}" for name in ("mul₁", "add₁", "relu", "mul₂", "add₂", "sub", "abs")]
    backward = [f"Back through {name}" for name in ("abs", "sub", "add₂", "mul₂", "relu", "add₁", "mul₁")]
    assert story.captions == ["The inputs and the parameters", *forward, "Backward begins at L", *backward]
    assert story.forward_end == 7


def test_a_closed_module_is_one_step_forward_and_one_back():
    taken = networks.residual(2)
    story = Story(taken, Modules(taken, ["0", "1"]))
    assert story.captions[1:3] == ["Forward through 0", "Forward through 1"]
    assert story.captions[-2:] == ["Back through 1", "Back through 0"]


@pytest.mark.parametrize("network", [*networks.ALL, networks.two_blocks])
def test_no_gradient_is_there_before_those_it_is_made_of(network):
    taken = network()
    story = Story(taken, Modules(taken, []))
    for edge in taken.edges:
        if edge.contribution is None:
            continue
        came_from = taken.nodes[edge.node].output
        along = story.step_of("edge", edge.id, "gradient")
        assert story.step_of("tensor", came_from, "gradient") < along
        assert along <= story.step_of("tensor", edge.tensor, "gradient") <= len(story.captions) - 1
        assert story.step_of("tensor", edge.tensor, "value") < story.step_of("tensor", came_from, "value")


def test_the_update_is_the_last_step():
    taken = networks.watched()
    story = Story(taken, Modules(taken, []))
    assert story.captions[-1] == "The update of the parameters"
    updated = [tensor.id for tensor in taken.tensors if tensor.update is not None]
    assert {story.step_of("tensor", id, "after") for id in updated} == {len(story.captions) - 1}


def test_a_series_fills_the_picture_step_by_step(tmp_path):
    picture = ew.see(networks.article())
    paths = picture.steps(tmp_path / "talk")
    assert [Path(path).name for path in paths] == [f"step-{number:02}.svg" for number in range(16)]
    svgs = [Path(path).read_text("utf-8") for path in paths]
    values = [len(shown(svg, "value")) for svg in svgs]
    assert values == [6, 7, 8, 9, 10, 11, 12, *[13] * 9]  # 4 parameters, x and t, then a result in each step
    gradients = [len(shown(svg, "gradient")) for svg in svgs]
    # Multiplications and additions have two inputs that get gradients, except the first, whose x needs none.
    assert gradients == [0] * 8 + [1, 2, 3, 5, 7, 8, 10, 11]
    assert [shown(svg, "caption") for svg in svgs][9] == ["9 of 15 · Back through abs"]
    sizes = {svg[svg.index("viewBox") :][:40] for svg in svgs}
    assert len(sizes) == 1
    whole = picture.svg()
    assert sorted(shown(svgs[-1], "gradient")) == sorted(shown(whole, "gradient"))
    assert "ring" in svgs[-1].split("</style>")[1]
    assert "ring" not in whole.split("</style>")[1]


def test_a_series_of_the_way_back_begins_with_all_values(tmp_path):
    paths = ew.see(networks.article()).steps(tmp_path / "back {}.svg", steps="backward")
    assert [Path(path).name for path in paths] == [f"back {number}.svg" for number in range(9)]
    first = Path(paths[0]).read_text("utf-8")
    assert len(shown(first, "value")) == 13
    assert shown(first, "gradient") == []
    assert shown(first, "caption") == ["0 of 8 · All values are there"]


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_series_can_be_images_or_documents(tmp_path, ending, start):
    pytest.importorskip("resvg_py")
    pytest.importorskip("svg2pdf_py")
    paths = ew.see(networks.branches()).steps(tmp_path / f"{{}}.{ending}", scale=1)
    assert len(paths) == 6
    for path in paths:
        assert Path(path).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.svg", r"a\.svg is a single file, .*a-\{\}\.svg"),
        ("a-{}.html", r"must end in \.svg, \.png or \.pdf"),
        ("a-{}", r"must end in \.svg, \.png or \.pdf"),
    ],
)
def test_the_names_of_a_series_have_a_place_for_the_number(tmp_path, name, says):
    with pytest.raises(ArgumentError, match=says):
        ew.see(networks.branches()).steps(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_options_of_steps_are_checked(tmp_path):
    picture = ew.see(networks.branches())
    with pytest.raises(TypeError, match="takes a folder or the names of the files"):
        picture.steps(None)
    with pytest.raises(ValueError, match="steps must be one of 'all', 'backward', not 'forward'"):
        picture.steps(tmp_path, steps="forward")
    with pytest.raises(ValueError, match="steps: scale must be a positive number"):
        picture.steps(tmp_path, scale=0)
    with pytest.raises(ValueError, match="seconds must be a positive number, not 0"):
        picture.animation(seconds=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        picture.steps(tmp_path / "no" / "folder")
    with pytest.raises(ViewError, match="view='graph' has them"):
        ew.see(networks.digits(), view="neurons").animation()


def test_an_animation_shows_each_gradient_from_its_step_on(tmp_path):
    picture = ew.see(networks.article())
    svg = picture.animation(seconds=1)
    picture.animation(tmp_path / "a.svg", seconds=1)
    assert (tmp_path / "a.svg").read_text("utf-8") == svg
    assert "<script" not in svg
    body = svg.split("</style>")[1]
    # abs is the first way back after the seed: its gradient comes in step 2 of 8, and a round takes 9 + 2 seconds.
    assert re.search(r'<g class="edgewise-8-2">(?:(?!</g>).)*−1', body)
    assert "@keyframes edgewise-8-2{0%{opacity:0}18.18%{opacity:0}20%{opacity:1}100%{opacity:1}}" in svg
    assert ".edgewise-8-2{animation:edgewise-8-2 11s linear infinite}" in svg
    for name in set(re.findall(r'<g class="(.*?)"', body)):
        assert f"@keyframes {name}{{" in svg


def test_an_animation_moves_only_where_readers_have_nothing_against_it():
    rules = ew.see(networks.article()).animation().split("</style>")[0]
    still, moving = rules.split("@media(prefers-reduced-motion:no-preference){")
    assert "animation:" not in still
    assert "animation:" in moving
    # The marks of single steps are hidden in the still picture.
    assert re.search(r"\.edgewise-8-2-2\b[^{]*\{opacity:0\}", still)
    assert ".edgewise-8-2," not in still


def test_an_animation_of_all_steps_begins_with_leaves():
    svg = ew.see(networks.article()).animation(steps="all")
    body = svg.split("</style>")[1]
    assert 'class="edgewise-15-1"' in body
    assert "Forward through mul₁" in body


def test_a_graph_that_was_stopped_has_a_way_forward_only():
    h = ew.ones(4, 3) @ ew.ones(3, 2, requires_grad=True)
    with pytest.raises(ew.EdgewiseError) as failed:
        h @ ew.ones(3, 3)
    scene = scene_of(ew.see(failed.value).snapshot, steps="all")
    assert (scene.first, scene.last) == (0, 2)
