"""SVG: one safe document, the same each time, for light and dark."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgewise as ew
from edgewise import snapshot
from edgewise.picture import draw
from edgewise.picture.graph import graph_scene
from edgewise.picture.scene import Scene, Text, Thing
from edgewise.picture.svg import escaped, svg_of

from . import networks
from .reading import SVG, box, things, within

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'&]]><!--",
    "a\x00b\x07\x1b\n\t\r\u2028",
    "\u202eright to left\u2066",
    "\ud800\udfff\ufffe",
    "W" * 10_000,
    "<b>" * 3_000,
    "名前の長い名前" * 20,
    "a\u0301" * 500,
    "🎉" * 100,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("view", ["graph", "neurons"])
def test_hostile_names_stay_text(name, view):
    taken = networks.article()
    for tensor in taken.tensors:
        tensor.name = tensor.symbol = name
    for node in taken.nodes:
        node.label = name
        node.params = {name: name}
    svg = draw(taken, view=view)
    root = ElementTree.fromstring(svg.encode())
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "g", "text", "path", "image", "circle"}
    assert len(svg) < 60_000


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_well_formed(text):
    scene = Scene(10, 10, text, text, [Thing("node", 0, text, [Text(0, 0, text, "name")])])
    root = ElementTree.fromstring(svg_of(scene).encode())
    (shown,) = root.iter(f"{SVG}text")
    if text.isprintable() and not re.search("[\u2028-\u202e\u2066-\u2069]", text):
        assert (shown.text or "").replace("\N{LEFT-TO-RIGHT MARK}", "") == text


def test_formulas_go_on_to_the_right_after_names_written_to_the_left():
    first, second = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0633\u0644\u0627\u0645"
    scene = Scene(
        10,
        10,
        "",
        "",
        [
            Thing(
                "node", 0, "", [Text(0, 0, text, "name") for text in (first, f"{first} = 1", f"2 + {second} + {first}")]
            )
        ],
    )
    texts = [text.text for text in ElementTree.fromstring(svg_of(scene)).iter(f"{SVG}text")]
    on = "\N{LEFT-TO-RIGHT MARK}"
    assert texts == [first, f"{first}{on} = 1", f"2 + {second}{on} + {first}"]


def test_what_is_not_allowed_in_xml_is_replaced():
    assert escaped('<a href="x">\'\x00\n') == "&lt;a href=&quot;x&quot;&gt;&#39;\ufffd&#10;"


def test_long_names_fit_their_chips():
    taken = networks.article()
    for tensor in taken.tensors:
        tensor.symbol = "a_rather_long_name_for_a_tensor" * 3
    for thing in graph_scene(taken).things:
        if thing.kind == "tensor":
            for shape in thing.shapes:
                if isinstance(shape, Text):
                    assert within(box(shape), box(thing.shapes[0]))


@pytest.mark.parametrize("view", ["graph", "neurons"])
def test_a_picture_stands_alone_with_its_title(view):
    svg = draw(networks.digits(), view=view)
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert "L" in root[0].text or "loss" in root[0].text
    assert root[1].tag == f"{SVG}desc"
    assert "0.weight" in root[1].text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", svg)
    assert all(href.startswith("data:image/png;base64,") for href in re.findall(r'href="([^"]*)"', svg))
    for word in ("<script", "foreignObject", "@import", "url(", " on"):
        assert word not in re.sub(r"<desc>.*?</desc>|<title>.*?</title>|>[^<]*<", "><", svg, flags=re.S)


def test_a_tooltip_has_the_line_formula_and_numbers():
    taken = networks.article()
    svg = draw(taken)
    node = next(node for node in taken.nodes if node.label == "mul₂")
    title = things(svg, "node")[node.id][0].find(f"{SVG}title").text
    assert title.splitlines()[0].startswith("mul₂ = ")
    assert "y2 = x2 * W2 + b2" in title
    W2 = next(tensor for tensor in taken.tensors if tensor.name == "W2")
    title = things(svg, "tensor")[W2.id][0].find(f"{SVG}title").text
    assert "parameter, float32" in title
    assert repr(W2.gradient.item()) in title
    assert "∂mul₂/∂W₂ = x₂" in title


def test_an_edge_whose_gradient_a_hook_may_change_says_so():
    x, w = ew.tensor([1.0, 2.0]), ew.tensor([3.0, 4.0], requires_grad=True)
    y = x * w
    y.register_hook(lambda gradient: gradient * 0.5)
    with pytest.warns(UserWarning, match="hooks of y"):
        svg = draw(snapshot(y.sum()))
    tensors = {one[0].find(f"{SVG}title").text.split(":")[0]: one[0] for one in things(svg, "tensor").values()}
    written = {name: [text.text for text in one.iter(f"{SVG}text")] for name, one in tensors.items()}
    assert "2 hook" in written["y"]
    assert "2" in written["w"]
    assert "as it was before the hook" in tensors["y"].find(f"{SVG}title").text
    assert "hook" not in tensors["w"].find(f"{SVG}title").text


@pytest.mark.parametrize("view", ["graph", "neurons"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_same_snapshot_gives_the_same_text(view, theme):
    assert draw(networks.article(), view=view, theme=theme) == draw(networks.article(), view=view, theme=theme)


@pytest.mark.parametrize(("option", "value"), [("view", "neuron"), ("theme", "grey")])
def test_an_unknown_view_or_theme_is_named_with_those_there_are(option, value):
    with pytest.raises(ValueError, match=f"{option}: '{value}' is none of '(graph|auto)'"):
        draw(networks.article(), **{option: value})


def test_themes():
    taken = networks.article()
    auto, light, dark = (draw(taken, theme=theme) for theme in ("auto", "light", "dark"))
    assert "prefers-color-scheme:dark" in auto
    for fixed in (light, dark):
        assert "var(" not in fixed
        assert "@media" not in fixed
    assert light != dark
    # Two pictures in one page don't change each other's colours.
    for svg, own in ((light, ".edgewise-light"), (dark, ".edgewise-dark")):
        sheet = re.search(r"<style>(.*)</style>", svg, re.S)[1]
        assert all(
            selector.startswith(own)
            for rule in re.findall(r"([^{}]+)\{", sheet)
            for selector in rule.strip().split(",")
        )


def test_every_role_and_every_colour_is_declared():
    for network in networks.ALL:
        svg = draw(network())
        sheet = re.search(r"<style>(.*)</style>", svg, re.S)[1]
        variables = set(re.findall(r"--([\w-]+):", sheet))
        assert set(re.findall(r"var\(--([\w-]+)\)", sheet)) == variables
        styled = set(re.findall(r"\.([a-z][\w-]*)", sheet))
        used = {role for roles in re.findall(r'<(?:rect|path|circle) class="([^"]*)"', svg) for role in roles.split()}
        assert used - {"intermediate"} <= styled  # which are as all chips are


def test_the_article_is_small():
    assert len(draw(networks.article()).encode()) < 40_000
    assert len(draw(networks.article(), view="neurons").encode()) < 40_000


@pytest.fixture(scope="module")
def ten_thousand():
    return networks.transformer(385)


@pytest.mark.parametrize("closed", [None, ()], ids=["closed", "open"])
def test_ten_thousand_operations_are_drawn(ten_thousand, closed):
    assert len(ten_thousand.nodes) > 10_000
    svg = draw(ten_thousand, closed=closed)
    assert svg.endswith("</svg>\n")
